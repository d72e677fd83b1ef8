//! Call links: the user's side and the guest's (rule F2).

use serde_json::{Value, json};

use crate::harness::desk::{Seated, Sharer, journal};
use crate::harness::reader::Reader;
use crate::harness::{Client, World};

const DAY: i64 = 24 * 3600;

impl Client {
    /// A call link of the caller's own, for an hour unless said; with its address.
    pub async fn call_link(&self, wanted: Value) -> Value {
        let mut link = json!({"guest_name": "Guest", "valid_seconds": 3600});
        for (field, value) in wanted.as_object().expect("an object") {
            link[field] = value.clone();
        }
        self.post("/v1/me/call-links", link).await.expect(201)
    }

    /// What the guest sees of a link.
    pub async fn as_guest(&self, link: &Value) -> Value {
        let path = format!("/v1/call-links/{}", token_of(link));
        self.get(&path).await.expect(200)
    }

    async fn call_by(&self, link: &Value) -> crate::harness::Answer {
        let path = format!("/v1/call-links/{}/calls", token_of(link));
        self.post(&path, json!({})).await
    }

    async fn state_of(&self, link: &Value, call: &Value) -> Value {
        let call = call["id"].as_str().expect("an id");
        let path = format!("/v1/call-links/{}/calls/{call}", token_of(link));
        self.get(&path).await.expect(200)["phase"].clone()
    }
}

impl Seated {
    /// Reports of a guest's call how far it is.
    pub async fn says(&self, call: &Value, phase: &str) {
        let id = call["id"].as_str().expect("an id");
        self.reports(id, phase).await.expect(200);
    }
}

/// What a link's address ends with.
pub fn token_of(link: &Value) -> &str {
    let url = link["url"].as_str().expect("an address");
    let token = url.strip_prefix("https://seats.example.com/call/");
    token.expect("an address below the public URL")
}

/// A world with ann in it, her device, and a guest.
pub struct Stage {
    pub world: World,
    pub user: Value,
    pub ann: Client,
    pub phone: Sharer,
    pub guest: Client,
}

impl Stage {
    pub async fn new() -> Stage {
        let world = World::new().await;
        let user = world.mid.user("ann", json!({})).await;
        Stage {
            ann: world.server.enter_as(&user).await,
            phone: world.mid.person(&world.server, user.clone()).await,
            guest: world.anonymous(),
            user,
            world,
        }
    }
}

#[tokio::test]
async fn f2_a_link_says_which_of_its_states_it_is_in() {
    let stage = Stage::new().await;
    let (ann, guest, server) = (&stage.ann, &stage.guest, &stage.world.server);
    let session = stage.phone.enters("phone").await;
    let once = ann.call_link(json!({"one_call": true})).await;
    let revoked = ann.call_link(json!({})).await;
    let expires = ann.call_link(json!({"valid_seconds": 60})).await;
    for link in [&once, &revoked, &expires] {
        assert_eq!(link["link"]["state"], "valid");
        assert_eq!(guest.as_guest(link).await["state"], "valid");
    }
    let call = guest.call_by(&once).await.expect(201);
    session.says(&call, "answered").await;
    let id = revoked["link"]["id"].as_str().expect("an id");
    let path = format!("/v1/me/call-links/{id}");
    ann.delete(&path).await.expect(204);
    ann.delete(&path).await.expect(204);
    server.store.advance(59);
    assert_eq!(guest.as_guest(&expires).await["state"], "valid");
    server.store.advance(1);
    let expected = [
        (&once, "used"),
        (&revoked, "revoked"),
        (&expires, "expired"),
    ];
    for (link, state) in expected {
        let seen = guest.as_guest(link).await;
        assert_eq!(seen["state"], state);
        assert_eq!(
            seen["logged_in"],
            Value::Null,
            "no longer the guest's concern"
        );
        let refused = guest.call_by(link).await;
        assert_eq!(
            refused.expect_problem(410, "link_not_valid")["state"],
            state
        );
    }
    let listed = ann.get("/v1/me/call-links").await.expect(200);
    let listed = listed["items"].as_array().expect("links");
    let states: Vec<&Value> = listed.iter().map(|link| &link["state"]).collect();
    assert_eq!(states, ["expired", "revoked", "used"], "the newest first");
    let unknown = guest.get("/v1/call-links/gst_unknown").await;
    unknown.expect_problem(404, "not_found");
}

#[tokio::test]
async fn f2_a_guest_sees_who_is_called_and_whether_they_are_logged_in() {
    let stage = Stage::new().await;
    let guest = &stage.guest;
    let link = stage.ann.call_link(json!({"guest_name": "Bob"})).await;
    let seen = guest.as_guest(&link).await;
    assert_eq!(seen["user_name"], "ann");
    assert_eq!(seen["guest_name"], "Bob");
    assert_eq!(seen["logged_in"], false);
    guest
        .call_by(&link)
        .await
        .expect_problem(409, "user_logged_off");
    let session = stage.phone.enters("phone").await;
    assert_eq!(guest.as_guest(&link).await["logged_in"], true);
    guest.call_by(&link).await.expect(201);
    // It belongs to the user and outlives sessions.
    session.leaves().await.expect(204);
    assert_eq!(guest.as_guest(&link).await["logged_in"], false);
    guest
        .call_by(&link)
        .await
        .expect_problem(409, "user_logged_off");
    stage.phone.enters("tablet").await;
    let call = guest.call_by(&link).await.expect(201);
    assert_eq!(guest.state_of(&link, &call).await, "ringing");
}

#[tokio::test]
async fn f2_a_guests_call_rings_is_answered_and_ends() {
    let stage = Stage::new().await;
    let guest = &stage.guest;
    let session = stage.phone.enters("phone").await;
    let link = stage.ann.call_link(json!({})).await;
    let call = guest.call_by(&link).await.expect(201);
    assert_eq!(call["phase"], "ringing");
    // The device is told by the journal, with the session.
    let rings = stage.world.mid.happened("call_started").await;
    let [rings] = &rings[..] else {
        panic!("{rings:?}")
    };
    assert_eq!(rings["data"]["call"], call["id"]);
    assert_eq!(rings["data"]["session"], session.session["id"]);
    assert_eq!(rings["data"]["link"], link["link"]["id"]);
    assert_eq!(rings["actor"], Value::Null, "a guest is nobody");
    // Calling once more while it rings is the same call, and nothing happens twice.
    let again = guest.call_by(&link).await.expect(201);
    assert_eq!(again, call);
    // A second link rings at nobody who is in a call.
    let second = stage.ann.call_link(json!({})).await;
    guest
        .call_by(&second)
        .await
        .expect_problem(409, "call_in_progress");
    let foreign = format!(
        "/v1/call-links/{}/calls/{}",
        token_of(&second),
        call["id"].as_str().expect("an id")
    );
    guest.get(&foreign).await.expect_problem(404, "not_found");
    session.says(&call, "answered").await;
    assert_eq!(guest.state_of(&link, &call).await, "answered");
    guest
        .call_by(&link)
        .await
        .expect_problem(409, "call_in_progress");
    session.says(&call, "ended").await;
    assert_eq!(guest.state_of(&link, &call).await, "ended");
    // The link was for any number of calls.
    let next = guest.call_by(&link).await.expect(201);
    assert_ne!(next["id"], call["id"]);
}

#[tokio::test]
async fn f2_of_several_devices_one_that_is_free_rings() {
    let stage = Stage::new().await;
    let guest = &stage.guest;
    stage.phone.enters("phone").await;
    stage.phone.enters("tablet").await;
    let links = [
        stage.ann.call_link(json!({})).await,
        stage.ann.call_link(json!({})).await,
    ];
    for link in &links {
        guest.call_by(link).await.expect(201);
    }
    let third = stage.ann.call_link(json!({})).await;
    guest
        .call_by(&third)
        .await
        .expect_problem(409, "call_in_progress");
}

#[tokio::test]
async fn f2_a_link_is_valid_from_a_minute_to_thirty_days() {
    let stage = Stage::new().await;
    for seconds in [0, 59, 30 * DAY + 1, -60] {
        let link = json!({"guest_name": "Bob", "valid_seconds": seconds});
        let refused = stage.ann.post("/v1/me/call-links", link).await;
        refused.expect_fields(&["valid_seconds"]);
    }
    let longest = stage
        .ann
        .call_link(json!({"valid_seconds": 30 * DAY}))
        .await;
    assert_eq!(longest["link"]["valid_until"], "2027-02-14T08:00:00Z");
    for name in ["", "  ", "a\u{7}b"] {
        let link = json!({"guest_name": name, "valid_seconds": 60});
        let refused = stage.ann.post("/v1/me/call-links", link).await;
        refused.expect_fields(&["guest_name"]);
    }
}

#[tokio::test]
async fn e6_a_pool_caps_the_validity_of_its_users_links() {
    let stage = Stage::new().await;
    let (_, ann) = shared(&stage, "bob").await;
    let link = ann.call_link(json!({"valid_seconds": 30 * DAY})).await;
    assert_eq!(link["link"]["valid_until"], "2027-01-16T08:00:00Z");
    let short = ann.call_link(json!({"valid_seconds": 60})).await;
    assert_eq!(short["link"]["valid_until"], "2027-01-15T08:01:00Z");
}

/// A user of a new default pool, of one seat.
async fn shared(stage: &Stage, name: &str) -> (Value, Client) {
    let mid = &stage.world.mid;
    let pool = mid.default_pool(1).await;
    let user = mid.user(name, json!({"pool": pool["id"]})).await;
    let client = stage.world.server.enter_as(&user).await;
    (user, client)
}

#[tokio::test]
async fn f2_links_are_the_users_own() {
    let stage = Stage::new().await;
    let world = &stage.world;
    let link = stage.ann.call_link(json!({})).await;
    let id = link["link"]["id"].as_str().expect("an id");
    let path = format!("/v1/me/call-links/{id}");
    // Neither another user of the domain, nor who administers it, nor one of another domain.
    for other in [&world.member, &world.admin, &world.mid.owner] {
        other.delete(&path).await.expect_problem(404, "not_found");
        let listed = other.get("/v1/me/call-links").await.expect(200);
        assert_eq!(listed["items"], json!([]));
    }
    let outsider = &world.outsider;
    outsider
        .delete(&path)
        .await
        .expect_problem(403, "not_allowed");
    let wanted = json!({"guest_name": "Bob", "valid_seconds": 60});
    let refused = outsider.post("/v1/me/call-links", wanted.clone()).await;
    refused.expect_problem(403, "not_allowed");
    let listed = outsider.get("/v1/me/call-links").await.expect(200);
    assert_eq!(listed["items"], json!([]));
    let account = stage.user["account"].as_str().expect("an account");
    let account = account.parse().expect("an id");
    let reader = world.server.enter(account, true).await;
    let refused = reader.post("/v1/me/call-links", wanted).await;
    refused.expect_problem(403, "not_allowed");
    assert_eq!(stage.guest.as_guest(&link).await["state"], "valid");
}

#[tokio::test]
async fn f2_links_of_a_user_who_is_gone_are_revoked() {
    let stage = Stage::new().await;
    let (mid, guest) = (&stage.world.mid, &stage.guest);
    let link = stage.ann.call_link(json!({})).await;
    stage.phone.enters("phone").await;
    // Who is suspended keeps what is theirs, and is logged off.
    let suspend = mid.user_path(&stage.user, "/suspend");
    mid.owner.post(&suspend, json!({})).await.expect(200);
    let seen = guest.as_guest(&link).await;
    assert_eq!(
        (&seen["state"], &seen["logged_in"]),
        (&json!("valid"), &json!(false))
    );
    guest
        .call_by(&link)
        .await
        .expect_problem(409, "user_logged_off");
    mid.owner
        .delete(&mid.user_path(&stage.user, ""))
        .await
        .expect(204);
    let seen = guest.as_guest(&link).await;
    assert_eq!(
        (&seen["state"], &seen["user_name"]),
        (&json!("revoked"), &Value::Null)
    );
}

#[tokio::test]
async fn f2_a_user_has_a_hundred_valid_links_at_most() {
    let stage = Stage::new().await;
    for _ in 0..100 {
        stage.ann.call_link(json!({"valid_seconds": 60})).await;
    }
    let wanted = json!({"guest_name": "Bob", "valid_seconds": 60});
    let refused = stage.ann.post("/v1/me/call-links", wanted).await;
    refused.expect_problem(409, "wrong_state");
    let first = stage
        .ann
        .get("/v1/me/call-links?limit=60")
        .await
        .expect(200);
    let cursor = first["next_cursor"].as_str().expect("a cursor");
    let path = format!("/v1/me/call-links?limit=60&cursor={cursor}");
    let second = stage.ann.get(&path).await.expect(200);
    let count = |page: &Value| page["items"].as_array().map_or(0, Vec::len);
    assert_eq!((count(&first), count(&second)), (60, 40));
    assert_eq!(second["next_cursor"], Value::Null);
    stage.world.server.store.advance(60);
    stage.ann.call_link(json!({})).await;
}

#[tokio::test]
async fn i3_a_replayed_link_has_a_fresh_address_and_the_first_is_void() {
    let stage = Stage::new().await;
    let keyed = stage.ann.with("idempotency-key", "k-1");
    let first = keyed.call_link(json!({})).await;
    let second = keyed.call_link(json!({})).await;
    assert_eq!(first["link"], second["link"]);
    let void = format!("/v1/call-links/{}", token_of(&first));
    stage
        .guest
        .get(&void)
        .await
        .expect_problem(404, "not_found");
    assert_eq!(stage.guest.as_guest(&second).await["state"], "valid");
    let listed = stage.ann.get("/v1/me/call-links").await.expect(200);
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(1));
    // The fresh address is told (rule J1).
    let (kind, renewed) = &journal(&stage.world.mid).await[0];
    assert_eq!(kind, "link_renewed");
    assert_eq!(renewed["link"], first["link"]["id"]);
    // Made and replayed, a link that is then revoked stays revoked.
    let id = second["link"]["id"].as_str().expect("an id");
    stage
        .ann
        .delete(&format!("/v1/me/call-links/{id}"))
        .await
        .expect(204);
    let third = keyed.call_link(json!({})).await;
    assert_eq!(third["link"]["state"], "revoked");
    assert_eq!(stage.guest.as_guest(&third).await["state"], "revoked");
}

#[tokio::test]
async fn i3_a_guests_call_is_made_once_under_a_key() {
    let stage = Stage::new().await;
    let session = stage.phone.enters("phone").await;
    let link = stage.ann.call_link(json!({})).await;
    let keyed = stage.guest.with("idempotency-key", "k-1");
    let call = keyed.call_by(&link).await.expect(201);
    session.says(&call, "ended").await;
    assert_eq!(keyed.call_by(&link).await.expect(201), call);
    assert_eq!(stage.guest.state_of(&link, &call).await, "ended");
}

#[tokio::test]
async fn f2_the_device_is_told_that_a_guest_calls() {
    let stage = Stage::new().await;
    let seated = stage.phone.enters("phone").await;
    let link = stage.ann.call_link(json!({"guest_name": "Bob"})).await;
    let mut stream = Reader::open(&seated.client, &seated.path("/events")).await;
    stream.expect("session").await;
    let call = stage.guest.call_by(&link).await.expect(201);
    let told = stream.expect("call_started").await;
    assert_eq!(told.data["guest"], "Bob");
    assert_eq!(told.data["session"]["call"]["id"], call["id"]);
    assert_eq!(told.data["session"]["call"]["direction"], "received");
    assert_eq!(told.data["session"]["waiting_for_guest"], true);
}
