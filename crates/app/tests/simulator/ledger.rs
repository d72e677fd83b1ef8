//! Who asked for what and was told what: nothing that was acknowledged is lost, and nothing
//! that was asked for twice is done twice (rules E4, I3).

use std::collections::{BTreeMap, BTreeSet};

use usher_app::desk::Reply;
use usher_rules::{CallId, Event, LinkId, PoolId, SessionId, Time};
use usher_store::lists::EventLine;
use usher_store::records::Digest;
use uuid::Uuid;

use crate::act::{Act, YES};
use crate::book::Book;
use crate::trace::{Check, that};

/// For how long the answer is kept under a key, in seconds.
const KEY_KEPT: i64 = 24 * 3600;

/// How far clocks go back, in seconds, and a little more.
const CLOCKS_DIFFER: i64 = 5;

/// A request, which may be sent several times.
#[derive(Debug, Clone)]
pub struct Asked {
    pub act: Act,
    pub token: Option<Digest>,
    /// Whose, of the cast.
    pub person: Option<usize>,
    /// The idempotency key (rule I3).
    pub key: Option<String>,
    /// When it was first sent.
    pub first_at: Time,
    /// How often it was sent.
    pub sent: usize,
}

/// All requests of a run.
#[derive(Default)]
pub struct Ledger {
    pub asked: Vec<Asked>,
    /// Which request an attempt belongs to, and when it was sent.
    attempts: BTreeMap<Uuid, (usize, Time)>,
    /// The attempt of a request that did something, and when.
    did: BTreeMap<usize, (Uuid, Time)>,
    started: BTreeSet<SessionId>,
    links: BTreeSet<LinkId>,
    pools: BTreeSet<PoolId>,
    calls: BTreeSet<CallId>,
    refused: BTreeSet<usize>,
    /// What a request was first answered with: the id of what was made.
    first: BTreeMap<usize, String>,
}

impl Ledger {
    pub fn sends(&mut self, request: usize, attempt: Uuid, at: Time) {
        self.asked[request].sent += 1;
        self.attempts.insert(attempt, (request, at));
    }

    /// A line of a journal: whose doing it was.
    pub fn wrote(&mut self, line: &EventLine) -> Check {
        match line.event {
            Event::SessionStarted { session, .. } => drop(self.started.insert(session)),
            Event::LinkMade { link, .. } => drop(self.links.insert(link)),
            Event::PoolMade { pool, .. } => drop(self.pools.insert(pool)),
            Event::CallStarted { call, .. } | Event::CallEnded { call, .. } => {
                self.calls.insert(call);
            }
            _ => {}
        }
        let Some((request, _)) = self.attempts.get(&line.request).copied() else {
            return Ok(());
        };
        match line.event {
            Event::LogInRefused { .. } => drop(self.refused.insert(request)),
            // The same answer with a fresh secret is done anew each time.
            Event::SessionRenewed { .. } | Event::LinkRenewed { .. } => return Ok(()),
            _ => {}
        }
        let first = self.did.entry(request);
        let (did, at) = *first.or_insert((line.request, line.recorded_at));
        let known_until = at.plus_seconds(KEY_KEPT);
        let forgotten = self.asked[request].key.is_none() || known_until <= line.recorded_at;
        that(
            did == line.request || forgotten,
            "I3: asked twice and done twice",
        )
    }

    /// An attempt was answered. All that it tells of stands in the journal, which was read.
    pub fn answered(&mut self, attempt: Uuid, reply: &Reply, now: Time, book: &mut Book) -> Check {
        let (request, sent_at) = self.attempts[&attempt];
        let mut words = reply.body.split(' ');
        let first = words.next().unwrap_or_default();
        if reply.status != YES {
            return Ok(());
        }
        self.answers_the_same(request, first, now)?;
        let id = Uuid::try_parse(first);
        let asked = &self.asked[request];
        match &asked.act {
            Act::LogIn(case) => {
                let Ok(id) = id else {
                    let refused = first != "no_seat_available" || self.refused.contains(&request);
                    return that(refused, "E4: a refusal is not in the journal");
                };
                let session = SessionId(id);
                let began = self.started.contains(&session);
                that(began, "E4: an acknowledged log-in was lost")?;
                let desk = book.desks.get(&case.domain).ok_or("no desk")?;
                let seat = desk.seats.get(&session).map(|seat| seat.user == case.user);
                that(seat != Some(false), "E4: another user's session")
            }
            Act::LogOff(case) => {
                let ended = desk(book, case.0.domain)
                    .ended
                    .contains_key(&case.0.session);
                that(ended, "E4: an acknowledged log-off was lost")
            }
            Act::Beat(case) => {
                self.heard(asked, book, case.of, sent_at, first);
                Ok(())
            }
            Act::Report(case) => {
                self.heard(asked, book, case.of, sent_at, first);
                let known = self.calls.contains(&case.report.call);
                that(known, "F1: an acknowledged report was lost")
            }
            Act::Link(_) => {
                let known = id.is_ok_and(|id| self.links.contains(&LinkId(id)));
                that(known, "F2: an acknowledged link was lost")
            }
            Act::Revoke(case) => {
                let link = desk(book, case.domain).links.get(&case.link);
                let at_latest = now.plus_seconds(CLOCKS_DIFFER);
                let over = link.is_none_or(|link| link.over || link.until <= at_latest);
                that(over, "F2: an acknowledged revocation was lost")
            }
            Act::Ring(_) => {
                let known = id.is_ok_and(|id| self.calls.contains(&CallId(id)));
                that(known, "F2: a guest's acknowledged call was lost")
            }
            Act::MakePool(_) => {
                let known = id.is_ok_and(|id| self.pools.contains(&PoolId(id)));
                that(known, "E9: an acknowledged pool was lost")
            }
            Act::DeletePool(case) => {
                let there = desk(book, case.domain).pools.contains_key(&case.pool);
                that(!there, "E10: an acknowledged deletion was lost")
            }
            Act::LogOut(case) => {
                let desk = desk(book, case.of.domain);
                let seat = desk.seats.get(&case.of.session);
                that(
                    seat.is_none_or(|seat| seat.out_after_call),
                    "E7: an acknowledged log-out was lost",
                )
            }
            _ => Ok(()),
        }
    }

    /// I3: who asks once more under a key is told what was told first.
    fn answers_the_same(&mut self, request: usize, what: &str, now: Time) -> Check {
        let before = self.first.entry(request).or_insert_with(|| what.to_owned());
        let asked = &self.asked[request];
        let known_until = asked.first_at.plus_seconds(KEY_KEPT);
        let forgotten = asked.key.is_none() || known_until <= now;
        that(
            *before == what || forgotten,
            "I3: asked twice and answered in two ways",
        )
    }

    /// E8: a device that was heard of is present. What is remembered under a key says nothing
    /// of now.
    fn heard(
        &self,
        asked: &Asked,
        book: &mut Book,
        of: usher_app::sessions::OfSession,
        sent_at: Time,
        said: &str,
    ) {
        if asked.key.is_none()
            && said == "on"
            && let Some(desk) = book.desks.get_mut(&of.domain)
            && let Some(seat) = desk.seats.get_mut(&of.session)
        {
            seat.seen_at = seat.seen_at.max(sent_at);
        }
    }
}

fn desk(book: &Book, domain: usher_rules::DomainId) -> &crate::desk::Desk {
    &book.desks[&domain]
}
