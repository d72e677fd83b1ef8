//! Changing one's own password.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use usher_rules::event::AccountDetail;
use usher_rules::roles::Permission;
use usher_rules::{AccountId, Event, Head, Refusal, TokenId};
use usher_store::records::{Token, TokenKind};
use usher_store::{Load, Snapshot, Write};

use super::{Again, needs_again, same_password, valid_password};
use crate::accounts::own;
use crate::desk::{Failure, Reply, UseCase};
use crate::draft::Draft;
use crate::{App, Ask, tokens};

/// Sets another password; the other log-ins end.
struct ChangePassword {
    again: Again,
    /// argon2id of the new one; none when the present one was wrong.
    new: Option<String>,
    /// The account's tokens, as they were a moment ago.
    tokens: Vec<TokenId>,
}

impl UseCase for ChangePassword {
    /// The token that stays.
    type Answer = TokenId;

    fn head(&self) -> Head {
        Head::Account(self.again.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        needs_again(load, self.again.account);
        let tokens = self.tokens.iter().map(|id| (self.again.account, *id));
        load.token_ids.extend(tokens);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<TokenId, Refusal> {
        let caller = own::own_with(draft, self.again.account, Permission::Account)?;
        let record = own::record(draft, self.again.account)?;
        let new = self.new.clone().ok_or(Refusal::WrongCredentials)?;
        same_password(draft, &self.again, &record)?;
        set(draft, self.again.account, new)?;
        tokens::end_log_ins(draft, self.again.account, Some(caller.token.id));
        Ok(caller.token.id)
    }
}

/// Sets an account's password.
pub(super) fn set(draft: &mut Draft<'_>, account: AccountId, hash: String) -> Result<(), Refusal> {
    let mut record = own::record(draft, account)?;
    record.password = Some(hash);
    draft.write(Write::AccountRecord(record));
    let what = AccountDetail::Password;
    let event = Event::AccountDetailsChanged { what };
    let entry = draft.world().entry(Head::Account(account), event);
    draft.happen(vec![entry]);
    Ok(())
}

/// Ends log-ins with a former password that were under way while it was changed.
struct EndStragglers {
    account: AccountId,
    tokens: Vec<TokenId>,
}

impl UseCase for EndStragglers {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
        let tokens = self.tokens.iter().map(|id| (self.account, *id));
        load.token_ids.extend(tokens);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        let all = draft.snapshot().tokens.values();
        let ending = all.filter(|t| self.tokens.contains(&t.id)).cloned();
        let ending: Vec<Token> = ending.collect();
        for token in &ending {
            tokens::end(draft, token);
        }
        Ok(())
    }
}

/// Watches whether a use case went well.
#[derive(Clone, Default)]
pub(super) struct Watch(Arc<AtomicBool>);

impl Watch {
    /// The same rendering, watched.
    pub(super) fn over<A>(
        &self,
        render: impl Fn(Result<&A, &Refusal>) -> Reply + Send + 'static,
    ) -> impl Fn(Result<&A, &Refusal>) -> Reply + Send + 'static {
        let seen = self.0.clone();
        move |result| {
            seen.store(result.is_ok(), Ordering::Relaxed);
            render(result)
        }
    }

    pub(super) fn went_well(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl App {
    /// Changes the caller's password; the present one has to be given. All other log-ins
    /// end; personal access tokens stay.
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors; a refusal that came before the decision.
    pub async fn change_password(
        self: &Arc<Self>,
        ask: Ask,
        current: String,
        new: String,
        render: impl Fn(Result<&(), &Refusal>) -> Reply + Send + 'static,
    ) -> Result<Reply, Failure> {
        valid_password(&new)?;
        let again = self.password_again(&ask, current).await?;
        let account = again.account;
        let new = match again.verified {
            Some(_) => Some(self.hasher.hash(new).await?),
            None => None,
        };
        let tokens = self.token_ids(account).await?;
        let case = ChangePassword {
            again,
            new,
            tokens: tokens.clone(),
        };
        let watch = Watch::default();
        let kept = Arc::new(std::sync::Mutex::new(None));
        let keep = kept.clone();
        let render = watch.over(move |result: Result<&TokenId, &Refusal>| {
            if let Ok(id) = result {
                *keep.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(*id);
            }
            render(result.map(|_| &()))
        });
        let reply = self.run(ask, case, render).await?;
        Ok(reply)
    }

    pub(super) async fn token_ids(&self, account: AccountId) -> Result<Vec<TokenId>, Failure> {
        let tokens = self.store.tokens(account).await?;
        Ok(tokens.iter().map(|token| token.id).collect())
    }
}
