//! `GET /v1/operator/verifications`: who waits for a decision (rule G7).

use axum::extract::State;
use serde::Serialize;
use usher_store::lists::VerificationLine;
use utoipa::ToSchema;

use crate::answer::{Answer, ok};
use crate::extract::{Asked, Reads};
use crate::state::Http;
use crate::wire::{AccountId, Identity, PageQuery};

/// Verifications that are read at a stretch; those that wait longest come first.
const MOST: u32 = 1000;

/// A verification that waits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerificationLineAnswer {
    /// Whose.
    pub account: AccountId,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
    /// How far it is.
    pub identity: Identity,
}

/// A page of verifications.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct VerificationPage {
    /// The verifications, oldest first.
    pub items: Vec<VerificationLineAnswer>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

impl From<&VerificationLine> for VerificationLineAnswer {
    fn from(line: &VerificationLine) -> Self {
        VerificationLineAnswer {
            account: line.account.into(),
            name: line.name.clone(),
            email: line.email.clone(),
            identity: line.identity.into(),
        }
    }
}

/// List verifications that wait
#[utoipa::path(
    get, path = "/v1/operator/verifications", tag = "operator",
    params(PageQuery),
    responses((status = 200, description = "A page of verifications", body = VerificationPage)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn list_verifications(
    State(http): State<Http>,
    Asked(query): Asked<PageQuery>,
    Reads(ask): Reads,
) -> Answer {
    let waiting = http.app.pending_verifications(&ask, MOST).await?;
    let (items, next_cursor) = query.cut(waiting, |line| line.account.to_string())?;
    Ok(ok(&VerificationPage {
        items: items.iter().map(VerificationLineAnswer::from).collect(),
        next_cursor,
    }))
}
