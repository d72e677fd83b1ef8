//! What is told live: to devices, to those who follow a pool, to who waits for a seat (rules
//! E7, E8, E11, E13).

use serde_json::{Value, json};
use tokio::sync::watch;
use usher_http::HttpOptions;
use usher_store::memory::MemoryStore;

use crate::harness::desk::{Seated, call};
use crate::harness::reader::Reader;
use crate::harness::world::{START, Server};
use crate::harness::{Client, World};

async fn follow(device: &Seated) -> Reader {
    Reader::open(&device.client, &device.path("/events")).await
}

#[tokio::test]
async fn e7_the_device_is_told_at_once_why_and_by_whom_and_the_stream_ends() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let mut reader = follow(&phone).await;
    let first = reader.expect("session").await;
    assert_eq!(first.data["session"]["id"], phone.session["id"]);
    let log_out = format!("{}/log-out", phone.in_domain);
    world.support.post(&log_out, json!({})).await.expect(200);
    let last = reader.expect("logged_out").await;
    assert_eq!(last.data["session"], Value::Null);
    assert_eq!(last.data["ended"]["reason"], "logged_out");
    assert_eq!(last.data["ended"]["by_name"], "support");
    assert_eq!(reader.event().await, None);
    let again = phone.client.get(&phone.path("/events")).await;
    again.expect_problem(410, "session_ended");
}

#[tokio::test]
async fn e5_the_first_device_is_told_of_the_take_over() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    let mut reader = follow(&phone).await;
    reader.expect("session").await;
    let taken = ann.asks("laptop", true).await.expect(201);
    let last = reader.expect("logged_out").await;
    assert_eq!(last.data["ended"]["reason"], "taken_over");
    assert_eq!(reader.event().await, None);
    let mut other = follow(&ann.seated(&taken)).await;
    other.expect("session").await;
}

#[tokio::test]
async fn e13_a_notice_before_the_log_off_and_then_the_log_off() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let clock = json!({"log_off_seconds": 600, "notice_seconds": 60, "silence_seconds": null});
    mid.change_pool(&pool, clock).await.expect(200);
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let mut reader = follow(&phone).await;
    reader.expect("session").await;
    server.store.advance(540);
    server.app.sweep().await.expect("a sweep");
    let near = reader.expect("log_off_near").await;
    assert_eq!(near.data["at"], "2027-01-15T08:09:00Z");
    assert_eq!(near.data["session"]["log_off_at"], "2027-01-15T08:10:00Z");
    server.store.advance(60);
    server.app.sweep().await.expect("a sweep");
    let last = reader.expect("logged_out").await;
    assert_eq!(last.data["ended"]["reason"], "automatic_log_off");
}

#[tokio::test]
async fn e9_a_device_is_told_of_its_pools_settings_and_of_calls_and_of_nobody_elses() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let bob = mid.sharer(server, "bob", &pool).await;
    let mut reader = follow(&phone).await;
    let first = reader.expect("session").await;
    assert_eq!(first.data["session"]["log_off_at"], Value::Null);
    bob.enters("desk")
        .await
        .reports(&call(9), "ringing")
        .await
        .expect(200);
    mid.change_pool(&pool, json!({"log_off_seconds": 600}))
        .await
        .expect(200);
    let changed = reader.expect("pool_changed").await;
    assert_eq!(
        changed.data["session"]["log_off_at"],
        "2027-01-15T08:10:00Z"
    );
    phone.reports(&call(1), "ringing").await.expect(200);
    let rings = reader.expect("call_started").await;
    assert_eq!(rings.data["session"]["call"]["id"], call(1));
    let later = json!({"after_call": true});
    world
        .admin
        .post(&format!("{}/log-out", phone.in_domain), later)
        .await
        .expect(200);
    let waits = reader.expect("log_out_after_call").await;
    assert_eq!(waits.data["session"]["log_out_after_call"], true);
}

#[tokio::test(start_paused = true)]
async fn e8_an_open_stream_keeps_the_device_present() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let desk = mid.sharer(server, "bob", &pool).await.enters("desk").await;
    let mut reader = follow(&phone).await;
    reader.expect("session").await;
    server.store.advance(200);
    // The feed notes presence by itself; half a minute of its time is enough.
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    server.store.advance(200);
    let seen = phone.sees().await.expect(200);
    assert_eq!(seen["silent_at"], "2027-01-15T08:08:20Z");
    let silent = desk.sees().await.expect_problem(410, "session_ended");
    assert_eq!(silent["ended"]["reason"], "silent");
    // Once it is closed, nothing keeps it.
    drop(reader);
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    server.store.advance(300);
    let silent = phone.sees().await.expect_problem(410, "session_ended");
    assert_eq!(silent["ended"]["reason"], "silent");
}

#[tokio::test(start_paused = true)]
async fn e5_a_stream_ends_once_its_token_is_void() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    let mut reader = follow(&phone).await;
    reader.expect("session").await;
    let again = ann.asks("phone", false).await.expect(200);
    assert_eq!(reader.event().await, None);
    let mut reader = follow(&ann.seated(&again)).await;
    reader.expect("session").await;
}

#[tokio::test(start_paused = true)]
async fn e7_a_device_is_told_of_what_another_process_did() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let mut reader = follow(&phone).await;
    reader.expect("session").await;
    let other = Server::on(server.store.clone());
    let elsewhere = Client {
        router: other.router,
        ..world.support.clone()
    };
    elsewhere
        .post(&format!("{}/log-out", phone.in_domain), json!({}))
        .await
        .expect(200);
    reader.expect("logged_out").await;
}

#[tokio::test]
async fn e11_a_pool_is_followed_live_refused_log_ins_too() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let other = json!({"name": "Other", "seats": 0});
    let other = mid.make_pool(other).await.expect(201);
    let ann = mid.sharer(server, "ann", &pool).await;
    let bob = mid.sharer(server, "bob", &pool).await;
    let cyd = mid.sharer(server, "cyd", &other).await;
    let phone = ann.enters("phone").await;
    let path = mid.pool_path(&pool, "/events");
    let mut reader = Reader::open(&world.support, &path).await;
    let first = reader.expect("pool").await;
    assert_eq!((&first.data["occupied"], first.id), (&json!(1), None));
    let sessions = reader.expect("sessions").await;
    assert_eq!(sessions.data["items"][0]["name"], "ann");
    assert!(sessions.id.is_some());

    // Another pool's affairs are not told.
    cyd.asks("desk", false)
        .await
        .expect_problem(409, "no_seat_available");
    bob.asks("desk", false)
        .await
        .expect_problem(409, "no_seat_available");
    let refused = reader.expect("log_in_refused").await;
    assert_eq!(
        (&refused.data["user"], &refused.data["name"]),
        (&bob.user["id"], &json!("bob"))
    );
    phone.reports(&call(1), "answered").await.expect(200);
    reader.expect("call_started").await;
    let answered = reader.expect("call_answered").await;
    assert_eq!(answered.data["session"]["call"]["id"], call(1));
    let last = answered.id.expect("an id");
    drop(reader);

    phone.leaves().await.expect(204);
    mid.change_pool(&pool, json!({"seats": 0}))
        .await
        .expect(200);
    let resumed = world.support.with("last-event-id", &last.to_string());
    let mut reader = Reader::open(&resumed, &path).await;
    let ended = reader.expect("call_ended").await;
    assert_eq!(ended.data["session_id"], phone.session["id"]);
    let ended = reader.expect("session_ended").await;
    assert_eq!(ended.data["ended"]["reason"], "logged_off");
    assert_eq!(ended.data["session"], Value::Null);
    assert_eq!(ended.data["pool"]["occupied"], 0);
    let changed = reader.expect("pool_changed").await;
    assert_eq!(changed.data["pool"]["seats"], 0);
    mid.change_pool(&pool, json!({"seats": 1}))
        .await
        .expect(200);
    let changed = reader.expect("pool_changed").await;
    assert_eq!(changed.data["pool"]["seats"], 1);
}

#[tokio::test]
async fn d3_who_may_no_longer_see_pools_follows_none() {
    let world = World::new().await;
    let mid = &world.mid;
    let pool = mid.default_pool(1).await;
    let path = mid.pool_path(&pool, "/events");
    let mut reader = Reader::open(&world.support, &path).await;
    reader.expect("pool").await;
    reader.expect("sessions").await;
    let listed = mid
        .owner
        .get(&mid.path("/users?role=support"))
        .await
        .expect(200);
    let support = mid.user_path(&listed["items"][0], "");
    mid.owner
        .patch(&support, json!({"role": "member"}))
        .await
        .expect(200);
    mid.change_pool(&pool, json!({"seats": 0}))
        .await
        .expect(200);
    assert_eq!(reader.event().await, None);
    world
        .support
        .get(&path)
        .await
        .expect_problem(403, "not_allowed");
    let wrong = mid.owner.with("last-event-id", "x").get(&path).await;
    wrong.expect_fields(&["Last-Event-ID"]);
}

#[tokio::test]
async fn e13_who_waits_is_told_of_the_offer() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    mid.change_pool(&pool, json!({"waiting_list": true}))
        .await
        .expect(200);
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let bob = mid.sharer(server, "bob", &pool).await;
    bob.client
        .put(&bob.path("/waiting"), json!({}))
        .await
        .expect(200);
    let mut reader = Reader::open(&bob.client, &bob.path("/waiting/events")).await;
    reader.expect("waiting").await;
    phone.leaves().await.expect(204);
    let offered = reader.expect("seat_offered").await;
    assert_eq!(
        offered.data["place"]["offered_until"],
        "2027-01-15T08:01:00Z"
    );
    bob.enters("desk").await;
    let last = reader.expect("no_longer_waiting").await;
    assert_eq!(last.data["place"], Value::Null);
    assert_eq!(reader.event().await, None);
}

#[tokio::test]
async fn j2_streams_of_the_front_desk_end_when_the_server_stops() {
    let (stop, stopping) = watch::channel(false);
    let options = HttpOptions {
        stopping,
        sandbox: true,
        ..HttpOptions::default()
    };
    let world = World::on(Server::with(MemoryStore::sandbox(START), options)).await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let mut reader = follow(&phone).await;
    reader.expect("session").await;
    stop.send(true).expect("the server listens");
    assert_eq!(reader.event().await, None);
}
