//! What another process does in the middle of a use case: the races that a single process
//! never shows, made to happen.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use usher_rules::{AccountId, Event, Head, Refusal};
use usher_store::memory::MemoryStore;
use usher_store::records::Token;
use usher_store::through::{Between, Through};
use usher_store::{Load, Result, Snapshot, Store};

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

/// Another process that comes in between, once.
#[derive(Clone)]
struct Meanwhile {
    inner: MemoryStore,
    work: Arc<Mutex<Option<(After, usize, Work)>>>,
}

impl Meanwhile {
    /// Two processes; the second does something after the nth such call of the first.
    fn two() -> (Server, Server, Meanwhile) {
        let two = Server::new();
        let between = Meanwhile {
            inner: two.store.clone(),
            work: Arc::default(),
        };
        let seen = Through {
            store: Arc::new(two.store.clone()),
            between: between.clone(),
        };
        let one = Server::over(Arc::new(seen), two.store.clone());
        (one, two, between)
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
impl Between for Meanwhile {
    async fn load(&self, store: &dyn Store, load: &Load) -> Result<Snapshot> {
        let snapshot = store.load(load).await;
        if !load.emails.is_empty() {
            self.called(After::Address).await;
        }
        if load.keys {
            self.called(After::Keys).await;
        }
        snapshot
    }

    async fn tokens(&self, store: &dyn Store, account: AccountId) -> Result<Vec<Token>> {
        let tokens = store.tokens(account).await;
        self.called(After::Tokens).await;
        tokens
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
