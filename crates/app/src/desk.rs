//! The desk: where commands wait, are decided together and committed once.
//!
//! Each head has a lane of its own. A lane's worker takes all that waits, loads once,
//! decides one after another, commits once, answers all; then it looks again. Nothing is
//! locked over an await: safety comes from the versions that a commit names. A batch that
//! lost its version takes the head's turn before it tries again.

use std::collections::{BTreeSet, HashMap};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use tokio::sync::oneshot;
use usher_rules::{DomainId, Head, Refusal, TokenId};
use usher_store::load::DUE_OF_A_KIND;
use usher_store::records::{Digest, Remembered, TokenKind};
use usher_store::{Error, Grown, Load, Snapshot, Store, Turn, Unit, Write};

use crate::draft::Draft;
use crate::secrets::digest_of;
use crate::{App, Ask, limits};

/// A change that someone asks for.
pub trait UseCase: Send + Sync + 'static {
    /// What it gives when it is done.
    type Answer: Send + 'static;

    /// Whose journal it belongs to: commands with the same head are decided together.
    fn head(&self) -> Head;

    /// What it must see, given what it has seen so far. Asked until nothing is added. The
    /// caller's token is always loaded.
    fn needs(&self, seen: &Snapshot, load: &mut Load);

    /// Authorises and decides. May be called again after a conflict.
    ///
    /// # Errors
    /// A refusal; then nothing may have been written to the draft.
    fn decide(&self, draft: &mut Draft<'_>) -> Result<Self::Answer, Refusal>;

    /// The token whose secret the answer shows: a replay gives a fresh secret instead and
    /// voids the first (rule I3). What has a secret but no token's id, a session, is named by
    /// its own.
    fn shows_secret_of(&self, _answer: &Self::Answer) -> Option<TokenId> {
        None
    }

    /// The same answer again with a fresh secret, for a replay.
    ///
    /// # Errors
    /// A refusal, when the token is gone.
    fn replay(&self, _token: TokenId, _draft: &mut Draft<'_>) -> Result<Self::Answer, Refusal> {
        Err(Refusal::not_found("token"))
    }
}

/// An answer as it goes out, and as it is kept under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// JSON.
    pub body: String,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The rules said no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] Error),
    /// Too much waits, or too many conflicts: try again later.
    #[error("too much is going on; try again in a moment")]
    Busy,
}

/// Makes the reply of an answer or a refusal.
type Render<A> = Box<dyn Fn(Result<&A, &Refusal>) -> Reply + Send + Sync>;

/// A use case with who asks and how its answer is written.
struct Job<U: UseCase> {
    ask: Ask,
    case: U,
    render: Render<U::Answer>,
}

/// A job with who waits for its answer.
struct Waiting {
    job: Arc<dyn AnyJob>,
    reply: oneshot::Sender<Result<Reply, Failure>>,
}

impl Waiting {
    fn answer(self, reply: Result<Reply, Failure>) {
        // Whoever asked may have gone; what was done stays done.
        let _ = self.reply.send(or_taken(self.job.as_ref(), reply));
    }
}

/// A job of any use case.
trait AnyJob: Send + Sync {
    fn ask(&self) -> &Ask;
    fn needs(&self, seen: &Snapshot, load: &mut Load);
    fn decide(&self, draft: &mut Draft<'_>) -> Decided;
    fn replay(&self, token: TokenId, draft: &mut Draft<'_>) -> Reply;
    fn refuse(&self, refusal: &Refusal) -> Reply;
}

/// Jobs that are decided together.
type Jobs = Arc<[Arc<dyn AnyJob>]>;

/// What became of a job on a draft.
struct Decided {
    reply: Reply,
    secret: Option<TokenId>,
}

impl<U: UseCase> AnyJob for Job<U> {
    fn ask(&self) -> &Ask {
        &self.ask
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.tokens.extend(self.ask.account_token());
        self.case.needs(seen, load);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Decided {
        let length = draft.length();
        let result = self.case.decide(draft);
        if result.is_err() {
            debug_assert_eq!(length, draft.length(), "a refusal changes nothing");
        }
        Decided {
            secret: result
                .as_ref()
                .ok()
                .and_then(|answer| self.case.shows_secret_of(answer)),
            reply: (self.render)(result.as_ref()),
        }
    }

    fn replay(&self, token: TokenId, draft: &mut Draft<'_>) -> Reply {
        let result = self.case.replay(token, draft);
        (self.render)(result.as_ref())
    }

    fn refuse(&self, refusal: &Refusal) -> Reply {
        (self.render)(Err(refusal))
    }
}

/// The lanes with work in them.
#[derive(Default)]
pub struct Desk {
    lanes: Mutex<HashMap<Head, Vec<Waiting>>>,
}

impl Desk {
    fn lanes(&self) -> MutexGuard<'_, HashMap<Head, Vec<Waiting>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl App {
    /// Does a use case: decided with all that waits for the same head, committed, and on
    /// disk when the reply comes.
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors. A refusal is a reply.
    pub async fn run<U: UseCase>(
        self: &Arc<Self>,
        ask: Ask,
        case: U,
        render: impl Fn(Result<&U::Answer, &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        let (reply, answered) = oneshot::channel();
        let head = case.head();
        let job = Arc::new(Job {
            ask,
            case,
            render: Box::new(render),
        });
        self.submit(head, Waiting { job, reply })?;
        answered.await.unwrap_or(Err(Failure::Busy))
    }

    /// Does a use case for one of the program's own: gives the answer itself.
    ///
    /// # Errors
    /// The refusal, [`Failure::Busy`] or a storage error.
    pub async fn do_now<U: UseCase>(
        self: &Arc<Self>,
        ask: Ask,
        case: U,
    ) -> Result<U::Answer, Failure>
    where
        U::Answer: Clone,
    {
        let kept = Arc::new(Mutex::new(None));
        let keep = kept.clone();
        let render = move |result: Result<&U::Answer, &Refusal>| {
            let result = result.cloned().map_err(Clone::clone);
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            Reply {
                status: 0,
                body: String::new(),
            }
        };
        self.run(ask, case, render).await?;
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.map_or(Err(Failure::Busy), |result| {
            result.map_err(Failure::Refused)
        })
    }

    fn submit(self: &Arc<Self>, head: Head, job: Waiting) -> Result<(), Failure> {
        let mut lanes = self.desk.lanes();
        if let Some(waiting) = lanes.get_mut(&head) {
            if waiting.len() >= limits::WAITING_PER_HEAD {
                return Err(Failure::Busy);
            }
            waiting.push(job);
            return Ok(());
        }
        lanes.insert(head, vec![job]);
        drop(lanes);
        let app = self.clone();
        tokio::spawn(async move { app.work(head).await });
        Ok(())
    }

    async fn work(self: Arc<Self>, head: Head) {
        while let Some(jobs) = self.take(head) {
            // A bug in one decision must not block its head for good: whoever waits for
            // this batch is told to try again, and the lane goes on.
            let batch = AssertUnwindSafe(self.batch(head, jobs)).catch_unwind();
            if batch.await.is_err() {
                tracing::error!(?head, "a decision panicked");
            }
        }
    }

    fn take(&self, head: Head) -> Option<Vec<Waiting>> {
        let mut lanes = self.desk.lanes();
        let waiting = lanes.get_mut(&head)?;
        if waiting.is_empty() {
            lanes.remove(&head);
            return None;
        }
        let count = waiting.len().min(limits::BATCH);
        Some(waiting.drain(..count).collect())
    }

    async fn batch(&self, head: Head, waiting: Vec<Waiting>) {
        let jobs: Jobs = waiting.iter().map(|waiting| waiting.job.clone()).collect();
        match self.together(head, &jobs).await {
            Ok(replies) => {
                for (waiting, reply) in waiting.into_iter().zip(replies) {
                    waiting.answer(Ok(reply));
                }
            }
            // The database refused a row that one of them wrote: that one fails alone.
            Err(Failure::Store(Error::NotUnique(_) | Error::Constraint(_))) if jobs.len() > 1 => {
                for waiting in waiting {
                    let reply = self.together(head, &[waiting.job.clone()].into()).await;
                    waiting.answer(reply.and_then(|mut all| all.pop().ok_or(Failure::Busy)));
                }
            }
            Err(failure) => {
                for waiting in waiting {
                    waiting.answer(Err(failure.clone()));
                }
            }
        }
    }

    /// Load, decide, commit; again after a conflict.
    async fn together(&self, head: Head, jobs: &Jobs) -> Result<Vec<Reply>, Failure> {
        let mut contested = Contested::default();
        let mut names = BTreeSet::new();
        let mut attempt = 0;
        while attempt < limits::ATTEMPTS {
            contested.wait(self.store.as_ref()).await?;
            let snapshot = self.see(head, jobs, &names).await?;
            let mut draft = Draft::new(snapshot, self.entropy.as_ref(), &self.settings);
            let settled = draft.settle();
            // More is due than one snapshot holds: write that down first.
            let more_due = settled >= DUE_OF_A_KIND as usize;
            let jobs = if more_due { &[] } else { &**jobs };
            let replies: Vec<Reply> = jobs
                .iter()
                .map(|job| decide(job.as_ref(), head, &mut draft))
                .collect();
            if !draft.unnamed().is_subset(&names) {
                names.extend(draft.unnamed());
                continue;
            }
            let unit = draft.finish(head).map(|unit| contested.mark(unit));
            let heads = unit.iter().flat_map(|unit| &unit.heads);
            let heads: Vec<Head> = heads.map(|change| change.head).collect();
            match self.commit(unit).await {
                Ok(()) if more_due => {}
                Ok(()) => return Ok(replies),
                Err(Error::Conflict) => {
                    metrics::counter!("usher_conflicts_total").increment(1);
                    contested.add(heads);
                    attempt += 1;
                }
                Err(error) => return Err(Failure::Store(error)),
            }
        }
        Err(Failure::Busy)
    }

    async fn see(
        &self,
        head: Head,
        jobs: &Jobs,
        names: &BTreeSet<DomainId>,
    ) -> Result<Snapshot, Failure> {
        let (jobs, names) = (jobs.clone(), names.clone());
        self.gather(move |seen, load| {
            load.names.extend(&names);
            for job in &*jobs {
                job.needs(seen, load);
                if let Some(key) = remembered_under(job.as_ref(), head, seen) {
                    load.remembered.insert(key);
                }
            }
        })
        .await
    }

    async fn commit(&self, unit: Option<Unit>) -> Result<(), Error> {
        let Some(unit) = unit else { return Ok(()) };
        let heads: Vec<Head> = unit.heads.iter().map(|change| change.head).collect();
        self.kept.commit(&*self.store, unit).await?;
        for head in heads {
            if let Head::Domain(domain) = head {
                self.hub.tell(Grown::Domain(domain));
            }
        }
        Ok(())
    }
}

/// The heads on which a batch lost to somebody else, and the turn on them.
#[derive(Default)]
struct Contested {
    heads: BTreeSet<Head>,
    turn: Option<Box<dyn Turn>>,
}

impl Contested {
    fn add(&mut self, heads: Vec<Head>) {
        let before = self.heads.len();
        self.heads.extend(heads);
        if self.heads.len() > before {
            self.turn = None;
        }
    }

    /// Waits for the turn, once there are such heads.
    async fn wait(&mut self, store: &dyn Store) -> Result<(), Error> {
        if self.turn.is_none() && !self.heads.is_empty() {
            let heads: Vec<Head> = self.heads.iter().copied().collect();
            self.turn = Some(store.turn(&heads).await?);
        }
        Ok(())
    }

    /// What is decided now is decided in turn.
    fn mark(&self, mut unit: Unit) -> Unit {
        for change in &mut unit.heads {
            change.in_turn = self.turn.is_some() && self.heads.contains(&change.head);
        }
        unit
    }
}

/// Where a job's answer is remembered: per caller and route (rule I3). Known once the
/// caller's token was seen; without one, anyone who has the key and the body is the caller.
fn remembered_under(job: &dyn AnyJob, lane: Head, seen: &Snapshot) -> Option<(Head, Digest)> {
    let idempotency = job.ask().idempotency.as_ref()?;
    let caller = match job.ask().token {
        Some(digest) => bearer(&digest, seen)?,
        None => [0; 16],
    };
    let parts = [
        caller.as_slice(),
        idempotency.route.as_bytes(),
        idempotency.key.as_bytes(),
    ];
    Some((lane, digest_of(&parts)))
}

/// Whose token it is: an account's, or the session's whose device has it.
fn bearer(digest: &Digest, seen: &Snapshot) -> Option<[u8; 16]> {
    if let Some(token) = seen.tokens.get(digest) {
        let own = match token.kind {
            // It stands for itself: several may be with one account.
            TokenKind::Proxy => token.id.bytes(),
            _ => token.account.bytes(),
        };
        return (token.expires_at > seen.world.now).then_some(own);
    }
    seen.session_by_token(digest)
        .map(|(_, session)| session.bytes())
}

/// Decides a job on the draft, unless its answer is remembered.
fn decide(job: &dyn AnyJob, lane: Head, draft: &mut Draft<'_>) -> Reply {
    draft.begin(job.ask());
    let Some((head, key)) = remembered_under(job, lane, draft.snapshot()) else {
        return job.decide(draft).reply;
    };
    let now = draft.world().now;
    let Some(idempotency) = &job.ask().idempotency else {
        return job.decide(draft).reply;
    };
    let known = draft.snapshot().remembered.get(&(head.key(), key)).cloned();
    if let Some(known) = known.filter(|known| known.stands_against(now)) {
        if known.fingerprint != idempotency.fingerprint {
            return job.refuse(&Refusal::IdempotencyMismatch);
        }
        return match known.token {
            Some(token) => with_status(job.replay(token, draft), known.status),
            None => Reply {
                status: known.status,
                body: known.body,
            },
        };
    }
    let decided = job.decide(draft);
    draft.write(Write::Remembered(Remembered {
        head: head.key(),
        key,
        fingerprint: idempotency.fingerprint,
        status: decided.reply.status,
        body: match decided.secret {
            Some(_) => String::new(),
            None => decided.reply.body.clone(),
        },
        token: decided.secret,
        at: now,
    }));
    decided.reply
}

/// A replay is answered with the status of the first answer, unless it is refused.
fn with_status(reply: Reply, status: u16) -> Reply {
    let status = if reply.status < 300 {
        status
    } else {
        reply.status
    };
    Reply { status, ..reply }
}

/// A name that someone else took in between is a refusal like any other.
fn or_taken(job: &dyn AnyJob, reply: Result<Reply, Failure>) -> Result<Reply, Failure> {
    match reply {
        Err(Failure::Store(Error::NotUnique(what))) => {
            let fields = ["prefix", "external_id", "email"];
            let field = fields.into_iter().find(|field| what.contains(field));
            // By the name of the index, or of its column.
            let calls = ["session_of_call", "sessions.call"];
            let call = calls.iter().any(|name| what.contains(name));
            match field.or(call.then_some("call")) {
                Some(field) => Ok(job.refuse(&Refusal::Taken { field })),
                None => Err(Failure::Store(Error::NotUnique(what))),
            }
        }
        other => other,
    }
}
