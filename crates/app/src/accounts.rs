//! Accounts: signing up, who am I, own plan, verification, name (rules B1, C2, G7, I1).
//!
//! Passwords are [`crate::passwords`]', log-ins [`crate::login`]'s.

pub mod me;
pub(crate) mod own;
mod sign_up;
pub mod totp;

use usher_rules::accounts::{self, Account, Identity, Place};
use usher_rules::event::AccountDetail;
use usher_rules::roles::Permission;
use usher_rules::tiers::Tier;
use usher_rules::{AccountId, DomainId, Event, Head, Refusal, UserId};
use usher_store::{Load, Snapshot, Write};

use crate::desk::{Failure, UseCase};
use crate::domains::valid_name;
use crate::draft::Draft;
use crate::view::{Look, View};
use crate::{App, Ask, limits};

pub use me::{Managed, Me, MeAnswer, Owned};
pub use sign_up::{NewAccount, SignedUp};

/// An e-mail address: trimmed, in lower case.
///
/// # Errors
/// [`Refusal::Invalid`].
pub fn valid_email(field: &'static str, email: &str) -> Result<String, Refusal> {
    let email = email.trim().to_lowercase();
    let parts: Vec<&str> = email.split('@').collect();
    let odd = |c: char| c.is_whitespace() || c.is_control();
    let fits = parts.len() == 2
        && parts.iter().all(|part| !part.is_empty())
        && email.len() <= limits::EMAIL
        && !email.chars().any(odd);
    if fits {
        Ok(email)
    } else {
        Err(Refusal::Invalid {
            field,
            why: "not an e-mail address of at most 254 bytes",
        })
    }
}

/// Whose token came along.
#[derive(Clone)]
struct Who;

impl Look for Who {
    type Answer = AccountId;

    fn needs(&self, _seen: &Snapshot, _load: &mut Load) {}

    fn see(&self, view: View<'_>) -> Result<AccountId, Refusal> {
        view.caller().map(|caller| caller.account.id)
    }
}

/// As which domain user the caller is managed.
#[derive(Clone)]
struct OwnPlace;

impl Look for OwnPlace {
    type Answer = Option<(DomainId, UserId)>;

    fn needs(&self, _seen: &Snapshot, _load: &mut Load) {}

    fn see(&self, view: View<'_>) -> Result<Option<(DomainId, UserId)>, Refusal> {
        Ok(managed_at(&view.caller()?.account))
    }
}

fn managed_at(account: &Account) -> Option<(DomainId, UserId)> {
    match account.place {
        Place::Managed { domain, user } => Some((domain, user)),
        Place::Unmanaged { .. } => None,
    }
}

impl App {
    /// Whose token came along: for use cases that name the caller's account.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`], [`Refusal::NotAllowed`]; storage errors.
    pub async fn who(&self, ask: &Ask) -> Result<AccountId, Failure> {
        self.look(ask, &Who).await
    }

    /// As which domain user the caller is managed; none, whom no domain manages.
    ///
    /// # Errors
    /// As [`App::who`].
    pub async fn own_place(&self, ask: &Ask) -> Result<Option<(DomainId, UserId)>, Failure> {
        self.look(ask, &OwnPlace).await
    }

    /// Likewise, for use cases that ask again who calls when they are decided: who bears a token
    /// that is kept in memory need not be looked up before.
    ///
    /// # Errors
    /// As [`App::who`].
    pub async fn likely_place(&self, ask: &Ask) -> Result<Option<(DomainId, UserId)>, Failure> {
        let bearer = ask
            .account_token()
            .and_then(|token| self.kept.bearer(&token));
        match bearer {
            Some(account) => Ok(managed_at(&account)),
            None => self.own_place(ask).await,
        }
    }

    /// Likewise, for what only a domain user has: call links, contacts.
    ///
    /// # Errors
    /// [`Refusal::NotAllowed`] for one whom no domain manages; as [`App::who`].
    pub async fn managed_place(&self, ask: &Ask) -> Result<(DomainId, UserId), Failure> {
        let place = self.own_place(ask).await?;
        place.ok_or(Failure::Refused(Refusal::NotAllowed))
    }
}

/// Loads an account, and the domain that it owns: the domain's standing follows from the
/// account in the same commit.
fn needs_owner(seen: &Snapshot, load: &mut Load, account: AccountId) {
    load.accounts.insert(account);
    let owns = seen.world.accounts.get(&account).and_then(|a| a.owns);
    load.domains.extend(owns);
}

fn happen(draft: &mut Draft<'_>, account: AccountId, events: Vec<Event>) {
    let head = Head::Account(account);
    let entries = events.into_iter().map(|e| draft.world().entry(head, e));
    let entries = entries.collect();
    draft.happen(entries);
}

/// Chooses an own plan (rule C2).
#[derive(Debug, Clone, Copy)]
pub struct SetPlan {
    /// Whose: the caller's, from [`App::who`].
    pub account: AccountId,
    /// The plan.
    pub plan: Tier,
}

impl UseCase for SetPlan {
    type Answer = Account;

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_owner(seen, load, self.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Account, Refusal> {
        let caller = own::own(draft, self.account)?;
        let events = accounts::set_plan(&caller.account, self.plan)?;
        happen(draft, self.account, events);
        draft.world().account(self.account).copied()
    }
}

/// Asks for identity verification (rule G7). An owner can always do so (rule C5).
#[derive(Debug, Clone, Copy)]
pub struct StartVerification {
    /// Whose: the caller's, from [`App::who`].
    pub account: AccountId,
}

impl UseCase for StartVerification {
    type Answer = Identity;

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        needs_owner(seen, load, self.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Identity, Refusal> {
        let caller = own::own(draft, self.account)?;
        let events = accounts::start_verification(&caller.account);
        if !events.is_empty() {
            let mut record = own::record(draft, self.account)?;
            // Why an earlier one failed is no longer said once it is tried again.
            if record.identity_note.take().is_some() {
                draft.write(Write::AccountRecord(record));
            }
        }
        happen(draft, self.account, events);
        Ok(draft.world().account(self.account)?.identity)
    }
}

/// Changes what the person is called.
#[derive(Debug, Clone)]
pub struct Rename {
    /// Whose: the caller's, from [`App::who`].
    pub account: AccountId,
    /// The name.
    pub name: String,
}

impl UseCase for Rename {
    /// The name as it is kept.
    type Answer = String;

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<String, Refusal> {
        own::own_with(draft, self.account, Permission::Account)?;
        let name = valid_name("name", &self.name)?;
        let mut record = own::record(draft, self.account)?;
        if record.name != name {
            record.name.clone_from(&name);
            draft.write(Write::AccountRecord(record));
            let what = AccountDetail::Name;
            happen(
                draft,
                self.account,
                vec![Event::AccountDetailsChanged { what }],
            );
        }
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i1_an_address_is_trimmed_lowered_and_checked() {
        let table = "
            Ann@Example.com          | ann@example.com
            ann+usher@mail.example.com | ann+usher@mail.example.com
            ann                      | refused
            ann@                     | refused
            @example.com             | refused
            ann@b@example.com        | refused
            ann lee@example.com      | refused
        ";
        for row in table.lines().map(str::trim).filter(|row| !row.is_empty()) {
            let (said, kept) = row.split_once('|').unwrap();
            let email = valid_email("email", said);
            let email = email.unwrap_or_else(|_| "refused".to_owned());
            assert_eq!(email, kept.trim(), "{row}");
        }
        let long = format!("{}@example.com", "a".repeat(limits::EMAIL));
        assert!(valid_email("email", &long).is_err());
        assert!(valid_email("email", "ann\u{7}@example.com").is_err());
    }
}
