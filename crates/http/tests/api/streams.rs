//! What devices, leads and those who wait are told, live (rules E7, E8, E11, E13).

use serde_json::{Value, json};

use crate::harness::world::Domain;
use crate::harness::{Reader, World};
use crate::help_desk::device;

/// A pool of so many seats, with settings.
async fn pool(world: &World, seats: u32, settings: Value) -> String {
    let mid = &world.mid;
    mid.order(json!({"seat_license": seats})).await.expect(200);
    let pool = mid.first_pool().await;
    let path = mid.pool_path(&pool, "");
    mid.owner.patch(&path, settings).await.expect(200);
    pool
}

impl Domain {
    fn device_stream(&self, logged_in: &Value) -> String {
        self.session_path(logged_in, "/events")
    }
}

#[tokio::test]
async fn e7_the_device_is_told_at_once_by_whom_and_why() {
    let world = World::new().await;
    let (server, mid) = (&world.server, &world.mid);
    let pool = pool(&world, 1, json!({})).await;
    let ann = mid.seated("ann", &pool).await;
    let seat = mid.log_in(server, &ann, "Desk 1").await.expect(201);
    let own = device(server, &seat);
    let mut told = Reader::open(&own, &mid.device_stream(&seat)).await;
    let out = mid.session_path(&seat, "/log-out");
    world.admin.post(&out, json!({})).await.expect(200);
    let (_, kind, line) = told.next().await.expect("a notice");
    let admin = world.admin.get("/v1/me").await.expect(200);
    assert_eq!(kind, "session_ended");
    assert_eq!(line["data"]["reason"], "logged_out");
    assert_eq!(line["data"]["by"], admin["account"]);
    assert_eq!(told.next().await, None, "the stream has ended");
    // A device that was away is told when it comes back.
    let late = own.get(&mid.device_stream(&seat)).await;
    let late = late.expect_problem(410, "session_ended");
    assert_eq!(late["ended"]["by"], admin["account"]);
}

#[tokio::test]
async fn e13_a_device_hears_of_its_log_off_before_it_and_of_nobody_elses() {
    let world = World::new().await;
    let (server, mid) = (&world.server, &world.mid);
    let settings = json!({
        "log_off_seconds": 600, "notice_seconds": 60, "silence_seconds": null,
    });
    let pool = pool(&world, 2, settings).await;
    let ann = mid.seated("ann", &pool).await;
    let bob = mid.seated("bob", &pool).await;
    let anns = mid.log_in(server, &ann, "Desk 1").await.expect(201);
    let mut told = Reader::open(&device(server, &anns), &mid.device_stream(&anns)).await;
    let bobs = mid.log_in(server, &bob, "Desk 2").await.expect(201);
    device(server, &bobs)
        .delete(&mid.session_path(&bobs, ""))
        .await
        .expect(204);
    let longer = json!({"notice_seconds": 120});
    let path = mid.pool_path(&pool, "");
    mid.owner.patch(&path, longer).await.expect(200);
    server.store.advance(480);
    server.app.sweep().await.expect("a sweep");
    server.store.advance(120);
    server.app.sweep().await.expect("a sweep");
    let mut kinds = Vec::new();
    let mut seen = 0;
    while let Some((id, kind, _)) = told.next().await {
        seen = id;
        kinds.push(kind);
    }
    assert_eq!(kinds, ["pool_changed", "log_off_near", "session_ended"]);
    assert!(seen > 0);
}

#[tokio::test]
async fn e11_the_lead_sees_the_pool_live_and_who_was_refused() {
    let world = World::new().await;
    let (server, mid) = (&world.server, &world.mid);
    let pool = pool(&world, 1, json!({})).await;
    let ann = mid.seated("ann", &pool).await;
    let bob = mid.seated("bob", &pool).await;
    let seat = mid.log_in(server, &ann, "Desk 1").await.expect(201);
    let path = mid.pool_path(&pool, "/events");
    let mut lead = Reader::open(&world.support, &path).await;
    let (_, kind, first) = lead.next().await.expect("the pool");
    assert_eq!(
        (kind.as_str(), &first["pool"]["occupied"]),
        ("pool", &json!(1))
    );
    let (_, kind, second) = lead.next().await.expect("its session");
    assert_eq!(
        (kind.as_str(), &second["session"]["name"]),
        ("session", &json!("ann"))
    );

    mid.log_in(server, &bob, "Desk 2")
        .await
        .expect_problem(409, "no_seat_available");
    let (_, kind, refused) = lead.next().await.expect("a refusal");
    assert_eq!(kind, "log_in_refused");
    assert_eq!(refused["line"]["data"]["user"], bob["id"]);
    let own = device(server, &seat);
    let call = mid.session_path(&seat, "/calls/cal_00000000000000000000000000000001");
    own.put(&call, json!({"phase": "ringing"}))
        .await
        .expect(200);
    let (id, kind, ringing) = lead.next().await.expect("a call");
    assert_eq!(kind, "call_started");
    assert_eq!(ringing["session"]["call"]["direction"], "made");
    own.delete(&mid.session_path(&seat, "")).await.expect(204);
    let (_, kind, _) = lead.next().await.expect("its end");
    assert_eq!(kind, "call_ended");
    let (_, kind, over) = lead.next().await.expect("the end");
    assert_eq!(
        (kind.as_str(), &over["pool"]["occupied"]),
        ("session_ended", &json!(0))
    );
    assert_eq!(over["session"], Value::Null);

    // Who comes back goes on where it was; of a session that ended meanwhile, that it did.
    let resumed = world.support.with("last-event-id", &id.to_string());
    let mut lead = Reader::open(&resumed, &path).await;
    let (_, kind, _) = lead.next().await.expect("the next line");
    assert_eq!(kind, "session_ended");
}

#[tokio::test]
async fn e13_who_waits_is_told_of_the_offer() {
    let world = World::new().await;
    let (server, mid) = (&world.server, &world.mid);
    let pool = pool(&world, 1, json!({"waiting_list": true})).await;
    let ann = mid.seated("ann", &pool).await;
    let bob = mid.seated("bob", &pool).await;
    let cyd = mid.seated("cyd", &pool).await;
    let seat = mid.log_in(server, &ann, "Desk 1").await.expect(201);
    let as_bob = server.enter_as(&bob).await;
    let waiting = mid.user_path(&bob, "/waiting");
    let place = as_bob.put(&waiting, json!({})).await.expect(200);
    assert_eq!(place["place"]["offered_until"], Value::Null);
    let mut told = Reader::open(&as_bob, &format!("{waiting}/events")).await;
    let own = device(server, &seat);
    own.delete(&mid.session_path(&seat, "")).await.expect(204);
    let (_, kind, line) = told.next().await.expect("an offer");
    assert_eq!(
        (kind.as_str(), &line["data"]["user"]),
        ("offer_made", &bob["id"])
    );
    // The offered seat is occupied: newcomers queue behind.
    mid.log_in(server, &cyd, "Desk 3")
        .await
        .expect_problem(409, "no_seat_available");
    mid.log_in(server, &bob, "Desk 2").await.expect(201);
}
