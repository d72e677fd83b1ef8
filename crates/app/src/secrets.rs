//! Secrets that are shown once: made here, kept as digests only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use usher_rules::DomainId;
use usher_store::records::Digest;
use uuid::Uuid;

use crate::entropy::Entropy;

/// A secret of 256 random bits with its digest.
#[derive(Clone)]
pub struct Secret {
    /// What is shown, once: a prefix that says what it is, and 43 characters or more.
    pub text: String,
    /// What is kept.
    pub digest: Digest,
}

impl Secret {
    /// A new secret, such as `ush_…`.
    pub fn new(entropy: &dyn Entropy, prefix: &str) -> Secret {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        Secret::of(prefix, &bytes)
    }

    /// A new secret of a device, `dev_…`, which says in the clear to which domain its session
    /// belongs ([`domain_of_device`]): a request then needs no search to find its lane.
    pub fn of_device(entropy: &dyn Entropy, domain: DomainId) -> Secret {
        let mut bytes = [0; 48];
        let (place, random) = bytes.split_at_mut(16);
        place.copy_from_slice(&domain.bytes());
        entropy.fill(random);
        Secret::of(DEVICE, &bytes)
    }

    fn of(prefix: &str, bytes: &[u8]) -> Secret {
        let text = format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(bytes));
        let digest = digest(&text);
        Secret { text, digest }
    }
}

/// What a device's secret begins with.
const DEVICE: &str = "dev";

/// The domain that a device's secret names; none for a text that is no such secret. Nothing is
/// proven by it: whoever looks at the session compares the digest.
#[must_use]
pub fn domain_of_device(text: &str) -> Option<DomainId> {
    let encoded = text.strip_prefix(DEVICE)?.strip_prefix('_')?;
    let mut bytes = [0; 48];
    let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut bytes).ok()?;
    let place = bytes.first_chunk::<16>()?;
    (length == bytes.len()).then(|| DomainId(Uuid::from_bytes(*place)))
}

/// SHA-256 of a secret as it was shown. The secret has 256 random bits, so a slow hash
/// would add nothing.
#[must_use]
pub fn digest(text: &str) -> Digest {
    Sha256::digest(text.as_bytes()).into()
}

/// SHA-256 of several parts, none of which can pass for the end of another.
#[must_use]
pub fn digest_of(parts: &[&[u8]]) -> Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::System;

    #[test]
    fn e4_a_device_s_secret_names_its_domain() {
        let domain = DomainId(Uuid::from_u128(7));
        let secret = Secret::of_device(&System, domain);
        assert_eq!(domain_of_device(&secret.text), Some(domain));
        assert_eq!(secret.digest, digest(&secret.text));
        let other = Secret::of_device(&System, domain);
        assert_ne!(secret.text, other.text);
        let longer = format!("{}AAAA", secret.text);
        let ours = secret.text.replacen("dev_", "ush_", 1);
        for wrong in ["", "dev_", "dev_AAAA", "dev_é", &ours, &longer] {
            assert_eq!(domain_of_device(wrong), None, "{wrong}");
        }
    }
}
