//! The demo's help desk lives: whoever watches its first line sees in time all that happens at
//! one.

use crate::harness::server::assert_check_is_clean;
use crate::harness::{Place, Server};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What there is to see; of an end of a session, its reason.
const TO_SEE: [&str; 9] = [
    "session_started",
    "log_in_refused",
    "call_started by guest",
    "call_started by user",
    "call_answered",
    "call_ended",
    "logged_off",
    "automatic_log_off",
    "logged_out",
];

#[test]
fn e11_the_demo_shows_a_help_desk_that_lives() {
    let place = Place::sqlite();
    let demo = Server::start_demo(&place);
    let owner = demo
        .client()
        .logged_in("customer@example.com", "demo-password");
    let me = owner.get("/v1/me").expect(200);
    let domain = format!("/v1/domains/{}", me["owns"]["id"].as_str().expect("an id"));
    let pools = owner.get(&format!("{domain}/pools")).expect(200);
    let names = pools["items"].as_array().expect("pools").iter();
    let names: Vec<&Value> = names.map(|pool| &pool["name"]).collect();
    assert_eq!(names, ["First line", "Second line"]);
    let first = pools["items"][0]["id"].as_str().expect("an id");

    let mut missing = BTreeSet::from(TO_SEE);
    let mut desk = owner.follow(&format!("{domain}/pools/{first}/events"));
    while !missing.is_empty() {
        let (kind, data) = desk.any();
        let occupied = data["pool"]["occupied"].as_u64();
        assert!(occupied.is_none_or(|occupied| occupied <= 2), "{data}");
        let seen = match kind.as_str() {
            "session_ended" => data["ended"]["reason"].as_str().expect("why").to_owned(),
            "call_started" => match data["session"]["call"]["by_link"] == true {
                true => "call_started by guest".to_owned(),
                false => "call_started by user".to_owned(),
            },
            _ => kind,
        };
        missing.remove(seen.as_str());
        if missing.iter().eq(["automatic_log_off"].iter()) {
            // All that is left is who does nothing for long. Time can be moved.
            let minute = json!({ "advance_seconds": 60 });
            demo.client().post("/v1/sandbox/clock", &minute).expect(200);
        }
    }
    assert!(demo.asked_to_stop().success());
    assert_check_is_clean(&place);
}
