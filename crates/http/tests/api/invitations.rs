//! `/v1/invitations/{token}…`: joining (rule D1).

use serde_json::{Value, json};

use crate::harness::{Client, World};

const GUEST: &str = "guest@example.com";
const DAY: i64 = 24 * 3600;

/// Invites someone; gives the user and the invitation's path.
async fn invite(world: &World, email: &str) -> (Value, String) {
    let mid = &world.mid;
    let user = mid
        .owner
        .post(&mid.path("/users"), json!({ "email": email }))
        .await;
    let path = format!("/v1/invitations/{}", world.server.mailed(email).await);
    (user.expect(201), path)
}

fn acceptance() -> Value {
    json!({
        "email": GUEST, "domain_prefix": "mid", "name": "Guest",
        "password": "correct horse battery",
    })
}

async fn accept(client: &Client, path: &str, body: Value) -> crate::harness::Answer {
    client.post(&format!("{path}/accept"), body).await
}

#[tokio::test]
async fn d1_joining_needs_the_token_the_address_and_the_prefix() {
    let world = World::new().await;
    let (user, path) = invite(&world, GUEST).await;
    let guest = world.anonymous();
    let shown = guest.get(&path).await.expect(200);
    assert_eq!(shown["domain_name"], "mid");
    assert_eq!(shown["expires_at"], user["invitation_expires_at"]);

    for (field, value) in [("domain_prefix", "top"), ("email", "other@example.com")] {
        let mut wrong = acceptance();
        wrong[field] = json!(value);
        accept(&guest, &path, wrong).await.expect_fields(&[field]);
    }
    let joined = accept(&guest, &path, acceptance()).await.expect(200);
    assert_eq!(
        (&joined["state"], &joined["id"]),
        (&json!("active"), &user["id"])
    );
    let again = accept(&guest, &path, acceptance()).await;
    again.expect_problem(409, "wrong_state");
    guest.get(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn d1_an_unknown_token_is_no_invitation() {
    let world = World::new().await;
    let guest = world.anonymous();
    let unknown = "/v1/invitations/inv_unknown";
    guest.get(unknown).await.expect_problem(404, "not_found");
    accept(&guest, unknown, acceptance())
        .await
        .expect_problem(404, "not_found");
    let declined = guest.post(&format!("{unknown}/decline"), json!({})).await;
    declined.expect_problem(404, "not_found");
}

#[tokio::test]
async fn d1_an_invitation_lapses_after_seven_days_and_can_be_sent_again() {
    let world = World::new().await;
    let (user, path) = invite(&world, GUEST).await;
    let owner = world.mid.owner.get("/v1/me").await.expect(200);
    world.server.store.advance(7 * DAY);
    let guest = world.anonymous();
    guest.get(&path).await.expect_problem(404, "not_found");
    let late = accept(&guest, &path, acceptance()).await;
    late.expect_problem(409, "wrong_state");

    let account = owner["account"].as_str().expect("an id").parse();
    let owner = world.server.enter(account.expect("an id"), false).await;
    let expired = owner.get(&world.mid.user_path(&user, "")).await.expect(200);
    assert_eq!(expired["state"], "expired");
    let resend = world.mid.user_path(&user, "/resend");
    owner.post(&resend, json!({})).await.expect(200);
    accept(&guest, &path, acceptance())
        .await
        .expect_problem(404, "not_found");
    let path = format!("/v1/invitations/{}", world.server.mailed(GUEST).await);
    accept(&guest, &path, acceptance()).await.expect(200);
}

#[tokio::test]
async fn a2_a_declined_invitation_is_over() {
    let world = World::new().await;
    let (user, path) = invite(&world, GUEST).await;
    let guest = world.anonymous();
    let decline = format!("{path}/decline");
    guest.post(&decline, json!({})).await.expect(204);
    let declined = world.mid.owner.get(&world.mid.user_path(&user, "")).await;
    assert_eq!(declined.expect(200)["state"], "declined");
    let again = guest.post(&decline, json!({})).await;
    again.expect_problem(409, "wrong_state");
}

#[tokio::test]
async fn d1_an_account_of_ones_own_joins_signed_in() {
    let world = World::new().await;
    let (_, path) = invite(&world, "outsider@example.com").await;
    let body = json!({"email": "outsider@example.com", "domain_prefix": "mid"});
    let nobody = accept(&world.anonymous(), &path, body.clone()).await;
    nobody.expect_problem(401, "not_signed_in");
    let mut new = acceptance();
    new["email"] = body["email"].clone();
    let known = accept(&world.anonymous(), &path, new).await;
    known.expect_problem(409, "wrong_state");
    let other = accept(&world.top.owner, &path, body.clone()).await;
    other.expect_fields(&["email"]);
    let mut nameless = body.clone();
    nameless["name"] = json!("Out");
    let nameless = accept(&world.outsider, &path, nameless).await;
    nameless.expect_fields(&["password"]);
    accept(&world.outsider, &path, body).await.expect(200);
    let me = world.outsider.get("/v1/me").await.expect(200);
    assert_eq!(me["domain"]["id"], world.mid.id);
}

#[tokio::test]
async fn d1_who_owns_a_domain_does_not_join_another() {
    let world = World::new().await;
    let email = "top-owner@example.com";
    let (_, path) = invite(&world, email).await;
    let body = json!({"email": email, "domain_prefix": "mid"});
    let refused = accept(&world.top.owner, &path, body).await;
    refused.expect_problem(409, "owns_a_domain");
}

#[tokio::test]
async fn d1_who_is_managed_already_does_not_join() {
    let world = World::new().await;
    let email = "low-user@example.com";
    let user = world.low.user("low-user", json!({})).await;
    let user = world.server.enter_as(&user).await;
    let (_, path) = invite(&world, email).await;
    let body = json!({"email": email, "domain_prefix": "mid"});
    accept(&user, &path, body)
        .await
        .expect_problem(409, "wrong_state");
}
