//! `GET /v1/me`: who am I, my plan or my seat, what I own, what I may do now.

use axum::extract::State;
use serde::Serialize;
use usher_app::accounts::{Me, MeAnswer as Inner, Owned};
use usher_rules::accounts::Place;
use utoipa::ToSchema;

use crate::answer::{Answer, look};
use crate::domains::Standing;
use crate::extract::Reads;
use crate::state::Http;
use crate::users::{EntitlementsAnswer, User};
use crate::wire::{AccountId, DomainId, Identity, Plan};

/// The caller's own account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MeAnswer {
    /// Its id.
    pub account: AccountId,
    /// Its address.
    pub email: String,
    /// What the person is called.
    pub name: String,
    /// Whether it runs the server.
    pub operator: bool,
    /// Its own plan; `null` where a domain manages it.
    pub plan: Option<Plan>,
    /// The domain that manages it.
    pub domain: Option<DomainBrief>,
    /// As which user.
    pub user: Option<User>,
    /// The domain that it owns.
    pub owns: Option<OwnedDomain>,
    /// How far identity verification is.
    pub identity: Identity,
    /// Why it failed, in the operator's words.
    pub identity_note: Option<String>,
    /// Whether a one-time code is asked for at log-in.
    pub second_factor: bool,
    /// Whether the token that came along may only read.
    pub read_only: bool,
    /// What it may do now.
    pub entitlements: EntitlementsAnswer,
}

/// What a domain is called.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DomainBrief {
    /// Its id.
    pub id: DomainId,
    /// The name that people read.
    pub name: String,
    /// Its prefix.
    pub prefix: String,
}

/// The domain that an account owns.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnedDomain {
    /// Its id.
    pub id: DomainId,
    /// The name that people read.
    pub name: String,
    /// Its prefix.
    pub prefix: String,
    /// Its standing now.
    pub standing: Standing,
}

impl From<&Owned> for OwnedDomain {
    fn from(owned: &Owned) -> Self {
        OwnedDomain {
            id: owned.domain.domain.into(),
            name: owned.domain.name.clone(),
            prefix: owned.domain.prefix.clone(),
            standing: (&owned.standing).into(),
        }
    }
}

impl From<&Inner> for MeAnswer {
    fn from(me: &Inner) -> Self {
        let line = me
            .managed
            .as_ref()
            .map(|managed| usher_store::lists::UserLine {
                user: managed.user,
                person: managed.person.clone(),
                tier: managed.tier,
            });
        MeAnswer {
            account: me.account.id.into(),
            email: me.email.clone(),
            name: me.name.clone(),
            operator: me.account.operator,
            plan: match me.account.place {
                Place::Unmanaged { plan } => Some(plan.into()),
                Place::Managed { .. } => None,
            },
            domain: me.managed.as_ref().map(|managed| DomainBrief {
                id: managed.domain.domain.into(),
                name: managed.domain.name.clone(),
                prefix: managed.domain.prefix.clone(),
            }),
            user: line.as_ref().map(User::from),
            owns: me.owns.as_ref().map(OwnedDomain::from),
            identity: me.account.identity.into(),
            identity_note: me.identity_note.clone(),
            second_factor: me.second_factor,
            read_only: me.token.read_only,
            entitlements: (&me.entitlements).into(),
        }
    }
}

/// Who am I
#[utoipa::path(
    get, path = "/v1/me", tag = "me",
    responses((status = 200, description = "The caller's account", body = MeAnswer)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn see_me(State(http): State<Http>, Reads(ask): Reads) -> Answer {
    look(&http.app, &ask, &Me, |me| MeAnswer::from(me)).await
}
