//! `GET /v1/domains/{domain}/users`: search, filter, sort, page (rule D4).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use usher_store::lists::{After, Listing, Page, Sort, UserLine};
use utoipa::{IntoParams, ToSchema};

use super::User;
use crate::answer::{Answer, ok};
use crate::extract::{Asked, At, Reads};
use crate::problem::Stopped;
use crate::state::Http;
use crate::wire::{Cursor, InDomain, LicenseModel, PoolId, Role, TeamId, Tier, UserState, limit};

/// By what users are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserSort {
    /// The order of their making.
    #[default]
    Created,
    /// By address.
    Email,
    /// By name, without regard to case.
    Name,
}

/// Which users, in which order.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// How many items at most; 50 unless said.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before, asked for in the same order.
    #[param(pattern = "^[A-Za-z0-9_-]+$", min_length = 1, max_length = 1000)]
    pub cursor: Option<String>,
    /// E-mail, name or external id begins with this; case does not count.
    #[param(max_length = 254)]
    pub search: Option<String>,
    /// Of this license model.
    #[param(inline)]
    pub model: Option<LicenseModel>,
    /// In this pool.
    #[param(inline)]
    pub pool: Option<PoolId>,
    /// On this tier.
    #[param(inline)]
    pub tier: Option<Tier>,
    /// In this state.
    #[param(inline)]
    pub state: Option<UserState>,
    /// In this role.
    #[param(inline)]
    pub role: Option<Role>,
    /// In this team.
    #[param(inline)]
    pub team: Option<TeamId>,
    /// The order.
    #[param(inline)]
    pub sort: Option<UserSort>,
}

/// A page of users.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserPage {
    /// The users.
    pub items: Vec<User>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// List the domain's users
#[utoipa::path(
    get, path = "/v1/domains/{domain}/users", tag = "users",
    params(InDomain, UsersQuery),
    responses((status = 200, description = "A page of users", body = UserPage)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn list_users(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Asked(query): Asked<UsersQuery>,
    Reads(ask): Reads,
) -> Answer {
    let sort = query.sort.unwrap_or_default();
    let page = http.app.users(&ask, domain.0, &listing(query)?).await?;
    Ok(ok(&UserPage {
        next_cursor: next_cursor(sort, &page),
        items: page.items.iter().map(User::from).collect(),
    }))
}

fn listing(query: UsersQuery) -> Result<Listing, Stopped> {
    let sort = query.sort.unwrap_or_default();
    let after = query.cursor.as_deref().map(|cursor| after(sort, cursor));
    let search = query.search.map(|text| text.trim().to_lowercase());
    Ok(Listing {
        search: search.filter(|text| !text.is_empty()),
        model: query.model.map(LicenseModel::name),
        tier: query.tier.map(Into::into),
        pool: query.pool.map(|pool| pool.0),
        team: query.team.map(|team| team.0),
        state: query.state.map(UserState::name),
        role: query.role.map(Into::into),
        sort: match sort {
            UserSort::Created => Sort::Created,
            UserSort::Email => Sort::Email,
            UserSort::Name => Sort::Name,
        },
        after: after.transpose()?,
        limit: limit(query.limit),
    })
}

/// A cursor holds the order that it belongs to, and the last row's place in it.
fn after(sort: UserSort, cursor: &str) -> Result<After, Stopped> {
    let [order, key, user] = Cursor::read(cursor)?;
    let user: usher_rules::UserId = user.parse().map_err(|_| Cursor::foreign())?;
    if order == name(sort) {
        Ok(After { key, id: user.0 })
    } else {
        Err(Cursor::foreign())
    }
}

fn next_cursor(sort: UserSort, page: &Page<UserLine>) -> Option<String> {
    let last = page.items.last().filter(|_| page.more)?;
    let key = match sort {
        UserSort::Created => String::new(),
        UserSort::Email => last.person.email.clone(),
        UserSort::Name => last.person.name.to_lowercase(),
    };
    Some(Cursor::write(&[
        name(sort),
        &key,
        &last.user.id.to_string(),
    ]))
}

fn name(sort: UserSort) -> &'static str {
    match sort {
        UserSort::Created => "created",
        UserSort::Email => "email",
        UserSort::Name => "name",
    }
}
