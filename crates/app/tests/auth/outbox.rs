//! Sending mails.

use std::sync::Mutex;

use async_trait::async_trait;
use usher_app::outbox::{Mailer, SendError};
use usher_store::memory::MemoryStore;
use usher_store::records::Mail;

use crate::world::{ANN, START, Server};

/// A mail server that says these things, one after another, then accepts all.
#[derive(Default)]
struct Post {
    answers: Mutex<Vec<SendError>>,
    got: Mutex<Vec<Mail>>,
}

#[async_trait]
impl Mailer for Post {
    async fn send(&self, mail: &Mail) -> Result<(), SendError> {
        self.got.lock().unwrap().push(mail.clone());
        let answer = self.answers.lock().unwrap().pop();
        answer.map_or(Ok(()), Err)
    }
}

impl Post {
    fn that_says(what: &str, temporary: bool) -> Post {
        let what = what.to_owned();
        let post = Post::default();
        post.answers
            .lock()
            .unwrap()
            .push(SendError { temporary, what });
        post
    }

    fn count(&self) -> usize {
        self.got.lock().unwrap().len()
    }
}

/// A server that sends, with one mail waiting.
async fn server() -> Server {
    let server = Server::on(MemoryStore::new(START));
    server.sign_up(ANN).await.unwrap();
    server
}

#[tokio::test]
async fn d1_a_mail_is_sent_once_and_gone() {
    let server = server().await;
    let post = Post::default();
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(1));
    assert_eq!(post.got.lock().unwrap()[0].recipient, ANN);
    server.store.advance(24 * 3600);
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(0));
}

#[tokio::test]
async fn d1_a_mail_waits_where_there_is_no_mail_server() {
    let server = server().await;
    assert_eq!(server.app.send_due_mail(None).await, Ok(0));
    let post = Post::default();
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(1));
}

#[tokio::test]
async fn d1_a_mail_that_was_not_sent_is_tried_again_later() {
    let server = server().await;
    let post = Post::that_says("greylisted", true);
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(1));
    server.store.advance(29);
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(0));
    server.store.advance(1);
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(1));
    server.store.advance(24 * 3600);
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(0));
    assert_eq!(post.count(), 2);
}

#[tokio::test]
async fn d1_a_mail_that_can_never_arrive_is_given_up() {
    let server = server().await;
    let post = Post::that_says("no such mailbox", false);
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(1));
    server.store.advance(24 * 3600);
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(0));
}

#[tokio::test]
async fn d1_two_processes_send_a_mail_once() {
    let one = server().await;
    let two = Server::on(one.store.clone());
    let post = Post::default();
    let both = [&one, &two].map(|server| server.app.send_due_mail(Some(&post)));
    let sent = futures::future::join_all(both).await;
    assert_eq!(sent.into_iter().map(Result::unwrap).sum::<usize>(), 1);
    assert_eq!(post.count(), 1);
}

#[tokio::test]
async fn a_sandbox_keeps_mails_and_sends_none() {
    let server = Server::new();
    server.sign_up(ANN).await.unwrap();
    let post = Post::default();
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(1));
    assert_eq!(post.count(), 0);
    assert_eq!(server.mail_lines().await, ["welcome ann@example.com"]);
}

#[tokio::test]
async fn d1_more_mails_than_one_claim_holds_are_sent_in_one_go() {
    let server = Server::on(MemoryStore::new(START));
    for n in 0..25 {
        server
            .sign_up(&format!("ann{n}@example.com"))
            .await
            .unwrap();
    }
    let post = Post::default();
    assert_eq!(server.app.send_due_mail(Some(&post)).await, Ok(25));
    assert_eq!(post.count(), 25);
}
