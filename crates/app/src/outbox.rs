//! The outbox: mails that were written with what they tell, and are sent from here. Any
//! number of processes send: each claims some for a while. A mail that was sent is gone,
//! and with it the secrets in it.

use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use usher_rules::Time;
use usher_store::port::MailOutcome;
use usher_store::records::Mail;

use crate::desk::Failure;
use crate::{App, limits};

/// For how long a claimed mail is this process's, in seconds.
const LEASE_SECONDS: i64 = 60;
/// After this long a mail server that does not answer is given up, in seconds: before the
/// lease ends.
const SEND_SECONDS: u64 = 45;
/// Mails that are claimed and sent together.
const CLAIM: u32 = 10;
/// Claims of one call.
const ROUNDS: u32 = 20;
/// The first and the longest wait before a mail is tried again, in seconds.
const RETRY_SECONDS: (i64, i64) = (30, 3600);

/// Why a mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct SendError {
    /// Whether trying again may help.
    pub temporary: bool,
    /// What the mail server said; no address, no secret.
    pub what: String,
}

/// Sends mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one.
    async fn send(&self, mail: &Mail) -> Result<(), SendError>;
}

impl App {
    /// Sends the mails that are due. In a sandbox they are kept instead, to be looked at.
    /// Without a mailer they wait. Gives how many were dealt with.
    ///
    /// # Errors
    /// Storage errors; a mail that can't be sent is tried again later.
    pub async fn send_due_mail(&self, mailer: Option<&dyn Mailer>) -> Result<usize, Failure> {
        let sandbox = self.store.is_sandbox();
        if mailer.is_none() && !sandbox {
            return Ok(0);
        }
        let mailer = mailer.filter(|_| !sandbox);
        let mut count = 0;
        for _ in 0..ROUNDS {
            let now = self.store.now().await?;
            let lease = now.plus_seconds(LEASE_SECONDS);
            let mails = self.store.claim_mail(now, lease, CLAIM).await?;
            let deliveries = mails.iter().map(|mail| deliver(mailer, mail, now));
            let outcomes = join_all(deliveries).await;
            for (mail, outcome) in mails.iter().zip(outcomes) {
                self.store.settle_mail(mail.id, outcome).await?;
            }
            count += mails.len();
            if mails.len() < CLAIM as usize {
                break;
            }
        }
        Ok(count)
    }
}

/// Sends a mail, or keeps it where there is no mailer.
async fn deliver(mailer: Option<&dyn Mailer>, mail: &Mail, now: Time) -> MailOutcome {
    let Some(mailer) = mailer else {
        return MailOutcome::SentAndKept(now);
    };
    let limit = Duration::from_secs(SEND_SECONDS);
    let sent = tokio::time::timeout(limit, mailer.send(mail)).await;
    let sent = sent.unwrap_or_else(|_| {
        Err(SendError {
            temporary: true,
            what: "the mail server did not answer in time".to_owned(),
        })
    });
    let template = mail.template.clone();
    match sent {
        Ok(()) => {
            metrics::counter!("usher_mails_sent_total", "template" => template).increment(1);
            MailOutcome::Sent
        }
        Err(error) => {
            metrics::counter!("usher_mails_failed_total", "template" => template).increment(1);
            let outcome = after_failure(mail, &error, now);
            let given_up = outcome == MailOutcome::Sent;
            tracing::warn!(
                mail = %mail.id, template = mail.template, attempts = mail.attempts, given_up,
                error = error.what, "a mail was not sent"
            );
            outcome
        }
    }
}

/// Tried again after a wait that doubles; given up when that can't help, or was done often
/// enough: then it goes as if it were sent.
fn after_failure(mail: &Mail, error: &SendError, now: Time) -> MailOutcome {
    if !error.temporary || mail.attempts >= limits::MAIL_ATTEMPTS {
        return MailOutcome::Sent;
    }
    let (first, longest) = RETRY_SECONDS;
    let doublings = u32::try_from(mail.attempts - 1).unwrap_or(0).min(20);
    MailOutcome::RetryAt(now.plus_seconds((first << doublings).min(longest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(attempts: i64) -> Mail {
        Mail {
            id: uuid::Uuid::nil(),
            template: "welcome".to_owned(),
            recipient: "ann@example.com".to_owned(),
            params: "{}".to_owned(),
            created_at: Time::ZERO,
            due_at: Time::ZERO,
            attempts,
            sent_at: None,
        }
    }

    fn error(temporary: bool) -> SendError {
        SendError {
            temporary,
            what: "greylisted".to_owned(),
        }
    }

    #[test]
    fn a_mail_is_tried_again_after_waits_that_double() {
        let wait = |attempts| match after_failure(&tried(attempts), &error(true), Time::ZERO) {
            MailOutcome::RetryAt(at) => at.micros_since(Time::ZERO) / 1_000_000,
            other => panic!("{other:?}"),
        };
        let waits: Vec<i64> = (1..=9).map(wait).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
    }

    #[test]
    fn a_mail_that_can_never_be_sent_is_given_up() {
        let outcome = after_failure(&tried(1), &error(false), Time::ZERO);
        assert_eq!(outcome, MailOutcome::Sent);
        let outcome = after_failure(&tried(limits::MAIL_ATTEMPTS), &error(true), Time::ZERO);
        assert_eq!(outcome, MailOutcome::Sent);
    }
}
