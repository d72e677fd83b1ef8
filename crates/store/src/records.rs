//! Records that no rule reads: names and addresses, secrets, mails that wait, answers
//! that were given. Personal text lives here and nowhere else, so that emptying these
//! records erases a person (rule J1).

use std::sync::Arc;

use uuid::Uuid;

use usher_rules::{AccountId, ContactId, DomainId, PoolId, TeamId, Time, TokenId, UserId};

/// SHA-256 of a secret or of a request.
pub type Digest = [u8; 32];

/// What an account's person is called and how they sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// Whose.
    pub account: AccountId,
    /// In lower case; unique.
    pub email: String,
    /// What the person is called.
    pub name: String,
    /// argon2id, in PHC string form; none until one is chosen.
    pub password: Option<String>,
    /// The secret of the second factor, base32 (RFC 6238).
    pub totp_secret: Option<String>,
    /// Whether the second factor was confirmed with a code, and so is asked for.
    pub totp_active: bool,
    /// Why a verification failed, in the operator's words.
    pub identity_note: Option<String>,
    /// When the account was made.
    pub created_at: Time,
}

/// What a domain is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRecord {
    /// Which.
    pub domain: DomainId,
    /// The name that people read.
    pub name: String,
    /// Unique; proves to who joins that it is the right domain.
    pub prefix: String,
    /// The name on the invoice.
    pub billing_name: Option<String>,
    /// Where invoices go.
    pub billing_email: Option<String>,
    /// When the domain was made.
    pub created_at: Time,
}

/// What a domain user is called, as the domain sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Of this domain.
    pub domain: DomainId,
    /// Which user.
    pub user: UserId,
    /// In lower case; unique in the domain.
    pub email: String,
    /// What the person is called.
    pub name: String,
    /// The admin's own words.
    pub description: String,
    /// The customer's own id for the user; unique in the domain (rule D3).
    pub external_id: Option<String>,
    /// Digest of the invitation's token, while one is open.
    pub invitation: Option<Digest>,
    /// When the user was made.
    pub created_at: Time,
}

/// What a seat pool is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRecord {
    /// Of this domain.
    pub domain: DomainId,
    /// Which pool.
    pub pool: PoolId,
    /// The name that people read.
    pub name: String,
    /// When the pool was made.
    pub created_at: Time,
}

/// What a team is called. All there is to a team but who is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamRecord {
    /// Of this domain.
    pub domain: DomainId,
    /// Which team.
    pub team: TeamId,
    /// The name that people read.
    pub name: String,
    /// When the team was made.
    pub created_at: Time,
}

/// Someone whom a user added to the own contact list (rule D5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRecord {
    /// Of this domain.
    pub domain: DomainId,
    /// Whose list.
    pub user: UserId,
    /// Which contact.
    pub contact: ContactId,
    /// The address, in lower case; unique in the list.
    pub email: String,
    /// What the user calls the contact: the address, unless a name was given.
    pub name: String,
    /// When it was added.
    pub created_at: Time,
}

/// On which device a session is, and how that device proves it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// The id that the device gives itself; its digest is the session's device key.
    pub device_id: Arc<str>,
    /// What the device is called.
    pub device_name: Arc<str>,
    /// Digest of the session's token; unique. Stays when the session ends, so that the
    /// device can be told why (rule E7).
    pub token: Digest,
}

/// Whom a call link was made for, and how the guest proves to have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRecord {
    /// What the guest is called.
    pub guest: String,
    /// Digest of the link's token; unique.
    pub token: Digest,
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A log-in, of the panel or an app.
    LogIn,
    /// A personal access token (rule I1).
    Personal,
    /// Chooses a new password (rule I4).
    PasswordReset,
    /// The credential of a trusted proxy (rule F1), kept with the account of the operator who
    /// issued it. It stands for the proxy, not for the account.
    Proxy,
}

impl TokenKind {
    /// The word for it in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TokenKind::LogIn => "log_in",
            TokenKind::Personal => "personal",
            TokenKind::PasswordReset => "password_reset",
            TokenKind::Proxy => "proxy",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<TokenKind> {
        [
            TokenKind::LogIn,
            TokenKind::Personal,
            TokenKind::PasswordReset,
            TokenKind::Proxy,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }

    /// Whether a new password ends it (rule I4).
    #[must_use]
    pub fn goes_by_password(self) -> bool {
        matches!(self, TokenKind::LogIn | TokenKind::PasswordReset)
    }
}

/// A token. The secret itself is shown once and not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its id.
    pub id: TokenId,
    /// Digest of the secret.
    pub digest: Digest,
    /// Whose.
    pub account: AccountId,
    /// What for.
    pub kind: TokenKind,
    /// What its owner calls it; the device or program.
    pub name: Arc<str>,
    /// Whether it may only read.
    pub read_only: bool,
    /// When it was made.
    pub created_at: Time,
    /// Until when it is good.
    pub expires_at: Time,
}

/// An answer that was given under an idempotency key (rule I3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// The head that the request was decided under.
    pub head: Uuid,
    /// Digest of caller, route and key.
    pub key: Digest,
    /// Digest of the request's body.
    pub fingerprint: Digest,
    /// The answer's HTTP status.
    pub status: u16,
    /// The answer's body; without any secret.
    pub body: String,
    /// The token whose secret the answer showed: a replay renews it.
    pub token: Option<TokenId>,
    /// When the answer was given.
    pub at: Time,
}

impl Remembered {
    /// For how long an answer is kept, in seconds (rule I3). A younger one is not overwritten:
    /// whoever would has not seen it, which is a conflict.
    pub const KEPT_SECONDS: i64 = 24 * 3600;

    /// Whether this answer stands in the way of a later one under the same key.
    #[must_use]
    pub fn stands_against(&self, later: Time) -> bool {
        self.at > later.plus_seconds(-Self::KEPT_SECONDS)
    }
}

/// A mail that waits to be sent. Written in the transaction of what it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id; also part of its Message-ID, so that a mail sent twice is seen once.
    pub id: Uuid,
    /// The template's name.
    pub template: String,
    /// To whom.
    pub recipient: String,
    /// What the template is filled with, as a JSON object.
    pub params: String,
    /// When it was written.
    pub created_at: Time,
    /// Not to be tried before this moment.
    pub due_at: Time,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was sent; kept in a sandbox, gone otherwise.
    pub sent_at: Option<Time>,
}

/// Wrong attempts at a secret: of one address, or from one network (rule I1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempts {
    /// Digest of what is guarded.
    pub key: Digest,
    /// Wrong attempts in a row.
    pub wrong: i64,
    /// No further attempt is looked at before this moment.
    pub blocked_until: Time,
    /// When the last was made; forgotten a day later.
    pub last_at: Time,
    /// How often the row had been written when it was read; zero when there was none. Who
    /// writes it on another than it is by now is told of a conflict, so that no attempt is
    /// left out of the count.
    pub version: i64,
}

/// A key that signs entitlement tokens (rule B5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// The key's id, `kid` in a token's header.
    pub kid: String,
    /// The Ed25519 secret key, 32 bytes.
    pub secret: Digest,
    /// The public key, 32 bytes.
    pub public: Digest,
    /// Signs from this moment on.
    pub created_at: Time,
    /// No token that it signed is good after this moment; then it is removed.
    pub retired_at: Option<Time>,
}
