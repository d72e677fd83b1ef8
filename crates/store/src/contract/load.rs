//! Loads: each key brings what [`crate::load`] says, at one moment, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;

use usher_rules::accounts::Place;
use usher_rules::domains::Domain;
use usher_rules::users::{User, UserState};
use usher_rules::world::Link;
use usher_rules::{Head, Time, World};

use super::build::*;
use crate::load::DUE_OF_A_KIND;
use crate::load::Keys;
use crate::{HeadState, Load, Snapshot, Store, Write};

super::list! {
    j1_a_load_of_nothing_is_empty,
    j1_what_is_not_there_is_absent,
    j1_a_snapshot_has_the_stores_time,
    j1_heads_come_by_key,
    c3_a_domain_comes_with_all_heads_that_its_standing_rests_on,
    i1_a_token_brings_its_account,
    i1_a_token_of_a_managed_account_brings_its_seat,
    i1_a_token_is_found_by_account_and_id,
    i1_an_account_is_found_by_id_and_address,
    c3_a_domain_comes_with_all_that_its_standing_needs,
    c4_names_are_the_domains_and_its_owners,
    c1_a_prefix_gives_the_id_alone,
    c8_lines_of_any_depth,
    c8_lines_share_ancestors,
    d1_a_user_is_found_by_id_address_external_id_and_invitation,
    d1_a_domain_brings_the_invitations_that_are_due,
    d1_a_domain_brings_a_bounded_number_of_them,
    g1_price_books_come_all_together,
    b5_signing_keys_come_the_newest_last,
    j1_two_loads_make_one,
    j1_a_load_of_many_keys,
    j1_keys_are_taken_literally,
    j1_a_snapshot_sees_whole_units,
}

/// The snapshot holds exactly this, but for the time, what is due next, and heads by key.
pub fn holds_only(snapshot: Snapshot, expected: Snapshot) {
    let at_no_time = |world: World| World {
        now: Time::ZERO,
        ..world
    };
    assert_eq!(at_no_time(snapshot.world), at_no_time(expected.world));
    assert_eq!(snapshot.heads, expected.heads);
    assert_eq!(snapshot.tokens, expected.tokens);
    assert_eq!(snapshot.account_records, expected.account_records);
    assert_eq!(snapshot.domain_records, expected.domain_records);
    assert_eq!(snapshot.prefixes, expected.prefixes);
    assert_eq!(snapshot.people, expected.people);
    assert_eq!(snapshot.pool_records, expected.pool_records);
    assert_eq!(snapshot.session_records, expected.session_records);
    assert_eq!(snapshot.link_records, expected.link_records);
    assert_eq!(snapshot.team_records, expected.team_records);
    assert_eq!(snapshot.contact_records, expected.contact_records);
    assert_eq!(snapshot.remembered, expected.remembered);
    assert_eq!(snapshot.attempts, expected.attempts);
    assert_eq!(snapshot.keys, expected.keys);
}

fn first() -> HeadState {
    HeadState { version: 1, at: T0 }
}

fn link(domain: &Domain) -> Link {
    Link {
        domain: domain.id,
        record: domain.standing,
    }
}

/// A line of domains, each below the one before: the numbers from 1 on.
async fn chain(store: &dyn Store, depth: u64) -> Vec<Domain> {
    let mut domains = vec![domain(1)];
    domain_as(domains[0]).done(store).await;
    for n in 2..=depth {
        let mut below = domain_below(n, domains.last().unwrap());
        below.standing.first_met = Some(Time(T0.0 + n as i64));
        below_as(below).done(store).await;
        domains.push(below);
    }
    domains
}

async fn j1_a_load_of_nothing_is_empty(store: Arc<dyn Store>) {
    chain(&*store, 2).await;
    let snapshot = load(&*store, |_| {}).await;
    holds_only(snapshot, Snapshot::default());
}

async fn j1_what_is_not_there_is_absent(store: Arc<dyn Store>) {
    chain(&*store, 2).await;
    let load = Load {
        tokens: [digest(9)].into(),
        token_ids: [(acc(1), tok(9))].into(),
        accounts: [acc(9)].into(),
        emails: ["nobody@example.com".to_owned(), String::new()].into(),
        domains: [dom(9)].into(),
        names: [dom(9)].into(),
        prefixes: ["nothing".to_owned(), String::new()].into(),
        lineages: [dom(8)].into(),
        users: [(dom(1), usr(9))].into(),
        people: [(dom(1), usr(8))].into(),
        user_emails: [(dom(1), "nobody@example.com".to_owned())].into(),
        external_ids: [(dom(1), String::new())].into(),
        invitations: [digest(9)].into(),
        remembered: [(Head::Domain(dom(1)), digest(9))].into(),
        attempts: [digest(9)].into(),
        heads: [Head::Domain(dom(9)).key()].into(),
        desks: [(dom(1), usr(9))].into(),
        memberships: [(dom(1), usr(9))].into(),
        sessions: [(dom(1), ses(9))].into(),
        pools: [(dom(1), pol(9))].into(),
        pool_sessions: [(dom(1), pol(9))].into(),
        pool_queues: [(dom(1), pol(9))].into(),
        all_pools: [dom(9)].into(),
        calls: [(dom(1), cal(9))].into(),
        links: [(dom(1), lnk(9))].into(),
        link_tokens: [digest(9)].into(),
        teams: [(dom(1), tem(9))].into(),
        team_members: [(dom(1), tem(9))].into(),
        contacts: [(dom(1), usr(9))].into(),
        not_before: Time::ZERO,
        prices: true,
        keys: true,
    };
    let mut expected = Snapshot::default();
    // The system itself is there from the beginning.
    expected.heads.insert(Head::System, HeadState::default());
    holds_only(store.load(&load).await.unwrap(), expected);
}

async fn j1_a_snapshot_has_the_stores_time(store: Arc<dyn Store>) {
    let before = store.now().await.unwrap();
    let snapshot = load(&*store, |_| {}).await;
    let after = store.now().await.unwrap();
    assert!(before <= snapshot.world.now && snapshot.world.now <= after);
}

async fn j1_heads_come_by_key(store: Arc<dyn Store>) {
    chain(&*store, 2).await;
    let head = Head::Domain(dom(2));
    let act = Act::new().moves(head, 1);
    act.put(Write::User(joined(dom(2), 1))).done(&*store).await;
    let keys = [head.key(), Head::Account(acc(1)).key()];
    let snapshot = load(&*store, |load| load.heads = keys.into()).await;
    let second = HeadState { version: 2, at: T0 };
    let expected = keys.into_iter().zip([second, first()]).collect();
    assert_eq!(snapshot.by_key, expected);
    holds_only(snapshot, Snapshot::default());
}

async fn c3_a_domain_comes_with_all_heads_that_its_standing_rests_on(store: Arc<dyn Store>) {
    chain(&*store, 3).await;
    let snapshot = load(&*store, |load| load.domains = [dom(3)].into()).await;
    let domains = [1, 2, 3].map(|n| Head::Domain(dom(n)).key());
    let keys = domains.into_iter().chain([Head::Account(acc(3)).key()]);
    let keys: Keys<_> = keys.collect();
    let found: Keys<_> = snapshot.by_key.keys().copied().collect();
    assert_eq!(found, keys);
    let alone = load(&*store, |load| load.heads = keys).await;
    assert_eq!(snapshot.by_key, alone.by_key);
}

async fn i1_a_token_brings_its_account(store: Arc<dyn Store>) {
    let act = domain_opened(1).put(Write::Token(token(acc(1), 5)));
    act.put(Write::Token(token(acc(1), 6))).done(&*store).await;
    let snapshot = load(&*store, |load| load.tokens = [digest(5)].into()).await;
    let mut expected = Snapshot::default();
    expected.tokens.insert(digest(5), token(acc(1), 5));
    let mut owner = account(1);
    owner.owns = Some(dom(1));
    expected.world.accounts.insert(acc(1), owner);
    holds_only(snapshot, expected);
}

async fn i1_a_token_of_a_managed_account_brings_its_seat(store: Arc<dyn Store>) {
    chain(&*store, 3).await;
    Act::new()
        .moves(Head::Account(acc(3)), 1)
        .put(Write::Token(token(acc(3), 5)))
        .done(&*store)
        .await;
    let snapshot = load(&*store, |load| load.tokens = [digest(5)].into()).await;
    let mut expected = Snapshot::default();
    expected.tokens.insert(digest(5), token(acc(3), 5));
    let mut owner = account(3);
    owner.owns = Some(dom(3));
    owner.place = Place::Managed {
        domain: dom(2),
        user: usr(3),
    };
    let seat = User {
        owns: Some(dom(3)),
        ..joined(dom(2), 3)
    };
    let world = &mut expected.world;
    world.accounts.insert(acc(3), owner);
    world.users.insert((dom(2), usr(3)), seat);
    holds_only(snapshot, expected);
}

async fn i1_a_token_is_found_by_account_and_id(store: Arc<dyn Store>) {
    account_made(2).done(&*store).await;
    let act = account_made(1).put(Write::Token(token(acc(1), 5)));
    act.done(&*store).await;
    let snapshot = load(&*store, |load| {
        load.token_ids = [(acc(1), tok(5)), (acc(2), tok(5))].into();
    })
    .await;
    let mut expected = Snapshot::default();
    expected.tokens.insert(digest(5), token(acc(1), 5));
    holds_only(snapshot, expected);
}

async fn i1_an_account_is_found_by_id_and_address(store: Arc<dyn Store>) {
    account_made(1).done(&*store).await;
    account_made(2).done(&*store).await;
    let mut expected = Snapshot::default();
    expected.world.accounts.insert(acc(1), account(1));
    expected.account_records.insert(acc(1), account_record(1));
    expected.heads.insert(Head::Account(acc(1)), first());
    let by_id = load(&*store, |load| load.accounts = [acc(1)].into()).await;
    holds_only(by_id, expected.clone());
    let email = account_record(1).email;
    let by_email = load(&*store, |load| load.emails = [email.clone()].into()).await;
    assert!(by_email.account_by_email(&email).is_some());
    holds_only(by_email, expected);
}

async fn c3_a_domain_comes_with_all_that_its_standing_needs(store: Arc<dyn Store>) {
    let domains = chain(&*store, 3).await;
    let snapshot = load(&*store, |load| load.domains = [dom(3)].into()).await;
    let mut expected = Snapshot::default();
    let mut owner = account(3);
    owner.owns = Some(dom(3));
    owner.place = Place::Managed {
        domain: dom(2),
        user: usr(3),
    };
    let seat = User {
        owns: Some(dom(3)),
        ..joined(dom(2), 3)
    };
    let world = &mut expected.world;
    world.domains.insert(dom(3), domains[2]);
    world.accounts.insert(acc(3), owner);
    world.users.insert((dom(2), usr(3)), seat);
    let line = domains.iter().map(link).collect();
    world.lineages.insert(dom(3), line);
    expected.heads.insert(Head::Domain(dom(3)), first());
    assert!(snapshot.world.standing(dom(3)).is_ok(), "its standing");
    holds_only(snapshot, expected);
}

async fn c4_names_are_the_domains_and_its_owners(store: Arc<dyn Store>) {
    chain(&*store, 3).await;
    let snapshot = load(&*store, |load| load.names = [dom(2)].into()).await;
    let mut expected = Snapshot::default();
    expected.account_records.insert(acc(2), account_record(2));
    expected.domain_records.insert(dom(2), domain_record(2));
    holds_only(snapshot, expected);
}

async fn c1_a_prefix_gives_the_id_alone(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    domain_opened(2).done(&*store).await;
    let prefix = domain_record(2).prefix;
    let snapshot = load(&*store, |load| load.prefixes = [prefix.clone()].into()).await;
    let mut expected = Snapshot::default();
    expected.prefixes.insert(prefix, dom(2));
    holds_only(snapshot, expected);
}

async fn c8_lines_of_any_depth(store: Arc<dyn Store>) {
    let domains = chain(&*store, 50).await;
    for depth in [1, 2, 3, 50] {
        let snapshot = load(&*store, |load| load.lineages = [dom(depth)].into()).await;
        let mut expected = Snapshot::default();
        let line = domains[..depth as usize].iter().map(link).collect();
        expected.world.lineages.insert(dom(depth), line);
        holds_only(snapshot, expected);
    }
}

async fn c8_lines_share_ancestors(store: Arc<dyn Store>) {
    let domains = chain(&*store, 4).await;
    let aside = domain_below(10, &domains[1]);
    below_as(aside).done(&*store).await;
    domain_opened(20).done(&*store).await;
    let snapshot = load(&*store, |load| {
        load.lineages = [dom(1), dom(2), dom(10), dom(20)].into();
        load.domains = [dom(4)].into();
    })
    .await;
    let lines: BTreeMap<_, Vec<_>> = snapshot
        .world
        .lineages
        .into_iter()
        .map(|(id, line)| (id, line.into_iter().map(|link| link.domain).collect()))
        .collect();
    let expected = [
        (dom(1), vec![dom(1)]),
        (dom(2), vec![dom(1), dom(2)]),
        (dom(4), vec![dom(1), dom(2), dom(3), dom(4)]),
        (dom(10), vec![dom(1), dom(2), dom(10)]),
        (dom(20), vec![dom(20)]),
    ];
    assert_eq!(lines, expected.into());
}

async fn d1_a_user_is_found_by_id_address_external_id_and_invitation(store: Arc<dyn Store>) {
    let (user, mut person) = (invited(dom(1), 3), person(dom(1), 3));
    person.external_id = Some("E-3".to_owned());
    person.invitation = Some(digest(3));
    let act = domain_opened(1).puts_user(user, person.clone());
    let other = super::build::person(dom(1), 4);
    act.puts_user(invited(dom(1), 4), other).done(&*store).await;

    let mut user_alone = Snapshot::default();
    user_alone.world.users.insert((dom(1), usr(3)), user);
    let mut both = user_alone.clone();
    both.people.insert((dom(1), usr(3)), person.clone().into());

    let found = load(&*store, |load| load.users = [(dom(1), usr(3))].into()).await;
    holds_only(found, user_alone);
    let found = load(&*store, |load| load.people = [(dom(1), usr(3))].into()).await;
    holds_only(found, both.clone());
    let email = person.email.clone();
    let found = load(&*store, |load| load.user_emails = [(dom(1), email)].into()).await;
    assert_eq!(found.user_by_email(dom(1), &person.email), Some(&person));
    holds_only(found, both.clone());
    let id = "E-3".to_owned();
    let found = load(&*store, |load| load.external_ids = [(dom(1), id)].into()).await;
    assert_eq!(found.user_by_external_id(dom(1), "E-3"), Some(&person));
    holds_only(found, both.clone());
    let found = load(&*store, |load| load.invitations = [digest(3)].into()).await;
    assert_eq!(found.user_by_invitation(&digest(3)), Some(&person));
    holds_only(found, both);
}

async fn d1_a_domain_brings_the_invitations_that_are_due(store: Arc<dyn Store>) {
    let now = store.now().await.unwrap();
    let ends = |n, expires_at| User {
        state: UserState::Invited { expires_at },
        ..invited(dom(1), n)
    };
    let over = User {
        state: UserState::Expired,
        ..invited(dom(1), 4)
    };
    let act = domain_opened(1)
        .put(Write::User(ends(1, now.plus_seconds(-3600))))
        .put(Write::User(ends(2, now)))
        .put(Write::User(ends(3, now.plus_seconds(3600))))
        .put(Write::User(over))
        .put(Write::User(joined(dom(1), 5)));
    account_made(5).done(&*store).await;
    act.done(&*store).await;
    let mut elsewhere = ends(6, now.plus_seconds(-3600));
    elsewhere.domain = dom(2);
    let act = domain_opened(2).put(Write::User(elsewhere));
    act.done(&*store).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    let due: Vec<_> = snapshot.world.users.into_keys().collect();
    assert_eq!(due, [(dom(1), usr(1)), (dom(1), usr(2))]);
    let snapshot = load(&*store, |load| load.lineages = [dom(1)].into()).await;
    assert!(snapshot.world.users.is_empty(), "a line brings no users");
}

async fn d1_a_domain_brings_a_bounded_number_of_them(store: Arc<dyn Store>) {
    let now = store.now().await.unwrap();
    let most = DUE_OF_A_KIND as u64;
    // The later the number, the earlier it lapsed.
    let users = (1..=most + 20).map(|n| {
        let expires_at = Time(now.0 - n as i64);
        Write::User(User {
            state: UserState::Invited { expires_at },
            ..invited(dom(1), n)
        })
    });
    domain_opened(1).puts(users).done(&*store).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    let due: Vec<_> = snapshot.world.users.into_keys().map(|(_, id)| id).collect();
    assert_eq!(due, (21..=most + 20).map(usr).collect::<Vec<_>>());
}

async fn g1_price_books_come_all_together(store: Arc<dyn Store>) {
    let books = [price_book(1), price_book(2), price_book(10)];
    for (n, book) in books.iter().enumerate() {
        Act::new()
            .moves(Head::System, n as u64)
            .put(Write::PriceBook(book.clone()))
            .done(&*store)
            .await;
    }
    let snapshot = load(&*store, |load| load.prices = true).await;
    let mut expected = Snapshot::default();
    expected.world.price_books = books.into_iter().map(|b| (b.version, b)).collect();
    let state = HeadState { version: 3, at: T0 };
    expected.heads.insert(Head::System, state);
    holds_only(snapshot, expected);
}

async fn b5_signing_keys_come_the_newest_last(store: Arc<dyn Store>) {
    // Names in another order than ages; two of one age go by name.
    let mut keys = [signing_key(1), signing_key(2), signing_key(3)];
    keys[0].kid = "z".to_owned();
    keys[1].kid = "b".to_owned();
    keys[2].kid = "c".to_owned();
    keys[2].created_at = keys[1].created_at;
    let writes = keys.iter().rev().cloned().map(Write::SigningKey);
    let act = Act::new().moves(Head::System, 0).puts(writes);
    act.done(&*store).await;
    let snapshot = load(&*store, |load| load.keys = true).await;
    let mut expected = Snapshot {
        keys: keys.to_vec(),
        ..Snapshot::default()
    };
    expected.heads.insert(Head::System, first());
    holds_only(snapshot, expected);
}

async fn j1_two_loads_make_one(store: Arc<dyn Store>) {
    chain(&*store, 3).await;
    let one = Load {
        accounts: [acc(1), acc(2)].into(),
        lineages: [dom(3)].into(),
        users: [(dom(1), usr(2))].into(),
        ..Load::default()
    };
    let mut both = Load {
        accounts: [acc(2), acc(3)].into(),
        domains: [dom(2)].into(),
        users: [(dom(1), usr(2)), (dom(2), usr(3))].into(),
        prices: true,
        ..Load::default()
    };
    both.merge(&one);
    let snapshot = store.load(&both).await.unwrap();
    assert_eq!(snapshot.world.accounts.len(), 3);
    assert_eq!(snapshot.world.domains.len(), 1);
    assert_eq!(snapshot.world.lineages.len(), 2);
    assert_eq!(snapshot.world.users.len(), 2);
    assert_eq!(snapshot.heads.len(), 5);
}

async fn j1_a_load_of_many_keys(store: Arc<dyn Store>) {
    const MANY: u64 = 3_000;
    let units = (0..MANY).map(|n| account_made(n).unit()).collect();
    assert!(store.commit(units).await.iter().all(Result::is_ok));
    let snapshot = load(&*store, |load| {
        load.accounts = (0..MANY).map(acc).collect();
        load.emails = (0..MANY).map(|n| account_record(n).email).collect();
        load.users = (0..MANY).map(|n| (dom(1), usr(n))).collect();
    })
    .await;
    assert_eq!(snapshot.world.accounts.len() as u64, MANY);
    assert_eq!(snapshot.heads.len() as u64, MANY);
}

async fn j1_keys_are_taken_literally(store: Arc<dyn Store>) {
    let awkward = [
        "%",
        "_",
        "'",
        "\"",
        "' OR 1=1 --",
        "\\",
        "{a}",
        "$1",
        "?1",
        "né",
    ];
    let mut act = domain_opened(1);
    for (n, text) in awkward.iter().enumerate() {
        let n = n as u64 + 10;
        let mut person = person(dom(1), n);
        person.email = (*text).to_owned();
        person.external_id = Some((*text).to_owned());
        act = act.puts_user(invited(dom(1), n), person);
    }
    act.done(&*store).await;
    for (n, text) in awkward.iter().enumerate() {
        let key = (dom(1), (*text).to_owned());
        let by_email = load(&*store, |load| load.user_emails = [key.clone()].into()).await;
        let by_id = load(&*store, |load| load.external_ids = [key.clone()].into()).await;
        for found in [by_email, by_id] {
            let found: Vec<_> = found.people.into_keys().collect();
            assert_eq!(found, [(dom(1), usr(n as u64 + 10))], "{text}");
        }
        let other = (*text).to_owned();
        let none = load(&*store, |load| {
            load.emails = [other.clone()].into();
            load.prefixes = [other].into();
        })
        .await;
        holds_only(none, Snapshot::default());
    }
}

async fn j1_a_snapshot_sees_whole_units(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for version in 1..=60 {
                // Both rows say the same number, and so does the head.
                let (mut domain, mut record) = (domain(1), account_record(1));
                domain.users = version as u32 + 1;
                record.name = (version + 1).to_string();
                Act::new()
                    .moves(Head::Domain(dom(1)), version)
                    .put(Write::Seats(domain))
                    .put(Write::AccountRecord(record))
                    .done(&*store)
                    .await;
            }
        })
    };
    let mut seen = 0;
    while seen < 61 {
        let snapshot = load(&*store, |load| {
            load.domains = [dom(1)].into();
            load.names = [dom(1)].into();
        })
        .await;
        let version = snapshot.heads[&Head::Domain(dom(1))].version;
        if version > 1 {
            let users = snapshot.world.domains[&dom(1)].users;
            assert_eq!(u64::from(users), version);
            assert_eq!(snapshot.account_records[&acc(1)].name, version.to_string());
        }
        assert!(version >= seen, "a later load sees no less");
        seen = version;
        tokio::task::yield_now().await;
    }
    writer.await.unwrap();
}
