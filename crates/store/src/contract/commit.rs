//! Units: whole or not at all, each on its own, under the versions it was decided on.

use std::sync::Arc;

use usher_rules::seats::{Seat, SeatKind};
use usher_rules::{Event, Head, Time};

use super::build::*;
use crate::{Error, HeadState, Store, Write};

super::list! {
    j1_a_stale_version_is_a_conflict_and_changes_nothing,
    j1_a_version_ahead_is_a_conflict,
    j1_a_head_that_is_not_there_has_version_zero,
    j1_a_new_head_is_made_once,
    j1_a_head_that_is_relied_on_has_to_stand_still,
    j1_a_head_keeps_the_time_of_its_last_decision,
    j1_a_poisoned_unit_fails_alone,
    j1_units_of_one_commit_follow_one_another,
    j1_a_unit_on_what_an_earlier_one_changed_is_a_conflict,
    j1_a_unit_on_what_a_failed_one_would_have_changed_is_a_conflict,
    j1_a_commit_of_nothing_answers_nothing,
    j1_rows_may_come_in_any_order,
    c6_a_user_may_be_put_elsewhere_before_it_is_removed,
    c7_a_domain_may_change_hands_in_any_order,
    a7_what_is_removed_is_gone_and_can_come_back,
    a7_removing_what_is_not_there_is_no_error,
    a1_more_in_use_than_ordered_is_refused_by_the_database,
    a1_as_many_in_use_as_ordered_is_taken,
    a1_of_many_writers_one_moves_a_head,
    d2_a_unit_of_thousands_of_rows_is_taken_whole,
    j1_a_commit_of_hundreds_of_units_is_taken,
    i3_answers_belong_to_a_head,
}

/// Everything that a failed unit could have left behind.
pub(super) async fn leaves_no_trace(store: &dyn Store, act: Act, expected: Error) {
    let sees = async || {
        let snapshot = load(store, |load| {
            load.accounts = (1..=9).map(acc).collect();
            load.emails = (1..=9).map(|n| account_record(n).email).collect();
            load.domains = (1..=9).map(dom).collect();
            load.names = load.domains.clone();
            load.people = (1..=9).map(|n| (dom(1), usr(n))).collect();
            load.tokens = (1..=9).map(digest).collect();
            load.remembered = (1..=9).map(|n| (Head::Domain(dom(1)), digest(n))).collect();
            load.attempts = (1..=9).map(digest).collect();
            load.prices = true;
            load.keys = true;
        })
        .await;
        let mut journals = Vec::new();
        for head in [Head::System, Head::Domain(dom(1)), Head::Account(acc(1))] {
            journals.push(store.journal(head, 0, 1000).await.unwrap());
        }
        let world = usher_rules::World {
            now: Time::ZERO,
            ..snapshot.world
        };
        format!(
            "{world:?} {:?} {:?} {:?} {:?} {journals:?} {:?} {:?} {:?} {:?}",
            snapshot.heads,
            snapshot.account_records,
            snapshot.people,
            snapshot.keys,
            snapshot.remembered.len(),
            snapshot.attempts.len(),
            snapshot.tokens.len(),
            snapshot.domain_records,
        )
    };
    let before = sees().await;
    assert_eq!(act.commit(store).await, Err(expected));
    assert_eq!(sees().await, before);
    let mails = store.claim_mail(T0, FAR, 10).await.unwrap();
    assert_eq!(mails, [], "a mail of a unit that failed");
}

/// A row of each kind that is not there yet, with an update and a removal.
pub(super) fn many_rows(act: Act) -> Act {
    let mut renamed = account_record(1);
    renamed.name = "Renamed".to_owned();
    let mut grown = domain(1);
    grown.users = 3;
    act.put(Write::AccountRecord(renamed))
        .put(Write::Seats(grown))
        .puts_user(invited(dom(1), 5), person(dom(1), 5))
        .put(Write::RemoveUser(dom(1), usr(4)))
        .put(Write::RemovePerson(dom(1), usr(4)))
        .put(Write::Token(token(acc(1), 5)))
        .put(Write::Remembered(remembered(Head::Domain(dom(1)), 5)))
        .put(Write::Mail(mail(5, T0)))
        .put(Write::Attempts(attempts(5)))
        .put(Write::PriceBook(price_book(5)))
        .put(Write::SigningKey(signing_key(5)))
}

async fn opened_with_a_user(store: &dyn Store) {
    domain_opened(1).done(store).await;
    Act::new()
        .moves(Head::Domain(dom(1)), 1)
        .puts_user(invited(dom(1), 4), person(dom(1), 4))
        .done(store)
        .await;
}

async fn j1_a_stale_version_is_a_conflict_and_changes_nothing(store: Arc<dyn Store>) {
    opened_with_a_user(&*store).await;
    // One head fits, the other does not.
    let act = Act::new()
        .moves(Head::Account(acc(1)), 1)
        .moves(Head::Domain(dom(1)), 1)
        .moves(Head::System, 0);
    leaves_no_trace(&*store, many_rows(act), Error::Conflict).await;
}

async fn j1_a_version_ahead_is_a_conflict(store: Arc<dyn Store>) {
    opened_with_a_user(&*store).await;
    let act = Act::new().moves(Head::Domain(dom(1)), 3);
    leaves_no_trace(&*store, many_rows(act), Error::Conflict).await;
}

async fn j1_a_head_that_is_not_there_has_version_zero(store: Arc<dyn Store>) {
    opened_with_a_user(&*store).await;
    let act = Act::new()
        .moves(Head::Domain(dom(1)), 2)
        .moves(Head::Account(acc(9)), 1);
    leaves_no_trace(&*store, many_rows(act), Error::Conflict).await;
}

async fn j1_a_new_head_is_made_once(store: Arc<dyn Store>) {
    account_made(1).done(&*store).await;
    let mut again = account_record(1);
    again.email = "other@example.com".to_owned();
    let act = Act::new().makes_account(account(1), again);
    leaves_no_trace(&*store, act, Error::Conflict).await;
    let system = || Act::new().moves(Head::System, 0);
    system().done(&*store).await;
    assert_eq!(system().commit(&*store).await, Err(Error::Conflict));
}

async fn j1_a_head_that_is_relied_on_has_to_stand_still(store: Arc<dyn Store>) {
    opened_with_a_user(&*store).await;
    let relying = |version| {
        Act::new()
            .moves(Head::Account(acc(1)), 1)
            .relies_on(Head::Domain(dom(1)), version)
            .put(Write::Token(token(acc(1), 1)))
    };
    leaves_no_trace(&*store, relying(1), Error::Conflict).await;
    relying(2).done(&*store).await;
    assert_eq!(version(&*store, Head::Domain(dom(1))).await, 2);
    assert_eq!(version(&*store, Head::Account(acc(1))).await, 2);
}

async fn j1_a_head_keeps_the_time_of_its_last_decision(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let head = Head::Domain(dom(1));
    Act::new().at(FAR).moves(head, 1).done(&*store).await;
    let snapshot = load(&*store, |load| {
        load.domains = [dom(1)].into();
        load.accounts = [acc(1)].into();
    })
    .await;
    let state = HeadState {
        version: 2,
        at: FAR,
    };
    assert_eq!(snapshot.heads.get(&head), Some(&state));
    let owner = snapshot.heads.get(&Head::Account(acc(1)));
    assert_eq!(owner, Some(&HeadState { version: 1, at: T0 }));
}

async fn j1_a_poisoned_unit_fails_alone(store: Arc<dyn Store>) {
    account_made(1).done(&*store).await;
    let mut taken = account_record(3);
    taken.email = account_record(1).email;
    let mut overfull = domain(5);
    overfull.seats.get_mut(SeatKind::Business).in_use = 1;
    let units = vec![
        account_made(2).unit(),
        Act::new().makes_account(account(3), taken).unit(),
        account_made(4).unit(),
        domain_as(overfull).unit(),
        account_made(6).unit(),
        Act::new().moves(Head::Account(acc(1)), 7).unit(),
        account_made(8).unit(),
    ];
    let outcomes = store.commit(units).await;
    assert_eq!(outcomes.len(), 7);
    for n in [0, 2, 4, 6] {
        assert_eq!(outcomes[n], Ok(()), "the unit at {n}");
    }
    assert!(
        matches!(outcomes[1], Err(Error::NotUnique(_))),
        "{outcomes:?}"
    );
    assert!(
        matches!(outcomes[3], Err(Error::Constraint(_))),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[5], Err(Error::Conflict));
    let snapshot = load(&*store, |load| load.accounts = (1..=9).map(acc).collect()).await;
    let there: Vec<_> = snapshot.world.accounts.into_keys().collect();
    assert_eq!(there, [acc(1), acc(2), acc(4), acc(6), acc(8)]);
    assert_eq!(version(&*store, Head::Account(acc(1))).await, 1);
    for n in [3, 5] {
        let journal = store.journal(Head::Account(acc(n)), 0, 10).await;
        assert_eq!(journal, Ok(vec![]));
    }
}

async fn j1_units_of_one_commit_follow_one_another(store: Arc<dyn Store>) {
    let head = Head::Domain(dom(1));
    let named = |n: u64| {
        let mut record = domain_record(1);
        record.name = format!("Name {n}");
        Act::new()
            .moves(head, n)
            .put(Write::DomainRecord(record))
            .unit()
    };
    let units = vec![domain_opened(1).unit(), named(1), named(2), named(3)];
    assert_eq!(store.commit(units).await, vec![Ok(()); 4]);
    let snapshot = load(&*store, |load| {
        load.domains = [dom(1)].into();
        load.names = [dom(1)].into();
    })
    .await;
    assert_eq!(snapshot.heads[&head].version, 4);
    assert_eq!(snapshot.domain_records[&dom(1)].name, "Name 3");
    assert_eq!(store.journal(head, 0, 10).await.unwrap().len(), 4);
}

async fn j1_a_unit_on_what_an_earlier_one_changed_is_a_conflict(store: Arc<dyn Store>) {
    opened_with_a_user(&*store).await;
    let head = Head::Domain(dom(1));
    let puts = |n| {
        let act = Act::new().moves(head, 2);
        act.puts_user(invited(dom(1), n), person(dom(1), n)).unit()
    };
    let outcomes = store.commit(vec![puts(5), puts(6)]).await;
    assert_eq!(outcomes, [Ok(()), Err(Error::Conflict)]);
    let snapshot = load(&*store, |load| {
        load.people = [(dom(1), usr(5)), (dom(1), usr(6))].into();
    })
    .await;
    let people: Vec<_> = snapshot.people.into_keys().collect();
    assert_eq!(people, [(dom(1), usr(5))]);
    assert_eq!(version(&*store, head).await, 3);
}

async fn j1_a_unit_on_what_a_failed_one_would_have_changed_is_a_conflict(store: Arc<dyn Store>) {
    opened_with_a_user(&*store).await;
    let head = Head::Domain(dom(1));
    let mut taken = person(dom(1), 5);
    taken.email = person(dom(1), 4).email;
    let units = vec![
        Act::new()
            .moves(head, 2)
            .puts_user(invited(dom(1), 5), taken)
            .unit(),
        Act::new().moves(head, 3).unit(),
        Act::new().moves(head, 2).unit(),
    ];
    let outcomes = store.commit(units).await;
    assert!(
        matches!(outcomes[0], Err(Error::NotUnique(_))),
        "{outcomes:?}"
    );
    assert_eq!(outcomes[1..], [Err(Error::Conflict), Ok(())]);
    assert_eq!(version(&*store, head).await, 3);
}

async fn j1_a_commit_of_nothing_answers_nothing(store: Arc<dyn Store>) {
    assert_eq!(store.commit(vec![]).await, []);
}

async fn j1_rows_may_come_in_any_order(store: Arc<dyn Store>) {
    let mut unit = many_rows(domain_opened(1).moves(Head::System, 0)).unit();
    unit.writes.extend([
        Write::User(invited(dom(1), 6)),
        Write::Person(person(dom(1), 6)),
    ]);
    // `many_rows` renames the owner: of the two writes of that row, one goes.
    unit.writes.remove(1);
    let grown = unit
        .writes
        .iter()
        .rposition(|w| matches!(w, Write::Seats(_)));
    unit.writes.remove(grown.expect("seats"));
    unit.writes.reverse();
    assert_eq!(store.commit(vec![unit]).await, [Ok(())]);
    let snapshot = load(&*store, |load| {
        load.names = [dom(1)].into();
        load.people = [(dom(1), usr(5)), (dom(1), usr(6))].into();
        load.tokens = [digest(5)].into();
    })
    .await;
    assert_eq!(snapshot.people.len(), 2);
    assert_eq!(snapshot.tokens.len(), 1);
    assert_eq!(snapshot.account_records[&acc(1)].name, "Renamed");
    assert_eq!(snapshot.domain_records.len(), 1);
}

async fn c6_a_user_may_be_put_elsewhere_before_it_is_removed(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    domain_opened(2).done(&*store).await;
    account_made(3).done(&*store).await;
    let mut here = person(dom(1), 3);
    here.external_id = Some("E3".to_owned());
    Act::new()
        .moves(Head::Domain(dom(1)), 1)
        .puts_user(joined(dom(1), 3), here.clone())
        .done(&*store)
        .await;
    here.domain = dom(2);
    Act::new()
        .moves(Head::Domain(dom(1)), 2)
        .moves(Head::Domain(dom(2)), 1)
        .puts_user(joined(dom(2), 3), here)
        .put(Write::RemovePerson(dom(1), usr(3)))
        .put(Write::RemoveUser(dom(1), usr(3)))
        .done(&*store)
        .await;
    let snapshot = load(&*store, |load| {
        load.people = [(dom(1), usr(3)), (dom(2), usr(3))].into();
    })
    .await;
    let keys: Vec<_> = snapshot.world.users.into_keys().collect();
    assert_eq!(keys, [(dom(2), usr(3))]);
    assert_eq!(snapshot.people.len(), 1);
}

async fn c7_a_domain_may_change_hands_in_any_order(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    account_made(2).done(&*store).await;
    let (mut former, mut next, mut domain) = (account(1), account(2), domain(1));
    former.owns = None;
    next.owns = Some(dom(1));
    domain.owner = acc(2);
    Act::new()
        .moves(Head::Domain(dom(1)), 1)
        .moves(Head::Account(acc(1)), 1)
        .moves(Head::Account(acc(2)), 1)
        .put(Write::Account(next))
        .put(Write::Domain(domain))
        .put(Write::Account(former))
        .done(&*store)
        .await;
    let snapshot = load(&*store, |load| {
        load.accounts = [acc(1), acc(2)].into();
        load.domains = [dom(1)].into();
    })
    .await;
    assert_eq!(snapshot.world.accounts[&acc(1)], former);
    assert_eq!(snapshot.world.accounts[&acc(2)], next);
    assert_eq!(snapshot.world.domains[&dom(1)], domain);
}

async fn a7_what_is_removed_is_gone_and_can_come_back(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let head = Head::Domain(dom(1));
    let put = |version| {
        let mut person = person(dom(1), 3);
        person.external_id = Some("E3".to_owned());
        person.invitation = Some(digest(3));
        Act::new()
            .moves(head, version)
            .moves(Head::System, version - 1)
            .puts_user(invited(dom(1), 3), person)
            .put(Write::Token(token(acc(1), 4)))
            .put(Write::SigningKey(signing_key(5)))
    };
    let remove = |version| {
        Act::new()
            .moves(head, version)
            .moves(Head::System, version - 1)
            .put(Write::RemoveUser(dom(1), usr(3)))
            .put(Write::RemovePerson(dom(1), usr(3)))
            .put(Write::RemoveToken(acc(1), tok(4)))
            .put(Write::RemoveSigningKey(signing_key(5).kid))
    };
    let count = async || {
        let snapshot = load(&*store, |load| {
            load.people = [(dom(1), usr(3))].into();
            load.tokens = [digest(4)].into();
            load.keys = true;
        })
        .await;
        let world = snapshot.world.users.len();
        world + snapshot.people.len() + snapshot.tokens.len() + snapshot.keys.len()
    };
    put(1).done(&*store).await;
    assert_eq!(count().await, 4);
    remove(2).done(&*store).await;
    assert_eq!(count().await, 0);
    put(3).done(&*store).await;
    assert_eq!(count().await, 4);
}

async fn a7_removing_what_is_not_there_is_no_error(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    Act::new()
        .moves(Head::Domain(dom(1)), 1)
        .put(Write::RemoveUser(dom(1), usr(3)))
        .put(Write::RemovePerson(dom(1), usr(3)))
        .put(Write::RemoveToken(acc(1), tok(4)))
        .put(Write::RemoveSigningKey("none".to_owned()))
        .done(&*store)
        .await;
}

async fn a1_more_in_use_than_ordered_is_refused_by_the_database(store: Arc<dyn Store>) {
    opened_with_a_user(&*store).await;
    for kind in SeatKind::ALL {
        let mut domain = domain(1);
        *domain.seats.get_mut(kind) = Seat {
            ordered: 2,
            in_use: 3,
            scheduled: None,
        };
        let unit = Act::new()
            .moves(Head::Domain(dom(1)), 2)
            .put(Write::Mail(mail(5, T0)))
            .put(Write::Seats(domain));
        let outcome = unit.commit(&*store).await;
        let refused = matches!(outcome, Err(Error::Constraint(_)));
        assert!(refused, "{}: {outcome:?}", kind.name());
    }
    assert_eq!(version(&*store, Head::Domain(dom(1))).await, 2);
    assert_eq!(store.claim_mail(T0, FAR, 10).await, Ok(vec![]));
}

async fn a1_as_many_in_use_as_ordered_is_taken(store: Arc<dyn Store>) {
    let mut domain = domain(1);
    for kind in SeatKind::ALL {
        domain.seats.get_mut(kind).ordered = 3;
        domain.seats.get_mut(kind).in_use = 3;
    }
    domain_as(domain).done(&*store).await;
}

async fn a1_of_many_writers_one_moves_a_head(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let writers: Vec<_> = (0..16)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut won = 0;
                for version in 1..=10 {
                    let act = Act::new().moves(Head::Domain(dom(1)), version);
                    match act.commit(&*store).await {
                        Ok(()) => won += 1,
                        Err(Error::Conflict) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
                won
            })
        })
        .collect();
    let mut won = 0;
    for writer in writers {
        won += writer.await.unwrap();
    }
    assert_eq!(won, 10, "one winner per version");
    let journal = store.journal(Head::Domain(dom(1)), 0, 100).await.unwrap();
    let seqs: Vec<u64> = journal.iter().map(|line| line.seq).collect();
    assert_eq!(seqs, (1..=11).collect::<Vec<_>>());
}

async fn d2_a_unit_of_thousands_of_rows_is_taken_whole(store: Arc<dyn Store>) {
    const ROWS: u64 = 5_000;
    domain_opened(1).done(&*store).await;
    let events = |from: u64| {
        let user = move |n| Event::UserDetailsChanged { user: usr(n) };
        (from..from + ROWS).map(user).collect::<Vec<_>>()
    };
    let act = (0..ROWS).fold(
        Act::new().says(Head::Domain(dom(1)), 1, events(0)),
        |act, n| act.puts_user(invited(dom(1), n), person(dom(1), n)),
    );
    act.done(&*store).await;
    let snapshot = load(&*store, |load| {
        load.people = (0..ROWS).map(|n| (dom(1), usr(n))).collect();
    })
    .await;
    assert_eq!(snapshot.people.len() as u64, ROWS);
    assert_eq!(version(&*store, Head::Domain(dom(1))).await, 1 + ROWS);
    // And none of them, when the last one can't be.
    let mut taken = person(dom(1), 2 * ROWS);
    taken.email = person(dom(1), 0).email;
    let act = (ROWS..2 * ROWS).fold(
        Act::new().says(Head::Domain(dom(1)), 1 + ROWS, events(ROWS)),
        |act, n| act.puts_user(invited(dom(1), n), person(dom(1), n)),
    );
    let act = act.puts_user(invited(dom(1), 2 * ROWS), taken);
    let outcome = act.commit(&*store).await;
    assert!(matches!(outcome, Err(Error::NotUnique(_))), "{outcome:?}");
    assert_eq!(version(&*store, Head::Domain(dom(1))).await, 1 + ROWS);
}

async fn j1_a_commit_of_hundreds_of_units_is_taken(store: Arc<dyn Store>) {
    let units: Vec<_> = (1..=400).map(|n| domain_opened(n).unit()).collect();
    let outcomes = store.commit(units).await;
    assert_eq!(outcomes, vec![Ok(()); 400]);
    let snapshot = load(&*store, |load| load.domains = (1..=400).map(dom).collect()).await;
    assert_eq!(snapshot.world.domains.len(), 400);
}

async fn i3_answers_belong_to_a_head(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let (here, there) = (Head::Domain(dom(1)), Head::Account(acc(1)));
    let mut elsewhere = remembered(there, 5);
    elsewhere.body = "elsewhere".to_owned();
    Act::new()
        .moves(here, 1)
        .moves(there, 1)
        .put(Write::Remembered(remembered(here, 5)))
        .put(Write::Remembered(elsewhere.clone()))
        .put(Write::Remembered(remembered(here, 6)))
        .done(&*store)
        .await;
    let snapshot = load(&*store, |load| load.remembered = [(here, digest(5))].into()).await;
    let answers: Vec<_> = snapshot.remembered.values().collect();
    assert_eq!(answers, [&remembered(here, 5)]);
    let snapshot = load(&*store, |load| {
        load.remembered = [(there, digest(5)), (there, digest(6))].into();
    })
    .await;
    let answers: Vec<_> = snapshot.remembered.values().collect();
    assert_eq!(answers, [&elsewhere]);
}
