//! A piece of a world in the making: what happens in it is applied by the rules themselves, and at the
//! end every row that a store would hold after it is given out, its journal included.

use crate::Result;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};
use usher_rules::accounts::Identity;
use usher_rules::billing::{Billing, PaymentMethod, Zone};
use usher_rules::event::{Entry, Start};
use usher_rules::pools::PoolSettings;
use usher_rules::prices::Currency;
use usher_rules::roles::{Permission, Permissions, Role};
use usher_rules::seats::SeatKind;
use usher_rules::standing::State;
use usher_rules::tiers::{Features, Tier};
use usher_rules::users::License;
use usher_rules::{
    AccountId, DeviceKey, DomainId, Event, Head, PoolId, SessionId, Time, TokenId, UnitId, UserId,
    World,
};
use usher_store::records::{
    AccountRecord, DomainRecord, Person, PoolRecord, SessionRecord, Token, TokenKind,
};
use usher_store::tables::{self, Row, Value};
use usher_store::unit::{JournalEntry, SessionRow, Unit, Write};
use uuid::Uuid;

/// Time-ordered ids as UUID version 7 has them, each one greater than the last.
pub struct Ids {
    base: u128,
    made: u128,
}

impl Ids {
    pub fn new(now: Time) -> Self {
        let millis = u128::from((now.0 / 1000).unsigned_abs());
        Self {
            base: millis << 80 | 7 << 76 | 2 << 62,
            made: 0,
        }
    }

    pub fn next(&mut self) -> Uuid {
        self.made += 1;
        Uuid::from_u128(self.base + self.made)
    }
}

pub fn now() -> Result<Time> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(Time(i64::try_from(since.as_micros())?))
}

pub struct Plot<'ids> {
    ids: &'ids mut Ids,
    world: World,
    versions: BTreeMap<Head, u64>,
    rows: Vec<Row>,
}

impl<'ids> Plot<'ids> {
    pub fn new(ids: &'ids mut Ids, now: Time) -> Self {
        let world = World {
            now,
            ..World::default()
        };
        Self {
            ids,
            world,
            versions: BTreeMap::new(),
            rows: Vec::new(),
        }
    }

    /// An unmanaged account on the Business plan.
    pub fn root_owner(&mut self) -> AccountId {
        let account = self.account();
        let (from, to) = (Tier::Base, Tier::Business);
        self.happens(Head::Account(account), Event::PlanChanged { from, to });
        account
    }

    /// A domain in good standing that this account owns, with an order of its own. An owner
    /// who sits in the domain above needs to be a user of this plot that `deputy` made.
    pub fn domain(
        &mut self,
        owner: AccountId,
        above: Option<(DomainId, UserId)>,
        order: u32,
    ) -> DomainId {
        let id = DomainId(self.ids.next());
        let root = above.map_or(id, |(domain, _)| self.world.domains[&domain].root);
        let head = Head::Domain(id);
        self.happens(
            head,
            Event::DomainOpened {
                owner,
                parent: above,
                root,
            },
        );
        // Lines of ancestors are loaded, not stored; a thousand levels of them add up.
        self.world.lineages.clear();
        let (from, to) = (None, Some(id));
        self.happens(Head::Account(owner), Event::OwnsChanged { from, to });
        if let Some((domain, user)) = above {
            self.happens(
                Head::Domain(domain),
                Event::SubDomainChanged { user, from, to },
            );
        }
        self.verify(owner);
        let billing = Billing {
            currency: Currency::EUR,
            zone: Zone::utc(),
            method: PaymentMethod::Manual,
            activated_by: owner,
        };
        self.happens(head, Event::BillingActivated { billing });
        self.happens(head, Event::PrerequisitesMet);
        let (from, to) = (State::Incomplete, State::Good);
        self.happens(
            head,
            Event::StandingNoted {
                from,
                to,
                until: None,
            },
        );
        for kind in [SeatKind::DomainUser, SeatKind::Business] {
            let (from, to) = (0, order);
            self.happens(
                head,
                Event::OrderChanged {
                    kind,
                    from,
                    to,
                    price_book: 0,
                },
            );
        }
        let number = self.world.domains.len();
        self.put(Write::DomainRecord(DomainRecord {
            domain: id,
            name: format!("Domain {number}"),
            prefix: format!("p{}", id.0.simple()),
            billing_name: Some("Accounts Payable".into()),
            billing_email: Some("billing@example.com".into()),
            created_at: self.world.now,
        }));
        id
    }

    /// A user on the base tier, who has joined.
    pub fn member(&mut self, domain: DomainId) -> UserId {
        self.user(domain, named(Tier::Base), Permissions::default())
            .0
    }

    /// What comes now happens at this moment.
    pub fn pass_to(&mut self, now: Time) {
        self.world.now = now;
    }

    /// A pool of shared seats, ordered for it.
    pub fn pool(&mut self, domain: DomainId, settings: PoolSettings) -> PoolId {
        let pool = PoolId(self.ids.next());
        let head = Head::Domain(domain);
        let ordered = Event::OrderChanged {
            kind: SeatKind::SeatLicense,
            from: 0,
            to: settings.seats,
            price_book: 0,
        };
        self.happens(head, ordered);
        self.happens(head, Event::PoolMade { pool, settings });
        self.put(Write::PoolRecord(PoolRecord {
            domain,
            pool,
            name: "Default Seat Pool".into(),
            created_at: self.world.now,
        }));
        pool
    }

    /// A user of a pool, who has joined.
    pub fn sharer(&mut self, domain: DomainId, pool: PoolId) -> (UserId, AccountId) {
        let license = License::Shared { pool };
        self.user(domain, license, Permissions::default())
    }

    /// A user of a pool logs in; gives the session with the secret of its device.
    pub fn session(&mut self, domain: DomainId, pool: PoolId, user: UserId) -> (SessionId, String) {
        let id = SessionId(self.ids.next());
        let device_id = user.to_string();
        let occupied = self.world.pools[&(domain, pool)].occupied + 1;
        self.happens(
            Head::Domain(domain),
            Event::SessionStarted {
                session: id,
                user,
                pool: Some(pool),
                device: DeviceKey(Sha256::digest(device_id.as_bytes()).into()),
                links_until: None,
                occupied,
            },
        );
        let secret = format!("usher_bench_{}", id.0.simple());
        let record = SessionRecord {
            device_id: device_id.into(),
            device_name: "Desk".into(),
            token: Sha256::digest(secret.as_bytes()).into(),
        };
        let session = self.world.sessions[&(domain, id)];
        let pool = &self.world.pools[&(domain, pool)];
        let row = SessionRow::new(session, record, Some(pool));
        self.put(Write::Session(row));
        (id, secret)
    }

    /// A user who may own a sub-domain.
    pub fn deputy(&mut self, domain: DomainId) -> (UserId, AccountId) {
        let permissions = Permissions::default().with(Permission::ManageSubDomain);
        self.user(domain, named(Tier::Business), permissions)
    }

    /// A log-in of this account; gives the secret.
    pub fn token(&mut self, account: AccountId) -> String {
        let id = TokenId(self.ids.next());
        let secret = format!("usher_bench_{}", id.0.simple());
        self.happens(Head::Account(account), Event::TokenMade { token: id });
        self.put(Write::Token(Token {
            id,
            digest: Sha256::digest(secret.as_bytes()).into(),
            account,
            kind: TokenKind::Personal,
            name: "bench".into(),
            read_only: false,
            created_at: self.world.now,
            expires_at: self.world.now.plus_seconds(30 * 24 * 3600),
        }));
        secret
    }

    /// The rows of all people so far, who are then forgotten here: for worlds that don't fit.
    pub fn drain(&mut self) -> Vec<Row> {
        for user in std::mem::take(&mut self.world.users).into_values() {
            self.put(Write::User(user));
        }
        for account in std::mem::take(&mut self.world.accounts).into_values() {
            self.put(Write::Account(account));
            self.head_row(Head::Account(account.id));
        }
        std::mem::take(&mut self.rows)
    }

    /// All rows that are left.
    pub fn finish(mut self) -> Vec<Row> {
        let mut rows = self.drain();
        for pool in std::mem::take(&mut self.world.pools).into_values() {
            self.put(Write::Pool(pool));
        }
        for domain in std::mem::take(&mut self.world.domains).into_values() {
            self.put(Write::Domain(domain));
            self.put(Write::Seats(domain));
            self.head_row(Head::Domain(domain.id));
        }
        rows.append(&mut self.rows);
        rows
    }

    fn account(&mut self) -> AccountId {
        let account = AccountId(self.ids.next());
        self.happens(
            Head::Account(account),
            Event::AccountMade { operator: false },
        );
        self.put(Write::AccountRecord(AccountRecord {
            account,
            email: email(account.0),
            name: "Some Body".into(),
            password: None,
            totp_secret: None,
            totp_active: false,
            identity_note: None,
            created_at: self.world.now,
        }));
        account
    }

    fn user(
        &mut self,
        domain: DomainId,
        license: License,
        permissions: Permissions,
    ) -> (UserId, AccountId) {
        let account = self.account();
        let user = UserId(self.ids.next());
        let start = Start {
            license,
            role: Role::Member,
            permissions,
            features_off: Features::default(),
        };
        self.happens(
            Head::Domain(domain),
            Event::UserAdded {
                user,
                account,
                start,
            },
        );
        self.happens(Head::Account(account), Event::Joined { domain, user });
        self.put(Write::Person(Person {
            domain,
            user,
            email: email(account.0),
            name: "Some Body".into(),
            description: String::new(),
            external_id: None,
            invitation: None,
            created_at: self.world.now,
        }));
        (user, account)
    }

    fn verify(&mut self, account: AccountId) {
        let head = Head::Account(account);
        let steps = [Identity::NotStarted, Identity::Pending, Identity::Verified];
        for pair in steps.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            self.happens(head, Event::IdentityChanged { from, to });
        }
    }

    fn happens(&mut self, head: Head, event: Event) {
        let now = self.world.now;
        let entry = Entry::now(head, event, now);
        self.world.apply(&entry);
        let version = self.versions.entry(head).or_default();
        *version += 1;
        let line = JournalEntry {
            head,
            seq: *version,
            at: now,
            recorded_at: now,
            actor: None,
            request: self.ids.next(),
            event: entry.event,
        };
        let unit = Unit {
            id: UnitId(line.request),
            at: now,
            heads: vec![],
            journal: vec![],
            writes: vec![],
        };
        self.rows.push(Row::Put(
            &tables::JOURNAL,
            tables::journal_row(&unit, &line),
        ));
    }

    fn put(&mut self, write: Write) {
        self.rows.push(write.row());
    }

    fn head_row(&mut self, head: Head) {
        let Some(version) = self.versions.remove(&head) else {
            return;
        };
        let values = vec![
            Value::Id(Some(head.key())),
            Value::Int(i64::try_from(version).ok()),
            Value::Int(Some(self.world.now.0)),
        ];
        self.rows.push(Row::Put(&tables::HEADS, values));
    }
}

fn named(tier: Tier) -> License {
    License::Named { tier }
}

fn email(id: Uuid) -> String {
    format!("{}@example.com", id.simple())
}
