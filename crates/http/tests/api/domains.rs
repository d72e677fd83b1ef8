//! `/v1/domains/{domain}…`: opening, standing, billing, handing over, closing, the tree.

use axum::http::Method;
use serde_json::{Value, json};

use crate::harness::conform::operations;
use crate::harness::world::{Server, billing};
use crate::harness::{Client, World};

const DAY: i64 = 24 * 3600;

#[tokio::test]
async fn c7_an_account_owns_at_most_one_domain() {
    let world = World::new().await;
    let domain = json!({"name": "Another", "prefix": "another"});
    let second = world.mid.owner.post("/v1/domains", domain).await;
    second.expect_problem(409, "owns_a_domain");
}

#[tokio::test]
async fn d1_a_prefix_is_taken_once() {
    let world = World::new().await;
    let domain = json!({"name": "Another", "prefix": "MID"});
    let taken = world.outsider.post("/v1/domains", domain).await;
    let problem = taken.expect_problem(409, "taken");
    assert_eq!(problem["errors"][0]["field"], "prefix");
}

#[tokio::test]
async fn c3_a_refusal_lists_everything_that_is_missing() {
    let server = Server::new();
    let owner = server.someone("owner@example.com").await;
    let domain = json!({"name": "New", "prefix": "new"});
    let domain = owner.post("/v1/domains", domain).await.expect(201);
    assert_eq!(domain["standing"]["state"], "incomplete");
    let path = format!("/v1/domains/{}", domain["id"].as_str().expect("an id"));
    let user = json!({"email": "user@example.com"});
    let refused = owner.post(&format!("{path}/users"), user).await;
    let problem = refused.expect_problem(403, "not_in_standing");
    assert_eq!(problem["missing"], json!(["tier", "billing", "identity"]));

    let standing = owner.get(&format!("{path}/standing")).await.expect(200);
    let prerequisites = standing["prerequisites"].as_array().expect("all four");
    for prerequisite in prerequisites {
        let met = prerequisite["name"] == "permission";
        assert_eq!(prerequisite["met"], met, "{prerequisite}");
        assert_eq!(prerequisite["what_to_do"].is_string(), !met);
    }
    assert_eq!(prerequisites.len(), 4);
}

#[tokio::test]
async fn c3_billing_needs_prices_in_its_currency() {
    let world = World::new().await;
    let fresh = Server::new();
    let owner = fresh.someone("owner@example.com").await;
    let domain = json!({"name": "New", "prefix": "new"});
    let domain = owner.post("/v1/domains", domain).await.expect(201);
    let path = format!(
        "/v1/domains/{}/billing",
        domain["id"].as_str().expect("an id")
    );
    let none = owner.put(&path, billing()).await;
    none.expect_problem(409, "wrong_state");

    let mut dollars = billing();
    dollars["currency"] = json!("USD");
    let changed = world
        .mid
        .owner
        .put(&world.mid.path("/billing"), dollars)
        .await;
    changed.expect_fields(&["currency"]);
}

#[tokio::test]
async fn c3_there_must_be_prices_in_the_currency() {
    let world = World::new().await;
    let domain = json!({"name": "New", "prefix": "new"});
    let domain = world.outsider.post("/v1/domains", domain).await.expect(201);
    let path = format!(
        "/v1/domains/{}/billing",
        domain["id"].as_str().expect("an id")
    );
    let mut dollars = billing();
    dollars["currency"] = json!("USD");
    let refused = world.outsider.put(&path, dollars).await;
    assert_eq!(refused.expect_problem(409, "no_price")["currency"], "USD");
}

#[tokio::test]
async fn c5_a_domain_lapses_freezes_and_recovers() {
    let world = World::new().await;
    let (top, owner) = (&world.top, &world.top.owner);
    let plan = |plan: &str| json!({ "plan": plan });
    owner.put("/v1/me/plan", plan("personal")).await.expect(200);
    let standing = owner.get(&top.path("/standing")).await.expect(200);
    assert_eq!(standing["state"], "lapsed");
    assert_eq!(standing["since"], "2027-01-15T08:00:00Z");
    assert_eq!(standing["until"], "2027-02-14T08:00:00Z");

    world.server.store.advance(30 * DAY);
    let owner = again(&world.server, owner).await;
    let standing = owner.get(&top.path("/standing")).await.expect(200);
    assert_eq!(standing["state"], "frozen");
    owner.put("/v1/me/plan", plan("business")).await.expect(200);
    let standing = owner.get(&top.path("/standing")).await.expect(200);
    assert_eq!(standing["state"], "good");
}

#[tokio::test]
async fn c5_what_time_brought_about_is_journalled_with_its_time_however_late() {
    let world = World::new().await;
    let (server, mid) = (&world.server, &world.mid);
    let me = mid.owner.get("/v1/me").await.expect(200);
    let account = me["account"].as_str().expect("an id").parse();
    let invited = json!({"email": "late@example.com"});
    let path = mid.path("/users");
    mid.owner.post(&path, invited).await.expect(201);
    let personal = json!({"plan": "personal"});
    let top = &world.top.owner;
    top.put("/v1/me/plan", personal).await.expect(200);

    // Nobody looks while an invitation lapses, the domain above freezes, and this one after
    // it; not even a sweep.
    server.store.advance(70 * DAY);
    let owner = server.enter(account.expect("an id"), false).await;
    server.app.sweep().await.expect("a sweep");
    let owner = owner.with("accept", "application/json");
    let journal = owner.get(&mid.path("/events?limit=200")).await.expect(200);
    let lines = journal["items"].as_array().expect("items").iter();
    let late = lines.filter(|line| line["recorded_at"] == "2027-03-26T08:00:00Z");
    let late: Vec<_> = late
        .map(|line| {
            (
                line["kind"].clone(),
                line["data"]["to"].clone(),
                line["at"].clone(),
            )
        })
        .collect();
    let expected = [
        ("invitation_expired", json!(null), "2027-01-22T08:00:00Z"),
        ("standing_noted", json!("lapsed"), "2027-02-14T08:00:00Z"),
        ("standing_noted", json!("frozen"), "2027-03-16T08:00:00Z"),
    ];
    let expected = expected.map(|(kind, to, at)| (json!(kind), to, json!(at)));
    assert_eq!(late, expected);

    // A lapse that is over needs no mail any more.
    let mails = server
        .client(None)
        .get("/v1/sandbox/mail")
        .await
        .expect(200);
    let mails = mails["items"].as_array().expect("mails").iter();
    let told = mails.filter(|mail| {
        mail["template"] == "standing_changed" && mail["to"] == "mid-owner@example.com"
    });
    let told: Vec<_> = told
        .map(|mail| mail["text"].as_str().expect("a text"))
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("frozen"), "{told:?}");
}

/// The same person, signed in anew.
async fn again(server: &Server, client: &Client) -> Client {
    let now = server.store.clone();
    now.advance(-30 * DAY);
    let me = client.get("/v1/me").await.expect(200);
    now.advance(30 * DAY);
    let account = me["account"].as_str().expect("an id").parse();
    server.enter(account.expect("an id"), false).await
}

#[tokio::test]
async fn c7_a_domain_with_users_is_not_closed() {
    let world = World::new().await;
    let closed = world.mid.owner.delete(&world.mid.path("")).await;
    closed.expect_problem(409, "wrong_state");
    world
        .low
        .owner
        .delete(&world.low.path(""))
        .await
        .expect(204);
    let gone = world.low.owner.get(&world.low.path("")).await;
    gone.expect_problem(404, "not_found");
}

#[tokio::test]
async fn c7_a_domain_goes_to_one_who_owns_none_and_stands_right() {
    let world = World::new().await;
    let (path, owner) = (world.low.path("/owner"), &world.low.owner);
    let to = |email: &str| json!({ "email": email });
    let unknown = owner.put(&path, to("nobody@example.com")).await;
    unknown.expect_fields(&["email"]);
    let outside = owner.put(&path, to("outsider@example.com")).await;
    outside.expect_problem(409, "wrong_state");
    let owns = world
        .mid
        .owner
        .put(&path, to("top-owner@example.com"))
        .await;
    owns.expect_problem(409, "owns_a_domain");
    owner.put(&path, to("member@example.com")).await.expect(204);
    let low = world.member.get(&world.low.path("")).await.expect(200);
    assert_eq!(low["standing"]["state"], "lapsed");
}

#[tokio::test]
async fn c4_of_what_stands_below_only_totals_are_seen() {
    let world = World::new().await;
    let tree = world
        .top
        .owner
        .get(&world.top.path("/tree"))
        .await
        .expect(200);
    assert_eq!(tree["below"]["domains"], 2);
    assert_eq!(tree["below"]["users"], 5);
    assert_eq!(
        tree["below"]["seats"]["domain_user"],
        json!({"ordered": 40, "in_use": 5})
    );
    assert!(!tree.to_string().contains('@'));
}

#[tokio::test]
async fn c4_an_id_of_another_domains_user_names_nothing_here() {
    let world = World::new().await;
    let theirs = world.mid.user("theirs", json!({})).await;
    for (method, template, operation) in operations() {
        if !template.contains("{user}") {
            continue;
        }
        let id = theirs["id"].as_str().expect("an id");
        let path = template
            .replace("{domain}", &world.low.id)
            .replace("{user}", id);
        let body = match operation["operationId"].as_str().expect("a name") {
            "set_license" => json!({"model": "named", "tier": "base"}),
            "move_user" => json!({"to": world.mid.id}),
            _ => json!({}),
        };
        let method: Method = method.parse().expect("a method");
        let answer = world.low.owner.call(method, &path, Some(body)).await;
        // Whether one may move to a domain is asked before whom.
        assert!(
            matches!(answer.status, 404 | 422),
            "{}: {}",
            answer.what,
            answer.text
        );
        assert!(!answer.text.contains("theirs@"), "{}", answer.text);
    }
    let users = json!({"users": [theirs["id"]], "action": "remove"});
    let bulk = world
        .low
        .owner
        .post(&world.low.path("/users/bulk"), users)
        .await;
    assert_eq!(bulk.expect(200)["items"][0]["problem"]["code"], "not_found");
    let user = world.mid.owner.get(&world.mid.user_path(&theirs, "")).await;
    assert_eq!(user.expect(200)["state"], "active");
}

#[tokio::test]
async fn c2_only_the_owner_asks_for_its_verification() {
    let world = World::new().await;
    let path = world.mid.path("/verification");
    let owner = world.mid.owner.post(&path, json!({})).await.expect(200);
    assert_eq!(owner, json!({"state": "verified"}));
    world
        .admin
        .post(&path, json!({}))
        .await
        .expect_problem(403, "not_allowed");
}

#[tokio::test]
async fn d3_who_may_not_own_does_not_rename() {
    let world = World::new().await;
    let name = json!({"name": "  The middle  "});
    let refused = world.admin.patch(&world.mid.path(""), name.clone()).await;
    refused.expect_problem(403, "not_allowed");
    let renamed = world.mid.owner.patch(&world.mid.path(""), name).await;
    assert_eq!(renamed.expect(200)["name"], "The middle");
    let blank = json!({"name": "   "});
    let blank = world.mid.owner.patch(&world.mid.path(""), blank).await;
    assert_eq!(
        blank.expect_fields(&["name"])["code"],
        Value::from("invalid")
    );
}
