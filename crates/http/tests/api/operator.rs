//! `/v1/operator/…` and `GET /v1/prices`.

use serde_json::{Value, json};

use crate::harness::World;

fn prices() -> Value {
    json!({"EUR": {"domain_user": 1, "business": 2, "business_pro": 3, "seat_license": 4}})
}

#[tokio::test]
async fn g1_price_books_are_versioned_by_date() {
    let world = World::new().await;
    let later = json!({"from": "2027-02-01T00:00:00+01:00", "prices": prices()});
    let book = world
        .operator
        .put("/v1/operator/prices", later)
        .await
        .expect(200);
    assert_eq!(
        (&book["version"], &book["from"]),
        (&json!(2), &json!("2027-01-31T23:00:00Z"))
    );
    let now = world.anonymous().get("/v1/prices").await.expect(200);
    assert_eq!(now["version"], 1);
    world.server.store.advance(30 * 24 * 3600);
    let then = world.anonymous().get("/v1/prices").await.expect(200);
    assert_eq!(then["prices"], prices());
}

#[tokio::test]
async fn g1_a_price_book_is_refused_whole() {
    let world = World::new().await;
    let put = |body: Value| world.operator.put("/v1/operator/prices", body);
    let past = json!({"from": "2027-01-01T00:00:00Z", "prices": prices()});
    put(past).await.expect_fields(&["from"]);
    put(json!({"prices": {}})).await.expect_fields(&["prices"]);
    let mut wrong = prices();
    wrong["EUR"]["business"] = json!(-1);
    wrong["euro"] = prices()["EUR"].clone();
    wrong["USD"] = json!({"domain_user": 1.5});
    put(json!({ "prices": wrong })).await.expect_fields(&[
        "prices.EUR.business",
        "prices.USD.domain_user",
        "prices.USD.business",
        "prices.USD.business_pro",
        "prices.USD.seat_license",
        "prices.euro",
    ]);
    let dollars = json!({"USD": prices()["EUR"]});
    put(json!({ "prices": dollars }))
        .await
        .expect_fields(&["prices"]);
}

#[tokio::test]
async fn g7_an_identity_is_decided_once() {
    let world = World::new().await;
    let (operator, person) = (&world.operator, &world.outsider);
    let me = person.get("/v1/me").await.expect(200);
    let account = me["account"].as_str().expect("an id");
    let path = format!("/v1/operator/verifications/{account}");
    let approve = json!({"decision": "approve"});
    let early = operator.post(&path, approve.clone()).await;
    early.expect_problem(409, "wrong_state");

    person
        .post("/v1/me/verification", json!({}))
        .await
        .expect(200);
    let waiting = operator.get("/v1/operator/verifications").await.expect(200);
    assert_eq!(waiting["items"][0]["account"], account);
    let reject = json!({"decision": "reject"});
    operator
        .post(&path, reject)
        .await
        .expect_fields(&["reason"]);
    let reject = json!({"decision": "reject", "reason": "not readable"});
    let decided = operator.post(&path, reject).await.expect(200);
    assert_eq!(decided["identity"], "failed");
    let me = person.get("/v1/me").await.expect(200);
    assert_eq!(me["identity_note"], "not readable");

    person
        .post("/v1/me/verification", json!({}))
        .await
        .expect(200);
    operator.post(&path, approve).await.expect(200);
    let unknown = "/v1/operator/verifications/acc_00000000000000000000000000000000";
    let unknown = operator.post(unknown, json!({"decision": "approve"})).await;
    unknown.expect_problem(404, "not_found");
}

#[tokio::test]
async fn root_domains_are_listed_page_by_page() {
    let world = World::new().await;
    let domain = json!({"name": "Second", "prefix": "second"});
    world.outsider.post("/v1/domains", domain).await.expect(201);
    let first = world
        .operator
        .get("/v1/operator/domains?limit=1")
        .await
        .expect(200);
    assert_eq!(first["items"][0]["name"], "top");
    assert_eq!(first["items"][0]["ordered"]["domain_user"], 20);
    let cursor = first["next_cursor"].as_str().expect("another page");
    let path = format!("/v1/operator/domains?limit=1&cursor={cursor}");
    let second = world.operator.get(&path).await.expect(200);
    assert_eq!(second["items"][0]["name"], "Second");
    assert_eq!(second["next_cursor"], Value::Null);
    let foreign = world.operator.get("/v1/operator/domains?cursor=eHg").await;
    foreign.expect_fields(&["cursor"]);
}

#[tokio::test]
async fn d3_who_does_not_run_the_server_does_not_set_prices() {
    let world = World::new().await;
    let body = json!({ "prices": prices() });
    let refused = world.top.owner.put("/v1/operator/prices", body).await;
    refused.expect_problem(403, "not_allowed");
}
