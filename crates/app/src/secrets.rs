//! Secrets that are shown once: made here, kept as digests only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use usher_store::records::Digest;

use crate::entropy::Entropy;

/// A secret of 256 random bits with its digest.
#[derive(Clone)]
pub struct Secret {
    /// What is shown, once: a prefix that says what it is, and 43 characters.
    pub text: String,
    /// What is kept.
    pub digest: Digest,
}

impl Secret {
    /// A new secret, such as `ush_…`.
    pub fn new(entropy: &dyn Entropy, prefix: &str) -> Secret {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes);
        let text = format!("{prefix}_{}", URL_SAFE_NO_PAD.encode(bytes));
        let digest = digest(&text);
        Secret { text, digest }
    }
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
