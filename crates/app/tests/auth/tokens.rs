//! Personal access tokens and log-ins (rules I1, I4).

use usher_app::Ask;
use usher_app::accounts::Rename;
use usher_app::login::LogOut;
use usher_app::tokens::{MakeToken, NewToken, RevokeToken};
use usher_rules::{AccountId, Refusal, Time, TokenId, UnitId};
use usher_store::records::{Token, TokenKind};
use usher_store::{Store, Unit, Write};

use crate::world::{ANN, PASSWORD, START, Server, answer, once, with};

fn token(read_only: bool, expires_in_seconds: Option<i64>) -> MakeToken {
    MakeToken {
        name: "script".to_owned(),
        read_only,
        expires_in_seconds,
    }
}

impl Server {
    async fn make_token(&self, ask: &Ask, wanted: MakeToken) -> Result<NewToken, Refusal> {
        answer(|render| self.app.make_token(ask.clone(), wanted, render)).await
    }

    async fn rename(&self, account: AccountId, ask: &Ask) -> Result<String, Refusal> {
        let name = "Ann Lee".to_owned();
        self.run(ask, Rename { account, name }).await
    }

    /// Gives an account as many log-ins as it can have.
    async fn fill(&self, account: AccountId) {
        let log_in = |n: u8| Token {
            id: TokenId::nth(u128::from(n) + 1),
            digest: [n; 32],
            account,
            kind: TokenKind::LogIn,
            name: "".into(),
            read_only: false,
            created_at: START,
            expires_at: START.plus_seconds(3600),
        };
        let unit = Unit {
            id: UnitId::nth(1),
            at: START,
            heads: Vec::new(),
            journal: Vec::new(),
            writes: (0..199).map(|n| Write::Token(log_in(n))).collect(),
        };
        assert_eq!(self.store.commit(vec![unit]).await, [Ok(())]);
    }
}

#[tokio::test]
async fn i1_a_personal_token_is_shown_once_and_kept_as_a_digest() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    let made = server.make_token(&ask, token(false, None)).await.unwrap();
    assert!(made.text.starts_with("ush_"));
    let kept = server.store.tokens(account).await.unwrap();
    assert!(
        kept.iter()
            .all(|token| !format!("{token:?}").contains(&made.text))
    );
    assert_eq!(
        server.rename(account, &with(&made.text)).await,
        Ok("Ann Lee".to_owned())
    );
}

#[tokio::test]
async fn i1_a_token_that_may_only_read_writes_nothing() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    let made = server.make_token(&ask, token(true, None)).await.unwrap();
    let reader = with(&made.text);
    assert!(server.me(&reader).await.is_ok());
    assert_eq!(
        server.rename(account, &reader).await,
        Err(Refusal::NotAllowed)
    );
    // It can't make itself one that writes.
    let made = server.make_token(&reader, token(false, None)).await.err();
    assert_eq!(made, Some(Refusal::NotAllowed));
    assert_eq!(server.run(&reader, LogOut { account }).await, Ok(()));
    assert_eq!(server.me(&reader).await.err(), Some(Refusal::NotSignedIn));
}

#[tokio::test]
async fn i1_a_personal_token_expires() {
    let server = Server::new();
    let (_, ask) = server.ann().await;
    let made = server
        .make_token(&ask, token(false, Some(3600)))
        .await
        .unwrap();
    let ask_later = with(&made.text);
    server.store.advance(3599);
    assert!(server.me(&ask_later).await.is_ok());
    server.store.advance(1);
    assert_eq!(
        server.me(&ask_later).await.err(),
        Some(Refusal::NotSignedIn)
    );
    for seconds in [59, 366 * 24 * 3600 + 1, -1] {
        let refused = server.make_token(&ask, token(false, Some(seconds))).await;
        assert!(
            matches!(refused.err(), Some(Refusal::Invalid { .. })),
            "{seconds}"
        );
    }
}

#[tokio::test]
async fn i3_a_replayed_token_has_a_fresh_secret_and_the_first_is_void() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    let keyed = once(ask.clone(), "key");
    let first = server.make_token(&keyed, token(true, None)).await.unwrap();
    let second = server.make_token(&keyed, token(true, None)).await.unwrap();
    assert_eq!(first.token.id, second.token.id);
    assert!(server.me(&with(&first.text)).await.is_err());
    assert!(server.me(&with(&second.text)).await.is_ok());
    let id = second.token.id;
    server.run(&ask, RevokeToken { account, id }).await.unwrap();
    let third = server.make_token(&keyed, token(true, None)).await.err();
    assert_eq!(third, Some(Refusal::not_found("token")));
}

#[tokio::test]
async fn i4_log_ins_are_listed_and_ended_by_their_owner() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    let phone = server.log_in(ANN, PASSWORD).await.unwrap();
    let (other, stranger) = server.person("bob@example.com").await;

    let tokens = server.app.tokens(&ask).await.unwrap();
    assert_eq!(tokens.items.len(), 2);
    assert_ne!(tokens.current, phone.token.id);

    let id = phone.token.id;
    let gone = Err(Refusal::not_found("token"));
    assert_eq!(
        server.run(&stranger, RevokeToken { account, id }).await,
        Err(Refusal::NotAllowed)
    );
    let account_of_other = RevokeToken { account: other, id };
    assert_eq!(server.run(&stranger, account_of_other).await, gone);
    assert_eq!(server.run(&ask, RevokeToken { account, id }).await, Ok(()));
    assert_eq!(server.run(&ask, RevokeToken { account, id }).await, gone);
    assert!(server.me(&with(&phone.text)).await.is_err());
    assert_eq!(server.app.tokens(&ask).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn i4_logging_out_ends_the_log_in() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    assert_eq!(server.run(&ask, LogOut { account }).await, Ok(()));
    assert_eq!(server.me(&ask).await.err(), Some(Refusal::NotSignedIn));
    assert!(server.store.tokens(account).await.unwrap().is_empty());
}

#[tokio::test]
async fn i1_an_account_holds_a_limited_number_of_tokens() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    server.fill(account).await;
    let refused = server.make_token(&ask, token(false, None)).await.err();
    assert!(matches!(refused, Some(Refusal::WrongState { .. })));
    // Nobody is kept out: the oldest log-in makes room.
    let log_in = server.log_in(ANN, PASSWORD).await.unwrap();
    let kept = server.store.tokens(account).await.unwrap();
    assert_eq!(kept.len(), 200);
    assert!(kept.iter().any(|token| token.id == log_in.token.id));
    assert!(kept.iter().all(|token| token.id != TokenId::nth(1)));
    assert_eq!(log_in.token.created_at, Time(START.0));
}
