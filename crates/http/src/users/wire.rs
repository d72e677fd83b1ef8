//! A domain user as the API shows it.

use serde::{Deserialize, Serialize};
use usher_rules::users::{self, UserState as State};
use usher_store::lists::UserLine;
use utoipa::ToSchema;

use crate::problem::Stopped;
use crate::wire::{
    AccountId, DomainId, Feature, LicenseModel, Moment, Permission, PoolId, Role, Tier, UserId,
    UserState,
};

/// How a user comes by a seat, and what it sits on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct License {
    /// The license model.
    pub model: LicenseModel,
    /// The tier: that of the own seat, or of the pool.
    pub tier: Tier,
    /// The pool, of a shared user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub pool: Option<PoolId>,
    /// Whether a seat of the pool is reserved for the user, of a shared user.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reserved: Option<bool>,
}

/// How a user shall come by a seat: `named` with a tier, or `shared` with a pool, whose tier
/// it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LicenseRequest {
    /// The license model.
    pub model: LicenseModel,
    /// `named`: the tier.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// `shared`: the pool.
    #[serde(default)]
    pub pool: Option<PoolId>,
}

impl LicenseRequest {
    /// The license that it names.
    ///
    /// # Errors
    /// A problem that names the field that is missing, or doesn't belong to the model.
    pub fn license(self) -> Result<users::License, Stopped> {
        match (self.model, self.tier, self.pool) {
            (LicenseModel::Named, Some(tier), None) => {
                Ok(users::License::Named { tier: tier.into() })
            }
            (LicenseModel::Shared, None, Some(pool)) => Ok(users::License::Shared { pool: pool.0 }),
            (LicenseModel::Named, _, Some(_)) => Err(Stopped::invalid("pool", "belongs to shared")),
            (LicenseModel::Named, None, None) => Err(Stopped::invalid("tier", "is missing")),
            (LicenseModel::Shared, Some(_), _) => Err(Stopped::invalid("tier", "is the pool's")),
            (LicenseModel::Shared, None, None) => Err(Stopped::invalid("pool", "is missing")),
        }
    }
}

/// A domain user, or an invitation to become one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct User {
    /// Its id; stays the same when it moves.
    pub id: UserId,
    /// The domain that manages it.
    pub domain: DomainId,
    /// Its address.
    pub email: String,
    /// What the person is called.
    pub name: String,
    /// The admin's own words.
    pub description: String,
    /// The customer's own id for it.
    pub external_id: Option<String>,
    /// Invited, active, …
    pub state: UserState,
    /// What it sits on.
    pub license: License,
    /// Its role in the domain.
    pub role: Role,
    /// Its permissions over the own account.
    pub permissions: Vec<Permission>,
    /// What admins switched off.
    pub features_off: Vec<Feature>,
    /// The sub-domain that it owns.
    pub owns: Option<DomainId>,
    /// The account behind it, once joined.
    pub account: Option<AccountId>,
    /// Until when a pending invitation can be accepted.
    pub invitation_expires_at: Option<Moment>,
    /// When it was made.
    pub created_at: Moment,
}

impl From<&UserLine> for User {
    fn from(UserLine { user, person, tier }: &UserLine) -> Self {
        User {
            id: user.id.into(),
            domain: user.domain.into(),
            email: person.email.clone(),
            name: person.name.clone(),
            description: person.description.clone(),
            external_id: person.external_id.clone(),
            state: user.state.into(),
            license: License {
                model: match user.license {
                    users::License::Named { .. } => LicenseModel::Named,
                    users::License::Shared { .. } => LicenseModel::Shared,
                },
                tier: (*tier).into(),
                pool: user.license.pool().map(Into::into),
                reserved: user.license.pool().map(|_| user.reserved),
            },
            role: user.role.into(),
            permissions: user.permissions.iter().map(Into::into).collect(),
            features_off: user.features_off.iter().map(Into::into).collect(),
            owns: user.owns.map(Into::into),
            account: user.state.account().map(Into::into),
            invitation_expires_at: match user.state {
                State::Invited { expires_at } => Some(expires_at.into()),
                _ => None,
            },
            created_at: person.created_at.into(),
        }
    }
}
