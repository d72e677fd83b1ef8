//! One-time codes as second factor (rule I4).

use totp_rs::{Builder, Secret};
use usher_app::Ask;
use usher_app::accounts::totp::{BeginTotp, ConfirmTotp};
use usher_rules::{AccountId, Refusal, Time};
use usher_store::Store;

use crate::world::{ANN, PASSWORD, Server, answer, once};

/// What an authenticator shows.
fn code(secret: &str, at: Time) -> String {
    let secret = Secret::try_from_base32(secret).unwrap();
    let authenticator = Builder::new().with_secret(secret).build().unwrap();
    let seconds = u64::try_from(at.0 / 1_000_000).unwrap();
    authenticator.generate(seconds).to_string()
}

impl Server {
    async fn code(&self, secret: &str) -> String {
        code(secret, self.store.now().await.unwrap())
    }

    /// Switches the second factor on; gives the secret.
    async fn second_factor(&self, account: AccountId, ask: &Ask) -> String {
        let begun = self.run(ask, BeginTotp { account }).await.unwrap();
        let code = self.code(&begun.secret).await;
        self.run(ask, ConfirmTotp { account, code }).await.unwrap();
        begun.secret
    }

    async fn enter(&self, code: Option<String>) -> Option<Refusal> {
        let entered = self.log_in_with(Ask::default(), ANN, PASSWORD, code);
        entered.await.err()
    }
}

#[tokio::test]
async fn i4_a_log_in_needs_a_code_once_the_second_factor_is_confirmed() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    let begun = server.run(&ask, BeginTotp { account }).await.unwrap();
    assert!(begun.url.contains(&begun.secret));
    assert!(!server.me(&ask).await.unwrap().second_factor);
    assert_eq!(server.enter(None).await, None, "not confirmed yet");

    let wrong = ConfirmTotp {
        account,
        code: "000000".to_owned(),
    };
    let refused = server.run(&ask, wrong).await;
    assert_eq!(refused, Err(Refusal::WrongCredentials));
    let code = server.code(&begun.secret).await;
    server
        .run(&ask, ConfirmTotp { account, code })
        .await
        .unwrap();
    assert!(server.me(&ask).await.unwrap().second_factor);

    server.store.advance(60);
    assert_eq!(server.enter(None).await, Some(Refusal::WrongCredentials));
    let code = server.code(&begun.secret).await;
    assert_eq!(server.enter(Some(code)).await, None);
}

#[tokio::test]
async fn i4_a_code_is_good_once() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    let secret = server.second_factor(account, &ask).await;
    // Even the one that confirmed it is used up.
    let code = server.code(&secret).await;
    assert_eq!(
        server.enter(Some(code)).await,
        Some(Refusal::WrongCredentials)
    );
    server.store.advance(60);
    let code = server.code(&secret).await;
    assert_eq!(server.enter(Some(code.clone())).await, None);
    assert_eq!(
        server.enter(Some(code)).await,
        Some(Refusal::WrongCredentials)
    );
    server.store.advance(30);
    let code = server.code(&secret).await;
    assert_eq!(server.enter(Some(code)).await, None);
}

#[tokio::test]
async fn i4_a_code_is_good_once_for_many_at_once() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    let secret = server.second_factor(account, &ask).await;
    server.store.advance(60);
    let code = server.code(&secret).await;
    let all = (0..4).map(|_| server.enter(Some(code.clone())));
    let entered = futures::future::join_all(all).await;
    assert_eq!(
        entered.iter().filter(|refused| refused.is_none()).count(),
        1
    );
}

#[tokio::test]
async fn i4_wrong_codes_are_slowed_down_as_wrong_passwords_are() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    server.second_factor(account, &ask).await;
    for _ in 0..6 {
        let refused = server.enter(Some("000000".to_owned())).await;
        assert_eq!(refused, Some(Refusal::WrongCredentials));
    }
    let refused = server.enter(Some("000000".to_owned())).await;
    assert!(matches!(refused, Some(Refusal::TooManyAttempts { .. })));
}

#[tokio::test]
async fn i4_the_second_factor_is_switched_off_with_the_password() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    server.second_factor(account, &ask).await;
    let disable = async |password: &str| {
        let password = password.to_owned();
        answer(|render| server.app.disable_totp(ask.clone(), password, render)).await
    };
    assert_eq!(disable("wrong horse").await, Err(Refusal::WrongCredentials));
    assert!(server.me(&ask).await.unwrap().second_factor);
    assert_eq!(disable(PASSWORD).await, Ok(()));
    assert_eq!(server.enter(None).await, None);
}

#[tokio::test]
async fn i4_a_second_factor_that_is_on_is_not_replaced() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    server.second_factor(account, &ask).await;
    let begun = server.run(&ask, BeginTotp { account }).await;
    assert!(matches!(begun, Err(Refusal::WrongState { .. })));
}

#[tokio::test]
async fn i3_a_replay_shows_another_secret_and_the_first_is_void() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    let ask = once(ask, "key");
    let first = server.run(&ask, BeginTotp { account }).await.unwrap();
    let second = server.run(&ask, BeginTotp { account }).await.unwrap();
    assert_ne!(first.secret, second.secret);
    let ask = Ask {
        idempotency: None,
        ..ask
    };
    let code = server.code(&first.secret).await;
    let refused = server.run(&ask, ConfirmTotp { account, code }).await;
    assert_eq!(refused, Err(Refusal::WrongCredentials));
    let code = server.code(&second.secret).await;
    assert_eq!(
        server.run(&ask, ConfirmTotp { account, code }).await,
        Ok(())
    );
}
