//! The sandbox: its clock can be moved, and everything that waits for time happens as if
//! it had passed.

use std::sync::Arc;

use usher_rules::{Refusal, Time};
use usher_store::records::Mail;

use crate::App;
use crate::desk::Failure;

/// How far a sandbox's clock can be moved at once, in seconds: a hundred years.
pub const FARTHEST_SECONDS: i64 = 100 * 366 * 24 * 3600;

impl App {
    /// Moves the clock forward to a moment; what is due on the way has happened when this
    /// returns.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] outside a sandbox, [`Refusal::Invalid`] for a moment in the
    /// past (what has happened can't be undone) or too far ahead.
    pub async fn move_clock(self: &Arc<Self>, to: Time) -> Result<Time, Failure> {
        if !self.store.is_sandbox() {
            return Err(Refusal::not_found("sandbox").into());
        }
        let now = self.store.now().await?;
        if to < now || to > now.plus_seconds(FARTHEST_SECONDS) {
            return Err(Refusal::Invalid {
                field: "now",
                why: "not before the sandbox's present time, and within a hundred years of it",
            }
            .into());
        }
        self.store.move_clock(to.micros_since(now)).await?;
        self.sweep().await?;
        Ok(self.store.now().await?)
    }

    /// The mails that a sandbox would have sent, newest first.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] outside a sandbox; storage errors.
    pub async fn sent_mail(self: &Arc<Self>, limit: u32) -> Result<Vec<Mail>, Failure> {
        if !self.store.is_sandbox() {
            return Err(Refusal::not_found("sandbox").into());
        }
        self.send_due_mail(None).await?;
        Ok(self.store.sent_mail(limit).await?)
    }
}
