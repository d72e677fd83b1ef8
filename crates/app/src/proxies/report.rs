//! What a trusted proxy asks and reports: whether someone may have live service (rule E12),
//! and that a device is registered or in a call, which counts as the device's own report (rules
//! E8, F1).
//!
//! A proxy knows people by their accounts or addresses, not by seats; which session is meant
//! follows from that.

use usher_rules::accounts::{Account, Place};
use usher_rules::calls::{self, Report};
use usher_rules::tiers::Entitlements;
use usher_rules::{AccountId, DomainId, Head, Refusal, SessionId, UserId};
use usher_store::{Load, Snapshot};

use crate::accounts::{me, valid_email};
use crate::desk::{Failure, UseCase};
use crate::draft::Draft;
use crate::sessions::{SessionView, note_presence, view_of};
use crate::users::needs_user;
use crate::view::{Look, View};
use crate::{App, Ask};

/// Of whom a proxy speaks.
#[derive(Debug, Clone)]
pub enum Whom {
    /// An account.
    Account(AccountId),
    /// The account of this address.
    Email(String),
}

impl Whom {
    fn email(&self) -> Option<String> {
        match self {
            Whom::Account(_) => None,
            Whom::Email(email) => valid_email("email", email).ok(),
        }
    }

    fn needs(&self, load: &mut Load) {
        match self {
            Whom::Account(account) => load.accounts.extend([*account]),
            Whom::Email(_) => load.emails.extend(self.email()),
        }
    }

    fn find<'a>(&self, snapshot: &'a Snapshot) -> Result<&'a Account, Refusal> {
        let account = match self {
            Whom::Account(account) => Some(*account),
            Whom::Email(_) => {
                let email = self.email();
                let record = email.and_then(|email| snapshot.account_by_email(&email));
                record.map(|record| record.account)
            }
        };
        let account = account.and_then(|id| snapshot.world.accounts.get(&id));
        account.ok_or(Refusal::not_found("account"))
    }
}

/// What a proxy is told of someone.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The account.
    pub account: AccountId,
    /// As which user of which domain it is managed.
    pub user: Option<(DomainId, UserId)>,
    /// What it may do now.
    pub entitlements: Entitlements,
    /// Where it is logged in, in the order of log-in.
    pub sessions: Vec<SessionView>,
}

/// Whether someone may have live service now: derived at this moment (rules B1, E12).
#[derive(Debug, Clone)]
pub struct Check(pub Whom);

impl Look for Check {
    type Answer = Checked;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        self.0.needs(load);
        if let Ok(account) = self.0.find(seen)
            && let Place::Managed { domain, user } = account.place
        {
            load.lineages.insert(domain);
            needs_user(seen, load, domain, user);
        }
    }

    fn see(&self, view: View<'_>) -> Result<Checked, Refusal> {
        view.proxy()?;
        let snapshot = view.snapshot;
        let account = self.0.find(snapshot)?;
        let user = match account.place {
            Place::Managed { domain, user } => Some((domain, user)),
            Place::Unmanaged { .. } => None,
        };
        let sessions = user.map(|(domain, user)| {
            let own = snapshot.world.sessions_of(domain, user);
            own.map(|session| view_of(snapshot, domain, session.id))
                .collect()
        });
        Ok(Checked {
            account: account.id,
            user,
            entitlements: me::entitlements(snapshot, account)?,
            sessions: sessions.transpose()?.unwrap_or_default(),
        })
    }
}

/// As which domain user someone is managed of whom a proxy speaks.
#[derive(Clone)]
struct Seat(Whom);

impl Look for Seat {
    type Answer = (DomainId, UserId);

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        self.0.needs(load);
    }

    fn see(&self, view: View<'_>) -> Result<(DomainId, UserId), Refusal> {
        view.proxy()?;
        match self.0.find(view.snapshot)?.place {
            Place::Managed { domain, user } => Ok((domain, user)),
            // Who is in no domain sits on no seat.
            Place::Unmanaged { .. } => Err(Refusal::not_found("session")),
        }
    }
}

impl App {
    /// As which domain user someone is managed of whom a proxy speaks.
    ///
    /// # Errors
    /// Refusals of who is no proxy; [`Refusal::NotFound`] for who has no account or no seat;
    /// storage errors.
    pub async fn seat_of(&self, ask: &Ask, whom: Whom) -> Result<(DomainId, UserId), Failure> {
        self.look(ask, &Seat(whom)).await
    }
}

/// A proxy reports that a user's device is registered, or how its call goes.
#[derive(Debug, Clone)]
pub struct ProxyReport {
    /// Of which domain.
    pub domain: DomainId,
    /// Which user, from [`App::seat_of`].
    pub user: UserId,
    /// The id that the device gives itself; may be left out while there is but one.
    pub device: Option<String>,
    /// What of a call; that the device is there, if nothing.
    pub call: Option<Report>,
}

impl UseCase for ProxyReport {
    /// The session after it; none when it is over, and the report changed nothing or ended it.
    type Answer = Option<SessionView>;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_user(seen, load, self.domain, self.user);
        let call = self.call.map(|report| (self.domain, report.call));
        load.calls.extend(call);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Option<SessionView>, Refusal> {
        draft.view().proxy()?;
        let domain = self.domain;
        // What it says, the user does.
        let user = draft.world().user(domain, self.user)?;
        if let Some(account) = user.state.account() {
            draft.act_as(account);
        }
        let Some(session) = self.session(draft.snapshot())? else {
            return Ok(None);
        };
        if let Some(report) = self.call {
            let entries = calls::report(draft.world(), domain, session, report)?;
            draft.happen(entries);
        }
        note_presence(draft, domain, session);
        Ok(view_of(draft.snapshot(), domain, session).ok())
    }
}

impl ProxyReport {
    /// The session that is meant; none when the call is over with its session.
    fn session(&self, snapshot: &Snapshot) -> Result<Option<SessionId>, Refusal> {
        let world = &snapshot.world;
        let own = || world.sessions_of(self.domain, self.user);
        if let Some(report) = self.call {
            let in_call = own().find(|s| s.call.is_some_and(|call| call.id == report.call));
            if let Some(session) = in_call {
                return Ok(Some(session.id));
            }
            if let Some(ended) = world.ended_calls.get(&(self.domain, report.call)) {
                return match ended.user == self.user {
                    true => Ok(own().find(|s| s.id == ended.session).map(|s| s.id)),
                    false => Err(Refusal::Taken { field: "call" }),
                };
            }
        }
        let on_it = |id: &SessionId| {
            let record = snapshot.session_records.get(&(self.domain, *id));
            let device = self.device.as_ref();
            device.is_none_or(|device| record.is_some_and(|r| *r.device_id == **device))
        };
        let mut meant = own().map(|session| session.id).filter(on_it);
        let first = meant.next().ok_or(Refusal::not_found("session"))?;
        match meant.next() {
            None => Ok(Some(first)),
            Some(_) => Err(Refusal::Invalid {
                field: "device",
                why: "the user is on several devices: say which",
            }),
        }
    }
}
