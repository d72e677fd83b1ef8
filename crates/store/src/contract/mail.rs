//! Mail that waits: taken by one process at a time, tried again, kept in a sandbox.

use std::collections::BTreeSet;
use std::sync::Arc;

use usher_rules::{Head, Time};

use super::build::*;
use crate::port::MailOutcome;
use crate::records::Mail;
use crate::{Store, Write};

super::list! {
    d1_a_mail_is_claimed_by_one_until_its_lease_ends,
    d1_mails_are_claimed_those_due_first_and_a_bounded_number,
    d1_a_mail_is_not_claimed_before_its_time,
    d1_a_mail_that_was_sent_is_gone,
    d1_a_mail_that_was_kept_is_shown_and_not_sent_again,
    d1_a_mail_that_was_not_sent_is_tried_again,
    d1_what_became_of_a_mail_that_is_not_there_is_no_error,
    d1_processes_that_claim_together_share,
}

fn at(micros: i64) -> Time {
    Time(T0.0 + micros)
}

async fn waits(store: &dyn Store, mails: impl IntoIterator<Item = Mail>) {
    let act = Act::new().moves(Head::System, 0);
    act.puts(mails.into_iter().map(Write::Mail))
        .done(store)
        .await;
}

/// The claimed mails in the order of their ids: in which order they come is not promised.
async fn claim(store: &dyn Store, now: Time, until: Time, limit: u32) -> Vec<Mail> {
    let mut mails = store.claim_mail(now, until, limit).await.unwrap();
    mails.sort_by_key(|mail| mail.id);
    mails
}

async fn d1_a_mail_is_claimed_by_one_until_its_lease_ends(store: Arc<dyn Store>) {
    waits(&*store, [mail(1, at(0))]).await;
    let leased = |attempts, due_at| Mail {
        attempts,
        due_at,
        ..mail(1, at(0))
    };
    assert_eq!(claim(&*store, at(5), at(10), 9).await, [leased(1, at(10))]);
    assert_eq!(claim(&*store, at(9), at(20), 9).await, []);
    assert_eq!(claim(&*store, at(10), at(20), 9).await, [leased(2, at(20))]);
    assert_eq!(store.sent_mail(9).await, Ok(vec![]));
}

async fn d1_mails_are_claimed_those_due_first_and_a_bounded_number(store: Arc<dyn Store>) {
    let dues = [50, 10, 40, 20, 30];
    let mails = (1..).zip(dues).map(|(n, due)| mail(n, at(due)));
    waits(&*store, mails).await;
    let claimed = async |limit| -> Vec<i64> {
        let mails = claim(&*store, at(100), FAR, limit).await;
        mails.iter().map(|mail| mail.created_at.0 - T0.0).collect()
    };
    assert_eq!(claimed(0).await, [0; 0]);
    assert_eq!(claimed(2).await, [2, 4]);
    assert_eq!(claimed(2).await, [3, 5]);
    assert_eq!(claimed(2).await, [1]);
    assert_eq!(claimed(2).await, [0; 0]);
}

async fn d1_a_mail_is_not_claimed_before_its_time(store: Arc<dyn Store>) {
    waits(&*store, [mail(1, at(10)), mail(2, at(11))]).await;
    assert_eq!(claim(&*store, at(9), FAR, 9).await, []);
    assert_eq!(claim(&*store, at(10), FAR, 9).await.len(), 1);
}

async fn d1_a_mail_that_was_sent_is_gone(store: Arc<dyn Store>) {
    waits(&*store, [mail(1, at(0)), mail(2, at(0))]).await;
    let id = mail(1, at(0)).id;
    claim(&*store, at(5), at(10), 9).await;
    store.settle_mail(id, MailOutcome::Sent).await.unwrap();
    let left: Vec<_> = claim(&*store, at(50), FAR, 9).await;
    assert_eq!(left.len(), 1);
    assert_ne!(left[0].id, id);
    assert_eq!(store.sent_mail(9).await, Ok(vec![]));
}

async fn d1_a_mail_that_was_kept_is_shown_and_not_sent_again(store: Arc<dyn Store>) {
    waits(&*store, (1..=3).map(|n| mail(n, at(0)))).await;
    let claimed = claim(&*store, at(5), at(10), 9).await;
    for (mail, sent_at) in claimed.iter().zip([30, 10, 20]) {
        let kept = MailOutcome::SentAndKept(at(sent_at));
        store.settle_mail(mail.id, kept).await.unwrap();
    }
    assert_eq!(claim(&*store, FAR, FAR, 9).await, []);
    let sent = store.sent_mail(9).await.unwrap();
    let shown = |n: u64, sent_at| Mail {
        attempts: 1,
        due_at: at(10),
        sent_at: Some(at(sent_at)),
        ..mail(n, at(0))
    };
    assert_eq!(
        sent,
        [shown(3, 20), shown(2, 10), shown(1, 30)],
        "the newest first"
    );
    assert_eq!(store.sent_mail(1).await.unwrap(), sent[..1]);
}

async fn d1_a_mail_that_was_not_sent_is_tried_again(store: Arc<dyn Store>) {
    waits(&*store, [mail(1, at(0))]).await;
    let id = mail(1, at(0)).id;
    claim(&*store, at(5), at(10), 9).await;
    let retry = MailOutcome::RetryAt(at(500));
    store.settle_mail(id, retry).await.unwrap();
    assert_eq!(claim(&*store, at(499), FAR, 9).await, []);
    let again = claim(&*store, at(500), at(600), 9).await;
    assert_eq!((again.len(), again[0].attempts), (1, 2));
}

async fn d1_what_became_of_a_mail_that_is_not_there_is_no_error(store: Arc<dyn Store>) {
    let id = mail(1, at(0)).id;
    for outcome in [
        MailOutcome::Sent,
        MailOutcome::SentAndKept(at(1)),
        MailOutcome::RetryAt(at(1)),
    ] {
        assert_eq!(store.settle_mail(id, outcome).await, Ok(()));
    }
    assert_eq!(store.sent_mail(9).await, Ok(vec![]));
}

async fn d1_processes_that_claim_together_share(store: Arc<dyn Store>) {
    waits(&*store, (1..=40).map(|n| mail(n, at(0)))).await;
    let claims: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { claim(&*store, at(5), FAR, 10).await })
        })
        .collect();
    let mut seen = BTreeSet::new();
    for claim in claims {
        for mail in claim.await.unwrap() {
            assert!(seen.insert(mail.id), "claimed twice");
        }
    }
    // Who came second may have found its share taken: the rest is still there.
    let rest = claim(&*store, at(5), FAR, 100).await;
    assert_eq!(seen.len() + rest.len(), 40);
}
