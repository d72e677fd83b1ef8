//! Presence (rule E8): how often it is worth writing down that a device was heard of, and
//! the devices of which it is because their event streams are open.

use usher_rules::pools::{Pool, PoolSettings};
use usher_rules::{DomainId, Head, Refusal, SessionId};
use usher_store::records::Digest;
use usher_store::{Load, Snapshot};

use super::note_presence;
use crate::desk::UseCase;
use crate::draft::Draft;
use crate::limits;

/// How old the last note of a device's presence gets, in seconds: an eighth of the silence
/// that ends its session, so that a few may be lost.
#[must_use]
pub fn every_seconds(pool: Option<&Pool>) -> i64 {
    pool.map_or(limits::PRESENCE_SECONDS, |pool| {
        every_seconds_of(&pool.settings)
    })
}

/// Likewise, by a pool's settings.
#[must_use]
pub fn every_seconds_of(settings: &PoolSettings) -> i64 {
    let silence = settings.silence_seconds;
    let often = silence.map_or(limits::PRESENCE_SECONDS, |limit| limit / 8);
    often.clamp(1, limits::PRESENCE_SECONDS)
}

/// Devices whose event streams are open. Lies under no head and conflicts with nobody.
#[derive(Clone)]
pub(crate) struct Present {
    /// In which domain.
    pub domain: DomainId,
    /// By which session, each with the token by which its stream was opened.
    pub devices: Vec<(SessionId, Digest)>,
}

impl UseCase for Present {
    /// Whose streams are to end: the device has another token. One whose session is over is
    /// told so by the journal.
    type Answer = Vec<(SessionId, Digest)>;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        let sessions = self.devices.iter().map(|(id, _)| (self.domain, *id));
        load.sessions.extend(sessions);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Self::Answer, Refusal> {
        let mut over = Vec::new();
        for (id, token) in &self.devices {
            let record = draft.snapshot().session_records.get(&(self.domain, *id));
            if record.is_some_and(|record| record.token == *token) {
                note_presence(draft, self.domain, *id);
            } else {
                over.push((*id, *token));
            }
        }
        Ok(over)
    }
}
