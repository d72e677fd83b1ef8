//! Logging in and out (rules I1, I4).
//!
//! A log-in takes three steps. The attempt is charged and on disk before the password is
//! looked at; the password is verified outside of any lane, at the same cost for an
//! address without an account; then the account's own lane checks the one-time code and
//! makes the token.

pub(crate) mod attempts;

use std::sync::Arc;

use usher_rules::accounts::Account;
use usher_rules::{AccountId, Head, Refusal, TokenId};
use usher_store::records::{Token, TokenKind};
use usher_store::{Load, Snapshot};

use crate::accounts::{own, totp, valid_email};
use crate::desk::{Failure, Reply, UseCase};
use crate::draft::Draft;
use crate::tokens::{self, NewToken};
use crate::{App, Ask, limits};

/// What someone who logs in says.
#[derive(Clone)]
pub struct LogIn {
    /// Address.
    pub email: String,
    /// Password.
    pub password: String,
    /// One-time code, where the second factor is on.
    pub code: Option<String>,
    /// What the log-in is called in the list of log-ins: the device or program.
    pub name: String,
}

/// A log-in.
#[derive(Clone)]
pub struct LoggedIn {
    /// The token, `ses_…`; shown once.
    pub text: String,
    /// What is kept of it.
    pub token: Token,
    /// The account.
    pub account: Account,
}

/// Where the attempts at an address are counted.
pub(crate) fn attempts_at(email: &str) -> attempts::Key {
    attempts::key("log_in", email.as_bytes())
}

/// Whose password has to be verified, and against what.
#[derive(Clone)]
struct Found {
    account: AccountId,
    password: Option<String>,
}

/// Charges an attempt to an address, with an account or without.
struct Attempt {
    email: String,
}

impl UseCase for Attempt {
    type Answer = Option<Found>;

    fn head(&self) -> Head {
        attempts::lane(&self.email)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.emails.insert(self.email.clone());
        load.attempts.insert(attempts_at(&self.email));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Option<Found>, Refusal> {
        attempts::charge(draft, attempts_at(&self.email))?;
        let record = draft.snapshot().account_by_email(&self.email);
        Ok(record.map(|record| Found {
            account: record.account,
            password: record.password.clone(),
        }))
    }
}

/// Lets someone in whose password was right.
struct Enter {
    account: AccountId,
    email: String,
    /// The hash that the password was verified against.
    verified: Option<String>,
    code: Option<String>,
    name: String,
    /// Log-ins that make room for this one, when there are too many.
    ending: Vec<TokenId>,
}

impl UseCase for Enter {
    type Answer = LoggedIn;

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
        load.attempts.insert(attempts_at(&self.email));
        load.attempts.insert(totp::last_step_of(self.account));
        let ending = self.ending.iter().map(|id| (self.account, *id));
        load.token_ids.extend(ending);
        own::needs_seats(seen, load);
        tokens::needs_replayed(seen, load, self.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<LoggedIn, Refusal> {
        self.still_right(draft)?;
        let record = own::record(draft, self.account)?;
        let step = totp::accepted(draft, &record, self.code.as_deref())?;
        draft.act_as(self.account);
        totp::use_up(draft, self.account, step);
        self.make_room(draft);
        let wanted = tokens::Wanted {
            account: self.account,
            kind: TokenKind::LogIn,
            name: self.name.clone(),
            read_only: false,
            good_for_seconds: draft.settings.log_in_seconds,
        };
        let new = tokens::make(draft, wanted);
        self.answer(draft, new)
    }

    fn shows_secret_of(&self, answer: &LoggedIn) -> Option<TokenId> {
        Some(answer.token.id)
    }

    fn replay(&self, token: TokenId, draft: &mut Draft<'_>) -> Result<LoggedIn, Refusal> {
        self.still_right(draft)?;
        draft.act_as(self.account);
        let new = tokens::renew(draft, token)?;
        self.answer(draft, new)
    }
}

impl Enter {
    /// Whether the account is still what the password was verified for.
    fn still_right(&self, draft: &Draft<'_>) -> Result<(), Refusal> {
        let record = draft.snapshot().account_records.get(&self.account);
        let same = record
            .is_some_and(|record| record.email == self.email && record.password == self.verified);
        if !same {
            return Err(Refusal::WrongCredentials);
        }
        let account = draft.world().account(self.account)?;
        if own::may_act(draft.world(), account) {
            Ok(())
        } else {
            Err(Refusal::NotAllowed)
        }
    }

    fn make_room(&self, draft: &mut Draft<'_>) {
        let all = draft.snapshot().tokens.values();
        let ending = all.filter(|token| self.ending.contains(&token.id)).cloned();
        let ending: Vec<Token> = ending.collect();
        for token in &ending {
            tokens::end(draft, token);
        }
    }

    fn answer(&self, draft: &mut Draft<'_>, new: NewToken) -> Result<LoggedIn, Refusal> {
        attempts::forgive(draft, attempts_at(&self.email));
        Ok(LoggedIn {
            text: new.text,
            token: new.token,
            account: *draft.world().account(self.account)?,
        })
    }
}

/// Ends the caller's token.
#[derive(Debug, Clone, Copy)]
pub struct LogOut {
    /// Whose: the caller's, from [`App::who`].
    pub account: AccountId,
}

impl UseCase for LogOut {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        // A token that may only read can still end itself.
        let caller = draft.view().caller()?;
        if caller.account.id != self.account {
            return Err(Refusal::NotAllowed);
        }
        draft.act_as(self.account);
        tokens::end(draft, &caller.token);
        Ok(())
    }
}

impl App {
    /// Logs in. Unknown address, wrong password and wrong or missing code give the same
    /// answer at the same cost.
    ///
    /// # Errors
    /// [`Refusal::WrongCredentials`], [`Refusal::TooManyAttempts`], [`Failure::Busy`] and
    /// storage errors. A refusal of the account itself is a reply.
    pub async fn log_in(
        self: &Arc<Self>,
        mut ask: Ask,
        said: LogIn,
        render: impl Fn(Result<&LoggedIn, &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        // Whoever logs in is nobody yet, whatever token came along.
        ask.token = None;
        let entered = self.verified(&ask, &said).await;
        let outcome = match &entered {
            Ok(_) => "right",
            Err(Failure::Refused(Refusal::TooManyAttempts { .. })) => "too_many",
            Err(Failure::Refused(_)) => "wrong",
            Err(_) => "failed",
        };
        metrics::counter!("usher_log_in_attempts_total", "password" => outcome).increment(1);
        let found = entered?;
        let case = Enter {
            account: found.account,
            email: valid_email("email", &said.email)?,
            verified: found.password,
            code: said.code,
            name: said.name.trim().chars().take(limits::NAME).collect(),
            ending: self.too_many_log_ins(found.account).await?,
        };
        self.run(ask, case, render).await
    }

    /// Charges the attempt, then verifies the password.
    async fn verified(self: &Arc<Self>, ask: &Ask, said: &LogIn) -> Result<Found, Failure> {
        let wrong = Failure::Refused(Refusal::WrongCredentials);
        // No account has an address that can't be.
        let email = valid_email("email", &said.email).map_err(|_| wrong.clone())?;
        // The charge is not part of what an idempotency key makes happen once.
        let charge = Ask {
            request: ask.request,
            ..Ask::default()
        };
        let found = self.do_now(charge, Attempt { email }).await?;
        let hash = found.as_ref().and_then(|found| found.password.clone());
        let right = self.hasher.verify(said.password.clone(), hash).await?;
        found.filter(|_| right).ok_or(wrong)
    }

    /// The oldest log-ins beyond the limit: a new one is never refused for their number.
    async fn too_many_log_ins(&self, account: AccountId) -> Result<Vec<TokenId>, Failure> {
        let tokens = self.store.tokens(account).await?;
        let beyond = (tokens.len() + 1).saturating_sub(limits::TOKENS);
        let oldest = tokens.iter().rev().filter(|t| t.kind == TokenKind::LogIn);
        Ok(oldest.take(beyond).map(|token| token.id).collect())
    }
}
