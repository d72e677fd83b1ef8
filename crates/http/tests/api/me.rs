//! The caller's own account: `/v1/me…`, `/.well-known/jwks.json`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::harness::World;
use crate::harness::world::Server;

#[tokio::test]
async fn i1_without_a_token_nobody_is_signed_in() {
    let server = Server::new();
    let answer = server.client(None).get("/v1/me").await;
    assert_eq!(
        answer.header("www-authenticate"),
        Some("Bearer realm=\"usher\"")
    );
    answer.expect_problem(401, "not_signed_in");
    let unknown = server.client(Some("ses_unknown")).get("/v1/me").await;
    unknown.expect_problem(401, "not_signed_in");
}

#[tokio::test]
async fn i1_a_token_ends_with_its_time() {
    let server = Server::new();
    let ann = server.someone("ann@example.com").await;
    server.store.advance(3601);
    ann.get("/v1/me").await.expect_problem(401, "not_signed_in");
}

#[tokio::test]
async fn i1_a_token_that_may_only_read_changes_nothing() {
    let server = Server::new();
    let ann = server.someone("ann@example.com").await;
    let me = ann.get("/v1/me").await.expect(200);
    let account = me["account"].as_str().expect("an id").parse();
    let reader = server.enter(account.expect("an id"), true).await;
    assert_eq!(reader.get("/v1/me").await.expect(200)["read_only"], true);
    let plan = reader.put("/v1/me/plan", json!({"plan": "business"})).await;
    plan.expect_problem(403, "not_allowed");
}

#[tokio::test]
async fn i1_tokens_are_made_listed_used_and_ended() {
    let server = Server::new();
    let ann = server.someone("ann@example.com").await;
    let wanted = json!({"name": "a program", "read_only": true, "expires_in_seconds": 60});
    let made = ann.post("/v1/me/tokens", wanted).await.expect(201);
    let program = server.client(made["token"].as_str());
    program.get("/v1/me").await.expect(200);

    let first = ann.get("/v1/me/tokens?limit=1").await.expect(200);
    let cursor = first["next_cursor"].as_str().expect("another page");
    let path = format!("/v1/me/tokens?limit=1&cursor={cursor}");
    let second = ann.get(&path).await.expect(200);
    assert_eq!(second["next_cursor"], Value::Null);
    let listed = [&first["items"][0], &second["items"][0]];
    assert!(listed.iter().any(|token| token["id"] == made["id"]));
    assert!(listed.iter().any(|token| token["current"] == true));
    let foreign = ann.get("/v1/me/tokens?cursor=x").await;
    foreign.expect_fields(&["cursor"]);

    let id = made["id"].as_str().expect("an id");
    let path = format!("/v1/me/tokens/{id}");
    ann.delete(&path).await.expect(204);
    program
        .get("/v1/me")
        .await
        .expect_problem(401, "not_signed_in");
    ann.delete(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn c2_a_managed_account_has_no_plan_of_its_own() {
    let world = World::new().await;
    let plan = world
        .member
        .put("/v1/me/plan", json!({"plan": "business"}))
        .await;
    plan.expect_problem(409, "wrong_state");
}

#[tokio::test]
async fn d3_the_permission_over_the_own_account_counts() {
    let world = World::new().await;
    let user = world.mid.user("bound", json!({"permissions": []})).await;
    let bound = world.server.enter_as(&user).await;
    let renamed = bound.patch("/v1/me", json!({"name": "Free"})).await;
    renamed.expect_problem(403, "not_allowed");
    let token = bound
        .post("/v1/me/tokens", json!({"name": "a program"}))
        .await;
    token.expect_problem(403, "not_allowed");
}

#[tokio::test]
async fn a7_a_suspended_user_can_do_nothing() {
    let world = World::new().await;
    let user = world.mid.user("gone", json!({})).await;
    let gone = world.server.enter_as(&user).await;
    gone.get("/v1/me").await.expect(200);
    let path = world.mid.user_path(&user, "/suspend");
    world.mid.owner.post(&path, json!({})).await.expect(200);
    // Its tokens may have ended as well: either way it is kept out.
    let kept_out = gone.get("/v1/me").await;
    assert!(matches!(kept_out.status, 401 | 403), "{}", kept_out.text);
}

#[tokio::test]
async fn b1_me_shows_the_seat_what_is_owned_and_the_entitlements() {
    let world = World::new().await;
    let me = world.mid.owner.get("/v1/me").await.expect(200);
    assert_eq!(me["plan"], Value::Null);
    assert_eq!(me["domain"]["prefix"], "top");
    assert_eq!(me["user"]["license"]["tier"], "business");
    assert_eq!(me["owns"]["id"], world.mid.id);
    assert_eq!(me["owns"]["standing"]["state"], "good");
    assert_eq!(me["identity"], "verified");
    let features = &me["entitlements"]["features"];
    assert_eq!(features["call_history"]["allowed"], true);
    assert_eq!(features["assistant"]["reason"], "tier");
    assert_eq!(features["assistant"]["needs"], "business_pro");
}

#[tokio::test]
async fn b5_signed_entitlements_name_a_key_that_is_shown() {
    let world = World::new().await;
    let signed = world
        .member
        .get("/v1/me/entitlement-token")
        .await
        .expect(200);
    let token = signed["token"].as_str().expect("a token");
    let parts: Vec<Value> = token
        .split('.')
        .take(2)
        .map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url"))
        .map(|json| serde_json::from_slice(&json).expect("JSON"))
        .collect();
    let keys = world.anonymous().get("/.well-known/jwks.json").await;
    assert_eq!(keys.header("cache-control"), Some("public, max-age=60"));
    let keys = keys.expect(200);
    let shown = keys["keys"].as_array().expect("keys");
    assert!(shown.iter().any(|key| key["kid"] == parts[0]["kid"]));
    assert_eq!(parts[1]["tier"], "base");
}

#[tokio::test]
async fn i4_the_second_factor_needs_a_code_to_count() {
    let server = Server::new();
    let ann = server.someone("ann@example.com").await;
    let early = ann.put("/v1/me/totp", json!({"code": "123456"})).await;
    early.expect_problem(409, "wrong_state");
    let begun = ann.post("/v1/me/totp", json!({})).await.expect(201);
    assert!(
        begun["url"]
            .as_str()
            .expect("a url")
            .starts_with("otpauth://totp/")
    );
    assert_eq!(ann.get("/v1/me").await.expect(200)["second_factor"], false);
    let form = ann.put("/v1/me/totp", json!({"code": "12345"})).await;
    form.expect_fields(&["code"]);
}

#[tokio::test]
async fn i4_the_present_password_is_asked_for() {
    let server = Server::new();
    let ann = server.someone("ann@example.com").await;
    let change = json!({"current": "not the present one", "new": "another pass phrase"});
    let change = ann.put("/v1/me/password", change).await;
    change.expect_problem(401, "wrong_credentials");
}

#[tokio::test]
async fn g7_verification_is_asked_for_once() {
    let server = Server::new();
    let ann = server.someone("ann@example.com").await;
    for _ in 0..2 {
        let asked = ann.post("/v1/me/verification", json!({})).await;
        assert_eq!(asked.expect(200)["state"], "pending");
    }
}
