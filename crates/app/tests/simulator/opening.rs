//! The world as it is when a run begins: two domains, one below the other, with pools that have
//! fewer seats than users.

use std::collections::BTreeMap;
use std::sync::Arc;

use usher_app::domains::{ActivateBilling, OpenDomain};
use usher_app::pools::MakePool;
use usher_app::secrets::digest;
use usher_app::users::{CreateUser, Mode, NewUser};
use usher_app::{App, Ask, Draft, Settings, UseCase};
use usher_rules::accounts::Identity;
use usher_rules::billing::PaymentMethod;
use usher_rules::pools::PoolSettings;
use usher_rules::prices::{Currency, PriceBook};
use usher_rules::roles::{Permission, Permissions, Role};
use usher_rules::seats::{PerKind, SeatKind};
use usher_rules::tiers::Tier;
use usher_rules::{AccountId, DomainId, Event, Head, PoolId, Refusal, Time, UserId};
use usher_store::memory::MemoryStore;
use usher_store::records::{AccountRecord, Digest, Token, TokenKind};
use usher_store::{Load, Snapshot, Write};

use crate::chance::Chance;

/// 2027-01-15T08:00:00Z.
pub const START: Time = Time(1_800_000_000_000_000);

/// A domain and who runs it.
#[derive(Debug, Clone, Copy)]
pub struct Company {
    pub domain: DomainId,
    pub owner: Digest,
}

/// Someone who sits, calls and waits.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub user: UserId,
    pub account: AccountId,
    pub token: Digest,
}

/// Who is there.
#[derive(Debug, Clone, Default)]
pub struct Cast {
    pub companies: Vec<Company>,
    pub people: Vec<Person>,
    pub operator: Digest,
    /// Owns the domain below, with a seat in the one above.
    pub reseller: Option<(DomainId, UserId)>,
    /// All accounts but the operator's.
    pub accounts: Vec<AccountId>,
}

/// A store in which the world is opened, and who is in it.
#[derive(Clone)]
pub struct Opening {
    pub store: MemoryStore,
    pub cast: Cast,
}

/// The one price book.
pub fn prices() -> PriceBook {
    PriceBook {
        version: 1,
        from: START,
        prices: BTreeMap::from([(Currency::EUR, PerKind([100, 500, 900, 700]))]),
    }
}

/// Makes an account that needs no password, or only its token.
#[derive(Clone)]
struct Enter {
    name: String,
    account: Option<AccountId>,
    operator: bool,
}

impl UseCase for Enter {
    type Answer = (AccountId, String);

    fn head(&self) -> Head {
        Head::System
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.accounts.extend(self.account);
        load.prices = true;
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<Self::Answer, Refusal> {
        let now = draft.world().now;
        let id = self.account.unwrap_or(AccountId(draft.id()));
        let mut events = Vec::new();
        if self.account.is_none() {
            events.push(Event::AccountMade {
                operator: self.operator,
            });
            events.push(Event::PlanChanged {
                from: Tier::Base,
                to: Tier::Business,
            });
            draft.write(Write::AccountRecord(AccountRecord {
                account: id,
                email: format!("{}@example.com", self.name),
                name: self.name.clone(),
                password: None,
                totp_secret: None,
                totp_active: false,
                identity_note: None,
                created_at: now,
            }));
        }
        events.push(Event::IdentityChanged {
            from: Identity::NotStarted,
            to: Identity::Verified,
        });
        let (secret, token) = (draft.secret("ses"), draft.token_id());
        draft.write(Write::Token(Token {
            id: token,
            digest: secret.digest,
            account: id,
            kind: TokenKind::LogIn,
            name: "simulated".into(),
            read_only: false,
            created_at: now,
            expires_at: now.plus_seconds(10 * 366 * 86_400),
        }));
        events.push(Event::TokenMade { token });
        let entries = events.into_iter();
        let entries = entries.map(|event| draft.world().entry(Head::Account(id), event));
        let entries = entries.collect();
        draft.happen(entries);
        Ok((id, secret.text))
    }
}

/// Prices, without which nobody activates billing; and the first orders, which no page has
/// previewed.
#[derive(Clone)]
struct Given(Option<(DomainId, [u32; 4])>);

impl UseCase for Given {
    type Answer = ();

    fn head(&self) -> Head {
        Head::System
    }

    fn needs(&self, _seen: &Snapshot, load: &mut Load) {
        load.prices = true;
        load.domains.extend(self.0.map(|(domain, _)| domain));
    }

    fn decide(&self, draft: &mut Draft<'_>) -> Result<(), Refusal> {
        let Some((domain, numbers)) = self.0 else {
            draft.write(Write::PriceBook(prices()));
            let set = Event::PricesSet {
                version: 1,
                from: START,
            };
            let entry = draft.world().entry(Head::System, set);
            draft.happen(vec![entry]);
            return Ok(());
        };
        let ordered = SeatKind::ALL.into_iter().zip(numbers).map(|(kind, to)| {
            let event = Event::OrderChanged {
                kind,
                from: 0,
                to,
                price_book: 1,
            };
            draft.world().entry(Head::Domain(domain), event)
        });
        let ordered = ordered.collect();
        draft.happen(ordered);
        Ok(())
    }
}

struct Stage {
    app: Arc<App>,
    cast: Cast,
}

impl Stage {
    async fn run<U: UseCase>(&self, token: Option<Digest>, case: U) -> U::Answer
    where
        U::Answer: Clone,
    {
        let ask = Ask {
            token,
            ..Ask::default()
        };
        let done = self.app.do_now(ask, case).await;
        done.unwrap_or_else(|failure| panic!("the opening: {failure}"))
    }

    async fn enter(&self, name: &str, account: Option<AccountId>) -> (AccountId, Digest) {
        let enter = Enter {
            name: name.to_owned(),
            account,
            operator: name == "operator",
        };
        let (account, token) = self.run(None, enter).await;
        (account, digest(&token))
    }

    async fn company(&mut self, name: &str, owner: (AccountId, Digest), order: [u32; 4]) {
        let (account, owner) = owner;
        let open = OpenDomain {
            owner: account,
            name: name.to_owned(),
            prefix: name.to_owned(),
        };
        let domain = self.run(Some(owner), open).await.domain.id;
        let billing = ActivateBilling {
            domain,
            name: name.to_owned(),
            email: format!("{name}@example.com"),
            currency: Currency::EUR,
            zone: None,
            method: PaymentMethod::Manual,
        };
        self.run(Some(owner), billing).await;
        self.run(None, Given(Some((domain, order)))).await;
        self.cast.companies.push(Company { domain, owner });
    }

    async fn pool(&self, company: usize, settings: PoolSettings) -> PoolId {
        let Company { domain, owner } = self.cast.companies[company];
        let name = "Pool".to_owned();
        let make = MakePool {
            domain,
            name,
            settings,
        };
        self.run(Some(owner), make).await.pool.id
    }

    async fn user(&mut self, company: usize, name: &str, new: NewUser) -> Person {
        let Company { domain, owner } = self.cast.companies[company];
        let email = format!("{name}@example.com");
        let new = NewUser { email, ..new };
        let create = CreateUser {
            domain,
            new,
            mode: Mode::Add,
        };
        let user = self.run(Some(owner), create).await.user;
        let account = user.state.account().expect("one who was added");
        self.cast.accounts.push(account);
        let (_, token) = self.enter(name, Some(account)).await;
        Person {
            user: user.id,
            account,
            token,
        }
    }

    async fn sharers(&mut self, company: usize, pool: PoolId, names: &[&str]) {
        for name in names {
            let new = NewUser {
                pool: Some(pool),
                ..NewUser::default()
            };
            let person = self.user(company, name, new).await;
            self.cast.people.push(person);
        }
    }
}

/// Opens the world.
pub async fn open() -> Opening {
    let store = MemoryStore::new(START);
    let seen = Arc::new(store.clone());
    let app = App::new(seen, Settings::default(), Arc::new(Chance::new(0, 0)));
    let cast = Cast::default();
    let mut stage = Stage { app, cast };
    stage.run(None, Given(None)).await;
    stage.cast.operator = stage.enter("operator", None).await.1;
    let ann = stage.enter("ann", None).await;
    stage.cast.accounts.push(ann.0);
    stage.company("acme", ann, [7, 4, 1, 5]).await;
    let settings = |seats| PoolSettings {
        seats,
        log_off_seconds: Some(600),
        notice_seconds: Some(60),
        silence_seconds: Some(3600),
        waiting_list: true,
        ..PoolSettings::default()
    };
    let desk = stage.pool(0, settings(2)).await;
    let rest = stage
        .pool(
            0,
            PoolSettings {
                silence_seconds: None,
                ..settings(1)
            },
        )
        .await;
    stage.sharers(0, desk, &["a1", "a2", "a3", "a4"]).await;
    stage.sharers(0, rest, &["b1", "b2"]).await;
    let reseller = NewUser {
        tier: Tier::Business,
        role: Role::Admin,
        permissions: Permissions::default().with(Permission::ManageSubDomain),
        ..NewUser::default()
    };
    let bob = stage.user(0, "bob", reseller).await;
    stage.cast.reseller = Some((stage.cast.companies[0].domain, bob.user));
    let named = stage.user(0, "nell", NewUser::default()).await;
    stage.cast.people.push(named);
    let owner = (bob.account, bob.token);
    stage.company("east", owner, [4, 2, 0, 3]).await;
    let pool = stage
        .pool(
            1,
            PoolSettings {
                log_off_seconds: None,
                notice_seconds: None,
                ..settings(1)
            },
        )
        .await;
    stage.sharers(1, pool, &["e1", "e2", "e3"]).await;
    Opening {
        store,
        cast: stage.cast,
    }
}
