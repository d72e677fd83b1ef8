//! `POST /v1/domains/{domain}/pools` (rules E1, E12).

use axum::extract::State;
use axum::http::StatusCode;
use usher_app::pools::MakePool;

use super::wire::{Pool, PoolRequest};
use crate::answer::{Answer, of_reply, render};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::InDomain;

/// Make a seat pool
///
/// Of shared seats that are ordered and in no pool yet, and of as many upgrades if its tier
/// is not `base`.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/pools", tag = "pools",
    params(InDomain),
    request_body = PoolRequest,
    responses((status = 201, description = "The pool", body = Pool)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "not_in_standing", "no_seat_available", "wrong_state",
    ]))),
)]
pub async fn make_pool(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, body }: Writes<PoolRequest>,
) -> Answer {
    let case = MakePool {
        domain: domain.0,
        settings: body.settings(),
        name: body.name,
    };
    let render = render(StatusCode::CREATED, |line| Pool::from(line));
    Ok(of_reply(http.app.run(ask, case, render).await?))
}
