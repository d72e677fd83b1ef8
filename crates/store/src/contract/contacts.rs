//! What users add to their contact lists, and how that shows beside those who share a team
//! (rule D5).

use std::sync::Arc;

use usher_rules::Head;

use super::build::*;
use super::load::holds_only;
use super::teams::{member, named};
use crate::lists::ContactLine;
use crate::records::ContactRecord;
use crate::{Error, Snapshot, Store, Write};

super::list! {
    d5_what_a_user_added_reads_back_and_can_be_removed,
    d5_an_address_is_in_a_list_once,
    d5_who_has_an_added_address_is_that_person,
    d5_added_contacts_and_team_mates_are_in_one_order,
    d5_added_contacts_are_one_users_of_one_domain,
}

/// A contact of user 11 of domain 1, with this name and address.
fn known(n: u64, name: &str, email: &str) -> Write {
    Write::Contact(ContactRecord {
        name: name.to_owned(),
        email: email.to_owned(),
        ..contact(dom(1), 11, n)
    })
}

/// The address of a user of domain 1.
fn of(n: u64) -> String {
    person(dom(1), n).email
}

/// The contact list of user 11 of domain 1.
async fn list(store: &dyn Store) -> Vec<ContactLine> {
    let page = store.contacts(dom(1), usr(11), true, None, 50).await;
    let page = page.unwrap();
    assert!(!page.more);
    page.items
}

/// By which numbers the contacts were added, and which users they are.
fn numbers(lines: &[ContactLine]) -> Vec<(Option<u128>, Option<u128>)> {
    let numbers = lines.iter().map(|line| {
        let contact = line.contact.map(|id| id.0.as_u128() & 0xff);
        (contact, line.user.map(|id| id.0.as_u128() & 0xff))
    });
    numbers.collect()
}

async fn d5_what_a_user_added_reads_back_and_can_be_removed(store: Arc<dyn Store>) {
    let mut other = contact(dom(1), 11, 1);
    other.name = "Größe \"Ω\" 李".to_owned();
    let second = contact(dom(1), 11, 2);
    for first in [contact(dom(1), 11, 1), other.clone()] {
        let writes = [
            Write::Contact(first.clone()),
            Write::Contact(second.clone()),
        ];
        planted(&*store, writes).await;
        let snapshot = load(&*store, |load| load.contacts = [(dom(1), usr(11))].into()).await;
        let mut expected = Snapshot::default();
        for record in [first, second.clone()] {
            let key = (record.domain, record.user, record.contact);
            expected.world.contacts.insert(key);
            expected.contact_records.insert(key, record);
        }
        holds_only(snapshot, expected);
    }
    let elsewhere = [
        Write::RemoveContact(dom(2), usr(11), con(1)),
        Write::RemoveContact(dom(1), usr(12), con(1)),
    ];
    planted(&*store, elsewhere).await;
    assert_eq!(list(&*store).await.len(), 2);
    planted(&*store, [Write::RemoveContact(dom(1), usr(11), con(2))]).await;
    let expected = ContactLine {
        contact: Some(con(1)),
        user: None,
        name: other.name,
        email: other.email,
    };
    assert_eq!(list(&*store).await, [expected]);
}

async fn d5_an_address_is_in_a_list_once(store: Arc<dyn Store>) {
    planted(&*store, [known(1, "Ann", "ann@example.org")]).await;
    let act = Act::new().moves(Head::System, 0);
    let twice = act.put(known(2, "Anna", "ann@example.org"));
    let outcome = twice.commit(&*store).await;
    assert!(
        matches!(&outcome, Err(Error::NotUnique(what)) if what.contains("email")),
        "{outcome:?}"
    );
    // In another user's list it may be, and in the place of one that was taken off.
    let others = ContactRecord {
        email: "ann@example.org".to_owned(),
        ..contact(dom(1), 12, 2)
    };
    planted(&*store, [Write::Contact(others)]).await;
    let removed = Write::RemoveContact(dom(1), usr(11), con(1));
    planted(&*store, [known(3, "Anna", "ann@example.org"), removed]).await;
    assert_eq!(numbers(&list(&*store).await), [(Some(3), None)]);
}

async fn d5_who_has_an_added_address_is_that_person(store: Arc<dyn Store>) {
    named(&*store).await;
    // 12 shares a team, too; 18 is suspended, 19 invited, 11 the user itself.
    let added = [12, 13, 18, 19, 11].map(|n| known(n, "Zz", &of(n)));
    planted(&*store, added).await;
    planted(&*store, [11, 12, 14].map(|n| member(1, n))).await;
    let lines = list(&*store).await;
    assert_eq!(
        numbers(&lines),
        [
            (Some(12), Some(12)),
            (None, Some(14)),
            (Some(13), Some(13)),
            (Some(18), None),
            (Some(19), None),
        ]
    );
    let names: Vec<_> = lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["Ann", "ann", "bob", "Zz", "Zz"]);
    assert_eq!(lines[4].email, of(19));
    // To others only the team shows.
    let page = store.contacts(dom(1), usr(11), false, None, 50).await;
    let seen = numbers(&page.unwrap().items);
    assert_eq!(seen, [(None, Some(12)), (None, Some(14))]);
    let page = store.contacts(dom(1), usr(12), true, None, 50).await;
    let seen = numbers(&page.unwrap().items);
    assert_eq!(
        seen,
        [(None, Some(14)), (None, Some(11))],
        "it is one's own list"
    );
}

async fn d5_added_contacts_and_team_mates_are_in_one_order(store: Arc<dyn Store>) {
    named(&*store).await;
    planted(&*store, (11..=17).map(|n| member(1, n))).await;
    let added = [(1, "ANN"), (2, "bob"), (3, "Aa"), (4, "Ωmega"), (5, "bob")];
    let added = added.map(|(n, name)| known(n, name, &format!("c{n}@example.org")));
    planted(&*store, added).await;
    planted(&*store, [known(6, "Zz", &of(15))]).await;
    let all = list(&*store).await;
    let names: Vec<_> = all.iter().map(|line| line.name.as_str()).collect();
    let expected = [
        "Aa", "Ann", "ann", "ANN", "ANN", "bob", "bob", "bob", "Zoë", "Émile", "Ωmega",
    ];
    assert_eq!(names, expected);
    for limit in 1..=12 {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.contacts(dom(1), usr(11), true, after.as_ref(), limit);
            let page = page.await.unwrap();
            after = page.items.last().map(ContactLine::place);
            found.extend(page.items);
            if !page.more {
                break;
            }
        }
        assert_eq!(found, all, "in pages of {limit}");
    }
}

async fn d5_added_contacts_are_one_users_of_one_domain(store: Arc<dyn Store>) {
    named(&*store).await;
    domain_opened(2).done(&*store).await;
    // The address is somebody's of the other domain: here it is nobody's.
    let there = [
        Write::User(joined(dom(2), 30)),
        Write::Person(person(dom(2), 30)),
        Write::Contact(contact(dom(2), 11, 7)),
        Write::Contact(contact(dom(1), 12, 8)),
        known(9, "Zz", &person(dom(2), 30).email),
    ];
    planted(&*store, there).await;
    assert_eq!(numbers(&list(&*store).await), [(Some(9), None)]);
    let snapshot = load(&*store, |load| {
        load.contacts = [(dom(2), usr(12)), (dom(1), usr(13))].into();
    })
    .await;
    holds_only(snapshot, Snapshot::default());
    let page = store.contacts(dom(2), usr(12), true, None, 9).await;
    assert_eq!(page.unwrap().items, []);
}
