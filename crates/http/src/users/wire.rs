//! A domain user as the API shows it.

use serde::{Deserialize, Serialize};
use usher_rules::users::UserState as State;
use usher_store::lists::UserLine;
use utoipa::ToSchema;

use crate::wire::{
    AccountId, DomainId, Feature, LicenseModel, Moment, Permission, Role, Tier, UserId, UserState,
};

/// How a user comes by a seat, and what it sits on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct License {
    /// The license model.
    pub model: LicenseModel,
    /// The tier.
    pub tier: Tier,
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
    fn from(UserLine { user, person }: &UserLine) -> Self {
        User {
            id: user.id.into(),
            domain: user.domain.into(),
            email: person.email.clone(),
            name: person.name.clone(),
            description: person.description.clone(),
            external_id: person.external_id.clone(),
            state: user.state.into(),
            license: License {
                model: LicenseModel::Named,
                tier: user.license.tier().into(),
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
