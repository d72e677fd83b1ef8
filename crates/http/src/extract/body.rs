//! Bodies: read up to a limit, JSON, and as the document describes them.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use usher_app::Ask;
use utoipa::ToSchema;

use super::caller::writer;
use crate::problem::{Stopped, table};
use crate::shape::Shape;
use crate::state::Http;

/// A change by someone who is signed in: who asks, and what they sent.
pub struct Writes<T> {
    /// Who asks.
    pub ask: Ask,
    /// The body.
    pub body: T,
}

/// A change that anyone may ask for, signed in or not.
pub struct OpenWrites<T> {
    /// Who asks.
    pub ask: Ask,
    /// The body.
    pub body: T,
}

/// A body with nothing in it: none at all, or `{}`.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest<Http> for Writes<T> {
    type Rejection = Stopped;

    async fn from_request(request: Request, http: &Http) -> Result<Self, Stopped> {
        let (ask, body) = read(request, http, false).await?;
        Ok(Writes { ask, body })
    }
}

impl<T: DeserializeOwned + ToSchema + 'static> FromRequest<Http> for OpenWrites<T> {
    type Rejection = Stopped;

    async fn from_request(request: Request, http: &Http) -> Result<Self, Stopped> {
        let (ask, body) = read(request, http, true).await?;
        Ok(OpenWrites { ask, body })
    }
}

async fn read<T: DeserializeOwned + ToSchema + 'static>(
    request: Request,
    http: &Http,
    anyone: bool,
) -> Result<(Ask, T), Stopped> {
    let (parts, body) = request.into_parts();
    let writer = writer(&parts, http, anyone)?;
    let bytes = read_bytes(&parts, body, http.options.body_bytes).await?;
    if !bytes.is_empty() && !is_json(&parts.headers) {
        return Err(Stopped::by(&table::UNSUPPORTED_MEDIA_TYPE));
    }
    let body = read_json(&bytes)?;
    Ok((writer.sent(&bytes), body))
}

/// The body's bytes, up to a limit.
///
/// # Errors
/// 413 beyond it, 400 when the body ends before its time.
pub async fn read_bytes(parts: &Parts, body: Body, limit: usize) -> Result<Bytes, Stopped> {
    let too_large = || {
        let detail = format!("the body must have at most {limit} bytes");
        Stopped::saying(&table::TOO_LARGE, detail)
    };
    let length = parts.headers.get(header::CONTENT_LENGTH);
    let announced: Option<usize> = length.and_then(|l| l.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let mut bytes = BytesMut::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let unread =
            |_| Stopped::saying(&table::MALFORMED, "the body could not be read to its end");
        let piece = piece.map_err(unread)?;
        if bytes.len() + piece.len() > limit {
            return Err(too_large());
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

/// JSON as its type's schema describes it; every field that is not is named. Nothing at
/// all is read as an object without fields.
///
/// # Errors
/// 400 for what is no JSON, 422 for what is not as described.
pub fn read_json<T: DeserializeOwned + ToSchema + 'static>(bytes: &[u8]) -> Result<T, Stopped> {
    let value = if bytes.is_empty() {
        Value::Object(serde_json::Map::new())
    } else {
        serde_json::from_slice(bytes)
            .map_err(|error| Stopped::saying(&table::MALFORMED, format!("not JSON: {error}")))?
    };
    let wrong = Shape::of_body::<T>().check(&value);
    if !wrong.is_empty() {
        return Err(Stopped::fields(wrong));
    }
    // What fits its schema fits its type; a type that is stricter says so here.
    serde_json::from_value(value).map_err(|error| Stopped::invalid("", &error.to_string()))
}

fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let text = value.to_str().unwrap_or_default();
    let essence = text.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}
