//! Devices without tokens: log-ins and reports of calls, made as use cases of the tests' own.

use serde_json::Value;
use usher_app::{Ask, Draft, UseCase};
use usher_rules::calls::{self, Direction, Phase, Report};
use usher_rules::pools::{self, PoolSettings};
use usher_rules::sessions::{self, LogIn, LoggedIn};
use usher_rules::{CallId, DeviceKey, DomainId, Head, PoolId, Refusal, SessionId, UserId};
use usher_store::records::SessionRecord;
use usher_store::{Load, Snapshot};

use super::world::Server;

/// A domain user at a device.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    pub domain: DomainId,
    pub user: UserId,
    pub key: DeviceKey,
    pub does: Does,
}

/// What the user does there.
#[derive(Debug, Clone, Copy)]
pub enum Does {
    LogIn,
    LogOff(SessionId),
    Report(SessionId, CallId, Phase),
}

impl UseCase for Device {
    /// The session; none for want of a seat, which is in the journal.
    type Answer = Option<SessionId>;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.desks.insert((self.domain, self.user));
        if let Does::Report(_, call, _) = self.does {
            load.calls.insert((self.domain, call));
        }
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Option<SessionId>, Refusal> {
        match self.does {
            Does::LogIn => self.log_in(draft),
            Does::LogOff(session) => {
                let off = sessions::log_off(draft.world(), self.domain, session)?;
                draft.happen(off);
                Ok(Some(session))
            }
            Does::Report(session, call, phase) => {
                let said = Report {
                    call,
                    phase,
                    direction: Direction::Received,
                    link: None,
                };
                let entries = calls::report(draft.world(), self.domain, session, said)?;
                draft.happen(entries);
                Ok(Some(session))
            }
        }
    }
}

impl Device {
    fn log_in(&self, draft: &mut Draft<'_>) -> Result<Option<SessionId>, Refusal> {
        let session = SessionId(draft.id());
        let wanted = LogIn {
            domain: self.domain,
            user: self.user,
            device: self.key,
            take_over: false,
            session,
        };
        match sessions::log_in(draft.world(), wanted) {
            Ok(LoggedIn::Started(entries)) => {
                let record = SessionRecord {
                    device_id: self.key.to_string(),
                    device_name: "phone".to_owned(),
                    token: draft.secret("dev").digest,
                };
                draft.session_record(self.domain, session, record);
                draft.happen(entries);
                Ok(Some(session))
            }
            Ok(LoggedIn::Resumed(session)) => Ok(Some(session)),
            Err(refused) if refused.entries.is_empty() => Err(refused.refusal),
            Err(refused) => {
                draft.happen(refused.entries);
                Ok(None)
            }
        }
    }

    /// A user's device, by the user as the API shows it.
    pub fn of(user: &Value, number: u128) -> Device {
        let text = |field: &str| user[field].as_str().expect("an id");
        Device {
            domain: text("domain").parse().expect("an id"),
            user: text("id").parse().expect("an id"),
            key: DeviceKey::nth(number),
            does: Does::LogIn,
        }
    }

    async fn act(self, server: &Server, does: Does) -> Option<SessionId> {
        let device = Device { does, ..self };
        let done = server.app.do_now(Ask::default(), device).await;
        done.expect("no refusal")
    }

    /// Logs in; none for want of a seat.
    pub async fn enters(self, server: &Server) -> Option<SessionId> {
        self.act(server, Does::LogIn).await
    }

    pub async fn leaves(self, server: &Server, session: SessionId) {
        self.act(server, Does::LogOff(session)).await;
    }

    /// Says of a guest's call, as the API shows it, how far it is.
    pub async fn says(self, server: &Server, session: SessionId, call: &Value, phase: Phase) {
        let call = call["id"].as_str().expect("an id").parse();
        let does = Does::Report(session, call.expect("an id"), phase);
        self.act(server, does).await;
    }
}

/// Switches a pool's silence limit off: tests let hours pass without a heartbeat.
#[derive(Debug, Clone, Copy)]
pub struct Unhurried {
    pub domain: DomainId,
    pub pool: PoolId,
}

impl UseCase for Unhurried {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.pool_sessions.insert((self.domain, self.pool));
        load.pool_queues.insert((self.domain, self.pool));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        let world = draft.world();
        let settings = PoolSettings {
            silence_seconds: None,
            ..world.pool(self.domain, self.pool)?.settings
        };
        let changed = pools::change(world, self.domain, self.pool, settings)?;
        draft.happen(changed);
        Ok(())
    }
}
