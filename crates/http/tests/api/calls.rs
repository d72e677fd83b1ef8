//! What devices report of calls (section F), and that what a device does is done once under a
//! key (rule I3).

use serde_json::{Value, json};

use crate::harness::desk::{call, journal};
use crate::harness::{Client, World};

#[tokio::test]
async fn f1_one_call_at_a_time_and_reports_may_come_twice_or_late() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    for _ in 0..2 {
        let seen = phone.reports(&call(1), "ringing").await.expect(200);
        assert_eq!(seen["call"]["id"], call(1));
    }
    let second = phone.reports(&call(2), "ringing").await;
    let problem = second.expect_problem(409, "call_in_progress");
    assert_eq!(problem["call"], call(1));
    phone.reports(&call(1), "ended").await.expect(200);
    let late = phone.reports(&call(1), "ringing").await.expect(200);
    assert_eq!(late["call"], Value::Null);
    // The end alone is heard of: a late beginning doesn't bring it back.
    phone.reports(&call(3), "ended").await.expect(200);
    let late = phone.reports(&call(3), "answered").await.expect(200);
    assert_eq!(late["call"], Value::Null);
    // Another user's call is not one's own to report.
    let desk = mid.sharer(server, "bob", &pool).await.enters("desk").await;
    desk.reports(&call(1), "ended")
        .await
        .expect_problem(409, "taken");
}

#[tokio::test]
async fn f1_one_live_call_has_one_id_whoever_reports_it() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let bob = mid.sharer(server, "bob", &pool).await.enters("desk").await;
    phone.reports(&call(1), "ringing").await.expect(200);
    let refused = bob.reports(&call(1), "ringing").await;
    let problem = refused.expect_problem(409, "taken");
    assert_eq!(problem["errors"][0]["field"], "call");
    // Of two at the same moment one is first.
    phone.reports(&call(1), "ended").await.expect(200);
    let id = call(2);
    let at_once = tokio::join!(phone.reports(&id, "ringing"), bob.reports(&id, "ringing"));
    let mut statuses = [at_once.0.status, at_once.1.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn f1_a_heartbeat_that_names_no_call_ends_a_forgotten_one() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    phone.reports(&call(1), "answered").await.expect(200);
    let same = phone.beats(Some(&call(1))).await.expect(200);
    assert_eq!(same["call"]["id"], call(1));
    let none = phone.beats(None).await.expect(200);
    assert_eq!(none["call"], Value::Null);
    let (kind, data) = &journal(mid).await[0];
    assert_eq!(
        (kind.as_str(), &data["why"]),
        ("call_ended", &json!("forgotten"))
    );
}

fn keyed(client: &Client, key: &str) -> Client {
    client.with("idempotency-key", key)
}

#[tokio::test]
async fn i3_a_log_in_asked_twice_is_one_session_with_a_fresh_token() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let mut ann = mid.sharer(server, "ann", &pool).await;
    ann.client = keyed(&ann.client, "k-1");
    let first = ann.asks("phone", false).await.expect(201);
    let second = ann.asks("phone", false).await.expect(201);
    assert_eq!(first["session"]["id"], second["session"]["id"]);
    ann.seated(&first)
        .sees()
        .await
        .expect_problem(401, "not_signed_in");
    ann.seated(&second).sees().await.expect(200);
    let lines = async |kind: &str| {
        let lines = journal(mid).await.into_iter();
        lines.filter(|line| line.0 == kind).count()
    };
    assert_eq!(lines("session_started").await, 1);
    // Each fresh token is told (rule J1).
    assert_eq!(lines("session_renewed").await, 1);
    let (_, renewed) = &journal(mid).await[0];
    assert_eq!(renewed["session"], first["session"]["id"]);
    assert_eq!(renewed["user"], ann.user["id"]);
    // A session that was resumed is answered so again.
    ann.client = keyed(&ann.client, "k-2");
    ann.client.headers.remove(0);
    ann.asks("phone", false).await.expect(200);
    ann.asks("phone", false).await.expect(200);
    assert_eq!(lines("session_renewed").await, 3);
    assert_eq!(lines("session_started").await, 1);
}

#[tokio::test]
async fn i3_a_refused_log_in_asked_twice_is_recorded_once() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let mut bob = mid.sharer(server, "bob", &pool).await;
    bob.client = keyed(&bob.client, "k-1");
    for _ in 0..2 {
        let refused = bob.asks("desk", false).await;
        refused.expect_problem(409, "no_seat_available");
    }
    let refused = journal(mid).await.into_iter();
    assert_eq!(refused.filter(|line| line.0 == "log_in_refused").count(), 1);
}

#[tokio::test]
async fn i3_what_a_device_does_under_a_key_is_done_once() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let mut phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    phone.client = keyed(&phone.client, "k-1");
    let first = phone.reports(&call(1), "ringing").await.expect(200);
    server.store.advance(20);
    let second = phone.reports(&call(1), "ringing").await.expect(200);
    assert_eq!(first, second);
    let other = phone.reports(&call(1), "answered").await;
    other.expect_problem(422, "idempotency_mismatch");
    for _ in 0..2 {
        phone.leaves().await.expect(204);
    }
}
