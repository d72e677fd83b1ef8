//! Signed entitlement tokens: a proxy or an app checks them without asking the server
//! (rule B5). Short-lived, so that what they say is never old.

mod keys;

use std::sync::Arc;

use serde::Serialize;
use usher_rules::accounts::Place;
use usher_rules::tiers::{Entitlements, Feature};
use usher_rules::{AccountId, DomainId, Refusal, Time, UserId};
use usher_store::records::SigningKey;
use usher_store::{Load, Snapshot};

use crate::accounts::me;
use crate::desk::Failure;
use crate::entropy::uuid;
use crate::view::{Look, View};
use crate::{App, Ask};

pub use keys::{Jwk, Jwks};

/// For whom the tokens are.
const AUDIENCE: &str = "usher";

/// A signed entitlement token.
#[derive(Clone)]
pub struct EntitlementToken {
    /// The JWT.
    pub token: String,
    /// Until when it is good.
    pub expires_at: Time,
}

/// What a token says (RFC 7519), beside the standard claims: the tier that counts now, the
/// features that may be used now, and for a managed account which user of which domain.
#[derive(Serialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: &'static str,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: String,
    tier: &'static str,
    features: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
}

/// What the caller may do, and the key to say so with: of the same moment.
#[derive(Clone)]
struct Own;

struct Facts {
    account: AccountId,
    seat: Option<(DomainId, UserId)>,
    entitlements: Entitlements,
    key: Option<SigningKey>,
    now: Time,
}

impl Look for Own {
    type Answer = Facts;

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.keys = true;
        me::needs_entitlements(seen, load);
    }

    fn see(&self, view: View<'_>) -> Result<Facts, Refusal> {
        let account = view.caller()?.account;
        Ok(Facts {
            account: account.id,
            seat: match account.place {
                Place::Managed { domain, user } => Some((domain, user)),
                Place::Unmanaged { .. } => None,
            },
            entitlements: me::entitlements(view.snapshot, &account)?,
            key: keys::current(&view.snapshot.keys).cloned(),
            now: view.snapshot.world.now,
        })
    }
}

impl App {
    /// The caller's entitlements of this moment, signed.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`], [`Refusal::NotAllowed`]; storage errors.
    pub async fn entitlement_token(
        self: &Arc<Self>,
        ask: &Ask,
    ) -> Result<EntitlementToken, Failure> {
        let mut facts = self.look(ask, &Own).await?;
        if facts.key.is_none() {
            // The first need of a key. Another process may be first: then this does nothing.
            self.keep_keys().await?;
            facts = self.look(ask, &Own).await?;
        }
        let key = facts.key.take().ok_or(Failure::Busy)?;
        let claims = self.claims(&facts);
        metrics::counter!("usher_entitlement_tokens_total").increment(1);
        Ok(EntitlementToken {
            token: keys::sign(&key, &claims)?,
            expires_at: Time::ZERO.plus_seconds(claims.exp),
        })
    }

    fn claims(&self, facts: &Facts) -> Claims {
        let now = facts.now.0.div_euclid(1_000_000);
        Claims {
            iss: self.settings.public_url.clone(),
            sub: facts.account.to_string(),
            aud: AUDIENCE,
            iat: now,
            nbf: now,
            exp: now.saturating_add(self.settings.entitlement_token_seconds),
            jti: uuid(self.entropy.as_ref(), facts.now).to_string(),
            tier: facts.entitlements.tier.name(),
            features: facts
                .entitlements
                .allowed()
                .iter()
                .map(Feature::name)
                .collect(),
            domain: facts.seat.map(|(domain, _)| domain.to_string()),
            user: facts.seat.map(|(_, user)| user.to_string()),
        }
    }
}
