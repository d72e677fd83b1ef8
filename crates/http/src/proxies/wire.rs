//! What the endpoints of proxies share.

use serde::Serialize;
use usher_app::proxies::report::Whom;
use usher_app::sessions::SessionView;
use utoipa::ToSchema;

use crate::problem::Stopped;
use crate::sessions::Session;
use crate::wire::{AccountId, Email};

/// The session of which something was reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProxyReportAnswer {
    /// The session after it; `null` when it is over.
    pub session: Option<Session>,
}

impl From<&Option<SessionView>> for ProxyReportAnswer {
    fn from(view: &Option<SessionView>) -> Self {
        ProxyReportAnswer {
            session: view.as_ref().map(Session::from),
        }
    }
}

/// Of whom a proxy speaks: by one of the two.
pub fn whom(account: Option<AccountId>, email: Option<Email>) -> Result<Whom, Stopped> {
    match (account, email) {
        (Some(account), None) => Ok(Whom::Account(account.0)),
        (None, Some(email)) => Ok(Whom::Email(email.0)),
        _ => Err(Stopped::invalid("account", "give either account or email")),
    }
}
