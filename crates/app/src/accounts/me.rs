//! Who am I: the caller's account with all that a panel shows of it at the start.

use std::sync::Arc;

use usher_rules::accounts::{Account, Place};
use usher_rules::standing::Standing;
use usher_rules::tiers::{Entitlements, Tier};
use usher_rules::users::User;
use usher_rules::{DomainId, Refusal, UserId};
use usher_store::records::{DomainRecord, Person, Token};
use usher_store::{Load, Snapshot};

use crate::users::needs_session;
use crate::view::{Look, View};

/// The caller's own account.
#[derive(Debug, Clone, Copy)]
pub struct Me;

/// What the caller is.
#[derive(Debug, Clone)]
pub struct MeAnswer {
    /// The account: place (own plan or domain user), identity, whether an operator.
    pub account: Account,
    /// Address.
    pub email: String,
    /// What the person is called.
    pub name: String,
    /// Why a verification failed, in the operator's words.
    pub identity_note: Option<String>,
    /// Whether a one-time code is asked for at log-in.
    pub second_factor: bool,
    /// The token that came along.
    pub token: Token,
    /// As which user of which domain it is managed.
    pub managed: Option<Managed>,
    /// The domain that it owns.
    pub owns: Option<Owned>,
    /// What it may do now, by its own plan or its seat (rule B1).
    pub entitlements: Entitlements,
}

/// The seat of a managed account.
#[derive(Debug, Clone)]
pub struct Managed {
    /// What the domain is called.
    pub domain: DomainRecord,
    /// The user.
    pub user: User,
    /// What the domain calls the user.
    pub person: Arc<Person>,
    /// What the user sits on: its own seat's tier, or its pool's.
    pub tier: Tier,
}

/// The domain that an account owns.
#[derive(Debug, Clone)]
pub struct Owned {
    /// What it is called.
    pub domain: DomainRecord,
    /// Its standing now.
    pub standing: Standing,
}

impl Look for Me {
    type Answer = MeAnswer;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        // Nothing was seen yet but the caller's own account.
        for account in seen.tokens.values().map(|token| token.account) {
            load.accounts.insert(account);
            let Some(account) = seen.world.accounts.get(&account) else {
                continue;
            };
            load.domains.extend(account.owns);
            load.names.extend(account.owns);
            if let Place::Managed { domain, user } = account.place {
                load.domains.insert(domain);
                load.names.insert(domain);
                load.people.insert((domain, user));
                needs_session(seen, load, domain, user);
            }
        }
    }

    fn see(&self, view: View<'_>) -> Result<MeAnswer, Refusal> {
        let caller = view.caller()?;
        let record = view.snapshot.account_records.get(&caller.account.id);
        let record = record.ok_or(Refusal::not_found("account"))?;
        let managed = match caller.account.place {
            Place::Managed { domain, user } => Some(managed(view.snapshot, domain, user)?),
            Place::Unmanaged { .. } => None,
        };
        let owns = caller.account.owns.map(|id| owned(view.snapshot, id));
        Ok(MeAnswer {
            account: caller.account,
            email: record.email.clone(),
            name: record.name.clone(),
            identity_note: record.identity_note.clone(),
            second_factor: record.totp_active,
            token: caller.token,
            managed,
            owns: owns.transpose()?,
            entitlements: entitlements(view.snapshot, &caller.account)?,
        })
    }
}

fn managed(snapshot: &Snapshot, domain: DomainId, user: UserId) -> Result<Managed, Refusal> {
    let person = snapshot.people.get(&(domain, user));
    let user_row = snapshot.world.user(domain, user)?;
    Ok(Managed {
        domain: domain_record(snapshot, domain)?,
        user: *user_row,
        tier: snapshot.world.tier_of(user_row),
        person: person.ok_or(Refusal::not_found("user"))?.clone(),
    })
}

fn owned(snapshot: &Snapshot, domain: DomainId) -> Result<Owned, Refusal> {
    Ok(Owned {
        domain: domain_record(snapshot, domain)?,
        standing: snapshot.world.standing(domain)?,
    })
}

fn domain_record(snapshot: &Snapshot, domain: DomainId) -> Result<DomainRecord, Refusal> {
    let record = snapshot.domain_records.get(&domain);
    record.cloned().ok_or(Refusal::not_found("domain"))
}

/// Loads what [`entitlements`] needs beside the account and its seat.
pub(crate) fn needs_entitlements(seen: &Snapshot, load: &mut Load) {
    let managed_by = |account: &Account| account.managed_by();
    let domains = seen.world.accounts.values().filter_map(managed_by);
    load.domains.extend(domains);
    for account in seen.world.accounts.values() {
        if let Place::Managed { domain, user } = account.place {
            needs_session(seen, load, domain, user);
        }
    }
}

/// What an account may do now: by its own plan, or by its seat and the standing of the
/// domain that gives it.
pub(crate) fn entitlements(
    snapshot: &Snapshot,
    account: &Account,
) -> Result<Entitlements, Refusal> {
    match account.place {
        Place::Unmanaged { plan } => Ok(Entitlements::of_plan(plan)),
        Place::Managed { domain, user } => snapshot.world.entitlements(domain, user),
    }
}
