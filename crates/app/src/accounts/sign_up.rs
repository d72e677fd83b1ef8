//! Signing up. Nobody learns here whether an address has an account: what is answered,
//! what it costs and that a mail goes out is the same; only the mail tells (rule I1).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use usher_rules::{AccountId, Event, Head, Refusal};
use usher_store::records::AccountRecord;
use usher_store::{Load, Snapshot, Write};

use super::valid_email;
use crate::desk::{Failure, Reply, UseCase};
use crate::domains::valid_name;
use crate::draft::Draft;
use crate::login::attempts;
use crate::{App, Ask, limits};

/// Who signs up.
#[derive(Clone)]
pub struct NewAccount {
    /// Address.
    pub email: String,
    /// What the person is called.
    pub name: String,
    /// The password as it was typed.
    pub password: String,
}

/// What who signed up is told: what they said, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedUp {
    /// Address.
    pub email: String,
    /// Name.
    pub name: String,
}

/// Makes an account, or tells the address's owner that there is one.
#[derive(Clone)]
struct SignUp {
    said: SignedUp,
    /// argon2id.
    password: String,
}

impl UseCase for SignUp {
    type Answer = SignedUp;

    fn head(&self) -> Head {
        attempts::lane(&self.said.email)
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.emails.insert(self.said.email.clone());
        load.attempts.insert(self.mails());
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<SignedUp, Refusal> {
        match draft.snapshot().account_by_email(&self.said.email) {
            Some(record) => {
                let name = record.name.clone();
                self.tell_owner(draft, &name);
            }
            None => self.make(draft),
        }
        Ok(self.said.clone())
    }
}

impl SignUp {
    /// What keeps a stranger from filling someone's mailbox.
    fn mails(&self) -> attempts::Key {
        attempts::key("sign_up", self.said.email.as_bytes())
    }

    fn tell_owner(&self, draft: &mut Draft<'_>, name: &str) {
        if attempts::admit(draft, self.mails()) {
            let params = json!({ "name": name, "link": draft.settings.public_url });
            draft.mail("you_have_an_account", &self.said.email, params);
        }
    }

    fn make(&self, draft: &mut Draft<'_>) {
        let id = AccountId(draft.id());
        draft.act_as(id);
        draft.write(Write::AccountRecord(AccountRecord {
            account: id,
            email: self.said.email.clone(),
            name: self.said.name.clone(),
            password: Some(self.password.clone()),
            totp_secret: None,
            totp_active: false,
            identity_note: None,
            created_at: draft.world().now,
        }));
        super::happen(draft, id, vec![Event::AccountMade { operator: false }]);
        let params = json!({ "name": self.said.name, "link": draft.settings.public_url });
        draft.mail("welcome", &self.said.email, params);
    }
}

impl App {
    /// Signs up. The answer is the same whether or not the address has an account: which
    /// of the two it is, only a mail to the address says (rule I1).
    ///
    /// # Errors
    /// [`Failure::Busy`] and storage errors; a refusal of what was said.
    pub async fn sign_up(
        self: &Arc<Self>,
        mut ask: Ask,
        new: NewAccount,
        render: impl Fn(Result<&SignedUp, &Refusal>) -> Reply + Send + Sync + 'static,
    ) -> Result<Reply, Failure> {
        // Whoever signs up is nobody yet, whatever token came along.
        ask.token = None;
        let said = SignedUp {
            email: valid_email("email", &new.email)?,
            name: valid_name("name", &new.name)?,
        };
        let password = self.hasher.hash(new.password).await?;
        let case = SignUp { said, password };
        let render = Arc::new(render);
        for _ in 0..limits::ATTEMPTS {
            let taken = Arc::new(AtomicBool::new(false));
            let (render, seen) = (render.clone(), taken.clone());
            let render = move |result: Result<&SignedUp, &Refusal>| {
                seen.store(
                    matches!(result, Err(Refusal::Taken { .. })),
                    Ordering::Relaxed,
                );
                render(result)
            };
            let reply = self.run(ask.clone(), case.clone(), render).await?;
            // Another process made the same account in between: then there is one, and
            // the next time says so by mail.
            if !taken.load(Ordering::Relaxed) {
                metrics::counter!("usher_sign_ups_total").increment(1);
                return Ok(reply);
            }
        }
        Err(Failure::Busy)
    }
}
