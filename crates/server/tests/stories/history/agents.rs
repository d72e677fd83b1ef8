//! Agents: each knows what it was told, and asks again when no answer came.

use super::journal::Line;
use super::model::{Asked, Record, Seated};
use super::text;
use crate::harness::world::PASSWORD;
use crate::harness::{Answer, Client, Server, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::RwLock;
use std::time::{Duration, Instant};

/// How long a request is sent again before the test gives up.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(10);
/// Of so many whose answer is lost, one gives up.
const GIVES_UP: usize = 3;

/// Where the processes are, and the time that all records share.
pub struct Hall {
    urls: RwLock<Vec<String>>,
    start: Instant,
    /// Whether an answer that no server should give is one that didn't come.
    bears_all: bool,
}

impl Hall {
    pub fn new(servers: &[Server]) -> Self {
        let hall = Self {
            urls: RwLock::default(),
            start: Instant::now(),
            bears_all: false,
        };
        hall.moved(servers);
        hall
    }

    /// Where servers are known to be wrong.
    pub fn of_wrong_servers(servers: &[Server]) -> Self {
        Self {
            bears_all: true,
            ..Self::new(servers)
        }
    }

    fn is_answer(&self, answer: &Answer) -> bool {
        let expected = matches!(answer.status, 200..=204) || answer.is_refusal("no_seat_available");
        answer.status != 503 && (expected || !self.bears_all)
    }

    /// A process died and another began.
    pub fn moved(&self, servers: &[Server]) {
        let urls = servers.iter().map(|server| server.url().to_owned());
        *self.urls.write().expect("urls") = urls.collect();
    }

    pub fn anywhere(&self, number: usize) -> String {
        let urls = self.urls.read().expect("urls");
        urls[number % urls.len()].clone()
    }

    pub fn now(&self) -> i64 {
        i64::try_from(self.start.elapsed().as_nanos()).expect("a short test")
    }
}

/// Numbers that look like chance and are the same each time (xorshift, Marsaglia 2003).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).expect("a small number")
    }
}

/// A user of a pool, at one of two devices.
pub struct Agent {
    pub user: String,
    pub number: usize,
    account: Client,
    device: usize,
    seat: Option<Seat>,
    /// Since when an answer is awaited that won't come.
    gave_up: Option<i64>,
    /// Whether it may sit somewhere without knowing.
    unsure: bool,
    asked: usize,
    /// Whether a log-off was given up, of which nothing can be told any more.
    pub lost_log_off: bool,
    /// Sessions that were acknowledged.
    sessions: Vec<String>,
}

/// Asks until a server that has much to do answers.
fn answered(ask: impl Fn() -> Answer) -> Answer {
    let answers = std::iter::repeat_with(ask).take(10);
    let mut answers = answers.inspect(|answer| {
        if answer.status == 503 {
            std::thread::sleep(PAUSE);
        }
    });
    let answer = answers.find(|answer| answer.status != 503);
    answer.expect("an answer within ten times")
}

/// The session as its device holds it.
struct Seat {
    path: String,
    token: String,
}

impl Agent {
    pub fn new(world: &World, server: &Client, pool: &str, number: usize) -> Self {
        let email = format!("agent{number}@example.com");
        let new = json!({ "email": email, "add": true, "password": PASSWORD });
        let user = answered(|| world.owner.post(&world.path("/users"), &new)).expect(201);
        let user = text(&user["id"]);
        let license = json!({ "model": "shared", "pool": pool });
        let path = world.license_path(&user);
        answered(|| world.owner.put(&path, &license)).expect(200);
        let log_in = json!({ "email": email, "password": PASSWORD });
        let token = answered(|| server.post("/v1/login", &log_in)).expect(200);
        Self {
            account: server.with_token(&text(&token["token"])),
            user,
            number,
            device: 0,
            seat: None,
            gave_up: None,
            unsure: false,
            asked: 0,
            lost_log_off: false,
            sessions: Vec::new(),
        }
    }

    /// Asks for something that makes sense now; none for who gave up.
    pub fn act(&mut self, hall: &Hall, client: usize, random: &mut Random) -> Option<Record> {
        if self.gave_up.is_some() {
            return None;
        }
        let from = hall.now();
        let asked = match (&self.seat, random.below(10)) {
            _ if self.unsure => self.log_in(hall, true, random),
            (Some(_), 0..6) => self.log_off(hall, random),
            (Some(_), 6..8) => {
                self.device = 1 - self.device;
                self.log_in(hall, true, random)
            }
            _ => self.log_in(hall, false, random),
        };
        self.unsure = asked.is_none();
        if self.unsure {
            // What it holds may have been taken over by what it doesn't know of.
            self.gave_up = Some(from);
            self.seat = None;
        }
        Some(Record {
            client,
            from,
            to: hall.now(),
            asked: asked?,
        })
    }

    fn log_in(&mut self, hall: &Hall, takes_over: bool, random: &mut Random) -> Option<Asked> {
        let name = format!("device {}", self.device);
        let body = json!({
            "device": { "id": name, "name": name }, "take_over": takes_over,
        });
        let account = self.account.clone();
        let answer = self.insist(hall, &account, &Method::POST, "/v1/sessions", &body, random)?;
        if answer.status == 409 {
            answer.expect_refusal(409, "no_seat_available");
            return Some(Asked::Refused(self.number));
        }
        let resumed = answer.status == 200;
        let body = answer.expect(if resumed { 200 } else { 201 });
        let session = text(&body["session"]["id"]);
        self.seat = Some(Seat {
            path: format!("/v1/sessions/{session}"),
            token: text(&body["token"]),
        });
        self.sessions.push(session);
        Some(match resumed {
            true => Asked::Resumed(self.number),
            false => Asked::Started {
                user: self.number,
                takes_over,
            },
        })
    }

    fn log_off(&mut self, hall: &Hall, random: &mut Random) -> Option<Asked> {
        let seat = self.seat.take()?;
        let device = self.account.with_token(&seat.token);
        // A log-off is asked for until it is answered: its device would.
        let answer = loop {
            let asked = self.insist(
                hall,
                &device,
                &Method::DELETE,
                &seat.path,
                &Value::Null,
                random,
            );
            if let Some(answer) = asked {
                break answer;
            }
            if hall.bears_all {
                self.lost_log_off = true;
                return None;
            }
        };
        answer.expect(204);
        Some(Asked::Left(self.number))
    }

    /// Sends a request until it is answered, each time to some process, with the same key; or
    /// gives up.
    fn insist(
        &mut self,
        hall: &Hall,
        who: &Client,
        method: &Method,
        path: &str,
        body: &Value,
        random: &mut Random,
    ) -> Option<Answer> {
        self.asked += 1;
        let key = format!("{}-{}", self.user, self.asked);
        let body = Some(body).filter(|body| !body.is_null());
        let began = Instant::now();
        loop {
            let url = hall.anywhere(random.below(64));
            match who.at(&url).send(method, path, body, Some(&key)) {
                Ok(answer) if hall.is_answer(&answer) => return Some(answer),
                _ => {
                    if random.below(GIVES_UP) == 0 {
                        return None;
                    }
                }
            }
            assert!(
                began.elapsed() < PATIENCE,
                "{method} {path} is not answered"
            );
            std::thread::sleep(PAUSE);
        }
    }

    /// What became of the log-in that nobody waited for: it may have happened at any time
    /// before this look.
    pub fn what_became(&mut self, seated: &Seated, looked_at: i64) -> Option<Record> {
        let from = self.gave_up.take()?;
        if !seated.contains(&self.number) {
            return None;
        }
        Some(Record {
            client: 100 + self.number,
            from,
            to: looked_at,
            asked: Asked::Started {
                user: self.number,
                takes_over: true,
            },
        })
    }

    /// Every session that was acknowledged stands in the journal.
    pub fn assert_in(&self, lines: &[Line]) {
        for session in &self.sessions {
            let started = lines.iter().any(|line| line.starts(session));
            assert!(
                started,
                "{session} was acknowledged and is not in the journal"
            );
        }
    }
}
