//! Choosing a new password by a mailed link (rule I4). Nobody learns here whether an
//! address has an account.

use std::sync::Arc;

use serde_json::json;
use usher_rules::roles::Permission;
use usher_rules::{AccountId, Head, Refusal, TokenId};
use usher_store::records::{Digest, Token, TokenKind};
use usher_store::{Load, Snapshot};

use super::change::{Changed, change};
use super::valid_password;
use crate::accounts::{own, valid_email};
use crate::desk::{Failure, Reply, UseCase};
use crate::draft::Draft;
use crate::login::{attempts, attempts_at};
use crate::view::{Look, View};
use crate::{App, Ask, limits, secrets, tokens};

/// Mails a link, if the address has an account whose holder may choose the password.
struct RequestReset {
    email: String,
}

impl UseCase for RequestReset {
    type Answer = ();

    fn head(&self) -> Head {
        attempts::lane(&self.email)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.emails.insert(self.email.clone());
        load.attempts.insert(self.mails());
        own::needs_seats(seen, load);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        // Counted for any address, so that the cost tells nothing.
        let admitted = attempts::admit(draft, self.mails());
        if let Some((account, name)) = self.account(draft).filter(|_| admitted) {
            self.send(draft, account, &name);
        }
        Ok(())
    }
}

impl RequestReset {
    /// What keeps a stranger from filling someone's mailbox.
    fn mails(&self) -> attempts::Key {
        attempts::key("reset", self.email.as_bytes())
    }

    fn account(&self, draft: &Draft<'_>) -> Option<(AccountId, String)> {
        let record = draft.snapshot().account_by_email(&self.email)?;
        let account = draft.world().account(record.account).ok()?;
        own::permitted(draft.world(), account, Permission::Account)
            .then(|| (record.account, record.name.clone()))
    }

    fn send(&self, draft: &mut Draft<'_>, account: AccountId, name: &str) {
        let wanted = tokens::Wanted {
            account,
            kind: TokenKind::PasswordReset,
            name: String::new(),
            read_only: false,
            good_for_seconds: limits::RESET_SECONDS,
        };
        let new = tokens::make(draft, wanted);
        let params = json!({
            "name": name,
            "token": new.text,
            "link": format!("{}/reset/{}", draft.settings.public_url, new.text),
            "expires_at": new.token.expires_at.to_string(),
        });
        draft.mail("password_reset", &self.email, params);
    }
}

/// Sets a new password with a mailed token.
struct ResetPassword {
    digest: Digest,
    /// argon2id of the new one; none when there was no such token.
    new: Option<String>,
    /// The tokens of its account, as they were a moment ago.
    tokens: Vec<(AccountId, TokenId)>,
}

impl UseCase for ResetPassword {
    type Answer = Changed;

    fn head(&self) -> Head {
        // Found again by a replay, when the token is gone (rule I3).
        let mut id = [0; 16];
        id.copy_from_slice(&self.digest[..16]);
        Head::Account(AccountId::from_bytes(id))
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.tokens.insert(self.digest);
        load.token_ids.extend(&self.tokens);
        if let Some(token) = seen.tokens.get(&self.digest) {
            load.accounts.insert(token.account);
            if let Some(record) = seen.account_records.get(&token.account) {
                load.attempts.insert(attempts_at(&record.email));
            }
        }
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Changed, Refusal> {
        let token = open_reset(draft.view(), &self.digest)?;
        let new = self.new.clone().ok_or(Refusal::not_found("token"))?;
        draft.act_as(token.account);
        let email = own::record(draft, token.account)?.email;
        attempts::forgive(draft, attempts_at(&email));
        change(draft, token.account, new, None)
    }
}

/// The reset with this token, while it is open and its account's holder may use it.
fn open_reset(view: View<'_>, digest: &Digest) -> Result<Token, Refusal> {
    let world = &view.snapshot.world;
    let gone = Refusal::not_found("token");
    let token = view.snapshot.tokens.get(digest);
    let token = token
        .filter(|t| t.kind == TokenKind::PasswordReset && t.expires_at > world.now)
        .ok_or(gone.clone())?;
    let account = world.account(token.account)?;
    if own::permitted(world, account, Permission::Account) {
        Ok(token.clone())
    } else {
        Err(gone)
    }
}

/// Whose reset it is.
#[derive(Clone)]
struct OpenReset(Digest);

impl Look for OpenReset {
    type Answer = Token;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.tokens.insert(self.0);
    }

    fn see(&self, view: View<'_>) -> Result<Token, Refusal> {
        open_reset(view, &self.0)
    }
}

impl App {
    /// Mails a link, if the address has an account. The answer is the same if not.
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors; a refusal of what can't be an address.
    pub async fn request_reset(
        self: &Arc<Self>,
        mut ask: Ask,
        email: String,
        render: impl Fn(Result<&(), &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        ask.token = None;
        let email = valid_email("email", &email)?;
        self.run(ask, RequestReset { email }, render).await
    }

    /// Sets a new password with the mailed token. All log-ins end.
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors; a refusal of the password. A refusal of the
    /// token is a reply.
    pub async fn reset_password(
        self: &Arc<Self>,
        mut ask: Ask,
        token: String,
        new: String,
        render: impl Fn(Result<&(), &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        ask.token = None;
        valid_password(&new)?;
        let digest = secrets::digest(&token);
        let mut case = ResetPassword {
            digest,
            new: None,
            tokens: Vec::new(),
        };
        // Only who has a token makes the server hash.
        match self.look(&ask, &OpenReset(digest)).await {
            Ok(token) => {
                case.new = Some(self.hasher.hash(new).await?);
                let ids = self.token_ids(token.account).await?;
                case.tokens = ids.into_iter().map(|id| (token.account, id)).collect();
            }
            Err(Failure::Refused(_)) => {}
            Err(failure) => return Err(failure),
        }
        self.run_change(ask, case, render).await
    }
}
