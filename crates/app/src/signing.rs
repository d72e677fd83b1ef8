//! Signed entitlement tokens: a proxy or an app checks them without asking the server
//! (rule B5).

use std::sync::Arc;

use usher_rules::Time;

use crate::desk::Failure;
use crate::{App, Ask};

/// A signed entitlement token.
#[derive(Clone)]
pub struct EntitlementToken {
    /// The JWT.
    pub token: String,
    /// Until when it is good.
    pub expires_at: Time,
}

/// The public keys (RFC 7517, RFC 8037): serialises to `{"keys":[…]}`.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Jwks {
    /// The keys, the newest last.
    pub keys: Vec<Jwk>,
}

/// A public key.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Jwk {
    /// The key's id.
    pub kid: String,
}

impl App {
    /// The caller's entitlements of this moment, signed.
    ///
    /// # Errors
    /// [`usher_rules::Refusal::NotSignedIn`], [`usher_rules::Refusal::NotAllowed`];
    /// storage errors.
    pub async fn entitlement_token(self: &Arc<Self>, ask: &Ask) -> Result<EntitlementToken, Failure> {
        let _ = ask;
        Err(Failure::Busy)
    }

    /// The keys with which tokens that are good now can be checked.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn jwks(self: &Arc<Self>) -> Result<Jwks, Failure> {
        Err(Failure::Busy)
    }

    /// Makes a new signing key at once (`usher keys rotate`); gives its id.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn rotate_keys(self: &Arc<Self>) -> Result<String, Failure> {
        Err(Failure::Busy)
    }

    /// Rotates keys whose time has come and removes those that no token needs any more;
    /// for the sweep. Says whether anything changed.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn keep_keys(self: &Arc<Self>) -> Result<bool, Failure> {
        Err(Failure::Busy)
    }
}
