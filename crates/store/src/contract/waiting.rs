//! Waiting lists (rule E13): their rows, their order, how much of them a load brings, and
//! offers: those that lapse and those that are owed.

use std::sync::Arc;

use usher_rules::pools::Pool;
use usher_rules::standing::State;
use usher_rules::waiting::Waiting;
use usher_rules::{DomainId, Head, Time, UserId};

use super::build::*;
use super::load::holds_only;
use crate::lists::WaitingLine;
use crate::load::{DUE_OF_A_KIND, QUEUE};
use crate::{Snapshot, Store, Write};

super::list! {
    e13_a_place_reads_back_with_every_field_set_and_emptied,
    e13_a_waiting_list_is_in_the_order_of_offers,
    e13_a_pool_comes_with_its_whole_queue,
    e13_a_domain_brings_who_is_next,
    e13_a_long_queue_is_cut_but_for_reservations,
    e13_a_domain_brings_the_offers_that_lapsed,
    e13_a_domain_brings_a_bounded_number_of_them,
    e13_an_offer_is_due_when_it_lapses,
    e13_an_offer_that_is_owed_is_due_at_once,
    e13_a_frozen_domain_owes_no_offers,
    e13_places_are_one_domains,
}

fn reserved(waiting: Waiting) -> Waiting {
    Waiting {
        reserved: true,
        ..waiting
    }
}

fn offered(waiting: Waiting, until: Time) -> Waiting {
    Waiting {
        offered_until: Some(until),
        ..waiting
    }
}

fn waits(n: u64) -> Waiting {
    waiting(dom(1), n, 1)
}

/// The pool 1 with all seats taken, and counts for these who wait.
fn full_pool(queue: &[Waiting]) -> Pool {
    let offers = queue.iter().filter(|w| w.offered_until.is_some()).count();
    let with_reservation = |w: &&Waiting| w.reserved && w.offered_until.is_none();
    let mut pool = pool(dom(1), 1);
    pool.settings.waiting_list = true;
    pool.settings.seats = 1000;
    pool.offered = offers as u32;
    pool.occupied = 1000 - pool.offered;
    pool.waiting = (queue.len() - offers) as u32;
    pool.waiting_reserved = queue.iter().filter(with_reservation).count() as u32;
    pool.next_place = 1 << 40;
    pool
}

/// The domain with that pool, and these in its queue.
async fn queued(store: &dyn Store, queue: &[Waiting]) -> Pool {
    let pool = full_pool(queue);
    sharing_made(store, 1, pool, &[]).await;
    planted(store, queue.iter().map(|w| Write::Waiting(*w))).await;
    pool
}

/// Who waits in a snapshot, in the order of their ids.
fn users(snapshot: &Snapshot) -> Vec<UserId> {
    snapshot.world.waiting.keys().map(|key| key.1).collect()
}

async fn e13_a_place_reads_back_with_every_field_set_and_emptied(store: Arc<dyn Store>) {
    let set = Waiting {
        place: 9_000_000_000_000_000_000,
        since: Time(T0.0 + 1),
        ..reserved(offered(waits(5), Time(T0.0 + 2)))
    };
    let key = (dom(1), usr(5));
    for row in [set, waits(5), set] {
        planted(&*store, [Write::Waiting(row)]).await;
        let snapshot = load(&*store, |load| load.desks = [key].into()).await;
        let mut expected = Snapshot::default();
        expected.world.waiting.insert(key, row);
        holds_only(snapshot, expected);
    }
    let leaves = [
        Write::RemoveWaiting(dom(2), usr(5)),
        Write::RemoveWaiting(dom(1), usr(6)),
    ];
    planted(&*store, leaves).await;
    let snapshot = load(&*store, |load| load.desks = [key].into()).await;
    assert_eq!(users(&snapshot), [usr(5)]);
    planted(&*store, [Write::RemoveWaiting(dom(1), usr(5))]).await;
    let snapshot = load(&*store, |load| load.desks = [key].into()).await;
    holds_only(snapshot, Snapshot::default());
}

async fn e13_a_waiting_list_is_in_the_order_of_offers(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[21, 22, 23, 24, 25, 26]).await;
    let at = |n: u64, place: u64| Waiting { place, ..waits(n) };
    let order = [
        reserved(at(25, 4)),
        reserved(offered(at(21, 9), FAR)),
        offered(at(24, 1), FAR),
        at(23, 2),
        at(22, 300),
    ];
    let elsewhere = waiting(dom(1), 26, 2);
    let rows = order.iter().rev().chain([&elsewhere]);
    planted(&*store, rows.map(|w| Write::Waiting(*w))).await;
    let lines = order.map(|waiting| WaitingLine {
        waiting,
        name: format!("Person {}", waiting.user.0.as_u128() & 0xff),
    });
    for limit in 0..7 {
        let listed = store.waiting(dom(1), pol(1), limit).await.unwrap();
        assert_eq!(listed, lines[..lines.len().min(limit as usize)]);
    }
}

async fn e13_a_pool_comes_with_its_whole_queue(store: Arc<dyn Store>) {
    let mut queue: Vec<Waiting> = (1..=QUEUE as u64 + 9).map(waits).collect();
    queue[3] = reserved(queue[3]);
    queue[4] = offered(queue[4], FAR);
    let pool = queued(&*store, &queue).await;
    planted(&*store, [Write::Waiting(waiting(dom(1), 900, 2))]).await;
    let key = (dom(1), pol(1));
    let snapshot = load(&*store, |load| load.pool_queues = [key].into()).await;
    let mut expected = Snapshot::default();
    expected.world.pools.insert(key, pool);
    expected.pool_records.insert(key, pool_record(dom(1), 1));
    let rows = queue.into_iter().map(|w| ((dom(1), w.user), w));
    expected.world.waiting = rows.collect();
    holds_only(snapshot, expected);
}

async fn e13_a_domain_brings_who_is_next(store: Arc<dyn Store>) {
    let queue = [waits(8), reserved(waits(7)), offered(waits(6), FAR)];
    let pool = queued(&*store, &queue).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    assert_eq!(
        users(&snapshot),
        [usr(7), usr(8)],
        "who has an offer has it"
    );
    assert_eq!(snapshot.world.pools[&(dom(1), pol(1))], pool);
    assert!(snapshot.world.waiting_loaded_to.is_empty(), "it is all");
    assert!(snapshot.pool_records.is_empty());
    // A pool for which nobody waits is not brought.
    planted(
        &*store,
        [7, 8].map(|n| Write::RemoveWaiting(dom(1), usr(n))),
    )
    .await;
    planted(&*store, [Write::Pool(full_pool(&queue[2..]))]).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    assert!(snapshot.world.waiting.is_empty() && snapshot.world.pools.is_empty());
}

async fn e13_a_long_queue_is_cut_but_for_reservations(store: Arc<dyn Store>) {
    let most = QUEUE as u64;
    // Places are the reverse of ids; the last six have reservations, others offers.
    let place = |n: u64| Waiting {
        place: 10_000 - n,
        ..waits(n)
    };
    let mut queue: Vec<Waiting> = (101..=101 + most + 19).map(place).collect();
    queue.extend((1..=6).map(|n| reserved(place(n))));
    queue.extend((801..=805).map(|n| offered(place(n), FAR)));
    queued(&*store, &queue).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    let expected: Vec<UserId> = (1..=6).chain(121..=120 + most).map(usr).collect();
    assert_eq!(users(&snapshot), expected);
    let upto = snapshot.world.waiting_loaded_to;
    assert_eq!(upto, [((dom(1), pol(1)), 10_000 - 121)].into());
    // With a second pool, each queue has its own cut.
    let mut second = full_pool(&[]);
    second.id = pol(2);
    second.waiting = 1;
    let first = Waiting {
        pool: pol(2),
        ..place(700)
    };
    planted(&*store, [Write::Pool(second), Write::Waiting(first)]).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    assert_eq!(users(&snapshot).len() as u64, most + 7);
    assert_eq!(snapshot.world.pools.len(), 2);
    assert_eq!(snapshot.world.waiting_loaded_to.len(), 1);
}

async fn e13_a_domain_brings_the_offers_that_lapsed(store: Arc<dyn Store>) {
    let now = store.now().await.unwrap();
    let queue = [
        offered(waits(5), now.plus_seconds(-3600)),
        offered(waits(6), now.plus_seconds(3600)),
        offered(waits(7), now),
    ];
    let pool = queued(&*store, &queue).await;
    let lost = Waiting {
        pool: pol(9),
        ..offered(waits(8), now.plus_seconds(-3600))
    };
    planted(&*store, [Write::Waiting(lost)]).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    assert_eq!(users(&snapshot), [usr(5), usr(7)]);
    let pools: Vec<_> = snapshot.world.pools.into_values().collect();
    assert_eq!(pools, [pool]);
}

async fn e13_a_domain_brings_a_bounded_number_of_them(store: Arc<dyn Store>) {
    let now = store.now().await.unwrap();
    let most = DUE_OF_A_KIND as u64;
    let lapsed = |n: u64| offered(waits(n), Time(now.plus_seconds(-60).0 - n as i64));
    let queue: Vec<Waiting> = (1..=most + 20).map(lapsed).collect();
    queued(&*store, &queue).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    let earliest: Vec<UserId> = (21..=most + 20).map(usr).collect();
    assert_eq!(users(&snapshot), earliest);
}

async fn due(store: &dyn Store, now: Time) -> Vec<DomainId> {
    store.due(now, 100).await.unwrap()
}

async fn e13_an_offer_is_due_when_it_lapses(store: Arc<dyn Store>) {
    let until = Time(T0.0 + 60);
    queued(&*store, &[waits(4), offered(waits(5), until)]).await;
    assert_eq!(due(&*store, Time(until.0 - 1)).await, []);
    assert_eq!(due(&*store, until).await, [dom(1)]);
    planted(&*store, [Write::RemoveWaiting(dom(1), usr(5))]).await;
    assert_eq!(due(&*store, FAR).await, [], "who waits is not due");
}

/// A pool of these counts: seats, occupied, offered; reserved, of them seated; waiting, of
/// them with a reservation.
fn counts(n: [u32; 7]) -> Pool {
    let mut pool = pool(dom(1), 1);
    pool.settings.waiting_list = true;
    pool.settings.seats = n[0];
    (pool.occupied, pool.offered) = (n[1], n[2]);
    pool.users = 50;
    (pool.reserved, pool.reserved_seated) = (n[3], n[4]);
    (pool.waiting, pool.waiting_reserved) = (n[5], n[6]);
    pool
}

async fn e13_an_offer_that_is_owed_is_due_at_once(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[]).await;
    let cases = [
        [5, 4, 0, 0, 0, 1, 0],
        [5, 4, 1, 0, 0, 1, 0],
        [5, 5, 0, 0, 0, 1, 0],
        [5, 4, 0, 0, 0, 0, 0],
        // What is free is reserved for others.
        [5, 4, 0, 1, 0, 1, 0],
        [5, 4, 0, 1, 1, 1, 0],
        [5, 4, 0, 1, 0, 1, 1],
        [5, 5, 0, 1, 0, 1, 1],
        [5, 2, 0, 3, 1, 1, 0],
        [5, 2, 0, 2, 1, 9, 0],
        // Draining, and shrunk below its reservations.
        [1, 0, 0, 2, 0, 1, 0],
        [1, 0, 0, 2, 0, 1, 1],
        [0, 0, 0, 0, 0, 3, 2],
    ];
    let mut owing = 0;
    for case in cases {
        let pool = counts(case);
        planted(&*store, [Write::Pool(pool)]).await;
        let expected = if pool.owes_offers() {
            vec![dom(1)]
        } else {
            vec![]
        };
        owing += expected.len();
        assert_eq!(due(&*store, Time::ZERO).await, expected, "{case:?}");
    }
    assert_eq!(owing, 6);
}

async fn e13_a_frozen_domain_owes_no_offers(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, counts([5, 4, 0, 0, 0, 1, 0]), &[]).await;
    for (n, noted) in State::ALL.into_iter().enumerate() {
        let mut domain = domain(1);
        domain.standing.noted = noted;
        domain.standing.lapsed_at = Some(T0);
        Act::new()
            .moves(Head::Domain(dom(1)), n as u64 + 1)
            .put(Write::Domain(domain))
            .done(&*store)
            .await;
        let owes = noted != State::Frozen;
        assert_eq!(due(&*store, T0).await.len(), usize::from(owes), "{noted:?}");
    }
}

async fn e13_places_are_one_domains(store: Arc<dyn Store>) {
    let here = [waits(5), offered(waits(6), Time(1))];
    queued(&*store, &here).await;
    sharing_made(&*store, 2, pool(dom(2), 2), &[]).await;
    let there = Waiting {
        domain: dom(2),
        ..waits(5)
    };
    let mut other = full_pool(&[there]);
    other.domain = dom(2);
    planted(&*store, [Write::Pool(other), Write::Waiting(there)]).await;
    let snapshot = load(&*store, |load| {
        load.domains = [dom(2)].into();
        load.desks = [(dom(2), usr(6))].into();
    })
    .await;
    let rows: Vec<_> = snapshot.world.waiting.into_values().collect();
    assert_eq!(rows, [there]);
    let pools: Vec<_> = snapshot.world.pools.into_keys().collect();
    assert_eq!(pools, [(dom(2), pol(1))]);
}
