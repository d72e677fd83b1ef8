//! `GET /.well-known/jwks.json`: the keys that sign entitlements (rule B5).

use axum::extract::State;
use axum::http::{HeaderValue, header};
use serde::Serialize;
use usher_app::signing::Jwk;
use utoipa::ToSchema;

use crate::answer::{Answer, ok};
use crate::state::Http;

/// Public keys (RFC 7517, RFC 8037).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct KeySet {
    /// The keys, the newest last.
    pub keys: Vec<PublicKey>,
}

/// A public key.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublicKey {
    /// Key type: `OKP`.
    pub kty: String,
    /// Curve: `Ed25519`.
    pub crv: String,
    /// For signatures: `sig`.
    #[serde(rename = "use")]
    pub purpose: String,
    /// Algorithm: `EdDSA`.
    pub alg: String,
    /// The key's id, as in a token's header.
    pub kid: String,
    /// The public key, base64url.
    pub x: String,
}

impl From<Jwk> for PublicKey {
    fn from(key: Jwk) -> Self {
        PublicKey {
            kty: key.kty.to_owned(),
            crv: key.crv.to_owned(),
            purpose: key.purpose.to_owned(),
            alg: key.alg.to_owned(),
            kid: key.kid,
            x: key.x,
        }
    }
}

/// Get the keys that sign entitlements
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = "server",
    responses((status = 200, description = "The keys", body = KeySet)),
    security(()),
)]
pub async fn see_keys(State(http): State<Http>) -> Answer {
    let keys = http.app.jwks().await?.keys;
    let mut response = ok(&KeySet {
        keys: keys.into_iter().map(PublicKey::from).collect(),
    });
    // Programs ask again after a minute; a new key is shown long before the old one goes.
    let fresh = HeaderValue::from_static("public, max-age=60");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    Ok(response)
}
