//! New domain users: invited (rule D1) or added directly (rule D2).

use std::collections::BTreeSet;
use std::sync::Arc;

use usher_rules::event::Start;
use usher_rules::ids::{PoolId, TeamId};
use usher_rules::roles::{Permissions, Power, Rank, Role};
use usher_rules::teams::{self, MAX_TEAMS_OF_USER};
use usher_rules::tiers::{Features, Tier};
use usher_rules::users::{self, License};
use usher_rules::{AccountId, DomainId, Entry, Head, Refusal, UserId};
use usher_store::lists::UserLine;
use usher_store::records::{AccountRecord, Person};
use usher_store::{Load, Snapshot, Write};

use super::{line, may_grant, needs_pool, send_invitation};
use crate::accounts::valid_email;
use crate::desk::{Failure, Reply, UseCase};
use crate::draft::Draft;
use crate::{App, Ask, limits};

/// Someone who is to become a domain user.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// Address.
    pub email: String,
    /// What the person is called; the address, unless said.
    pub name: String,
    /// The admin's own words.
    pub description: String,
    /// The customer's own id.
    pub external_id: Option<String>,
    /// What the user will sit on, unless it shares the seats of a pool.
    pub tier: Tier,
    /// The pool whose seats it will share.
    pub pool: Option<PoolId>,
    /// Role in the domain.
    pub role: Role,
    /// Permissions over the own account.
    pub permissions: Permissions,
    /// What is switched off.
    pub features_off: Features,
    /// The teams that it will be in.
    pub teams: BTreeSet<TeamId>,
    /// For one who is added directly: argon2id of a first password, if one is given.
    pub password: Option<String>,
}

impl NewUser {
    /// How it comes by a seat.
    #[must_use]
    pub fn license(&self) -> License {
        let named = License::Named { tier: self.tier };
        self.pool.map_or(named, |pool| License::Shared { pool })
    }
}

/// How a new user comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// By a mail with a link.
    Invite,
    /// At once; nobody is notified.
    Add,
}

/// Invites or adds a user.
#[derive(Debug, Clone)]
pub struct CreateUser {
    /// To which domain.
    pub domain: DomainId,
    /// Whom.
    pub new: NewUser,
    /// How.
    pub mode: Mode,
}

impl UseCase for CreateUser {
    type Answer = UserLine;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.names.insert(self.domain);
        needs_new(load, self.domain, &self.new, self.mode);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<UserLine, Refusal> {
        let (_, rank) = draft.authorise(self.domain, Power::ManageUsers)?;
        let id = create(draft, rank, self.domain, &self.new, self.mode)?;
        line(draft.snapshot(), self.domain, id)
    }
}

impl App {
    /// Invites or adds a user; one who is added may get a first password.
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors; a refusal of the password.
    pub async fn create_user(
        self: &Arc<Self>,
        ask: Ask,
        mut case: CreateUser,
        password: Option<String>,
        render: impl Fn(Result<&UserLine, &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        if let Some(password) = password {
            if case.mode == Mode::Invite {
                return Err(Refusal::Invalid {
                    field: "password",
                    why: "whoever is invited chooses the password",
                }
                .into());
            }
            // Who may not do this at all shall not make the server hash.
            self.look(&ask, &super::MayManage(case.domain)).await?;
            case.new.password = Some(self.hasher.hash(password).await?);
        }
        self.run(ask, case, render).await
    }
}

/// What must be seen to let someone in.
pub(super) fn needs_new(load: &mut Load, domain: DomainId, new: &NewUser, mode: Mode) {
    let email = new.email.trim().to_lowercase();
    load.user_emails.insert((domain, email.clone()));
    needs_pool(load, domain, new.license());
    let teams = new.teams.iter().map(|team| (domain, *team));
    load.teams.extend(teams);
    if mode == Mode::Add {
        load.emails.insert(email);
    }
    if let Some(external_id) = &new.external_id {
        load.external_ids
            .insert((domain, external_id.trim().to_owned()));
    }
}

/// Lets someone in. Everything is checked before anything is written.
pub(super) fn create(
    draft: &mut Draft<'_>,
    rank: Rank,
    domain: DomainId,
    new: &NewUser,
    mode: Mode,
) -> Result<UserId, Refusal> {
    may_grant(rank, &[new.role], Some(new.permissions))?;
    valid_teams(draft, domain, &new.teams)?;
    let person = person(draft, domain, new)?;
    let id = person.user;
    let start = Start {
        license: new.license(),
        role: new.role,
        permissions: new.permissions,
        features_off: new.features_off,
    };
    match mode {
        Mode::Invite => {
            let entries = users::invite(draft.world(), domain, id, start)?;
            draft.write(Write::Person(person));
            draft.happen(entries);
            let user = *draft.world().user(domain, id)?;
            send_invitation(draft, &user)?;
        }
        Mode::Add => {
            if draft.snapshot().account_by_email(&person.email).is_some() {
                return Err(Refusal::Taken { field: "email" });
            }
            let account = AccountId(draft.id());
            let entries = users::add(draft.world(), domain, id, account, start)?;
            draft.write(Write::AccountRecord(account_of(account, new, &person)));
            draft.write(Write::Person(person));
            draft.happen(entries);
        }
    }
    let teams = new.teams.iter();
    let joined = teams.map(|team| teams::join(draft.world(), domain, *team, id));
    let joined: Result<Vec<Vec<Entry>>, Refusal> = joined.collect();
    draft.happen(joined?.concat());
    Ok(id)
}

/// Teams of the domain, no more than a user can be in: joining them is not refused then.
fn valid_teams(
    draft: &Draft<'_>,
    domain: DomainId,
    teams: &BTreeSet<TeamId>,
) -> Result<(), Refusal> {
    if teams.len() > MAX_TEAMS_OF_USER {
        return Err(Refusal::Invalid {
            field: "teams",
            why: "a user is in 100 teams at most",
        });
    }
    let mut teams = teams.iter();
    teams.try_for_each(|team| draft.world().team(domain, *team).map(|_| ()))
}

fn person(draft: &Draft<'_>, domain: DomainId, new: &NewUser) -> Result<Person, Refusal> {
    let email = valid_email("email", &new.email)?;
    let name = match new.name.trim() {
        "" => email.chars().take(limits::NAME).collect(),
        name => person_name(name)?,
    };
    let person = Person {
        domain,
        user: draft.user_id(),
        name,
        description: description(&new.description)?,
        external_id: external_id(new.external_id.as_deref())?,
        invitation: None,
        created_at: draft.world().now,
        email,
    };
    if draft
        .snapshot()
        .user_by_email(domain, &person.email)
        .is_some()
    {
        return Err(Refusal::Taken { field: "email" });
    }
    free_external_id(draft.snapshot(), &person)?;
    Ok(person)
}

fn account_of(account: AccountId, new: &NewUser, person: &Person) -> AccountRecord {
    AccountRecord {
        account,
        email: person.email.clone(),
        name: person.name.clone(),
        password: new.password.clone(),
        totp_secret: None,
        totp_active: false,
        identity_note: None,
        created_at: person.created_at,
    }
}

pub(super) fn person_name(name: &str) -> Result<String, Refusal> {
    crate::domains::valid_name("name", name)
}

pub(super) fn description(text: &str) -> Result<String, Refusal> {
    if text.chars().count() > limits::DESCRIPTION {
        return Err(Refusal::Invalid {
            field: "description",
            why: "at most 1000 characters",
        });
    }
    if text.contains('\0') {
        return Err(Refusal::Invalid {
            field: "description",
            why: "no control characters",
        });
    }
    Ok(text.trim().to_owned())
}

pub(super) fn external_id(text: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > limits::EXTERNAL_ID || text.chars().any(char::is_control) {
        return Err(Refusal::Invalid {
            field: "external_id",
            why: "at most 100 characters, no control characters",
        });
    }
    Ok(Some(text.to_owned()))
}

/// Whether the customer's own id is free, or the person's own already.
pub(super) fn free_external_id(snapshot: &Snapshot, person: &Person) -> Result<(), Refusal> {
    let Some(external_id) = &person.external_id else {
        return Ok(());
    };
    match snapshot.user_by_external_id(person.domain, external_id) {
        Some(other) if other.user != person.user => Err(Refusal::Taken {
            field: "external_id",
        }),
        _ => Ok(()),
    }
}
