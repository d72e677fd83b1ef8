//! Attempts at something that can be guessed or abused, counted in the store, so that any
//! number of processes count together (rule I1). The first few cost no wait; from then on
//! the wait doubles.

use usher_rules::{AccountId, Head, Refusal, Time};
use usher_store::Write;
use usher_store::records::{Attempts, Digest};

use crate::draft::Draft;
use crate::limits;
use crate::secrets::digest_of;

/// What is guarded.
pub(crate) type Key = Digest;

/// The key of something that is guarded.
pub(crate) fn key(what: &str, whose: &[u8]) -> Key {
    digest_of(&[what.as_bytes(), whose])
}

/// The lane of an address, whether or not it has an account: requests about one address
/// wait for each other. Nothing is ever written under this head.
pub(crate) fn lane(email: &str) -> Head {
    let digest = key("address", email.as_bytes());
    let mut id = [0; 16];
    id.copy_from_slice(&digest[..16]);
    Head::Account(AccountId::from_bytes(id))
}

/// Charges an attempt before it is looked at: who tries many at once gains nothing.
///
/// # Errors
/// [`Refusal::TooManyAttempts`] while the next has to wait.
pub(crate) fn charge(draft: &mut Draft<'_>, key: Key) -> Result<(), Refusal> {
    let now = draft.world().now;
    let known = recent(draft, key);
    let blocked_until = known.as_ref().map_or(Time::ZERO, |k| k.blocked_until);
    if blocked_until > now {
        let micros = blocked_until.micros_since(now);
        return Err(Refusal::TooManyAttempts {
            retry_after_seconds: (micros + 999_999) / 1_000_000,
        });
    }
    let wrong = known.map_or(0, |known| known.wrong) + 1;
    note(draft, key, wrong, now.plus_seconds(wait_seconds(wrong)));
    Ok(())
}

/// As [`charge`], for what is silently left out when there is too much of it. Something is
/// written in any case, so that the cost tells nothing.
pub(crate) fn admit(draft: &mut Draft<'_>, key: Key) -> bool {
    if charge(draft, key).is_ok() {
        return true;
    }
    if let Some(known) = recent(draft, key) {
        draft.write(Write::Attempts(known));
    }
    false
}

/// Forgets the attempts, after one that was right.
pub(crate) fn forgive(draft: &mut Draft<'_>, key: Key) {
    note(draft, key, 0, Time::ZERO);
}

/// Writes a count down, on the one that was loaded. Another process that wrote it in
/// between makes this a conflict, and it is decided anew.
pub(crate) fn note(draft: &mut Draft<'_>, key: Key, wrong: i64, blocked_until: Time) {
    let known = draft.snapshot().attempts.get(&key);
    let version = known.map_or(0, |known| known.version);
    draft.write(Write::Attempts(Attempts {
        key,
        wrong,
        blocked_until,
        last_at: draft.world().now,
        version,
    }));
}

/// The attempts that are not forgotten yet.
fn recent(draft: &Draft<'_>, key: Key) -> Option<Attempts> {
    let now = draft.world().now;
    let known = draft.snapshot().attempts.get(&key);
    known
        .filter(|known| known.last_at.plus_seconds(limits::ATTEMPTS_SECONDS) > now)
        .cloned()
}

/// The wait after so many attempts.
fn wait_seconds(wrong: i64) -> i64 {
    let beyond = wrong - limits::FREE_ATTEMPTS;
    // More doublings than this are beyond the longest wait, and must not overflow.
    match beyond.min(32) {
        ..=0 => 0,
        beyond => (1 << (beyond - 1)).min(limits::LONGEST_WAIT_SECONDS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i1_the_wait_doubles_after_the_free_attempts() {
        let waits: Vec<i64> = (1..=10).map(wait_seconds).collect();
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16]);
        assert_eq!(wait_seconds(15), 512);
        assert_eq!(wait_seconds(16), limits::LONGEST_WAIT_SECONDS);
        assert_eq!(wait_seconds(i64::MAX), limits::LONGEST_WAIT_SECONDS);
        assert_eq!(wait_seconds(200), limits::LONGEST_WAIT_SECONDS);
    }
}
