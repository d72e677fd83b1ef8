//! Accounts: people who sign in, their own plan, their identity (rules C2, C3, G7).
//!
//! What a person is called and how they prove who they are is not here: names, addresses
//! and secrets are records of the store that no rule reads.

use crate::event::Event;
use crate::ids::{AccountId, DomainId, UserId};
use crate::refusal::Refusal;
use crate::tiers::Tier;

/// Where an account stands: on a plan of its own, or managed by at most one domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Has a plan of its own; `base` is the free Personal plan.
    Unmanaged {
        /// The plan.
        plan: Tier,
    },
    /// Is a domain user.
    Managed {
        /// Of this domain,
        domain: DomainId,
        /// as this user.
        user: UserId,
    },
}

/// Identity verification: of the account, once, then for good (rules C2, G7). Nothing of
/// the document itself is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Identity {
    /// Never asked for.
    #[default]
    NotStarted,
    /// Waits for the provider or the operator.
    Pending,
    /// Proven.
    Verified,
    /// Refused; may be tried again.
    Failed,
}

impl Identity {
    /// All states.
    pub const ALL: [Identity; 4] = [
        Identity::NotStarted,
        Identity::Pending,
        Identity::Verified,
        Identity::Failed,
    ];

    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Identity::NotStarted => "not_started",
            Identity::Pending => "pending",
            Identity::Verified => "verified",
            Identity::Failed => "failed",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Identity> {
        Identity::ALL.into_iter().find(|i| i.name() == name)
    }

    /// Whether it is proven.
    #[must_use]
    pub fn is_verified(self) -> bool {
        self == Identity::Verified
    }
}

/// A person who signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// The account's id.
    pub id: AccountId,
    /// On a plan of its own, or managed.
    pub place: Place,
    /// The domain that it owns: at most one (rule C7).
    pub owns: Option<DomainId>,
    /// Identity verification.
    pub identity: Identity,
    /// Whether it runs the server.
    pub operator: bool,
}

impl Account {
    /// A new account on the free Personal plan.
    #[must_use]
    pub fn new(id: AccountId) -> Account {
        Account {
            id,
            place: Place::Unmanaged { plan: Tier::Base },
            owns: None,
            identity: Identity::NotStarted,
            operator: false,
        }
    }

    /// The domain that manages it.
    #[must_use]
    pub fn managed_by(&self) -> Option<DomainId> {
        match self.place {
            Place::Managed { domain, .. } => Some(domain),
            Place::Unmanaged { .. } => None,
        }
    }
}

/// Chooses an own plan.
///
/// # Errors
/// [`Refusal::WrongState`] for a managed account: its domain pays for its seat.
pub fn set_plan(account: &Account, plan: Tier) -> Result<Vec<Event>, Refusal> {
    match account.place {
        Place::Managed { .. } => Err(Refusal::WrongState {
            why: "a managed account has no plan of its own",
        }),
        Place::Unmanaged { plan: from } if from == plan => Ok(vec![]),
        Place::Unmanaged { plan: from } => Ok(vec![Event::PlanChanged { from, to: plan }]),
    }
}

/// Asks for identity verification; asking again while it is pending or proven changes
/// nothing.
#[must_use]
pub fn start_verification(account: &Account) -> Vec<Event> {
    match account.identity {
        Identity::Pending | Identity::Verified => vec![],
        from @ (Identity::NotStarted | Identity::Failed) => vec![Event::IdentityChanged {
            from,
            to: Identity::Pending,
        }],
    }
}

/// The operator's decision on a pending verification (provider `manual`, rule G7).
///
/// # Errors
/// [`Refusal::WrongState`] when none is pending.
pub fn decide_verification(account: &Account, approve: bool) -> Result<Vec<Event>, Refusal> {
    if account.identity != Identity::Pending {
        return Err(Refusal::WrongState {
            why: "no verification is pending for this account",
        });
    }
    let to = if approve {
        Identity::Verified
    } else {
        Identity::Failed
    };
    Ok(vec![Event::IdentityChanged {
        from: Identity::Pending,
        to,
    }])
}
