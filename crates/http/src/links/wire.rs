//! Call links and guests' calls as the API shows them.

use serde::{Deserialize, Serialize};
use usher_app::links::guest::GuestCall;
use usher_rules::Time;
use usher_store::lists::LinkLine;
use utoipa::{IntoParams, ToSchema};

use crate::wire::{CallId, LinkId, LinkState, Moment, Phase};

/// A call link, as the user sees it whose it is. Its address is shown once, when it is made.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CallLink {
    /// Its id.
    pub id: LinkId,
    /// What the guest is called.
    pub guest_name: String,
    /// Whether a guest can call by it, and if not, why.
    pub state: LinkState,
    /// Whether the first answered call uses it up.
    pub one_call: bool,
    /// When it was made.
    pub created_at: Moment,
    /// The first moment at which it is no longer valid by time.
    pub valid_until: Moment,
}

impl CallLink {
    /// A link as it is at a moment.
    pub fn new(line: &LinkLine, now: Time) -> CallLink {
        let link = &line.link;
        CallLink {
            id: link.id.into(),
            guest_name: line.record.guest.clone(),
            state: link.state(now).into(),
            one_call: link.one_call,
            created_at: link.made_at.into(),
            valid_until: link.valid_until.into(),
        }
    }
}

/// A guest's call.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct GuestCallAnswer {
    /// Its id, the same as the user's device knows it by.
    pub id: CallId,
    /// How far it is.
    pub phase: Phase,
}

impl From<&GuestCall> for GuestCallAnswer {
    fn from(call: &GuestCall) -> Self {
        GuestCallAnswer {
            id: call.call.into(),
            phase: call.phase.into(),
        }
    }
}

/// A call link of the caller's own.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfLink {
    /// The call link.
    pub link: LinkId,
}

/// A call link by what its address ends with.
#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ByLink {
    /// The link's token.
    #[param(min_length = 1, max_length = 200)]
    pub token: String,
}

/// A guest's call.
#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfGuestCall {
    /// The link's token.
    #[param(min_length = 1, max_length = 200)]
    pub token: String,
    /// The call.
    pub call: CallId,
}
