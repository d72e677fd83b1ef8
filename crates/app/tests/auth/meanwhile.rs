//! What another process does in the middle of a use case: the races that a single process
//! never shows, made to happen.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use uuid::Uuid;

use usher_rules::{
    AccountId, DomainId, Event, Head, LinkId, PoolId, Refusal, SessionId, TeamId, Time, UserId,
};
use usher_store::lists::{
    After as ListAfter, ContactLine, Difference, DomainLine, EventLine, LinkLine, Listing, Page,
    PoolLine, SessionLine, TeamLine, Totals, UserLine, VerificationLine, WaitingLine,
};
use usher_store::memory::MemoryStore;
use usher_store::port::{Forget, MailOutcome};
use usher_store::records::{Mail, Token};
use usher_store::{Committed, Load, Result, Snapshot, Store, Turn, Unit};

use crate::world::{ANN, PASSWORD, Server, answer, with};

/// A call after which something happens.
#[derive(Debug, PartialEq, Eq)]
enum After {
    /// A load that begins a sign-up or a log-in.
    Address,
    /// A load of keys.
    Keys,
    /// A list of tokens.
    Tokens,
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One process's view of a store in which, once, another process comes in between.
#[derive(Clone)]
struct Meanwhile {
    inner: MemoryStore,
    work: Arc<Mutex<Option<(After, usize, Work)>>>,
}

impl Meanwhile {
    /// Two processes; the second does something after the nth such call of the first.
    fn two() -> (Server, Server, Meanwhile) {
        let two = Server::new();
        let store = Meanwhile {
            inner: two.store.clone(),
            work: Arc::default(),
        };
        let one = Server::over(Arc::new(store.clone()), two.store.clone());
        (one, two, store)
    }

    fn then(&self, after: After, nth: usize, work: impl Future<Output = ()> + Send + 'static) {
        *self.work.lock().unwrap() = Some((after, nth, Box::pin(work)));
    }

    async fn called(&self, call: After) {
        let work = {
            let mut waiting = self.work.lock().unwrap();
            match waiting.as_mut() {
                Some((after, nth, _)) if *after == call => *nth -= 1,
                _ => {}
            }
            waiting.take_if(|(_, nth, _)| *nth == 0)
        };
        if let Some((_, _, work)) = work {
            work.await;
        }
    }

    fn is_done(&self) -> bool {
        self.work.lock().unwrap().is_none()
    }
}

#[async_trait]
impl Store for Meanwhile {
    fn engine(&self) -> &'static str {
        self.inner.engine()
    }
    async fn now(&self) -> Result<Time> {
        self.inner.now().await
    }
    async fn load(&self, load: &Load) -> Result<Snapshot> {
        let snapshot = self.inner.load(load).await;
        if !load.emails.is_empty() {
            self.called(After::Address).await;
        }
        if load.keys {
            self.called(After::Keys).await;
        }
        snapshot
    }
    async fn commit(&self, units: Vec<Unit>) -> Vec<Committed> {
        self.inner.commit(units).await
    }
    async fn turn(&self, heads: &[Head]) -> Result<Box<dyn Turn>> {
        self.inner.turn(heads).await
    }
    async fn journal(&self, head: Head, after: u64, limit: u32) -> Result<Vec<EventLine>> {
        self.inner.journal(head, after, limit).await
    }
    async fn due(&self, now: Time, limit: u32) -> Result<Vec<DomainId>> {
        self.inner.due(now, limit).await
    }
    async fn users(&self, domain: DomainId, listing: &Listing) -> Result<Page<UserLine>> {
        self.inner.users(domain, listing).await
    }
    async fn pools(
        &self,
        domain: DomainId,
        after: Option<PoolId>,
        limit: u32,
    ) -> Result<Page<PoolLine>> {
        self.inner.pools(domain, after, limit).await
    }
    async fn pool_sessions(
        &self,
        domain: DomainId,
        pool: PoolId,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Page<SessionLine>> {
        self.inner.pool_sessions(domain, pool, after, limit).await
    }
    async fn waiting(
        &self,
        domain: DomainId,
        pool: PoolId,
        limit: u32,
    ) -> Result<Vec<WaitingLine>> {
        self.inner.waiting(domain, pool, limit).await
    }
    async fn call_links(
        &self,
        domain: DomainId,
        user: UserId,
        before: Option<LinkId>,
        limit: u32,
    ) -> Result<Page<LinkLine>> {
        self.inner.call_links(domain, user, before, limit).await
    }
    async fn teams(
        &self,
        domain: DomainId,
        after: Option<TeamId>,
        limit: u32,
    ) -> Result<Page<TeamLine>> {
        self.inner.teams(domain, after, limit).await
    }
    async fn contacts(
        &self,
        domain: DomainId,
        user: UserId,
        after: Option<&ListAfter>,
        limit: u32,
    ) -> Result<Page<ContactLine>> {
        self.inner.contacts(domain, user, after, limit).await
    }
    async fn totals_below(&self, domain: DomainId) -> Result<Totals> {
        self.inner.totals_below(domain).await
    }
    async fn root_domains(&self, after: Option<DomainId>, limit: u32) -> Result<Page<DomainLine>> {
        self.inner.root_domains(after, limit).await
    }
    async fn pending_verifications(&self, limit: u32) -> Result<Vec<VerificationLine>> {
        self.inner.pending_verifications(limit).await
    }
    async fn tokens(&self, account: AccountId) -> Result<Vec<Token>> {
        let tokens = self.inner.tokens(account).await;
        self.called(After::Tokens).await;
        tokens
    }
    async fn claim_mail(&self, now: Time, lease_until: Time, limit: u32) -> Result<Vec<Mail>> {
        self.inner.claim_mail(now, lease_until, limit).await
    }
    async fn sent_mail(&self, limit: u32) -> Result<Vec<Mail>> {
        self.inner.sent_mail(limit).await
    }
    async fn settle_mail(&self, id: Uuid, outcome: MailOutcome) -> Result<()> {
        self.inner.settle_mail(id, outcome).await
    }
    async fn forget(&self, before: Forget, limit: u32) -> Result<u64> {
        self.inner.forget(before, limit).await
    }
    async fn check(&self) -> Result<Vec<Difference>> {
        self.inner.check().await
    }
    fn is_sandbox(&self) -> bool {
        self.inner.is_sandbox()
    }
    async fn move_clock(&self, by_micros: i64) -> Result<()> {
        self.inner.move_clock(by_micros).await
    }
    async fn ready(&self) -> Result<()> {
        self.inner.ready().await
    }
}

#[tokio::test]
async fn i1_processes_that_make_one_account_together_do_not_tell() {
    let (one, two, store) = Meanwhile::two();
    let expected = two.sign_up("bob@example.com").await.map(|bob| bob.name);
    store.then(After::Address, 1, async move {
        two.sign_up(ANN).await.unwrap();
    });
    assert_eq!(one.sign_up(ANN).await.map(|ann| ann.name), expected);
    assert!(store.is_done());
    let mails = [
        "welcome ann@example.com",
        "welcome bob@example.com",
        "you_have_an_account ann@example.com",
    ];
    assert_eq!(one.mail_lines().await, mails);
}

#[tokio::test]
async fn i1_attempts_at_two_processes_are_counted_together() {
    let (one, two, store) = Meanwhile::two();
    two.sign_up(ANN).await.unwrap();
    let wrong = Some(Refusal::WrongCredentials);
    for _ in 0..5 {
        assert_eq!(two.log_in(ANN, "wrong horse").await.err(), wrong);
    }
    // Both have seen five. Only one of them is the sixth; the other has to wait.
    let other = wrong.clone();
    store.then(After::Address, 1, async move {
        assert_eq!(two.log_in(ANN, "wrong horse").await.err(), other);
    });
    let wait = |seconds| {
        Some(Refusal::TooManyAttempts {
            retry_after_seconds: seconds,
        })
    };
    assert_eq!(one.log_in(ANN, "wrong horse").await.err(), wait(1));
    assert!(store.is_done());
    one.store.advance(1);
    assert_eq!(one.log_in(ANN, "wrong horse").await.err(), wrong);
    assert_eq!(one.log_in(ANN, "wrong horse").await.err(), wait(2));
}

#[tokio::test]
async fn i4_a_log_in_that_was_under_way_does_not_outlive_the_password() {
    let (one, two, store) = Meanwhile::two();
    let (account, ask) = two.ann().await;
    let text = Arc::new(Mutex::new(String::new()));
    let kept = text.clone();
    // After the first list of tokens, which the change is decided with.
    store.then(After::Tokens, 1, async move {
        let log_in = two.log_in(ANN, PASSWORD).await.unwrap();
        assert!(two.me(&with(&log_in.text)).await.is_ok());
        *kept.lock().unwrap() = log_in.text;
    });
    let (current, new) = (PASSWORD.to_owned(), "battery staple".to_owned());
    let changed = answer(|render| one.app.change_password(ask.clone(), current, new, render));
    assert_eq!(changed.await, Ok(()));
    assert!(store.is_done());
    let late = with(&text.lock().unwrap().clone());
    assert_eq!(one.me(&late).await.err(), Some(Refusal::NotSignedIn));
    assert_eq!(one.store.tokens(account).await.unwrap().len(), 1);
}

#[tokio::test]
async fn i4_a_password_that_was_changed_while_it_was_verified_lets_nobody_in() {
    let (one, two, store) = Meanwhile::two();
    let (_, ask) = two.ann().await;
    // The hash to verify against was read; now it is changed.
    store.then(After::Address, 1, async move {
        let (current, new) = (PASSWORD.to_owned(), "battery staple".to_owned());
        let changed = answer(|render| two.app.change_password(ask, current, new, render));
        changed.await.unwrap();
    });
    let refused = one.log_in(ANN, PASSWORD).await.err();
    assert!(store.is_done());
    assert_eq!(refused, Some(Refusal::WrongCredentials));
}

#[tokio::test]
async fn b5_processes_that_need_the_first_key_together_make_one() {
    let (one, two, store) = Meanwhile::two();
    let journal = store.inner.clone();
    // After the load that the first key is decided with.
    store.then(After::Keys, 3, async move {
        assert_eq!(two.app.jwks().await.unwrap().keys.len(), 1);
    });
    let jwks = one.app.jwks().await.unwrap();
    assert!(store.is_done());
    assert_eq!(jwks.keys.len(), 1);
    let journal = journal.journal(Head::System, 0, 10).await.unwrap();
    let events: Vec<&Event> = journal.iter().map(|line| &line.event).collect();
    assert_eq!(events, [&Event::KeysRotated]);
}
