//! A run: some processes on one store, requests under way, time that moves, processes that die,
//! answers that are lost, and checks in between. All of it follows from the seed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::{JoinHandle, yield_now};
use usher_app::desk::{Failure, Reply};
use usher_app::secrets::digest;
use usher_app::sessions::{Heartbeat, OfSession, ReportCall};
use usher_app::{App, Ask, Idempotency, Settings};
use usher_rules::{DomainId, LinkId, PoolId, SessionId, Time};
use usher_store::Store;
use usher_store::memory::MemoryStore;
use usher_store::records::Digest;
use usher_store::through::Through;
use uuid::Uuid;

use crate::act::Act;
use crate::book::{Book, at_once};
use crate::chance::Chance;
use crate::ears::Ears;
use crate::leads::Leads;
use crate::ledger::{Asked, Ledger};
use crate::opening::{Cast, Company, Opening};
use crate::trace::{Check, Trace, that};
use crate::wire::Wire;
use crate::wishes::{Told, Wishes};

/// Requests under way at most.
const UNDER_WAY: usize = 6;
/// For how long the same request is sent again, in seconds: less than its answer is kept.
const INSISTS: i64 = 20 * 3600;
/// How often feeds look by themselves.
const SECOND: Duration = Duration::from_secs(1);
/// Steps between two comparisons of rows with journals.
const COMPARED_EVERY: usize = 8;

/// What lies between processes and the store beside their wires: a planted fault, or nothing.
pub type Plant = fn(Arc<dyn Store>) -> Arc<dyn Store>;

/// How long a run is, and what is planted in it.
#[derive(Clone, Copy)]
pub struct Script {
    pub seed: u64,
    pub steps: usize,
    pub plant: Plant,
}

/// What came of a run.
pub struct Ended {
    /// What is wrong, if something is.
    pub wrong: Option<String>,
    pub trace: Trace,
    /// How often what happened.
    pub counts: BTreeMap<String, u64>,
}

/// A process, until it dies.
struct Process {
    app: Arc<App>,
    wire: Wire,
}

/// An attempt that was sent and not answered yet.
struct UnderWay {
    request: usize,
    attempt: Uuid,
    process: usize,
    task: JoinHandle<()>,
}

type Answers = Arc<Mutex<Vec<(Uuid, Result<Reply, Failure>)>>>;

struct Play {
    script: Script,
    chance: Chance,
    store: MemoryStore,
    cast: Cast,
    processes: Vec<Process>,
    born: u64,
    under_way: Vec<UnderWay>,
    answers: Answers,
    /// Requests whose answer did not come.
    again: Vec<usize>,
    told: Vec<Told>,
    ears: Ears,
    leads: Leads,
    book: Book,
    ledger: Ledger,
    trace: Trace,
    counts: BTreeMap<String, u64>,
    step: usize,
}

/// Plays a script from the opening on.
pub fn play(opening: &Opening, script: Script) -> Ended {
    // Feeds look by themselves every second: of a clock that only the run moves.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.expect("a runtime");
    let mut play = Play::new(opening, script);
    let wrong = runtime.block_on(play.whole()).err();
    if let Some(wrong) = &wrong {
        play.note(&format!("WRONG {wrong}"));
    }
    for process in &play.processes {
        process.wire.count(&mut play.counts);
    }
    Ended {
        wrong,
        trace: play.trace,
        counts: play.counts,
    }
}

impl Play {
    fn new(opening: &Opening, script: Script) -> Play {
        let store = opening.store.copied();
        let domains: Vec<_> = opening.cast.companies.iter().map(|c| c.domain).collect();
        let mut play = Play {
            script,
            chance: Chance::new(script.seed, 1),
            book: Book::new(store.clone(), &domains, &opening.cast.accounts),
            store,
            told: vec![Told::default(); opening.cast.people.len()],
            ears: Ears::default(),
            leads: Leads::default(),
            cast: opening.cast.clone(),
            processes: Vec::new(),
            born: 0,
            under_way: Vec::new(),
            answers: Arc::default(),
            again: Vec::new(),
            ledger: Ledger::default(),
            trace: Trace::default(),
            counts: BTreeMap::new(),
            step: 0,
        };
        let several = 2 + play.chance.below(2);
        let count = if play.is_alone() { 1 } else { several };
        for _ in 0..count {
            let process = play.process();
            play.processes.push(process);
        }
        play
    }

    /// Whether one process has the store to itself, as an embedded one is had: in every seventh
    /// run.
    fn is_alone(&self) -> bool {
        self.script.seed % 7 == 6
    }

    fn process(&mut self) -> Process {
        self.born += 1;
        let wire = Wire::new(
            Chance::new(self.script.seed, 2 * self.born),
            self.is_alone(),
        );
        let store: Arc<dyn Store> = Arc::new(self.store.clone());
        let seen = Through {
            store: (self.script.plant)(store),
            between: wire.clone(),
        };
        let entropy = Arc::new(Chance::new(self.script.seed, 2 * self.born + 1));
        let app = App::new(Arc::new(seen), Settings::default(), entropy);
        Process { app, wire }
    }

    fn now(&self) -> Time {
        at_once(self.store.now())
    }

    fn note(&mut self, what: &str) {
        let now = self.now();
        self.trace.line(self.step, now, what);
    }

    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    async fn whole(&mut self) -> Check {
        self.book.read(0, &mut self.ledger, &mut self.trace)?;
        self.book.compare()?;
        self.leads_begin();
        for step in 1..=self.script.steps {
            self.step = step;
            self.something();
            if self.chance.one_in(4) {
                tokio::time::advance(SECOND).await;
            }
            for _ in 0..self.chance.below(10) {
                yield_now().await;
            }
            self.collect()?;
            if step.is_multiple_of(COMPARED_EVERY) {
                self.book.compare()?;
            }
        }
        self.end().await
    }

    /// One thing happens.
    fn something(&mut self) {
        match self.chance.weighted(&[70, 14, 9, 6, 1]) {
            0 if self.under_way.len() < UNDER_WAY => self.wish(),
            0 | 1 => {
                self.ask_again();
                self.listen_again(3);
            }
            2 => self.time_goes_on(),
            3 => self.sweep(),
            _ => self.somebody_dies(),
        }
    }

    fn wish(&mut self) {
        let mut wishes = Wishes {
            chance: &self.chance,
            cast: &self.cast,
            told: &mut self.told,
            book: &self.book,
        };
        let Some((act, token, person)) = wishes.next() else {
            return;
        };
        let request = self.ledger.asked.len();
        let key = (!self.chance.one_in(3)).then(|| format!("key {request}"));
        let asked = Asked {
            act,
            token,
            person,
            key,
            first_at: self.now(),
            sent: 0,
        };
        self.ledger.asked.push(asked);
        self.send(request);
        if self.chance.one_in(12) {
            self.send(request);
        }
    }

    fn ask_again(&mut self) {
        if self.again.is_empty() {
            return;
        }
        let request = self.again.swap_remove(self.chance.below(self.again.len()));
        let late = self.ledger.asked[request].first_at.plus_seconds(INSISTS) < self.now();
        if late || self.chance.one_in(6) {
            self.note(&format!("#{request} gives up"));
        } else {
            self.send(request);
        }
    }

    /// Devices whose stream ended come back, each once in so many times.
    fn listen_again(&mut self, times: usize) {
        for of in self.ears.closed() {
            if self.chance.one_in(times) {
                self.listen(of);
            }
        }
        for (of, owner) in self.leads.closed() {
            if self.chance.one_in(times) {
                self.watch(of, owner);
            }
        }
    }

    fn watch(&mut self, of: (DomainId, PoolId), owner: Digest) {
        let process = self.chance.below(self.processes.len());
        let app = &self.processes[process].app;
        self.leads.watch(app, process, of, owner);
    }

    /// The first pool of each domain has somebody who watches it.
    fn leads_begin(&mut self) {
        for Company { domain, owner } in self.cast.companies.clone() {
            let pools = self.book.replay.pools.keys();
            let first = pools.copied().find(|of| of.0 == domain);
            if let Some(of) = first {
                self.watch(of, owner);
            }
        }
    }

    fn listen(&mut self, of: OfSession) {
        let process = self.chance.below(self.processes.len());
        self.count("stream");
        self.ears.listen(&self.processes[process].app, process, of);
    }

    fn send(&mut self, request: usize) {
        let process = self.chance.below(self.processes.len());
        let attempt = self.chance.id();
        let asked = self.ledger.asked[request].clone();
        self.ledger.sends(request, attempt, self.now());
        self.count(asked.act.word());
        let shown = asked.act.shown();
        self.note(&format!(
            "#{request} at {process} key {}: {shown}",
            asked.key.is_some()
        ));
        let idempotency = asked.key.map(|key| Idempotency {
            route: asked.act.word().to_owned(),
            key,
            fingerprint: digest("the same body"),
        });
        let ask = Ask {
            token: asked.token,
            device_of: asked.act.device_of(),
            request: attempt,
            idempotency,
        };
        let (app, answers) = (self.processes[process].app.clone(), self.answers.clone());
        let task = tokio::spawn(async move {
            let answer = asked.act.ask(&app, ask).await;
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.push((attempt, answer));
        });
        self.under_way.push(UnderWay {
            request,
            attempt,
            process,
            task,
        });
    }

    /// Time moves: seldom far, often to where something is due, and back a little as clocks do.
    fn time_goes_on(&mut self) {
        let now = self.now();
        let due = self.book.desks.values().flat_map(|desk| desk.next_due());
        let due: Vec<Time> = due.filter(|at| *at > now).collect();
        let seconds = |seconds: usize| now.plus_seconds(i64::try_from(seconds).expect("few"));
        let to = match self.chance.weighted(&[36, 24, 20, 4, 4, 2, 6]) {
            0 => Time(now.0 + 1 + self.chance.below(2_000_000) as i64),
            1 => seconds(1 + self.chance.below(90)),
            2 => match due.iter().min() {
                Some(at) => Time(at.0 + self.chance.below(3) as i64 - 1),
                None => seconds(30),
            },
            3 => self.chance.pick(&due).unwrap_or(now),
            4 => seconds(600 + self.chance.below(7200)),
            5 => seconds(86_400 * (1 + self.chance.below(32))),
            _ => Time(now.0 - self.chance.below(3_000_000) as i64),
        };
        self.store.set_now(to);
        self.note("time");
    }

    fn sweep(&mut self) {
        let process = self.chance.below(self.processes.len());
        let app = self.processes[process].app.clone();
        let forgets = self.chance.one_in(6);
        self.note(&format!("sweep at {process}"));
        self.count("sweep");
        tokio::spawn(async move {
            // A sweep that fails leaves its work to the next.
            let _ = app.sweep().await;
            if forgets {
                let _ = app.forget().await;
            }
        });
    }

    fn somebody_dies(&mut self) {
        let process = self.chance.below(self.processes.len());
        self.processes[process].wire.cut();
    }

    /// Buries the dead: what was asked of them is not answered, and another takes the place.
    fn bury(&mut self) {
        for process in 0..self.processes.len() {
            if !self.processes[process].wire.is_cut() {
                continue;
            }
            self.note(&format!("process {process} died"));
            self.count("process died");
            self.processes[process].wire.count(&mut self.counts);
            let (lost, alive) = std::mem::take(&mut self.under_way)
                .into_iter()
                .partition(|under_way| under_way.process == process);
            self.under_way = alive;
            let lost: Vec<UnderWay> = lost;
            for lost in lost {
                lost.task.abort();
                self.again.push(lost.request);
            }
            self.ears.cut(process);
            self.leads.cut(process);
            self.processes[process] = self.process();
        }
    }

    /// Takes the answers that came, and reads what was written.
    fn collect(&mut self) -> Check {
        self.bury();
        self.book
            .read(self.step, &mut self.ledger, &mut self.trace)?;
        let answers =
            std::mem::take(&mut *self.answers.lock().unwrap_or_else(PoisonError::into_inner));
        for (attempt, answer) in answers {
            let Some(at) = self.under_way.iter().position(|u| u.attempt == attempt) else {
                continue;
            };
            let request = self.under_way.remove(at).request;
            let lost = self.chance.one_in(14);
            match answer {
                Ok(_) if lost => {
                    self.note(&format!("#{request}: the answer is lost"));
                    self.again.push(request);
                }
                Ok(reply) => self.told(request, attempt, &reply)?,
                Err(Failure::Refused(refusal)) => {
                    self.note(&format!("#{request}: {}", refusal.code()));
                }
                Err(failure) => {
                    self.note(&format!("#{request}: {failure}"));
                    let broken = failure.to_string().contains("refused the rows");
                    that(!broken, "A1: only the database stopped it")?;
                    self.again.push(request);
                }
            }
        }
        Ok(())
    }

    fn told(&mut self, request: usize, attempt: Uuid, reply: &Reply) -> Check {
        self.note(&format!("#{request}: {} {}", reply.status, reply.body));
        let word = self.ledger.asked[request].act.word();
        let id = |word: &str| Uuid::try_parse(word).is_ok();
        let outcome = match reply.body.split(' ').next() {
            Some(word) if !id(word) && !word.is_empty() => word,
            _ => "done",
        };
        self.count(&format!("{word}: {outcome}"));
        let now = self.now();
        self.ledger.answered(attempt, reply, now, &mut self.book)?;
        let Asked { act, person, .. } = &self.ledger.asked[request];
        let Some(told) = person.map(|person| &mut self.told[person]) else {
            return Ok(());
        };
        if let (Act::Beat(Heartbeat { of, .. }) | Act::Report(ReportCall { of, .. }), false) =
            (act, reply.body == "on" || self.chance.one_in(3))
        {
            told.sessions.retain(|known| known.session != of.session);
        }
        let mut words = reply.body.split(' ');
        let id = words.next().and_then(|word| Uuid::try_parse(word).ok());
        let (Some(id), Some(token)) = (id, words.next()) else {
            return Ok(());
        };
        match act {
            Act::LogIn(case) => {
                let of = OfSession {
                    domain: case.domain,
                    session: SessionId(id),
                    token: Some(digest(token)),
                };
                told.sessions.push(of);
                if self.chance.one_in(2) {
                    self.listen(of);
                }
            }
            Act::Link(case) => told.links.push((case.domain, LinkId(id), token.to_owned())),
            _ => {}
        }
        Ok(())
    }

    /// Nothing fails any more; all that was begun ends, all that is due happens, and in a month
    /// nobody sits there whom a clock or silence ends.
    async fn end(&mut self) -> Check {
        for process in &self.processes {
            process.wire.calm();
        }
        for _ in 0..2000 {
            yield_now().await;
        }
        self.collect()?;
        that(self.under_way.is_empty(), "a request is never answered")?;
        for days in [0, 31] {
            self.store.advance(days * 86_400);
            self.step += 1;
            let swept = self.processes[0].app.sweep().await;
            that(swept.is_ok(), "a sweep fails though nothing does")?;
            self.collect()?;
            self.book.compare()?;
            let left = at_once(self.store.due(self.now(), 10));
            that(left.is_empty(), "E6, E8: something is due after a sweep")?;
            if days == 0 {
                self.all_were_told().await?;
            }
        }
        Ok(())
    }

    /// All who listen come back, and seconds pass: then they were told of everything.
    async fn all_were_told(&mut self) -> Check {
        self.listen_again(1);
        for _ in 0..3 {
            tokio::time::advance(SECOND).await;
            for _ in 0..100 {
                yield_now().await;
            }
        }
        self.collect()?;
        let shown = self.ears.shown();
        self.note(&format!("heard {shown}"));
        self.ears.check(|session| self.book.about(session))?;
        self.leads.check(|pool| self.book.traffic(pool))
    }
}
