//! What paths name.

use serde::Deserialize;
use utoipa::IntoParams;

use super::{AccountId, DomainId, TokenId, UserId};

/// A domain.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct InDomain {
    /// The domain.
    pub domain: DomainId,
}

/// A domain user.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfUser {
    /// The domain.
    pub domain: DomainId,
    /// The domain user.
    pub user: UserId,
}

/// A token of the caller's own.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfToken {
    /// The token's id.
    pub token: TokenId,
}

/// An account.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfAccount {
    /// The account.
    pub account: AccountId,
}

/// A secret that came by mail.
#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct BySecret {
    /// The mailed token.
    #[param(min_length = 1, max_length = 200)]
    pub token: String,
}

/// Whether to only say what would happen.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DryRun {
    /// Only say what it would do; nothing changes.
    #[serde(default)]
    pub dry_run: bool,
}
