//! Whoever asks for one domain (or account, or head) gets nothing of another: a case for
//! each way of asking. Both domains hold people of the same names.

use std::sync::Arc;

use usher_rules::users::{User, UserState};
use usher_rules::{Head, Time};

use super::build::*;
use crate::lists::{Listing, Sort, Totals};
use crate::{Snapshot, Store, Write};

super::list! {
    d4_a_list_of_users_is_one_domains,
    d4_a_page_can_not_be_continued_into_another_domain,
    d1_users_are_loaded_by_their_domain,
    d1_people_are_loaded_by_their_domain,
    d1_addresses_are_looked_up_in_one_domain,
    d3_external_ids_are_looked_up_in_one_domain,
    c4_a_domain_brings_nothing_of_another,
    c4_totals_are_of_one_domain,
    i1_tokens_are_one_accounts,
    i3_answers_are_one_heads,
    j2_a_journal_is_one_heads,
}

/// Two trees alike: domains 1 and 2, each with a user of the same address, name and
/// external id (usr 11 and 12), an invitation that is due (21, 22), and a domain below (31, 32).
async fn twins(store: &dyn Store) {
    for n in [1, 2] {
        domain_opened(n).done(store).await;
        let mut twin = person(dom(n), 10 + n);
        twin.email = "twin@example.com".to_owned();
        twin.name = "Twin".to_owned();
        twin.external_id = Some("T-1".to_owned());
        let due = User {
            state: UserState::Invited {
                expires_at: Time(1),
            },
            ..invited(dom(n), 20 + n)
        };
        Act::new()
            .moves(Head::Domain(dom(n)), 1)
            .moves(Head::Account(acc(n)), 1)
            .puts_user(invited(dom(n), 10 + n), twin)
            .puts_user(due, person(dom(n), 20 + n))
            .put(Write::Token(token(acc(n), 40 + n)))
            .put(Write::Remembered(remembered(Head::Domain(dom(n)), 50)))
            .done(store)
            .await;
        let mut below = domain_below(30 + n, &domain(n));
        below.users = n as u32;
        below_as(below).done(store).await;
    }
}

/// Whether all that a snapshot holds of people is this one of domain 1.
fn only_the_first_twin(snapshot: Snapshot) {
    let users: Vec<_> = snapshot.world.users.into_keys().collect();
    assert_eq!(users, [(dom(1), usr(11))]);
    let people: Vec<_> = snapshot.people.into_keys().collect();
    assert_eq!(people, [(dom(1), usr(11))]);
}

async fn d4_a_list_of_users_is_one_domains(store: Arc<dyn Store>) {
    twins(&*store).await;
    for sort in [Sort::Created, Sort::Email, Sort::Name] {
        for search in [None, Some("t".to_owned()), Some("person".to_owned())] {
            let listing = Listing {
                search,
                sort,
                limit: 10,
                ..Listing::default()
            };
            let page = store.users(dom(1), &listing).await.unwrap();
            assert!(!page.items.is_empty());
            for line in page.items {
                assert_eq!(line.user.domain, dom(1));
                assert_eq!(line.person.domain, dom(1));
                assert_eq!(line.user.id, line.person.user);
            }
        }
    }
}

async fn d4_a_page_can_not_be_continued_into_another_domain(store: Arc<dyn Store>) {
    twins(&*store).await;
    let all = Listing {
        limit: 10,
        ..Listing::default()
    };
    let others = store.users(dom(2), &all).await.unwrap();
    for line in others.items {
        let listing = Listing {
            after: Some(crate::lists::After {
                key: String::new(),
                id: line.user.id.0,
            }),
            ..all.clone()
        };
        let page = store.users(dom(1), &listing).await.unwrap();
        assert!(page.items.iter().all(|line| line.user.domain == dom(1)));
    }
}

async fn d1_users_are_loaded_by_their_domain(store: Arc<dyn Store>) {
    twins(&*store).await;
    let snapshot = load(&*store, |load| {
        load.users = [(dom(1), usr(11)), (dom(1), usr(12)), (dom(2), usr(11))].into();
    })
    .await;
    let users: Vec<_> = snapshot.world.users.into_keys().collect();
    assert_eq!(users, [(dom(1), usr(11))]);
}

async fn d1_people_are_loaded_by_their_domain(store: Arc<dyn Store>) {
    twins(&*store).await;
    let snapshot = load(&*store, |load| {
        load.people = [(dom(1), usr(11)), (dom(1), usr(12)), (dom(2), usr(11))].into();
    })
    .await;
    only_the_first_twin(snapshot);
}

async fn d1_addresses_are_looked_up_in_one_domain(store: Arc<dyn Store>) {
    twins(&*store).await;
    let email = || "twin@example.com".to_owned();
    let snapshot = load(&*store, |load| {
        load.user_emails = [(dom(1), email()), (dom(31), email())].into();
    })
    .await;
    only_the_first_twin(snapshot);
}

async fn d3_external_ids_are_looked_up_in_one_domain(store: Arc<dyn Store>) {
    twins(&*store).await;
    let id = || "T-1".to_owned();
    let snapshot = load(&*store, |load| {
        load.external_ids = [(dom(1), id()), (dom(31), id())].into();
    })
    .await;
    only_the_first_twin(snapshot);
}

async fn c4_a_domain_brings_nothing_of_another(store: Arc<dyn Store>) {
    twins(&*store).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    let world = snapshot.world;
    assert_eq!(world.domains.into_keys().collect::<Vec<_>>(), [dom(1)]);
    assert_eq!(world.accounts.into_keys().collect::<Vec<_>>(), [acc(1)]);
    assert_eq!(world.lineages.into_keys().collect::<Vec<_>>(), [dom(1)]);
    let users: Vec<_> = world.users.into_keys().collect();
    assert_eq!(users, [(dom(1), usr(21))], "the invitation that is due");
    assert!(snapshot.people.is_empty());
}

async fn c4_totals_are_of_one_domain(store: Arc<dyn Store>) {
    twins(&*store).await;
    for n in [1, 2] {
        let totals = store.totals_below(dom(n)).await.unwrap();
        let expected = Totals {
            domains: 1,
            users: n,
            ..Totals::default()
        };
        assert_eq!(totals, expected);
    }
}

async fn i1_tokens_are_one_accounts(store: Arc<dyn Store>) {
    twins(&*store).await;
    let tokens = store.tokens(acc(1)).await.unwrap();
    assert_eq!(tokens, [token(acc(1), 41)]);
    let snapshot = load(&*store, |load| {
        load.token_ids = [(acc(1), tok(42)), (acc(2), tok(41))].into();
    })
    .await;
    assert!(snapshot.tokens.is_empty());
}

async fn i3_answers_are_one_heads(store: Arc<dyn Store>) {
    twins(&*store).await;
    let head = Head::Domain(dom(1));
    let snapshot = load(&*store, |load| {
        load.remembered = [(head, digest(50))].into()
    })
    .await;
    let answers: Vec<_> = snapshot.remembered.into_values().collect();
    assert_eq!(answers, [remembered(head, 50)]);
}

async fn j2_a_journal_is_one_heads(store: Arc<dyn Store>) {
    twins(&*store).await;
    Act::new()
        .moves(Head::Domain(dom(2)), 2)
        .done(&*store)
        .await;
    let lines = async |n| store.journal(Head::Domain(dom(n)), 0, 10).await.unwrap();
    assert_eq!(lines(1).await.len(), 2);
    assert_eq!(lines(2).await.len(), 3);
}
