//! `…/sessions…`: logging in to a seat, what a device says, logging out.

use serde_json::{Value, json};
use usher_store::memory::Fault;

use crate::harness::World;
use crate::harness::desk::{call, journal};
use crate::harness::world::Server;

#[tokio::test]
async fn e4_a_log_in_takes_a_seat_and_with_none_free_it_is_refused_and_recorded() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let bob = mid.sharer(server, "bob", &pool).await;
    let phone = ann.enters("phone").await;
    assert_eq!(mid.pool(&pool).await["occupied"], 1);
    let refused = bob.asks("desk", false).await;
    let problem = refused.expect_problem(409, "no_seat_available");
    assert_eq!(
        (&problem["kind"], &problem["pool"]),
        (&json!("seat_license"), &pool["id"])
    );
    let (kind, data) = &journal(mid).await[0];
    assert_eq!(kind, "log_in_refused");
    assert_eq!(
        (&data["user"], &data["pool"]),
        (&bob.user["id"], &pool["id"])
    );
    phone.leaves().await.expect(204);
    bob.enters("desk").await;
}

#[tokio::test]
async fn e4_of_many_who_ask_together_as_many_get_in_as_there_are_seats() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    let mut people = Vec::new();
    for n in 0..6 {
        people.push(mid.sharer(server, &format!("sharer-{n}"), &pool).await);
    }
    let all = people.iter().map(|person| person.asks("phone", false));
    let answers = futures::future::join_all(all).await;
    let count = |status| answers.iter().filter(|a| a.status == status).count();
    assert_eq!((count(201), count(409)), (2, 4));
    assert_eq!(mid.pool(&pool).await["occupied"], 2);
    assert_eq!(mid.seated(&pool).await.len(), 2);
}

#[tokio::test]
async fn e5_a_second_device_is_refused_unless_it_takes_over() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    let refused = ann.asks("laptop", false).await;
    let problem = refused.expect_problem(409, "session_elsewhere");
    assert_eq!(problem["device"], "The phone");
    phone.sees().await.expect(200);

    phone.reports(&call(1), "answered").await.expect(200);
    let taken = ann.asks("laptop", true).await.expect(201);
    let laptop = ann.seated(&taken);
    // The call ended with the old session.
    assert_eq!(taken["session"]["call"], Value::Null);
    let told = phone.sees().await.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["reason"], "taken_over");
    assert_eq!(told["ended"]["by"], ann.user["account"]);
    let kinds: Vec<String> = journal(mid).await.into_iter().map(|line| line.0).collect();
    assert_eq!(
        kinds[..3],
        ["session_started", "session_ended", "call_ended"]
    );
    laptop.sees().await.expect(200);
    assert_eq!(mid.pool(&pool).await["occupied"], 1);
}

#[tokio::test]
async fn e5_the_same_device_gets_its_session_back_with_a_new_token() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let clock = json!({"log_off_seconds": 600});
    mid.change_pool(&pool, clock).await.expect(200);
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    server.store.advance(100);
    let again = ann.asks("phone", false).await.expect(200);
    assert_eq!(again["session"]["id"], phone.session["id"]);
    // The clock is unmoved, the former token is void.
    assert_eq!(again["session"]["log_off_at"], phone.session["log_off_at"]);
    phone.sees().await.expect_problem(401, "not_signed_in");
    ann.seated(&again).sees().await.expect(200);
}

#[tokio::test]
async fn e5_a_named_user_may_be_on_several_devices() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let ann = mid.user("ann", json!({})).await;
    let ann = mid.person(server, ann).await;
    let phone = ann.enters("phone").await;
    let laptop = ann.enters("laptop").await;
    for device in [&phone, &laptop] {
        let session = device.sees().await.expect(200);
        assert_eq!(session["pool"], Value::Null);
        assert_eq!(session["log_off_at"], Value::Null);
    }
    let own = ann.client.get(&ann.path("/sessions")).await.expect(200);
    let support = world.support.get(&ann.path("/sessions")).await.expect(200);
    assert_eq!(own, support);
    let devices: Vec<&Value> = own["items"].as_array().expect("items").iter().collect();
    assert_eq!(devices[0]["device"]["name"], "The phone");
    assert_eq!(devices[1]["device"]["name"], "The laptop");
    world
        .member
        .get(&ann.path("/sessions"))
        .await
        .expect_problem(403, "not_allowed");
}

#[tokio::test]
async fn e6_the_clock_runs_from_log_in_and_nothing_but_a_call_moves_it() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let clock = json!({"log_off_seconds": 600, "silence_seconds": null});
    mid.change_pool(&pool, clock).await.expect(200);
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    let at = phone.session["log_off_at"].clone();
    assert_eq!(at, "2027-01-15T08:10:00Z");
    server.store.advance(500);
    assert_eq!(phone.beats(None).await.expect(200)["log_off_at"], at);
    assert_eq!(phone.sees().await.expect(200)["log_off_at"], at);
    // It stands still in a call, and starts anew when the call ends.
    let ringing = phone.reports(&call(1), "ringing").await.expect(200);
    assert_eq!(ringing["log_off_at"], Value::Null);
    server.store.advance(3600);
    phone.reports(&call(1), "answered").await.expect(200);
    server.store.advance(3600);
    let ended = phone.reports(&call(1), "ended").await.expect(200);
    assert_eq!(ended["log_off_at"], "2027-01-15T10:18:20Z");
    server.store.advance(599);
    phone.sees().await.expect(200);
    server.store.advance(1);
    let told = phone.sees().await.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["reason"], "automatic_log_off");
    assert_eq!(told["ended"]["at"], "2027-01-15T10:18:20Z");
    assert_eq!(told["ended"]["by"], Value::Null);
}

#[tokio::test]
async fn e6_a_shorter_time_counts_from_the_change() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let clock = json!({"log_off_seconds": 3600, "silence_seconds": null});
    mid.change_pool(&pool, clock).await.expect(200);
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    server.store.advance(1800);
    let shorter = json!({"log_off_seconds": 60});
    mid.change_pool(&pool, shorter).await.expect(200);
    let session = phone.sees().await.expect(200);
    assert_eq!(session["log_off_at"], "2027-01-15T08:31:00Z");
}

#[tokio::test]
async fn e7_an_admin_logs_out_at_once_and_the_device_is_told() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    phone.reports(&call(1), "answered").await.expect(200);
    let log_out = format!("{}/log-out", phone.in_domain);
    world
        .member
        .post(&log_out, json!({}))
        .await
        .expect_problem(403, "not_allowed");
    let done = world.support.post(&log_out, json!({})).await.expect(200);
    assert_eq!(done["session"], Value::Null);
    assert_eq!(mid.pool(&pool).await["occupied"], 0);
    let support = world.support.get("/v1/me").await.expect(200);
    // Told a while later too, at every route of the device.
    server.store.advance(7 * 24 * 3600 - 1);
    for told in [
        phone.sees().await,
        phone.beats(None).await,
        phone.reports(&call(2), "ringing").await,
        phone.leaves().await,
        phone.client.get(&phone.path("/events")).await,
    ] {
        let told = told.expect_problem(410, "session_ended");
        assert_eq!(told["ended"]["reason"], "logged_out");
        assert_eq!(told["ended"]["by"], support["account"]);
        assert_eq!(told["ended"]["at"], "2027-01-15T08:00:00Z");
    }
    server.store.advance(1);
    phone.sees().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn e7_log_out_after_the_call() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    phone.reports(&call(1), "answered").await.expect(200);
    let later = json!({"after_call": true});
    let log_out = format!("{}/log-out", phone.in_domain);
    let waits = world.admin.post(&log_out, later.clone()).await.expect(200);
    assert_eq!(waits["session"]["log_out_after_call"], true);
    assert_eq!(
        phone.beats(Some(&call(1))).await.expect(200)["id"],
        phone.session["id"]
    );
    // The report of the end is taken, and answered with what came of it.
    let told = phone.reports(&call(1), "ended").await;
    let told = told.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["reason"], "logged_out");
    let kinds: Vec<String> = journal(mid).await.into_iter().map(|line| line.0).collect();
    assert_eq!(kinds[..2], ["session_ended", "call_ended"]);
    assert_eq!(mid.pool(&pool).await["occupied"], 0);

    // Without a call it is at once; and a call that the device forgot ends it as well.
    let phone = ann.enters("phone").await;
    let done = world
        .admin
        .post(&format!("{}/log-out", phone.in_domain), later.clone())
        .await;
    assert_eq!(done.expect(200)["session"], Value::Null);
    let phone = ann.enters("phone").await;
    phone.reports(&call(2), "answered").await.expect(200);
    world
        .admin
        .post(&format!("{}/log-out", phone.in_domain), later)
        .await
        .expect(200);
    phone.beats(None).await.expect_problem(410, "session_ended");
    assert_eq!(mid.pool(&pool).await["occupied"], 0);
}

#[tokio::test]
async fn e8_a_device_that_vanishes_gives_its_seat_back() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let bob = mid.sharer(server, "bob", &pool).await;
    let phone = ann.enters("phone").await;
    phone.reports(&call(1), "answered").await.expect(200);
    // A heartbeat keeps it, whatever the sweep does meanwhile.
    for _ in 0..3 {
        server.store.advance(299);
        server.app.sweep().await.expect("a sweep");
        phone.beats(Some(&call(1))).await.expect(200);
    }
    server.store.advance(299);
    bob.asks("desk", false)
        .await
        .expect_problem(409, "no_seat_available");
    server.store.advance(1);
    // Nobody swept: whoever asks finds the seat free.
    let seen = mid.seated(&pool).await;
    assert_eq!(seen, Vec::<Value>::new());
    bob.enters("desk").await;
    let told = phone.sees().await.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["reason"], "silent");
    // Its call ended with it (F3).
    let ended = journal(mid).await;
    assert!(ended.iter().any(|(kind, data)| {
        kind == "call_ended" && data["call"] == call(1) && data["why"] == "session_ended"
    }));
}

#[tokio::test]
async fn e8_presence_is_written_only_when_the_last_note_is_old() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let silent_at = phone.session["silent_at"].clone();
    server.store.advance(14);
    assert_eq!(phone.beats(None).await.expect(200)["silent_at"], silent_at);
    server.store.advance(1);
    let noted = phone.beats(None).await.expect(200);
    assert_eq!(noted["silent_at"], "2027-01-15T08:05:15Z");
    // No line of the journal comes of it.
    assert_eq!(journal(mid).await[0].0, "session_started");
}

#[tokio::test]
async fn e11_the_pool_shows_who_sits_there() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    let clock = json!({"log_off_seconds": 600, "silence_seconds": null});
    mid.change_pool(&pool, clock).await.expect(200);
    let ann = mid.sharer(server, "ann", &pool).await;
    let bob = mid.sharer(server, "bob", &pool).await;
    let phone = ann.enters("phone").await;
    server.store.advance(60);
    bob.enters("desk").await;
    phone.reports(&call(1), "ringing").await.expect(200);
    server.store.advance(5);
    phone.reports(&call(1), "answered").await.expect(200);
    let seated = mid.seated(&pool).await;
    assert_eq!(seated.len(), 2);
    assert_eq!(seated[0]["name"], "ann");
    assert_eq!(
        seated[0]["device"],
        json!({"id": "phone", "name": "The phone"})
    );
    assert_eq!(seated[0]["started_at"], "2027-01-15T08:00:00Z");
    assert_eq!(seated[0]["call"]["started_at"], "2027-01-15T08:01:00Z");
    assert_eq!(seated[0]["call"]["answered_at"], "2027-01-15T08:01:05Z");
    assert_eq!(seated[0]["log_off_at"], Value::Null);
    assert_eq!(seated[0]["waiting_for_guest"], false);
    assert_eq!(seated[1]["call"], Value::Null);
    assert_eq!(seated[1]["log_off_at"], "2027-01-15T08:11:00Z");
    // What time has ended is not shown, swept or not; the counts agree.
    server.store.advance(600);
    assert_eq!(mid.seated(&pool).await.len(), 1);
    let listed = mid.owner.get(&mid.path("/pools")).await.expect(200);
    assert_eq!(listed["items"][0]["occupied"], 1);
    assert_eq!(mid.pool(&pool).await["occupied"], 1);
}

#[tokio::test]
async fn i1_a_sessions_token_is_for_its_session_and_nothing_else() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    let desk = mid.sharer(server, "bob", &pool).await.enters("desk").await;
    phone
        .client
        .get("/v1/me")
        .await
        .expect_problem(401, "not_signed_in");
    phone
        .client
        .get(&desk.path(""))
        .await
        .expect_problem(401, "not_signed_in");
    let beat = phone.client.post(&desk.path("/heartbeat"), json!({})).await;
    beat.expect_problem(401, "not_signed_in");
    phone
        .client
        .delete(&desk.path(""))
        .await
        .expect_problem(401, "not_signed_in");
    // Nor is the account's token the device's.
    let beat = ann.client.post(&phone.path("/heartbeat"), json!({})).await;
    beat.expect_problem(404, "not_found");
    desk.sees().await.expect(200);
}

#[tokio::test]
async fn a7_a_suspended_users_session_ends_and_its_seat_is_free() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let phone = ann.enters("phone").await;
    let suspend = mid.user_path(&ann.user, "/suspend");
    mid.owner.post(&suspend, json!({})).await.expect(200);
    let told = phone.sees().await.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["reason"], "suspended");
    assert_eq!(mid.pool(&pool).await["occupied"], 0);
    ann.asks("phone", false)
        .await
        .expect_problem(403, "not_allowed");
}

#[tokio::test]
async fn e4_a_device_has_an_id_and_a_name() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let path = "/v1/sessions";
    let none = json!({"device": {"id": "", "name": "x".repeat(101)}});
    let refused = ann.client.post(path, none).await;
    refused.expect_fields(&["device.id", "device.name"]);
    let odd = json!({"device": {"id": "a\nb", "name": "Phone"}});
    let refused = ann.client.post(path, odd).await;
    refused.expect_fields(&["device.id"]);
    assert_eq!(mid.pool(&pool).await["occupied"], 0);
}

#[tokio::test]
async fn e6_what_time_brings_about_happens_once_however_many_processes_sweep() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(2).await;
    let settings = json!({
        "log_off_seconds": 600, "notice_seconds": 60, "silence_seconds": null,
        "waiting_list": true, "seats": 1,
    });
    mid.change_pool(&pool, settings).await.expect(200);
    let phone = mid.sharer(server, "ann", &pool).await.enters("phone").await;
    let bob = mid.sharer(server, "bob", &pool).await;
    let path = bob.path("/waiting");
    bob.client.put(&path, json!({})).await.expect(200);
    let before = journal(mid).await.len();
    // The notice, the log-off, the offer and its lapse are due, and three sweep at once.
    server.store.advance(1800);
    let others = [
        Server::on(server.store.clone()),
        Server::on(server.store.clone()),
    ];
    let sweeps = [&server.app, &others[0].app, &others[1].app];
    let sweeps = sweeps.map(usher_app::App::sweep);
    for swept in futures::future::join_all(sweeps).await {
        swept.expect("a sweep");
    }
    let mut lines = journal(mid).await;
    lines.truncate(lines.len() - before);
    let kinds: Vec<&str> = lines.iter().rev().map(|(kind, _)| kind.as_str()).collect();
    let expected = [
        "log_off_near",
        "session_ended",
        "offer_made",
        "offer_lapsed",
    ];
    assert_eq!(kinds, expected);
    // Each as of when it was due.
    assert_eq!(lines[1].1["until"], "2027-01-15T08:11:00Z");
    let told = phone.sees().await.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["at"], "2027-01-15T08:10:00Z");
    assert_eq!(mid.pool(&pool).await["occupied"], 0);
}

#[tokio::test]
async fn e4_two_processes_give_the_last_seat_once() {
    let world = World::new().await;
    let (mid, server) = (&world.mid, &world.server);
    let pool = mid.default_pool(1).await;
    let ann = mid.sharer(server, "ann", &pool).await;
    let mut bob = mid.sharer(server, "bob", &pool).await;
    bob.client.router = Server::on(server.store.clone()).router;
    let (one, other) = tokio::join!(ann.asks("phone", false), bob.asks("desk", false));
    let statuses = [one.status, other.status];
    assert!(
        statuses == [201, 409] || statuses == [409, 201],
        "{statuses:?}"
    );
    // And one that lost its version to another process is decided anew.
    let seated = if one.status == 201 {
        ann.seated(&one.body)
    } else {
        bob.seated(&other.body)
    };
    server.store.fail_next(Fault::Conflict);
    seated.leaves().await.expect(204);
    server.store.fail_next(Fault::Conflict);
    bob.enters("desk").await;
    assert_eq!(mid.pool(&pool).await["occupied"], 1);
}
