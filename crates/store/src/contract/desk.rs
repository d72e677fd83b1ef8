//! What keeps the front desk in order: forgetting what is over, and finding counts and rows
//! that don't fit each other.

use std::sync::Arc;

use usher_rules::links::CallLink;
use usher_rules::pools::Pool;
use usher_rules::seats::SeatKind;
use usher_rules::sessions::Session;
use usher_rules::tiers::Tier;
use usher_rules::users::User;
use usher_rules::waiting::Waiting;
use usher_rules::{DomainId, Time};
use uuid::Uuid;

use super::build::*;
use crate::lists::Difference;
use crate::port::Forget;
use crate::{Store, Write};

super::list! {
    e7_what_is_over_is_forgotten_after_its_time,
    e7_a_bounded_number_is_forgotten_at_once,
    e1_a_desk_whose_counts_fit_passes_the_check,
    e1_the_check_finds_every_wrong_count_of_a_domain,
    e4_the_check_finds_every_wrong_count_of_a_pool,
    e4_the_check_finds_rows_that_are_not_counted,
    e8_the_check_finds_sessions_that_would_be_found_too_late,
    e2_the_check_finds_rows_whose_user_or_pool_is_not_there,
}

fn at(micros: u64) -> Time {
    Time(T0.0 + micros as i64)
}

/// A session, a call and a link that were over at this moment.
fn over_at(n: u64) -> [Write; 3] {
    let session = session(dom(1), n, None);
    let mut call = call(dom(1), n);
    call.ended_at = at(n);
    let link = CallLink {
        valid_until: at(n),
        ..link(dom(1), n, 5)
    };
    [
        Write::EndedSession(ended(&session, at(n)), session_record(n)),
        Write::Call(call),
        Write::Link(link, link_record(n)),
    ]
}

/// The numbers of what is left of each of the three.
async fn left(store: &dyn Store) -> [Vec<u64>; 3] {
    let snapshot = load(store, |load| {
        load.sessions = (0..50).map(|n| (dom(1), ses(n))).collect();
        load.calls = (0..50).map(|n| (dom(1), cal(n))).collect();
        load.links = (0..50).map(|n| (dom(1), lnk(n))).collect();
    })
    .await;
    let world = snapshot.world;
    let numbers = |there: &dyn Fn(u64) -> bool| (0..50).filter(|n| there(*n)).collect();
    [
        numbers(&|n| world.ended_sessions.contains_key(&(dom(1), ses(n)))),
        numbers(&|n| world.ended_calls.contains_key(&(dom(1), cal(n)))),
        numbers(&|n| world.links.contains_key(&(dom(1), lnk(n)))),
    ]
}

fn before(sessions: u64, calls: u64, links: u64) -> Forget {
    Forget {
        sessions: at(sessions),
        calls: at(calls),
        links: at(links),
        ..Forget::default()
    }
}

async fn e7_what_is_over_is_forgotten_after_its_time(store: Arc<dyn Store>) {
    planted(&*store, (1..=4).flat_map(over_at)).await;
    // A live one is never forgotten, however old.
    let live = session(dom(1), 9, None);
    planted(&*store, [session_row(live, None)]).await;
    let all = vec![1, 2, 3, 4];
    assert_eq!(store.forget(before(1, 1, 1), 100).await, Ok(0));
    assert_eq!(store.forget(before(3, 1, 1), 100).await, Ok(2));
    assert_eq!(left(&*store).await, [vec![3, 4], all.clone(), all]);
    assert_eq!(store.forget(before(1, 4, 2), 100).await, Ok(4));
    assert_eq!(left(&*store).await, [vec![3, 4], vec![4], vec![2, 3, 4]]);
    assert_eq!(store.forget(before(99, 99, 99), 100).await, Ok(6));
    assert_eq!(left(&*store).await, [const { Vec::<u64>::new() }; 3]);
    let snapshot = load(&*store, |load| load.sessions = [(dom(1), ses(9))].into()).await;
    assert_eq!(
        snapshot.world.sessions.into_values().collect::<Vec<_>>(),
        [live]
    );
    // Their tokens can be used again.
    planted(&*store, over_at(1)).await;
    assert_eq!(left(&*store).await, [vec![1], vec![1], vec![1]]);
}

async fn e7_a_bounded_number_is_forgotten_at_once(store: Arc<dyn Store>) {
    planted(&*store, (1..=5).flat_map(over_at)).await;
    let mut went = Vec::new();
    loop {
        let gone = store.forget(before(5, 5, 5), 5).await.unwrap();
        went.push(gone);
        if gone < 5 {
            break;
        }
    }
    assert_eq!(went, [5, 5, 2]);
    assert_eq!(left(&*store).await, [vec![5], vec![5], vec![5]]);
}

/// The differences, in a fixed order.
async fn check(store: &dyn Store) -> Vec<Difference> {
    let mut differences = store.check().await.unwrap();
    differences.sort_by(|a, b| (a.of, &a.what).cmp(&(b.of, &b.what)));
    differences
}

fn difference(of: Uuid, what: &str, recorded: i64, counted: i64) -> Difference {
    Difference {
        of,
        what: what.to_owned(),
        recorded,
        counted,
    }
}

/// Pool 1 of domain 1 as the rows of [`counted`] have it.
fn right() -> Pool {
    let mut pool = pool(dom(1), 1);
    pool.settings.tier = Tier::Business;
    pool.users = 6;
    pool.reserved = 3;
    pool.occupied = 2;
    pool.offered = 1;
    pool.reserved_seated = 2;
    pool.waiting = 2;
    pool.waiting_reserved = 1;
    pool
}

/// A domain whose desk is as its counts say: users 11 to 16 of a pool, of whom the first two
/// are logged in, the next has an offer, and the next two wait; one of each with a
/// reservation. A second pool, draining, and a team.
async fn counted(store: &dyn Store) {
    sharing_made(store, 1, right(), &[11, 12, 13, 14, 15, 16]).await;
    sharing_made(store, 2, pool(dom(2), 9), &[]).await;
    let mut accounts = Vec::new();
    let mut writes = Vec::new();
    for n in 11..=16 {
        let mut managed = account(n);
        managed.place = usher_rules::accounts::Place::Managed {
            domain: dom(1),
            user: usr(n),
        };
        accounts.push(Write::Account(managed));
        let user = User {
            reserved: [11, 13, 14].contains(&n),
            ..sharing(dom(1), n, 1)
        };
        writes.push(Write::User(user));
    }
    let of = |n: u64| Session {
        reserved: n == 11,
        ..session(dom(1), n, Some(1))
    };
    let place = |n: u64| Waiting {
        reserved: n != 15,
        offered_until: (n == 13).then_some(FAR),
        ..waiting(dom(1), n, 1)
    };
    writes.extend([11, 12].map(|n| session_row(of(n), Some(&right()))));
    writes.extend([13, 14, 15].map(|n| Write::Waiting(place(n))));
    let over = ended(&of(16), T0);
    writes.push(Write::EndedSession(over, session_record(16)));
    writes.extend(accounts);
    writes.extend(draining());
    writes.push(Write::Team(team(dom(1), 1)));
    writes.push(Write::Member(dom(1), tem(1), usr(11)));
    writes.push(Write::Seats(totals(dom(1))));
    writes.push(Write::Seats(totals(dom(2))));
    planted(store, writes).await;
}

/// A pool of one seat in which two are logged in, and these two.
fn draining() -> Vec<Write> {
    let mut pool = pool(dom(1), 2);
    pool.settings.seats = 1;
    pool.users = 2;
    pool.occupied = 2;
    let mut writes = vec![Write::Pool(pool), Write::PoolRecord(pool_record(dom(1), 2))];
    for n in [21, 22] {
        let user = User {
            state: usher_rules::users::UserState::Invited { expires_at: FAR },
            ..sharing(dom(1), n, 2)
        };
        writes.push(Write::User(user));
        writes.push(session_row(session(dom(1), n, Some(2)), Some(&pool)));
    }
    writes
}

/// The domain's row of seats.
fn totals(id: DomainId) -> usher_rules::domains::Domain {
    let mut domain = domain((id.0.as_u128() & 0xff) as u64);
    let first = id == dom(1);
    domain.pools = if first { 2 } else { 1 };
    domain.teams = u32::from(first);
    domain.users = if first { 8 } else { 0 };
    let counts = [
        (SeatKind::SeatLicense, if first { 12 } else { 10 }),
        (SeatKind::Business, if first { 10 } else { 0 }),
    ];
    for (kind, in_use) in counts {
        let seat = domain.seats.get_mut(kind);
        (seat.ordered, seat.in_use) = (50, in_use);
    }
    domain
}

async fn e1_a_desk_whose_counts_fit_passes_the_check(store: Arc<dyn Store>) {
    counted(&*store).await;
    assert_eq!(check(&*store).await, []);
}

async fn e1_the_check_finds_every_wrong_count_of_a_domain(store: Arc<dyn Store>) {
    counted(&*store).await;
    let mut wrong = totals(dom(1));
    wrong.pools = 7;
    wrong.teams = 0;
    wrong.users = 9;
    wrong.seats.get_mut(SeatKind::SeatLicense).in_use = 11;
    wrong.seats.get_mut(SeatKind::Business).in_use = 9;
    wrong.seats.get_mut(SeatKind::BusinessPro).ordered = 1;
    wrong.seats.get_mut(SeatKind::BusinessPro).in_use = 1;
    planted(&*store, [Write::Seats(wrong)]).await;
    let expected = [
        difference(dom(1).0, "business_in_use", 9, 10),
        difference(dom(1).0, "business_pro_in_use", 1, 0),
        difference(dom(1).0, "pools", 7, 2),
        difference(dom(1).0, "seat_license_in_use", 11, 12),
        difference(dom(1).0, "teams", 0, 1),
        difference(dom(1).0, "users", 9, 8),
    ];
    assert_eq!(check(&*store).await, expected);
}

type Change = &'static (dyn Fn(&mut Pool) + Sync);

async fn e4_the_check_finds_every_wrong_count_of_a_pool(store: Arc<dyn Store>) {
    counted(&*store).await;
    let wrong: [(&str, i64, i64, Change); 7] = [
        ("users of pool", 7, 6, &|pool| pool.users = 7),
        ("reserved of pool", 2, 3, &|pool| pool.reserved = 2),
        ("occupied of pool", 3, 2, &|pool| pool.occupied = 3),
        ("offered of pool", 0, 1, &|pool| pool.offered = 0),
        ("reserved_seated of pool", 0, 2, &|pool| {
            pool.reserved_seated = 0;
        }),
        ("waiting of pool", 3, 2, &|pool| pool.waiting = 3),
        ("waiting_reserved of pool", 0, 1, &|pool| {
            pool.waiting_reserved = 0;
        }),
    ];
    for (what, recorded, counted, change) in wrong {
        let mut pool = right();
        change(&mut pool);
        planted(&*store, [Write::Pool(pool)]).await;
        let expected = [difference(pol(1).0, what, recorded, counted)];
        assert_eq!(check(&*store).await, expected);
    }
}

async fn e4_the_check_finds_rows_that_are_not_counted(store: Arc<dyn Store>) {
    counted(&*store).await;
    // Who is logged in has no right to be; who is in a team has.
    let mut late = session(dom(1), 16, Some(1));
    late.reserved = true;
    late.id = ses(30);
    let late = Write::Session(crate::unit::SessionRow::new(
        late,
        session_record(30),
        Some(&right()),
    ));
    planted(&*store, [late, Write::Member(dom(1), tem(1), usr(16))]).await;
    let expected = [
        difference(pol(1).0, "occupied of pool", 2, 3),
        difference(pol(1).0, "reserved_seated of pool", 2, 3),
    ];
    assert_eq!(check(&*store).await, expected);
}

async fn e8_the_check_finds_sessions_that_would_be_found_too_late(store: Arc<dyn Store>) {
    counted(&*store).await;
    // What was there for a longer limit comes later than a shorter one wants it.
    let mut pool = right();
    pool.settings.silence_seconds = Some(299);
    planted(&*store, [Write::Pool(pool)]).await;
    let (is, should) = (T0.plus_seconds(300).0, T0.plus_seconds(299).0);
    let expected = [11, 12].map(|n| difference(ses(n).0, "due of session", is, should));
    assert_eq!(check(&*store).await, expected);
    let rows = [11, 12].map(|n| {
        let session = Session {
            reserved: n == 11,
            ..session(dom(1), n, Some(1))
        };
        session_row(session, Some(&pool))
    });
    planted(&*store, rows).await;
    assert_eq!(check(&*store).await, []);
    // Earlier is never wrong; never is, but for one that has no limit.
    pool.settings.silence_seconds = Some(301);
    planted(&*store, [Write::Pool(pool)]).await;
    assert_eq!(check(&*store).await, []);
    let endless = Session {
        reserved: true,
        ..session(dom(1), 11, Some(1))
    };
    planted(&*store, [session_row(endless, None)]).await;
    let should = T0.plus_seconds(301).0;
    let expected = [difference(ses(11).0, "due of session", 0, should)];
    assert_eq!(check(&*store).await, expected);
    pool.settings.silence_seconds = None;
    planted(&*store, [Write::Pool(pool)]).await;
    assert_eq!(check(&*store).await, []);
}

async fn e2_the_check_finds_rows_whose_user_or_pool_is_not_there(store: Arc<dyn Store>) {
    counted(&*store).await;
    let elsewhere = User {
        state: usher_rules::users::UserState::Expired,
        ..sharing(dom(1), 40, 77)
    };
    let writes = [
        session_row(session(dom(1), 31, None), None),
        // Of one that is over, nobody asks.
        Write::EndedSession(ended(&session(dom(1), 32, None), T0), session_record(32)),
        Write::Waiting(waiting(dom(1), 33, 88)),
        session_row(session(dom(1), 16, Some(88)), None),
        Write::Member(dom(1), tem(1), usr(34)),
        Write::Member(dom(1), tem(66), usr(11)),
        Write::User(elsewhere),
        Write::RemovePoolRecord(dom(1), pol(2)),
    ];
    planted(&*store, writes).await;
    let mut expected = vec![
        difference(ses(31).0, "user of session", 1, 0),
        difference(ses(16).0, "pool of session", 1, 0),
        difference(usr(33).0, "user of place", 1, 0),
        difference(usr(33).0, "pool of place", 1, 0),
        difference(usr(34).0, "user of team", 1, 0),
        difference(usr(11).0, "team of user", 1, 0),
        difference(usr(40).0, "pool of user", 1, 0),
        difference(pol(2).0, "name of pool", 1, 0),
    ];
    expected.sort_by(|a, b| (a.of, &a.what).cmp(&(b.of, &b.what)));
    assert_eq!(check(&*store).await, expected);
}
