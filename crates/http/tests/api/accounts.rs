//! Getting in: `/v1/accounts`, `/v1/login`, `/v1/logout`, `/v1/password-resets`.

use serde_json::{Value, json};

use crate::harness::world::Server;
use crate::harness::{Answer, Client, World};

const EMAIL: &str = "ann@example.com";
const PASSWORD: &str = "correct horse battery";

fn ann() -> Value {
    json!({"email": EMAIL, "password": PASSWORD, "name": "Ann"})
}

async fn log_in(client: &Client, password: &str) -> Answer {
    let body = json!({"email": EMAIL, "password": password});
    client.post("/v1/login", body).await
}

/// Signed up, not logged in.
async fn signed_up() -> (Server, Client) {
    let server = Server::new();
    let client = server.client(None);
    client.post("/v1/accounts", ann()).await.expect(201);
    (server, client)
}

#[tokio::test]
async fn d1_without_a_prefix_the_account_is_ones_own() {
    let (server, client) = signed_up().await;
    let log_in = log_in(&client, PASSWORD).await.expect(200);
    let me = server.client(log_in["token"].as_str()).get("/v1/me").await;
    let me = me.expect(200);
    assert_eq!(me["account"], log_in["account"]);
    assert_eq!(
        (&me["plan"], &me["domain"]),
        (&json!("personal"), &Value::Null)
    );
}

#[tokio::test]
async fn d1_with_an_invitation_and_the_prefix_one_signs_up_and_joins() {
    let world = World::new().await;
    let mid = &world.mid;
    let invited = mid
        .owner
        .post(&mid.path("/users"), json!({"email": EMAIL}))
        .await;
    let invited = invited.expect(201);
    let client = world.anonymous();
    let mut body = ann();
    body["domain_prefix"] = json!("mid");
    let alone = client.post("/v1/accounts", body.clone()).await;
    alone.expect_fields(&["invitation"]);
    body["invitation"] = json!(world.server.mailed(EMAIL).await);
    client.post("/v1/accounts", body).await.expect(201);
    let user = mid
        .owner
        .get(&mid.user_path(&invited, ""))
        .await
        .expect(200);
    assert_eq!(user["state"], "active");
}

#[tokio::test]
async fn i1_signing_up_does_not_tell_whether_there_is_an_account() {
    let (_, client) = signed_up().await;
    let again = client.post("/v1/accounts", ann()).await;
    assert_eq!(again.expect(201), json!({"email": EMAIL, "name": "Ann"}));
}

#[tokio::test]
async fn i1_wrong_credentials_do_not_tell_what_is_wrong() {
    let (server, client) = signed_up().await;
    let wrong = log_in(&client, "another password").await;
    assert!(wrong.header("www-authenticate").is_some());
    let wrong = wrong.expect_problem(401, "wrong_credentials");
    let unknown = log_in(&Server::new().client(None), PASSWORD).await;
    assert_eq!(unknown.expect_problem(401, "wrong_credentials"), wrong);
    drop(server);
}

#[tokio::test]
async fn i1_wrong_attempts_are_slowed_down() {
    let (_, client) = signed_up().await;
    let mut answer = log_in(&client, "another password").await;
    for _ in 0..10 {
        if answer.status == 429 {
            break;
        }
        answer = log_in(&client, "another password").await;
    }
    let seconds = answer.header("retry-after").map(str::to_owned);
    let problem = answer.expect_problem(429, "too_many_attempts");
    assert_eq!(seconds, Some(problem["retry_after_seconds"].to_string()));
    // Not even the right one is looked at now.
    log_in(&client, PASSWORD)
        .await
        .expect_problem(429, "too_many_attempts");
}

#[tokio::test]
async fn i1_the_panels_cookie_signs_in_and_writes_from_the_same_site_only() {
    let (server, client) = signed_up().await;
    let body = json!({"email": EMAIL, "password": PASSWORD, "cookie": true});
    let log_in = client.post("/v1/login", body).await;
    let cookie = log_in.header("set-cookie").expect("a cookie").to_owned();
    assert!(
        cookie.contains("HttpOnly; SameSite=Lax; Secure"),
        "{cookie}"
    );
    assert_eq!(log_in.expect(200)["token"], Value::Null);
    let pair = cookie.split(';').next().expect("a pair");
    let panel = server.client(None).with("cookie", pair);
    panel.get("/v1/me").await.expect(200);

    let name = json!({"name": "Ann Other"});
    let elsewhere = panel.with("sec-fetch-site", "cross-site");
    for stranger in [&panel, &elsewhere] {
        let answer = stranger.patch("/v1/me", name.clone()).await;
        answer.expect_problem(403, "cross_origin");
    }
    let here = panel.with("origin", "https://seats.example.com");
    here.patch("/v1/me", name).await.expect(200);

    let out = here.post("/v1/logout", json!({})).await;
    assert!(
        out.header("set-cookie")
            .expect("a cookie")
            .contains("Max-Age=0")
    );
    out.expect(204);
    panel
        .get("/v1/me")
        .await
        .expect_problem(401, "not_signed_in");
}

#[tokio::test]
async fn i4_a_log_out_ends_the_token() {
    let server = Server::new();
    let ann = server.someone(EMAIL).await;
    ann.post("/v1/logout", json!({})).await.expect(204);
    ann.get("/v1/me").await.expect_problem(401, "not_signed_in");
}

#[tokio::test]
async fn i4_a_mailed_token_sets_a_new_password_once() {
    let (server, client) = signed_up().await;
    let who = json!({"email": EMAIL});
    client.post("/v1/password-resets", who).await.expect(202);
    let path = format!("/v1/password-resets/{}", server.mailed(EMAIL).await);
    let new = json!({"password": "another pass phrase"});
    client.post(&path, new.clone()).await.expect(204);
    log_in(&client, "another pass phrase").await.expect(200);
    client
        .post(&path, new)
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn i4_asking_for_a_new_password_does_not_tell_whether_there_is_an_account() {
    let (_, client) = signed_up().await;
    let known = client
        .post("/v1/password-resets", json!({"email": EMAIL}))
        .await;
    let unknown = json!({"email": "nobody@example.com"});
    let unknown = client.post("/v1/password-resets", unknown).await;
    assert_eq!(known.expect(202), unknown.expect(202));
}
