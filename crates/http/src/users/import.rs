//! `POST /v1/domains/{domain}/users/import`: many users by CSV (rule D2).

use axum::extract::{Request, State};
use axum::http::header;
use serde::{Deserialize, Serialize};
use usher_app::Ask;
use usher_app::users::Mode;
use usher_app::users::import::{Fate, ImportUsers, read_csv};
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Answer, change};
use crate::extract::{Asked, At, read_bytes, read_json, writer};
use crate::limits;
use crate::problem::{Problem, Stopped, table};
use crate::state::Http;
use crate::wire::{InDomain, UserId};

/// How to import.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Only say what would become of each row; nothing changes.
    #[serde(default)]
    pub dry_run: bool,
    /// Invite new users by mail instead of adding them at once.
    #[serde(default)]
    pub invite: bool,
}

/// A CSV file in JSON.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportRequest {
    /// The file: a header with `email`, and any of `name`, `description`, `external_id`,
    /// `tier`, `role`; then a row per user, at most 2000.
    #[schema(
        max_length = 4_194_304,
        example = "email,name,external_id,tier\nann@example.com,Ann,e-1,business\n"
    )]
    pub csv: String,
}

/// What became, or would become, of each row.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportAnswer {
    /// Row by row.
    pub rows: Vec<ImportRowAnswer>,
}

/// What became, or would become, of a row.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ImportRowAnswer {
    /// Which, the first after the header being 1.
    #[schema(minimum = 1)]
    pub row: u32,
    /// What.
    pub outcome: ImportOutcome,
    /// The user, where there is one already.
    pub user: Option<UserId>,
    /// Why it can't be taken, in a dry run.
    pub problem: Option<Problem>,
}

/// What becomes of a row. `created`: a new user; `changed`: the one whose `external_id` it
/// names; `unchanged`: that one is so already; `refused`.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum ImportOutcome {
    Created,
    Changed,
    Unchanged,
    Refused,
}

fn show(dry_run: bool, fates: &[(u32, Fate)]) -> ImportAnswer {
    let rows = fates.iter().map(|(row, fate)| {
        let (outcome, user, problem) = match fate {
            // In a dry run there is no such user afterwards.
            Fate::Created(user) => (
                ImportOutcome::Created,
                Some(user).filter(|_| !dry_run),
                None,
            ),
            Fate::Changed(user) => (ImportOutcome::Changed, Some(user), None),
            Fate::Unchanged(user) => (ImportOutcome::Unchanged, Some(user), None),
            Fate::Refused(refusal) => (ImportOutcome::Refused, None, Some(Problem::from(refusal))),
        };
        ImportRowAnswer {
            row: *row,
            outcome,
            user: user.copied().map(Into::into),
            problem,
        }
    });
    ImportAnswer {
        rows: rows.collect(),
    }
}

/// Who asks, and the file, as CSV or in JSON.
async fn read(request: Request, http: &Http) -> Result<(Ask, String), Stopped> {
    let (parts, body) = request.into_parts();
    let writer = writer(&parts, http, false)?;
    let bytes = read_bytes(&parts, body, limits::IMPORT_BYTES).await?;
    let kind = parts.headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let csv = match kind.split(';').next().unwrap_or_default().trim() {
        "application/json" => read_json::<ImportRequest>(&bytes)?.csv,
        "text/csv" => String::from_utf8(bytes.to_vec())
            .map_err(|_| Stopped::invalid("csv", "must be UTF-8"))?,
        _ => {
            let detail = "the body must be text/csv or application/json";
            return Err(Stopped::saying(&table::UNSUPPORTED_MEDIA_TYPE, detail));
        }
    };
    if csv.contains('\0') {
        return Err(Stopped::invalid("csv", "must not hold the character NUL"));
    }
    Ok((writer.sent(&bytes), csv))
}

/// Import users from a CSV file
///
/// All rows or none: when one can't be taken, the problem names each that can't. A row
/// whose `external_id` is known changes that user instead. At most 4 MiB.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/users/import", tag = "users",
    params(InDomain, ImportQuery),
    request_body(content((ImportRequest = "application/json"), (String = "text/csv"))),
    responses((status = 200, description = "What became, or would become, of each row",
        body = ImportAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn import_users(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Asked(query): Asked<ImportQuery>,
    request: Request,
) -> Answer {
    let (ask, csv) = read(request, &http).await?;
    let rows = read_csv(&csv).map_err(|refusal| Stopped::from(&refusal))?;
    let case = ImportUsers {
        domain: domain.0,
        rows,
        mode: if query.invite {
            Mode::Invite
        } else {
            Mode::Add
        },
        dry_run: query.dry_run,
    };
    let dry_run = query.dry_run;
    change(&http.app, ask, case, move |fates| show(dry_run, fates)).await
}
