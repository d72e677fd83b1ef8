//! The password, typed again by someone who is signed in: before what a stolen token must
//! not do. Guesses are slowed down as they are at log-in.

use std::sync::Arc;

use usher_rules::{AccountId, Head, Refusal};
use usher_store::records::AccountRecord;
use usher_store::{Load, Snapshot};

use crate::accounts::own;
use crate::desk::{Failure, UseCase};
use crate::draft::Draft;
use crate::login::attempts;
use crate::{App, Ask};

/// What became of it. A wrong one is refused by the use case that it came with, so that a
/// replay of one that went well gets its answer (rule I3).
pub(crate) struct Again {
    pub account: AccountId,
    /// The hash that the password was verified against; none when it was wrong.
    pub verified: Option<String>,
}

fn attempts_of(account: AccountId) -> attempts::Key {
    attempts::key("password", &account.bytes())
}

/// What a use case with a password must see.
pub(crate) fn needs_again(load: &mut Load, account: AccountId) {
    load.accounts.insert(account);
    load.attempts.insert(attempts_of(account));
}

/// Refuses unless the password was right and still is; forgets the attempts.
pub(crate) fn same_password(
    draft: &mut Draft<'_>,
    again: &Again,
    record: &AccountRecord,
) -> Result<(), Refusal> {
    if again.verified.is_none() || again.verified != record.password {
        return Err(Refusal::WrongCredentials);
    }
    attempts::forgive(draft, attempts_of(again.account));
    Ok(())
}

/// Charges an attempt to the caller; gives the hash to verify against.
struct Attempt {
    account: AccountId,
}

impl UseCase for Attempt {
    type Answer = Option<String>;

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        needs_again(load, self.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Option<String>, Refusal> {
        own::own(draft, self.account)?;
        let record = own::record(draft, self.account)?;
        attempts::charge(draft, attempts_of(self.account))?;
        Ok(record.password)
    }
}

impl App {
    /// Verifies the caller's password.
    pub(crate) async fn password_again(
        self: &Arc<Self>,
        ask: &Ask,
        password: String,
    ) -> Result<Again, Failure> {
        let account = self.who(ask).await?;
        // The charge is not part of what an idempotency key makes happen once.
        let charge = Ask {
            idempotency: None,
            ..ask.clone()
        };
        let hash = self.do_now(charge, Attempt { account }).await?;
        let right = self.hasher.verify(password, hash.clone()).await?;
        Ok(Again {
            account,
            verified: hash.filter(|_| right),
        })
    }
}
