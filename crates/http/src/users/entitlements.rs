//! `GET /v1/domains/{domain}/users/{user}/entitlements`: what a user may do now (rule B1).

use axum::extract::State;
use serde::Serialize;
use usher_app::users::GetEntitlements;
use usher_rules::tiers::{self, Denied, Entitlements};
use utoipa::ToSchema;

use crate::answer::{Answer, look};
use crate::extract::{At, Reads};
use crate::state::Http;
use crate::wire::{OfUser, Tier};

/// What a user may do now, and why not the rest.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct EntitlementsAnswer {
    /// The tier that counts now: the assigned one, or `base` while the domain is frozen.
    pub tier: Tier,
    /// The tier that was assigned.
    pub assigned: Tier,
    /// Feature by feature.
    pub features: FeatureAnswers,
}

/// Feature by feature.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct FeatureAnswers {
    /// Reaching a PBX through the platform's proxy.
    pub proxy: FeatureAnswer,
    /// Transcoding of media.
    pub transcoding: FeatureAnswer,
    /// Push notifications.
    pub push: FeatureAnswer,
    /// Call history in the cloud.
    pub call_history: FeatureAnswer,
    /// Recordings in the cloud.
    pub recordings: FeatureAnswer,
    /// Messages in the cloud.
    pub messages: FeatureAnswer,
    /// AI call transcription.
    pub transcription: FeatureAnswer,
    /// AI call assistants.
    pub assistant: FeatureAnswer,
}

/// Whether a feature may be used now.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct FeatureAnswer {
    /// Whether it may.
    pub allowed: bool,
    /// Why not, if it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<DeniedReason>,
    /// The lowest tier that has it, where the tier is why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs: Option<Tier>,
}

/// Why a feature may not be used. `tier`: the tier does not have it; `switched_off`: by an
/// admin; `frozen`: the domain is, and its users fell back to `base`; `suspended`;
/// `not_joined`: the invitation is not accepted; `not_logged_in`: the user shares the seats of a
/// pool, and sits on none now.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum DeniedReason {
    Tier,
    SwitchedOff,
    Frozen,
    Suspended,
    NotJoined,
    NotLoggedIn,
}

impl From<Result<(), Denied>> for FeatureAnswer {
    fn from(check: Result<(), Denied>) -> Self {
        let (reason, needs) = match check {
            Ok(()) => (None, None),
            Err(Denied::Tier(needs)) => (Some(DeniedReason::Tier), Some(needs.into())),
            Err(Denied::SwitchedOff) => (Some(DeniedReason::SwitchedOff), None),
            Err(Denied::Frozen) => (Some(DeniedReason::Frozen), None),
            Err(Denied::Suspended) => (Some(DeniedReason::Suspended), None),
            Err(Denied::NotJoined) => (Some(DeniedReason::NotJoined), None),
            Err(Denied::NotLoggedIn) => (Some(DeniedReason::NotLoggedIn), None),
        };
        FeatureAnswer {
            allowed: check.is_ok(),
            reason,
            needs,
        }
    }
}

impl From<&Entitlements> for EntitlementsAnswer {
    fn from(seat: &Entitlements) -> Self {
        use tiers::Feature as F;
        let check = |feature| seat.check(feature).into();
        EntitlementsAnswer {
            tier: seat.tier.into(),
            assigned: seat.assigned.into(),
            features: FeatureAnswers {
                proxy: check(F::Proxy),
                transcoding: check(F::Transcoding),
                push: check(F::Push),
                call_history: check(F::CallHistory),
                recordings: check(F::Recordings),
                messages: check(F::Messages),
                transcription: check(F::Transcription),
                assistant: check(F::Assistant),
            },
        }
    }
}

/// See what a user may do now
///
/// Derived at each check from the tier, what admins switched off, and the domain's
/// standing.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/users/{user}/entitlements", tag = "users",
    params(OfUser),
    responses((status = 200, description = "The entitlements", body = EntitlementsAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn see_entitlements(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Reads(ask): Reads,
) -> Answer {
    let (domain, user) = (domain.0, user.0);
    let seat = GetEntitlements { domain, user };
    look(&http.app, &ask, &seat, |seat| {
        EntitlementsAnswer::from(seat)
    })
    .await
}
