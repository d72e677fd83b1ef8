//! Who asks, and under which request: what comes along with every use case.

use usher_rules::DomainId;
use usher_store::records::Digest;
use uuid::Uuid;

/// What an `Idempotency-Key` header brought (rule I3).
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// Method and path, parameters filled in.
    pub route: String,
    /// The header's value.
    pub key: String,
    /// Digest of the request's body.
    pub fingerprint: Digest,
}

/// Who asks.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Digest of the token that came with the request.
    pub token: Option<Digest>,
    /// The domain that it names, if it is a device's; proven by nothing yet.
    pub device_of: Option<DomainId>,
    /// The request's id, for journal and logs.
    pub request: Uuid,
    /// Whether the request can be asked twice and done once.
    pub idempotency: Option<Idempotency>,
}

impl Ask {
    /// The token, unless it is a device's.
    pub(crate) fn account_token(&self) -> Option<Digest> {
        self.token.filter(|_| self.device_of.is_none())
    }
}
