//! `POST /v1/domains/{domain}/users`: invited by mail (rule D1) or added directly (rule
//! D2).

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use usher_app::users::{CreateUser, Mode, NewUser};
use utoipa::ToSchema;

use super::User;
use crate::answer::{Answer, of_reply, render};
use crate::extract::{At, Writes};
use crate::problem::Stopped;
use crate::state::Http;
use crate::wire::{Email, Feature, InDomain, Permission, PoolId, Role, TeamId, Tier};

/// Someone who is to become a domain user.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUserRequest {
    /// The address.
    pub email: Email,
    /// What the person is called; the address, unless said.
    #[schema(max_length = 100)]
    #[serde(default)]
    pub name: Option<String>,
    /// The admin's own words.
    #[schema(max_length = 1000)]
    #[serde(default)]
    pub description: Option<String>,
    /// The customer's own id for the user, unique in the domain.
    #[schema(max_length = 100)]
    #[serde(default)]
    pub external_id: Option<String>,
    /// What the user will sit on; `base` unless said.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// The pool whose seats the user will share, instead of a seat of its own.
    #[serde(default)]
    pub pool: Option<PoolId>,
    /// The role in the domain; `member` unless said.
    #[serde(default)]
    pub role: Option<Role>,
    /// Permissions over the own account; account, devices, connections and history unless
    /// said.
    #[schema(max_items = 7)]
    #[serde(default)]
    pub permissions: Option<Vec<Permission>>,
    /// What is switched off.
    #[schema(max_items = 8)]
    #[serde(default)]
    pub features_off: Option<Vec<Feature>>,
    /// The teams that the user will be in.
    #[schema(max_items = 100)]
    #[serde(default)]
    pub teams: Option<Vec<TeamId>>,
    /// Add at once instead of inviting: the address's owner is not asked or notified.
    #[serde(default)]
    pub add: Option<bool>,
    /// For one who is added at once: a first password.
    #[schema(min_length = 10, max_length = 200)]
    #[serde(default)]
    pub password: Option<String>,
}

impl From<&NewUserRequest> for NewUser {
    fn from(said: &NewUserRequest) -> Self {
        let mut new = NewUser {
            email: said.email.0.clone(),
            name: said.name.clone().unwrap_or_default(),
            description: said.description.clone().unwrap_or_default(),
            external_id: said.external_id.clone(),
            tier: said.tier.map(Into::into).unwrap_or_default(),
            pool: said.pool.map(|pool| pool.0),
            role: said.role.map(Into::into).unwrap_or_default(),
            password: None,
            ..NewUser::default()
        };
        if let Some(permissions) = &said.permissions {
            new.permissions = permissions.iter().map(|word| (*word).into()).collect();
        }
        if let Some(features) = &said.features_off {
            new.features_off = features.iter().map(|word| (*word).into()).collect();
        }
        let teams = said.teams.iter().flatten();
        new.teams = teams.map(|team| team.0).collect();
        new
    }
}

/// Invite or add a user
///
/// Takes the seats at once: an invitation holds them until it is accepted, declined,
/// cancelled or expires.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/users", tag = "users",
    params(InDomain),
    request_body = NewUserRequest,
    responses((status = 201, description = "The user", body = User)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "not_in_standing", "no_seat_available", "taken",
    ]))),
)]
pub async fn create_user(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, body }: Writes<NewUserRequest>,
) -> Answer {
    let add = body.add.unwrap_or_default();
    let mode = if add { Mode::Add } else { Mode::Invite };
    if body.tier.is_some() && body.pool.is_some() {
        return Err(Stopped::invalid("tier", "is the pool's"));
    }
    let mut new = NewUser::from(&body);
    if let Some(password) = body.password {
        if !add {
            let detail = "is chosen by who accepts the invitation";
            return Err(Stopped::invalid("password", detail));
        }
        // Hashing costs: not for everyone who comes along.
        http.app.who(&ask).await?;
        new.password = Some(http.app.hash_password(password).await?);
    }
    let case = CreateUser {
        domain: domain.0,
        new,
        mode,
    };
    let render = render(StatusCode::CREATED, |line| User::from(line));
    Ok(of_reply(http.app.run(ask, case, render).await?))
}
