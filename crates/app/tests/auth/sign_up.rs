//! Signing up.

use usher_app::accounts::{NewAccount, SignedUp};
use usher_app::desk::Reply;
use usher_app::{Ask, Failure};
use usher_rules::Refusal;

use crate::world::{ANN, PASSWORD, Server, once};

fn ann() -> SignedUp {
    SignedUp {
        email: ANN.to_owned(),
        name: "Ann".to_owned(),
    }
}

#[tokio::test]
async fn i1_signing_up_makes_an_account_on_the_free_plan() {
    let server = Server::new();
    assert_eq!(server.sign_up(" Ann@Example.com ").await, Ok(ann()));
    let log_in = server.log_in(ANN, PASSWORD).await.unwrap();
    assert!(log_in.text.starts_with("ses_"));
    assert!(!log_in.account.operator);
    assert_eq!(server.mail_lines().await, ["welcome ann@example.com"]);
}

#[tokio::test]
async fn i1_signing_up_does_not_tell_whether_an_account_exists() {
    let server = Server::new();
    let first = server.sign_up(ANN).await;
    let second = server.sign_up(ANN).await;
    assert_eq!(first, second);
    let mails = [
        "welcome ann@example.com",
        "you_have_an_account ann@example.com",
    ];
    assert_eq!(server.mail_lines().await, mails);
}

#[tokio::test]
async fn i1_a_mailbox_is_not_filled_by_signing_up_again_and_again() {
    let server = Server::new();
    for _ in 0..20 {
        assert_eq!(server.sign_up(ANN).await, Ok(ann()));
    }
    assert_eq!(server.mail_lines().await.len(), 7);
}

#[tokio::test]
async fn i1_many_who_sign_up_with_one_address_make_one_account() {
    let server = Server::new();
    let all = (0..8).map(|_| server.sign_up(ANN));
    for answer in futures::future::join_all(all).await {
        assert_eq!(answer, Ok(ann()));
    }
    let lines = server.mail_lines().await;
    let welcomes = lines.iter().filter(|line| line.starts_with("welcome"));
    assert_eq!(welcomes.count(), 1);
}

#[tokio::test]
async fn i3_a_replayed_sign_up_happens_once() {
    let server = Server::new();
    let mut replies = Vec::new();
    for _ in 0..2 {
        let new = NewAccount {
            email: ANN.to_owned(),
            name: "Ann".to_owned(),
            password: PASSWORD.to_owned(),
        };
        let ask = once(Ask::default(), "key");
        let render = |result: Result<&SignedUp, &Refusal>| Reply {
            status: 201,
            body: result.unwrap().email.clone(),
        };
        replies.push(server.app.sign_up(ask, new, render).await.unwrap());
    }
    assert_eq!(replies[0], replies[1]);
    assert_eq!(server.mail_lines().await, ["welcome ann@example.com"]);
}

#[tokio::test]
async fn i1_what_can_not_be_is_refused_field_by_field() {
    let server = Server::new();
    let table = [
        ("ann", "Ann", PASSWORD, "email"),
        (ANN, " ", PASSWORD, "name"),
        (ANN, "A\u{7}nn", PASSWORD, "name"),
        (ANN, "Ann", "short", "password"),
    ];
    for (email, name, password, wrong) in table {
        let new = NewAccount {
            email: email.to_owned(),
            name: name.to_owned(),
            password: password.to_owned(),
        };
        let render = |_: Result<&SignedUp, &Refusal>| Reply {
            status: 201,
            body: String::new(),
        };
        match server.app.sign_up(Ask::default(), new, render).await {
            Err(Failure::Refused(Refusal::Invalid { field, .. })) => assert_eq!(field, wrong),
            other => panic!("{wrong}: {other:?}"),
        }
    }
}
