//! Changing a password, and choosing one by mail (rule I4).

use usher_app::Ask;
use usher_app::desk::Reply;
use usher_app::tokens::MakeToken;
use usher_rules::Refusal;

use crate::world::{ANN, PASSWORD, Server, answer, once, with};

const OTHER: &str = "battery staple";

impl Server {
    async fn change_password(&self, ask: &Ask, current: &str) -> Result<(), Refusal> {
        let (current, new) = (current.to_owned(), OTHER.to_owned());
        answer(|render| self.app.change_password(ask.clone(), current, new, render)).await
    }

    async fn request_reset(&self, email: &str) -> Result<(), Refusal> {
        let email = email.to_owned();
        answer(|render| self.app.request_reset(Ask::default(), email, render)).await
    }

    async fn reset_password(&self, token: &str) -> Result<(), Refusal> {
        let (token, new) = (token.to_owned(), OTHER.to_owned());
        answer(|render| self.app.reset_password(Ask::default(), token, new, render)).await
    }

    async fn is_signed_in(&self, ask: &Ask) -> bool {
        self.me(ask).await.is_ok()
    }
}

#[tokio::test]
async fn i4_a_changed_password_ends_the_other_log_ins() {
    let server = Server::new();
    let (_, ask) = server.ann().await;
    let other = server.log_in(ANN, PASSWORD).await.unwrap();
    let wanted = MakeToken {
        name: "script".to_owned(),
        read_only: false,
        expires_in_seconds: None,
    };
    let made = answer(|render| server.app.make_token(ask.clone(), wanted, render)).await;
    assert_eq!(server.change_password(&ask, PASSWORD).await, Ok(()));
    assert!(server.is_signed_in(&ask).await);
    assert!(!server.is_signed_in(&with(&other.text)).await);
    assert!(server.is_signed_in(&with(&made.unwrap().text)).await);
    let refused = server.log_in(ANN, PASSWORD).await.err();
    assert_eq!(refused, Some(Refusal::WrongCredentials));
    assert!(server.log_in(ANN, OTHER).await.is_ok());
}

#[tokio::test]
async fn i4_a_password_is_changed_by_who_knows_it() {
    let server = Server::new();
    let (_, ask) = server.ann().await;
    for attempt in 1..=7 {
        let refused = server.change_password(&ask, "wrong horse").await;
        let too_many = matches!(refused, Err(Refusal::TooManyAttempts { .. }));
        assert_eq!(too_many, attempt > 6, "attempt {attempt}: {refused:?}");
    }
    assert!(server.log_in(ANN, PASSWORD).await.is_ok());
    let refused = server.change_password(&Ask::default(), PASSWORD).await;
    assert_eq!(refused, Err(Refusal::NotSignedIn));
}

#[tokio::test]
async fn i4_no_log_in_with_the_former_password_outlives_its_change() {
    let server = Server::new();
    let (_, ask) = server.ann().await;
    let log_ins = (0..5).map(|_| server.log_in(ANN, PASSWORD));
    let log_ins = futures::future::join_all(log_ins);
    let change = server.change_password(&ask, PASSWORD);
    let (log_ins, changed) = futures::future::join(log_ins, change).await;
    assert_eq!(changed, Ok(()));
    for log_in in log_ins.into_iter().flatten() {
        assert!(!server.is_signed_in(&with(&log_in.text)).await);
    }
    let tokens = server.app.tokens(&ask).await.unwrap();
    assert_eq!(tokens.items.len(), 1);
}

#[tokio::test]
async fn i3_a_replayed_change_of_password_gives_its_answer() {
    let server = Server::new();
    let (_, ask) = server.ann().await;
    let ask = once(ask, "key");
    let mut replies = Vec::new();
    for _ in 0..2 {
        let render = |result: Result<&(), &Refusal>| Reply {
            status: result.map_or(401, |()| 204),
            body: String::new(),
        };
        let (current, new) = (PASSWORD.to_owned(), OTHER.to_owned());
        let changed = server
            .app
            .change_password(ask.clone(), current, new, render);
        replies.push(changed.await.unwrap().status);
    }
    assert_eq!(replies, [204, 204]);
}

#[tokio::test]
async fn i4_a_mailed_link_sets_a_new_password_once() {
    let server = Server::new();
    let (_, ask) = server.ann().await;
    assert_eq!(server.request_reset("Ann@example.com").await, Ok(()));
    let token = server.mailed("password_reset", "token").await;
    let link = server.mailed("password_reset", "link").await;
    assert_eq!(link, format!("https://usher.example.com/reset/{token}"));
    assert!(
        !server.is_signed_in(&with(&token)).await,
        "it signs nobody in"
    );

    assert_eq!(server.reset_password(&token).await, Ok(()));
    assert!(!server.is_signed_in(&ask).await);
    assert!(server.log_in(ANN, OTHER).await.is_ok());
    let again = server.reset_password(&token).await;
    assert_eq!(again, Err(Refusal::not_found("token")));
}

#[tokio::test]
async fn i4_a_mailed_link_is_good_for_an_hour() {
    let server = Server::new();
    server.sign_up(ANN).await.unwrap();
    server.request_reset(ANN).await.unwrap();
    let token = server.mailed("password_reset", "token").await;
    server.store.advance(3600);
    let late = server.reset_password(&token).await;
    assert_eq!(late, Err(Refusal::not_found("token")));
    assert!(server.log_in(ANN, PASSWORD).await.is_ok());
}

#[tokio::test]
async fn i4_asking_for_a_link_does_not_tell_whether_an_account_exists() {
    let server = Server::new();
    server.sign_up(ANN).await.unwrap();
    assert_eq!(server.request_reset("nobody@example.com").await, Ok(()));
    for _ in 0..20 {
        assert_eq!(server.request_reset(ANN).await, Ok(()));
    }
    let lines = server.mail_lines().await;
    assert!(lines.iter().all(|line| line.ends_with(ANN)));
    let resets = lines
        .iter()
        .filter(|line| line.starts_with("password_reset"));
    assert_eq!(resets.count(), 6, "a mailbox is not filled");
}

#[tokio::test]
async fn i3_a_replayed_reset_gives_its_answer() {
    let server = Server::new();
    server.sign_up(ANN).await.unwrap();
    server.request_reset(ANN).await.unwrap();
    let token = server.mailed("password_reset", "token").await;
    let mut replies = Vec::new();
    for _ in 0..2 {
        let render = |result: Result<&(), &Refusal>| Reply {
            status: result.map_or(404, |()| 204),
            body: String::new(),
        };
        let ask = once(Ask::default(), "key");
        let (token, new) = (token.clone(), OTHER.to_owned());
        let reset = server.app.reset_password(ask, token, new, render);
        replies.push(reset.await.unwrap().status);
    }
    assert_eq!(replies, [204, 204]);
}
