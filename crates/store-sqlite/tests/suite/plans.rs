//! No look-up reads all that a domain has, or a table: the plans of every load and of the
//! lists. SQLite plans by what the schema says of its tables, not by what is in them, so an
//! empty store shows what a large one does.

use rusqlite::Connection;
use usher_store::queries::{lists, loads, render};

use crate::folder::Folder;

/// The steps by which SQLite answers a statement.
fn plan(sql: &Connection, text: &str) -> Vec<String> {
    let text = format!("EXPLAIN QUERY PLAN {}", lists::numbered(text, '?'));
    let mut statement = sql.prepare(&text).unwrap();
    let params = vec![1; statement.parameter_count()];
    let steps = statement.query_map(rusqlite::params_from_iter(params), |row| row.get(3));
    steps.unwrap().map(Result::unwrap).collect()
}

/// Steps that read rows one by one, and may: what they read is few, or was just put together.
const FEW: [&str; 11] = [
    // The line of ancestors; a page's ids; what is due.
    "SCAN line",
    "SCAN live",
    "SCAN page",
    "SCAN due_now",
    "SCAN k", // the signing keys
    // Offers of the last minute, pools with a queue: partial indexes.
    "SCAN waiting USING COVERING INDEX waiting_offered",
    "SCAN p USING INDEX pools_waited_for",
    "SEARCH p USING INDEX pools_waited_for (domain=?)",
    // A domain's pools; the live sessions of one among the domain's, in the index alone.
    "SEARCH i USING COVERING INDEX sessions_due_in (domain=?)",
    "SEARCH l USING COVERING INDEX sessions_due_in (domain=?)",
    "SEARCH p USING PRIMARY KEY (domain=?)",
];

/// Tables of which a domain has one row.
const ONE: [&str; 2] = [
    "SEARCH s USING PRIMARY KEY (domain=?)",
    "SEARCH dr USING PRIMARY KEY (domain=?)",
];

fn reads_many(step: &str) -> bool {
    step.starts_with("SCAN ") || step.ends_with("(domain=?)") || step.contains("AUTOMATIC")
}

fn look_ups_only(sql: &Connection, text: &str, allowed: &[&str]) {
    let steps = plan(sql, text);
    assert!(!steps.is_empty());
    let bad = |step: &&String| {
        let step = step.as_str();
        reads_many(step) && !FEW.contains(&step) && !allowed.contains(&step)
    };
    let bad: Vec<_> = steps.iter().filter(bad).collect();
    assert!(bad.is_empty(), "{bad:#?} of\n{text}\n{steps:#?}");
}

#[test]
fn no_table_passes_for_empty_because_it_was_empty_once() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    let told = "SELECT tbl || ' ' || stat FROM sqlite_stat1 WHERE CAST(stat AS INTEGER) < 1000";
    let mut statement = sql.prepare(told).unwrap();
    let small = statement.query_map([], |row| row.get(0)).unwrap();
    let small: Vec<String> = small.map(Result::unwrap).collect();
    assert!(small.is_empty(), "{small:#?}");
}

#[test]
fn e4_loads_look_up_by_key() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    for query in loads::ALL {
        // Where `s` is the seats, it is one row.
        let one: &[&str] = if query.template.contains("JOIN seats s") {
            &ONE
        } else {
            &ONE[1..]
        };
        look_ups_only(&sql, &render(query.template), one);
    }
}

#[test]
fn e11_lists_and_sweeps_walk_an_index() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    for text in [
        lists::POOLS,
        lists::SESSIONS,
        lists::WAITING,
        lists::CALL_LINKS,
        lists::TEAMS,
        lists::CONTACTS,
        lists::DUE,
    ] {
        look_ups_only(&sql, text, &[]);
    }
    for text in lists::FORGET {
        look_ups_only(&sql, text, &[]);
    }
}

#[test]
fn e4_the_way_of_a_log_in_is_by_the_index_meant_for_it() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    let plans: Vec<String> = loads::ALL
        .into_iter()
        .flat_map(|query| plan(&sql, &render(query.template)))
        .collect();
    for step in [
        "SEARCH s USING INDEX session_of_user (domain=? AND user_id=?)",
        "SEARCH s USING INDEX sessions_due_in (domain=? AND due_at<?)",
        "SEARCH w USING INDEX waiting_offered (domain=? AND offered_until<?)",
        "SEARCH w USING INDEX waiting_in_line (domain=? AND pool=? AND reserved=? AND place<?)",
        "SEARCH l USING INDEX call_links_open (domain=? AND user_id=? AND valid_until>?)",
        "SEARCH m USING COVERING INDEX teams_of_user (domain=? AND user_id=?)",
    ] {
        assert!(plans.iter().any(|found| found == step), "{step}");
    }
}
