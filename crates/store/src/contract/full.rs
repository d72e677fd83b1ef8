//! Every field of every row, set and empty: written whole, read back whole.

use std::sync::Arc;

use usher_rules::accounts::{Account, Identity, Place};
use usher_rules::billing::{Billing, PaymentMethod, Zone};
use usher_rules::domains::Domain;
use usher_rules::prices::{Currency, MAX_PRICE, PriceBook};
use usher_rules::roles::{Permission, Permissions, Role};
use usher_rules::seats::{MAX_SEATS, PerKind, Scheduled, Seat};
use usher_rules::standing::{Record, State};
use usher_rules::tiers::{Feature, Features, Tier};
use usher_rules::users::{License, User, UserState};
use usher_rules::{Head, Time};

use super::build::*;
use crate::records::{
    AccountRecord, Attempts, DomainRecord, Person, Remembered, SigningKey, Token, TokenKind,
};
use crate::{Load, Snapshot, Store, Write};

super::list! {
    j1_rows_with_every_field_set_read_back,
    j1_rows_with_every_field_emptied_read_back,
    d3_users_in_every_state_tier_and_role_read_back,
    g7_accounts_in_every_place_and_state_read_back,
    c5_domains_in_every_state_read_back,
}

/// Text that is hard on quoting, encoding and width.
const AWKWARD: &str = "Zoë \"Ω\" O'Néill \\ 100% a_b\n\t{x} $1 ?1 李雷 👩‍💻";

/// A row of each kind, all under two domains and their owners.
#[derive(Debug, Clone)]
struct Full {
    owner: (Account, AccountRecord),
    member: (Account, AccountRecord),
    root: (Domain, DomainRecord),
    below: (Domain, DomainRecord),
    seat: (User, Person),
    token: Token,
    answer: Remembered,
    attempts: Attempts,
    book: PriceBook,
    key: SigningKey,
}

impl Full {
    fn set() -> Full {
        Full {
            owner: (
                Account {
                    id: acc(1),
                    place: Place::Unmanaged {
                        plan: Tier::BusinessPro,
                    },
                    owns: Some(dom(1)),
                    identity: Identity::Verified,
                    operator: true,
                },
                set_account_record(),
            ),
            member: (
                Account {
                    place: Place::Managed {
                        domain: dom(1),
                        user: usr(2),
                    },
                    owns: Some(dom(2)),
                    identity: Identity::Pending,
                    ..account(2)
                },
                account_record(2),
            ),
            root: (domain(1), domain_record(1)),
            below: (set_domain(), set_domain_record()),
            seat: (set_user(), set_person()),
            token: set_token(),
            answer: set_answer(),
            attempts: Attempts {
                key: digest(50),
                wrong: 7,
                blocked_until: Time(T0.0 + 1),
                last_at: Time(T0.0 + 2),
                version: 0,
            },
            book: PriceBook {
                version: 4_000_000_000,
                from: Time(T0.0 + 3),
                prices: [
                    (Currency::EUR, PerKind([0, 1, MAX_PRICE, 900])),
                    (Currency::from_code("CHF").unwrap(), PerKind([4, 3, 2, 1])),
                ]
                .into(),
            },
            key: SigningKey {
                kid: "2026-03 é".to_owned(),
                secret: digest(60),
                public: digest(61),
                created_at: Time(T0.0 + 4),
                retired_at: Some(Time(T0.0 + 5)),
            },
        }
    }

    /// The same rows with all that may be absent absent, and the rest at its least.
    fn emptied(self) -> Full {
        Full {
            owner: (account(1), account_record(1)),
            member: (
                Account {
                    place: self.member.0.place,
                    ..account(2)
                },
                account_record(2),
            ),
            root: self.root,
            below: (domain_below(2, &domain(1)), domain_record(2)),
            seat: (joined(dom(1), 2), person(dom(1), 2)),
            token: Token {
                name: "".into(),
                ..token(acc(2), 3)
            },
            answer: Remembered {
                body: String::new(),
                // A day after the one that it replaces.
                at: set_answer().at.plus_seconds(Remembered::KEPT_SECONDS),
                ..remembered(Head::Domain(dom(2)), 40)
            },
            attempts: Attempts {
                version: 1,
                ..attempts(50)
            },
            book: PriceBook {
                prices: [].into(),
                ..self.book
            },
            key: SigningKey {
                retired_at: None,
                ..self.key
            },
        }
    }

    fn writes(&self) -> Vec<Write> {
        let mut writes = Vec::new();
        for (account, record) in [&self.owner, &self.member] {
            writes.push(Write::Account(*account));
            writes.push(Write::AccountRecord(record.clone()));
        }
        for (domain, record) in [&self.root, &self.below] {
            writes.push(Write::Domain(*domain));
            writes.push(Write::Seats(*domain));
            writes.push(Write::DomainRecord(record.clone()));
        }
        writes.extend([
            Write::User(self.seat.0),
            Write::Person(self.seat.1.clone()),
            Write::Token(self.token.clone()),
            Write::Remembered(self.answer.clone()),
            Write::Attempts(self.attempts.clone()),
            Write::PriceBook(self.book.clone()),
            Write::SigningKey(self.key.clone()),
        ]);
        writes
    }

    fn act(&self, expected: u64) -> Act {
        Act::new()
            .moves(Head::System, expected)
            .moves(Head::Account(acc(1)), expected)
            .moves(Head::Account(acc(2)), expected)
            .moves(Head::Domain(dom(1)), expected)
            .moves(Head::Domain(dom(2)), expected)
            .puts(self.writes())
    }

    fn load(&self) -> Load {
        Load {
            tokens: [self.token.digest].into(),
            accounts: [acc(1), acc(2)].into(),
            domains: [dom(1), dom(2)].into(),
            names: [dom(1), dom(2)].into(),
            people: [(dom(1), usr(2))].into(),
            remembered: [(Head::Domain(dom(2)), self.answer.key)].into(),
            attempts: [self.attempts.key].into(),
            prices: true,
            keys: true,
            ..Load::default()
        }
    }

    fn is_in(&self, snapshot: &Snapshot) {
        let world = &snapshot.world;
        for (account, record) in [&self.owner, &self.member] {
            assert_eq!(world.accounts.get(&account.id), Some(account));
            assert_eq!(snapshot.account_records.get(&account.id), Some(record));
        }
        for (domain, record) in [&self.root, &self.below] {
            assert_eq!(world.domains.get(&domain.id), Some(domain));
            assert_eq!(snapshot.domain_records.get(&domain.id), Some(record));
        }
        let key = (dom(1), usr(2));
        assert_eq!(world.users.get(&key), Some(&self.seat.0));
        assert_eq!(snapshot.people.get(&key).map(|p| &**p), Some(&self.seat.1));
        assert_eq!(snapshot.tokens.get(&self.token.digest), Some(&self.token));
        let answer = (self.answer.head, self.answer.key);
        assert_eq!(snapshot.remembered.get(&answer), Some(&self.answer));
        // Written once more than when it was seen.
        let written = Attempts {
            version: self.attempts.version + 1,
            ..self.attempts.clone()
        };
        let attempts = snapshot.attempts.get(&written.key);
        assert_eq!(attempts, Some(&written));
        let books: Vec<_> = world.price_books.values().collect();
        assert_eq!(books, [&self.book]);
        assert_eq!(snapshot.keys, std::slice::from_ref(&self.key));
        assert_eq!(snapshot.heads.len(), 5);
    }
}

fn set_account_record() -> AccountRecord {
    AccountRecord {
        account: acc(1),
        email: "zoë+o'neill@example.com".to_owned(),
        name: AWKWARD.to_owned(),
        password: Some("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".to_owned()),
        totp_secret: Some("JBSWY3DPEHPK3PXP".to_owned()),
        totp_active: true,
        identity_note: Some(AWKWARD.to_owned()),
        created_at: Time(T0.0 + 6),
    }
}

fn set_domain() -> Domain {
    let seat = |n: u32| Seat {
        ordered: MAX_SEATS - n,
        in_use: 10 + n,
        scheduled: Some(Scheduled {
            quantity: 20 + n,
            at: Time(FAR.0 + i64::from(n)),
        }),
    };
    Domain {
        billing: Some(Billing {
            currency: Currency::from_code("CHF").unwrap(),
            zone: Zone::from_name("Europe/Berlin").unwrap(),
            method: PaymentMethod::Manual,
            activated_by: acc(1),
        }),
        standing: Record {
            first_met: Some(Time(T0.0 + 7)),
            lapsed_at: Some(Time(T0.0 + 8)),
            last_lapse: Some((Time(T0.0 + 14), Time(T0.0 + 15))),
            noted: State::Lapsed,
            noted_until: Some(Time(FAR.0 + 9)),
        },
        seats: PerKind([seat(1), seat(2), seat(3), seat(4)]),
        users: 4_000_000_000,
        ..domain_below(2, &domain(1))
    }
}

fn set_domain_record() -> DomainRecord {
    DomainRecord {
        name: AWKWARD.to_owned(),
        prefix: "größe-2".to_owned(),
        billing_name: Some(AWKWARD.to_owned()),
        billing_email: Some("billing@example.com".to_owned()),
        created_at: Time(T0.0 + 10),
        ..domain_record(2)
    }
}

fn set_user() -> User {
    User {
        license: License::Named {
            tier: Tier::BusinessPro,
        },
        role: Role::Support,
        permissions: Permission::ALL.into_iter().collect(),
        features_off: Feature::ALL.into_iter().collect(),
        owns: Some(dom(2)),
        ..joined(dom(1), 2)
    }
}

fn set_person() -> Person {
    Person {
        email: "zoë%_@example.com".to_owned(),
        name: AWKWARD.to_owned(),
        description: AWKWARD.repeat(100),
        external_id: Some("Ext/0001 '\"".to_owned()),
        invitation: Some(digest(70)),
        created_at: Time(T0.0 + 11),
        ..person(dom(1), 2)
    }
}

fn set_token() -> Token {
    Token {
        kind: TokenKind::Personal,
        name: AWKWARD.into(),
        read_only: true,
        created_at: Time(T0.0 + 12),
        expires_at: Time(T0.0 + 13),
        ..token(acc(2), 3)
    }
}

fn set_answer() -> Remembered {
    Remembered {
        status: 599,
        body: "{\"items\":[\"é\"]}".repeat(10_000),
        token: Some(tok(3)),
        at: Time(T0.0 + 14),
        ..remembered(Head::Domain(dom(2)), 40)
    }
}

async fn j1_rows_with_every_field_set_read_back(store: Arc<dyn Store>) {
    let full = Full::set();
    full.act(0).done(&*store).await;
    full.is_in(&store.load(&full.load()).await.unwrap());
    let (mail, now) = (mail(1, T0), store.now().await.unwrap());
    let mail = crate::records::Mail {
        params: format!("{{\"name\":{AWKWARD:?}}}"),
        attempts: 3,
        ..mail
    };
    Act::new()
        .moves(Head::Account(acc(1)), 1)
        .put(Write::Mail(mail.clone()))
        .done(&*store)
        .await;
    let claimed = store.claim_mail(now, FAR, 10).await.unwrap();
    let expected = crate::records::Mail {
        due_at: FAR,
        attempts: 4,
        ..mail
    };
    assert_eq!(claimed, [expected]);
}

async fn j1_rows_with_every_field_emptied_read_back(store: Arc<dyn Store>) {
    let mut full = Full::set();
    full.act(0).done(&*store).await;
    let emptied = full.clone().emptied();
    emptied.act(1).done(&*store).await;
    emptied.is_in(&store.load(&emptied.load()).await.unwrap());
    full.attempts.version = 2;
    full.answer.at = (emptied.answer.at).plus_seconds(Remembered::KEPT_SECONDS);
    full.act(2).done(&*store).await;
    full.is_in(&store.load(&full.load()).await.unwrap());
}

async fn d3_users_in_every_state_tier_and_role_read_back(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    for n in 1..=8 {
        account_made(n + 10).done(&*store).await;
    }
    let states = [
        UserState::Invited { expires_at: FAR },
        UserState::Expired,
        UserState::Declined,
        UserState::Active { account: acc(11) },
        UserState::Suspended { account: acc(12) },
    ];
    let mut users: Vec<User> = Vec::new();
    let mut add = |change: &dyn Fn(&mut User)| {
        let mut user = invited(dom(1), users.len() as u64 + 1);
        change(&mut user);
        users.push(user);
    };
    for state in states {
        add(&|user| user.state = state);
    }
    for tier in Tier::ALL {
        add(&|user| user.license = License::Named { tier });
    }
    for role in Role::ALL {
        add(&|user| user.role = role);
    }
    for permission in Permission::ALL {
        add(&|user| user.permissions = Permissions::NONE.with(permission));
    }
    for feature in Feature::ALL {
        add(&|user| user.features_off = Features::default().with(feature));
    }
    let act = Act::new().moves(Head::Domain(dom(1)), 1);
    act.puts(users.iter().map(|user| Write::User(*user)))
        .done(&*store)
        .await;
    let snapshot = load(&*store, |load| {
        load.users = users.iter().map(|user| (user.domain, user.id)).collect();
    })
    .await;
    assert_eq!(
        snapshot.world.users.into_values().collect::<Vec<_>>(),
        users
    );
}

async fn g7_accounts_in_every_place_and_state_read_back(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let mut accounts = Vec::new();
    for plan in Tier::ALL {
        let mut account = account(accounts.len() as u64 + 10);
        account.place = Place::Unmanaged { plan };
        accounts.push(account);
    }
    for identity in Identity::ALL {
        let mut account = account(accounts.len() as u64 + 10);
        account.identity = identity;
        accounts.push(account);
    }
    for (n, account) in accounts.iter().enumerate() {
        Act::new()
            .makes_account(*account, account_record(n as u64 + 10))
            .done(&*store)
            .await;
    }
    let snapshot = load(&*store, |load| {
        load.accounts = accounts.iter().map(|account| account.id).collect();
    })
    .await;
    let loaded: Vec<_> = snapshot.world.accounts.into_values().collect();
    assert_eq!(loaded, accounts);
}

async fn c5_domains_in_every_state_read_back(store: Arc<dyn Store>) {
    let mut domains = Vec::new();
    for noted in State::ALL {
        for closed in [false, true] {
            let mut domain = domain(domains.len() as u64 + 1);
            domain.standing.noted = noted;
            domain.closed = closed;
            domains.push(domain);
            domain_as(domain).done(&*store).await;
        }
    }
    let snapshot = load(&*store, |load| {
        load.domains = domains.iter().map(|domain| domain.id).collect();
    })
    .await;
    let loaded: Vec<_> = snapshot.world.domains.into_values().collect();
    assert_eq!(loaded, domains);
}
