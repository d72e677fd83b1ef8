//! Contacts that a user adds by e-mail (rule D5).

use serde_json::{Value, json};
use usher_rules::Settings;

use crate::harness::desk::journal;
use crate::harness::world::Server;
use crate::harness::{Answer, Client, World};

const CONTACTS: &str = "/v1/me/contacts";

impl Client {
    async fn adds(&self, email: &str) -> Answer {
        self.post(CONTACTS, json!({ "email": email })).await
    }

    async fn takes_off(&self, contact: &Value) -> Answer {
        let id = contact["contact"].as_str().expect("an id");
        self.delete(&format!("{CONTACTS}/{id}")).await
    }

    /// The whole contact list.
    async fn contacts(&self) -> Vec<Value> {
        let page = self.get(CONTACTS).await.expect(200);
        page["items"].as_array().expect("items").clone()
    }

    async fn contact_names(&self) -> Vec<String> {
        let contacts = self.contacts().await.into_iter();
        let names = contacts.map(|contact| contact["name"].as_str().expect("a name").to_owned());
        names.collect()
    }
}

#[tokio::test]
async fn d5_an_address_is_added_once_and_taken_off() {
    let world = World::new().await;
    let ann = &world.member;
    let friend = json!({"email": "Friend@Example.ORG", "name": "Zoë"});
    let added = ann.post(CONTACTS, friend).await.expect(201);
    assert_eq!(
        (&added["name"], &added["email"], &added["user"]),
        (&json!("Zoë"), &json!("friend@example.org"), &Value::Null)
    );
    // The same address is the same contact, however it is written and called.
    let again = json!({"email": "friend@example.org", "name": "Other"});
    assert_eq!(ann.post(CONTACTS, again).await.expect(200), added);
    // Without a name it goes by its address.
    let plain = ann.adds("aa@example.org").await.expect(201);
    assert_eq!(plain["name"], "aa@example.org");
    assert_eq!(ann.contacts().await, [plain.clone(), added.clone()]);
    ann.takes_off(&added).await.expect(204);
    let gone = ann.takes_off(&added).await;
    gone.expect_problem(404, "not_found");
    assert_eq!(ann.contacts().await, [plain]);
    // Added once more it is another.
    let other = ann.adds("friend@example.org").await.expect(201);
    assert_ne!(other["contact"], added["contact"]);
}

#[tokio::test]
async fn d5_whoever_has_an_added_address_in_the_domain_is_that_person() {
    let world = World::new().await;
    let mid = &world.mid;
    let user = mid.user("ann", json!({})).await;
    let ann = world.server.enter_as(&user).await;
    let invited = json!({"email": "bob@example.com", "name": "Bob"});
    let path = mid.path("/users");
    mid.owner.post(&path, invited).await.expect(201);
    // Who is only invited is nobody yet.
    let robert = json!({"email": "bob@example.com", "name": "Robert"});
    let added = ann.post(CONTACTS, robert).await.expect(201);
    assert_eq!(
        (&added["user"], &added["name"]),
        (&Value::Null, &json!("Robert"))
    );
    let token = world.server.mailed("bob@example.com").await;
    let accepted = json!({
        "email": "bob@example.com", "domain_prefix": "mid", "password": "correct horse battery",
    });
    let path = format!("/v1/invitations/{token}/accept");
    let bob = world.anonymous().post(&path, accepted).await.expect(200);
    let seen = ann.contacts().await;
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (&seen[0]["user"], &seen[0]["name"]),
        (&bob["id"], &json!("Bob"))
    );
    assert_eq!(seen[0]["contact"], added["contact"]);
    assert_eq!(ann.adds("bob@example.com").await.expect(200), seen[0]);
    // He doesn't see her for that.
    let as_bob = world.server.enter_as(&bob).await;
    assert_eq!(as_bob.contacts().await, [Value::Null; 0]);
    // In a team, too, he is there once; taken off, he stays because of it.
    let team = mid.team("Desk").await;
    mid.join(&team, &bob).await;
    mid.join(&team, &user).await;
    assert_eq!(ann.contacts().await, seen);
    ann.takes_off(&added).await.expect(204);
    let left = ann.contacts().await;
    assert_eq!(left.len(), 1);
    assert_eq!(
        (&left[0]["user"], &left[0]["contact"]),
        (&bob["id"], &Value::Null)
    );
    // Suspended or gone he is the address once more.
    ann.post(
        CONTACTS,
        json!({"email": "bob@example.com", "name": "Robert"}),
    )
    .await
    .expect(201);
    let suspend = mid.user_path(&bob, "/suspend");
    mid.owner.post(&suspend, json!({})).await.expect(200);
    assert_eq!(ann.contact_names().await, ["Robert"]);
    mid.owner.delete(&mid.user_path(&bob, "")).await.expect(204);
    assert_eq!(ann.contact_names().await, ["Robert"]);
}

#[tokio::test]
async fn d5_nobody_learns_who_has_an_address_elsewhere() {
    let world = World::new().await;
    let ann = &world.member;
    world.low.user("below", json!({})).await;
    world.top.user("above", json!({})).await;
    // Of a domain below, of one above, an account of nobody's, an owner, nobody's at all.
    let addresses = ["below", "above", "outsider", "operator", "nobody"];
    for name in addresses {
        let email = format!("{name}@example.com");
        let answer = ann.adds(&email).await.expect(201);
        let expected = json!({
            "contact": answer["contact"], "user": null, "name": email, "email": email,
        });
        assert_eq!(answer, expected);
    }
    assert_eq!(ann.contacts().await.len(), addresses.len());
    for owner in [&world.top.owner, &world.mid.owner, &world.low.owner] {
        assert_eq!(owner.contacts().await, [Value::Null; 0], "none hears of it");
    }
}

#[tokio::test]
async fn d5_what_can_not_be_a_contact_is_refused() {
    let world = World::new().await;
    let ann = &world.member;
    ann.adds("Member@example.com")
        .await
        .expect_fields(&["email"]);
    for wrong in [json!({"email": "nobody"}), json!({}), json!({"email": 7})] {
        ann.post(CONTACTS, wrong).await.expect_fields(&["email"]);
    }
    let nameless = json!({"email": "a@example.org", "name": " "});
    ann.post(CONTACTS, nameless).await.expect_fields(&["name"]);
    assert_eq!(ann.contacts().await, [Value::Null; 0]);
}

#[tokio::test]
async fn d5_a_user_adds_as_many_contacts_as_the_operator_allows() {
    let server = Server::set(Settings {
        added_contacts: 2,
        ..Settings::default()
    });
    let world = World::on(server).await;
    let ann = &world.member;
    let first = ann.adds("a@example.org").await.expect(201);
    ann.adds("b@example.org").await.expect(201);
    let refused = ann.adds("c@example.org").await;
    refused.expect_problem(409, "wrong_state");
    ann.adds("b@example.org").await.expect(200);
    ann.takes_off(&first).await.expect(204);
    ann.adds("c@example.org").await.expect(201);
    // It is each user's own number.
    world.admin.adds("a@example.org").await.expect(201);
}

#[tokio::test]
async fn d5_added_contacts_are_the_users_own() {
    let world = World::new().await;
    let mid = &world.mid;
    let user = mid.user("ann", json!({})).await;
    let ann = world.server.enter_as(&user).await;
    let added = ann.adds("friend@example.org").await.expect(201);
    for other in [&world.member, &world.admin, &mid.owner] {
        other
            .takes_off(&added)
            .await
            .expect_problem(404, "not_found");
        assert_eq!(other.contacts().await, [Value::Null; 0]);
    }
    // Those who see users see whom the user sees by its teams, and no more.
    let of_user = mid.user_path(&user, "/contacts");
    for reader in [&mid.owner, &world.support] {
        let seen = reader.get(&of_user).await.expect(200);
        assert_eq!(seen["items"], json!([]));
    }
    // Whom no domain manages has no list to add to.
    let outsider = &world.outsider;
    let refused = outsider.adds("friend@example.org").await;
    refused.expect_problem(403, "not_allowed");
    let refused = outsider.takes_off(&added).await;
    refused.expect_problem(403, "not_allowed");
    let account = user["account"].as_str().expect("an account");
    let reader = world
        .server
        .enter(account.parse().expect("an id"), true)
        .await;
    let refused = reader.adds("other@example.org").await;
    refused.expect_problem(403, "not_allowed");
    let refused = reader.takes_off(&added).await;
    refused.expect_problem(403, "not_allowed");
    let suspend = mid.user_path(&user, "/suspend");
    mid.owner.post(&suspend, json!({})).await.expect(200);
    let refused = ann.adds("other@example.org").await;
    refused.expect_problem(403, "not_allowed");
    // Suspended it keeps what is its own.
    let restore = mid.user_path(&user, "/restore");
    mid.owner.post(&restore, json!({})).await.expect(200);
    assert_eq!(ann.contacts().await, [added]);
}

#[tokio::test]
async fn c6_added_contacts_come_along_to_another_domain() {
    let world = World::new().await;
    let (mid, low) = (&world.mid, &world.low);
    let user = mid.user("ann", json!({})).await;
    mid.user("bob", json!({})).await;
    low.user("cyd", json!({})).await;
    let ann = world.server.enter_as(&user).await;
    for name in ["bob", "cyd"] {
        ann.adds(&format!("{name}@example.com")).await.expect(201);
    }
    assert_eq!(ann.contact_names().await, ["bob", "cyd@example.com"]);
    let path = mid.user_path(&user, "/move");
    let tried = format!("{path}?dry_run=true");
    let tried = world.operator.post(&tried, json!({"to": low.id})).await;
    tried.expect(200);
    assert_eq!(ann.contact_names().await, ["bob", "cyd@example.com"]);
    let moved = world.operator.post(&path, json!({"to": low.id})).await;
    moved.expect(200);
    // Who was a colleague is an address now, and the other way round.
    assert_eq!(ann.contact_names().await, ["bob@example.com", "cyd"]);
    let contacts = ann.contacts().await;
    ann.takes_off(&contacts[0]).await.expect(204);
    low.owner
        .delete(&low.user_path(&user, ""))
        .await
        .expect(204);
    let differences = world.server.app.store.check().await.expect("a check");
    assert_eq!(differences, [], "nothing of a user who is gone is left");
}

#[tokio::test]
async fn j1_adding_and_taking_off_are_in_the_journal_without_words() {
    let world = World::new().await;
    let ann = &world.member;
    let added = ann.adds("friend@example.org").await.expect(201);
    ann.adds("friend@example.org").await.expect(200);
    ann.takes_off(&added).await.expect(204);
    let lines = journal(&world.mid).await;
    let kinds: Vec<&str> = lines[..2].iter().map(|line| line.0.as_str()).collect();
    assert_eq!(kinds, ["contact_removed", "contact_added"]);
    for (_, data) in &lines[..2] {
        assert_eq!(data["contact"], added["contact"]);
        assert!(!data.to_string().contains("example.org"), "{data}");
    }
    assert_ne!(lines[2].0, "contact_added");
}

#[tokio::test]
async fn i3_a_contact_asked_for_twice_is_added_once() {
    let world = World::new().await;
    let keyed = world.member.with("idempotency-key", "k-1");
    let first = keyed.adds("friend@example.org").await.expect(201);
    let second = keyed.adds("friend@example.org").await.expect(201);
    assert_eq!(first, second);
    let other = keyed.adds("other@example.org").await;
    other.expect_problem(422, "idempotency_mismatch");
    assert_eq!(world.member.contacts().await, [first]);
}

#[tokio::test]
async fn d5_team_mates_and_added_contacts_come_in_one_order_of_pages() {
    let world = World::new().await;
    let mid = &world.mid;
    let ann = mid.user("ann", json!({})).await;
    let team = mid.team("Desk").await;
    mid.join(&team, &ann).await;
    for name in ["Bob", "dan"] {
        let user = mid.user(name, json!({})).await;
        mid.join(&team, &user).await;
    }
    let ann = world.server.enter_as(&ann).await;
    for (email, name) in [("c@example.org", "cyd"), ("a@example.org", "Eve")] {
        let contact = json!({"email": email, "name": name});
        ann.post(CONTACTS, contact).await.expect(201);
    }
    let (mut names, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("{CONTACTS}?limit=1{cursor}");
        let page = ann.get(&path).await.expect(200);
        names.push(page["items"][0]["name"].clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["Bob", "cyd", "dan", "Eve"]);
}
