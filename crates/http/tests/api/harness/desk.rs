//! A front desk: pools of shared seats, and people who log in to them.

use serde_json::{Value, json};

use super::world::{Domain, Server};
use super::{Answer, Client};

/// Someone who shares the seats of a pool, and the devices that this person uses.
#[derive(Clone)]
pub struct Sharer {
    /// The domain's path.
    domain: String,
    /// The user, as the API shows it.
    pub user: Value,
    /// By the account's token.
    pub client: Client,
}

/// A device that is logged in.
#[derive(Clone)]
pub struct Seated {
    /// By the session's token.
    pub client: Client,
    /// The session, as the log-in showed it.
    pub session: Value,
    path: String,
    /// Where a lead finds it.
    pub in_domain: String,
}

impl Domain {
    /// Orders shared seats, and gives the pool that comes with the first of them.
    pub async fn default_pool(&self, seats: u32) -> Value {
        self.order(json!({"seat_license": seats})).await.expect(200);
        let pools = self.owner.get(&self.path("/pools")).await.expect(200);
        pools["items"][0].clone()
    }

    pub async fn make_pool(&self, pool: Value) -> Answer {
        self.owner.post(&self.path("/pools"), pool).await
    }

    pub fn pool_path(&self, pool: &Value, rest: &str) -> String {
        let id = pool["id"].as_str().expect("an id");
        self.path(&format!("/pools/{id}{rest}"))
    }

    /// The pool now.
    pub async fn pool(&self, pool: &Value) -> Value {
        self.owner.get(&self.pool_path(pool, "")).await.expect(200)
    }

    pub async fn change_pool(&self, pool: &Value, changes: Value) -> Answer {
        self.owner.patch(&self.pool_path(pool, ""), changes).await
    }

    /// Who sits there.
    pub async fn seated(&self, pool: &Value) -> Vec<Value> {
        let path = self.pool_path(pool, "/sessions");
        let page = self.owner.get(&path).await.expect(200);
        page["items"].as_array().expect("items").clone()
    }

    /// Someone new in a pool.
    pub async fn sharer(&self, server: &Server, name: &str, pool: &Value) -> Sharer {
        let user = self.user(name, json!({"pool": pool["id"]})).await;
        self.person(server, user).await
    }

    /// A user of the domain, at its devices.
    pub async fn person(&self, server: &Server, user: Value) -> Sharer {
        Sharer {
            domain: self.path(""),
            client: server.enter_as(&user).await,
            user,
        }
    }

    pub async fn license(&self, user: &Value, license: Value) -> Answer {
        self.owner
            .put(&self.user_path(user, "/license"), license)
            .await
    }
}

impl Sharer {
    pub fn path(&self, rest: &str) -> String {
        let id = self.user["id"].as_str().expect("an id");
        format!("{}/users/{id}{rest}", self.domain)
    }

    /// Asks to log in on a device.
    pub async fn asks(&self, device: &str, take_over: bool) -> Answer {
        let body = json!({
            "device": {"id": device, "name": format!("The {device}")}, "take_over": take_over,
        });
        self.client.post("/v1/sessions", body).await
    }

    /// Logs in on a device for the first time.
    pub async fn enters(&self, device: &str) -> Seated {
        let answer = self.asks(device, false).await.expect(201);
        self.seated(&answer)
    }

    /// The device of an answer to a log-in.
    pub fn seated(&self, answer: &Value) -> Seated {
        let session = answer["session"].clone();
        let id = session["id"].as_str().expect("an id");
        Seated {
            client: Client::new(self.client.router.clone(), answer["token"].as_str()),
            path: format!("/v1/sessions/{id}"),
            in_domain: format!("{}/sessions/{id}", self.domain),
            session,
        }
    }
}

impl Seated {
    pub fn path(&self, rest: &str) -> String {
        format!("{}{rest}", self.path)
    }

    /// The session as its device sees it.
    pub async fn sees(&self) -> Answer {
        self.client.get(&self.path).await
    }

    pub async fn beats(&self, call: Option<&str>) -> Answer {
        let body = json!({ "call": call });
        self.client.post(&self.path("/heartbeat"), body).await
    }

    /// Reports a call.
    pub async fn reports(&self, call: &str, phase: &str) -> Answer {
        let path = self.path(&format!("/calls/{call}"));
        self.client.patch(&path, json!({ "phase": phase })).await
    }

    pub async fn leaves(&self) -> Answer {
        self.client.delete(&self.path).await
    }
}

/// The id of the nth call of a test.
pub fn call(n: u32) -> String {
    format!("cal_{n:032x}")
}

/// What happened in the domain, newest first: kinds and data.
pub async fn journal(domain: &Domain) -> Vec<(String, Value)> {
    let owner = domain.owner.with("accept", "application/json");
    let (mut lines, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = domain.path(&format!("/events?limit=200{cursor}"));
        let page = owner.get(&path).await.expect(200);
        lines.extend(page["items"].as_array().expect("items").clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let line = |line: &Value| {
        let kind = line["kind"].as_str().expect("a kind").to_owned();
        (kind, line["data"].clone())
    };
    lines.iter().rev().map(line).collect()
}
