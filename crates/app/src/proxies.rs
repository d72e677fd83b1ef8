//! Trusted proxies: the credentials that operators issue to them (rule I1). What a proxy asks
//! and reports with one is [`report`]'s (rules E12, F1).
//!
//! A credential is a token that stands for the proxy: it opens nothing but what is a proxy's.

pub mod report;

use std::sync::Arc;

use usher_rules::{AccountId, Head, Refusal, TokenId};
use usher_store::records::{Token, TokenKind};
use usher_store::{Load, Snapshot};

use crate::desk::{Failure, Reply, UseCase};
use crate::domains::valid_name;
use crate::draft::Draft;
use crate::operator::IsOperator;
use crate::tokens::{self, NewToken, Wanted};
use crate::{App, Ask, limits};

/// Issues a credential.
struct Issue {
    /// The operator who does.
    account: AccountId,
    name: String,
    /// How many there were a moment ago.
    held: usize,
}

impl UseCase for Issue {
    type Answer = NewToken;

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
        tokens::needs_replayed(seen, load, self.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<NewToken, Refusal> {
        draft.operator()?;
        if self.held >= limits::PROXIES as usize {
            return Err(Refusal::WrongState {
                why: "there are 100 credentials of proxies; revoke some first",
            });
        }
        let wanted = Wanted {
            account: self.account,
            kind: TokenKind::Proxy,
            name: valid_name("name", &self.name)?,
            read_only: false,
            good_for_seconds: limits::PROXY_SECONDS,
        };
        Ok(tokens::make(draft, wanted))
    }

    fn shows_secret_of(&self, answer: &NewToken) -> Option<TokenId> {
        Some(answer.token.id)
    }

    fn replay(&self, token: TokenId, draft: &mut Draft<'_>) -> Result<NewToken, Refusal> {
        draft.operator()?;
        tokens::renew(draft, token)
    }
}

/// Revokes a credential: the proxy is nobody from then on.
#[derive(Clone, Copy)]
struct Revoke {
    /// The operator who issued it.
    account: AccountId,
    id: TokenId,
}

impl UseCase for Revoke {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
        load.token_ids.insert((self.account, self.id));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        draft.operator()?;
        let mut all = draft.snapshot().tokens.values();
        let token = all.find(|t| t.id == self.id && t.kind == TokenKind::Proxy);
        let token = token.ok_or(Refusal::not_found("proxy"))?.clone();
        tokens::end(draft, &token);
        Ok(())
    }
}

impl App {
    /// The credentials of proxies, whichever operator issued them, newest first.
    ///
    /// # Errors
    /// Refusals of who is no operator; storage errors.
    pub async fn proxies(&self, ask: &Ask) -> Result<Vec<Token>, Failure> {
        self.look(ask, &IsOperator).await?;
        Ok(self.store.proxies(limits::PROXIES).await?)
    }

    /// Issues a credential to a proxy of this name.
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors; a refusal of who is not signed in.
    pub async fn issue_proxy(
        self: &Arc<Self>,
        ask: Ask,
        name: String,
        render: impl Fn(Result<&NewToken, &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        let case = Issue {
            account: self.who(&ask).await?,
            name,
            held: self.store.proxies(limits::PROXIES).await?.len(),
        };
        self.run(ask, case, render).await
    }

    /// Revokes a credential of a proxy.
    ///
    /// # Errors
    /// Refusals of who is no operator, [`Refusal::NotFound`]; storage errors.
    pub async fn revoke_proxy(
        self: &Arc<Self>,
        ask: Ask,
        id: TokenId,
        render: impl Fn(Result<&(), &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        let all = self.proxies(&ask).await?;
        let found = all.iter().find(|token| token.id == id);
        // Revoked already, perhaps by the same request under its key: that decides it.
        let account = match found {
            Some(token) => token.account,
            None => self.who(&ask).await?,
        };
        self.run(ask, Revoke { account, id }, render).await
    }
}
