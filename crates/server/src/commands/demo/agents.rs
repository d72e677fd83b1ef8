//! The help desk that lives: agents who log in to a seat, call, wait for guests, go idle and
//! are logged off, and find no seat free; and a lead who now and then logs one out. Each is a
//! device like any other: all goes over HTTP, and what they are told comes by their streams.

use std::time::Duration;

use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use usher_rules::{DomainId, PoolId};

use super::client::{Client, Events, Said, text};
use super::desk::{AGENTS, agent};
use super::world::{LEAD, PASSWORD};

/// How long one thing takes that an agent does.
const STEP: Duration = Duration::from_secs(2);
/// From one log-out by the lead to the next, in steps.
const LEAD_RESTS: u32 = 8;
/// For how long a link to call an agent is valid, in seconds.
const LINK_SECONDS: u32 = 120;

/// Why someone stops what it does.
enum Stop {
    /// The session is over: logged off, logged out.
    Over,
    /// The server didn't answer, or not as it should.
    Failed(String),
}

impl From<reqwest::Error> for Stop {
    fn from(error: reqwest::Error) -> Self {
        Stop::Failed(error.to_string())
    }
}

/// What an agent's device heard while time passed.
enum Heard {
    Nothing,
    /// A guest calls: the call's id.
    Ringing(String),
}

/// Goes on until it is dropped.
pub async fn live(url: String, domain: DomainId, pools: Vec<PoolId>) {
    let nobody = match Client::new(&url) {
        Ok(client) => client,
        Err(error) => return tracing::warn!(%error, "nobody works at the help desk"),
    };
    let mut people = JoinSet::new();
    for number in 1..=AGENTS {
        people.spawn(work(nobody.clone(), number));
    }
    people.spawn(lead(nobody, domain, pools));
    while people.join_next().await.is_some() {}
}

/// An agent's days.
async fn work(nobody: Client, number: usize) {
    let (email, _) = agent(number);
    let account = signed_in(&nobody, &email).await;
    for day in 0.. {
        rest(1 + (number + day) % 3).await;
        let agent = Agent {
            account: &account,
            guest: &nobody,
            number,
        };
        if let Err(Stop::Failed(why)) = agent.sit(day).await {
            tracing::debug!(email, why, "an agent could not go on");
            rest(2).await;
        }
    }
}

/// Logs someone out now and then, who is in a call when that ends.
async fn lead(nobody: Client, domain: DomainId, pools: Vec<PoolId>) {
    let account = signed_in(&nobody, LEAD).await;
    for pool in pools.iter().cycle() {
        sleep(STEP * LEAD_RESTS).await;
        let sessions = format!("/v1/domains/{domain}/pools/{pool}/sessions");
        let Ok(said) = account.get(&sessions).await else {
            continue;
        };
        let session = &said.body["items"][0];
        if let Some(id) = session["id"].as_str() {
            let out = format!("/v1/domains/{domain}/sessions/{id}/log-out");
            let after_call = json!({ "after_call": !session["call"].is_null() });
            if let Err(error) = account.post(&out, &after_call).await {
                tracing::debug!(%error, "the lead could not log someone out");
            }
        }
    }
}

async fn signed_in(nobody: &Client, email: &str) -> Client {
    loop {
        match nobody.signed_in(email, PASSWORD).await {
            Ok(account) => return account,
            Err(error) => tracing::debug!(%error, "the server doesn't answer yet"),
        }
        rest(1).await;
    }
}

async fn rest(steps: usize) {
    sleep(STEP * u32::try_from(steps).unwrap_or(1)).await;
}

struct Agent<'a> {
    account: &'a Client,
    guest: &'a Client,
    number: usize,
}

/// A seat that an agent has.
struct Seat {
    device: Client,
    path: String,
    events: Events,
}

impl Agent<'_> {
    /// Logs in, and does one thing; or finds no seat free.
    async fn sit(&self, day: usize) -> Result<(), Stop> {
        let name = format!("Desk {:02}", self.number);
        let device =
            json!({ "device": { "id": format!("desk-{:02}", self.number), "name": name } });
        let said = self.account.post("/v1/sessions", &device).await?;
        if said.status == 409 {
            return Ok(());
        }
        let said = done(said)?;
        let device = self.account.with_token(&text(&said.body["token"]));
        let path = format!("/v1/sessions/{}", text(&said.body["session"]["id"]));
        let events = device.follow(&format!("{path}/events")).await?;
        let mut seat = Seat {
            device,
            path,
            events,
        };
        let did = match (self.number + day) % 4 {
            0 => seat.calls("made", 3).await,
            1 => self.waits_for_a_guest(&mut seat).await,
            2 => seat.calls("received", 5).await,
            _ => seat.idles().await,
        };
        match did {
            Err(Stop::Over) => Ok(()),
            Err(failed) => Err(failed),
            Ok(()) => done(seat.device.delete(&seat.path).await?).map(|_| ()),
        }
    }

    /// Makes a call link, and answers when the guest calls by it.
    async fn waits_for_a_guest(&self, seat: &mut Seat) -> Result<(), Stop> {
        let link = json!({
            "guest_name": format!("Guest of desk {:02}", self.number),
            "valid_seconds": LINK_SECONDS, "one_call": true,
        });
        let link = done(self.account.post("/v1/me/call-links", &link).await?)?;
        seat.pass(2).await?;
        let url = text(&link.body["url"]);
        let token = url.rsplit('/').next().unwrap_or_default();
        let guest = format!("/v1/call-links/{token}/calls");
        done(self.guest.post(&guest, &json!({})).await?)?;
        if let Heard::Ringing(call) = seat.pass(2).await? {
            seat.report(&call, "answered").await?;
            seat.talk(&call, 3).await?;
            seat.report(&call, "ended").await?;
        }
        Ok(())
    }
}

impl Seat {
    /// A call of so many steps.
    async fn calls(&mut self, direction: &str, steps: u32) -> Result<(), Stop> {
        let path = format!("{}/calls", self.path);
        let began = json!({ "direction": direction });
        let began = done(self.device.post(&path, &began).await?)?;
        let call = text(&began.body["call"]["id"]);
        self.pass(1).await?;
        self.report(&call, "answered").await?;
        self.talk(&call, steps).await?;
        self.report(&call, "ended").await?;
        self.pass(1).await?;
        Ok(())
    }

    /// In a call, of which each heartbeat speaks.
    async fn talk(&mut self, call: &str, steps: u32) -> Result<(), Stop> {
        for _ in 0..steps {
            self.pass(1).await?;
            let path = format!("{}/heartbeat", self.path);
            let beat = self.device.post(&path, &json!({ "call": call })).await?;
            done(beat)?;
        }
        Ok(())
    }

    /// Does nothing until it is logged off for that.
    async fn idles(&mut self) -> Result<(), Stop> {
        loop {
            self.pass(10).await?;
            let path = format!("{}/heartbeat", self.path);
            done(self.device.post(&path, &json!({})).await?)?;
        }
    }

    async fn report(&self, call: &str, phase: &str) -> Result<(), Stop> {
        let path = format!("{}/calls/{call}", self.path);
        let report = json!({ "phase": phase });
        done(self.device.patch(&path, &report).await?).map(|_| ())
    }

    /// Lets time pass, and hears what the device is told.
    async fn pass(&mut self, steps: u32) -> Result<Heard, Stop> {
        match timeout(STEP * steps, self.hear()).await {
            Ok(Some(call)) => Ok(Heard::Ringing(call)),
            Ok(None) => Err(Stop::Over),
            Err(_) => Ok(Heard::Nothing),
        }
    }

    /// The call of a guest; none when the session is over.
    async fn hear(&mut self) -> Option<String> {
        loop {
            let (kind, data) = self.events.next().await?;
            let call = &data["session"]["call"];
            match kind.as_str() {
                "logged_out" => return None,
                "call_started" if call["by_link"] == true => return Some(text(&call["id"])),
                _ => {}
            }
        }
    }
}

/// An answer that is as it should be; or the session is over, or something failed.
fn done(said: Said) -> Result<Said, Stop> {
    match said.status {
        200..300 => Ok(said),
        410 => Err(Stop::Over),
        status => Err(Stop::Failed(format!("{status}: {}", said.body))),
    }
}
