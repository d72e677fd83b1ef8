//! Signed entitlement tokens (rule B5), checked as a proxy would: with the public keys and
//! nothing else.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use usher_app::Ask;
use usher_app::accounts::SetPlan;
use usher_app::signing::Jwks;
use usher_rules::Refusal;
use usher_rules::tiers::Tier;
use usher_store::Store;

use crate::world::{START, Server};

/// What a token says, when its signature is right and it is good at this second.
fn check(token: &str, jwks: &Jwks, now: i64) -> Option<Value> {
    let kid = jsonwebtoken::decode_header(token).unwrap().kid?;
    let key = jwks.keys.iter().find(|key| key.kid == kid)?;
    assert_eq!(
        (key.kty, key.crv, key.alg, key.purpose),
        ("OKP", "Ed25519", "EdDSA", "sig")
    );
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["usher"]);
    validation.set_issuer(&["https://usher.example.com"]);
    // By the sandbox's clock, not by the machine's.
    validation.validate_exp = false;
    let key = DecodingKey::from_ed_components(&key.x).unwrap();
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation)
        .ok()?
        .claims;
    let good = claims["nbf"].as_i64()? <= now && now < claims["exp"].as_i64()?;
    good.then_some(claims)
}

impl Server {
    async fn seconds(&self) -> i64 {
        self.store.now().await.unwrap().0 / 1_000_000
    }

    pub async fn token(&self, ask: &Ask) -> String {
        self.app.entitlement_token(ask).await.unwrap().token
    }

    pub async fn checked(&self, token: &str) -> Option<Value> {
        let jwks = self.app.jwks().await.unwrap();
        check(token, &jwks, self.seconds().await)
    }
}

#[tokio::test]
async fn b5_a_proxy_checks_entitlements_without_asking_the_server() {
    let server = Server::new();
    let (account, ask) = server.ann().await;
    let plan = Tier::Business;
    server.run(&ask, SetPlan { account, plan }).await.unwrap();
    let signed = server.app.entitlement_token(&ask).await.unwrap();
    assert_eq!(signed.expires_at, START.plus_seconds(300));
    let claims = server.checked(&signed.token).await.unwrap();
    assert_eq!(claims["sub"], account.to_string());
    assert_eq!(claims["tier"], "business");
    let features = claims["features"].as_array().unwrap();
    assert!(features.contains(&"recordings".into()));
    assert!(!features.contains(&"transcription".into()));
    assert!(claims.get("domain").is_none());
    let other = server.checked(&server.token(&ask).await).await.unwrap();
    assert_ne!(claims["jti"], other["jti"]);
}

#[tokio::test]
async fn b5_a_token_is_short_lived_and_cannot_be_altered() {
    let server = Server::new();
    let (_, ask) = server.ann().await;
    let token = server.token(&ask).await;
    let parts: Vec<&str> = token.split('.').collect();
    let forged = [parts[0], &parts[1].replace('a', "b"), parts[2]].join(".");
    assert!(server.checked(&forged).await.is_none());
    server.store.advance(299);
    assert!(server.checked(&token).await.is_some());
    server.store.advance(1);
    assert!(server.checked(&token).await.is_none());
}

#[tokio::test]
async fn b5_only_who_is_signed_in_gets_one() {
    let server = Server::new();
    let refused = server.app.entitlement_token(&Ask::default()).await.err();
    assert_eq!(refused, Some(Refusal::NotSignedIn.into()));
}

#[tokio::test]
async fn b5_tokens_of_a_retired_key_stay_good_until_they_expire() {
    let server = Server::new();
    let (_, ask) = server.ann().await;
    let before = server.token(&ask).await;
    let kid = server.app.rotate_keys().await.unwrap();
    let after = server.token(&ask).await;
    assert_eq!(jsonwebtoken::decode_header(&after).unwrap().kid, Some(kid));
    assert!(server.checked(&before).await.is_some());
    assert!(server.checked(&after).await.is_some());

    assert_eq!(server.app.keep_keys().await, Ok(false), "nothing to do yet");
    server.store.advance(360);
    assert_eq!(
        server.app.jwks().await.unwrap().keys.len(),
        1,
        "no longer shown"
    );
    assert_eq!(server.app.keep_keys().await, Ok(true), "nor kept");
    assert_eq!(server.app.keep_keys().await, Ok(false));
}

#[tokio::test]
async fn b5_keys_are_rotated_when_their_time_has_come() {
    let server = Server::new();
    let first = server.app.jwks().await.unwrap().keys;
    server.store.advance(30 * 24 * 3600 - 1);
    assert_eq!(server.app.keep_keys().await, Ok(false));
    server.store.advance(1);
    assert_eq!(server.app.keep_keys().await, Ok(true));
    let keys = server.app.jwks().await.unwrap().keys;
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], first[0]);
}
