//! Notices cross processes: an admin logs someone out at one process, and the device that
//! follows its session at the other is told. Neither process looks into the journal by itself
//! before an hour is over, so what is told was told by the other.

use crate::harness::world::PASSWORD;
use crate::harness::{Place, Server, World};
use serde_json::json;

#[test]
fn e7_a_device_is_told_by_the_process_at_which_nobody_logged_it_out() {
    let place = Place::postgres();
    let [one, other] = [(); 2].map(|()| Server::start_with(&place, &["--look-seconds", "3600"]));
    let world = World::new(&place, &one);
    world.order(&json!({ "domain_user": 1, "seat_license": 1 }));
    let pools = world.owner.get(&world.path("/pools")).expect(200);
    let pool = pools["items"][0]["id"].as_str().expect("the default pool");
    let user = json!({
        "email": "ann@example.com", "name": "ann", "add": true, "password": PASSWORD,
        "pool": pool,
    });
    world.owner.post(&world.path("/users"), &user).expect(201);
    let ann = other.client().logged_in("ann@example.com", PASSWORD);
    let lead = world.at(&other).owner;
    let mut desk = lead.follow(&world.path(&format!("/pools/{pool}/events")));
    desk.next("pool");

    let device = json!({ "device": { "id": "desk-1", "name": "Desk 1" } });
    for _ in 0..20 {
        let session = ann.at(one.url()).post("/v1/sessions", &device).expect(201);
        let told = desk.next("session_started");
        let id = session["session"]["id"].as_str().expect("an id");
        assert_eq!(told["session"]["id"], id, "{told}");
        let token = session["token"].as_str().expect("a token");
        let own = ann.with_token(token);
        let mut notices = own.follow(&format!("/v1/sessions/{id}/events"));
        notices.next("session");
        let out = world.path(&format!("/sessions/{id}/log-out"));
        world.owner.post(&out, &json!({})).expect(200);
        let ended = notices.next("logged_out")["ended"].clone();
        assert_eq!(ended["reason"], "logged_out");
        desk.next("session_ended");
    }
}
