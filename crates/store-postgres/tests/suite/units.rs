//! Units for tests: small domains and changes of them.

use usher_rules::accounts::Account;
use usher_rules::domains::Domain;
use usher_rules::seats::Seats;
use usher_rules::standing::Record;
use usher_rules::{AccountId, DomainId, Event, Head, Time, UnitId};
use usher_store::records::{AccountRecord, Attempts, DomainRecord};
use usher_store::{HeadChange, JournalEntry, Load, Store, Unit, Write};
use uuid::Uuid;

pub const AT: Time = Time(1_750_000_000_000_000);

pub fn domain_id(n: u128) -> DomainId {
    DomainId::nth(0xd << 64 | n)
}

pub fn head(n: u128) -> Head {
    Head::Domain(domain_id(n))
}

/// A change of a domain's journal by one entry; what it writes besides.
pub fn change(n: u128, expected: u64, writes: Vec<Write>) -> Unit {
    let id = UnitId(Uuid::now_v7());
    Unit {
        id,
        at: AT,
        heads: vec![HeadChange {
            head: head(n),
            expected,
            next: expected + 1,
            in_turn: false,
        }],
        journal: vec![JournalEntry {
            head: head(n),
            seq: expected + 1,
            at: AT,
            recorded_at: AT,
            actor: None,
            request: id.0,
            event: Event::DomainDetailsChanged,
        }],
        writes,
    }
}

/// A new domain and its owner.
pub fn opening(n: u128) -> Unit {
    let account = AccountId::nth(0xa << 64 | n);
    let domain = domain(n);
    let owner = AccountRecord {
        account,
        email: format!("owner{n}@example.com"),
        name: format!("Owner {n}"),
        password: None,
        totp_secret: None,
        totp_active: false,
        identity_note: None,
        created_at: AT,
    };
    let mut unit = change(
        n,
        0,
        vec![
            Write::Account(Account::new(account)),
            Write::AccountRecord(owner),
            Write::Domain(domain),
            Write::Seats(domain),
            named(n, &format!("prefix-{n}")),
        ],
    );
    unit.heads.push(HeadChange {
        head: Head::Account(account),
        expected: 0,
        next: 1,
        in_turn: false,
    });
    unit
}

pub fn domain(n: u128) -> Domain {
    Domain {
        id: domain_id(n),
        owner: AccountId::nth(0xa << 64 | n),
        parent: None,
        root: domain_id(n),
        billing: None,
        standing: Record::default(),
        closed: false,
        seats: Seats::default(),
        users: 0,
        pools: 0,
        teams: 0,
    }
}

/// A domain's record with this prefix.
pub fn named(n: u128, prefix: &str) -> Write {
    Write::DomainRecord(DomainRecord {
        domain: domain_id(n),
        name: format!("Domain {n}"),
        prefix: prefix.to_owned(),
        billing_name: None,
        billing_email: None,
        created_at: AT,
    })
}

/// Wrong attempts at something, on a row of this version.
pub fn attempts(key: u8, wrong: i64, version: i64) -> Write {
    Write::Attempts(Attempts {
        key: [key; 32],
        wrong,
        blocked_until: AT,
        last_at: AT,
        version,
    })
}

/// A unit that changes no head.
pub fn under_no_head(writes: Vec<Write>) -> Unit {
    Unit {
        id: UnitId(Uuid::now_v7()),
        at: AT,
        heads: Vec::new(),
        journal: Vec::new(),
        writes,
    }
}

/// Commits one unit.
pub async fn commit(store: &dyn Store, unit: Unit) -> usher_store::Committed {
    let mut answers = store.commit(vec![unit]).await;
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// The requests of a domain's journal, in order; their numbers are checked.
pub async fn requests(store: &dyn Store, n: u128) -> Vec<Uuid> {
    let entries = store.journal(head(n), 0, 10_000).await.expect("a journal");
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.seq).collect();
    let counted: Vec<u64> = (1..).take(entries.len()).collect();
    assert_eq!(numbers, counted, "without gaps");
    entries.into_iter().map(|entry| entry.request).collect()
}

/// A load of one domain.
pub fn of_domain(n: u128) -> Load {
    Load {
        domains: [domain_id(n)].into(),
        ..Load::default()
    }
}
