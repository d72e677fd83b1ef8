//! What no bug in the code can write, because the database refuses it.

use tokio_postgres::Client;

use crate::database::Database;

const DOMAIN: &str = "00000000-0000-0000-0000-00000000000d";
const OTHER: &str = "00000000-0000-0000-0000-00000000000e";

/// The constraint that refuses a statement.
async fn refusal(client: &Client, text: &str) -> String {
    let error = client.batch_execute(text).await.expect_err(text);
    let error = error
        .as_db_error()
        .unwrap_or_else(|| panic!("{text}: {error}"));
    error
        .constraint()
        .unwrap_or_else(|| panic!("{text}: {error}"))
        .to_owned()
}

async fn done(client: &Client, text: &str) {
    client.batch_execute(text).await.expect(text);
}

fn seats(domain: &str) -> String {
    format!(
        "INSERT INTO seats (domain, users, pools, teams, domain_user_ordered, domain_user_in_use, \
         business_ordered, business_in_use, business_pro_ordered, business_pro_in_use, \
         seat_license_ordered, seat_license_in_use) \
         VALUES ('{domain}', 0, 0, 0, 2, 0, 2, 0, 2, 0, 2, 0)"
    )
}

#[tokio::test]
async fn a1_more_in_use_than_ordered_is_refused_by_the_database() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    done(&client, &seats(DOMAIN)).await;
    for kind in ["domain_user", "business", "business_pro", "seat_license"] {
        let constraint = format!("{kind}_in_use");
        done(&client, &format!("UPDATE seats SET {kind}_in_use = 2")).await;
        for change in ["in_use = 3", "in_use = -1", "ordered = 1"] {
            let text = format!("UPDATE seats SET {kind}_{change}");
            assert_eq!(refusal(&client, &text).await, constraint, "{text}");
        }
    }
    let text = seats(OTHER).replace("2, 0)", "2, 3)");
    assert_eq!(refusal(&client, &text).await, "seat_license_in_use");
}

#[tokio::test]
async fn a1_a_domain_has_one_row_of_seats() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    done(&client, &seats(DOMAIN)).await;
    assert_eq!(refusal(&client, &seats(DOMAIN)).await, "seats_pkey");
}

fn user(domain: &str, id: u32, account: &str) -> String {
    format!(
        "INSERT INTO users (domain, id, state, account, model, tier, role, permissions, \
         features_off, reserved) VALUES ('{domain}', '00000000-0000-0000-0000-{id:012}', 'active', \
         '{account}', 'named', 'base', 'member', 0, 0, 0)"
    )
}

#[tokio::test]
async fn a1_one_user_to_a_seat_and_one_seat_to_a_user() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    done(&client, &user(DOMAIN, 1, OTHER)).await;
    let again = user(DOMAIN, 1, DOMAIN);
    assert_eq!(refusal(&client, &again).await, "users_pkey");
    // An account is a user of one domain, once.
    for text in [user(DOMAIN, 2, OTHER), user(OTHER, 1, OTHER)] {
        assert_eq!(refusal(&client, &text).await, "user_account");
    }
    for text in [
        "UPDATE users SET tier = 'gold'",
        "UPDATE users SET state = 'away'",
        "UPDATE users SET role = 'owner'",
        "UPDATE users SET account = NULL",
        "UPDATE users SET state = 'invited'",
        "UPDATE users SET expires_at = 1",
        "UPDATE users SET model = 'shared'",
        "UPDATE users SET tier = NULL",
        "UPDATE users SET pool = id",
        "UPDATE users SET model = 'shared', tier = NULL",
        "UPDATE users SET model = 'shared', pool = id",
    ] {
        refusal(&client, text).await;
    }
}

#[tokio::test]
async fn d1_names_are_unique_where_they_have_to_be() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    let digest = "sha256('x')";
    let twice = [
        (
            "account_email",
            "INSERT INTO account_records (account, email, name, totp_active, created_at) \
             VALUES (gen_random_uuid(), 'a@example.com', '', 0, 0)"
                .to_owned(),
        ),
        (
            "domain_prefix",
            "INSERT INTO domain_records (domain, name, prefix, created_at) \
             VALUES (gen_random_uuid(), '', 'example', 0)"
                .to_owned(),
        ),
        ("user_email", person("'a@example.com'", "NULL", "NULL")),
        (
            "user_external_id",
            person("gen_random_uuid()", "'E1'", "NULL"),
        ),
        (
            "user_invitation",
            person("gen_random_uuid()", "NULL", digest),
        ),
        (
            "token_digest",
            format!(
                "INSERT INTO tokens (account, id, digest, kind, name, read_only, created_at, \
                 expires_at) VALUES (gen_random_uuid(), gen_random_uuid(), {digest}, 'log_in', \
                 '', 0, 0, 0)"
            ),
        ),
        (
            "domain_owner",
            format!(
                "INSERT INTO domains (id, owner, root, noted, closed) SELECT id, '{OTHER}', id, \
                 'good', 0 FROM gen_random_uuid() AS id"
            ),
        ),
        (
            "accounts_own_one_domain",
            format!(
                "INSERT INTO accounts (id, plan, owns, identity, operator) \
                 VALUES (gen_random_uuid(), 'base', '{DOMAIN}', 'pending', 0)"
            ),
        ),
        (
            "accounts_one_per_user",
            format!(
                "INSERT INTO accounts (id, domain, member, identity, operator) \
                 VALUES (gen_random_uuid(), '{DOMAIN}', '{OTHER}', 'pending', 0)"
            ),
        ),
    ];
    for (constraint, text) in twice {
        done(&client, &text).await;
        assert_eq!(refusal(&client, &text).await, constraint);
    }
    // A closed domain's owner may have another.
    done(&client, "UPDATE domains SET closed = 1").await;
    let again = format!(
        "INSERT INTO domains (id, owner, root, noted, closed) SELECT id, '{OTHER}', id, 'good', \
         0 FROM gen_random_uuid() AS id"
    );
    done(&client, &again).await;
}

fn person(email: &str, external_id: &str, invitation: &str) -> String {
    format!(
        "INSERT INTO people (domain, user_id, email, name, name_key, description, external_id, \
         invitation, created_at) VALUES ('{DOMAIN}', gen_random_uuid(), {email}, '', '', '', \
         {external_id}, {invitation}, 0)"
    )
}

#[tokio::test]
async fn j1_a_journal_has_no_number_twice() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    let entry = format!(
        "INSERT INTO journal (head, seq, unit, at, recorded_at, request, kind, payload) \
         VALUES ('{DOMAIN}', 1, gen_random_uuid(), 0, 0, gen_random_uuid(), 'domain_closed', '')"
    );
    done(&client, &entry).await;
    assert_eq!(refusal(&client, &entry).await, "journal_by_head");
}

/// A pool of five seats.
fn pool() -> String {
    format!(
        "INSERT INTO pools VALUES ('{DOMAIN}', '{DOMAIN}', 5, 'base', NULL, 300, NULL, 60, 1, 9, \
         1, 3, 1, 1, 2, 1, 7)"
    )
}

#[tokio::test]
async fn e4_more_seats_taken_than_there_are_is_refused_by_the_database() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    done(&client, &pool()).await;
    for bad in [
        "UPDATE pools SET occupied = 5",
        "UPDATE pools SET offered = 3",
        "UPDATE pools SET seats = 2, occupied = 5",
    ] {
        assert_eq!(refusal(&client, bad).await, "pool_oversold", "{bad}");
    }
    for good in [
        "UPDATE pools SET occupied = 4",
        "UPDATE pools SET occupied = 5, offered = 0",
        "UPDATE pools SET seats = 6, occupied = 6",
        // It drains: fewer are taken, and none more.
        "UPDATE pools SET seats = 2",
        "UPDATE pools SET occupied = 5",
    ] {
        done(&client, good).await;
    }
    let bad = "UPDATE pools SET occupied = 6";
    assert_eq!(refusal(&client, bad).await, "pool_oversold");
}

#[tokio::test]
async fn e13_a_part_that_is_more_than_the_whole_is_refused_by_the_database() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    done(&client, &pool()).await;
    for (change, constraint) in [
        ("reserved = 10", "pool_reserved"),
        ("users = 0", "pool_reserved"),
        ("reserved_seated = 5", "pool_reserved_seated"),
        ("occupied = 0, offered = 0", "pool_reserved_seated"),
        ("waiting_reserved = 3", "pool_waiting_reserved"),
        ("waiting = 0", "pool_waiting_reserved"),
        ("seats = -1", "pools_seats_check"),
        ("tier = 'gold'", "pools_tier_check"),
    ] {
        let text = format!("UPDATE pools SET {change}");
        assert_eq!(refusal(&client, &text).await, constraint, "{text}");
    }
}

/// A live session: its number, its user's, its device's, and its pool as SQL.
fn session(n: u32, user: u32, device: u32, pool: &str) -> String {
    format!(
        "INSERT INTO sessions (domain, id, user_id, pool, device, device_id, device_name, token, \
         started_at, clock_from, seen_at, reserved) VALUES ('{DOMAIN}', \
         '00000000-0000-0000-0000-{n:012}', '00000000-0000-0000-0000-{user:012}', {pool}, \
         sha256('device {device}'), '', '', sha256('token {n}'), 0, 0, 0, 0)"
    )
}

#[tokio::test]
async fn e4_a_second_session_is_refused_by_the_database() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    let (pool, other) = (format!("'{DOMAIN}'"), format!("'{OTHER}'"));
    done(&client, &session(1, 1, 1, &pool)).await;
    // Of a shared user: on another device, on the same, in another pool.
    for bad in [
        session(2, 1, 2, &pool),
        session(2, 1, 1, &pool),
        session(2, 1, 2, &other),
    ] {
        assert_eq!(refusal(&client, &bad).await, "session_of_user");
    }
    // A named user has one on each device.
    done(&client, &session(3, 3, 1, "NULL")).await;
    done(&client, &session(4, 3, 2, "NULL")).await;
    let bad = session(5, 3, 2, "NULL");
    assert_eq!(refusal(&client, &bad).await, "session_of_user");
    // Once one is over, there can be another; it does not come back beside that one.
    let first = "id = '00000000-0000-0000-0000-000000000001'";
    let over = format!("UPDATE sessions SET ended_at = 1, reason = 'logged_off' WHERE {first}");
    done(&client, &over).await;
    done(&client, &session(2, 1, 2, &pool)).await;
    let back = format!("UPDATE sessions SET ended_at = NULL, reason = NULL WHERE {first}");
    assert_eq!(refusal(&client, &back).await, "session_of_user");
}

#[tokio::test]
async fn f1_a_second_live_call_of_one_id_is_refused_by_the_database() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    done(&client, &session(1, 1, 1, &format!("'{DOMAIN}'"))).await;
    done(&client, &session(2, 2, 2, "NULL")).await;
    let calls = |n: u32, call: u32| {
        format!(
            "UPDATE sessions SET call = '00000000-0000-0000-0000-{call:012}', \
             call_direction = 'made', call_started_at = 1 \
             WHERE id = '00000000-0000-0000-0000-{n:012}'"
        )
    };
    done(&client, &calls(1, 7)).await;
    assert_eq!(refusal(&client, &calls(2, 7)).await, "session_of_call");
    done(&client, &calls(2, 8)).await;
}

#[tokio::test]
async fn e7_a_session_or_link_that_can_not_be_is_refused_by_the_database() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    done(&client, &session(1, 1, 1, &format!("'{DOMAIN}'"))).await;
    done(&client, &session(2, 2, 1, "NULL")).await;
    let link = format!(
        "INSERT INTO call_links VALUES ('{DOMAIN}', gen_random_uuid(), '{OTHER}', '', \
         sha256('link'), 0, 1, 0, NULL, NULL, NULL)"
    );
    done(&client, &link).await;
    assert_eq!(refusal(&client, &link).await, "call_link_token");
    for bad in [
        "UPDATE sessions SET token = 'short'",
        "UPDATE sessions SET device = 'short'",
        "UPDATE sessions SET ended_at = 1",
        "UPDATE sessions SET reason = 'logged_off'",
        "UPDATE sessions SET call = id",
        "UPDATE sessions SET call_direction = 'made'",
        "UPDATE sessions SET due_at = 1 WHERE pool IS NULL",
        "UPDATE sessions SET due_at = 1, ended_at = 1, reason = 'silent' WHERE pool IS NOT NULL",
        "UPDATE sessions SET reserved = 2",
        "UPDATE call_links SET used_at = 1",
        "UPDATE call_links SET used_by = id",
        "UPDATE call_links SET used_at = 1, used_by = id, revoked_at = 1",
    ] {
        let constraint = refusal(&client, bad).await;
        assert!(constraint.contains("check"), "{bad}: {constraint}");
    }
}

#[tokio::test]
async fn d5_an_address_twice_in_a_list_is_refused_by_the_database() {
    let (database, _) = Database::with_store().await;
    let client = database.connect().await;
    let contact = |user: u32, n: u32| {
        format!(
            "INSERT INTO contacts VALUES ('{DOMAIN}', '00000000-0000-0000-0000-{user:012}', \
             '00000000-0000-0000-0000-{n:012}', 'a@b', 'A', 'a', 0)"
        )
    };
    done(&client, &contact(1, 1)).await;
    assert_eq!(refusal(&client, &contact(1, 2)).await, "contact_email");
    done(&client, &contact(2, 1)).await;
}
