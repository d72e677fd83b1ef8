//! One session to a shared user and one to a named user's device (rules E4, E5), and how one
//! follows another: in one unit, in one commit.

use std::sync::Arc;

use usher_rules::calls::{Call, Direction};
use usher_rules::sessions::Session;
use usher_rules::{Head, Time};

use super::build::*;
use super::sessions::{found, on_device, row};
use crate::{Error, Store, Write};

super::list! {
    e4_one_session_to_a_shared_user,
    e5_one_session_of_a_named_user_to_a_device,
    e5_a_session_is_taken_over_in_one_unit,
    e4_started_and_ended_in_one_commit,
    f1_one_live_call_has_one_id,
}

/// The session is refused: another has its place.
async fn clashes(store: &dyn Store, n: u64, session: Session, what: &str) {
    let act = Act::new().moves(Head::System, 0);
    let outcome = act.put(row(session, session_record(n))).commit(store).await;
    let Err(Error::NotUnique(name)) = &outcome else {
        panic!("{outcome:?}");
    };
    assert!(name.contains(what), "{name:?} must name {what}");
    assert_eq!(found(store, n).await, (None, None));
}

async fn e4_one_session_to_a_shared_user(store: Arc<dyn Store>) {
    let of_user = |n: u64, pool: u64| Session {
        user: usr(5),
        ..session(dom(1), n, Some(pool))
    };
    planted(&*store, [row(of_user(10, 1), session_record(10))]).await;
    // Neither on another device, nor in another pool.
    clashes(&*store, 11, of_user(11, 1), "session_of_user").await;
    clashes(&*store, 11, of_user(11, 2), "session_of_user").await;
    let elsewhere = Session {
        domain: dom(2),
        ..of_user(12, 1)
    };
    planted(&*store, [row(elsewhere, session_record(12))]).await;
    let over = ended(&of_user(10, 1), Time(T0.0 + 1));
    planted(&*store, [Write::EndedSession(over, session_record(10))]).await;
    planted(&*store, [row(of_user(11, 1), session_record(11))]).await;
    // Nor comes one back to life beside it.
    let again = Act::new().put(row(of_user(10, 1), session_record(10)));
    assert!(matches!(
        again.commit(&*store).await,
        Err(Error::NotUnique(_))
    ));
    assert_eq!(found(&*store, 10).await, (None, Some(over)));
}

async fn e5_one_session_of_a_named_user_to_a_device(store: Arc<dyn Store>) {
    planted(&*store, [row(on_device(10, 1), session_record(10))]).await;
    planted(&*store, [row(on_device(11, 2), session_record(11))]).await;
    clashes(&*store, 12, on_device(12, 1), "session_of_user").await;
    // Somebody else's on the same device.
    let other = Session {
        user: usr(6),
        ..on_device(13, 1)
    };
    planted(&*store, [row(other, session_record(13))]).await;
    let over = ended(&on_device(10, 1), Time(T0.0 + 1));
    planted(&*store, [Write::EndedSession(over, session_record(10))]).await;
    planted(&*store, [row(on_device(12, 1), session_record(12))]).await;
}

async fn e5_a_session_is_taken_over_in_one_unit(store: Arc<dyn Store>) {
    let of_user = |n: u64| Session {
        user: usr(5),
        ..session(dom(1), n, Some(1))
    };
    planted(&*store, [row(of_user(10), session_record(10))]).await;
    // In whatever order its rows come.
    for (n, swapped) in [(10, false), (11, true), (12, false)] {
        let over = ended(&of_user(n), Time(T0.0 + n as i64));
        let mut writes = vec![
            Write::EndedSession(over, session_record(n)),
            row(of_user(n + 1), session_record(n + 1)),
        ];
        if swapped {
            writes.reverse();
        }
        planted(&*store, writes).await;
        assert_eq!(found(&*store, n).await, (None, Some(over)));
        assert_eq!(found(&*store, n + 1).await, (Some(of_user(n + 1)), None));
    }
}

async fn e4_started_and_ended_in_one_commit(store: Arc<dyn Store>) {
    sharing_made(&*store, 1, pool(dom(1), 1), &[5]).await;
    let head = Head::Domain(dom(1));
    let first = session(dom(1), 5, Some(1));
    let second = Session {
        id: ses(6),
        ..first
    };
    let over = ended(&first, Time(T0.0 + 1));
    let seen = |session, at| Write::Seen {
        domain: dom(1),
        session,
        at: Time(T0.0 + at),
    };
    let units = vec![
        Act::new()
            .moves(head, 1)
            .puts([row(first, session_record(5)), seen(ses(5), 5)])
            .unit(),
        Act::new()
            .moves(head, 2)
            .put(Write::EndedSession(over, session_record(5)))
            .unit(),
        Act::new()
            .moves(head, 3)
            .puts([row(second, session_record(6)), seen(ses(6), 7)])
            .unit(),
    ];
    assert_eq!(store.commit(units).await, [Ok(()), Ok(()), Ok(())]);
    assert_eq!(found(&*store, 5).await, (None, Some(over)));
    let live = Session {
        seen_at: Time(T0.0 + 7),
        ..second
    };
    assert_eq!(found(&*store, 6).await, (Some(live), None));
}

/// The nth session, of a user of its own, in this call.
fn in_call(n: u64, call: Option<u64>) -> Session {
    Session {
        user: usr(n),
        call: call.map(|call| Call {
            id: cal(call),
            direction: Direction::Made,
            link: None,
            started_at: T0,
            answered_at: None,
        }),
        ..session(dom(1), n, Some(1))
    }
}

async fn f1_one_live_call_has_one_id(store: Arc<dyn Store>) {
    planted(&*store, [row(in_call(10, Some(1)), session_record(10))]).await;
    clashes(&*store, 11, in_call(11, Some(1)), "call").await;
    // In another call, in none, in another domain.
    let elsewhere = Session {
        domain: dom(2),
        ..in_call(13, Some(1))
    };
    let others = [
        row(in_call(11, Some(2)), session_record(11)),
        row(in_call(12, None), session_record(12)),
        row(elsewhere, session_record(13)),
    ];
    planted(&*store, others).await;
    // Written once more as it is, it is its own.
    planted(&*store, [row(in_call(10, Some(1)), session_record(20))]).await;
    // What was given up, by its end or with its session, another may have.
    planted(&*store, [row(in_call(10, None), session_record(10))]).await;
    planted(&*store, [row(in_call(12, Some(1)), session_record(12))]).await;
    let over = ended(&in_call(12, None), Time(T0.0 + 1));
    planted(&*store, [Write::EndedSession(over, session_record(12))]).await;
    planted(&*store, [row(in_call(10, Some(1)), session_record(10))]).await;
    let found = found(&*store, 10).await;
    assert_eq!(found, (Some(in_call(10, Some(1))), None));
}
