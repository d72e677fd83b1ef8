//! When sessions are due, and how a heartbeat moves that (rules E6, E8, E13).

use std::sync::Arc;

use usher_rules::pools::Pool;
use usher_rules::sessions::Session;
use usher_rules::{DomainId, Head, Time};

use super::build::*;
use crate::load::DUE_OF_A_KIND;
use crate::{Load, Store, Write};

super::list! {
    e8_that_a_device_was_seen_only_grows,
    e8_that_a_device_was_seen_needs_no_head_and_no_entry,
    e8_a_device_of_no_session_is_not_seen,
    e8_a_decision_on_an_earlier_sight_keeps_the_later,
    e8_a_session_is_due_when_it_was_silent,
    e6_a_session_is_due_by_its_clock_whatever_it_does,
    e6_nothing_is_due_without_a_clock,
    e5_a_named_users_session_is_never_due,
    e6_a_domain_brings_the_sessions_that_are_due,
    e6_a_domain_brings_a_bounded_number_of_them,
    e6_what_is_due_first_comes_first,
    j1_a_snapshot_is_not_before_the_moment_that_is_asked_for,
}

/// A pool with this silence limit and log-off clock, in seconds.
fn timed(silence: Option<i64>, log_off: Option<i64>) -> Pool {
    let mut pool = pool(dom(1), 1);
    pool.settings.silence_seconds = silence;
    pool.settings.log_off_seconds = log_off;
    pool.occupied = 1;
    pool
}

/// So many seconds after the beginning.
fn at(seconds: i64) -> Time {
    T0.plus_seconds(seconds)
}

/// The domain with this pool, and the session 5 in it.
async fn seated(store: &dyn Store, pool: Pool) {
    sharing_made(store, 1, pool, &[5]).await;
    let session = session(dom(1), 5, Some(1));
    planted(store, [session_row(session, Some(&pool))]).await;
}

async fn seen(store: &dyn Store, n: u64, at: Time) {
    let seen = Write::Seen {
        domain: dom(1),
        session: ses(n),
        at,
    };
    planted(store, [seen]).await;
}

async fn last_seen(store: &dyn Store, n: u64) -> Option<Time> {
    let key = (dom(1), ses(n));
    let snapshot = load(store, |load| load.sessions = [key].into()).await;
    snapshot.world.sessions.get(&key).map(|s| s.seen_at)
}

async fn due(store: &dyn Store, now: Time) -> Vec<DomainId> {
    store.due(now, 100).await.unwrap()
}

/// The domain is due from this moment on, and not before.
async fn due_from(store: &dyn Store, moment: Time) {
    assert_eq!(
        due(store, Time(moment.0 - 1)).await,
        [],
        "before {moment:?}"
    );
    assert_eq!(due(store, moment).await, [dom(1)], "at {moment:?}");
    assert_eq!(due(store, FAR).await, [dom(1)]);
}

async fn e8_that_a_device_was_seen_only_grows(store: Arc<dyn Store>) {
    seated(&*store, timed(Some(100), None)).await;
    for (moment, latest) in [(30, 30), (20, 30), (30, 30), (31, 31), (500, 500), (0, 500)] {
        seen(&*store, 5, at(moment)).await;
        assert_eq!(last_seen(&*store, 5).await, Some(at(latest)));
    }
    // Several in one commit: the latest of them, whatever their order.
    let units = [800, 900, 700].map(|moment| {
        let seen = Write::Seen {
            domain: dom(1),
            session: ses(5),
            at: at(moment),
        };
        Act::new().put(seen).unit()
    });
    let outcomes = store.commit(units.to_vec()).await;
    assert_eq!(outcomes, [Ok(()), Ok(()), Ok(())]);
    assert_eq!(last_seen(&*store, 5).await, Some(at(900)));
}

async fn e8_that_a_device_was_seen_needs_no_head_and_no_entry(store: Arc<dyn Store>) {
    seated(&*store, timed(Some(100), None)).await;
    seen(&*store, 5, at(60)).await;
    let head = Head::Domain(dom(1));
    assert_eq!(version(&*store, head).await, 1);
    assert_eq!(store.journal(head, 0, 9).await.unwrap().len(), 1);
}

async fn e8_a_device_of_no_session_is_not_seen(store: Arc<dyn Store>) {
    seated(&*store, timed(Some(100), None)).await;
    seen(&*store, 6, at(60)).await;
    let elsewhere = Write::Seen {
        domain: dom(2),
        session: ses(5),
        at: at(60),
    };
    planted(&*store, [elsewhere]).await;
    assert_eq!(last_seen(&*store, 6).await, None);
    assert_eq!(last_seen(&*store, 5).await, Some(T0));
    let over = ended(&session(dom(1), 5, Some(1)), at(10));
    planted(&*store, [Write::EndedSession(over, session_record(5))]).await;
    seen(&*store, 5, at(60)).await;
    assert_eq!(last_seen(&*store, 5).await, None);
    assert_eq!(due(&*store, FAR).await, []);
    let key = (dom(1), ses(5));
    let snapshot = load(&*store, |load| load.sessions = [key].into()).await;
    assert_eq!(snapshot.world.ended_sessions.get(&key), Some(&over));
}

async fn e8_a_decision_on_an_earlier_sight_keeps_the_later(store: Arc<dyn Store>) {
    let pool = timed(Some(100), None);
    seated(&*store, pool).await;
    seen(&*store, 5, at(200)).await;
    let decided = Session {
        seen_at: at(10),
        clock_from: at(20),
        ..session(dom(1), 5, Some(1))
    };
    planted(&*store, [session_row(decided, Some(&pool))]).await;
    let snapshot = load(&*store, |load| load.sessions = [(dom(1), ses(5))].into()).await;
    let expected = Session {
        seen_at: at(200),
        ..decided
    };
    let live: Vec<_> = snapshot.world.sessions.into_values().collect();
    assert_eq!(live, [expected]);
    due_from(&*store, at(300)).await;
}

async fn e8_a_session_is_due_when_it_was_silent(store: Arc<dyn Store>) {
    seated(&*store, timed(Some(100), None)).await;
    due_from(&*store, at(100)).await;
    // Also while what is indexed is behind.
    for moment in [1, 30, 49, 50, 51, 90, 120, 1000, 1010] {
        seen(&*store, 5, at(moment)).await;
        due_from(&*store, at(moment + 100)).await;
    }
    // The limit is the pool's, whatever it was when the session began.
    planted(&*store, [Write::Pool(timed(Some(300), None))]).await;
    due_from(&*store, at(1310)).await;
    seen(&*store, 5, at(1200)).await;
    due_from(&*store, at(1500)).await;
}

async fn e6_a_session_is_due_by_its_clock_whatever_it_does(store: Arc<dyn Store>) {
    let mut pool = timed(Some(100), Some(250));
    seated(&*store, pool).await;
    due_from(&*store, at(100)).await;
    for (moment, due) in [(60, 160), (140, 240), (200, 250), (240, 250), (400, 250)] {
        seen(&*store, 5, at(moment)).await;
        due_from(&*store, at(due)).await;
    }
    // Without a silence limit, the clock alone.
    pool.settings.silence_seconds = None;
    let session = session(dom(1), 5, Some(1));
    planted(
        &*store,
        [Write::Pool(pool), session_row(session, Some(&pool))],
    )
    .await;
    due_from(&*store, at(250)).await;
    // The notice before it comes first.
    pool.settings.notice_seconds = Some(70);
    let writes = [Write::Pool(pool), session_row(session, Some(&pool))];
    planted(&*store, writes).await;
    due_from(&*store, at(180)).await;
}

async fn e6_nothing_is_due_without_a_clock(store: Arc<dyn Store>) {
    seated(&*store, timed(None, None)).await;
    assert_eq!(due(&*store, FAR).await, []);
    seen(&*store, 5, at(60)).await;
    assert_eq!(last_seen(&*store, 5).await, Some(at(60)));
    assert_eq!(due(&*store, FAR).await, []);
}

async fn e5_a_named_users_session_is_never_due(store: Arc<dyn Store>) {
    seated(&*store, timed(None, None)).await;
    planted(&*store, [session_row(session(dom(1), 6, None), None)]).await;
    seen(&*store, 6, at(60)).await;
    assert_eq!(last_seen(&*store, 6).await, Some(at(60)));
    assert_eq!(due(&*store, FAR).await, []);
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    assert!(snapshot.world.sessions.is_empty());
}

async fn e6_a_domain_brings_the_sessions_that_are_due(store: Arc<dyn Store>) {
    let now = store.now().await.unwrap();
    let mut timed = timed(Some(3600), None);
    timed.occupied = 4;
    sharing_made(&*store, 1, timed, &[5, 6, 7, 8]).await;
    let other = pool(dom(1), 2);
    let mut elsewhere = pool(dom(2), 3);
    elsewhere.occupied = 1;
    sharing_made(&*store, 2, elsewhere, &[9]).await;
    let ago = |n: u64, hours: i64| Session {
        seen_at: now.plus_seconds(-hours * 3600),
        ..session(dom(1), n, Some(1))
    };
    let in_other = Session {
        domain: dom(2),
        pool: Some(pol(3)),
        ..ago(9, 5)
    };
    planted(
        &*store,
        [
            Write::Pool(other),
            session_row(ago(5, 2), Some(&timed)),
            session_row(ago(6, 0), Some(&timed)),
            session_row(ago(7, 3), Some(&timed)),
            // Found by its index, and no longer due: it was seen since.
            session_row(ago(8, 3), Some(&timed)),
            session_row(in_other, Some(&elsewhere)),
        ],
    )
    .await;
    let mut longer = timed;
    longer.settings.silence_seconds = Some(9 * 3600);
    seen(&*store, 8, now.plus_seconds(-600)).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    let due: Vec<_> = snapshot.world.sessions.keys().map(|key| key.1).collect();
    assert_eq!(due, [ses(5), ses(7)]);
    assert_eq!(snapshot.session_records.len(), 2);
    assert_eq!(
        snapshot.session_records[&(dom(1), ses(5))],
        session_record(5)
    );
    let pools: Vec<_> = snapshot.world.pools.into_values().collect();
    assert_eq!(pools, [timed]);
    assert!(snapshot.world.users.is_empty(), "the sessions alone");
    // By a longer limit, none of them is.
    planted(&*store, [Write::Pool(longer)]).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    assert!(snapshot.world.sessions.is_empty());
}

async fn e6_a_domain_brings_a_bounded_number_of_them(store: Arc<dyn Store>) {
    let now = store.now().await.unwrap();
    let most = DUE_OF_A_KIND as u64;
    let pools = [1, 2].map(|n| {
        let mut pool = pool(dom(1), n);
        pool.settings.seats = most as u32;
        pool.occupied = most as u32;
        pool
    });
    domain_opened(1).done(&*store).await;
    // The later the number, the earlier it is due; odd and even ones in different pools.
    let rows = (1..=most + 20).map(|n| {
        let session = Session {
            seen_at: Time(now.plus_seconds(-3600).0 - n as i64),
            ..session(dom(1), n, Some(1 + n % 2))
        };
        session_row(session, Some(&pools[(n % 2) as usize]))
    });
    planted(&*store, pools.map(Write::Pool).into_iter().chain(rows)).await;
    let snapshot = load(&*store, |load| load.domains = [dom(1)].into()).await;
    let due: Vec<_> = snapshot
        .world
        .sessions
        .into_keys()
        .map(|key| key.1)
        .collect();
    assert_eq!(due, (21..=most + 20).map(ses).collect::<Vec<_>>());
}

async fn e6_what_is_due_first_comes_first(store: Arc<dyn Store>) {
    // Domains 1 to 3 with a session each, due in the order 3, 1, 2 once 1 was seen again.
    for (n, since) in [(1, 10), (2, 60), (3, 30)] {
        let mut pool = pool(dom(n), n);
        pool.occupied = 1;
        pool.settings.silence_seconds = Some(100);
        sharing_made(&*store, n, pool, &[n + 10]).await;
        let session = Session {
            seen_at: at(since),
            ..session(dom(n), n + 10, Some(n))
        };
        planted(&*store, [session_row(session, Some(&pool))]).await;
    }
    assert_eq!(due(&*store, at(999)).await, [dom(1), dom(3), dom(2)]);
    seen(&*store, 11, at(40)).await;
    assert_eq!(due(&*store, at(999)).await, [dom(3), dom(1), dom(2)]);
    assert_eq!(due(&*store, at(140)).await, [dom(3), dom(1)]);
    assert_eq!(store.due(at(999), 1).await.unwrap(), [dom(3)]);
    // Nothing is due in a closed domain.
    let mut closed = domain(3);
    closed.closed = true;
    planted(&*store, [Write::Domain(closed)]).await;
    assert_eq!(due(&*store, at(999)).await, [dom(1), dom(2)]);
}

/// Somebody's clock was ahead of this one: what is due by it comes along, and for nobody else who
/// asks at the same time.
async fn j1_a_snapshot_is_not_before_the_moment_that_is_asked_for(store: Arc<dyn Store>) {
    let now = store.now().await.unwrap();
    let timed = timed(Some(3600), None);
    sharing_made(&*store, 1, timed, &[5]).await;
    let session = Session {
        seen_at: now,
        ..session(dom(1), 5, Some(1))
    };
    planted(&*store, [session_row(session, Some(&timed))]).await;
    let ahead = now.plus_seconds(7200);
    let asked = [Time::ZERO, ahead].map(|not_before| {
        let store = store.clone();
        let load = Load {
            domains: [dom(1)].into(),
            not_before,
            ..Load::default()
        };
        tokio::spawn(async move { store.load(&load).await.unwrap() })
    });
    for (asked, [due, far]) in asked.into_iter().zip([[false; 2], [true; 2]]) {
        let snapshot = asked.await.unwrap();
        assert_eq!(!snapshot.world.sessions.is_empty(), due);
        assert_eq!(snapshot.world.now >= ahead, far, "{:?}", snapshot.world.now);
    }
    // The clock decides, once it is past that.
    let snapshot = load(&*store, |load| load.not_before = T0).await;
    assert!(snapshot.world.now >= now && snapshot.world.now < ahead);
}
