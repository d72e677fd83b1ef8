//! Domain users: one at a time. Many at once is [`bulk`] and [`import`], another domain is
//! [`moves`].

pub mod bulk;
pub mod import;
pub mod moves;
mod new;

use serde_json::json;
use usher_rules::event::Entry;
use usher_rules::roles::{Permission, Permissions, Power, Rank, Role};
use usher_rules::tiers::{Entitlements, Features};
use usher_rules::users::{self, Change, License, User, UserState};
use usher_rules::{DomainId, Event, Head, Refusal, UserId};
use usher_store::lists::{Listing, Page, UserLine};
use usher_store::records::Person;
use usher_store::{Load, Snapshot, Write};

use crate::desk::{Failure, UseCase};
use crate::draft::Draft;
use crate::view::{Look, View};
use crate::{App, Ask, limits};

pub use new::{CreateUser, Mode, NewUser};

pub(crate) fn line(snapshot: &Snapshot, domain: DomainId, id: UserId) -> Result<UserLine, Refusal> {
    let person = snapshot.people.get(&(domain, id));
    let user = snapshot.world.user(domain, id)?;
    Ok(UserLine {
        user: *user,
        tier: snapshot.world.tier_of(user),
        person: person.ok_or(Refusal::not_found("user"))?.clone(),
    })
}

/// What a command about a user's seat must see: the domain, the user, and all that stands at
/// the desk for it.
pub(crate) fn needs_seated(load: &mut Load, domain: DomainId, id: UserId) {
    load.domains.insert(domain);
    load.people.insert((domain, id));
    load.desks.insert((domain, id));
}

/// What a command about one user must see: the domain, the user with all that stands at the
/// desk for it, and the domain that it owns, whose standing may follow.
pub(crate) fn needs_user(seen: &Snapshot, load: &mut Load, domain: DomainId, id: UserId) {
    needs_seated(load, domain, id);
    load.memberships.insert((domain, id));
    if let Some(user) = seen.world.users.get(&(domain, id)) {
        load.domains.extend(user.owns);
    }
}

/// Likewise, for a command that also changes where the user's account stands: it leaves the
/// domain, or joins another.
pub(crate) fn needs_account(seen: &Snapshot, load: &mut Load, domain: DomainId, id: UserId) {
    needs_user(seen, load, domain, id);
    load.contacts.insert((domain, id));
    if let Some(user) = seen.world.users.get(&(domain, id)) {
        load.accounts.extend(user.state.account());
    }
}

/// The pool of a license that a user shall have.
pub(crate) fn needs_pool(load: &mut Load, domain: DomainId, license: License) {
    load.pools.extend(license.pool().map(|pool| (domain, pool)));
}

impl Step {
    fn needs(self, seen: &Snapshot, load: &mut Load, domain: DomainId, id: UserId) {
        match self {
            Step::Remove => needs_account(seen, load, domain, id),
            Step::Suspend | Step::Restore => needs_user(seen, load, domain, id),
            Step::Resend => {
                needs_user(seen, load, domain, id);
                load.names.insert(domain);
            }
        }
    }
}

/// Refuses a role, or permissions, that the caller may not give (rules C4, D3).
pub(crate) fn may_grant(
    rank: Rank,
    roles: &[Role],
    permissions: Option<Permissions>,
) -> Result<(), Refusal> {
    let content = permissions.is_some_and(|set| set.has(Permission::ReadContent));
    if roles.iter().any(|role| !rank.may_grant(*role)) || (content && rank != Rank::Owner) {
        return Err(Refusal::NotAllowed);
    }
    Ok(())
}

/// One user.
#[derive(Debug, Clone, Copy)]
pub struct GetUser {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub user: UserId,
}

impl Look for GetUser {
    type Answer = UserLine;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.people.insert((self.domain, self.user));
    }

    fn see(&self, view: View<'_>) -> Result<UserLine, Refusal> {
        may_see(view, self.domain, self.user)?;
        line(view.snapshot, self.domain, self.user)
    }
}

/// Those who see the domain's users, and the user itself.
pub(crate) fn may_see(view: View<'_>, domain: DomainId, user: UserId) -> Result<(), Refusal> {
    let (caller, rank) = view.rank(domain)?;
    if rank.may(Power::SeeUsers) || view.own_user(&caller, domain) == Some(user) {
        Ok(())
    } else {
        Err(Refusal::NotAllowed)
    }
}

/// The user itself, and nobody else.
///
/// # Errors
/// [`Refusal::NotAllowed`]; [`Refusal::NotFound`] for a user that there is not.
pub(crate) fn itself(view: View<'_>, domain: DomainId, user: UserId) -> Result<(), Refusal> {
    let (caller, _) = view.rank(domain)?;
    view.snapshot.world.user(domain, user)?;
    if view.own_user(&caller, domain) == Some(user) {
        Ok(())
    } else {
        Err(Refusal::NotAllowed)
    }
}

/// What a user may do now, and why not the rest (rule B1). The hottest read: it sees the
/// user and the line of standings, and nothing else.
#[derive(Debug, Clone, Copy)]
pub struct GetEntitlements {
    /// Of which domain.
    pub domain: DomainId,
    /// Which user.
    pub user: UserId,
}

/// What a shared user may do depends on whether it is logged in.
pub(crate) fn needs_session(seen: &Snapshot, load: &mut Load, domain: DomainId, id: UserId) {
    let user = seen.world.users.get(&(domain, id));
    if user.is_some_and(|user| user.license.pool().is_some()) {
        load.desks.insert((domain, id));
    }
}

impl Look for GetEntitlements {
    type Answer = Entitlements;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.domains.insert(self.domain);
        load.users.insert((self.domain, self.user));
        needs_session(seen, load, self.domain, self.user);
    }

    fn see(&self, view: View<'_>) -> Result<Entitlements, Refusal> {
        may_see(view, self.domain, self.user)?;
        view.snapshot.world.entitlements(self.domain, self.user)
    }
}

/// Whether the caller may see what is one user's.
#[derive(Clone)]
pub(crate) struct MaySee {
    pub domain: DomainId,
    pub user: UserId,
}

impl Look for MaySee {
    type Answer = ();

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.lineages.insert(self.domain);
        load.users.insert((self.domain, self.user));
    }

    fn see(&self, view: View<'_>) -> Result<(), Refusal> {
        may_see(view, self.domain, self.user)?;
        view.snapshot.world.user(self.domain, self.user).map(|_| ())
    }
}

/// Whether the caller may list a domain's users.
#[derive(Clone)]
pub(crate) struct SeeUsers(pub DomainId);

impl Look for SeeUsers {
    type Answer = usher_rules::Time;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.lineages.insert(self.0);
    }

    fn see(&self, view: View<'_>) -> Result<usher_rules::Time, Refusal> {
        view.authorise(self.0, Power::SeeUsers)?;
        Ok(view.snapshot.world.now)
    }
}

/// Whether the caller may manage a domain's users.
#[derive(Clone)]
pub(crate) struct MayManage(pub DomainId);

impl Look for MayManage {
    type Answer = ();

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.lineages.insert(self.0);
    }

    fn see(&self, view: View<'_>) -> Result<(), Refusal> {
        view.authorise(self.0, Power::ManageUsers).map(|_| ())
    }
}

impl App {
    /// A page of a domain's users (rule D4).
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn users(
        &self,
        ask: &Ask,
        domain: DomainId,
        listing: &Listing,
    ) -> Result<Page<UserLine>, Failure> {
        let now = self.look(ask, &SeeUsers(domain)).await?;
        let mut page = self.store.users(domain, listing).await?;
        for line in &mut page.items {
            // Lapsed by now, though the sweep has not written it down yet.
            if matches!(line.user.state, UserState::Invited { expires_at } if expires_at <= now) {
                line.user.state = UserState::Expired;
            }
        }
        Ok(page)
    }
}

/// Changes what a user is called, and what it may do; seats are not touched.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// What the person is called.
    pub name: Option<String>,
    /// The admin's own words.
    pub description: Option<String>,
    /// The customer's own id; `Some(None)` takes it away.
    pub external_id: Option<Option<String>>,
    /// Role, permissions, features.
    pub rights: Change,
}

/// Changes one user (rules B2, D3).
#[derive(Debug, Clone)]
pub struct ChangeUser {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub user: UserId,
    /// What changes.
    pub changes: Changes,
}

impl UseCase for ChangeUser {
    type Answer = UserLine;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_user(seen, load, self.domain, self.user);
        if let Some(Some(external_id)) = &self.changes.external_id {
            load.external_ids.insert((self.domain, external_id.clone()));
        }
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<UserLine, Refusal> {
        let (_, rank) = draft.authorise(self.domain, Power::ManageUsers)?;
        let user = *draft.world().user(self.domain, self.user)?;
        let rights = self.changes.rights;
        if let Some(to) = rights.role.filter(|to| *to != user.role) {
            may_grant(rank, &[user.role, to], None)?;
        }
        may_grant(
            rank,
            &[],
            rights.permissions.filter(|to| *to != user.permissions),
        )?;
        let person = self.person(draft)?;
        let mut entries = users::change(draft.world(), self.domain, self.user, rights)?;
        if person != *draft.person(self.domain, self.user)? {
            let event = Event::UserDetailsChanged { user: self.user };
            entries.push(draft.world().entry(self.head(), event));
            draft.write(Write::Person(person));
        }
        draft.happen(entries);
        line(draft.snapshot(), self.domain, self.user)
    }
}

impl ChangeUser {
    fn person(&self, draft: &Draft<'_>) -> Result<Person, Refusal> {
        let mut person = draft.person(self.domain, self.user)?.clone();
        if let Some(name) = &self.changes.name {
            person.name = new::person_name(name)?;
        }
        if let Some(description) = &self.changes.description {
            person.description = new::description(description)?;
        }
        if let Some(external_id) = &self.changes.external_id {
            person.external_id = new::external_id(external_id.as_deref())?;
            new::free_external_id(draft.snapshot(), &person)?;
        }
        Ok(person)
    }
}

/// Gives a user another license: another tier, a pool, a seat of its own (rules A3, A4, E2).
#[derive(Debug, Clone, Copy)]
pub struct SetLicense {
    /// Of which domain.
    pub domain: DomainId,
    /// Which user.
    pub user: UserId,
    /// The license.
    pub license: License,
}

impl UseCase for SetLicense {
    type Answer = UserLine;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_user(seen, load, self.domain, self.user);
        needs_pool(load, self.domain, self.license);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<UserLine, Refusal> {
        draft.authorise(self.domain, Power::ManageUsers)?;
        let by = draft.actor();
        let (world, license) = (draft.world(), self.license);
        let entries = users::set_license(world, self.domain, self.user, license, by)?;
        draft.happen(entries);
        line(draft.snapshot(), self.domain, self.user)
    }
}

/// A step in a user's life that needs nothing but its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Frees its seats; it can do nothing (rule A7).
    Suspend,
    /// Takes seats anew.
    Restore,
    /// Gone, or the invitation cancelled (rule C7).
    Remove,
    /// The invitation goes out once more (rule A2).
    Resend,
}

/// Takes the step.
#[derive(Debug, Clone, Copy)]
pub struct TakeStep {
    /// Of which domain.
    pub domain: DomainId,
    /// Which user.
    pub user: UserId,
    /// Which step.
    pub step: Step,
}

impl UseCase for TakeStep {
    /// The user after it; none when it was removed.
    type Answer = Option<UserLine>;

    fn head(&self) -> Head {
        Head::Domain(self.domain)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        self.step.needs(seen, load, self.domain, self.user);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Option<UserLine>, Refusal> {
        let (_, rank) = draft.authorise(self.domain, Power::ManageUsers)?;
        take_step(draft, rank, self.domain, self.user, self.step)?;
        Ok(line(draft.snapshot(), self.domain, self.user).ok())
    }
}

/// Takes a step as someone of this rank, who must be able to grant the user's role: nobody
/// removes or suspends above the own role.
pub(crate) fn take_step(
    draft: &mut Draft<'_>,
    rank: Rank,
    domain: DomainId,
    id: UserId,
    step: Step,
) -> Result<(), Refusal> {
    let user = *draft.world().user(domain, id)?;
    may_grant(rank, &[user.role], None)?;
    let (world, by) = (draft.world(), draft.actor());
    let entries: Vec<Entry> = match step {
        Step::Suspend => users::suspend(world, domain, id, by)?,
        Step::Restore => users::restore(world, domain, id)?,
        Step::Remove => users::remove(world, domain, id, by)?,
        Step::Resend => users::resend(world, domain, id)?,
    };
    if step == Step::Resend {
        send_invitation(draft, &user)?;
    }
    draft.happen(entries);
    Ok(())
}

/// Writes the invitation's mail with a fresh token; a former one is void.
pub(crate) fn send_invitation(draft: &mut Draft<'_>, user: &User) -> Result<(), Refusal> {
    let secret = draft.secret("inv");
    let mut person = draft.person(user.domain, user.id)?.clone();
    person.invitation = Some(secret.digest);
    let record = draft.snapshot().domain_records.get(&user.domain);
    let record = record.ok_or(Refusal::not_found("domain"))?;
    let expires = draft
        .world()
        .now
        .plus_seconds(draft.settings.rules.invitation_seconds);
    let params = json!({
        "domain": record.name,
        "domain_prefix": record.prefix,
        "name": person.name,
        "token": secret.text,
        "link": format!("{}/join/{}", draft.settings.public_url, secret.text),
        "expires_at": expires.to_string(),
    });
    let recipient = person.email.clone();
    draft.write(Write::Person(person));
    draft.mail("invitation", &recipient, params);
    Ok(())
}

/// The features of these names.
///
/// # Errors
/// [`Refusal::Invalid`] for a name that is none.
pub fn features(names: &[String]) -> Result<Features, Refusal> {
    names
        .iter()
        .map(|name| usher_rules::tiers::Feature::from_name(name))
        .collect::<Option<Features>>()
        .ok_or(Refusal::Invalid {
            field: "features_off",
            why: "not the name of a feature",
        })
}

/// The most users of one bulk action.
pub const MAX_BULK: usize = limits::BULK;
