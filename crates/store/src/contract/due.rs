//! What is due: found by the sweep in due order, each domain once.

use std::sync::Arc;

use usher_rules::domains::Domain;
use usher_rules::pools::Pool;
use usher_rules::seats::{Scheduled, SeatKind};
use usher_rules::standing::State;
use usher_rules::users::{User, UserState};
use usher_rules::waiting::Waiting;
use usher_rules::{DomainId, Head, Time};

use super::build::*;
use crate::unit::SessionRow;
use crate::{Load, Soonest, Store, Write};

super::list! {
    a2_an_invitation_is_due_at_its_time,
    a4_a_scheduled_decrease_is_due_at_its_time,
    c5_a_lapse_is_due_at_the_end_of_its_grace,
    c5_a_standing_that_no_longer_fits_the_domain_above_is_due,
    c5_a_standing_that_fits_is_not_due,
    c8_what_is_due_first_comes_first_and_each_domain_once,
    c7_nothing_is_due_in_a_closed_domain,
    j1_a_domain_says_what_is_due_next,
}

const LATER: Time = Time(T0.0 + 1);

async fn due(store: &dyn Store, now: Time) -> Vec<DomainId> {
    store.due(now, 100).await.unwrap()
}

fn ends(domain: u64, user: u64, expires_at: Time) -> User {
    User {
        state: UserState::Invited { expires_at },
        ..invited(dom(domain), user)
    }
}

fn scheduled(n: u64, kind: SeatKind, at: Time) -> Domain {
    let mut domain = domain(n);
    domain.seats.get_mut(kind).ordered = 5;
    domain.seats.get_mut(kind).scheduled = Some(Scheduled { quantity: 3, at });
    domain
}

fn noted(mut domain: Domain, noted: State, lapsed_at: Option<Time>) -> Domain {
    domain.standing.first_met = Some(T0);
    domain.standing.noted = noted;
    domain.standing.lapsed_at = lapsed_at;
    domain
}

async fn a2_an_invitation_is_due_at_its_time(store: Arc<dyn Store>) {
    account_made(3).done(&*store).await;
    let over = User {
        state: UserState::Expired,
        ..invited(dom(1), 2)
    };
    let act = domain_opened(1).put(Write::User(ends(1, 1, LATER)));
    act.put(Write::User(over))
        .put(Write::User(joined(dom(1), 3)))
        .done(&*store)
        .await;
    assert_eq!(due(&*store, T0).await, []);
    assert_eq!(due(&*store, LATER).await, [dom(1)]);
    let act = Act::new().moves(Head::Domain(dom(1)), 1);
    let lapsed = User {
        state: UserState::Expired,
        ..invited(dom(1), 1)
    };
    act.put(Write::User(lapsed)).done(&*store).await;
    assert_eq!(due(&*store, FAR).await, []);
}

async fn a4_a_scheduled_decrease_is_due_at_its_time(store: Arc<dyn Store>) {
    for (n, kind) in SeatKind::ALL.into_iter().enumerate() {
        let n = n as u64 + 1;
        let mut domain = scheduled(n, kind, LATER);
        // Another kind's, later, does not hide it.
        let other = SeatKind::ALL[(n % 4) as usize];
        domain.seats.get_mut(other).scheduled = Some(Scheduled {
            quantity: 0,
            at: FAR,
        });
        domain_as(domain).done(&*store).await;
        assert_eq!(due(&*store, T0).await, []);
        assert_eq!(due(&*store, LATER).await, [dom(n)], "{}", kind.name());
        Act::new()
            .moves(Head::Domain(dom(n)), 1)
            .put(Write::Seats(super::build::domain(n)))
            .done(&*store)
            .await;
        assert_eq!(due(&*store, FAR).await, []);
    }
}

async fn c5_a_lapse_is_due_at_the_end_of_its_grace(store: Arc<dyn Store>) {
    let mut lapsed = noted(domain(1), State::Lapsed, Some(T0));
    lapsed.standing.noted_until = Some(LATER);
    domain_as(lapsed).done(&*store).await;
    assert_eq!(due(&*store, T0).await, []);
    assert_eq!(due(&*store, LATER).await, [dom(1)]);
    Act::new()
        .moves(Head::Domain(dom(1)), 1)
        .put(Write::Domain(noted(domain(1), State::Frozen, Some(T0))))
        .done(&*store)
        .await;
    assert_eq!(due(&*store, FAR).await, []);
}

/// What is due with a domain noted like this below one noted like that.
async fn below(store: &dyn Store, n: u64, above: State, here: Domain) -> bool {
    let above = noted(domain(n), above, None);
    domain_as(above).done(store).await;
    let here = Domain {
        standing: here.standing,
        ..domain_below(n + 1, &above)
    };
    below_as(here).done(store).await;
    due(store, T0).await.contains(&here.id)
}

async fn c5_a_standing_that_no_longer_fits_the_domain_above_is_due(store: Arc<dyn Store>) {
    let cases = [
        (State::Frozen, State::Good),
        (State::Good, State::Lapsed),
        (State::Good, State::Frozen),
        (State::Lapsed, State::Lapsed),
        (State::Lapsed, State::Frozen),
        (State::Incomplete, State::Frozen),
    ];
    for (n, (above, here)) in cases.into_iter().enumerate() {
        let here = noted(domain(0), here, None);
        let is_due = below(&*store, 10 * (n as u64 + 1), above, here).await;
        assert!(is_due, "case {n}");
    }
}

async fn c5_a_standing_that_fits_is_not_due(store: Arc<dyn Store>) {
    let cases = [
        (State::Good, State::Good, None),
        (State::Lapsed, State::Good, None),
        (State::Frozen, State::Incomplete, None),
        (State::Frozen, State::Lapsed, None),
        (State::Frozen, State::Frozen, None),
        // Lapsed of its own accord: the domain above changes nothing.
        (State::Frozen, State::Lapsed, Some(T0)),
        (State::Good, State::Lapsed, Some(T0)),
        (State::Good, State::Frozen, Some(T0)),
        (State::Good, State::Incomplete, None),
    ];
    for (n, (above, here, lapsed_at)) in cases.into_iter().enumerate() {
        let here = noted(domain(0), here, lapsed_at);
        let is_due = below(&*store, 10 * (n as u64 + 1), above, here).await;
        assert!(!is_due, "case {n}");
    }
}

async fn c8_what_is_due_first_comes_first_and_each_domain_once(store: Arc<dyn Store>) {
    let at = |n: i64| Time(T0.0 + n);
    // Domain 1 by its schedule, 2 by an invitation (and later ones), 3 by both, the
    // invitation first, 4 by its lapse, 5 like 4 at the same moment, 6 not yet.
    domain_as(scheduled(1, SeatKind::Business, at(40)))
        .done(&*store)
        .await;
    let act = domain_opened(2).put(Write::User(ends(2, 21, at(20))));
    let act = act.put(Write::User(ends(2, 22, at(25))));
    act.put(Write::User(ends(2, 23, at(5000))))
        .done(&*store)
        .await;
    let act = domain_as(scheduled(3, SeatKind::DomainUser, at(50)));
    act.put(Write::User(ends(3, 31, at(10))))
        .done(&*store)
        .await;
    for n in [5, 4] {
        let mut lapsed = noted(domain(n), State::Lapsed, Some(T0));
        lapsed.standing.noted_until = Some(at(30));
        domain_as(lapsed).done(&*store).await;
    }
    domain_as(scheduled(6, SeatKind::BusinessPro, at(1000)))
        .done(&*store)
        .await;
    let order = [dom(3), dom(2), dom(4), dom(5), dom(1)];
    assert_eq!(due(&*store, at(100)).await, order);
    for limit in 0..=5 {
        let first = store.due(at(100), limit).await.unwrap();
        assert_eq!(first, order[..limit as usize]);
    }
    assert_eq!(due(&*store, at(20)).await, [dom(3), dom(2)]);
    // A standing that no longer fits is due before all that has a time.
    assert!(
        below(
            &*store,
            90,
            State::Frozen,
            noted(domain(0), State::Good, None)
        )
        .await
    );
    assert_eq!(store.due(at(100), 1).await.unwrap(), [dom(91)]);
}

async fn c7_nothing_is_due_in_a_closed_domain(store: Arc<dyn Store>) {
    // Closing ends the order; what was scheduled stays in the row.
    let mut domain = scheduled(1, SeatKind::Business, T0);
    domain.closed = true;
    domain.standing.noted_until = Some(T0);
    domain_as(domain).done(&*store).await;
    let above = noted(super::build::domain(2), State::Frozen, None);
    domain_as(above).done(&*store).await;
    let mut below = noted(domain_below(3, &above), State::Good, None);
    below.closed = true;
    below_as(below).done(&*store).await;
    assert_eq!(due(&*store, FAR).await, []);
}

async fn j1_a_domain_says_what_is_due_next(store: Arc<dyn Store>) {
    let soonest = async || {
        let load = Load {
            domains: [dom(1), dom(9)].into(),
            ..Load::default()
        };
        store.load(&load).await.unwrap().soonest
    };
    sharing_made(&*store, 1, pool(dom(1), 1), &[5, 6, 7]).await;
    let nothing = Soonest::default();
    assert_eq!(soonest().await, [(dom(1), nothing)].into());

    let at = |seconds| T0.plus_seconds(seconds);
    planted(
        &*store,
        [20, 10].map(|n| Write::User(ends(1, n, at(n as i64)))),
    )
    .await;
    let invitation = Some(at(10));
    let invited = Soonest {
        invitation,
        ..nothing
    };
    assert_eq!(soonest().await, [(dom(1), invited)].into());

    let seated = |n, due_at: Option<Time>| {
        let row = SessionRow::new(session(dom(1), n, Some(1)), session_record(n), None);
        Write::Session(SessionRow { due_at, ..row })
    };
    let rows = [(5, Some(at(40))), (6, Some(at(30))), (7, None)];
    planted(&*store, rows.map(|(n, due_at)| seated(n, due_at))).await;
    let seated = Soonest {
        session: Some(at(30)),
        ..invited
    };
    assert_eq!(soonest().await, [(dom(1), seated)].into());

    let offers = [(5, None), (6, Some(at(60))), (7, Some(at(50)))];
    let offered = offers.map(|(n, offered_until)| {
        Write::Waiting(Waiting {
            offered_until,
            ..waiting(dom(1), n, 1)
        })
    });
    planted(&*store, offered).await;
    let offered = Soonest {
        offer: Some(at(50)),
        ..seated
    };
    assert_eq!(soonest().await, [(dom(1), offered)].into());

    let waited_for = Pool {
        waiting: 1,
        ..pool(dom(1), 1)
    };
    planted(&*store, [Write::Pool(waited_for)]).await;
    let queue = true;
    let all = Soonest { queue, ..offered };
    assert_eq!(soonest().await, [(dom(1), all)].into());
}
