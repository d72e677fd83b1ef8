//! Hand-written log-ins and log-outs behind a route.

use super::Failed;
use crate::handwritten::desk;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::{delete, post};
use axum::{Json, Router};
use deadpool_postgres::Pool;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// What `POST /v1/sessions` takes.
#[derive(Deserialize)]
struct LogIn {
    device: Device,
}

#[derive(Deserialize)]
struct Device {
    id: String,
    name: String,
}

/// An answer of a wished size.
#[derive(Serialize)]
struct Answer {
    token: String,
    id: Uuid,
    device_name: String,
    filler: String,
}

pub fn routes(pool: Pool) -> Router {
    Router::new()
        .route("/by-hand/pools/{pool}/{user}/{bytes}", post(log_in))
        .route("/by-hand/pools/{pool}/{session}", delete(log_out))
        .with_state(pool)
}

async fn log_in(
    State(connections): State<Pool>,
    Path((pool, user, bytes)): Path<(Uuid, Uuid, usize)>,
    Json(log_in): Json<LogIn>,
) -> Result<(StatusCode, Json<Answer>), Failed> {
    let (session, request) = (Uuid::now_v7(), Uuid::now_v7());
    let token = format!("dev_{}", Uuid::now_v7().simple());
    let digest = desk::digest(&token);
    let device = log_in.device.id;
    let params: [&(dyn ToSql + Sync); 6] = [&pool, &user, &session, &digest, &device, &request];
    if !called(&connections, desk::LOG_IN, &params).await? {
        return Err((StatusCode::CONFLICT, "no_seat_available".into()));
    }
    let mut answer = Answer {
        token,
        id: session,
        device_name: log_in.device.name,
        filler: String::new(),
    };
    let told = serde_json::to_string(&answer).map_or(0, |text| text.len());
    answer.filler = "x".repeat(bytes.saturating_sub(told));
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn log_out(
    State(connections): State<Pool>,
    Path((pool, _session)): Path<(Uuid, Uuid)>,
    headers: HeaderMap,
) -> Result<StatusCode, Failed> {
    let token = headers.get(header::AUTHORIZATION);
    let token = token.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let digest = desk::digest(token.unwrap_or_default());
    let request = Uuid::now_v7();
    let params: [&(dyn ToSql + Sync); 3] = [&pool, &digest, &request];
    if called(&connections, desk::LOG_OUT, &params).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err((StatusCode::GONE, "session_ended".into()))
    }
}

async fn called(
    connections: &Pool,
    query: &str,
    params: &[&(dyn ToSql + Sync)],
) -> Result<bool, Failed> {
    let client = connections.get().await.map_err(super::internal)?;
    let statement = client
        .prepare_cached(query)
        .await
        .map_err(super::internal)?;
    let row = client
        .query_one(&statement, params)
        .await
        .map_err(super::internal)?;
    Ok(row.get(0))
}
