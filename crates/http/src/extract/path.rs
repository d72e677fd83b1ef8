//! Ids from the path, and queries.

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use crate::problem::Stopped;
use crate::shape::Shape;
use crate::state::Http;

/// What the path names. What is no id names nothing: 404.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Http> for At<T> {
    type Rejection = Stopped;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Stopped> {
        match Path::from_request_parts(parts, http).await {
            Ok(Path(named)) => Ok(At(named)),
            Err(_) => Err(Stopped::not_found()),
        }
    }
}

/// What the query asks for; each parameter that is wrong or unknown is named.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned + IntoParams + 'static> FromRequestParts<Http> for Asked<T> {
    type Rejection = Stopped;

    async fn from_request_parts(parts: &mut Parts, _http: &Http) -> Result<Self, Stopped> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Ok(Query(pairs)) = pairs else {
            return Err(Stopped::invalid("", "the query can't be read"));
        };
        let (query, wrong) = Shape::of_query::<T>().check_query(pairs);
        if !wrong.is_empty() {
            return Err(Stopped::fields(wrong));
        }
        serde_json::from_value(query)
            .map(Asked)
            .map_err(|error| Stopped::invalid("", &error.to_string()))
    }
}
