//! Answers that are remembered under idempotency keys (rule I3).

use std::sync::Arc;

use usher_rules::Head;

use super::build::*;
use crate::records::Remembered;
use crate::{Error, Store, Write};

super::list! {
    i3_an_answer_takes_no_younger_ones_place,
}

/// Of two processes that are asked the same, and of which neither changes anything, one is the
/// first all the same.
async fn i3_an_answer_takes_no_younger_ones_place(store: Arc<dyn Store>) {
    let head = Head::Domain(dom(1));
    domain_opened(1).done(&*store).await;
    let first = remembered(head, 5);
    let at = |seconds: i64, body: &str| {
        Write::Remembered(Remembered {
            at: T0.plus_seconds(seconds),
            body: body.to_owned(),
            ..remembered(head, 5)
        })
    };
    let answer = || async {
        let snapshot = load(&*store, |load| load.remembered = [(head, digest(5))].into()).await;
        snapshot.remembered.into_values().next().unwrap().body
    };
    Act::new()
        .put(Write::Remembered(first.clone()))
        .done(&*store)
        .await;
    for seconds in [0, 1, Remembered::KEPT_SECONDS - 1] {
        // What else the unit writes is not written either.
        let unit = Act::new()
            .put(at(seconds, "other"))
            .put(Write::Token(token(acc(1), 77)));
        let outcome = unit.commit(&*store).await;
        assert_eq!(outcome, Err(Error::Conflict), "after {seconds} seconds");
        let tokens = store.tokens(acc(1)).await.unwrap();
        assert!(tokens.iter().all(|token| token.id != tok(77)));
    }
    assert_eq!(answer().await, first.body);
    let unit = Act::new().put(at(Remembered::KEPT_SECONDS, "a day later"));
    unit.done(&*store).await;
    assert_eq!(answer().await, "a day later");
    // Two at once.
    let [one, two] = ["one", "two"].map(|body| {
        let later = at(3 * Remembered::KEPT_SECONDS, body);
        Act::new().put(later).unit()
    });
    let outcomes = store.commit(vec![one, two]).await;
    assert_eq!(outcomes, [Ok(()), Err(Error::Conflict)]);
    assert_eq!(answer().await, "one");
}
