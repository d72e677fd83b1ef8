//! `PATCH /v1/domains/{domain}/users/{user}`: what a user is called and what it may do
//! (rules B2, D3).

use axum::extract::State;
use serde::Deserialize;
use usher_app::users::{ChangeUser, Changes};
use usher_rules::users::Change;
use utoipa::ToSchema;

use super::User;
use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::{Feature, OfUser, Permission, Role, given};

/// What changes; what is left out stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChanges {
    /// What the person is called.
    #[schema(min_length = 1, max_length = 100, nullable = false)]
    #[serde(default)]
    pub name: Option<String>,
    /// The admin's own words.
    #[schema(max_length = 1000, nullable = false)]
    #[serde(default)]
    pub description: Option<String>,
    /// The customer's own id for the user; `null` takes it away.
    #[schema(value_type = Option<String>, max_length = 100)]
    #[serde(default, deserialize_with = "given")]
    pub external_id: Option<Option<String>>,
    /// The role in the domain.
    #[serde(default)]
    pub role: Option<Role>,
    /// All permissions over the own account.
    #[schema(max_items = 7)]
    #[serde(default)]
    pub permissions: Option<Vec<Permission>>,
    /// All that is switched off.
    #[schema(max_items = 8)]
    #[serde(default)]
    pub features_off: Option<Vec<Feature>>,
}

impl From<UserChanges> for Changes {
    fn from(said: UserChanges) -> Self {
        Changes {
            name: said.name,
            description: said.description,
            external_id: said.external_id,
            rights: Change {
                role: said.role.map(Into::into),
                permissions: said
                    .permissions
                    .map(|all| all.into_iter().map(Into::into).collect()),
                features_off: said
                    .features_off
                    .map(|all| all.into_iter().map(Into::into).collect()),
            },
        }
    }
}

/// Change a user
///
/// Takes effect on the user's next request. The tier is changed by its license.
#[utoipa::path(
    patch, path = "/v1/domains/{domain}/users/{user}", tag = "users",
    params(OfUser),
    request_body = UserChanges,
    responses((status = 200, description = "The user", body = User)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "taken"]))),
)]
pub async fn change_user(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Writes { ask, body }: Writes<UserChanges>,
) -> Answer {
    let case = ChangeUser {
        domain: domain.0,
        user: user.0,
        changes: body.into(),
    };
    change(&http.app, ask, case, |line| User::from(line)).await
}
