//! What holds after any sequence of commands over a tree of domains and one beside it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use usher_rules::accounts::Place;
use usher_rules::pools::Pool;
use usher_rules::seats::{PerKind, Quantities, SeatKind, Seats, When};
use usher_rules::sessions::EndReason;
use usher_rules::standing::{Record, State};
use usher_rules::tiers::Tier;
use usher_rules::{DomainId, Entry, Event, Head, Refusal, Time, World};

use crate::sequences::{Act, Deed, Desk, DeskAct, Scene, Setting, any_act, any_end};
use crate::stage::Stage;
use crate::{oracle, oracle_desk};

const CASES: u32 = 48;

#[test]
fn a1_no_sequence_of_commands_overbooks() {
    any_act(CASES, |scene| {
        oracle::counts_hold(&scene.after.world);
        oracle::seats_follow_states(&scene.after.world);
    });
}

#[test]
fn e1_pools_add_up_each_seat_has_one_user_and_links_hold_the_clock() {
    any_act(CASES, |scene| {
        let world = &scene.after.world;
        oracle_desk::pools_add_up(world);
        oracle_desk::one_user_to_a_seat(world);
        oracle_desk::links_hold_the_clock(world);
    });
}

#[test]
fn e6_who_is_logged_off_had_its_time_to_the_second() {
    any_act(4 * CASES, |scene| {
        for (at, entry) in scene.after.journal.iter().enumerate().skip(scene.written) {
            let automatic = EndReason::AutomaticLogOff;
            if matches!(entry.event, Event::SessionEnded { reason, .. } if reason == automatic) {
                oracle_desk::the_clock_ran_out(&scene.after.journal[..=at]);
            }
        }
    });
}

#[test]
fn e6_nothing_due_is_left_and_no_free_seat_is_kept_from_who_waits() {
    any_act(CASES, |scene| {
        // Time alone writes nothing, and a refusal keeps nothing.
        if scene.outcome.is_ok() && !matches!(scene.act, Act::Wait { .. } | Act::Minutes(_)) {
            oracle_desk::settled(&scene.after.world);
        }
    });
}

#[test]
fn e9_nobody_new_sits_in_a_pool_that_drains() {
    any_act(CASES, |scene| {
        let settled = scene.settled();
        for entry in scene.news() {
            let (
                Head::Domain(id),
                Event::SessionStarted {
                    pool: Some(pool),
                    user,
                    ..
                },
            ) = (entry.head, &entry.event)
            else {
                continue;
            };
            let was = settled.pools[&(id, *pool)];
            let had_a_seat = settled.sessions_of(id, *user).next().is_some()
                || settled
                    .waiting
                    .get(&(id, *user))
                    .is_some_and(|w| w.offered_until.is_some());
            assert!(had_a_seat || was.taken() < was.settings.seats);
        }
    });
}

#[test]
fn a1_a_refusal_changes_nothing_and_tells_the_truth() {
    any_act(CASES, |scene| {
        let Err(refusal) = scene.outcome else { return };
        let refused_log_in = |entry: &Entry| matches!(entry.event, Event::LogInRefused { .. });
        if scene.news().iter().any(refused_log_in) {
            // Written down, and with it what was due before.
            assert_eq!(scene.settled(), scene.after.world);
            let wanted = matches!(scene.act, Act::Desk(Desk::LogIn(..)));
            let once = scene.news().iter().filter(|e| refused_log_in(e)).count() == 1;
            assert!(wanted && once);
        } else {
            assert_eq!(*scene.before, scene.after.world);
            assert_eq!(scene.news(), []);
        }
        is_true(&scene.settled(), scene.act, refusal);
    });
}

/// Whether the reason that was given can be seen in the world.
fn is_true(world: &World, act: Act, refusal: &Refusal) {
    let seats = |id: Option<DomainId>| world.seats(id.unwrap()).unwrap();
    let true_so = match (refusal, act) {
        (Refusal::NoSeatAvailable { kind, .. }, Act::Desk(desk)) => no_seat_for(world, desk, *kind),
        (Refusal::NoSeatAvailable { kind, .. }, act) => {
            seats(act.grows()).get(*kind).available() == 0
        }
        (
            Refusal::NotInStanding { missing },
            Act::Desk(Desk::LogIn((id, _), ..) | Desk::Await((id, _))),
        ) => {
            let standing = world.standing(id).unwrap();
            standing.state == State::Frozen && *missing == standing.missing
        }
        (Refusal::NotInStanding { missing }, act) => {
            let standing = world.standing(act.grows().unwrap()).unwrap();
            !missing.is_empty() && *missing == standing.missing
        }
        (Refusal::BelowUse { to_free }, Act::Order(id, kind, n, _)) => {
            let in_use = seats(Some(id)).get(kind).in_use;
            *to_free == Quantities::of(kind, in_use - n)
        }
        (Refusal::WouldMakeACircle, Act::Move(id, user, to, _)) => {
            let own = world.users[&(id, user)].owns.unwrap();
            world.is_within(to, own).unwrap()
        }
        (Refusal::WouldMakeACircle, Act::Desk(Desk::MoveIn((id, user), (to, _)))) => {
            let own = world.users[&(id, user)].owns.unwrap();
            world.is_within(to, own).unwrap()
        }
        (Refusal::OwnsADomain, Act::User(id, user, Deed::Remove)) => {
            world.users[&(id, user)].owns.is_some()
        }
        (Refusal::OwnsADomain, Act::Open(account) | Act::HandOver(_, account)) => {
            world.accounts[&account].owns.is_some()
        }
        (Refusal::NotFound { what: "domain" }, act) => act
            .domains()
            .into_iter()
            .any(|id| world.domain(id).is_err()),
        (Refusal::BelowUse { .. } | Refusal::WouldMakeACircle, _) => false,
        _ => true,
    };
    assert!(true_so, "{refusal:?} for {act:?}");
}

/// Whether too few seats are left for what is done to a pool.
fn no_seat_for(world: &World, desk: DeskAct, kind: SeatKind) -> bool {
    let available = |id| world.seats(id).unwrap().get(kind).available();
    match desk {
        Desk::MakePool(id, settings) => settings.seats > available(id),
        Desk::ChangePool((id, pool), setting) => {
            let before = world.pools[&(id, pool)];
            let settings = setting.of(before.settings);
            let after = Pool { settings, ..before };
            let more = after.seats_in_use().beyond(&before.seats_in_use());
            *more.get(kind) > available(id)
        }
        Desk::LogIn((id, user), ..) => {
            let user = &world.users[&(id, user)];
            let pool = world.pools[&(id, user.license.pool().unwrap())];
            !pool.takes(user.reserved)
        }
        _ => false,
    }
}

#[test]
fn a4_nobody_is_evicted_by_an_order_and_less_is_never_refused() {
    any_act(CASES, |scene| {
        let Act::Order(id, kind, n, when) = scene.act else {
            return;
        };
        let settled = scene.settled();
        if scene.outcome.is_ok() {
            assert_eq!(settled.users, scene.after.world.users);
        }
        let seat = settled.seats(id).map(|seats| *seats.get(kind));
        let Some(seat) = seat.filter(|_| settled.domain(id).is_ok()) else {
            return;
        };
        let fits = n >= seat.in_use || when == When::PeriodEnd;
        if n <= seat.ordered && fits {
            assert_eq!(*scene.outcome, Ok(()), "{:?}", scene.act);
        }
    });
}

#[test]
fn a8_few_seats_are_told_at_each_crossing_and_only_then() {
    any_act(CASES, |scene| {
        let few = scene.after.world.settings.few_seats_left;
        for id in scene.after.world.domains.keys() {
            let low = |world: &World, kind| {
                let seats = world.seats(*id).unwrap_or_default();
                seats.get(kind).available() <= few
            };
            for kind in SeatKind::ALL {
                let crossed = !low(scene.before, kind) && low(&scene.after.world, kind);
                assert_eq!(told_of(&scene, *id, kind), crossed, "{:?}", scene.act);
            }
        }
    });
}

fn told_of(scene: &Scene, id: DomainId, kind: SeatKind) -> bool {
    let news = scene.news().iter();
    news.filter(|entry| entry.head == Head::Domain(id))
        .any(|entry| matches!(entry.event, Event::FewSeatsLeft { kind: k, .. } if k == kind))
}

#[test]
fn c3_whoever_grows_is_in_standing() {
    any_act(CASES, |scene| {
        let (Some(id), Ok(())) = (scene.act.grows(), scene.outcome) else {
            return;
        };
        let settled = scene.settled();
        let was = settled.seats(id).unwrap();
        let is = scene.after.world.seats(id).unwrap();
        let in_use = |seats: &Seats| PerKind::from_fn(|kind| seats.get(kind).in_use);
        let more = !is.order().beyond(&was.order()).is_zero();
        let fuller = !in_use(&is).beyond(&in_use(&was)).is_zero();
        if more || (fuller && !is_downgrade(scene.act, &settled)) {
            assert_eq!(settled.require_standing(id), Ok(()), "{:?}", scene.act);
        }
    });
}

/// From Business Pro to Business takes a seat as well, and needs no standing (rule A4).
fn is_downgrade(act: Act, world: &World) -> bool {
    match act {
        Act::Desk(Desk::ChangePool(key, Setting::Tier(tier))) => {
            tier < world.pools[&key].settings.tier
        }
        Act::Tier(id, user, tier) => Some(tier) < world.users[&(id, user)].license.named_tier(),
        _ => false,
    }
}

#[test]
fn c3_standing_is_derived_and_never_read_from_what_was_noted() {
    any_act(CASES, |scene| {
        let mut forgotten = scene.after.world.clone();
        let forget = |record: &mut Record| {
            record.noted = State::Incomplete;
            record.noted_until = None;
        };
        let domains = forgotten.domains.values_mut();
        domains.for_each(|domain| forget(&mut domain.standing));
        let links = forgotten.lineages.values_mut().flatten();
        links.for_each(|link| forget(&mut link.record));
        let standings = oracle::standings(&scene.after.world);
        assert_eq!(oracle::standings(&forgotten), standings);
    });
}

#[test]
fn c5_the_state_fits_what_is_missing_and_the_time() {
    any_act(CASES, |scene| {
        oracle::standing_fits(&scene.after.world);
        for (id, was) in &scene.before.domains {
            let first_met = scene.after.world.domains[id].standing.first_met;
            assert!(
                was.standing
                    .first_met
                    .is_none_or(|once| first_met == Some(once))
            );
        }
    });
}

#[test]
fn c5_what_is_noted_follows_what_is_derived() {
    any_act(CASES, |scene| {
        // Time alone writes nothing.
        if scene.outcome.is_ok() && !matches!(scene.act, Act::Wait { .. } | Act::Minutes(_)) {
            oracle::noted_is_derived(&scene.after.world);
        }
    });
}

#[test]
fn c6_no_domain_ever_stands_in_a_circle() {
    any_act(CASES, |scene| {
        oracle::lines_lead_to_the_root(&scene.after.world);
    });
}

#[test]
fn c6_a_move_keeps_the_person_and_what_the_person_owns() {
    any_act(CASES, |scene| {
        let (Act::Move(from, id, to, tier), Ok(())) = (scene.act, scene.outcome) else {
            return;
        };
        let (settled, after) = (scene.settled(), &scene.after.world);
        let (was, is) = (settled.users[&(from, id)], after.users[&(to, id)]);
        assert_eq!((was.state, was.owns), (is.state, is.owns));
        assert_eq!(was.permissions, is.permissions);
        assert_eq!(is.license.named_tier(), tier.or(was.license.named_tier()),);
        assert!(!after.users.contains_key(&(from, id)));
        if let Some(own) = was.owns {
            assert_eq!(settled.seats(own), after.seats(own));
            assert_eq!(settled.domains[&own].users, after.domains[&own].users);
        }
    });
}

#[test]
fn c7_accounts_users_and_domains_agree() {
    any_act(CASES, |scene| oracle::ties_agree(&scene.after.world));
}

#[test]
fn c7_who_is_removed_has_a_personal_account() {
    any_act(CASES, |scene| {
        let (Act::User(id, user, Deed::Remove), Ok(())) = (scene.act, scene.outcome) else {
            return;
        };
        if let Some(account) = scene.before.users[&(id, user)].state.account() {
            let place = scene.after.world.accounts[&account].place;
            assert_eq!(place, Place::Unmanaged { plan: Tier::Base });
        }
    });
}

#[test]
fn j1_replaying_all_journals_from_nothing_gives_the_same_state() {
    any_end(2 * CASES, |stage| {
        let mut replayed = nothing(stage);
        stage.journal.iter().for_each(|entry| replayed.apply(entry));
        assert_eq!(unseen(replayed), unseen(stage.world.clone()));
    });
}

#[test]
fn j1_each_journal_alone_gives_its_own_rows() {
    any_end(CASES, |stage| {
        for (id, domain) in &stage.world.domains {
            let replayed = replay_one(stage, Head::Domain(*id));
            assert_eq!(replayed.domains.get(id), Some(domain));
            assert!(users_of(*id, &replayed).eq(users_of(*id, &stage.world)));
            assert_eq!(desk_of(*id, replayed), desk_of(*id, stage.world.clone()));
        }
        for (id, account) in &stage.world.accounts {
            let replayed = replay_one(stage, Head::Account(*id));
            assert_eq!(replayed.accounts.get(id), Some(account));
        }
    });
}

/// Presence isn't journalled.
fn unseen(mut world: World) -> World {
    for session in world.sessions.values_mut() {
        session.seen_at = Time::ZERO;
    }
    world
}

/// A domain's front desk alone.
fn desk_of(id: DomainId, world: World) -> World {
    let mut world = unseen(world);
    world.accounts.clear();
    world.domains.clear();
    world.lineages.clear();
    world.users.clear();
    world.pools.retain(|key, _| key.0 == id);
    world.sessions.retain(|key, _| key.0 == id);
    world.ended_sessions.retain(|key, _| key.0 == id);
    world.ended_calls.retain(|key, _| key.0 == id);
    world.links.retain(|key, _| key.0 == id);
    world.waiting.retain(|key, _| key.0 == id);
    world
}

fn users_of(id: DomainId, world: &World) -> impl Iterator<Item = &usher_rules::users::User> {
    world.users.values().filter(move |user| user.domain == id)
}

#[test]
fn c5_a_lapse_keeps_its_beginning_until_all_holds_again() {
    // Many: what this is about takes some steps to come about.
    any_act(10 * CASES, |scene| {
        let before = oracle::standings(scene.before);
        let after = oracle::standings(&scene.after.world);
        for (id, now) in &after {
            let began = before.get(id).and_then(|standing| standing.lapsed_at);
            let began = began.filter(|_| !now.missing.is_empty());
            if began.is_some() {
                assert_eq!(now.lapsed_at, began, "{id} after {:?}", scene.act);
            }
        }
    });
}

#[test]
fn j1_no_journal_runs_backwards() {
    any_end(CASES, |stage| {
        let mut journal = stage.journal.clone();
        // Stable: within a head they stay as they were written.
        journal.sort_by_key(|entry| entry.head);
        assert!(journal.is_sorted_by_key(|entry| (entry.head, entry.at)));
    });
}

/// The same moment and settings, before anything happened.
fn nothing(stage: &Stage) -> World {
    World {
        now: stage.world.now,
        settings: stage.world.settings,
        price_books: stage.world.price_books.clone(),
        ..World::default()
    }
}

fn replay_one(stage: &Stage, head: Head) -> World {
    let mut world = nothing(stage);
    let own = stage.journal.iter().filter(|entry| entry.head == head);
    own.for_each(|entry| world.apply(entry));
    world
}

/// The properties above would hold of a world where nothing happens, too.
#[test]
fn a1_the_sequences_reach_every_command_refusal_and_state() {
    let seen: RefCell<BTreeSet<String>> = RefCell::default();
    any_act(4 * CASES, |scene| {
        let mut seen = seen.borrow_mut();
        seen.insert(match scene.outcome {
            Ok(()) => scene.act.word(),
            Err(refusal) => refusal.code().to_owned(),
        });
        for standing in oracle::standings(&scene.after.world).values() {
            seen.insert(standing.state.name().to_owned());
        }
    });
    let all = "Accept Add AskIdentity Await Beat Billing Call ChangePool Close DecideIdentity \
        Decline DropPool HandOver Invite Link LogIn LogOff LogOut MakePool Manages Minutes Move \
        MoveIn Off Open Order Plan Remove Resend Reserve Restore Revoke Ring Seen Share SignUp \
        Suspend Sweep Tier Unwait Wait below_use call_in_progress frozen good incomplete invalid \
        lapsed link_not_valid no_seat_available not_allowed not_found not_in_standing \
        owns_a_domain pool_not_empty session_elsewhere session_ended taken user_logged_off \
        would_make_a_circle wrong_state";
    let all: BTreeSet<String> = all.split_whitespace().map(str::to_owned).collect();
    assert_eq!(seen.into_inner(), all);
}

#[test]
fn e7_the_sequences_reach_every_end_of_a_session_and_every_offer() {
    let seen: RefCell<BTreeSet<&str>> = RefCell::default();
    any_act(4 * CASES, |scene| {
        let words = scene.news().iter().filter_map(|entry| match entry.event {
            Event::SessionEnded { reason, .. } => Some(reason.name()),
            Event::CallEnded { why, .. } => Some(why.name()),
            Event::OfferMade { .. } => Some("offer"),
            Event::OfferLapsed { .. } => Some("offer_lapsed"),
            Event::LinkUsed { .. } => Some("link_used"),
            Event::LogOffNear { .. } => Some("notice"),
            Event::LogOutAfterCall { .. } => Some("after_call"),
            _ => None,
        });
        seen.borrow_mut().extend(words);
    });
    let all = "after_call automatic_log_off converted forgotten link_used logged_off logged_out \
        moved notice offer offer_lapsed pool_changed removed reported session_ended silent \
        suspended taken_over too_many_devices";
    let all: BTreeSet<&str> = all.split_whitespace().collect();
    assert_eq!(seen.into_inner(), all);
}
