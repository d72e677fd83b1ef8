//! Passwords: hashed with argon2id, changed, chosen anew by mail (rules I1, I4).
//!
//! A hash takes 19 MiB and tens of milliseconds, on purpose: so it is made outside of any
//! lane, a few at once, and who comes when too many wait is turned away.

mod again;
mod change;
mod reset;

use std::sync::Arc;

use argon2::{Argon2, PasswordHash, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;
use usher_rules::Refusal;
use usher_store::Error;

use crate::desk::Failure;
use crate::entropy::Entropy;
use crate::{App, limits};

pub(crate) use again::{Again, needs_again, same_password};

/// Verified against where there is no account, so that the answer takes as long: a hash
/// with the parameters of all others, of a password that nobody knows.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                       AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and verifies passwords, a few at once, so that a flood can't eat the memory.
pub struct Hasher {
    entropy: Arc<dyn Entropy>,
    places: Semaphore,
    turns: Arc<Semaphore>,
}

impl Hasher {
    /// One that takes its salts from here.
    #[must_use]
    pub fn new(entropy: Arc<dyn Entropy>) -> Hasher {
        Hasher {
            entropy,
            places: Semaphore::new(limits::HASHES_WAITING),
            turns: Arc::new(Semaphore::new(limits::HASHES_AT_ONCE)),
        }
    }

    /// argon2id of a password, in PHC string form.
    ///
    /// # Errors
    /// [`Refusal::Invalid`] for one that is too short or too long; [`Failure::Busy`] when
    /// too many wait.
    pub async fn hash(&self, password: String) -> Result<String, Failure> {
        valid_password(&password)?;
        let mut salt = [0; 16];
        self.entropy.fill(&mut salt);
        let hash = self
            .in_turn(move || Argon2::default().hash_password_with_salt(password.as_bytes(), &salt));
        match hash.await? {
            Ok(hash) => Ok(hash.to_string()),
            Err(error) => Err(Error::Engine(format!("argon2: {error}")).into()),
        }
    }

    /// Whether the password is the one that was hashed. Takes as long when there is
    /// nothing to verify against.
    ///
    /// # Errors
    /// [`Failure::Busy`] when too many wait; a storage error for a hash that is none.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Failure> {
        // What nobody could have chosen is not hashed at its full length either.
        let fits = password.chars().count() <= *limits::PASSWORD.end();
        let password = if fits { password } else { String::new() };
        let known = hash.is_some() && fits;
        let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
        let right = self.in_turn(move || {
            let hash = PasswordHash::new(&hash)
                .map_err(|_| Error::inconsistent("account_records", "not a password hash"))?;
            let right = Argon2::default().verify_password(password.as_bytes(), &hash);
            Ok::<bool, Error>(right.is_ok())
        });
        Ok(right.await?? && known)
    }

    /// Does heavy work when it is its turn, away from the threads that serve requests.
    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let _place = self.places.try_acquire().map_err(|_| Failure::Busy)?;
        let turn = self.turns.clone().acquire_owned().await;
        let turn = turn.map_err(|_| Failure::Busy)?;
        // The turn goes with the work: it takes its memory whether or not anyone waits.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|_| Failure::Busy)
    }
}

impl App {
    /// argon2id of a password that someone chose, for use cases that keep one.
    ///
    /// # Errors
    /// As [`Hasher::hash`].
    pub async fn hash_password(&self, password: String) -> Result<String, Failure> {
        self.hasher.hash(password).await
    }
}

/// Refuses a password that is too short or too long.
fn valid_password(password: &str) -> Result<(), Refusal> {
    if limits::PASSWORD.contains(&password.chars().count()) {
        Ok(())
    } else {
        Err(Refusal::Invalid {
            field: "password",
            why: "10 to 200 characters",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::System;

    fn hasher() -> Hasher {
        Hasher::new(Arc::new(System))
    }

    #[tokio::test]
    async fn i1_a_password_is_kept_as_argon2id_and_verified() {
        let hash = hasher().hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"));
        let again = hasher().hash("correct horse".to_owned()).await.unwrap();
        assert_ne!(hash, again, "each hash has a salt of its own");
        let verifier = hasher();
        let verify = async |password: &str, hash: &Option<String>| {
            let verified = verifier.verify(password.to_owned(), hash.clone());
            verified.await.unwrap()
        };
        let hash = Some(hash);
        assert!(verify("correct horse", &hash).await);
        assert!(!verify("correct horsf", &hash).await);
        assert!(!verify("", &hash).await);
        assert!(!verify(&"x".repeat(300), &hash).await);
    }

    #[tokio::test]
    async fn i1_where_there_is_no_account_a_hash_of_the_same_cost_is_verified() {
        let verified = hasher().verify("correct horse".to_owned(), None).await;
        assert_eq!(verified, Ok(false));
        let cost = |hash: &str| {
            let hash = PasswordHash::new(hash).unwrap();
            let length = hash.hash.map(|output| output.len());
            (hash.algorithm, hash.version, hash.params, length)
        };
        let real = hasher().hash("correct horse".to_owned()).await.unwrap();
        assert_eq!(cost(NOBODYS), cost(&real));
    }

    #[tokio::test]
    async fn i1_a_password_has_10_to_200_characters() {
        for (length, fits) in [(9, false), (10, true), (200, true), (201, false)] {
            assert_eq!(
                valid_password(&"ü".repeat(length)).is_ok(),
                fits,
                "{length}"
            );
        }
        let refused = hasher().hash("short".to_owned()).await;
        let invalid = Refusal::Invalid {
            field: "password",
            why: "10 to 200 characters",
        };
        assert_eq!(refused, Err(Failure::Refused(invalid)));
    }

    #[tokio::test]
    async fn i1_a_flood_of_passwords_is_turned_away() {
        let hasher = hasher();
        let all = hasher.places.acquire_many(limits::HASHES_WAITING as u32);
        let _all = all.await.unwrap();
        let refused = hasher.verify("correct horse".to_owned(), None).await;
        assert_eq!(refused, Err(Failure::Busy));
    }
}
