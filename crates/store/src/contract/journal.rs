//! Journals: in sequence, each head's own, every kind of event.

use std::sync::Arc;

use usher_rules::{Event, Head, Time};
use uuid::Uuid;

use super::build::*;
use super::events;
use crate::Store;
use crate::lists::EventLine;

super::list! {
    j1_every_kind_of_event_reads_back,
    j1_an_entry_keeps_who_when_and_why,
    j2_a_journal_is_read_after_a_number,
    j2_a_journal_that_is_not_there_is_empty,
    j2_a_long_journal_is_read_from_anywhere,
    j1_a_unit_may_hold_nothing_but_an_entry,
}

async fn j1_every_kind_of_event_reads_back(store: Arc<dyn Store>) {
    let head = Head::Domain(dom(1));
    let events = events::one_of_each();
    let act = domain_opened(1);
    act.done(&*store).await;
    Act::new().says(head, 1, events.clone()).done(&*store).await;
    let lines = store.journal(head, 1, 1000).await.unwrap();
    let read: Vec<Event> = lines.into_iter().map(|line| line.event).collect();
    assert_eq!(read, events);
}

async fn j1_an_entry_keeps_who_when_and_why(store: Arc<dyn Store>) {
    let head = Head::Account(acc(1));
    let mut unit = account_made(1).moves(Head::System, 0).unit();
    let expected = EventLine {
        seq: 1,
        at: Time(T0.0 - 1),
        recorded_at: Time(T0.0 + 1),
        actor: Some(acc(9)),
        request: Uuid::from_u128(77),
        event: some_event(head),
    };
    for entry in unit.journal.iter_mut().filter(|entry| entry.head == head) {
        entry.at = expected.at;
        entry.recorded_at = expected.recorded_at;
        entry.actor = expected.actor;
        entry.request = expected.request;
    }
    assert_eq!(store.commit(vec![unit]).await, [Ok(())]);
    assert_eq!(store.journal(head, 0, 10).await, Ok(vec![expected]));
    let system = store.journal(Head::System, 0, 10).await.unwrap();
    assert_eq!(system.len(), 1);
    assert_eq!(system[0].actor, None, "what time brought about");
}

async fn j2_a_journal_is_read_after_a_number(store: Arc<dyn Store>) {
    let head = Head::Domain(dom(1));
    domain_opened(1).done(&*store).await;
    domain_opened(2).done(&*store).await;
    for n in 0..3 {
        let act = Act::new().says(head, 1 + n * 4, vec![some_event(head); 4]);
        let act = act.moves(Head::Domain(dom(2)), 1 + n);
        act.done(&*store).await;
    }
    let seqs = async |head, after, limit| -> Vec<u64> {
        let lines = store.journal(head, after, limit).await.unwrap();
        lines.iter().map(|line| line.seq).collect()
    };
    assert_eq!(seqs(head, 0, 100).await, (1..=13).collect::<Vec<_>>());
    assert_eq!(seqs(head, 0, 3).await, [1, 2, 3]);
    assert_eq!(seqs(head, 3, 3).await, [4, 5, 6]);
    assert_eq!(seqs(head, 12, 3).await, [13]);
    assert_eq!(seqs(head, 13, 3).await, [0; 0]);
    assert_eq!(seqs(head, 500, 3).await, [0; 0]);
    assert_eq!(seqs(head, 0, 0).await, [0; 0]);
    let other = seqs(Head::Domain(dom(2)), 0, 100).await;
    assert_eq!(other, [1, 2, 3, 4]);
}

async fn j2_a_long_journal_is_read_from_anywhere(store: Arc<dyn Store>) {
    let head = Head::Domain(dom(1));
    domain_opened(1).done(&*store).await;
    domain_opened(2).done(&*store).await;
    const LENGTH: u64 = 101;
    for n in 1..LENGTH / 4 + 1 {
        let act = Act::new().says(head, 1 + (n - 1) * 4, vec![some_event(head); 4]);
        act.moves(Head::Domain(dom(2)), n).done(&*store).await;
    }
    for after in (0..=LENGTH).step_by(5) {
        for limit in [1, 3, 31, 32, 33, 200] {
            let lines = store.journal(head, after, limit).await.unwrap();
            let seqs: Vec<u64> = lines.iter().map(|line| line.seq).collect();
            let last = LENGTH.min(after + u64::from(limit));
            assert_eq!(seqs, (after + 1..=last).collect::<Vec<_>>());
        }
    }
}

async fn j2_a_journal_that_is_not_there_is_empty(store: Arc<dyn Store>) {
    for head in [Head::System, Head::Domain(dom(1)), Head::Account(acc(1))] {
        assert_eq!(store.journal(head, 0, 10).await, Ok(vec![]));
    }
}

async fn j1_a_unit_may_hold_nothing_but_an_entry(store: Arc<dyn Store>) {
    let head = Head::Domain(dom(1));
    domain_opened(1).done(&*store).await;
    Act::new().moves(head, 1).done(&*store).await;
    let lines = store.journal(head, 1, 10).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].at, T0);
}
