//! Wrong attempts are slowed down, and tell nothing (rule I1).

use usher_rules::Refusal;

use crate::world::{ANN, PASSWORD, Server, once};
use usher_app::Ask;

const NOBODY: &str = "nobody@example.com";

fn wait(seconds: i64) -> Refusal {
    Refusal::TooManyAttempts {
        retry_after_seconds: seconds,
    }
}

#[tokio::test]
async fn i1_a_wrong_password_and_an_unknown_address_get_the_same_answers() {
    let server = Server::new();
    server.sign_up(ANN).await.unwrap();
    for attempt in 1..=9 {
        let known = server.log_in(ANN, "wrong horse").await.err();
        let unknown = server.log_in(NOBODY, "wrong horse").await.err();
        assert_eq!(known, unknown, "attempt {attempt}");
        let expected = if attempt <= 6 {
            Refusal::WrongCredentials
        } else {
            wait(1)
        };
        assert_eq!(known, Some(expected), "attempt {attempt}");
    }
    assert_eq!(
        server.log_in("ann", PASSWORD).await.err(),
        Some(Refusal::WrongCredentials)
    );
}

#[tokio::test]
async fn i1_the_wait_doubles_and_the_right_password_ends_it() {
    let server = Server::new();
    server.sign_up(ANN).await.unwrap();
    for _ in 0..6 {
        server.log_in(ANN, "wrong horse").await.err().unwrap();
    }
    // Not even the right one is looked at before its time.
    assert_eq!(server.log_in(ANN, PASSWORD).await.err(), Some(wait(1)));
    server.store.advance(1);
    let refused = server.log_in(ANN, "wrong horse").await.err();
    assert_eq!(refused, Some(Refusal::WrongCredentials));
    assert_eq!(server.log_in(ANN, PASSWORD).await.err(), Some(wait(2)));
    server.store.advance(2);
    assert!(server.log_in(ANN, PASSWORD).await.is_ok());
    let refused = server.log_in(ANN, "wrong horse").await.err();
    assert_eq!(refused, Some(Refusal::WrongCredentials));
    assert!(server.log_in(ANN, PASSWORD).await.is_ok());
}

#[tokio::test]
async fn i1_wrong_attempts_are_forgotten_after_a_day() {
    let server = Server::new();
    server.sign_up(ANN).await.unwrap();
    for _ in 0..6 {
        server.log_in(ANN, "wrong horse").await.err().unwrap();
    }
    server.store.advance(24 * 3600);
    for _ in 0..6 {
        let refused = server.log_in(ANN, "wrong horse").await.err();
        assert_eq!(refused, Some(Refusal::WrongCredentials));
    }
}

#[tokio::test]
async fn i1_many_attempts_at_once_gain_nothing() {
    let server = Server::new();
    server.sign_up(ANN).await.unwrap();
    let all = (0..30).map(|_| server.log_in(ANN, "wrong horse"));
    let refused = futures::future::join_all(all).await;
    let looked_at = refused
        .iter()
        .filter(|result| result.as_ref().err() == Some(&Refusal::WrongCredentials));
    assert_eq!(looked_at.count(), 6);
}

#[tokio::test]
async fn i3_a_replayed_log_in_gives_a_fresh_secret_and_voids_the_first() {
    let server = Server::new();
    server.sign_up(ANN).await.unwrap();
    let log_in = || server.log_in_with(once(Ask::default(), "key"), ANN, PASSWORD, None);
    let first = log_in().await.unwrap();
    let second = log_in().await.unwrap();
    assert_eq!(first.token.id, second.token.id);
    assert_ne!(first.text, second.text);
    let me = |text: String| async { server.me(&crate::world::with(&{ text })).await.err() };
    assert_eq!(me(first.text).await, Some(Refusal::NotSignedIn));
    assert_eq!(me(second.text).await, None);
}

#[tokio::test]
async fn i1_a_log_in_ends_with_its_time() {
    let server = Server::new();
    let (_, ask) = server.ann().await;
    server.store.advance(30 * 24 * 3600 - 1);
    assert!(server.me(&ask).await.is_ok());
    server.store.advance(1);
    assert_eq!(server.me(&ask).await.err(), Some(Refusal::NotSignedIn));
}
