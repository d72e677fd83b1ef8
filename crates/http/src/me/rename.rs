//! `PATCH /v1/me`: another name.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use usher_app::accounts::Rename;
use utoipa::ToSchema;

use crate::answer::{Answer, change};
use crate::extract::Writes;
use crate::state::Http;

/// What changes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MyChanges {
    /// What the person is called.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

/// What was changed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MyName {
    /// What the person is called.
    pub name: String,
}

/// Change one's name
#[utoipa::path(
    patch, path = "/v1/me", tag = "me",
    request_body = MyChanges,
    responses((status = 200, description = "The name as it is kept", body = MyName)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn rename_me(
    State(http): State<Http>,
    Writes { ask, body }: Writes<MyChanges>,
) -> Answer {
    let case = Rename {
        account: http.app.who(&ask).await?,
        name: body.name,
    };
    change(&http.app, ask, case, |name| MyName { name: name.clone() }).await
}
