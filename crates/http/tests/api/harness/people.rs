//! People without passwords: accounts and log-ins, made as use cases of the tests' own, so
//! that no test pays for hashes that it does not look at.

use usher_app::{Draft, UseCase};
use usher_rules::{AccountId, Event, Head, Refusal};
use usher_store::records::{AccountRecord, Token, TokenKind};
use usher_store::{Load, Snapshot, Write};

/// Makes an account.
#[derive(Clone)]
pub struct Appear {
    pub email: String,
    pub operator: bool,
}

impl UseCase for Appear {
    type Answer = AccountId;

    fn head(&self) -> Head {
        Head::System
    }

    fn needs(&self, _seen: &Snapshot, _load: &mut Load) {}

    fn decide(&self, draft: &mut Draft<'_>) -> Result<AccountId, Refusal> {
        let id = AccountId(draft.id());
        draft.write(Write::AccountRecord(AccountRecord {
            account: id,
            email: self.email.clone(),
            name: self.email.clone(),
            password: None,
            totp_secret: None,
            totp_active: false,
            identity_note: None,
            created_at: draft.world().now,
        }));
        let made = Event::AccountMade {
            operator: self.operator,
        };
        let entry = draft.world().entry(Head::Account(id), made);
        draft.happen(vec![entry]);
        Ok(id)
    }
}

/// Signs someone in; the answer is the token.
#[derive(Clone)]
pub struct Enter {
    pub account: AccountId,
    pub read_only: bool,
}

impl UseCase for Enter {
    type Answer = String;

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<String, Refusal> {
        let (secret, id) = (draft.secret("ses"), draft.token_id());
        let now = draft.world().now;
        draft.write(Write::Token(Token {
            id,
            digest: secret.digest,
            account: self.account,
            kind: TokenKind::LogIn,
            name: "test".into(),
            read_only: self.read_only,
            created_at: now,
            expires_at: now.plus_seconds(3600),
        }));
        let made = Event::TokenMade { token: id };
        let entry = draft.world().entry(Head::Account(self.account), made);
        draft.happen(vec![entry]);
        Ok(secret.text)
    }
}
