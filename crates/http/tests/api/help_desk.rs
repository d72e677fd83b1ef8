//! The help desk: a pool of two seats and three users, as the second article tells it.

use serde_json::{Value, json};

use crate::harness::world::{Domain, Server};
use crate::harness::{Answer, Client, World};

impl Domain {
    /// The pool that came with the first order of shared seats.
    pub async fn first_pool(&self) -> String {
        let pools = self.owner.get(&self.path("/pools")).await.expect(200);
        pools["items"][0]["id"].as_str().expect("a pool").to_owned()
    }

    pub fn pool_path(&self, pool: &str, rest: &str) -> String {
        self.path(&format!("/pools/{pool}{rest}"))
    }

    /// A user who sits in this pool.
    pub async fn seated(&self, name: &str, pool: &str) -> Value {
        let user = self.user(name, json!({})).await;
        let license = json!({"model": "shared", "pool": pool});
        let path = self.user_path(&user, "/license");
        self.owner.put(&path, license).await.expect(200)
    }

    /// Logs a user in to a seat on a device of this name.
    pub async fn log_in(&self, server: &Server, user: &Value, device: &str) -> Answer {
        let body = json!({"device": {"id": device, "name": device}});
        let client = server.enter_as(user).await;
        client.post(&self.user_path(user, "/sessions"), body).await
    }

    /// The session of an answer, as its device calls it.
    pub fn session_path(&self, logged_in: &Value, rest: &str) -> String {
        let id = logged_in["session"]["id"].as_str().expect("a session");
        self.path(&format!("/sessions/{id}{rest}"))
    }
}

/// The device that an answer gave its token to.
pub fn device(server: &Server, logged_in: &Value) -> Client {
    server.client(logged_in["token"].as_str())
}

#[tokio::test]
async fn e4_the_articles_story() {
    let world = World::new().await;
    let (server, mid) = (&world.server, &world.mid);
    mid.order(json!({"seat_license": 2})).await.expect(200);
    let pool = mid.first_pool().await;
    let limits = json!({"log_off_seconds": 900});
    let path = mid.pool_path(&pool, "");
    let shown = mid.owner.patch(&path, limits).await.expect(200);
    assert_eq!(shown["name"], "Default Seat Pool");
    assert_eq!(
        (&shown["seats"], &shown["occupied"]),
        (&json!(2), &json!(0))
    );
    let ann = mid.seated("ann", &pool).await;
    let bob = mid.seated("bob", &pool).await;
    let cyd = mid.seated("cyd", &pool).await;

    let first = mid.log_in(server, &ann, "Desk 1").await.expect(201);
    mid.log_in(server, &bob, "Desk 2").await.expect(201);
    let refused = mid.log_in(server, &cyd, "Desk 3").await;
    let refused = refused.expect_problem(409, "no_seat_available");
    assert_eq!(refused["pool"], json!(pool));

    // In a call the clock stands still.
    let own = device(server, &first);
    let call = mid.session_path(&first, "/calls/cal_00000000000000000000000000000001");
    let answered = own
        .put(&call, json!({"phase": "answered"}))
        .await
        .expect(200);
    assert_eq!(answered["log_off_at"], Value::Null);
    for _ in 0..8 {
        server.store.advance(240);
        let beat = json!({"call": "cal_00000000000000000000000000000001"});
        own.post(&mid.session_path(&first, "/heartbeat"), beat)
            .await
            .expect(200);
    }
    // Bob neither called nor said that he is there.
    let sessions = mid.pool_path(&pool, "/sessions");
    let seated = mid.owner.get(&sessions).await.expect(200);
    let names: Vec<&Value> = seated["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|s| &s["name"])
        .collect();
    assert_eq!(names, [&json!("ann")]);
    let second = mid.log_in(server, &cyd, "Desk 3").await.expect(201);
    mid.log_in(server, &bob, "Desk 2")
        .await
        .expect_problem(409, "no_seat_available");

    // An admin logs Cyd out; the device is told by whom, and Bob gets in.
    let out = mid.session_path(&second, "/log-out");
    let over = world.admin.post(&out, json!({})).await.expect(200);
    assert_eq!(over["session"], Value::Null);
    let told = device(server, &second)
        .get(&mid.session_path(&second, ""))
        .await;
    let told = told.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["reason"], "logged_out");
    let admin = world.admin.get("/v1/me").await.expect(200);
    assert_eq!(told["ended"]["by"], admin["account"]);
    mid.log_in(server, &bob, "Desk 2").await.expect(201);
}

#[tokio::test]
async fn e5_the_same_device_gets_its_session_back_and_another_takes_it_over() {
    let world = World::new().await;
    let (server, mid) = (&world.server, &world.mid);
    mid.order(json!({"seat_license": 1})).await.expect(200);
    let pool = mid.first_pool().await;
    let ann = mid.seated("ann", &pool).await;
    let first = mid.log_in(server, &ann, "Desk 1").await.expect(201);
    let again = mid.log_in(server, &ann, "Desk 1").await.expect(200);
    assert_eq!(again["session"]["id"], first["session"]["id"]);
    let void = device(server, &first)
        .get(&mid.session_path(&first, ""))
        .await;
    void.expect_problem(401, "not_signed_in");

    let elsewhere = mid.log_in(server, &ann, "Laptop").await;
    let elsewhere = elsewhere.expect_problem(409, "session_elsewhere");
    assert_eq!(elsewhere["device"], "Desk 1");
    let body = json!({"device": {"id": "Laptop", "name": "Laptop"}, "take_over": true});
    let as_ann = server.enter_as(&ann).await;
    let key = as_ann.with("idempotency-key", "take-over-1");
    let path = mid.user_path(&ann, "/sessions");
    let taken = key.post(&path, body.clone()).await.expect(201);
    let told = device(server, &again)
        .delete(&mid.session_path(&again, ""))
        .await;
    let told = told.expect_problem(410, "session_ended");
    assert_eq!(told["ended"]["reason"], "taken_over");
    // Asked twice, done once: the same session, with a token of its own.
    let same = key.post(&path, body).await.expect(201);
    assert_eq!(same["session"]["id"], taken["session"]["id"]);
    assert_ne!(same["token"], taken["token"]);
    let off = mid.session_path(&same, "");
    device(server, &same).delete(&off).await.expect(204);
    device(server, &same).delete(&off).await.expect(204);
    let shown = mid.owner.get(&mid.pool_path(&pool, "")).await.expect(200);
    assert_eq!(shown["occupied"], 0);
}
