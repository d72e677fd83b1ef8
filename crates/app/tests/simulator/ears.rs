//! Devices that listen: what each was told of its session by the feeds of the processes, however
//! often it had to begin anew (rules E5 to E7, J2).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinHandle;
use usher_app::App;
use usher_app::desk::Failure;
use usher_app::sessions::OfSession;
use usher_rules::{Refusal, SessionId};

use crate::trace::{Check, that};

/// What one stream told.
#[derive(Default)]
struct Heard {
    /// The journal's last line when it began; none before it did.
    since: Option<u64>,
    /// The lines that it told of.
    lines: Vec<u64>,
    /// Whether it told that the session is over.
    over: Option<Refusal>,
    /// Whether it ended.
    closed: bool,
}

type Told = Arc<Mutex<Heard>>;

/// A device that listens by one stream after the other.
struct Ear {
    of: OfSession,
    process: usize,
    told: Told,
    task: JoinHandle<()>,
}

/// All devices that listen.
#[derive(Default)]
pub struct Ears(BTreeMap<SessionId, Ear>);

fn heard(told: &Told) -> MutexGuard<'_, Heard> {
    told.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn follow(app: Arc<App>, of: OfSession, told: Told) {
    match app.follow_session(of).await {
        Ok((_, since, mut stream)) => {
            heard(&told).since = Some(since);
            while let Some(news) = stream.next().await {
                let mut heard = heard(&told);
                heard.lines.push(news.line.seq);
                heard.over = news.now.err();
            }
        }
        Err(Failure::Refused(refusal)) => heard(&told).over = Some(refusal),
        // The device comes back.
        Err(_) => {}
    }
    heard(&told).closed = true;
}

impl Ears {
    /// A device begins to listen at a process.
    pub fn listen(&mut self, app: &Arc<App>, process: usize, of: OfSession) {
        let told = Told::default();
        let task = tokio::spawn(follow(app.clone(), of, told.clone()));
        let ear = Ear {
            of,
            process,
            told,
            task,
        };
        if let Some(before) = self.0.insert(of.session, ear) {
            before.task.abort();
        }
    }

    /// Streams of a process that died.
    pub fn cut(&mut self, process: usize) {
        for ear in self.0.values().filter(|ear| ear.process == process) {
            ear.task.abort();
            heard(&ear.told).closed = true;
        }
    }

    /// Devices whose stream ended, and that were not told that their session is over.
    pub fn closed(&self) -> Vec<OfSession> {
        let ears = self.0.values();
        let closed = ears.filter(|ear| {
            let heard = heard(&ear.told);
            heard.closed && heard.over.is_none()
        });
        closed.map(|ear| ear.of).collect()
    }

    /// What was told, for the trace.
    pub fn shown(&self) -> String {
        let all = self.0.values().map(|ear| {
            let heard = heard(&ear.told);
            let over = heard.over.as_ref().map(Refusal::code);
            format!("{:?} {:?} {over:?}", heard.since, heard.lines)
        });
        all.collect::<Vec<_>>().join("; ")
    }

    /// Each was told of every line about its session, once and in order, up to the one by which
    /// it is over; and who is told so is told why. `about` gives a session's lines, and how it
    /// ended if it did.
    pub fn check(&self, about: impl Fn(SessionId) -> (Vec<u64>, bool)) -> Check {
        for (session, ear) in &self.0 {
            let heard = heard(&ear.told);
            let (lines, ended) = about(*session);
            let in_order = heard.lines.is_sorted_by(|one, next| one < next);
            that(in_order, "J2: told twice or out of order")?;
            if heard.closed && heard.over.is_none() {
                continue;
            }
            match heard.over.as_ref().map(Refusal::code) {
                None => that(!ended, "E7: not told that it is over")?,
                // Why it ended is told for some days.
                Some("session_ended" | "not_found") => {
                    that(ended, "E7: told that it is over, and it is not")?;
                }
                // It has another token by now.
                Some("not_signed_in") => continue,
                Some(other) => return Err(format!("E7: told that it is {other}")),
            }
            let (Some(since), Some(last)) = (heard.since, heard.lines.last()) else {
                let missed = lines.last().is_some_and(|last| Some(*last) > heard.since);
                that(heard.over.is_some() || !missed, "J2: not told of a line")?;
                continue;
            };
            let to = if heard.over.is_some() {
                *last
            } else {
                u64::MAX
            };
            let mut own = lines.iter().filter(|seq| **seq > since && **seq <= to);
            let all = own.all(|seq| heard.lines.contains(seq));
            that(all, "J2: not told of a line")?;
        }
        Ok(())
    }
}
