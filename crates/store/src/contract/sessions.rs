//! Sessions: live and over, by every key. What there may be one of: [`super::seating`]; when
//! they are due: [`super::clocks`].

use std::sync::Arc;

use usher_rules::calls::{Call, Direction};
use usher_rules::ids::DeviceKey;
use usher_rules::sessions::{EndReason, EndedSession, Session};
use usher_rules::{AccountId, Time};

use super::build::*;
use super::load::holds_only;
use crate::lists::SessionLine;
use crate::records::SessionRecord;
use crate::unit::SessionRow;
use crate::{Load, Snapshot, Store, Write};

super::list! {
    e4_a_session_reads_back_with_every_field_set_and_emptied,
    e7_a_session_that_is_over_says_why_by_whom_and_when,
    e7_a_session_is_found_live_or_over,
    e4_a_session_brings_its_user_and_pool,
    e5_a_users_desk_has_its_live_sessions,
    e9_a_pool_comes_with_its_live_sessions,
    e11_a_pools_sessions_are_listed_in_the_order_of_log_in,
    e4_sessions_are_one_domains,
    j1_loads_that_come_together_get_their_own,
}

/// A session with every field set.
fn full() -> Session {
    let at = |n| Time(T0.0 + n);
    Session {
        started_at: at(1),
        clock_from: at(2),
        links_until: Some(at(3)),
        call: Some(Call {
            id: cal(4),
            direction: Direction::Received,
            link: Some(lnk(5)),
            started_at: at(6),
            answered_at: Some(at(7)),
        }),
        seen_at: at(8),
        log_out_after_call: Some(acc(9)),
        noticed: Some(at(10)),
        reserved: true,
        ..session(dom(1), 5, Some(1))
    }
}

pub fn row(session: Session, record: SessionRecord) -> Write {
    Write::Session(SessionRow::new(session, record, None))
}

/// What stands there of the session of this number.
pub async fn found(store: &dyn Store, n: u64) -> (Option<Session>, Option<EndedSession>) {
    let key = (dom(1), ses(n));
    let snapshot = load(store, |load| load.sessions = [key].into()).await;
    let world = &snapshot.world;
    let ended = world.ended_sessions.get(&key).copied();
    (world.sessions.get(&key).copied(), ended)
}

async fn e4_a_session_reads_back_with_every_field_set_and_emptied(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[5]).await;
    let record = SessionRecord {
        device_id: "Zoë's \"phone\" 李 \\ 👩‍💻".into(),
        device_name: "".into(),
        token: digest(77),
    };
    let ringing = Session {
        call: full().call.map(|call| Call {
            direction: Direction::Made,
            link: None,
            answered_at: None,
            ..call
        }),
        ..full()
    };
    // It was seen at the latest of these times.
    let bare = Session {
        seen_at: full().seen_at,
        ..session(dom(1), 5, Some(1))
    };
    for session in [full(), ringing, bare, full(), bare] {
        planted(&*store, [row(session, record.clone())]).await;
        let mut expected = Snapshot::default();
        let key = (dom(1), ses(5));
        let world = &mut expected.world;
        world.sessions.insert(key, session);
        world.pools.insert((dom(1), pol(1)), pool(dom(1), 1));
        world.users.insert((dom(1), usr(5)), sharing(dom(1), 5, 1));
        expected.session_records.insert(key, record.clone());
        let snapshot = load(&*store, |load| load.sessions = [key].into()).await;
        holds_only(snapshot, expected);
    }
}

async fn e7_a_session_that_is_over_says_why_by_whom_and_when(store: Arc<dyn Store>) {
    for (n, reason) in EndReason::ALL.into_iter().enumerate() {
        let n = n as u64 + 1;
        let session = Session {
            user: usr(n),
            pool: n.is_multiple_of(2).then(|| pol(1)),
            ..full()
        };
        let session = Session {
            id: ses(n),
            ..session
        };
        let by: Option<AccountId> = n.is_multiple_of(3).then(|| acc(n));
        let over = EndedSession {
            reason,
            by,
            ..ended(&session, Time(T0.0 + 20))
        };
        planted(&*store, [row(session, session_record(n))]).await;
        assert_eq!(found(&*store, n).await, (Some(session), None));
        let write = Write::EndedSession(over, session_record(n));
        planted(&*store, [write]).await;
        assert_eq!(found(&*store, n).await, (None, Some(over)), "{reason:?}");
    }
}

async fn e7_a_session_is_found_live_or_over(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[5, 6]).await;
    let five = session(dom(1), 5, Some(1));
    let six = ended(&session(dom(1), 6, Some(1)), Time(T0.0 + 9));
    planted(
        &*store,
        [
            session_row(five, None),
            // One of which there never was a live row.
            Write::EndedSession(six, session_record(6)),
        ],
    )
    .await;
    for n in [5, 6] {
        let found = load(&*store, |load| load.sessions = [(dom(1), ses(n))].into()).await;
        assert_eq!(found.world.sessions.len(), usize::from(n == 5));
        assert_eq!(found.world.ended_sessions.len(), usize::from(n == 6));
        let token = session_record(n).token;
        assert_eq!(found.session_by_token(&token), Some((dom(1), ses(n))));
    }
    let none = load(&*store, |load| load.sessions = [(dom(1), ses(7))].into()).await;
    holds_only(none, Snapshot::default());
}

async fn e4_a_session_brings_its_user_and_pool(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[5]).await;
    account_made(6).done(&*store).await;
    planted(
        &*store,
        [
            Write::User(joined(dom(1), 6)),
            session_row(session(dom(1), 6, None), None),
            // Whose user was removed, and was in a pool.
            Write::EndedSession(ended(&session(dom(1), 7, Some(1)), T0), session_record(7)),
        ],
    )
    .await;
    let named = load(&*store, |load| load.sessions = [(dom(1), ses(6))].into()).await;
    let users: Vec<_> = named.world.users.into_values().collect();
    assert_eq!(users, [joined(dom(1), 6)]);
    assert!(named.world.pools.is_empty());
    let gone = load(&*store, |load| load.sessions = [(dom(1), ses(7))].into()).await;
    assert_eq!(gone.world.ended_sessions.len(), 1);
    assert!(gone.world.users.is_empty());
}

/// A session of the named user 5 on this device.
pub fn on_device(n: u64, device: u64) -> Session {
    Session {
        user: usr(5),
        device: DeviceKey(digest(device)),
        ..session(dom(1), n, None)
    }
}

async fn e5_a_users_desk_has_its_live_sessions(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[6]).await;
    let user = joined(dom(1), 5);
    planted(
        &*store,
        [
            Write::User(user),
            session_row(on_device(10, 1), None),
            session_row(on_device(11, 2), None),
            Write::EndedSession(ended(&on_device(12, 3), T0), session_record(12)),
            session_row(session(dom(1), 6, Some(1)), None),
        ],
    )
    .await;
    let snapshot = load(&*store, |load| load.desks = [(dom(1), usr(5))].into()).await;
    let mut expected = Snapshot::default();
    expected.world.users.insert((dom(1), usr(5)), user);
    for (n, device) in [(10, 1), (11, 2)] {
        let key = (dom(1), ses(n));
        expected.world.sessions.insert(key, on_device(n, device));
        expected.session_records.insert(key, session_record(n));
    }
    holds_only(snapshot, expected);
}

async fn e9_a_pool_comes_with_its_live_sessions(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[]).await;
    let other = Session {
        domain: dom(2),
        ..session(dom(1), 9, Some(1))
    };
    planted(
        &*store,
        [
            session_row(session(dom(1), 5, Some(1)), None),
            session_row(session(dom(1), 6, Some(1)), Some(&pool(dom(1), 1))),
            session_row(session(dom(1), 7, Some(2)), None),
            session_row(session(dom(1), 8, None), None),
            session_row(other, None),
            Write::EndedSession(ended(&session(dom(1), 4, Some(1)), T0), session_record(4)),
        ],
    )
    .await;
    let snapshot = load(&*store, |load| {
        load.pool_sessions = [(dom(1), pol(1))].into();
    })
    .await;
    let mut expected = Snapshot::default();
    let pool_key = (dom(1), pol(1));
    expected.world.pools.insert(pool_key, pool(dom(1), 1));
    expected
        .pool_records
        .insert(pool_key, pool_record(dom(1), 1));
    for n in [5, 6] {
        let key = (dom(1), ses(n));
        let session = session(dom(1), n, Some(1));
        expected.world.sessions.insert(key, session);
        expected.session_records.insert(key, session_record(n));
    }
    holds_only(snapshot, expected);
}

async fn e11_a_pools_sessions_are_listed_in_the_order_of_log_in(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[20, 21, 22, 23, 24]).await;
    // Those that log in first are due last.
    let of = |n: u64| Session {
        seen_at: Time(T0.0 - n as i64),
        call: full().call.filter(|_| n == 22),
        ..session(dom(1), n, Some(1))
    };
    let mut writes: Vec<Write> = [22, 20, 24, 21]
        .map(|n| session_row(of(n), Some(&pool(dom(1), 1))))
        .into();
    writes.push(Write::EndedSession(ended(&of(23), T0), session_record(23)));
    writes.push(session_row(session(dom(1), 25, Some(2)), None));
    planted(&*store, writes).await;
    let lines = [20, 21, 22, 24].map(|n| SessionLine {
        session: of(n),
        record: session_record(n),
        name: person(dom(1), n).name,
    });
    let page = async |after: Option<u64>, limit| {
        let after = after.map(ses);
        let page = store.pool_sessions(dom(1), pol(1), after, limit).await;
        let page = page.unwrap();
        (page.items, page.more)
    };
    assert_eq!(page(None, 9).await, (lines.to_vec(), false));
    assert_eq!(page(None, 4).await, (lines.to_vec(), false));
    assert_eq!(page(None, 3).await, (lines[..3].to_vec(), true));
    assert_eq!(page(None, 0).await, (vec![], true));
    assert_eq!(page(Some(20), 2).await, (lines[1..3].to_vec(), true));
    assert_eq!(page(Some(23), 2).await, (lines[3..].to_vec(), false));
    assert_eq!(page(Some(24), 2).await, (vec![], false));
    let other = store.pool_sessions(dom(2), pol(1), None, 9).await.unwrap();
    assert_eq!(other.items, []);
}

async fn e4_sessions_are_one_domains(store: Arc<dyn Store>) {
    for n in [1, 2] {
        let of = Session {
            domain: dom(n),
            user: usr(5),
            ..session(dom(n), n, Some(1))
        };
        planted(&*store, [session_row(of, None)]).await;
    }
    let snapshot = load(&*store, |load| {
        load.sessions = [(dom(1), ses(2)), (dom(2), ses(1))].into();
        load.desks = [(dom(3), usr(5))].into();
        load.pool_sessions = [(dom(3), pol(1))].into();
    })
    .await;
    holds_only(snapshot, Snapshot::default());
    let snapshot = load(&*store, |load| load.desks = [(dom(1), usr(5))].into()).await;
    let live: Vec<_> = snapshot.world.sessions.into_keys().collect();
    assert_eq!(live, [(dom(1), ses(1))]);
}

async fn j1_loads_that_come_together_get_their_own(store: Arc<dyn Store>) {
    let users: Vec<u64> = (20..60).collect();
    sharing_made(&*store, 1, pool(dom(1), 1), &users).await;
    let rows = users.iter().map(|n| {
        let session = session(dom(1), *n, Some(1));
        session_row(session, Some(&pool(dom(1), 1)))
    });
    planted(&*store, rows).await;
    let asked = users.into_iter().map(|n| {
        let store = store.clone();
        let load = Load {
            sessions: [(dom(1), ses(n))].into(),
            // Some keys are everyone's.
            domains: [dom(1)].into(),
            desks: [(dom(1), usr(n))].into(),
            ..Load::default()
        };
        tokio::spawn(async move { (n, store.load(&load).await.unwrap()) })
    });
    for answered in asked.collect::<Vec<_>>() {
        let (n, snapshot) = answered.await.unwrap();
        // All are due, and come with the domain; the users of the others don't.
        assert_eq!(snapshot.world.sessions.len(), 40);
        let users: Vec<_> = snapshot.world.users.into_keys().collect();
        assert_eq!(users, [(dom(1), usr(n))]);
    }
}
