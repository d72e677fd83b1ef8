//! Writes: done once under a key (rule I3), and what failures look like.

use axum::http::Method;
use serde_json::json;
use usher_store::memory::Fault;

use crate::harness::{Client, World};

fn keyed(client: &Client, key: &str) -> Client {
    client.with("idempotency-key", key)
}

#[tokio::test]
async fn i3_the_same_key_and_body_are_done_once_and_answered_alike() {
    let world = World::new().await;
    let (mid, owner) = (&world.mid, keyed(&world.mid.owner, "k-1"));
    let user = json!({"email": "once@example.com", "add": true});
    let first = owner
        .post(&mid.path("/users"), user.clone())
        .await
        .expect(201);
    let second = owner.post(&mid.path("/users"), user).await.expect(201);
    assert_eq!(first, second);
    let users = mid
        .owner
        .get(&mid.path("/users?search=once"))
        .await
        .expect(200);
    assert_eq!(users["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn i3_the_same_key_with_another_body_is_refused() {
    let world = World::new().await;
    let (mid, owner) = (&world.mid, keyed(&world.mid.owner, "k-1"));
    let user = |email: &str| json!({"email": email, "add": true});
    let path = mid.path("/users");
    owner.post(&path, user("one@example.com")).await.expect(201);
    let other = owner.post(&path, user("two@example.com")).await;
    other.expect_problem(422, "idempotency_mismatch");
    // The key is the caller's and the route's.
    keyed(&world.admin, "k-1")
        .post(&path, user("two@example.com"))
        .await
        .expect(201);
    owner
        .patch(&mid.path(""), json!({"name": "Mid"}))
        .await
        .expect(200);
}

#[tokio::test]
async fn i3_a_dry_run_is_another_request_than_the_real_thing() {
    let world = World::new().await;
    let (mid, owner) = (&world.mid, keyed(&world.mid.owner, "k-1"));
    let csv = json!({"csv": "email\nrow@example.com\n"});
    let path = mid.path("/users/import");
    let tried = owner
        .post(&format!("{path}?dry_run=true"), csv.clone())
        .await;
    tried.expect(200);
    let done = owner.post(&path, csv).await.expect(200);
    assert!(done["rows"][0]["user"].is_string());
}

#[tokio::test]
async fn i3_a_refusal_is_answered_alike_too() {
    let world = World::new().await;
    let (low, owner) = (&world.low, keyed(&world.low.owner, "k-1"));
    low.order(json!({"domain_user": 0})).await.expect(200);
    let user = json!({"email": "one@example.com", "add": true});
    let refused = owner.post(&low.path("/users"), user.clone()).await;
    refused.expect_problem(409, "no_seat_available");
    low.order(json!({"domain_user": 1})).await.expect(200);
    let again = owner.post(&low.path("/users"), user).await;
    again.expect_problem(409, "no_seat_available");
}

#[tokio::test]
async fn i3_a_replayed_token_is_a_fresh_one_and_the_first_is_void() {
    let world = World::new().await;
    let owner = keyed(&world.top.owner, "k-1");
    let wanted = json!({"name": "a program"});
    let first = owner
        .post("/v1/me/tokens", wanted.clone())
        .await
        .expect(201);
    let second = owner.post("/v1/me/tokens", wanted).await.expect(201);
    assert_eq!(first["id"], second["id"]);
    assert_ne!(first["token"], second["token"]);
    let with = |token: &serde_json::Value| world.server.client(token.as_str());
    let void = with(&first["token"]).get("/v1/me").await;
    void.expect_problem(401, "not_signed_in");
    with(&second["token"]).get("/v1/me").await.expect(200);
}

#[tokio::test]
async fn i3_a_server_error_is_not_kept() {
    let world = World::new().await;
    let (mid, owner) = (&world.mid, keyed(&world.mid.owner, "k-1"));
    let user = json!({"email": "retried@example.com", "add": true});
    world.server.store.fail_next(Fault::Unavailable);
    let failed = owner.post(&mid.path("/users"), user.clone()).await;
    assert_eq!(failed.header("retry-after"), Some("2"));
    failed.expect_problem(503, "unavailable");
    owner.post(&mid.path("/users"), user).await.expect(201);
}

#[tokio::test]
async fn i3_an_unknown_outcome_is_cleared_up_by_the_key() {
    let world = World::new().await;
    let (mid, owner) = (&world.mid, keyed(&world.mid.owner, "k-1"));
    for (fault, email) in [
        (Fault::UnknownAndDone, "done@example.com"),
        (Fault::UnknownAndLost, "lost@example.com"),
    ] {
        let owner = keyed(&owner, email);
        let user = json!({"email": email, "add": true});
        let before = owner.headers.len();
        let owner = Client {
            headers: owner.headers[before - 1..].to_vec(),
            ..owner
        };
        world.server.store.fail_next(fault);
        let unknown = owner.post(&mid.path("/users"), user.clone()).await;
        // The app may have looked the outcome up by itself.
        assert!(matches!(unknown.status, 201 | 503), "{}", unknown.text);
        owner.post(&mid.path("/users"), user).await.expect(201);
        let path = mid.path(&format!("/users?search={email}"));
        let users = mid.owner.get(&path).await.expect(200);
        assert_eq!(users["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_conflict_with_another_process_is_tried_again_here() {
    let world = World::new().await;
    world.server.store.fail_next(Fault::Conflict);
    let name = json!({"name": "Mid"});
    world
        .mid
        .owner
        .patch(&world.mid.path(""), name)
        .await
        .expect(200);
}

#[tokio::test]
async fn j1_the_request_id_comes_back_and_stands_in_the_journal() {
    let world = World::new().await;
    let id = "0190a0b0-c0d0-7000-8000-00000000abcd";
    let owner = world.mid.owner.with("x-request-id", id);
    let name = json!({"name": "Renamed"});
    let answer = owner.patch(&world.mid.path(""), name).await;
    assert_eq!(answer.header("x-request-id"), Some(id));
    answer.expect(200);
    let reader = owner.with("accept", "application/json");
    let journal = reader
        .get(&world.mid.path("/events?limit=200"))
        .await
        .expect(200);
    let last = journal["items"].as_array().expect("items").last().cloned();
    assert_eq!(last.expect("a line")["request"], id);

    let own = world.mid.owner.with("x-request-id", "not a uuid");
    let answer = own.get("/v1/me").await;
    let given = answer.header("x-request-id").expect("an id");
    assert!(given.len() == 36 && given != "not a uuid", "{given}");
}

#[tokio::test]
async fn i2_a_write_with_no_body_at_all_is_one_without_fields() {
    let world = World::new().await;
    let me = world
        .outsider
        .send(Method::POST, "/v1/me/verification", None)
        .await;
    me.expect(200);
    let nothing = world.outsider.send(Method::POST, "/v1/domains", None).await;
    nothing.expect_fields(&["name", "prefix"]);
}
