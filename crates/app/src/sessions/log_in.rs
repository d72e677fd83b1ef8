//! Logging in on a device, by the token of the user's account (rules E4, E5).

use std::sync::Arc;

use usher_rules::sessions::{self, LoggedIn, Refused};
use usher_rules::{DeviceKey, DomainId, Entry, Head, Refusal, SessionId, TokenId, UserId};
use usher_store::records::SessionRecord;
use usher_store::{Load, Snapshot};

use super::{Device, SessionView, valid_device, view_of};
use crate::desk::UseCase;
use crate::draft::Draft;
use crate::secrets::digest_of;
use crate::users::{itself, needs_seated};

/// Logs a user in on a device (rules E4, E5).
#[derive(Debug, Clone)]
pub struct LogIn {
    /// Of which domain.
    pub domain: DomainId,
    /// Who: the caller.
    pub user: UserId,
    /// On which device.
    pub device: Device,
    /// Whether a session on another device shall end for it.
    pub take_over: bool,
}

/// What a log-in came to. That no seat was free is an answer, because the journal keeps it
/// (rule E4).
#[derive(Debug, Clone)]
pub enum Entered {
    /// In, with the session's token, `dev_…`; shown once.
    In {
        /// The token.
        text: String,
        /// The session.
        view: Box<SessionView>,
        /// Whether the device had it already.
        resumed: bool,
    },
    /// Refused.
    Not {
        /// Why.
        refusal: Refusal,
        /// What the device is called on which the user is (rule E5).
        device: Option<Arc<str>>,
    },
}

impl LogIn {
    fn key(&self) -> DeviceKey {
        DeviceKey(digest_of(&[
            &self.domain.bytes(),
            self.device.id.as_bytes(),
        ]))
    }

    /// Gives the session, new or not, a token.
    fn enter(
        &self,
        draft: &mut Draft<'_>,
        id: SessionId,
        entries: Vec<Entry>,
        resumed: bool,
    ) -> Result<Entered, Refusal> {
        let secret = draft.device_secret(self.domain);
        let record = SessionRecord {
            device_id: self.device.id.as_str().into(),
            device_name: self.device.name.as_str().into(),
            token: secret.digest,
        };
        draft.session_record(self.domain, id, record);
        draft.happen(entries);
        draft.seen(self.domain, id);
        Ok(Entered::In {
            text: secret.text,
            view: Box::new(view_of(draft.snapshot(), self.domain, id)?),
            resumed,
        })
    }

    /// What the device is called that stands in the way.
    fn elsewhere(&self, snapshot: &Snapshot, refusal: &Refusal) -> Option<Arc<str>> {
        let Refusal::SessionElsewhere { session, .. } = refusal else {
            return None;
        };
        let record = snapshot.session_records.get(&(self.domain, *session));
        record.map(|record| record.device_name.clone())
    }
}

impl UseCase for LogIn {
    type Answer = Entered;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_seated(load, self.domain, self.user);
        let shown = seen.remembered.values().filter_map(|known| known.token);
        let sessions = shown.map(|token| (self.domain, SessionId(token.0)));
        load.sessions.extend(sessions);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Entered, Refusal> {
        draft.caller()?;
        itself(draft.view(), self.domain, self.user)?;
        valid_device(&self.device)?;
        let wish = sessions::LogIn {
            domain: self.domain,
            user: self.user,
            device: self.key(),
            take_over: self.take_over,
            session: SessionId(draft.id()),
        };
        match sessions::log_in(draft.world(), wish) {
            Ok(LoggedIn::Started(entries)) => self.enter(draft, wish.session, entries, false),
            Ok(LoggedIn::Resumed(id)) => self.enter(draft, id, vec![], true),
            Err(Refused { refusal, entries }) => {
                draft.happen(entries);
                let device = self.elsewhere(draft.snapshot(), &refusal);
                Ok(Entered::Not { refusal, device })
            }
        }
    }

    fn shows_secret_of(&self, answer: &Entered) -> Option<TokenId> {
        match answer {
            Entered::In { view, .. } => Some(TokenId(view.session.id.0)),
            Entered::Not { .. } => None,
        }
    }

    fn replay(&self, token: TokenId, draft: &mut Draft<'_>) -> Result<Entered, Refusal> {
        draft.caller()?;
        itself(draft.view(), self.domain, self.user)?;
        let id = SessionId(token.0);
        draft.world().session(self.domain, id)?;
        self.enter(draft, id, vec![], false)
    }
}
