//! Seat pools: their rows, what brings them along, their list, and what the database
//! refuses of them.

use std::sync::Arc;

use usher_rules::pools::{Pool, PoolSettings};
use usher_rules::tiers::Tier;
use usher_rules::users::{User, UserState};
use usher_rules::{Head, Time};

use super::build::*;
use super::load::holds_only;
use crate::lists::PoolLine;
use crate::records::PoolRecord;
use crate::{Error, Snapshot, Store, Write};

super::list! {
    e9_a_pool_reads_back_with_every_field_set_and_emptied,
    e9_a_pools_name_is_a_row_of_its_own,
    e10_a_pool_that_is_deleted_is_gone,
    e1_all_pools_of_a_domain_come_without_their_names,
    e2_whatever_brings_a_user_brings_its_pool_but_a_token,
    e4_no_more_seats_are_taken_than_there_are,
    e9_a_pool_that_is_shrunk_drains,
    e4_what_is_refused_of_a_pool_changes_nothing,
    e13_a_part_is_never_more_than_the_whole,
    e11_pools_are_listed_in_the_order_of_their_making,
}

/// A pool with every field set.
fn full() -> Pool {
    Pool {
        settings: PoolSettings {
            seats: 4_000_000_000,
            tier: Tier::BusinessPro,
            log_off_seconds: Some(86_400),
            silence_seconds: Some(86_399),
            notice_seconds: Some(86_398),
            link_cap_seconds: 2_592_000,
            waiting_list: true,
        },
        users: 4_000_000_001,
        reserved: 4_000_000_000,
        occupied: 2_000_000_000,
        offered: 1_999_999_999,
        reserved_seated: 3_999_999_999,
        waiting: 4_000_000_002,
        waiting_reserved: 4_000_000_001,
        next_place: 9_000_000_000_000_000_000,
        ..pool(dom(1), 1)
    }
}

fn emptied() -> Pool {
    let settings = PoolSettings {
        seats: 0,
        tier: Tier::Base,
        log_off_seconds: None,
        silence_seconds: None,
        notice_seconds: None,
        link_cap_seconds: 60,
        waiting_list: false,
    };
    Pool::new(dom(1), pol(1), settings)
}

async fn loaded(store: &dyn Store, n: u64) -> (Option<Pool>, Option<PoolRecord>) {
    let key = (dom(1), pol(n));
    let snapshot = load(store, |load| load.pools = [key].into()).await;
    let record = snapshot.pool_records.get(&key).cloned();
    (snapshot.world.pools.get(&key).copied(), record)
}

async fn e9_a_pool_reads_back_with_every_field_set_and_emptied(store: Arc<dyn Store>) {
    let record = pool_record(dom(1), 1);
    let mut now = full();
    planted(
        &*store,
        [Write::Pool(now), Write::PoolRecord(record.clone())],
    )
    .await;
    let read = loaded(&*store, 1).await;
    assert_eq!(read, (Some(now), Some(record.clone())));
    for next in [emptied(), full(), emptied()] {
        // Grown first: a pool is not oversold even for a moment.
        now.settings.seats = 4_000_000_000;
        planted(&*store, [Write::Pool(now)]).await;
        planted(&*store, [Write::Pool(next)]).await;
        now = next;
        let read = loaded(&*store, 1).await;
        assert_eq!(read, (Some(now), Some(record.clone())));
    }
}

async fn e9_a_pools_name_is_a_row_of_its_own(store: Arc<dyn Store>) {
    let mut record = pool_record(dom(1), 1);
    record.name = "Größe \"2\" 👩‍💻".to_owned();
    record.created_at = Time(T0.0 + 1);
    sharing_made(&*store, 1, pool(dom(1), 1), &[]).await;
    planted(&*store, [Write::PoolRecord(record.clone())]).await;
    let read = loaded(&*store, 1).await;
    assert_eq!(read, (Some(pool(dom(1), 1)), Some(record.clone())));
    let busier = Pool {
        occupied: 3,
        ..pool(dom(1), 1)
    };
    planted(&*store, [Write::Pool(busier)]).await;
    assert_eq!(loaded(&*store, 1).await, (Some(busier), Some(record)));
}

async fn e10_a_pool_that_is_deleted_is_gone(store: Arc<dyn Store>) {
    for n in [1, 2] {
        sharing_made(&*store, n, pool(dom(n), n), &[]).await;
    }
    planted(
        &*store,
        [
            Write::RemovePool(dom(1), pol(1)),
            Write::RemovePoolRecord(dom(1), pol(1)),
            // Another domain's is not this one's to delete.
            Write::RemovePool(dom(1), pol(2)),
            Write::RemovePoolRecord(dom(1), pol(2)),
        ],
    )
    .await;
    assert_eq!(loaded(&*store, 1).await, (None, None));
    assert_eq!(store.pools(dom(1), None, 9).await.unwrap().items, []);
    assert_eq!(store.pools(dom(2), None, 9).await.unwrap().items.len(), 1);
}

async fn e1_all_pools_of_a_domain_come_without_their_names(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[]).await;
    sharing_made(&*store, 2, pool(dom(2), 2), &[]).await;
    planted(&*store, [Write::Pool(pool(dom(1), 3))]).await;
    let snapshot = load(&*store, |load| load.all_pools = [dom(1)].into()).await;
    let mut expected = Snapshot::default();
    for n in [1, 3] {
        let pool = pool(dom(1), n);
        expected.world.pools.insert((dom(1), pool.id), pool);
    }
    holds_only(snapshot, expected);
}

async fn e2_whatever_brings_a_user_brings_its_pool_but_a_token(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[5, 6]).await;
    // A pool of the same number elsewhere stays there.
    sharing_made(&*store, 2, pool(dom(2), 1), &[]).await;
    let mut shown = person(dom(1), 5);
    shown.external_id = Some("E-5".to_owned());
    shown.invitation = Some(digest(5));
    let mut seated = account(6);
    seated.place = usher_rules::accounts::Place::Managed {
        domain: dom(1),
        user: usr(6),
    };
    let due = User {
        state: UserState::Invited {
            expires_at: Time(1),
        },
        ..sharing(dom(1), 7, 1)
    };
    // What hangs from a shared seat: the owner's pool comes with the domain below.
    below_as(domain_below(8, &domain(1))).done(&*store).await;
    let owner = User {
        owns: Some(dom(8)),
        ..sharing(dom(1), 8, 1)
    };
    planted(
        &*store,
        [
            Write::Person(shown.clone()),
            Write::Account(seated),
            Write::Token(token(acc(6), 6)),
            Write::User(due),
            Write::User(owner),
        ],
    )
    .await;
    let ways: [&(dyn Fn(&mut crate::Load) + Sync); 8] = [
        &|load| load.users = [(dom(1), usr(5))].into(),
        &|load| load.people = [(dom(1), usr(5))].into(),
        &|load| load.user_emails = [(dom(1), shown.email.clone())].into(),
        &|load| load.external_ids = [(dom(1), "E-5".to_owned())].into(),
        &|load| load.invitations = [digest(5)].into(),
        &|load| load.desks = [(dom(1), usr(5))].into(),
        &|load| load.domains = [dom(1)].into(),
        &|load| load.domains = [dom(8)].into(),
    ];
    for (n, way) in ways.into_iter().enumerate() {
        let snapshot = load(&*store, way).await;
        let pools: Vec<_> = snapshot.world.pools.into_values().collect();
        assert_eq!(pools, [pool(dom(1), 1)], "way {n}");
        assert_eq!(snapshot.world.users.len(), 1, "way {n}");
        assert!(snapshot.pool_records.is_empty(), "way {n}");
    }
    // A token tells who somebody is, not where they sit.
    let bearer = load(&*store, |load| load.tokens = [digest(6)].into()).await;
    assert_eq!(bearer.world.users.len(), 1);
    assert!(bearer.world.pools.is_empty());
}

/// The change of a pool is refused by the database.
async fn refused(store: &dyn Store, pool: Pool) {
    let act = Act::new().moves(Head::Domain(dom(1)), 1);
    let outcome = act.put(Write::Pool(pool)).commit(store).await;
    assert!(matches!(outcome, Err(Error::Constraint(_))), "{outcome:?}");
}

fn taken(seats: u32, occupied: u32, offered: u32) -> Pool {
    let mut pool = pool(dom(1), 1);
    pool.settings.seats = seats;
    (pool.occupied, pool.offered) = (occupied, offered);
    pool
}

async fn e4_no_more_seats_are_taken_than_there_are(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, taken(2, 1, 0), &[]).await;
    refused(&*store, taken(2, 3, 0)).await;
    refused(&*store, taken(2, 1, 2)).await;
    planted(&*store, [Write::Pool(taken(2, 2, 0))]).await;
    refused(&*store, taken(2, 2, 1)).await;
    refused(&*store, taken(2, 3, 0)).await;
    // An offer is taken up; a seat is added and taken in one step.
    planted(&*store, [Write::Pool(taken(2, 1, 1))]).await;
    planted(&*store, [Write::Pool(taken(2, 2, 0))]).await;
    planted(&*store, [Write::Pool(taken(3, 3, 0))]).await;
}

async fn e9_a_pool_that_is_shrunk_drains(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, taken(5, 3, 0), &[]).await;
    // What was free before was taken in the step that shrinks it.
    planted(&*store, [Write::Pool(taken(1, 4, 1))]).await;
    refused(&*store, taken(1, 5, 1)).await;
    planted(&*store, [Write::Pool(taken(1, 5, 0))]).await;
    planted(&*store, [Write::Pool(taken(0, 4, 0))]).await;
    refused(&*store, taken(0, 5, 0)).await;
    refused(&*store, taken(4, 5, 0)).await;
    planted(&*store, [Write::Pool(taken(1, 0, 0))]).await;
    refused(&*store, taken(1, 2, 0)).await;
}

async fn e4_what_is_refused_of_a_pool_changes_nothing(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, taken(1, 1, 0), &[5, 6]).await;
    let row = |n| session_row(session(dom(1), n, Some(1)), None);
    let units = [
        Act::new()
            .moves(Head::Domain(dom(1)), 1)
            .puts([row(5), Write::Pool(taken(1, 1, 0))])
            .unit(),
        Act::new()
            .moves(Head::Account(acc(6)), 1)
            .puts([row(6), Write::Pool(taken(1, 2, 0))])
            .unit(),
    ];
    let outcomes = store.commit(units.to_vec()).await;
    assert_eq!(outcomes[0], Ok(()));
    assert!(matches!(outcomes[1], Err(Error::Constraint(_))));
    let snapshot = load(&*store, |load| {
        load.pool_sessions = [(dom(1), pol(1))].into();
    })
    .await;
    let live: Vec<_> = snapshot.world.sessions.into_keys().collect();
    assert_eq!(live, [(dom(1), ses(5))]);
    assert_eq!(version(&*store, Head::Account(acc(6))).await, 1);
}

async fn e13_a_part_is_never_more_than_the_whole(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[]).await;
    let whole = Pool {
        users: 3,
        occupied: 1,
        offered: 1,
        waiting: 2,
        reserved: 3,
        reserved_seated: 2,
        waiting_reserved: 2,
        ..pool(dom(1), 1)
    };
    let more: [&(dyn Fn(&mut Pool) + Sync); 3] = [
        &|pool| pool.reserved += 1,
        &|pool| pool.reserved_seated += 1,
        &|pool| pool.waiting_reserved += 1,
    ];
    for more in more {
        let mut pool = whole;
        more(&mut pool);
        refused(&*store, pool).await;
    }
    planted(&*store, [Write::Pool(whole)]).await;
}

async fn e11_pools_are_listed_in_the_order_of_their_making(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 3), &[]).await;
    sharing_made(&*store, 2, pool(dom(2), 2), &[]).await;
    for n in [5, 1, 4] {
        planted(
            &*store,
            [
                Write::Pool(pool(dom(1), n)),
                Write::PoolRecord(pool_record(dom(1), n)),
            ],
        )
        .await;
    }
    let lines = [1, 3, 4, 5].map(|n| PoolLine {
        pool: pool(dom(1), n),
        record: pool_record(dom(1), n),
    });
    for limit in 0..=5 {
        let mut after = None;
        let mut found = Vec::new();
        loop {
            let page = store.pools(dom(1), after, limit).await.unwrap();
            assert!(page.items.len() <= limit as usize);
            after = page.items.last().map(|line| line.pool.id).or(after);
            found.extend(page.items);
            if !page.more || limit == 0 {
                assert_eq!(page.more, limit == 0);
                break;
            }
        }
        assert_eq!(found, lines[..found.len()]);
        assert_eq!(found.len(), if limit == 0 { 0 } else { 4 });
    }
    // Behind another domain's pool, and where there is none.
    let page = store.pools(dom(1), Some(pol(2)), 9).await.unwrap();
    assert_eq!(page.items, lines[1..]);
    assert_eq!(store.pools(dom(3), None, 9).await.unwrap().items, []);
}
