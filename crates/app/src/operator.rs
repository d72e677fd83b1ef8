//! The operator's use cases: prices, verifications, root domains (rules G1, G7).

use std::collections::BTreeMap;

use serde_json::json;
use usher_rules::accounts::decide_verification;
use usher_rules::prices::{Currency, MAX_PRICE, Minor, PriceBook};
use usher_rules::seats::{PerKind, SeatKind};
use usher_rules::{AccountId, DomainId, Event, Head, Refusal, Time};
use usher_store::lists::{DomainLine, Page, VerificationLine};
use usher_store::records::AccountRecord;
use usher_store::{Load, Snapshot, Write};

use crate::accounts::valid_email;
use crate::desk::{Failure, UseCase};
use crate::domains::valid_name;
use crate::draft::Draft;
use crate::view::{Look, View};
use crate::{App, Ask};

/// Sets prices from a moment on.
#[derive(Debug, Clone)]
pub struct SetPrices {
    /// From when; at once, unless said. Never in the past.
    pub from: Option<Time>,
    /// Per currency, per kind and month.
    pub prices: BTreeMap<Currency, PerKind<Minor>>,
}

impl UseCase for SetPrices {
    type Answer = PriceBook;

    fn head(&self) -> Head {
        Head::System
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.prices = true;
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<PriceBook, Refusal> {
        draft.operator()?;
        if self.prices.is_empty() || self.prices.len() > 50 {
            return Err(Refusal::Invalid {
                field: "prices",
                why: "1 to 50 currencies",
            });
        }
        for prices in self.prices.values() {
            for kind in SeatKind::ALL {
                if !(0..=MAX_PRICE).contains(prices.get(kind)) {
                    return Err(Refusal::Invalid {
                        field: "prices",
                        why: "0 to 100000000 minor units",
                    });
                }
            }
        }
        let world = draft.world();
        let from = self.from.unwrap_or(world.now);
        let last = world.price_books.values().next_back();
        if from < world.now || last.is_some_and(|book| from < book.from) {
            return Err(Refusal::Invalid {
                field: "from",
                why: "not in the past, and not before the latest price book",
            });
        }
        // Domains pay in these for good.
        if last.is_some_and(|book| book.prices.keys().any(|c| !self.prices.contains_key(c))) {
            return Err(Refusal::Invalid {
                field: "prices",
                why: "a currency of the latest price book is left out",
            });
        }
        let book = PriceBook {
            version: last.map_or(1, |book| book.version + 1),
            from,
            prices: self.prices.clone(),
        };
        let event = Event::PricesSet {
            version: book.version,
            from,
        };
        let entry = world.entry(Head::System, event);
        draft.write(Write::PriceBook(book.clone()));
        draft.happen(vec![entry]);
        Ok(book)
    }
}

/// The price book that is valid now, for anyone (rule A5).
#[derive(Debug, Clone, Copy)]
pub struct GetPrices;

impl Look for GetPrices {
    type Answer = PriceBook;

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.prices = true;
    }

    fn see(&self, view: View<'_>) -> Result<PriceBook, Refusal> {
        let book = view.snapshot.world.price_book();
        book.cloned().map_err(|_| Refusal::not_found("price book"))
    }
}

/// Approves or rejects an identity (provider `manual`, rule G7).
#[derive(Debug, Clone)]
pub struct DecideVerification {
    /// Whose.
    pub account: AccountId,
    /// Whether it is proven.
    pub approve: bool,
    /// Why not, in the operator's words.
    pub reason: Option<String>,
}

impl UseCase for DecideVerification {
    type Answer = usher_rules::accounts::Identity;

    fn head(&self) -> Head {
        Head::Account(self.account)
    }

    fn needs(&self, seen: &Snapshot, load: &mut Load) {
        load.accounts.insert(self.account);
        let account = seen.world.accounts.get(&self.account);
        load.domains
            .extend(account.and_then(|account| account.owns));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Self::Answer, Refusal> {
        draft.operator()?;
        let reason = match (&self.reason, self.approve) {
            (_, true) => None,
            (Some(reason), false) => Some(valid_name("reason", reason)?),
            (None, false) => {
                return Err(Refusal::Invalid {
                    field: "reason",
                    why: "say why",
                });
            }
        };
        let account = *draft.world().account(self.account)?;
        let events = decide_verification(&account, self.approve)?;
        let record = draft.snapshot().account_records.get(&self.account);
        let mut record = record.ok_or(Refusal::not_found("account"))?.clone();
        record.identity_note = reason.clone();
        let params = json!({
            "approved": self.approve,
            "reason": reason,
            "link": draft.settings.public_url,
        });
        let recipient = record.email.clone();
        draft.write(Write::AccountRecord(record));
        let head = Head::Account(self.account);
        let entries = events.into_iter().map(|e| draft.world().entry(head, e));
        let entries = entries.collect();
        draft.happen(entries);
        draft.mail("verification_decided", &recipient, params);
        Ok(draft.world().account(self.account)?.identity)
    }
}

/// Makes an account that runs the server. From the command line only.
#[derive(Debug, Clone)]
pub struct NewOperator {
    /// Address.
    pub email: String,
    /// argon2id of the password.
    pub password: String,
}

impl UseCase for NewOperator {
    type Answer = AccountId;

    fn head(&self) -> Head {
        Head::System
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.emails.insert(self.email.trim().to_lowercase());
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<AccountId, Refusal> {
        let email = valid_email("email", &self.email)?;
        if draft.snapshot().account_by_email(&email).is_some() {
            return Err(Refusal::Taken { field: "email" });
        }
        let id = AccountId(draft.id());
        let record = AccountRecord {
            account: id,
            name: "Operator".to_owned(),
            email,
            password: Some(self.password.clone()),
            totp_secret: None,
            totp_active: false,
            identity_note: None,
            created_at: draft.world().now,
        };
        let made = Event::AccountMade { operator: true };
        let entry = draft.world().entry(Head::Account(id), made);
        draft.write(Write::AccountRecord(record));
        draft.happen(vec![entry]);
        Ok(id)
    }
}

/// Whether the caller runs the server.
#[derive(Clone)]
pub(crate) struct IsOperator;

impl Look for IsOperator {
    type Answer = ();

    fn needs(&self, _seen: &Snapshot, _load: &mut Load) {}

    fn see(&self, view: View<'_>) -> Result<(), Refusal> {
        view.operator().map(|_| ())
    }
}

impl App {
    /// Makes an operator with a password.
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn new_operator(
        self: &std::sync::Arc<Self>,
        email: String,
        password: String,
    ) -> Result<AccountId, Failure> {
        let password = self.hasher.hash(password).await?;
        let case = NewOperator { email, password };
        self.do_now(Ask::default(), case).await
    }

    /// A page of all root domains, for the operator.
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn root_domains(
        &self,
        ask: &Ask,
        after: Option<DomainId>,
        limit: u32,
    ) -> Result<Page<DomainLine>, Failure> {
        self.look(ask, &IsOperator).await?;
        Ok(self.store.root_domains(after, limit).await?)
    }

    /// Verifications that wait for the operator.
    ///
    /// # Errors
    /// Refusals and storage errors.
    pub async fn pending_verifications(
        &self,
        ask: &Ask,
        limit: u32,
    ) -> Result<Vec<VerificationLine>, Failure> {
        self.look(ask, &IsOperator).await?;
        Ok(self.store.pending_verifications(limit).await?)
    }
}
