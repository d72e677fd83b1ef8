//! What may be there once: refused by the database, in one unit or across units.

use std::sync::Arc;

use usher_rules::Head;
use usher_rules::accounts::Place;
use usher_rules::domains::Domain;
use usher_rules::users::UserState;

use super::build::*;
use crate::{Error, Store, Write};

super::list! {
    i1_an_accounts_address_is_unique,
    i1_addresses_differ_by_byte,
    c1_a_prefix_is_unique_also_after_closing,
    c7_an_account_owns_one_open_domain,
    c7_a_domain_is_owned_by_one_account,
    c7_a_user_owns_one_open_domain,
    c7_an_account_is_one_domain_user,
    c7_a_user_is_one_account,
    d1_an_address_is_unique_in_a_domain,
    d3_an_external_id_is_unique_in_a_domain,
    d1_an_invitation_is_unique,
    i1_a_tokens_digest_is_unique,
    d1_what_is_freed_can_be_taken,
    j1_what_is_unique_may_change_hands_in_one_unit,
    j1_a_unit_that_clashes_with_itself_is_refused,
}

/// The unit is refused, naming what is taken (the column, or an index that is called
/// after it), and nothing of it is there.
async fn clashes(store: &dyn Store, act: Act, what: &str) {
    let head = act.clone().unit().heads[0];
    let outcome = act.commit(store).await;
    let Err(Error::NotUnique(name)) = &outcome else {
        panic!("{what}: {outcome:?}");
    };
    assert!(name.contains(what), "{name:?} must name {what}");
    assert_eq!(version(store, head.head).await, head.expected);
}

fn next(n: u64) -> Act {
    Act::new().moves(Head::Domain(dom(n)), 1)
}

async fn i1_an_accounts_address_is_unique(store: Arc<dyn Store>) {
    account_made(1).done(&*store).await;
    let mut record = account_record(2);
    record.email = account_record(1).email;
    let act = Act::new().makes_account(account(2), record);
    clashes(&*store, act, "email").await;
}

async fn i1_addresses_differ_by_byte(store: Arc<dyn Store>) {
    // That addresses are in lower case is the app's part; a store compares bytes. The
    // last two look alike: one is composed, one is not.
    let emails = [
        "a@example.com",
        "A@example.com",
        "a@example.com ",
        "\u{e9}@example.com",
    ];
    let emails = emails.into_iter().chain(["e\u{301}@example.com"]);
    for (n, email) in emails.enumerate() {
        let mut record = account_record(n as u64);
        record.email = email.to_owned();
        let act = Act::new().makes_account(account(n as u64), record);
        act.done(&*store).await;
    }
    let snapshot = load(&*store, |load| {
        load.emails = ["A@example.com".to_owned()].into()
    })
    .await;
    let found: Vec<_> = snapshot.account_records.into_keys().collect();
    assert_eq!(found, [acc(1)]);
}

async fn c1_a_prefix_is_unique_also_after_closing(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let mut closed = domain(2);
    closed.closed = true;
    domain_as(closed).done(&*store).await;
    for taken in [1, 2] {
        let mut record = domain_record(3);
        record.prefix = domain_record(taken).prefix;
        let act = Act::new()
            .makes_account(account(3), account_record(3))
            .makes_domain(domain(3), record);
        clashes(&*store, act, "prefix").await;
    }
}

async fn c7_an_account_owns_one_open_domain(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let mut second = domain(2);
    second.owner = acc(1);
    let act = || Act::new().makes_domain(second, domain_record(2));
    clashes(&*store, act(), "owner").await;
    let mut closed = domain(1);
    closed.closed = true;
    next(1).put(Write::Domain(closed)).done(&*store).await;
    act().done(&*store).await;
    // Nor can the closed one be opened again then.
    let act = Act::new().moves(Head::Domain(dom(1)), 2);
    let act = act.put(Write::Domain(domain(1)));
    clashes(&*store, act, "owner").await;
}

async fn c7_a_domain_is_owned_by_one_account(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let mut second = account(2);
    second.owns = Some(dom(1));
    let act = Act::new().makes_account(second, account_record(2));
    clashes(&*store, act, "own").await;
}

async fn c7_a_user_owns_one_open_domain(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let first = domain_below(2, &domain(1));
    below_as(first).done(&*store).await;
    account_made(3).done(&*store).await;
    let mut second = domain_below(3, &domain(1));
    second.parent = first.parent;
    let act = || Act::new().makes_domain(second, domain_record(3));
    clashes(&*store, act(), "parent").await;
    let closed = Domain {
        closed: true,
        ..first
    };
    next(2).put(Write::Domain(closed)).done(&*store).await;
    act().done(&*store).await;
}

async fn c7_a_user_is_one_account(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let managed = |n| {
        let mut account = account(n);
        account.place = Place::Managed {
            domain: dom(1),
            user: usr(2),
        };
        Act::new().makes_account(account, account_record(n))
    };
    let act = managed(2).puts_user(joined(dom(1), 2), person(dom(1), 2));
    act.done(&*store).await;
    clashes(&*store, managed(3), "").await;
}

async fn c7_an_account_is_one_domain_user(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    domain_opened(2).done(&*store).await;
    account_made(3).done(&*store).await;
    let user = joined(dom(1), 3);
    next(1).put(Write::User(user)).done(&*store).await;
    let mut elsewhere = joined(dom(2), 3);
    elsewhere.id = usr(4);
    let act = next(2).put(Write::User(elsewhere));
    clashes(&*store, act, "account").await;
    let mut suspended = joined(dom(1), 3);
    suspended.state = UserState::Suspended { account: acc(3) };
    suspended.id = usr(5);
    let act = Act::new().moves(Head::Domain(dom(1)), 2);
    clashes(&*store, act.put(Write::User(suspended)), "account").await;
    // Many may have no account.
    let act = next(2).put(Write::User(invited(dom(2), 6)));
    act.put(Write::User(invited(dom(2), 7))).done(&*store).await;
}

async fn d1_an_address_is_unique_in_a_domain(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    domain_opened(2).done(&*store).await;
    let act = next(1).puts_user(invited(dom(1), 3), person(dom(1), 3));
    act.done(&*store).await;
    let mut same = person(dom(1), 4);
    same.email = person(dom(1), 3).email;
    let act = Act::new().moves(Head::Domain(dom(1)), 2);
    let act = act.puts_user(invited(dom(1), 4), same.clone());
    clashes(&*store, act, "email").await;
    same.domain = dom(2);
    let act = next(2).puts_user(invited(dom(2), 4), same);
    act.done(&*store).await;
}

async fn d3_an_external_id_is_unique_in_a_domain(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    domain_opened(2).done(&*store).await;
    let with = |domain, n| {
        let mut person = person(domain, n);
        person.external_id = Some("E-7".to_owned());
        person
    };
    let act = next(1).puts_user(invited(dom(1), 3), with(dom(1), 3));
    act.done(&*store).await;
    let act = Act::new().moves(Head::Domain(dom(1)), 2);
    let act = act.puts_user(invited(dom(1), 4), with(dom(1), 4));
    clashes(&*store, act, "external_id").await;
    let act = next(2).puts_user(invited(dom(2), 4), with(dom(2), 4));
    act.done(&*store).await;
}

async fn d1_an_invitation_is_unique(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    domain_opened(2).done(&*store).await;
    let with = |domain, n| {
        let mut person = person(domain, n);
        person.invitation = Some(digest(7));
        person
    };
    let act = next(1).puts_user(invited(dom(1), 3), with(dom(1), 3));
    act.done(&*store).await;
    let act = next(2).puts_user(invited(dom(2), 4), with(dom(2), 4));
    clashes(&*store, act, "invitation").await;
}

async fn i1_a_tokens_digest_is_unique(store: Arc<dyn Store>) {
    account_made(1).done(&*store).await;
    account_made(2).done(&*store).await;
    let head = |n| Act::new().moves(Head::Account(acc(n)), 1);
    let act = head(1).put(Write::Token(token(acc(1), 3)));
    act.done(&*store).await;
    let mut same = token(acc(2), 4);
    same.digest = digest(3);
    let act = head(2).put(Write::Token(same));
    clashes(&*store, act, "digest").await;
}

async fn d1_what_is_freed_can_be_taken(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let named = |n, email: &str| {
        let mut person = person(dom(1), n);
        person.email = email.to_owned();
        Write::Person(person)
    };
    let head = |version| Act::new().moves(Head::Domain(dom(1)), version);
    let users = [
        Write::User(invited(dom(1), 3)),
        Write::User(invited(dom(1), 4)),
    ];
    let act = head(1).puts(users).put(named(3, "a@example.com"));
    act.put(named(4, "b@example.com")).done(&*store).await;
    // Renamed away, then taken by the next unit; removed and taken in one.
    head(2).put(named(3, "c@example.com")).done(&*store).await;
    head(3).put(named(4, "a@example.com")).done(&*store).await;
    head(4)
        .put(Write::User(invited(dom(1), 5)))
        .put(named(5, "c@example.com"))
        .put(Write::RemovePerson(dom(1), usr(3)))
        .put(Write::RemoveUser(dom(1), usr(3)))
        .done(&*store)
        .await;
}

async fn j1_what_is_unique_may_change_hands_in_one_unit(store: Arc<dyn Store>) {
    // Three in a ring: in no order of the rows is each name free when it is taken.
    domain_opened(1).done(&*store).await;
    let named = |n: u64, turn: u64| {
        let mut person = person(dom(1), n);
        let next = (n + turn) % 3;
        person.email = format!("person{next}@example.com");
        person.external_id = Some(format!("E{next}"));
        person.invitation = Some(digest(next));
        person
    };
    for turn in 0..3 {
        (0..3)
            .fold(
                Act::new().moves(Head::Domain(dom(1)), 1 + turn),
                |act, n| act.puts_user(invited(dom(1), n), named(n, turn)),
            )
            .done(&*store)
            .await;
        let snapshot = load(&*store, |load| {
            load.user_emails = [(dom(1), "person0@example.com".to_owned())].into();
            load.external_ids = [(dom(1), "E0".to_owned())].into();
            load.invitations = [digest(0)].into();
        })
        .await;
        let people: Vec<_> = snapshot.people.into_values().collect();
        assert_eq!(people, [named((3 - turn) % 3, turn).into()]);
    }
}

async fn j1_a_unit_that_clashes_with_itself_is_refused(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let mut same = person(dom(1), 4);
    same.email = person(dom(1), 3).email;
    let act = next(1)
        .puts_user(invited(dom(1), 3), person(dom(1), 3))
        .puts_user(invited(dom(1), 4), same);
    clashes(&*store, act, "email").await;
}
