//! Trusted proxies (rules E12, F1): credentials, what they ask, what they report.

use serde_json::{Value, json};

use crate::harness::desk::{call, journal};
use crate::harness::{Answer, Client, World};

const PROXIES: &str = "/v1/operator/proxies";

/// A proxy, by a credential of its own.
struct Proxy {
    client: Client,
    id: String,
}

async fn issued(world: &World) -> Proxy {
    let name = json!({"name": "sip-1"});
    let issued = world.operator.post(PROXIES, name).await.expect(201);
    Proxy {
        client: world.server.client(issued["token"].as_str()),
        id: issued["proxy"]["id"].as_str().expect("an id").to_owned(),
    }
}

impl Proxy {
    async fn checks(&self, email: &str) -> Value {
        let path = format!("/v1/proxy/check?email={email}");
        self.client.get(&path).await.expect(200)
    }

    async fn reports(&self, n: u32, report: Value) -> Answer {
        let path = format!("/v1/proxy/calls/{}", call(n));
        self.client.put(&path, report).await
    }

    async fn registers(&self, report: Value) -> Answer {
        self.client.put("/v1/proxy/registrations", report).await
    }
}

fn of_ann(phase: &str) -> Value {
    json!({"email": "ann@example.com", "phase": phase})
}

#[tokio::test]
async fn f1_an_operator_issues_and_revokes_what_is_good_for_nothing_else() {
    let world = World::new().await;
    let proxy = issued(&world).await;
    let listed = world.operator.get(PROXIES).await.expect(200);
    assert_eq!(listed["items"][0]["id"], proxy.id);
    assert_eq!(listed["items"][0]["name"], "sip-1");
    // It stands for the proxy, not for the operator, whose own list doesn't show it.
    for path in ["/v1/me", "/v1/operator/domains", PROXIES] {
        proxy
            .client
            .get(path)
            .await
            .expect_problem(401, "not_signed_in");
    }
    let own = world.operator.get("/v1/me/tokens").await.expect(200);
    let own = own["items"].as_array().expect("items").clone();
    assert!(own.iter().all(|token| token["id"] != proxy.id));
    let path = format!("/v1/me/tokens/{}", proxy.id);
    let not_here = world.operator.delete(&path).await;
    not_here.expect_problem(404, "not_found");

    let check = "/v1/proxy/check?email=nobody@example.com";
    proxy
        .client
        .get(check)
        .await
        .expect_problem(404, "not_found");
    let path = format!("{PROXIES}/{}", proxy.id);
    world.operator.delete(&path).await.expect(204);
    proxy
        .client
        .get(check)
        .await
        .expect_problem(401, "not_signed_in");
    world
        .operator
        .delete(&path)
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn i3_a_credential_asked_for_twice_is_one_and_fresh() {
    let world = World::new().await;
    let operator = world.operator.with("idempotency-key", "one");
    let name = json!({"name": "sip-1"});
    let first = operator.post(PROXIES, name.clone()).await.expect(201);
    let second = operator.post(PROXIES, name).await.expect(201);
    assert_eq!(first["proxy"], second["proxy"]);
    let check = "/v1/proxy/check?email=owner-mid@example.com";
    let by = |answer: &Value| world.server.client(answer["token"].as_str());
    by(&first)
        .get(check)
        .await
        .expect_problem(401, "not_signed_in");
    assert_ne!(by(&second).get(check).await.status, 401);
}

#[tokio::test]
async fn e12_a_shared_user_gets_nothing_live_without_a_session() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let proxy = issued(&world).await;
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let seen = proxy.checks("ann@example.com").await;
    assert_eq!(
        (&seen["live"], &seen["sessions"]),
        (&json!(false), &json!([]))
    );
    let why = &seen["entitlements"]["features"]["proxy"]["reason"];
    assert_eq!(why, "not_logged_in");
    let phone = ann.enters("phone").await;
    let seen = proxy.checks("Ann@Example.com").await;
    assert_eq!(
        (&seen["live"], &seen["user"]),
        (&json!(true), &ann.user["id"])
    );
    assert_eq!(seen["sessions"][0]["id"], phone.session["id"]);
    assert_eq!(seen["sessions"][0]["device"]["id"], "phone");
    // A suspended user does nothing.
    let path = mid.user_path(&ann.user, "/suspend");
    mid.owner.post(&path, json!({})).await.expect(200);
    let seen = proxy.checks("ann@example.com").await;
    assert_eq!(
        (&seen["live"], &seen["sessions"]),
        (&json!(false), &json!([]))
    );
    // One of no domain goes by the own plan.
    server.someone("someone@example.com").await;
    let seen = proxy.checks("someone@example.com").await;
    assert_eq!(
        (&seen["live"], &seen["domain"]),
        (&json!(true), &Value::Null)
    );
    let both = "/v1/proxy/check";
    proxy.client.get(both).await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn f1_what_a_proxy_reports_of_calls_is_the_devices_own_report() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let proxy = issued(&world).await;
    let pool = mid.default_pool(2).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let early = proxy.reports(1, of_ann("ringing")).await;
    early.expect_problem(404, "not_found");
    let phone = ann.enters("phone").await;
    for _ in 0..2 {
        let said = proxy.reports(1, of_ann("ringing")).await.expect(200);
        assert_eq!(said["session"]["call"]["id"], call(1));
    }
    proxy.reports(1, of_ann("answered")).await.expect(200);
    // The device speaks of the same call.
    let seen = phone.sees().await.expect(200);
    assert_ne!(seen["call"]["answered_at"], Value::Null);
    let second = proxy.reports(2, of_ann("ringing")).await;
    second.expect_problem(409, "call_in_progress");
    proxy.reports(1, of_ann("ended")).await.expect(200);
    // The user's, whoever reports.
    let (kind, _) = &journal(mid).await[0];
    assert_eq!(kind, "call_ended");
    // Late and repeated: nothing comes back, even once the session is over.
    for phase in ["ended", "ringing", "answered"] {
        let late = proxy.reports(1, of_ann(phase)).await.expect(200);
        assert_eq!(late["session"]["call"], Value::Null);
    }
    phone.leaves().await.expect(204);
    let late = proxy.reports(1, of_ann("ended")).await.expect(200);
    assert_eq!(late["session"], Value::Null);
    // Somebody else's call is not Bob's.
    mid.sharer(server, "bob", &pool).await.enters("desk").await;
    let bob = json!({"email": "bob@example.com", "phase": "ended"});
    proxy.reports(1, bob).await.expect_problem(409, "taken");
}

#[tokio::test]
async fn f1_of_a_user_on_several_devices_a_proxy_says_which() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let proxy = issued(&world).await;
    let user = mid.user("ann", json!({})).await;
    let ann = mid.person(server, user).await;
    let phone = ann.enters("phone").await;
    ann.enters("desk").await;
    let which = proxy.reports(1, of_ann("ringing")).await;
    which.expect_problem(422, "invalid");
    let mut report = of_ann("ringing");
    report["device"] = json!("phone");
    let said = proxy.reports(1, report).await.expect(200);
    assert_eq!(said["session"]["id"], phone.session["id"]);
    // From then on the call says it.
    proxy.reports(1, of_ann("answered")).await.expect(200);
    let elsewhere = json!({"email": "ann@example.com", "device": "tablet"});
    proxy
        .registers(elsewhere)
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn e8_a_registration_that_a_proxy_reports_keeps_a_device_present() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let proxy = issued(&world).await;
    let pool = mid.default_pool(1).await;
    mid.change_pool(&pool, json!({"silence_seconds": 40}))
        .await
        .expect(200);
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    phone.reports(&call(1), "answered").await.expect(200);
    for _ in 0..3 {
        server.store.advance(30);
        let here = json!({"account": ann.user["account"]});
        let said = proxy.registers(here).await.expect(200);
        // It says nothing of calls, so it ends none.
        assert_eq!(said["session"]["call"]["id"], call(1));
    }
    server.store.advance(41);
    let gone = json!({"email": "ann@example.com"});
    proxy.registers(gone).await.expect_problem(404, "not_found");
    let ended = phone.sees().await.expect_problem(410, "session_ended");
    assert_eq!(ended["ended"]["reason"], "silent");
}
