//! An account's tokens: personal access tokens, and the log-ins that its owner sees and
//! ends (rules I1, I4). Shown once, kept as digests.

use std::sync::Arc;

use usher_rules::roles::Permission;
use usher_rules::{AccountId, Event, Head, Refusal, Time, TokenId};
use usher_store::records::{Token, TokenKind};
use usher_store::{Load, Snapshot, Write};

use crate::accounts::own;
use crate::desk::{Failure, Reply, UseCase};
use crate::domains::valid_name;
use crate::draft::Draft;
use crate::view::{Look, View};
use crate::{App, Ask, limits};

/// A personal access token that is to be.
#[derive(Debug, Clone)]
pub struct MakeToken {
    /// What its owner calls it.
    pub name: String,
    /// Whether it may only read.
    pub read_only: bool,
    /// For how long it is good; 90 days unless said.
    pub expires_in_seconds: Option<i64>,
}

/// A new token.
#[derive(Clone)]
pub struct NewToken {
    /// The token, `ush_…`; shown once.
    pub text: String,
    /// What is kept of it.
    pub token: Token,
}

/// Makes a personal access token.
struct Make {
    account: AccountId,
    wanted: MakeToken,
    /// How many tokens the account had a moment ago.
    held: usize,
}

impl UseCase for Make {
    type Answer = NewToken;

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
        needs_replayed(seen, load, self.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<NewToken, Refusal> {
        own::own_with(draft, self.account, Permission::Developer)?;
        if self.held >= limits::TOKENS {
            return Err(Refusal::WrongState {
                why: "an account holds at most 200 tokens; end some first",
            });
        }
        let name = valid_name("name", &self.wanted.name)?;
        let good_for = valid_time(self.wanted.expires_in_seconds)?;
        let wanted = Wanted {
            account: self.account,
            kind: TokenKind::Personal,
            name,
            read_only: self.wanted.read_only,
            good_for_seconds: good_for,
        };
        Ok(make(draft, wanted))
    }

    fn shows_secret_of(&self, answer: &NewToken) -> Option<TokenId> {
        Some(answer.token.id)
    }

    fn replay(&self, token: TokenId, draft: &mut Draft<'_>) -> Result<NewToken, Refusal> {
        own::own_with(draft, self.account, Permission::Developer)?;
        renew(draft, token)
    }
}

fn valid_time(seconds: Option<i64>) -> Result<i64, Refusal> {
    let seconds = seconds.unwrap_or(limits::TOKEN_SECONDS_DEFAULT);
    if limits::TOKEN_SECONDS.contains(&seconds) {
        Ok(seconds)
    } else {
        Err(Refusal::Invalid {
            field: "expires_in_seconds",
            why: "from one minute to 366 days",
        })
    }
}

/// A token that is to be.
pub(crate) struct Wanted {
    pub account: AccountId,
    pub kind: TokenKind,
    pub name: String,
    pub read_only: bool,
    pub good_for_seconds: i64,
}

/// What a secret of this kind begins with.
fn prefix(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::LogIn => "ses",
        TokenKind::Personal => "ush",
        TokenKind::PasswordReset => "rst",
        TokenKind::Proxy => "prx",
    }
}

/// Whether an account's owner sees and ends tokens of this kind. One that chooses a password
/// is nobody's to see; a proxy's is looked after by all operators ([`crate::proxies`]).
fn is_shown(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::LogIn | TokenKind::Personal)
}

/// Makes a token.
pub(crate) fn make(draft: &mut Draft<'_>, wanted: Wanted) -> NewToken {
    let now = draft.world().now;
    let secret = draft.secret(prefix(wanted.kind));
    let token = Token {
        id: draft.token_id(),
        digest: secret.digest,
        account: wanted.account,
        kind: wanted.kind,
        name: wanted.name.into(),
        read_only: wanted.read_only,
        created_at: now,
        expires_at: now.plus_seconds(wanted.good_for_seconds),
    };
    draft.write(Write::Token(token.clone()));
    note(draft, &token, Event::TokenMade { token: token.id });
    NewToken {
        text: secret.text,
        token,
    }
}

/// Gives a token a fresh secret: the former is void (rule I3).
///
/// # Errors
/// [`Refusal::NotFound`] when the token is gone.
pub(crate) fn renew(draft: &mut Draft<'_>, id: TokenId) -> Result<NewToken, Refusal> {
    let now = draft.world().now;
    let tokens = &draft.snapshot().tokens;
    let token = tokens.values().find(|t| t.id == id && t.expires_at > now);
    let mut token = token.ok_or(Refusal::not_found("token"))?.clone();
    let secret = draft.secret(prefix(token.kind));
    token.digest = secret.digest;
    draft.write(Write::Token(token.clone()));
    note(draft, &token, Event::TokenRenewed { token: id });
    Ok(NewToken {
        text: secret.text,
        token,
    })
}

/// Ends a token.
pub(crate) fn end(draft: &mut Draft<'_>, token: &Token) {
    draft.write(Write::RemoveToken(token.account, token.id));
    note(draft, token, Event::TokenRevoked { token: token.id });
}

/// Ends every log-in of the account that is in the draft, and every open reset, but one.
pub(crate) fn end_log_ins(draft: &mut Draft<'_>, account: AccountId, but: Option<TokenId>) {
    let all = draft.snapshot().tokens.values();
    let theirs = all.filter(|t| t.account == account && Some(t.id) != but);
    let ending = theirs.filter(|t| t.kind.goes_by_password()).cloned();
    let mut ending: Vec<Token> = ending.collect();
    ending.sort_by_key(|token| token.id);
    for token in &ending {
        end(draft, token);
    }
}

fn note(draft: &mut Draft<'_>, token: &Token, event: Event) {
    let entry = draft.world().entry(Head::Account(token.account), event);
    draft.happen(vec![entry]);
}

/// Loads the tokens whose secrets were shown under the idempotency keys that come again.
pub(crate) fn needs_replayed(seen: &Snapshot, load: &mut Load, account: AccountId) {
    let shown = seen.remembered.values().filter_map(|known| known.token);
    load.token_ids.extend(shown.map(|token| (account, token)));
}

/// Ends a token of the caller's: a personal access token or a log-in.
#[derive(Debug, Clone, Copy)]
pub struct RevokeToken {
    /// Whose: the caller's, from [`App::who`].
    pub account: AccountId,
    /// Which.
    pub id: TokenId,
}

impl UseCase for RevokeToken {
    type Answer = ();

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
        load.token_ids.insert((self.account, self.id));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        own::own(draft, self.account)?;
        let mut all = draft.snapshot().tokens.values();
        let token = all.find(|t| t.id == self.id && t.account == self.account);
        let token = token.filter(|t| is_shown(t.kind));
        let token = token.ok_or(Refusal::not_found("token"))?.clone();
        end(draft, &token);
        Ok(())
    }
}

/// The caller's tokens.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// Log-ins and personal access tokens that are good now, newest first.
    pub items: Vec<Token>,
    /// The one that came along.
    pub current: TokenId,
}

/// Who asks, with which token, and when.
#[derive(Clone)]
struct Current;

impl Look for Current {
    type Answer = (Token, Time);

    fn needs(&self, _seen: &Snapshot, _load: &mut Load) {}

    fn see(&self, view: View<'_>) -> Result<(Token, Time), Refusal> {
        Ok((view.caller()?.token, view.snapshot.world.now))
    }
}

impl App {
    /// The caller's tokens.
    ///
    /// # Errors
    /// [`Refusal::NotSignedIn`], [`Refusal::NotAllowed`]; storage errors.
    pub async fn tokens(&self, ask: &Ask) -> Result<Tokens, Failure> {
        let (token, now) = self.look(ask, &Current).await?;
        let mut items = self.store.tokens(token.account).await?;
        items.retain(|t| t.expires_at > now && is_shown(t.kind));
        Ok(Tokens {
            items,
            current: token.id,
        })
    }

    /// Makes a personal access token for the caller.
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors; a refusal of who is not signed in.
    pub async fn make_token(
        self: &Arc<Self>,
        ask: Ask,
        wanted: MakeToken,
        render: impl Fn(Result<&NewToken, &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        let account = self.who(&ask).await?;
        let case = Make {
            account,
            wanted,
            held: self.store.tokens(account).await?.len(),
        };
        self.run(ask, case, render).await
    }
}
