//! Changing one's own password. The log-ins that were made with the former one end.

use std::sync::{Arc, Mutex, PoisonError};

use usher_rules::event::AccountDetail;
use usher_rules::roles::Permission;
use usher_rules::{AccountId, Event, Head, Refusal, Time, TokenId};
use usher_store::records::Token;
use usher_store::{Load, Snapshot, Write};

use super::{Again, needs_again, same_password, valid_password};
use crate::accounts::own;
use crate::desk::{Failure, Reply, UseCase};
use crate::draft::Draft;
use crate::{App, Ask, tokens};

/// A password that was changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changed {
    account: AccountId,
    at: Time,
    /// The log-in that stays.
    but: Option<TokenId>,
}

/// Sets an account's password and ends its log-ins, but one: those that are in the draft.
pub(super) fn change(
    draft: &mut Draft<'_>,
    account: AccountId,
    hash: String,
    but: Option<TokenId>,
) -> Result<Changed, Refusal> {
    let mut record = own::record(draft, account)?;
    record.password = Some(hash);
    draft.write(Write::AccountRecord(record));
    let what = AccountDetail::Password;
    let event = Event::AccountDetailsChanged { what };
    let entry = draft.world().entry(Head::Account(account), event);
    draft.happen(vec![entry]);
    tokens::end_log_ins(draft, account, but);
    let at = draft.world().now;
    Ok(Changed { account, at, but })
}

/// Changes the password of who is signed in.
struct ChangePassword {
    again: Again,
    /// argon2id of the new one; none when the present one was wrong.
    new: Option<String>,
    /// The account's tokens, as they were a moment ago.
    tokens: Vec<TokenId>,
}

impl UseCase for ChangePassword {
    type Answer = Changed;

    fn head(&self) -> Head {
        Head::Account(self.again.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        needs_again(load, self.again.account);
        let tokens = self.tokens.iter().map(|id| (self.again.account, *id));
        load.token_ids.extend(tokens);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Changed, Refusal> {
        let caller = own::own_with(draft, self.again.account, Permission::Account)?;
        let record = own::record(draft, self.again.account)?;
        let new = self.new.clone().ok_or(Refusal::WrongCredentials)?;
        same_password(draft, &self.again, &record)?;
        change(draft, self.again.account, new, Some(caller.token.id))
    }
}

/// Ends tokens, of one account.
struct End {
    account: AccountId,
    tokens: Vec<TokenId>,
}

impl UseCase for End {
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
        render: impl Fn(Result<&(), &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        valid_password(&new)?;
        let again = self.password_again(&ask, current).await?;
        let new = match again.verified {
            Some(_) => Some(self.hasher.hash(new).await?),
            None => None,
        };
        let tokens = self.token_ids(again.account).await?;
        let case = ChangePassword { again, new, tokens };
        self.run_change(ask, case, render).await
    }

    /// The account's tokens at this moment.
    pub(super) async fn token_ids(&self, account: AccountId) -> Result<Vec<TokenId>, Failure> {
        let tokens = self.store.tokens(account).await?;
        Ok(tokens.iter().map(|token| token.id).collect())
    }

    /// Changes a password, then ends the log-ins with the former one that were made while
    /// it was under way. None can be made after it: a log-in is decided on the password
    /// that it was verified against.
    pub(super) async fn run_change<U: UseCase<Answer = Changed>>(
        self: &Arc<Self>,
        ask: Ask,
        case: U,
        render: impl Fn(Result<&(), &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        let changed = Arc::new(Mutex::new(None));
        let keep = changed.clone();
        let render = move |result: Result<&Changed, &Refusal>| {
            *keep.lock().unwrap_or_else(PoisonError::into_inner) = result.ok().copied();
            render(result.map(|_| &()))
        };
        let reply = self.run(ask, case, render).await?;
        let changed = changed
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(changed) = changed
            && let Err(failure) = self.end_stragglers(changed).await
        {
            // The password is changed, whatever became of this.
            tracing::error!(account = %changed.account, %failure, "log-ins could not be ended");
        }
        Ok(reply)
    }

    async fn end_stragglers(self: &Arc<Self>, changed: Changed) -> Result<(), Failure> {
        let mut tokens = self.store.tokens(changed.account).await?;
        tokens.retain(|token| {
            token.kind.goes_by_password()
                && token.created_at <= changed.at
                && Some(token.id) != changed.but
        });
        if tokens.is_empty() {
            return Ok(());
        }
        let case = End {
            account: changed.account,
            tokens: tokens.iter().map(|token| token.id).collect(),
        };
        self.do_now(Ask::default(), case).await
    }
}
