//! What holds after any sequence of commands over a tree of domains and one beside it.

use std::cell::RefCell;
use std::collections::BTreeSet;

use usher_rules::accounts::Place;
use usher_rules::seats::{PerKind, Quantities, SeatKind, Seats, When};
use usher_rules::standing::{Record, State};
use usher_rules::tiers::Tier;
use usher_rules::{DomainId, Event, Head, Refusal, World};

use crate::oracle;
use crate::sequences::{Act, Deed, Scene, any_act, any_end};
use crate::stage::Stage;

const CASES: u32 = 64;

#[test]
fn a1_no_sequence_of_commands_overbooks() {
    any_act(CASES, |scene| {
        oracle::counts_hold(&scene.after.world);
        oracle::seats_follow_states(&scene.after.world);
    });
}

#[test]
fn a1_a_refusal_changes_nothing_and_tells_the_truth() {
    any_act(CASES, |scene| {
        let Err(refusal) = scene.outcome else { return };
        assert_eq!(*scene.before, scene.after.world);
        assert_eq!(scene.news(), []);
        is_true(&scene.settled(), scene.act, refusal);
    });
}

/// Whether the reason that was given can be seen in the world.
fn is_true(world: &World, act: Act, refusal: &Refusal) {
    let seats = |id: Option<DomainId>| world.seats(id.unwrap()).unwrap();
    let true_so = match (refusal, act) {
        (Refusal::NoSeatAvailable { kind, .. }, act) => {
            seats(act.grows()).get(*kind).available() == 0
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
        if scene.outcome.is_ok() && !matches!(scene.act, Act::Wait { .. }) {
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
        assert_eq!(replayed, stage.world);
    });
}

#[test]
fn j1_each_journal_alone_gives_its_own_rows() {
    any_end(CASES, |stage| {
        for (id, domain) in &stage.world.domains {
            let replayed = replay_one(stage, Head::Domain(*id));
            assert_eq!(replayed.domains.get(id), Some(domain));
            assert!(users_of(*id, &replayed).eq(users_of(*id, &stage.world)));
        }
        for (id, account) in &stage.world.accounts {
            let replayed = replay_one(stage, Head::Account(*id));
            assert_eq!(replayed.accounts.get(id), Some(account));
        }
    });
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
    any_act(CASES, |scene| {
        let mut seen = seen.borrow_mut();
        seen.insert(match scene.outcome {
            Ok(()) => scene.act.word(),
            Err(refusal) => refusal.code().to_owned(),
        });
        for standing in oracle::standings(&scene.after.world).values() {
            seen.insert(standing.state.name().to_owned());
        }
    });
    let all = "Accept Add AskIdentity Billing Close DecideIdentity Decline HandOver Invite \
        Manages Move Off Open Order Plan Remove Resend Restore SignUp Suspend Sweep Tier Wait \
        below_use frozen good incomplete invalid lapsed no_seat_available not_allowed \
        not_found not_in_standing owns_a_domain would_make_a_circle wrong_state";
    let all: BTreeSet<String> = all.split_whitespace().map(str::to_owned).collect();
    assert_eq!(seen.into_inner(), all);
}
