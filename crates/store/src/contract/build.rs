//! Short words for the rows and units that cases are made of. Rows of the same number
//! belong together; rows of different numbers never clash.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use usher_rules::accounts::{Account, Place};
use usher_rules::calls::EndedCall;
use usher_rules::domains::Domain;
use usher_rules::event::AccountDetail;
use usher_rules::ids::{CallId, DeviceKey, LinkId, PoolId, SessionId, TeamId};
use usher_rules::links::{self, CallLink};
use usher_rules::pools::{Pool, PoolSettings};
use usher_rules::prices::{Currency, PriceBook};
use usher_rules::roles::{Permissions, Role};
use usher_rules::seats::{PerKind, Seats};
use usher_rules::sessions::{EndReason, EndedSession, Session};
use usher_rules::standing::Record;
use usher_rules::tiers::{Features, Tier};
use usher_rules::users::{License, User, UserState};
use usher_rules::waiting::Waiting;
use usher_rules::{AccountId, ContactId, DomainId, Event, Head, Time, TokenId, UnitId, UserId};

use crate::records::{
    AccountRecord, Attempts, ContactRecord, Digest, DomainRecord, LinkRecord, Mail, Person,
    PoolRecord, Remembered, SessionRecord, SigningKey, TeamRecord, Token, TokenKind,
};
use crate::unit::SessionRow;
use crate::{Committed, HeadChange, JournalEntry, Load, Snapshot, Store, Unit, Write};

/// A moment that no store compares with its clock.
pub const T0: Time = Time(1_750_000_000_123_456);
/// Long after any store's clock.
pub const FAR: Time = Time(4_000_000_000_000_000);

pub fn acc(n: u64) -> AccountId {
    AccountId::nth(0xa << 60 | u128::from(n))
}
pub fn dom(n: u64) -> DomainId {
    DomainId::nth(0xd << 60 | u128::from(n))
}
pub fn usr(n: u64) -> UserId {
    UserId::nth(0xb << 60 | u128::from(n))
}
pub fn pol(n: u64) -> PoolId {
    PoolId::nth(0x5 << 60 | u128::from(n))
}
pub fn ses(n: u64) -> SessionId {
    SessionId::nth(0x6 << 60 | u128::from(n))
}
pub fn cal(n: u64) -> CallId {
    CallId::nth(0x8 << 60 | u128::from(n))
}
pub fn lnk(n: u64) -> LinkId {
    LinkId::nth(0x9 << 60 | u128::from(n))
}
pub fn tem(n: u64) -> TeamId {
    TeamId::nth(0xe << 60 | u128::from(n))
}
pub fn con(n: u64) -> ContactId {
    ContactId::nth(0xf << 60 | u128::from(n))
}
pub fn tok(n: u64) -> TokenId {
    TokenId::nth(0x7 << 60 | u128::from(n))
}
/// A digest of which no two numbers share one.
pub fn digest(n: u64) -> Digest {
    let mut digest = [0xff; 32];
    digest[..8].copy_from_slice(&n.to_be_bytes());
    digest
}

pub fn account(n: u64) -> Account {
    Account::new(acc(n))
}

pub fn account_record(n: u64) -> AccountRecord {
    AccountRecord {
        account: acc(n),
        email: format!("account{n}@example.com"),
        name: format!("Account {n}"),
        password: None,
        totp_secret: None,
        totp_active: false,
        identity_note: None,
        created_at: T0,
    }
}

/// A root domain, owned by the account of the same number.
pub fn domain(n: u64) -> Domain {
    Domain {
        id: dom(n),
        owner: acc(n),
        parent: None,
        root: dom(n),
        billing: None,
        standing: Record::default(),
        closed: false,
        seats: Seats::default(),
        users: 0,
        pools: 0,
        teams: 0,
    }
}

pub fn domain_record(n: u64) -> DomainRecord {
    DomainRecord {
        domain: dom(n),
        name: format!("Domain {n}"),
        prefix: format!("domain{n}"),
        billing_name: None,
        billing_email: None,
        created_at: T0,
    }
}

/// A user who is invited, for long.
pub fn invited(domain: DomainId, n: u64) -> User {
    User {
        domain,
        id: usr(n),
        state: UserState::Invited { expires_at: FAR },
        license: License::Named { tier: Tier::Base },
        role: Role::Member,
        permissions: Permissions::default(),
        features_off: Features::default(),
        owns: None,
        reserved: false,
    }
}

/// A user who joined with the account of the same number.
pub fn joined(domain: DomainId, n: u64) -> User {
    User {
        state: UserState::Active { account: acc(n) },
        ..invited(domain, n)
    }
}

pub fn person(domain: DomainId, n: u64) -> Person {
    Person {
        domain,
        user: usr(n),
        email: format!("person{n}@example.com"),
        name: format!("Person {n}"),
        description: String::new(),
        external_id: None,
        invitation: None,
        created_at: T0,
    }
}

/// A pool of ten seats, with nobody in it.
pub fn pool(domain: DomainId, n: u64) -> Pool {
    let settings = PoolSettings {
        seats: 10,
        ..PoolSettings::default()
    };
    Pool::new(domain, pol(n), settings)
}

pub fn pool_record(domain: DomainId, n: u64) -> PoolRecord {
    PoolRecord {
        domain,
        pool: pol(n),
        name: format!("Pool {n}"),
        created_at: T0,
    }
}

/// A user who joined, as [`joined`], and shares the seats of a pool.
pub fn sharing(domain: DomainId, n: u64, pool: u64) -> User {
    User {
        license: License::Shared { pool: pol(pool) },
        ..joined(domain, n)
    }
}

/// The session of the user of the same number, on a device of that number.
pub fn session(domain: DomainId, n: u64, pool: Option<u64>) -> Session {
    Session {
        domain,
        id: ses(n),
        user: usr(n),
        pool: pool.map(pol),
        device: DeviceKey(digest(n)),
        started_at: T0,
        clock_from: T0,
        links_until: None,
        call: None,
        seen_at: T0,
        log_out_after_call: None,
        noticed: None,
        reserved: false,
    }
}

pub fn session_record(n: u64) -> SessionRecord {
    SessionRecord {
        device_id: format!("device-{n}").into(),
        device_name: format!("Device {n}").into(),
        token: digest(n + 2_000_000),
    }
}

/// Its row, in this pool.
pub fn session_row(session: Session, pool: Option<&Pool>) -> Write {
    let n = (session.id.0.as_u128() & 0xffff_ffff) as u64;
    Write::Session(SessionRow::new(session, session_record(n), pool))
}

/// The same session, over.
pub fn ended(session: &Session, ended_at: Time) -> EndedSession {
    EndedSession {
        domain: session.domain,
        id: session.id,
        user: session.user,
        pool: session.pool,
        device: session.device,
        started_at: session.started_at,
        ended_at,
        reason: EndReason::LoggedOff,
        by: None,
    }
}

/// An open call link of a user, valid for long.
pub fn link(domain: DomainId, n: u64, user: u64) -> CallLink {
    CallLink {
        domain,
        id: lnk(n),
        user: usr(user),
        made_at: T0,
        valid_until: FAR,
        one_call: false,
        record: links::LinkRecord::Open,
    }
}

pub fn link_record(n: u64) -> LinkRecord {
    LinkRecord {
        guest: format!("Guest {n}"),
        token: digest(n + 3_000_000),
    }
}

/// Who waits for a seat of a pool, at the place of the same number.
pub fn waiting(domain: DomainId, n: u64, pool: u64) -> Waiting {
    Waiting {
        domain,
        user: usr(n),
        pool: pol(pool),
        place: n,
        since: T0,
        reserved: false,
        offered_until: None,
    }
}

pub fn call(domain: DomainId, n: u64) -> EndedCall {
    EndedCall {
        domain,
        id: cal(n),
        session: ses(n),
        user: usr(n),
        ended_at: T0,
    }
}

pub fn team(domain: DomainId, n: u64) -> TeamRecord {
    TeamRecord {
        domain,
        team: tem(n),
        name: format!("Team {n}"),
        created_at: T0,
    }
}

pub fn contact(domain: DomainId, user: u64, n: u64) -> ContactRecord {
    ContactRecord {
        domain,
        user: usr(user),
        contact: con(n),
        email: format!("contact{n}@example.org"),
        name: format!("Contact {n}"),
        created_at: T0,
    }
}

pub fn token(account: AccountId, n: u64) -> Token {
    Token {
        id: tok(n),
        digest: digest(n),
        account,
        kind: TokenKind::LogIn,
        name: format!("Token {n}").into(),
        read_only: false,
        created_at: T0,
        expires_at: FAR,
    }
}

pub fn remembered(head: Head, n: u64) -> Remembered {
    Remembered {
        head: head.key(),
        key: digest(n),
        fingerprint: digest(n + 1_000_000),
        status: 200,
        body: format!("{{\"answer\":{n}}}"),
        token: None,
        at: T0,
    }
}

pub fn mail(n: u64, due_at: Time) -> Mail {
    Mail {
        id: Uuid::from_u128(0xe << 60 | u128::from(n)),
        template: "invitation".to_owned(),
        recipient: format!("person{n}@example.com"),
        params: "{}".to_owned(),
        created_at: Time(T0.0 + n as i64),
        due_at,
        attempts: 0,
        sent_at: None,
    }
}

pub fn attempts(n: u64) -> Attempts {
    Attempts {
        key: digest(n),
        wrong: 1,
        blocked_until: T0,
        last_at: T0,
        version: 0,
    }
}

pub fn price_book(version: u32) -> PriceBook {
    PriceBook {
        version,
        from: Time(T0.0 + i64::from(version)),
        prices: [(Currency::EUR, PerKind([400, 600, 1200, 900]))].into(),
    }
}

pub fn signing_key(n: u64) -> SigningKey {
    SigningKey {
        kid: format!("key{n}"),
        secret: digest(n),
        public: digest(n + 1_000_000),
        created_at: Time(T0.0 + n as i64),
        retired_at: None,
    }
}

/// An event that fits any head.
pub fn some_event(head: Head) -> Event {
    match head {
        Head::System => Event::KeysRotated,
        Head::Account(_) => Event::AccountDetailsChanged {
            what: AccountDetail::Name,
        },
        Head::Domain(_) => Event::DomainDetailsChanged,
    }
}

/// A unit in the making.
#[derive(Clone)]
pub struct Act(Unit);

impl Act {
    pub fn new() -> Act {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        Act(Unit {
            id: UnitId::nth(0xc << 60 | u128::from(n)),
            at: T0,
            heads: vec![],
            journal: vec![],
            writes: vec![],
        })
    }

    pub fn at(mut self, at: Time) -> Act {
        self.0.at = at;
        self
    }

    /// Moves a head on by one entry.
    pub fn moves(self, head: Head, expected: u64) -> Act {
        self.says(head, expected, vec![some_event(head)])
    }

    /// Moves a head on by these.
    pub fn says(mut self, head: Head, expected: u64, events: Vec<Event>) -> Act {
        let next = expected + events.len() as u64;
        self.0.heads.push(HeadChange {
            head,
            expected,
            next,
            in_turn: false,
        });
        self.0.heads.sort_by_key(|change| change.head.key());
        let (at, request) = (self.0.at, self.0.id.0);
        let entries = events.into_iter().zip(expected + 1..);
        self.0
            .journal
            .extend(entries.map(|(event, seq)| JournalEntry {
                head,
                seq,
                at,
                recorded_at: at,
                actor: None,
                request,
                event,
            }));
        self
    }

    /// Names a head without moving it: the decision relies on it.
    pub fn relies_on(self, head: Head, expected: u64) -> Act {
        self.says(head, expected, vec![])
    }

    pub fn put(mut self, write: Write) -> Act {
        self.0.writes.push(write);
        self
    }

    pub fn puts(mut self, writes: impl IntoIterator<Item = Write>) -> Act {
        self.0.writes.extend(writes);
        self
    }

    /// A new account with its record.
    pub fn makes_account(self, account: Account, record: AccountRecord) -> Act {
        self.moves(Head::Account(account.id), 0)
            .put(Write::Account(account))
            .put(Write::AccountRecord(record))
    }

    /// A new domain with its record.
    pub fn makes_domain(self, domain: Domain, record: DomainRecord) -> Act {
        self.moves(Head::Domain(domain.id), 0)
            .put(Write::Domain(domain))
            .put(Write::Seats(domain))
            .put(Write::DomainRecord(record))
    }

    /// A user with its record.
    pub fn puts_user(self, user: User, person: Person) -> Act {
        self.put(Write::User(user)).put(Write::Person(person))
    }

    pub fn unit(self) -> Unit {
        self.0
    }

    /// Commits it alone.
    pub async fn commit(self, store: &dyn Store) -> Committed {
        let mut outcomes = store.commit(vec![self.0]).await;
        assert_eq!(outcomes.len(), 1, "an answer per unit");
        outcomes.remove(0)
    }

    /// Commits it; it has to succeed.
    #[track_caller]
    pub fn done(self, store: &dyn Store) -> impl Future<Output = ()> + Send + '_ {
        let caller = std::panic::Location::caller();
        async move {
            let outcome = self.commit(store).await;
            assert_eq!(outcome, Ok(()), "the unit at {caller}");
        }
    }
}

/// Rows by themselves, under no head; what is decided about them is not of interest.
pub async fn planted(store: &dyn Store, writes: impl IntoIterator<Item = Write>) {
    Act::new().puts(writes).done(store).await;
}

/// The domain of this number with a pool of this number, and who shares its seats.
pub async fn sharing_made(store: &dyn Store, n: u64, pool: Pool, users: &[u64]) {
    domain_opened(n).done(store).await;
    let units = users.iter().map(|user| account_made(*user).unit());
    let made = store.commit(units.collect()).await;
    assert!(made.iter().all(Result::is_ok), "{made:?}");
    let pool_n = (pool.id.0.as_u128() & 0xffff_ffff) as u64;
    let mut writes = vec![
        Write::Pool(pool),
        Write::PoolRecord(pool_record(dom(n), pool_n)),
    ];
    for user in users {
        writes.push(Write::User(sharing(dom(n), *user, pool_n)));
        writes.push(Write::Person(person(dom(n), *user)));
    }
    planted(store, writes).await;
}

/// The account of this number.
pub fn account_made(n: u64) -> Act {
    Act::new().makes_account(account(n), account_record(n))
}

/// The root domain of this number with the account of this number as its owner.
pub fn domain_opened(n: u64) -> Act {
    domain_as(domain(n))
}

/// Likewise, when the domain itself is out of the ordinary.
pub fn domain_as(domain: Domain) -> Act {
    let n = number(domain.id);
    let mut owner = account(n);
    owner.owns = (!domain.closed).then_some(domain.id);
    Act::new()
        .makes_account(owner, account_record(n))
        .makes_domain(domain, domain_record(n))
}

/// A domain below another one: its owner is the account of this number, there the user
/// of this number.
pub fn domain_below(n: u64, above: &Domain) -> Domain {
    Domain {
        parent: Some((above.id, usr(n))),
        root: above.root,
        ..domain(n)
    }
}

/// Makes such a domain, and the owner's seat above.
pub fn below_as(domain: Domain) -> Act {
    let n = number(domain.id);
    let (above, user) = domain.parent.expect("a parent");
    let seat = User {
        owns: Some(domain.id),
        ..joined(above, n)
    };
    let mut owner = account(n);
    owner.place = Place::Managed {
        domain: above,
        user,
    };
    owner.owns = Some(domain.id);
    Act::new()
        .makes_account(owner, account_record(n))
        .puts_user(seat, person(above, n))
        .makes_domain(domain, domain_record(n))
}

fn number(domain: DomainId) -> u64 {
    (domain.0.as_u128() & 0xffff_ffff) as u64
}

/// What a load gives; it has to succeed.
pub async fn load(store: &dyn Store, fill: impl FnOnce(&mut Load)) -> Snapshot {
    let mut load = Load::default();
    fill(&mut load);
    store.load(&load).await.expect("a snapshot")
}

/// The version of a head; zero for one that is not there.
pub async fn version(store: &dyn Store, head: Head) -> u64 {
    let snapshot = load(store, |load| match head {
        Head::System => load.prices = true,
        Head::Account(id) => load.accounts = [id].into(),
        Head::Domain(id) => load.domains = [id].into(),
    })
    .await;
    snapshot.heads.get(&head).map_or(0, |state| state.version)
}
