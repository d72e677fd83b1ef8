//! The second article's story: a help desk of three shares two seats. On PostgreSQL through
//! three processes, each request at another one.

use crate::harness::server::assert_check_is_clean;
use crate::harness::world::PASSWORD;
use crate::harness::{Answer, Client, Place, Server, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::cell::Cell;

const CALL: &str = "cal_00000000000000000000000000000001";

#[test]
fn e4_three_share_two_seats_on_sqlite() {
    let place = Place::sqlite();
    let servers = vec![Server::start(&place)];
    the_story(&place, servers);
}

#[test]
fn e4_three_share_two_seats_on_postgresql_each_request_at_another_process() {
    let place = Place::postgres();
    let servers = (0..3).map(|_| Server::start(&place)).collect();
    the_story(&place, servers);
}

/// The processes, of which each request takes the next.
struct Desk {
    servers: Vec<Server>,
    turn: Cell<usize>,
    world: World,
    pool: String,
}

/// Someone of the desk.
struct Agent {
    account: Client,
    device: &'static str,
}

/// Someone's seat, as its device holds it.
struct Seat {
    path: String,
    /// Where a lead finds it.
    in_domain: String,
    device: Client,
}

impl Desk {
    fn ask(&self, who: &Client, method: &Method, path: &str, body: &Value) -> Answer {
        let turn = self.turn.get();
        self.turn.set(turn + 1);
        let server = &self.servers[turn % self.servers.len()];
        let body = Some(body).filter(|body| !body.is_null());
        let answer = who.at(server.url()).send(method, path, body, None);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    fn owner(&self, method: &Method, path: &str, body: &Value) -> Answer {
        self.ask(&self.world.owner, method, path, body)
    }

    fn agent(&self, name: &str, device: &'static str) -> Agent {
        let email = format!("{name}@example.com");
        let user = json!({ "email": email, "name": name, "add": true, "password": PASSWORD });
        let path = self.world.path("/users");
        let user = self.owner(&Method::POST, &path, &user).expect(201);
        let user = user["id"].as_str().expect("an id").to_owned();
        let license = json!({ "model": "shared", "pool": self.pool });
        let path = self.world.license_path(&user);
        self.owner(&Method::PUT, &path, &license).expect(200);
        Agent {
            account: self.servers[0].client().logged_in(&email, PASSWORD),
            device,
        }
    }

    fn log_in(&self, agent: &Agent) -> Answer {
        let body = json!({ "device": { "id": agent.device, "name": agent.device } });
        self.ask(&agent.account, &Method::POST, "/v1/sessions", &body)
    }

    fn seat(&self, agent: &Agent) -> Seat {
        let answer = self.log_in(agent).expect(201);
        let id = answer["session"]["id"].as_str().expect("an id");
        Seat {
            path: format!("/v1/sessions/{id}"),
            in_domain: self.world.path(&format!("/sessions/{id}")),
            device: agent
                .account
                .with_token(answer["token"].as_str().expect("a token")),
        }
    }

    fn is_refused(&self, agent: &Agent) {
        let refused = self.log_in(agent).expect_refusal(409, "no_seat_available");
        assert_eq!(refused["pool"], self.pool);
    }

    fn report(&self, seat: &Seat, phase: &str) {
        let path = format!("{}/calls/{CALL}", seat.path);
        let report = json!({ "phase": phase });
        let said = self.ask(&seat.device, &Method::PATCH, &path, &report);
        said.expect(200);
    }

    fn heartbeat(&self, seat: &Seat, call: Value) {
        let path = format!("{}/heartbeat", seat.path);
        let said = self.ask(&seat.device, &Method::POST, &path, &json!({ "call": call }));
        said.expect(200);
    }

    fn why_ended(&self, seat: &Seat) -> Value {
        let told = self.ask(&seat.device, &Method::GET, &seat.path, &Value::Null);
        told.expect_refusal(410, "session_ended")["ended"].clone()
    }

    fn minutes_pass(&self, minutes: i64) {
        let clock = json!({ "advance_seconds": minutes * 60 });
        self.owner(&Method::POST, "/v1/sandbox/clock", &clock)
            .expect(200);
    }

    fn occupied(&self) -> Value {
        let path = self.world.path(&format!("/pools/{}", self.pool));
        self.owner(&Method::GET, &path, &Value::Null).expect(200)["occupied"].clone()
    }
}

fn the_story(place: &Place, servers: Vec<Server>) {
    let world = World::new(place, &servers[0]);
    world.order(&json!({ "domain_user": 3, "seat_license": 2 }));
    let pools = world.owner.get(&world.path("/pools")).expect(200);
    let pool = pools["items"][0]["id"].as_str().expect("the default pool");
    let desk = Desk {
        pool: pool.to_owned(),
        turn: Cell::new(0),
        servers,
        world,
    };
    let path = desk.world.path(&format!("/pools/{pool}"));
    let quarter = json!({ "log_off_seconds": 900, "silence_seconds": 3600 });
    desk.owner(&Method::PATCH, &path, &quarter).expect(200);
    let ann = desk.agent("ann", "Desk 1");
    let bob = desk.agent("bob", "Desk 2");
    let cyd = desk.agent("cyd", "Desk 3");

    // Two are in, the third is refused.
    let anns = desk.seat(&ann);
    let bobs = desk.seat(&bob);
    desk.is_refused(&cyd);
    assert_eq!(desk.occupied(), 2);

    // Ann calls: she stays. Bob neither calls nor waits for a guest: he is logged off in time.
    desk.report(&anns, "ringing");
    desk.report(&anns, "answered");
    desk.minutes_pass(10);
    desk.heartbeat(&anns, json!(CALL));
    desk.heartbeat(&bobs, Value::Null);
    desk.is_refused(&cyd);
    desk.minutes_pass(5);
    let cyds = desk.seat(&cyd);
    let ended = desk.why_ended(&bobs);
    assert_eq!(ended["reason"], "automatic_log_off");
    assert_eq!(ended["by"], Value::Null);
    desk.is_refused(&bob);

    // Her clock starts anew when the call ends.
    desk.report(&anns, "ended");
    desk.minutes_pass(14);
    desk.heartbeat(&anns, Value::Null);

    // While she waits for a guest she is not logged off; the guest's call uses the link up.
    let link = json!({ "guest_name": "Guest", "valid_seconds": 7200, "one_call": true });
    let link = desk.ask(&ann.account, &Method::POST, "/v1/me/call-links", &link);
    let link = link.expect(201);
    let (_, token) = link["url"]
        .as_str()
        .and_then(|url| url.rsplit_once('/'))
        .expect("a link");
    let guest = desk.servers[0].client();
    let path = format!("/v1/call-links/{token}");
    desk.minutes_pass(59);
    desk.heartbeat(&anns, Value::Null);
    assert_eq!(desk.why_ended(&cyds)["reason"], "automatic_log_off");
    let rings = desk.ask(&guest, &Method::POST, &format!("{path}/calls"), &json!({}));
    let rings = rings.expect(201);
    let seen = desk
        .ask(&anns.device, &Method::GET, &anns.path, &Value::Null)
        .expect(200);
    assert_eq!(seen["call"]["id"], rings["id"]);
    assert_eq!(seen["call"]["by_link"], true);
    for phase in ["answered", "ended"] {
        let call = format!(
            "{}/calls/{}",
            anns.path,
            rings["id"].as_str().expect("an id")
        );
        let report = json!({ "phase": phase });
        desk.ask(&anns.device, &Method::PATCH, &call, &report)
            .expect(200);
    }
    let used = desk
        .ask(&guest, &Method::GET, &path, &Value::Null)
        .expect(200);
    assert_eq!(used["state"], "used");

    let cyds = desk.seat(&cyd);

    // An admin logs Cyd out at once: the device is told by whom, and Bob gets in.
    let out = format!("{}/log-out", cyds.in_domain);
    desk.owner(&Method::POST, &out, &json!({})).expect(200);
    let ended = desk.why_ended(&cyds);
    let owner = desk.owner(&Method::GET, "/v1/me", &Value::Null).expect(200);
    assert_eq!(ended["reason"], "logged_out");
    assert_eq!(ended["by"], owner["account"]);
    let bobs = desk.seat(&bob);
    assert_eq!(desk.occupied(), 2);

    // Who logs off gives the seat back at once.
    let off = desk.ask(&bobs.device, &Method::DELETE, &bobs.path, &Value::Null);
    off.expect(204);
    assert_eq!(desk.occupied(), 1);
    desk.seat(&cyd);
    desk.servers.into_iter().for_each(Server::kill);
    assert_check_is_clean(place);
}
