//! Who may change an account: the one whose it is, and, where a domain manages it, with
//! the domain's permission (rule D3).

use usher_rules::accounts::{Account, Place};
use usher_rules::roles::Permission;
use usher_rules::users::UserState;
use usher_rules::{AccountId, Refusal, World};
use usher_store::records::AccountRecord;
use usher_store::{Load, Snapshot};

use crate::draft::Draft;
use crate::view::Caller;

/// The caller, whose account this is.
pub(crate) fn own(draft: &mut Draft<'_>, account: AccountId) -> Result<Caller, Refusal> {
    let caller = draft.caller()?;
    if caller.account.id == account {
        Ok(caller)
    } else {
        Err(Refusal::NotAllowed)
    }
}

/// The caller, whose account this is and who has the permission over it.
pub(crate) fn own_with(
    draft: &mut Draft<'_>,
    account: AccountId,
    permission: Permission,
) -> Result<Caller, Refusal> {
    let caller = own(draft, account)?;
    if permitted(draft.world(), &caller.account, permission) {
        Ok(caller)
    } else {
        Err(Refusal::NotAllowed)
    }
}

/// Whether the account's holder has this permission over it. Nobody restricts an account
/// that no domain manages. The managing domain's user must have been loaded.
pub(crate) fn permitted(world: &World, account: &Account, permission: Permission) -> bool {
    match account.place {
        Place::Unmanaged { .. } => true,
        Place::Managed { domain, user } => world.user(domain, user).is_ok_and(|user| {
            matches!(user.state, UserState::Active { .. }) && user.permissions.has(permission)
        }),
    }
}

/// Whether the account may do anything: a suspended user's may not (rule A7).
pub(crate) fn may_act(world: &World, account: &Account) -> bool {
    match account.place {
        Place::Unmanaged { .. } => true,
        Place::Managed { domain, user } => world
            .user(domain, user)
            .is_ok_and(|user| matches!(user.state, UserState::Active { .. })),
    }
}

/// Loads, for every account that was seen, the domain user that it is.
pub(crate) fn needs_seats(seen: &Snapshot, load: &mut Load) {
    for account in seen.world.accounts.values() {
        if let Place::Managed { domain, user } = account.place {
            load.users.insert((domain, user));
        }
    }
}

/// The account's record.
pub(crate) fn record(draft: &Draft<'_>, account: AccountId) -> Result<AccountRecord, Refusal> {
    let record = draft.snapshot().account_records.get(&account);
    record.cloned().ok_or(Refusal::not_found("account"))
}
