//! One-time codes as second factor (rule I4, RFC 6238). A code is good once, for the half
//! minute before and after its own as well.

use std::sync::Arc;

use totp_rs::{Builder, Secret, Totp};
use usher_rules::event::AccountDetail;
use usher_rules::roles::Permission;
use usher_rules::{AccountId, Event, Head, Refusal, Time, TokenId};
use usher_store::records::AccountRecord;
use usher_store::{Load, Snapshot, Write};

use super::own;
use crate::desk::{Failure, Reply, UseCase};
use crate::draft::Draft;
use crate::login::attempts;
use crate::passwords::{Again, needs_again, same_password};
use crate::{App, Ask};

/// What an authenticator shows next to the address.
const ISSUER: &str = "Usher";
/// Bytes of a secret, as RFC 4226 recommends.
const SECRET_BYTES: usize = 20;

/// Under which key the last code that was used is kept: as the number of attempts.
pub(crate) fn last_step_of(account: AccountId) -> attempts::Key {
    attempts::key("totp", &account.bytes())
}

/// The time step of the code, when the account's second factor is on.
///
/// # Errors
/// [`Refusal::WrongCredentials`] without a code, with a wrong one, or one that was used.
pub(crate) fn accepted(
    draft: &Draft<'_>,
    record: &AccountRecord,
    code: Option<&str>,
) -> Result<Option<u64>, Refusal> {
    if !record.totp_active {
        return Ok(None);
    }
    let code = code.ok_or(Refusal::WrongCredentials)?;
    let step = step_of(record, code, draft.world().now).ok_or(Refusal::WrongCredentials)?;
    let last = draft.snapshot().attempts.get(&last_step_of(record.account));
    let used = last.is_some_and(|last| u64::try_from(last.wrong).is_ok_and(|l| step <= l));
    if used {
        return Err(Refusal::WrongCredentials);
    }
    Ok(Some(step))
}

/// Remembers that the code of a step was used.
pub(crate) fn use_up(draft: &mut Draft<'_>, account: AccountId, step: Option<u64>) {
    let Some(step) = step else { return };
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    attempts::note(draft, last_step_of(account), step, Time::ZERO);
}

fn step_of(record: &AccountRecord, code: &str, now: Time) -> Option<u64> {
    let seconds = u64::try_from(now.0 / 1_000_000).ok()?;
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    authenticator(record.totp_secret.as_deref()?)?.check(&digits, seconds)
}

fn authenticator(secret: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    Builder::new().with_secret(secret).build().ok()
}

/// Makes a secret for the caller's authenticator. It counts once a code confirmed it.
#[derive(Debug, Clone, Copy)]
pub struct BeginTotp {
    /// Whose: the caller's, from [`App::who`].
    pub account: AccountId,
}

/// What goes into an authenticator, shown once.
#[derive(Clone)]
pub struct TotpSecret {
    /// base32.
    pub secret: String,
    /// The same as an `otpauth://` address, for a QR code.
    pub url: String,
}

impl UseCase for BeginTotp {
    type Answer = TotpSecret;

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<TotpSecret, Refusal> {
        own::own_with(draft, self.account, Permission::Account)?;
        let mut record = own::record(draft, self.account)?;
        if record.totp_active {
            return Err(Refusal::WrongState {
                why: "the second factor is on already; switch it off first",
            });
        }
        // The digest of a new secret: as random as the secret itself.
        let bytes = draft.secret("totp").digest;
        let secret = Secret::new(bytes[..SECRET_BYTES].into()).to_base32();
        let url = address(&record.email, &secret);
        record.totp_secret = Some(secret.clone());
        changed(draft, record);
        Ok(TotpSecret { secret, url })
    }

    // No token, but a secret that must not be kept under an idempotency key.
    fn shows_secret_of(&self, _answer: &TotpSecret) -> Option<TokenId> {
        Some(TokenId(self.account.0))
    }

    fn replay(&self, _token: TokenId, draft: &mut Draft<'_>) -> Result<TotpSecret, Refusal> {
        self.decide(draft)
    }
}

/// The address of the `otpauth` scheme that authenticators read.
fn address(email: &str, secret: &str) -> String {
    let email: String = email
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    format!("otpauth://totp/{ISSUER}:{email}?secret={secret}&issuer={ISSUER}")
}

fn changed(draft: &mut Draft<'_>, record: AccountRecord) {
    let account = record.account;
    draft.write(Write::AccountRecord(record));
    let what = AccountDetail::SecondFactor;
    super::happen(draft, account, vec![Event::AccountDetailsChanged { what }]);
}

/// Confirms it with a code: from now on a log-in needs one.
#[derive(Clone)]
pub struct ConfirmTotp {
    /// Whose: the caller's, from [`App::who`].
    pub account: AccountId,
    /// Six digits.
    pub code: String,
}

impl UseCase for ConfirmTotp {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
        load.attempts.insert(last_step_of(self.account));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        own::own_with(draft, self.account, Permission::Account)?;
        let mut record = own::record(draft, self.account)?;
        if record.totp_active || record.totp_secret.is_none() {
            return Err(Refusal::WrongState {
                why: "no second factor waits to be confirmed",
            });
        }
        let step = step_of(&record, &self.code, draft.world().now);
        let step = step.ok_or(Refusal::WrongCredentials)?;
        use_up(draft, self.account, Some(step));
        record.totp_active = true;
        changed(draft, record);
        Ok(())
    }
}

/// Switches the second factor off.
struct DisableTotp {
    again: Again,
}

impl UseCase for DisableTotp {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Account(self.again.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        needs_again(load, self.again.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        own::own_with(draft, self.again.account, Permission::Account)?;
        let mut record = own::record(draft, self.again.account)?;
        same_password(draft, &self.again, &record)?;
        if record.totp_secret.take().is_some() {
            record.totp_active = false;
            changed(draft, record);
        }
        Ok(())
    }
}

impl App {
    /// Switches the second factor off; the password has to be given.
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors; a refusal that came before the decision.
    pub async fn disable_totp(
        self: &Arc<Self>,
        ask: Ask,
        password: String,
        render: impl Fn(Result<&(), &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        let again = self.password_again(&ask, password).await?;
        self.run(ask, DisableTotp { again }, render).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i4_an_authenticator_reads_the_address() {
        let url = address("ann+x@example.com", "MFRGG");
        let expected = "otpauth://totp/Usher:ann%2Bx%40example.com?secret=MFRGG&issuer=Usher";
        assert_eq!(url, expected);
    }

    #[test]
    fn i4_the_codes_are_those_of_rfc_6238() {
        // The secret and the last six digits of appendix B.
        let secret = Secret::new((*b"12345678901234567890").into()).to_base32();
        let record = AccountRecord {
            account: AccountId::nth(1),
            email: String::new(),
            name: String::new(),
            password: None,
            totp_secret: Some(secret),
            totp_active: true,
            identity_note: None,
            created_at: Time::ZERO,
        };
        for (seconds, code) in [(59, "287082"), (1_111_111_109, "081804")] {
            let now = Time::ZERO.plus_seconds(seconds);
            let step = u64::try_from(seconds / 30).unwrap();
            assert_eq!(step_of(&record, code, now), Some(step));
            assert_eq!(step_of(&record, code, now.plus_seconds(30)), Some(step));
            assert_eq!(step_of(&record, code, now.plus_seconds(90)), None);
        }
    }
}
