//! Ids. Each kind is a type of its own, so that one can't stand in for another.
//!
//! An id is a UUID version 7 (RFC 9562): unique without asking anyone, and roughly in the
//! order of making. In text it carries a prefix that says what it names: `dom_0190…`.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}_ followed by 32 hexadecimal digits")]
pub struct InvalidId {
    /// The prefix that was wanted.
    pub prefix: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What the text form begins with, before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// The sixteen bytes that a store keeps.
            #[must_use]
            pub fn bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }

            /// The id with these bytes.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// A readable id for tests and examples.
            #[must_use]
            pub fn nth(n: u128) -> Self {
                Self(Uuid::from_u128(n))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "_{}"), self.0.simple())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                parse(text, $prefix).map(Self)
            }
        }
    };
}

fn parse(text: &str, prefix: &'static str) -> Result<Uuid, InvalidId> {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .filter(|hex| {
            // One spelling per id: what we print, and nothing else.
            hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        })
        .and_then(|hex| Uuid::try_parse(hex).ok())
        .ok_or(InvalidId { prefix })
}

id!(
    /// A person who signs in.
    AccountId,
    "acc"
);
id!(
    /// A domain: managed users with one owner, one cost centre.
    DomainId,
    "dom"
);
id!(
    /// A domain user, or an invitation to become one.
    UserId,
    "usr"
);
id!(
    /// A token: a log-in, a personal access token.
    TokenId,
    "tok"
);
id!(
    /// A seat pool: shared seats, and the users who share them.
    PoolId,
    "pol"
);
id!(
    /// A session: one user on one device, from log-in to log-off.
    SessionId,
    "ses"
);
id!(
    /// A call, as a session reports it.
    CallId,
    "cal"
);
id!(
    /// A call link, with which a guest can call its user.
    LinkId,
    "lnk"
);
id!(
    /// A team: decides who sees whom in the contact list.
    TeamId,
    "tem"
);
id!(
    /// Someone whom a user added to the own contact list.
    ContactId,
    "con"
);
id!(
    /// One commit: what is decided together is on disk together or not at all.
    UnitId,
    "unt"
);

/// What tells devices apart: a digest of the id that the device gives itself. What the
/// device is called is a record of the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceKey(pub [u8; 32]);

impl DeviceKey {
    /// A readable key for tests and examples.
    #[must_use]
    pub fn nth(n: u128) -> DeviceKey {
        let mut bytes = [0; 32];
        bytes[16..].copy_from_slice(&n.to_be_bytes());
        DeviceKey(bytes)
    }
}

impl fmt::Display for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The owner of a journal: what a version and a sequence number belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Head {
    /// The server itself: price book, operators.
    System,
    /// One account.
    Account(AccountId),
    /// One domain.
    Domain(DomainId),
}

impl Head {
    /// The key a store keeps the head under. The system's is all zeroes; UUIDs of
    /// accounts and domains never meet, so one column serves all three.
    #[must_use]
    pub fn key(self) -> Uuid {
        match self {
            Head::System => Uuid::nil(),
            Head::Account(id) => id.0,
            Head::Domain(id) => id.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints() {
        let id = DomainId::nth(0x0190_0000);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_or_spelling_is_refused() {
        let id = DomainId::nth(7).to_string();
        assert!(id.parse::<UserId>().is_err());
        assert!(id.to_uppercase().parse::<DomainId>().is_err());
        assert!("dom_1".parse::<DomainId>().is_err());
        assert!("".parse::<DomainId>().is_err());
    }
}
