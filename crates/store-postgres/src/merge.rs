//! Loads that wait together become one: each key is looked up once, and each row goes to
//! all who asked for its key, and to nobody else.

use std::collections::HashMap;

use tokio_postgres::Row;
use usher_store::queries::loads::{ALL, Query, Step};
use usher_store::queries::{postgres_type, render};
use usher_store::tables::{Type, Value};
use usher_store::{Result, Snapshot};

use crate::rows::{Block, Line, key_bytes};

/// The database's clock in microseconds; a sandbox's is moved by what its store notes.
pub(crate) fn clock(sandbox: bool) -> String {
    let clock = "(extract(epoch FROM clock_timestamp()) * 1000000)::int8";
    if sandbox {
        format!(
            "({clock} + COALESCE((SELECT value::int8 FROM meta WHERE key = 'clock_offset'), 0))"
        )
    } else {
        clock.to_owned()
    }
}

/// The text of a query for many keys at once. Its first column is the key's number, from
/// one on. Each key has its own sub-query, so that a limit in it is the key's own; the offset
/// keeps the planner from beginning with a table that it takes to be empty, and not with the
/// keys.
///
/// A number after the first value of a key is the earliest moment that is wanted. The clock
/// decides, once it is past that: whoever asks need not know the database's time.
pub(crate) fn text(query: &Query, clock: &str) -> String {
    let names = &["a", "b", "c"][..query.keys.len()];
    let mut one = render(query.template);
    for (n, (name, kind)) in (1..).zip(names.iter().zip(query.keys)) {
        let value = match kind {
            Type::Int if n > 1 => format!("GREATEST(keys.{name}, (SELECT {clock}))"),
            _ => format!("keys.{name}"),
        };
        one = one.replace(&format!("?{n}"), &value);
    }
    let arrays: Vec<String> = (1..)
        .zip(query.keys)
        .map(|(n, kind)| format!("${n}::{}[]", postgres_type(*kind)))
        .collect();
    format!(
        "SELECT keys.n, q.* FROM unnest({}) WITH ORDINALITY AS keys({}, n) \
         CROSS JOIN LATERAL ({one} OFFSET 0) AS q",
        arrays.join(", "),
        names.join(", ")
    )
}

/// A query with the keys that some requests ask for.
pub(crate) struct Merged {
    /// Which of [`ALL`].
    pub(crate) query: usize,
    /// The keys, each once.
    pub(crate) keys: Block,
    /// For each key, the numbers of the requests that want it.
    wanted: Vec<Vec<usize>>,
}

/// Merges the steps of several requests, in the order of their first use.
pub(crate) fn merge(requests: Vec<Vec<Step>>) -> Vec<Merged> {
    let mut merged: Vec<Merged> = Vec::new();
    let mut places: Vec<Option<usize>> = vec![None; ALL.len()];
    let mut seen: HashMap<(usize, Vec<u8>), usize> = HashMap::new();
    for (request, steps) in requests.into_iter().enumerate() {
        for step in steps {
            let query = number(step.query);
            let place = *places[query].get_or_insert_with(|| {
                merged.push(Merged {
                    query,
                    keys: Block::new(step.query.keys.iter().copied()),
                    wanted: Vec::new(),
                });
                merged.len() - 1
            });
            let into = &mut merged[place];
            for key in step.keys.into_iter().filter(|key| can_be(key)) {
                let next = into.keys.len();
                let at = *seen.entry((query, key_bytes(&key))).or_insert(next);
                if at == next {
                    into.keys.push(key);
                    into.wanted.push(Vec::new());
                }
                into.wanted[at].push(request);
            }
        }
    }
    merged.retain(|merged| !merged.keys.is_empty());
    merged
}

/// The engine holds no text with a zero byte in it, so that no row has such a key; asking
/// would be an error, for everyone in the same load.
fn can_be(key: &[Value]) -> bool {
    !key.iter()
        .any(|value| matches!(value, Value::Text(Some(text)) if text.contains('\0')))
}

fn number(query: &Query) -> usize {
    ALL.iter()
        .position(|other| std::ptr::eq(*other, query))
        .unwrap_or_else(|| unreachable!("a query that is not in the list of all"))
}

impl Merged {
    /// Whether it is about what is due in domains.
    pub(crate) fn is_seldom(&self) -> bool {
        ALL[self.query].is_seldom()
    }

    /// Whether there may be rows for any of those who ask, as far as their snapshots know.
    pub(crate) fn may_find(&self, snapshots: &[Result<Snapshot>]) -> bool {
        let wanted = self.wanted.iter().flatten();
        let mut snapshots = wanted.filter_map(|request| snapshots[*request].as_ref().ok());
        snapshots.any(|snapshot| ALL[self.query].may_find(snapshot))
    }

    /// Gives the rows to those who asked for them.
    pub(crate) fn deal(&self, rows: &[Row], snapshots: &mut [Result<Snapshot>]) {
        for row in rows {
            let key = row.try_get(0).map_or(0, |n: i64| n);
            let wanted = usize::try_from(key - 1)
                .ok()
                .and_then(|k| self.wanted.get(k));
            for request in wanted.into_iter().flatten() {
                let Ok(snapshot) = &mut snapshots[*request] else {
                    continue;
                };
                let line = Line { row, from: 1 };
                if let Err(error) = (ALL[self.query].read)(&line, snapshot) {
                    snapshots[*request] = Err(error);
                }
            }
        }
    }
}
