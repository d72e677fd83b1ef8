//! `/v1/sandbox/…`.

use serde_json::json;
use usher_http::HttpOptions;
use usher_store::memory::MemoryStore;

use crate::harness::world::{START, Server};

#[tokio::test]
async fn the_clock_moves_forward_and_what_waits_for_time_happens() {
    let client = Server::new().client(None);
    let now = client.get("/v1/sandbox/clock").await.expect(200);
    assert_eq!(now["now"], "2027-01-15T08:00:00Z");
    let moved = client
        .post("/v1/sandbox/clock", json!({"advance_seconds": 90}))
        .await;
    assert_eq!(moved.expect(200)["now"], "2027-01-15T08:01:30Z");
    let to = json!({"now": "2027-02-01T00:00:00Z"});
    let moved = client.post("/v1/sandbox/clock", to).await;
    assert_eq!(moved.expect(200)["now"], "2027-02-01T00:00:00Z");
}

#[tokio::test]
async fn the_clock_does_not_go_back() {
    let client = Server::new().client(None);
    let post = |body| client.post("/v1/sandbox/clock", body);
    post(json!({"now": "2027-01-01T00:00:00Z"}))
        .await
        .expect_fields(&["now"]);
    post(json!({"now": "9999-01-01T00:00:00Z"}))
        .await
        .expect_fields(&["now"]);
    post(json!({"advance_seconds": -1}))
        .await
        .expect_fields(&["advance_seconds"]);
    post(json!({})).await.expect_fields(&[""]);
    let both = json!({"now": "2027-02-01T00:00:00Z", "advance_seconds": 1});
    post(both).await.expect_fields(&[""]);
}

#[tokio::test]
async fn outside_a_sandbox_there_is_none() {
    let server = Server::with(MemoryStore::new(START), HttpOptions::default());
    let client = server.client(None);
    let answer = client.get("/v1/sandbox/clock").await;
    assert_eq!(answer.header("usher-sandbox"), None);
    answer.expect_problem(404, "not_found");
    let moved = client
        .post("/v1/sandbox/clock", json!({"advance_seconds": 1}))
        .await;
    moved.expect_problem(404, "not_found");
    client
        .get("/v1/sandbox/mail")
        .await
        .expect_problem(404, "not_found");
}
