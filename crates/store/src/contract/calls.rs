//! Calls that are over, and call links in every state (rules F1, F2).

use std::sync::Arc;

use usher_rules::links::{self, CallLink};
use usher_rules::{Time, UserId};

use super::build::*;
use super::load::holds_only;
use crate::lists::LinkLine;
use crate::records::LinkRecord;
use crate::{Error, Snapshot, Store, Write};

super::list! {
    f1_a_call_that_is_over_reads_back,
    f2_a_link_reads_back_in_every_state,
    f2_a_links_token_finds_it_in_any_state,
    f2_a_links_token_is_unique,
    f2_a_users_desk_has_the_links_that_are_valid,
    f2_links_are_listed_the_newest_first,
    f2_links_are_one_domains,
}

async fn f1_a_call_that_is_over_reads_back(store: Arc<dyn Store>) {
    let mut later = call(dom(1), 1);
    later.ended_at = Time(T0.0 + 5);
    later.session = ses(9);
    later.user = usr(8);
    for call in [call(dom(1), 1), later] {
        planted(&*store, [Write::Call(call)]).await;
        let snapshot = load(&*store, |load| {
            load.calls = [(dom(1), cal(1)), (dom(2), cal(1)), (dom(1), cal(2))].into();
        })
        .await;
        let mut expected = Snapshot::default();
        let calls = &mut expected.world.ended_calls;
        calls.insert((dom(1), cal(1)), call);
        holds_only(snapshot, expected);
    }
}

/// Links of the user 5 in every state that is recorded.
fn every_state() -> [CallLink; 4] {
    let used = links::LinkRecord::Used {
        call: cal(7),
        at: Time(T0.0 + 3),
    };
    let revoked = links::LinkRecord::Revoked { at: Time(T0.0 + 4) };
    let of = |n, record| CallLink {
        record,
        one_call: n % 2 == 0,
        made_at: Time(T0.0 + n as i64),
        valid_until: Time(FAR.0 + n as i64),
        ..link(dom(1), n, 5)
    };
    [
        of(1, links::LinkRecord::Open),
        of(2, used),
        of(3, revoked),
        of(4, links::LinkRecord::Open),
    ]
}

async fn f2_a_link_reads_back_in_every_state(store: Arc<dyn Store>) {
    let record = LinkRecord {
        guest: "Zoë \"Ω\" O'Néill \\ 李雷".to_owned(),
        token: digest(9),
    };
    let key = (dom(1), lnk(1));
    let [open, used, revoked, _] = every_state();
    for state in [open, used, open, revoked, used, open] {
        let link = CallLink {
            id: lnk(1),
            ..state
        };
        planted(&*store, [Write::Link(link, record.clone())]).await;
        let snapshot = load(&*store, |load| load.links = [key].into()).await;
        let mut expected = Snapshot::default();
        expected.world.links.insert(key, link);
        expected.link_records.insert(key, record.clone());
        holds_only(snapshot, expected);
    }
}

fn rows(links: impl IntoIterator<Item = CallLink>) -> impl Iterator<Item = Write> {
    links.into_iter().map(|link| {
        let n = (link.id.0.as_u128() & 0xffff) as u64;
        Write::Link(link, link_record(n))
    })
}

async fn f2_a_links_token_finds_it_in_any_state(store: Arc<dyn Store>) {
    planted(&*store, rows(every_state())).await;
    for link in every_state() {
        let n = (link.id.0.as_u128() & 0xffff) as u64;
        let token = link_record(n).token;
        let by_token = load(&*store, |load| load.link_tokens = [token].into()).await;
        assert_eq!(by_token.link_by_token(&token), Some((dom(1), link.id)));
        let by_id = load(&*store, |load| load.links = [(dom(1), link.id)].into()).await;
        assert_eq!(by_id.world.links.len(), 1);
        holds_only(by_token, by_id);
    }
}

async fn f2_a_links_token_is_unique(store: Arc<dyn Store>) {
    planted(&*store, rows(every_state())).await;
    let other = Write::Link(link(dom(2), 8, 6), link_record(3));
    let outcome = Act::new().put(other).commit(&*store).await;
    let Err(Error::NotUnique(name)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(name.contains("token"), "{name}");
}

async fn f2_a_users_desk_has_the_links_that_are_valid(store: Arc<dyn Store>) {
    let now = store.now().await.unwrap();
    let [open, used, revoked, another] = every_state();
    let expired = CallLink {
        valid_until: now,
        ..link(dom(1), 10, 5)
    };
    let soon = CallLink {
        valid_until: now.plus_seconds(3600),
        ..link(dom(1), 11, 5)
    };
    let others = [link(dom(1), 12, 6), link(dom(2), 13, 5)];
    planted(
        &*store,
        rows([open, used, revoked, another, expired, soon]).chain(rows(others)),
    )
    .await;
    let snapshot = load(&*store, |load| load.desks = [(dom(1), usr(5))].into()).await;
    let mut expected = Snapshot::default();
    for (n, link) in [(1, open), (4, another), (11, soon)] {
        let key = (dom(1), link.id);
        expected.world.links.insert(key, link);
        expected.link_records.insert(key, link_record(n));
    }
    holds_only(snapshot, expected);
}

async fn f2_links_are_listed_the_newest_first(store: Arc<dyn Store>) {
    planted(&*store, rows(every_state())).await;
    planted(&*store, rows([link(dom(1), 9, 6), link(dom(2), 8, 5)])).await;
    let mut lines = every_state().map(|link| LinkLine {
        link,
        record: link_record((link.id.0.as_u128() & 0xffff) as u64),
    });
    lines.reverse();
    let page = async |user: UserId, before: Option<u64>, limit| {
        let before = before.map(lnk);
        let page = store.call_links(dom(1), user, before, limit).await;
        let page = page.unwrap();
        (page.items, page.more)
    };
    assert_eq!(page(usr(5), None, 9).await, (lines.to_vec(), false));
    assert_eq!(page(usr(5), None, 4).await, (lines.to_vec(), false));
    assert_eq!(page(usr(5), None, 2).await, (lines[..2].to_vec(), true));
    assert_eq!(page(usr(5), Some(3), 1).await, (lines[2..3].to_vec(), true));
    assert_eq!(page(usr(5), Some(2), 1).await, (lines[3..].to_vec(), false));
    assert_eq!(page(usr(5), Some(1), 9).await, (vec![], false));
    assert_eq!(page(usr(7), None, 9).await, (vec![], false));
}

async fn f2_links_are_one_domains(store: Arc<dyn Store>) {
    planted(&*store, rows([link(dom(1), 1, 5), link(dom(2), 2, 5)])).await;
    planted(&*store, [Write::Call(call(dom(2), 3))]).await;
    let snapshot = load(&*store, |load| {
        load.links = [(dom(1), lnk(2)), (dom(2), lnk(1))].into();
        load.calls = [(dom(1), cal(3))].into();
        load.desks = [(dom(3), usr(5))].into();
    })
    .await;
    holds_only(snapshot, Snapshot::default());
}
