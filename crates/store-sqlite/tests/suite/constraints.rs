//! What no bug in the code can write, because the database refuses it.

use rusqlite::Connection;

use crate::folder::Folder;

/// A seats row with room for nothing but what the statement tries.
const SEATS: &str = "INSERT INTO seats VALUES (zeroblob(16), 0, 0, 0, 2, 1, NULL, NULL, \
    0, 0, NULL, NULL, 0, 0, NULL, NULL, 0, 0, NULL, NULL, NULL)";

#[test]
fn a1_the_database_refuses_more_in_use_than_ordered() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    sql.execute(SEATS, []).unwrap();
    for bad in [
        "UPDATE seats SET domain_user_in_use = 3",
        "UPDATE seats SET domain_user_ordered = 0",
        "UPDATE seats SET business_in_use = 1",
        "UPDATE seats SET business_pro_in_use = -1",
        "UPDATE seats SET seat_license_in_use = 1",
    ] {
        let refused = sql.execute(bad, []).unwrap_err().to_string();
        assert!(
            refused.contains("CHECK constraint failed"),
            "{bad}: {refused}"
        );
    }
    assert_eq!(
        sql.execute("UPDATE seats SET domain_user_in_use = 2", []),
        Ok(1)
    );
}

#[test]
fn a1_the_database_refuses_a_person_in_two_seats() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    let user = "INSERT INTO users VALUES (?1, ?2, 'active', NULL, ?3, 'named', 'base', NULL, \
        'member', 0, 0, NULL, 0)";
    let id = |n: u8| vec![n; 16];
    sql.execute(user, (id(1), id(1), id(9))).unwrap();
    let twice = [
        (id(1), id(1), id(8)),
        (id(1), id(2), id(9)),
        (id(2), id(1), id(9)),
    ];
    for (domain, user_id, account) in twice {
        let refused = sql.execute(user, (domain, user_id, account)).unwrap_err();
        assert!(refused.to_string().contains("UNIQUE"), "{refused}");
    }
}

/// The message with which a statement is refused.
fn refusal(sql: &Connection, text: &str) -> String {
    match sql.execute_batch(text) {
        Ok(()) => panic!("{text}: done"),
        Err(error) => error.to_string(),
    }
}

fn done(sql: &Connection, text: &str) {
    if let Err(error) = sql.execute_batch(text) {
        panic!("{text}: {error}");
    }
}

/// A pool of five seats.
const POOL: &str = "INSERT INTO pools VALUES (zeroblob(16), zeroblob(16), 5, 'base', NULL, 300, \
    NULL, 60, 1, 9, 1, 3, 1, 1, 2, 1, 7)";

#[test]
fn e4_the_database_refuses_more_seats_taken_than_there_are() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    done(&sql, POOL);
    for bad in [
        "UPDATE pools SET occupied = 5",
        "UPDATE pools SET offered = 3",
        "UPDATE pools SET seats = 2, occupied = 5",
    ] {
        assert_eq!(refusal(&sql, bad), "pool_oversold", "{bad}");
    }
    for good in [
        "UPDATE pools SET occupied = 4",
        "UPDATE pools SET occupied = 5, offered = 0",
        "UPDATE pools SET seats = 6, occupied = 6",
        // It drains: fewer are taken, and none more.
        "UPDATE pools SET seats = 2",
        "UPDATE pools SET occupied = 5",
    ] {
        done(&sql, good);
    }
    assert_eq!(
        refusal(&sql, "UPDATE pools SET occupied = 6"),
        "pool_oversold"
    );
}

#[test]
fn e13_the_database_refuses_a_part_that_is_more_than_the_whole() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    done(&sql, POOL);
    for bad in [
        "UPDATE pools SET reserved = 10",
        "UPDATE pools SET users = 0",
        "UPDATE pools SET reserved_seated = 5",
        "UPDATE pools SET occupied = 0, offered = 0",
        "UPDATE pools SET waiting_reserved = 3",
        "UPDATE pools SET waiting = -1",
        "UPDATE pools SET seats = -1",
        "UPDATE pools SET tier = 'gold'",
        "UPDATE pools SET waiting_list = 2",
    ] {
        let refused = refusal(&sql, bad);
        assert!(refused.contains("CHECK constraint"), "{bad}: {refused}");
    }
}

/// A live session: its number, its user's, its device's, and its pool as SQL.
fn session(n: u8, user: u8, device: u8, pool: &str) -> String {
    format!(
        "INSERT INTO sessions (domain, id, user_id, pool, device, device_id, device_name, token, \
         started_at, clock_from, seen_at, reserved) VALUES (zeroblob(16), \
         x'{}', x'{}', {pool}, x'{}', '', '', x'{}', 0, 0, 0, 0)",
        hex(n, 16),
        hex(user, 16),
        hex(device, 32),
        hex(n, 32),
    )
}

fn hex(n: u8, bytes: usize) -> String {
    format!("{n:02x}").repeat(bytes)
}

#[test]
fn e4_the_database_refuses_a_second_session() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    done(&sql, &session(1, 1, 1, "zeroblob(16)"));
    for bad in [
        // Of a shared user: on another device, on the same, in another pool.
        session(2, 1, 2, "zeroblob(16)"),
        session(2, 1, 1, "zeroblob(16)"),
        session(2, 1, 2, "x'00'"),
    ] {
        let refused = refusal(&sql, &bad);
        assert!(refused.contains("session_of_user"), "{refused}");
    }
    // A named user has one on each device.
    done(&sql, &session(3, 3, 1, "NULL"));
    done(&sql, &session(4, 3, 2, "NULL"));
    let refused = refusal(&sql, &session(5, 3, 2, "NULL"));
    assert!(refused.contains("session_of_user"), "{refused}");
    // Once one is over, there can be another; it does not come back beside that one.
    let over = "UPDATE sessions SET ended_at = 1, reason = 'logged_off' WHERE id = ";
    let first = format!("x'{}'", hex(1, 16));
    done(&sql, &format!("{over}{first}"));
    done(&sql, &session(2, 1, 2, "zeroblob(16)"));
    let back = format!("UPDATE sessions SET ended_at = NULL, reason = NULL WHERE id = {first}");
    let refused = refusal(&sql, &back);
    assert!(refused.contains("session_of_user"), "{refused}");
}

#[test]
fn f1_the_database_refuses_a_second_live_call_of_one_id() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    done(&sql, &session(1, 1, 1, "zeroblob(16)"));
    done(&sql, &session(2, 2, 2, "NULL"));
    let calls = |n: u8, call: u8| {
        format!(
            "UPDATE sessions SET call = x'{}', call_direction = 'made', call_started_at = 1 \
             WHERE id = x'{}'",
            hex(call, 16),
            hex(n, 16)
        )
    };
    done(&sql, &calls(1, 7));
    let refused = refusal(&sql, &calls(2, 7));
    assert!(refused.contains("sessions.call"), "{refused}");
    done(&sql, &calls(2, 8));
}

#[test]
fn e7_the_database_refuses_a_session_that_can_not_be() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    done(&sql, &session(1, 1, 1, "zeroblob(16)"));
    done(&sql, &session(2, 2, 1, "NULL"));
    for bad in [
        "UPDATE sessions SET token = zeroblob(31)",
        "UPDATE sessions SET device = zeroblob(33)",
        "UPDATE sessions SET ended_at = 1",
        "UPDATE sessions SET reason = 'logged_off'",
        "UPDATE sessions SET call = zeroblob(16)",
        "UPDATE sessions SET call_direction = 'made'",
        "UPDATE sessions SET due_at = 1 WHERE pool IS NULL",
        "UPDATE sessions SET due_at = 1, ended_at = 1, reason = 'silent' WHERE pool NOT NULL",
        "UPDATE sessions SET call = zeroblob(16), call_direction = 'made', call_started_at = 1, \
         ended_at = 1, reason = 'silent'",
        "UPDATE sessions SET reserved = 2",
    ] {
        let refused = refusal(&sql, bad);
        assert!(refused.contains("CHECK constraint"), "{bad}: {refused}");
    }
}

#[test]
fn f2_the_database_refuses_a_link_used_and_revoked() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    let link = "INSERT INTO call_links VALUES (zeroblob(16), randomblob(16), zeroblob(16), '', \
        zeroblob(32), 0, 1, 0, NULL, NULL, NULL)";
    done(&sql, link);
    let refused = refusal(&sql, link);
    assert!(refused.contains("call_links.token"), "{refused}");
    for bad in [
        "UPDATE call_links SET used_at = 1",
        "UPDATE call_links SET used_by = zeroblob(16)",
        "UPDATE call_links SET used_at = 1, used_by = zeroblob(16), revoked_at = 1",
        "UPDATE call_links SET one_call = 2",
    ] {
        let refused = refusal(&sql, bad);
        assert!(refused.contains("CHECK constraint"), "{bad}: {refused}");
    }
}

#[test]
fn d5_the_database_refuses_an_address_twice_in_a_list() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    let contact = |user: u8, n: u8| {
        let (user, id) = (hex(user, 16), hex(n, 16));
        format!(
            "INSERT INTO contacts VALUES (zeroblob(16), x'{user}', x'{id}', 'a@b', 'A', 'a', 0)"
        )
    };
    done(&sql, &contact(1, 1));
    let refused = refusal(&sql, &contact(1, 2));
    assert!(refused.contains("contacts.email"), "{refused}");
    done(&sql, &contact(2, 1));
}
