//! A contact as the API shows it.

use serde::{Deserialize, Serialize};
use usher_store::lists::ContactLine;
use utoipa::{IntoParams, ToSchema};

use crate::wire::{ContactId, UserId};

/// Someone in a contact list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Contact {
    /// By which id it is taken off the list again; `null` for who is there because of a team
    /// alone.
    pub contact: Option<ContactId>,
    /// The domain user; `null` for an address that no active user of the own domain has.
    pub user: Option<UserId>,
    /// What the person is called; of such an address, what one calls it oneself.
    pub name: String,
    /// The person's address.
    pub email: String,
}

impl From<&ContactLine> for Contact {
    fn from(line: &ContactLine) -> Self {
        Contact {
            contact: line.contact.map(Into::into),
            user: line.user.map(Into::into),
            name: line.name.clone(),
            email: line.email.clone(),
        }
    }
}

/// A contact that the caller added.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfContact {
    /// The contact.
    pub contact: ContactId,
}
