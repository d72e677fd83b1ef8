//! The servers that Usher is held against, in a process of their own: a bare axum route, and the same
//! route with a hand-written SQL function behind it.
//!
//! Is not: a server for anything else. It looks no token up and keeps no state of its own.

mod desk;

use crate::{Result, handwritten};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, put};
use axum::{Json, Router};
use deadpool_postgres::Pool;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use uuid::Uuid;

/// What `PUT …/license` takes.
#[derive(Deserialize)]
struct License {
    model: String,
    tier: String,
}

/// An answer of a wished size.
#[derive(Serialize)]
struct Answer {
    model: String,
    tier: String,
    filler: String,
}

impl Answer {
    fn new(license: License, bytes: usize) -> Self {
        let frame = r#"{"model":"","tier":"","filler":""}"#.len();
        let told = frame + license.model.len() + license.tier.len();
        Self {
            model: license.model,
            tier: license.tier,
            filler: "x".repeat(bytes.saturating_sub(told)),
        }
    }
}

async fn read_and_answer(Path(bytes): Path<usize>, Json(license): Json<License>) -> Json<Answer> {
    Json(Answer::new(license, bytes))
}

async fn answer_only(Path(bytes): Path<usize>) -> Json<Answer> {
    let license = License {
        model: "named".into(),
        tier: "business".into(),
    };
    Json(Answer::new(license, bytes))
}

/// A status and what is wrong.
type Failed = (StatusCode, String);

fn internal(error: impl ToString) -> Failed {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}

async fn by_hand(
    State(pool): State<Pool>,
    Path((domain, user, bytes)): Path<(Uuid, Uuid, usize)>,
    Json(license): Json<License>,
) -> std::result::Result<Json<Answer>, Failed> {
    let client = pool.get().await.map_err(internal)?;
    let query = if license.tier == "base" {
        handwritten::DOWNGRADE
    } else {
        handwritten::UPGRADE
    };
    let statement = client.prepare_cached(query).await.map_err(internal)?;
    let request = Uuid::now_v7();
    let row = client
        .query_one(&statement, &[&domain, &user, &handwritten::ACTOR, &request])
        .await
        .map_err(internal)?;
    if row.get(0) {
        Ok(Json(Answer::new(license, bytes)))
    } else {
        Err((StatusCode::CONFLICT, "no_seat_available".into()))
    }
}

/// Runs until it is killed; the first line of standard output is the address, as with `usher serve`.
pub async fn serve(database_url: Option<String>, pool_size: usize) -> Result<()> {
    let mut routes = Router::new()
        .route("/floor/{bytes}", put(read_and_answer))
        .route("/floor/{bytes}", get(answer_only));
    if let Some(url) = database_url {
        let pool = handwritten::pool(&url, pool_size)?;
        let by_hand = Router::new()
            .route("/by-hand/{domain}/{user}/{bytes}", put(by_hand))
            .with_state(pool.clone());
        routes = routes.merge(by_hand).merge(desk::routes(pool));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("floor: listening on http://{}", listener.local_addr()?);
    axum::serve(listener, routes).await?;
    Ok(())
}
