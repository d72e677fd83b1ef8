//! The keys that sign: one signs, those before it are shown until no token that they
//! signed is good any more, then they are removed.
//!
//! All processes share them through the store. That there is one first key, and one
//! successor, is seen to by the version of the system's head.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use usher_rules::{Event, Head, Refusal, Time};
use usher_store::records::SigningKey;
use usher_store::{Error, Load, Snapshot, Write};

use crate::desk::{Failure, UseCase};
use crate::draft::Draft;
use crate::view::{Look, View};
use crate::{App, Ask, Settings};

/// For how long after the last token of a retired key its public half is still shown, in
/// seconds: another process may just be signing with it.
const LATE_SECONDS: i64 = 60;

/// What stands before an Ed25519 secret key in PKCS #8 (RFC 8410).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The public keys (RFC 7517, RFC 8037): serialises to `{"keys":[…]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwks {
    /// The keys, the newest last.
    pub keys: Vec<Jwk>,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwk {
    /// Key type: `OKP`.
    pub kty: &'static str,
    /// Curve: `Ed25519`.
    pub crv: &'static str,
    /// For signatures: `sig`.
    #[serde(rename = "use")]
    pub purpose: &'static str,
    /// Algorithm: `EdDSA`.
    pub alg: &'static str,
    /// The key's id, as in a token's header.
    pub kid: String,
    /// The public key, base64url.
    pub x: String,
}

impl From<&SigningKey> for Jwk {
    fn from(key: &SigningKey) -> Jwk {
        Jwk {
            kty: "OKP",
            crv: "Ed25519",
            purpose: "sig",
            alg: "EdDSA",
            kid: key.kid.clone(),
            x: URL_SAFE_NO_PAD.encode(key.public),
        }
    }
}

/// The key that signs now.
pub(super) fn current(keys: &[SigningKey]) -> Option<&SigningKey> {
    keys.iter().rev().find(|key| key.retired_at.is_none())
}

/// Signs claims.
pub(super) fn sign(key: &SigningKey, claims: &impl Serialize) -> Result<String, Failure> {
    let header = Header {
        kid: Some(key.kid.clone()),
        ..Header::new(Algorithm::EdDSA)
    };
    let secret = EncodingKey::from_ed_der(&[&PKCS8[..], &key.secret].concat());
    let token = jsonwebtoken::encode(&header, claims, &secret);
    token.map_err(|error| Error::inconsistent("signing_keys", error.to_string()).into())
}

/// What is to be done with the keys at this moment.
#[derive(Debug, PartialEq, Eq)]
struct Upkeep {
    /// A new one is needed.
    make: bool,
    /// Those that no token needs any more.
    remove: Vec<String>,
}

impl Upkeep {
    fn at(now: Time, keys: &[SigningKey], settings: &Settings) -> Upkeep {
        let last = current(keys);
        let done = |key: &&SigningKey| key.retired_at.is_some_and(|at| at <= now);
        Upkeep {
            make: last
                .is_none_or(|key| key.created_at.plus_seconds(settings.signing_key_seconds) <= now),
            remove: keys
                .iter()
                .filter(done)
                .map(|key| key.kid.clone())
                .collect(),
        }
    }

    fn is_nothing(&self) -> bool {
        !self.make && self.remove.is_empty()
    }
}

/// Makes a new key when it is time, or at once; removes those that are done.
struct RotateKeys {
    at_once: bool,
}

impl UseCase for RotateKeys {
    /// The key that signs from now on, and whether anything changed.
    type Answer = (String, bool);

    fn head(&self) -> Head {
        Head::System
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.keys = true;
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(String, bool), Refusal> {
        let now = draft.world().now;
        let mut upkeep = Upkeep::at(now, &draft.snapshot().keys, draft.settings);
        upkeep.make |= self.at_once;
        if !upkeep.is_nothing() {
            for kid in &upkeep.remove {
                draft.write(Write::RemoveSigningKey(kid.clone()));
            }
            if upkeep.make {
                retire_all(draft);
                let key = new_key(draft);
                draft.write(Write::SigningKey(key));
            }
            let entry = draft.world().entry(Head::System, Event::KeysRotated);
            draft.happen(vec![entry]);
        }
        let key = current(&draft.snapshot().keys);
        let key = key.ok_or(Refusal::not_found("key"))?;
        Ok((key.kid.clone(), !upkeep.is_nothing()))
    }
}

fn retire_all(draft: &mut Draft<'_>) {
    let seconds = draft.settings.entitlement_token_seconds;
    let until = draft
        .world()
        .now
        .plus_seconds(seconds)
        .plus_seconds(LATE_SECONDS);
    let all = draft.snapshot().keys.iter();
    let signing = all.filter(|key| key.retired_at.is_none()).cloned();
    let signing: Vec<SigningKey> = signing.collect();
    for mut key in signing {
        key.retired_at = Some(until);
        draft.write(Write::SigningKey(key));
    }
}

fn new_key(draft: &Draft<'_>) -> SigningKey {
    // The digest of a new secret: 256 bits, as random as the secret itself.
    let secret = draft.secret("key").digest;
    let public = ed25519_dalek::SigningKey::from_bytes(&secret).verifying_key();
    SigningKey {
        kid: draft.id().simple().to_string(),
        secret,
        public: public.to_bytes(),
        created_at: draft.world().now,
        retired_at: None,
    }
}

/// The keys, whoever asks.
#[derive(Clone)]
struct Keys;

impl Look for Keys {
    type Answer = (Vec<SigningKey>, Time);

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.keys = true;
    }

    fn see(&self, view: View<'_>) -> Result<(Vec<SigningKey>, Time), Refusal> {
        Ok((view.snapshot.keys.clone(), view.snapshot.world.now))
    }
}

impl App {
    /// The keys with which tokens that are good now can be checked; anyone may see them.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn jwks(self: &Arc<Self>) -> Result<Jwks, Failure> {
        let (mut keys, mut now) = self.look(&Ask::default(), &Keys).await?;
        if keys.is_empty() {
            // Who asks before the first token finds the key that will sign it.
            self.keep_keys().await?;
            (keys, now) = self.look(&Ask::default(), &Keys).await?;
        }
        keys.retain(|key| key.retired_at.is_none_or(|at| at > now));
        Ok(Jwks {
            keys: keys.iter().map(Jwk::from).collect(),
        })
    }

    /// Makes a new signing key at once (`usher keys rotate`); gives its id.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn rotate_keys(self: &Arc<Self>) -> Result<String, Failure> {
        self.rotate(true).await.map(|(kid, _)| kid)
    }

    /// Makes a new signing key when the last one's time has come, or there is none, and
    /// removes those that no token needs any more; for the sweep. Says whether anything
    /// changed.
    ///
    /// # Errors
    /// Storage errors.
    pub async fn keep_keys(self: &Arc<Self>) -> Result<bool, Failure> {
        let (keys, now) = self.look(&Ask::default(), &Keys).await?;
        if Upkeep::at(now, &keys, &self.settings).is_nothing() {
            return Ok(false);
        }
        self.rotate(false).await.map(|(_, changed)| changed)
    }

    async fn rotate(self: &Arc<Self>, at_once: bool) -> Result<(String, bool), Failure> {
        let rotated = self.do_now(Ask::default(), RotateKeys { at_once }).await?;
        if rotated.1 {
            metrics::counter!("usher_keys_rotated_total").increment(1);
            tracing::info!(kid = rotated.0, "signing keys changed");
        }
        Ok(rotated)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(kid: &str, created_at: i64, retired_at: Option<i64>) -> SigningKey {
        SigningKey {
            kid: kid.to_owned(),
            secret: [1; 32],
            public: [2; 32],
            created_at: Time::ZERO.plus_seconds(created_at),
            retired_at: retired_at.map(|at| Time::ZERO.plus_seconds(at)),
        }
    }

    #[test]
    fn b5_keys_rotate_when_their_time_has_come() {
        let settings = Settings {
            signing_key_seconds: 100,
            ..Settings::default()
        };
        let keys = [key("a", 0, Some(60)), key("b", 10, None)];
        let upkeep = |at: i64| Upkeep::at(Time::ZERO.plus_seconds(at), &keys, &settings);
        assert!(upkeep(59).is_nothing());
        assert_eq!(upkeep(60).remove, ["a"]);
        assert!(!upkeep(109).make);
        assert!(upkeep(110).make);
        assert!(Upkeep::at(Time::ZERO, &[], &settings).make);
    }
}
