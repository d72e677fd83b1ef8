//! What keeps a store in order: forgetting, checking, its clock, its turns; and the small
//! lists that need no file of their own.

use std::sync::Arc;

use usher_rules::accounts::{Identity, Place};
use usher_rules::domains::Domain;
use usher_rules::seats::SeatKind;
use usher_rules::tiers::Tier;
use usher_rules::users::{License, User, UserState};
use usher_rules::{Head, Time};

use super::build::*;
use crate::lists::{Difference, VerificationLine};
use crate::port::Forget;
use crate::records::{Attempts, Remembered, Token, TokenKind};
use crate::{Error, Store, Write};

super::list! {
    i3_what_has_had_its_time_is_forgotten,
    i3_a_bounded_number_is_forgotten_at_once,
    a1_counts_that_fit_their_rows_pass_the_check,
    a1_the_check_finds_every_wrong_count,
    j1_the_check_finds_a_gap_between_head_and_journal,
    c7_the_check_finds_a_user_whose_account_is_elsewhere,
    c7_the_check_finds_an_account_whose_user_is_not_there,
    c7_the_check_finds_a_domain_whose_owner_does_not_know,
    c7_the_check_finds_a_domain_whose_seat_above_does_not_know,
    j1_the_check_finds_a_person_without_a_user,
    c7_the_check_passes_over_a_closed_domain,
    i4_tokens_are_listed_the_newest_first,
    f1_credentials_of_proxies_are_listed_whoever_issued_them,
    g7_pending_verifications_are_listed_the_oldest_first,
    j1_the_clock_does_not_go_back,
    j1_only_a_sandboxs_clock_can_be_moved,
    j1_turns_come_and_go,
    j1_an_empty_store_is_ready,
}

fn at(micros: i64) -> Time {
    Time(T0.0 + micros)
}

/// An answer, a token and wrong attempts of this moment.
fn of_moment(act: Act, n: u64, moment: Time) -> Act {
    act.put(Write::Remembered(Remembered {
        at: moment,
        ..remembered(Head::Account(acc(1)), n)
    }))
    .put(Write::Token(Token {
        expires_at: moment,
        ..token(acc(1), n)
    }))
    .put(Write::Attempts(Attempts {
        last_at: moment,
        ..attempts(n)
    }))
}

/// The numbers of what is left of each of the three.
async fn left(store: &dyn Store) -> [Vec<u64>; 3] {
    let snapshot = load(store, |load| {
        load.remembered = (0..50)
            .map(|n| (Head::Account(acc(1)), digest(n)))
            .collect();
        load.tokens = (0..50).map(digest).collect();
        load.attempts = (0..50).map(digest).collect();
    })
    .await;
    let numbers = |there: &dyn Fn(u64) -> bool| (0..50).filter(|n| there(*n)).collect();
    [
        numbers(&|n| snapshot.remembered.contains_key(&(acc(1).0, digest(n)))),
        numbers(&|n| snapshot.tokens.contains_key(&digest(n))),
        numbers(&|n| snapshot.attempts.contains_key(&digest(n))),
    ]
}

async fn i3_what_has_had_its_time_is_forgotten(store: Arc<dyn Store>) {
    let act = (1..=4).fold(account_made(1), |act, n| of_moment(act, n, at(n as i64)));
    act.done(&*store).await;
    let before = |remembered, tokens, attempts| Forget {
        remembered: at(remembered),
        tokens: at(tokens),
        attempts: at(attempts),
        ..Forget::default()
    };
    assert_eq!(store.forget(before(1, 1, 1), 100).await, Ok(0));
    assert_eq!(store.forget(before(3, 1, 1), 100).await, Ok(2));
    assert_eq!(
        left(&*store).await,
        [vec![3, 4], vec![1, 2, 3, 4], vec![1, 2, 3, 4]]
    );
    assert_eq!(store.forget(before(1, 4, 2), 100).await, Ok(4));
    assert_eq!(left(&*store).await, [vec![3, 4], vec![4], vec![2, 3, 4]]);
    assert_eq!(store.forget(before(9, 9, 9), 100).await, Ok(6));
    assert_eq!(left(&*store).await, [const { Vec::<u64>::new() }; 3]);
    // A digest that went can be used again.
    Act::new()
        .moves(Head::Account(acc(1)), 1)
        .put(Write::Token(token(acc(1), 1)))
        .done(&*store)
        .await;
}

async fn i3_a_bounded_number_is_forgotten_at_once(store: Arc<dyn Store>) {
    let act = (1..=5).fold(account_made(1), |act, n| of_moment(act, n, at(n as i64)));
    act.done(&*store).await;
    let before = Forget {
        remembered: at(5),
        tokens: at(5),
        attempts: at(5),
        ..Forget::default()
    };
    let (mut gone, mut calls) = (0, 0);
    loop {
        let went = store.forget(before, 5).await.unwrap();
        assert!(went <= 5, "at most the limit");
        gone += went;
        calls += 1;
        if went < 5 {
            break;
        }
    }
    assert_eq!(
        (gone, calls),
        (12, 3),
        "while it is the limit, there may be more"
    );
    assert_eq!(left(&*store).await, [vec![5], vec![5], vec![5]]);
}

/// A domain with users of every state and tier, its counts as they say.
async fn counted(store: &dyn Store) -> Domain {
    let mut domain = domain(1);
    domain_as(domain).done(store).await;
    let mut act = Act::new().moves(Head::Domain(dom(1)), 1);
    for n in 10..25 {
        let account = acc(n);
        let state = match n % 5 {
            0 => UserState::Invited { expires_at: FAR },
            1 => UserState::Expired,
            2 => UserState::Declined,
            3 => UserState::Active { account },
            _ => UserState::Suspended { account },
        };
        let user = User {
            state,
            license: License::Named {
                tier: Tier::ALL[n as usize / 5 % 3],
            },
            ..invited(dom(1), n)
        };
        if state.account().is_some() {
            let mut managed = super::build::account(n);
            managed.place = Place::Managed {
                domain: dom(1),
                user: usr(n),
            };
            act = act.makes_account(managed, account_record(n));
        }
        for (kind, more) in user.seats().iter() {
            domain.seats.get_mut(kind).in_use += more;
            domain.seats.get_mut(kind).ordered += more + 1;
        }
        domain.users += u32::from(state.counts());
        act = act.puts_user(user, person(dom(1), n));
    }
    act.put(Write::Seats(domain)).done(store).await;
    domain
}

async fn check(store: &dyn Store) -> Vec<Difference> {
    let mut differences = store.check().await.unwrap();
    differences.sort_by(|a, b| (a.of, &a.what).cmp(&(b.of, &b.what)));
    differences
}

async fn a1_counts_that_fit_their_rows_pass_the_check(store: Arc<dyn Store>) {
    assert_eq!(check(&*store).await, []);
    let domain = counted(&*store).await;
    assert_eq!(domain.users, 9);
    assert_eq!(domain.seats.get(SeatKind::DomainUser).in_use, 6);
    domain_opened(2).done(&*store).await;
    assert_eq!(check(&*store).await, []);
}

async fn a1_the_check_finds_every_wrong_count(store: Arc<dyn Store>) {
    let mut domain = counted(&*store).await;
    domain.users += 1;
    domain.seats.get_mut(SeatKind::DomainUser).in_use -= 2;
    domain.seats.get_mut(SeatKind::Business).in_use += 1;
    domain.seats.get_mut(SeatKind::BusinessPro).in_use = 0;
    Act::new()
        .moves(Head::Domain(dom(1)), 2)
        .put(Write::Seats(domain))
        .done(&*store)
        .await;
    let difference = |what: &str, recorded, counted| Difference {
        of: dom(1).0,
        what: what.to_owned(),
        recorded,
        counted,
    };
    let expected = [
        difference("business_in_use", 3, 2),
        difference("business_pro_in_use", 0, 2),
        difference("domain_user_in_use", 4, 6),
        difference("users", 10, 9),
    ];
    assert_eq!(check(&*store).await, expected);
}

async fn j1_the_check_finds_a_gap_between_head_and_journal(store: Arc<dyn Store>) {
    domain_opened(1).done(&*store).await;
    let mut unit = Act::new().moves(Head::Domain(dom(1)), 1).unit();
    unit.heads[0].next = 5;
    assert_eq!(store.commit(vec![unit]).await, [Ok(())]);
    let expected = Difference {
        of: dom(1).0,
        what: "journal".to_owned(),
        recorded: 5,
        counted: 2,
    };
    assert_eq!(check(&*store).await, [expected]);
}

/// What the check finds after these rows were put beside a domain 2 below a domain 1.
async fn finds(store: &dyn Store, act: Act, of: uuid::Uuid, what: &str) {
    let mut above = domain(1);
    above.users = 1;
    let seat = above.seats.get_mut(SeatKind::DomainUser);
    (seat.ordered, seat.in_use) = (1, 1);
    domain_as(above).done(store).await;
    let below = domain_below(2, &above);
    below_as(below).done(store).await;
    account_made(3).done(store).await;
    assert_eq!(check(store).await, [], "before");
    act.moves(Head::System, 0).done(store).await;
    let expected = Difference {
        of,
        what: what.to_owned(),
        recorded: 1,
        counted: 0,
    };
    assert_eq!(check(store).await, [expected]);
}

async fn c7_the_check_finds_a_user_whose_account_is_elsewhere(store: Arc<dyn Store>) {
    let suspended = User {
        state: UserState::Suspended { account: acc(3) },
        ..invited(dom(1), 3)
    };
    let mut counts = domain(1);
    counts.users = 2;
    let seat = counts.seats.get_mut(SeatKind::DomainUser);
    (seat.ordered, seat.in_use) = (1, 1);
    let act = Act::new()
        .puts_user(suspended, person(dom(1), 3))
        .put(Write::Seats(counts));
    finds(&*store, act, usr(3).0, "account of user").await;
}

async fn c7_the_check_finds_an_account_whose_user_is_not_there(store: Arc<dyn Store>) {
    let mut managed = account(3);
    managed.place = Place::Managed {
        domain: dom(1),
        user: usr(3),
    };
    let act = Act::new().put(Write::Account(managed));
    finds(&*store, act, acc(3).0, "user of account").await;
}

async fn c7_the_check_finds_a_domain_whose_owner_does_not_know(store: Arc<dyn Store>) {
    let act = Act::new().put(Write::Account(account(1)));
    finds(&*store, act, dom(1).0, "owner of domain").await;
}

async fn c7_the_check_finds_a_domain_whose_seat_above_does_not_know(store: Arc<dyn Store>) {
    let act = Act::new().put(Write::User(joined(dom(1), 2)));
    finds(&*store, act, dom(2).0, "owner above").await;
}

async fn j1_the_check_finds_a_person_without_a_user(store: Arc<dyn Store>) {
    let act = Act::new().put(Write::Person(person(dom(1), 3)));
    finds(&*store, act, usr(3).0, "user of person").await;
}

async fn c7_the_check_passes_over_a_closed_domain(store: Arc<dyn Store>) {
    let mut closed = domain(1);
    closed.closed = true;
    domain_as(closed).done(&*store).await;
    assert_eq!(check(&*store).await, []);
}

async fn i4_tokens_are_listed_the_newest_first(store: Arc<dyn Store>) {
    let act = account_made(1).puts([3, 1, 2].map(|n| Write::Token(token(acc(1), n))));
    act.done(&*store).await;
    let tokens = store.tokens(acc(1)).await.unwrap();
    assert_eq!(tokens, [3, 2, 1].map(|n| token(acc(1), n)));
    assert_eq!(store.tokens(acc(9)).await, Ok(vec![]));
}

async fn f1_credentials_of_proxies_are_listed_whoever_issued_them(store: Arc<dyn Store>) {
    let others = account_made(1).put(Write::Token(token(acc(1), 1)));
    others.done(&*store).await;
    assert_eq!(store.proxies(10).await, Ok(vec![]));
    let proxy = |account, n| Token {
        kind: TokenKind::Proxy,
        ..token(account, n)
    };
    let proxies = [proxy(acc(2), 23), proxy(acc(1), 22), proxy(acc(2), 21)];
    let writes = proxies.iter().cloned().map(Write::Token);
    Act::new().puts(writes).done(&*store).await;
    assert_eq!(store.proxies(10).await, Ok(proxies.to_vec()));
    assert_eq!(store.proxies(2).await, Ok(proxies[..2].to_vec()));
}

async fn g7_pending_verifications_are_listed_the_oldest_first(store: Arc<dyn Store>) {
    let identities = [
        (4, Identity::Pending),
        (1, Identity::Verified),
        (3, Identity::Pending),
        (2, Identity::Pending),
        (5, Identity::Failed),
        (6, Identity::NotStarted),
    ];
    for (n, identity) in identities {
        let mut account = account(n);
        account.identity = identity;
        let act = Act::new().makes_account(account, account_record(n));
        act.done(&*store).await;
    }
    let lines = [2, 3, 4].map(|n| VerificationLine {
        account: acc(n),
        identity: Identity::Pending,
        name: account_record(n).name,
        email: account_record(n).email,
    });
    assert_eq!(store.pending_verifications(9).await.unwrap(), lines);
    assert_eq!(store.pending_verifications(2).await.unwrap(), lines[..2]);
}

async fn j1_the_clock_does_not_go_back(store: Arc<dyn Store>) {
    let mut last = store.now().await.unwrap();
    for _ in 0..50 {
        let now = store.now().await.unwrap();
        assert!(now >= last);
        last = now;
    }
}

async fn j1_only_a_sandboxs_clock_can_be_moved(store: Arc<dyn Store>) {
    const DAY: i64 = 24 * 3600 * 1_000_000;
    if !store.is_sandbox() {
        let refused = store.move_clock(DAY).await;
        assert!(matches!(refused, Err(Error::Sandbox(_))), "{refused:?}");
        return;
    }
    let before = store.now().await.unwrap();
    let moved = async || store.now().await.unwrap().micros_since(before);
    store.move_clock(DAY).await.unwrap();
    assert!((DAY..2 * DAY).contains(&moved().await));
    store.move_clock(2 * DAY).await.unwrap();
    assert!((3 * DAY..4 * DAY).contains(&moved().await));
    let snapshot = load(&*store, |_| {}).await;
    assert!(snapshot.world.now.micros_since(before) >= 3 * DAY);
    store.move_clock(-2 * DAY).await.unwrap();
    assert!((DAY..2 * DAY).contains(&moved().await));
}

async fn j1_turns_come_and_go(store: Arc<dyn Store>) {
    let (here, there) = (Head::Domain(dom(1)), Head::Account(acc(1)));
    let turn = store.turn(&[here]).await.unwrap();
    let other = store.turn(&[there]).await.unwrap();
    drop(turn);
    let again = store.turn(&[here]).await.unwrap();
    drop((again, other));
    // Many who wait all get theirs.
    let waiting: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { drop(store.turn(&[here]).await.unwrap()) })
        })
        .collect();
    for turn in waiting {
        turn.await.unwrap();
    }
    // And a turn is no lock on the rows.
    let _turn = store.turn(&[here]).await.unwrap();
    domain_opened(1).done(&*store).await;
}

async fn j1_an_empty_store_is_ready(store: Arc<dyn Store>) {
    assert_eq!(store.ready().await, Ok(()));
    assert!(!store.engine().is_empty());
    assert_eq!(store.root_domains(None, 5).await.unwrap().items, []);
    assert_eq!(store.check().await, Ok(vec![]));
}
