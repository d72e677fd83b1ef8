//! `GET /v1/operator/domains`: all root domains.

use axum::extract::State;
use serde::Serialize;
use usher_store::lists::DomainLine;
use utoipa::ToSchema;

use crate::answer::{Answer, ok};
use crate::extract::{Asked, Reads};
use crate::problem::Stopped;
use crate::state::Http;
use crate::wire::{AccountId, Cursor, DomainId, Moment, PageQuery, Quantities, limit};

/// A root domain: what it is called, and numbers.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RootDomain {
    /// Its id.
    pub id: DomainId,
    /// The name that people read.
    pub name: String,
    /// Its prefix.
    pub prefix: String,
    /// Who owns it.
    pub owner: AccountId,
    /// Users that are invited, active or suspended.
    #[schema(minimum = 0)]
    pub users: u32,
    /// What it has ordered.
    pub ordered: Quantities,
    /// What is in use.
    pub in_use: Quantities,
    /// When it was made.
    pub created_at: Moment,
}

/// A page of root domains.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RootDomainPage {
    /// The domains, in the order of their making.
    pub items: Vec<RootDomain>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

impl From<&DomainLine> for RootDomain {
    fn from(DomainLine { domain, record }: &DomainLine) -> Self {
        let in_use = usher_rules::seats::PerKind::from_fn(|kind| domain.seats.get(kind).in_use);
        RootDomain {
            id: domain.id.into(),
            name: record.name.clone(),
            prefix: record.prefix.clone(),
            owner: domain.owner.into(),
            users: domain.users,
            ordered: domain.seats.order().into(),
            in_use: in_use.into(),
            created_at: record.created_at.into(),
        }
    }
}

/// List all root domains
#[utoipa::path(
    get, path = "/v1/operator/domains", tag = "operator",
    params(PageQuery),
    responses((status = 200, description = "A page of root domains", body = RootDomainPage)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn list_root_domains(
    State(http): State<Http>,
    Asked(query): Asked<PageQuery>,
    Reads(ask): Reads,
) -> Answer {
    let after = query.cursor.as_deref().map(after).transpose()?;
    let page = http
        .app
        .root_domains(&ask, after, limit(query.limit))
        .await?;
    let last = page.items.last().filter(|_| page.more);
    Ok(ok(&RootDomainPage {
        next_cursor: last.map(|line| Cursor::write(&[&line.domain.id.to_string()])),
        items: page.items.iter().map(RootDomain::from).collect(),
    }))
}

fn after(cursor: &str) -> Result<usher_rules::DomainId, Stopped> {
    let [id] = Cursor::read(cursor)?;
    id.parse().map_err(|_| Cursor::foreign())
}
