//! Trees of domains: totals below one, all roots.

use std::sync::Arc;

use usher_rules::Head;
use usher_rules::accounts::Place;
use usher_rules::domains::Domain;
use usher_rules::seats::{PerKind, Seat, SeatKind};

use super::build::*;
use crate::lists::{DomainLine, Totals};
use crate::{Store, Write};

super::list! {
    c4_totals_add_up_over_a_tree,
    c4_a_domain_without_domains_below_has_no_totals,
    c4_closed_domains_are_not_counted,
    c6_totals_follow_a_move,
    c8_totals_of_a_deep_chain,
    c1_roots_are_listed_in_the_order_of_their_making,
    c1_closed_roots_are_not_listed,
}

/// A domain with numbers of its own.
fn numbered(mut domain: Domain, n: u32) -> Domain {
    domain.users = n;
    for kind in SeatKind::ALL {
        *domain.seats.get_mut(kind) = Seat {
            ordered: 1_000 * n + kind as u32,
            in_use: 100 * n + kind as u32,
            scheduled: None,
        };
    }
    domain
}

fn totals(domains: &[Domain]) -> Totals {
    let sum = |of: &dyn Fn(&Seat) -> u32| {
        PerKind::from_fn(|kind| {
            let each = domains.iter().map(|d| u64::from(of(d.seats.get(kind))));
            each.sum()
        })
    };
    Totals {
        domains: domains.len() as u64,
        users: domains.iter().map(|d| u64::from(d.users)).sum(),
        ordered: sum(&|seat| seat.ordered),
        in_use: sum(&|seat| seat.in_use),
    }
}

/// 1 ─┬─ 2 ─┬─ 4
///    │     └─ 5 ── 6
///    └─ 3
async fn tree(store: &dyn Store) -> [Domain; 7] {
    let mut domains = [numbered(domain(1), 1); 7];
    domain_as(domains[1]).done(store).await;
    for (n, above) in [(2, 1), (3, 1), (4, 2), (5, 2), (6, 5)] {
        let below = domain_below(n as u64, &domains[above]);
        domains[n] = numbered(below, n as u32);
        below_as(domains[n]).done(store).await;
    }
    domains
}

async fn c4_totals_add_up_over_a_tree(store: Arc<dyn Store>) {
    let d = tree(&*store).await;
    domain_as(numbered(domain(20), 20)).done(&*store).await;
    let below = async |n| store.totals_below(dom(n)).await.unwrap();
    assert_eq!(below(1).await, totals(&d[2..]));
    assert_eq!(below(2).await, totals(&d[4..]));
    assert_eq!(below(5).await, totals(&d[6..]));
}

async fn c4_a_domain_without_domains_below_has_no_totals(store: Arc<dyn Store>) {
    tree(&*store).await;
    for n in [3, 4, 6, 99] {
        let below = store.totals_below(dom(n)).await;
        assert_eq!(below, Ok(Totals::default()));
    }
}

async fn c4_closed_domains_are_not_counted(store: Arc<dyn Store>) {
    let mut d = tree(&*store).await;
    d[6].closed = true;
    d[3].closed = true;
    for n in [3, 6] {
        Act::new()
            .moves(Head::Domain(dom(n)), 1)
            .put(Write::Domain(d[n as usize]))
            .done(&*store)
            .await;
    }
    let below = async |n| store.totals_below(dom(n)).await.unwrap();
    assert_eq!(below(1).await, totals(&[d[2], d[4], d[5]]));
    assert_eq!(below(5).await, Totals::default());
}

async fn c6_totals_follow_a_move(store: Arc<dyn Store>) {
    let mut d = tree(&*store).await;
    // 5 goes from below 2 to below 3, with 6.
    d[5].parent = Some((dom(3), usr(5)));
    let mut owner = account(5);
    owner.owns = Some(dom(5));
    owner.place = Place::Managed {
        domain: dom(3),
        user: usr(5),
    };
    Act::new()
        .moves(Head::Domain(dom(5)), 1)
        .moves(Head::Account(acc(5)), 1)
        .put(Write::RemovePerson(dom(2), usr(5)))
        .put(Write::RemoveUser(dom(2), usr(5)))
        .puts_user(joined(dom(3), 5), person(dom(3), 5))
        .put(Write::Domain(d[5]))
        .put(Write::Account(owner))
        .done(&*store)
        .await;
    let below = async |n| store.totals_below(dom(n)).await.unwrap();
    assert_eq!(below(1).await, totals(&d[2..]));
    assert_eq!(below(2).await, totals(&d[4..5]));
    assert_eq!(below(3).await, totals(&d[5..]));
    let snapshot = load(&*store, |load| load.lineages = [dom(6)].into()).await;
    let line = snapshot.world.lineages[&dom(6)].iter();
    let ids: Vec<_> = line.map(|link| link.domain).collect();
    assert_eq!(ids, [dom(1), dom(3), dom(5), dom(6)]);
}

async fn c8_totals_of_a_deep_chain(store: Arc<dyn Store>) {
    let mut domains = vec![domain(1)];
    domain_as(domains[0]).done(&*store).await;
    let mut units = Vec::new();
    for n in 2..=200 {
        let below = domain_below(n, domains.last().unwrap());
        domains.push(numbered(below, n as u32));
        units.push(below_as(domains[n as usize - 1]).unit());
    }
    assert!(store.commit(units).await.iter().all(Result::is_ok));
    let below = store.totals_below(dom(1)).await.unwrap();
    assert_eq!(below, totals(&domains[1..]));
}

async fn c1_roots_are_listed_in_the_order_of_their_making(store: Arc<dyn Store>) {
    let mut roots = Vec::new();
    // Made in another order than that of their ids, which tells it.
    for n in [5, 2, 9, 1, 7] {
        let root = numbered(domain(n), n as u32);
        domain_as(root).done(&*store).await;
        let record = domain_record(n);
        roots.push(DomainLine {
            domain: root,
            record,
        });
    }
    let below = domain_below(3, &roots[0].domain);
    below_as(below).done(&*store).await;
    roots.sort_by_key(|line| line.domain.id);
    let page = store.root_domains(None, 10).await.unwrap();
    assert_eq!((&page.items, page.more), (&roots, false));
    let page = store.root_domains(None, 2).await.unwrap();
    assert_eq!((page.items, page.more), (roots[..2].to_vec(), true));
    let after = Some(roots[1].domain.id);
    let page = store.root_domains(after, 3).await.unwrap();
    assert_eq!((page.items, page.more), (roots[2..].to_vec(), false));
    let after = Some(roots[4].domain.id);
    let page = store.root_domains(after, 3).await.unwrap();
    assert_eq!((page.items, page.more), (vec![], false));
}

async fn c1_closed_roots_are_not_listed(store: Arc<dyn Store>) {
    let mut closed = domain(1);
    closed.closed = true;
    domain_as(closed).done(&*store).await;
    domain_opened(2).done(&*store).await;
    let page = store.root_domains(None, 10).await.unwrap();
    let ids: Vec<_> = page.items.iter().map(|line| line.domain.id).collect();
    assert_eq!(ids, [dom(2)]);
}
