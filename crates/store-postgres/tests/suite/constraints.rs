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
