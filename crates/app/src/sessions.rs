//! Sessions: logging in to a seat, and how a session goes on and ends (rules E4 to E8).
//!
//! A log-in is asked for by the user's account. It gives a token that stands for this
//! device alone: with it the device says that it is there, what it does, and that it logs
//! off. The token stays known after the end, so that the device can be told why.

mod device;
mod log_in;
pub mod presence;

use usher_rules::roles::Power;
use usher_rules::sessions::{self, EndReason, LogOut, Session};
use usher_rules::{AccountId, CallId, DomainId, Head, Refusal, SessionId, Time, UserId};
use usher_rules::{calls, pools::Pool};
use usher_store::records::{Digest, SessionRecord};
use usher_store::{Load, Snapshot};

use crate::desk::{Failure, UseCase};
use crate::draft::Draft;
use crate::users::{may_see, needs_seated, needs_user};
use crate::view::{Look, View};
use crate::{App, Ask};

pub use device::{Device, valid_device};
pub use log_in::{Entered, LogIn};

/// A live session as its device and the lead see it.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// The session.
    pub session: Session,
    /// Its device.
    pub record: SessionRecord,
    /// What the person is called.
    pub name: String,
    /// The pool whose seat it holds.
    pub pool: Option<Pool>,
    /// At which moment this was so.
    pub now: Time,
}

pub(crate) fn view_of(
    snapshot: &Snapshot,
    domain: DomainId,
    id: SessionId,
) -> Result<SessionView, Refusal> {
    let world = &snapshot.world;
    let session = *world.session(domain, id)?;
    let record = snapshot.session_records.get(&(domain, id));
    let person = snapshot.people.get(&(domain, session.user));
    Ok(SessionView {
        session,
        record: record.ok_or(Refusal::not_found("session"))?.clone(),
        name: person.map_or_else(String::new, |person| person.name.clone()),
        pool: session
            .pool
            .map(|pool| world.pool(domain, pool))
            .transpose()?
            .copied(),
        now: world.now,
    })
}

/// What a command about a session must see: the domain, the session, and all that stands at
/// the desk for its user.
pub(crate) fn needs_session(seen: &Snapshot, load: &mut Load, domain: DomainId, id: SessionId) {
    load.domains.insert(domain);
    load.sessions.insert((domain, id));
    if let Some(session) = seen.world.sessions.get(&(domain, id)) {
        needs_seated(load, domain, session.user);
    }
}

/// Who asks about a session: its own device, by the session's token, or somebody with a
/// power over it.
#[derive(Debug, Clone, Copy)]
pub struct OfSession {
    /// Of which domain.
    pub domain: DomainId,
    /// Which session.
    pub session: SessionId,
    /// Digest of the token that came with the request.
    pub token: Option<Digest>,
}

impl OfSession {
    /// What every question about a session must see.
    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_session(seen, load, self.domain, self.session);
    }

    /// The session's own device. One whose session is over is told why (rule E7).
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`]; [`Refusal::NotSignedIn`] for anyone else.
    fn device(&self, snapshot: &Snapshot) -> Result<Session, Refusal> {
        let record = snapshot.session_records.get(&(self.domain, self.session));
        if record.is_none_or(|record| Some(record.token) != self.token) {
            return Err(Refusal::NotSignedIn);
        }
        snapshot.world.session(self.domain, self.session).copied()
    }

    /// Likewise, in a change: the user acts.
    fn device_acts(&self, draft: &mut Draft<'_>) -> Result<Session, Refusal> {
        let session = self.device(draft.snapshot())?;
        let user = draft.world().user(self.domain, session.user)?;
        if let Some(account) = user.state.account() {
            draft.act_as(account);
        }
        Ok(session)
    }
}

impl App {
    /// The session whose own device asks, as far as its token says; a device's own questions
    /// compare it with the session's.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for who is signed in without a session's token,
    /// [`Refusal::NotSignedIn`] for anyone else; storage errors.
    pub async fn own_session(&self, ask: &Ask, session: SessionId) -> Result<OfSession, Failure> {
        let Some(domain) = ask.device_of else {
            self.who(ask).await?;
            return Err(Refusal::not_found("session").into());
        };
        Ok(OfSession {
            domain,
            session,
            token: ask.token,
        })
    }

    /// What an account's person is called, for who is told by whom something was done; none
    /// when there is no such account any more.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn name_of(&self, account: AccountId) -> Result<Option<String>, Failure> {
        let snapshot = self.gather(move |_, load| {
            load.accounts.insert(account);
        });
        let snapshot = snapshot.await?;
        let record = snapshot.account_records.get(&account);
        Ok(record.map(|record| record.name.clone()))
    }
}

/// A session, for who may see pools.
#[derive(Debug, Clone, Copy)]
pub struct GetSession(pub OfSession);

impl Look for GetSession {
    type Answer = SessionView;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        self.0.needs(seen, load);
    }

    fn see(&self, view: View<'_>) -> Result<SessionView, Refusal> {
        view.authorise(self.0.domain, Power::SeePools)?;
        view_of(view.snapshot, self.0.domain, self.0.session)
    }
}

/// The session whose token came along, for its device alone.
#[derive(Debug, Clone, Copy)]
pub struct OwnSession(pub OfSession);

impl Look for OwnSession {
    type Answer = SessionView;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        self.0.needs(seen, load);
    }

    fn see(&self, view: View<'_>) -> Result<SessionView, Refusal> {
        self.0.device(view.snapshot)?;
        view_of(view.snapshot, self.0.domain, self.0.session)
    }
}

/// The device logs off; the seat is free at once.
#[derive(Debug, Clone, Copy)]
pub struct LogOff(pub OfSession);

impl UseCase for LogOff {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Domain(self.0.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        // Its seat, and nothing else that stands at the desk for its user.
        load.domains.insert(self.0.domain);
        load.sessions.insert((self.0.domain, self.0.session));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        match self.0.device_acts(draft) {
            // Asked twice, done once.
            Err(Refusal::SessionEnded {
                reason: EndReason::LoggedOff,
                ..
            }) => return Ok(()),
            other => other?,
        };
        let entries = sessions::log_off(draft.world(), self.0.domain, self.0.session)?;
        draft.happen(entries);
        Ok(())
    }
}

/// All sessions of a user: at most one of a shared user, one per device of a named one.
#[derive(Debug, Clone, Copy)]
pub struct UserSessions {
    /// Of which domain.
    pub domain: DomainId,
    /// Whose.
    pub user: UserId,
}

impl Look for UserSessions {
    /// In the order of log-in.
    type Answer = Vec<SessionView>;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_user(seen, load, self.domain, self.user);
    }

    fn see(&self, view: View<'_>) -> Result<Vec<SessionView>, Refusal> {
        may_see(view, self.domain, self.user)?;
        let world = &view.snapshot.world;
        world.user(self.domain, self.user)?;
        let own = world.sessions_of(self.domain, self.user);
        own.map(|session| view_of(view.snapshot, self.domain, session.id))
            .collect()
    }
}

/// An admin logs someone out (rule E7).
#[derive(Debug, Clone, Copy)]
pub struct LogSomeoneOut {
    /// Which session.
    pub of: OfSession,
    /// At once, or when the call ends.
    pub when: LogOut,
}

impl UseCase for LogSomeoneOut {
    /// The session, if it goes on until the call ends.
    type Answer = Option<SessionView>;

    fn head(&self) -> Head {
        Head::Domain(self.of.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        self.of.needs(seen, load);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Option<SessionView>, Refusal> {
        let OfSession {
            domain, session, ..
        } = self.of;
        let (caller, _) = draft.authorise(domain, Power::LogOut)?;
        let by = caller.account.id;
        let entries = sessions::log_out(draft.world(), domain, session, by, self.when)?;
        draft.happen(entries);
        Ok(view_of(draft.snapshot(), domain, session).ok())
    }
}

/// A session after its device said something; or how it ended by that: an admin's log-out
/// may have waited for the end of the call (rule E7). An answer, because that was written.
pub type AfterReport = Result<SessionView, Refusal>;

/// The device says that it is there, and in which call it is (rules E8, F1).
#[derive(Debug, Clone, Copy)]
pub struct Heartbeat {
    /// Which session.
    pub of: OfSession,
    /// The call that it is in.
    pub call: Option<CallId>,
}

impl UseCase for Heartbeat {
    type Answer = AfterReport;

    fn head(&self) -> Head {
        Head::Domain(self.of.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        self.of.needs(seen, load);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<AfterReport, Refusal> {
        let OfSession {
            domain, session, ..
        } = self.of;
        self.of.device_acts(draft)?;
        let entries = calls::heartbeat(draft.world(), domain, session, self.call)?;
        draft.happen(entries);
        note_presence(draft, domain, session);
        Ok(view_of(draft.snapshot(), domain, session))
    }
}

/// Writes presence down where the last note of it is old: a fraction of the silence limit,
/// so that the limit is kept to within that.
pub(crate) fn note_presence(draft: &mut Draft<'_>, domain: DomainId, session: SessionId) {
    let world = draft.world();
    let Some(row) = world.sessions.get(&(domain, session)) else {
        return;
    };
    let pool = row.pool.and_then(|pool| world.pools.get(&(domain, pool)));
    let old = row.seen_at.plus_seconds(presence::every_seconds(pool));
    if old <= world.now {
        draft.seen(domain, session);
    }
}

/// The device, or a proxy for it, reports a call (rule F1).
#[derive(Debug, Clone, Copy)]
pub struct ReportCall {
    /// Which session.
    pub of: OfSession,
    /// What is reported.
    pub report: calls::Report,
}

impl UseCase for ReportCall {
    type Answer = AfterReport;

    fn head(&self) -> Head {
        Head::Domain(self.of.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        self.of.needs(seen, load);
        load.calls.insert((self.of.domain, self.report.call));
        load.links
            .extend(self.report.link.map(|link| (self.of.domain, link)));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<AfterReport, Refusal> {
        let OfSession {
            domain, session, ..
        } = self.of;
        self.of.device_acts(draft)?;
        let entries = calls::report(draft.world(), domain, session, self.report)?;
        draft.happen(entries);
        note_presence(draft, domain, session);
        Ok(view_of(draft.snapshot(), domain, session))
    }
}
