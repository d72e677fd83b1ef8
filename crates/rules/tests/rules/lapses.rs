//! A prerequisite is lost: lapse, grace, freeze and recovery (C5).

use usher_rules::Head;
use usher_rules::accounts::set_plan;
use usher_rules::standing::State;
use usher_rules::tiers::Tier;

use crate::stage::of_account;
use crate::standing::GOOD_BELOW;
use crate::table::{check, scene};

#[test]
fn c5_lapse_grace_freeze_and_recovery() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 4 business 2 -> ok
        add acme ann business              -> ok
        invite acme bob business           -> ok
        told acme                          -> good, few business 1
        + 1 hour
        plan otto base                     -> ok
        # at that instant: nothing changes for users, nothing may grow
        standing acme                      -> lapsed missing tier until 2026-02-09T01:00:00Z
        told acme                          -> lapsed
        why acme ann recordings            -> allowed
        add acme cem                       -> not_in_standing tier
        # a pending invitation may still be accepted
        accept acme bob                    -> ok
        why acme bob recordings            -> allowed
        + 29 days
        + 23 hours
        + 3599 seconds
        standing acme                      -> lapsed missing tier until 2026-02-09T01:00:00Z
        why acme ann recordings            -> allowed
        told acme                          -> nothing
        + 1 second
        standing acme                      -> frozen missing tier since 2026-02-09T01:00:00Z
        told acme                          -> frozen
        # users fall back to base; nothing is deleted, counts and bill are unchanged
        why acme ann recordings            -> frozen
        can acme ann                       -> proxy transcoding push
        seats acme                         -> domain_user 2/4 business 2/2
        total acme                         -> 28.00 EUR
        add acme cem                       -> not_in_standing tier
        # the moment the prerequisites hold again, all is as before
        + 100 days
        plan otto business                 -> ok
        standing acme                      -> good
        told acme                          -> good
        why acme ann recordings            -> allowed
        add acme cem                       -> ok
        ",
    );
}

#[test]
fn c5_a_pending_invitation_may_be_accepted_also_when_frozen() {
    check(
        "
        grace 3 days
        found acme otto                    -> ok
        order acme domain_user 2 business 1 -> ok
        invite acme ann business           -> ok
        invite acme bob                    -> ok
        plan otto base                     -> ok
        + 4 days
        standing acme                      -> frozen missing tier since 2026-01-13
        accept acme ann                    -> ok
        can acme ann                       -> proxy transcoding push
        why acme ann recordings            -> frozen
        # more time for a pending one takes no seat; a lapsed one would
        try resend acme bob                -> ok
        + 3 days
        resend acme bob                    -> not_in_standing tier
        ",
    );
}

#[test]
fn c5_a_lapse_starts_with_the_first_loss_and_ends_with_the_last() {
    check(&format!(
        "{GOOD_BELOW}
        forbid acme ann manage_sub_domain  -> ok
        standing sub                       -> lapsed missing permission until 2026-02-09
        + 10 days
        tier acme ann base                 -> ok
        standing sub                       -> lapsed missing tier permission until 2026-02-09
        permit acme ann manage_sub_domain  -> ok
        standing sub                       -> lapsed missing tier until 2026-02-09
        + 20 days
        standing sub                       -> frozen missing tier since 2026-02-09
        tier acme ann business             -> ok
        standing sub                       -> good
        # a new lapse has a new grace time
        tier acme ann base                 -> ok
        standing sub                       -> lapsed missing tier until 2026-03-11
        ",
    ));
}

#[test]
fn c5_the_operator_sets_the_grace_time() {
    check(
        "
        grace 3 days
        found acme otto                    -> ok
        plan otto base                     -> ok
        standing acme                      -> lapsed missing tier until 2026-01-13
        + 3 days
        standing acme                      -> frozen missing tier since 2026-01-13
        ",
    );
}

#[test]
fn c5_an_owner_who_is_suspended_lapses_the_domain_below() {
    check(&format!(
        "{GOOD_BELOW}
        suspend acme ann                   -> ok
        standing sub                       -> lapsed missing tier until 2026-02-09
        why sub bob proxy                  -> allowed
        restore acme ann                   -> ok
        standing sub                       -> good
        ",
    ));
}

#[test]
fn c5_a_lapse_reaches_below_only_through_the_seat() {
    check(&format!(
        "{GOOD_BELOW}
        tier sub bob business              -> ok
        permit sub bob manage_sub_domain   -> ok
        found subsub bob                   -> ok
        order subsub domain_user 2 business 2 -> ok
        add subsub eve business            -> ok
        told sub                           -> good
        told subsub                        -> good, few domain_user 1, few business 1
        plan otto base                     -> ok
        # a parent's lapse changes nothing below
        standing acme                      -> lapsed missing tier until 2026-02-09
        standing sub                       -> good
        order sub domain_user 9            -> ok
        + 30 days
        # its freeze takes the seat, and the domain of the one who sat there lapses from then
        standing acme                      -> frozen missing tier since 2026-02-09
        standing sub                       -> lapsed missing tier until 2026-03-11
        standing subsub                    -> good
        add sub flo                        -> not_in_standing tier
        add subsub flo                     -> ok
        why sub bob recordings             -> allowed
        + 30 days
        standing sub                       -> frozen missing tier since 2026-03-11
        why sub bob recordings             -> frozen
        standing subsub                    -> lapsed missing tier until 2026-04-10
        why subsub eve recordings          -> allowed
        + 30 days
        standing subsub                    -> frozen missing tier since 2026-04-10
        why subsub eve recordings          -> frozen
        told sub                           -> lapsed, frozen
        told subsub                        -> lapsed, frozen
        # one step at the root, and all is as before
        plan otto business                 -> ok
        standing acme                      -> good
        standing sub                       -> good
        standing subsub                    -> good
        why subsub eve recordings          -> allowed
        told sub                           -> good
        told subsub                        -> good
        ",
    ));
}

#[test]
fn c5_a_recovery_in_the_middle_mends_what_is_below() {
    check(&format!(
        "{GOOD_BELOW}
        tier sub bob business              -> ok
        permit sub bob manage_sub_domain   -> ok
        found subsub bob                   -> ok
        tier acme ann base                 -> ok
        + 30 days
        standing subsub                    -> lapsed missing tier until 2026-03-11
        tier acme ann business             -> ok
        standing sub                       -> good
        standing subsub                    -> good
        ",
    ));
}

#[test]
fn c5_a_recovery_reaches_domains_older_than_the_one_above() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2 business 2 -> ok
        add acme ann business manage_sub_domain -> ok
        found old ann                      -> ok
        add acme bob business manage_sub_domain -> ok
        found young bob                    -> ok
        order young domain_user 1 business 1 -> ok
        move acme ann young                -> ok
        tier acme bob base                 -> ok
        + 30 days
        told old                           -> good, lapsed
        tier acme bob business             -> ok
        told young                         -> good, lapsed, frozen, good
        told old                           -> good
        ",
    );
}

#[test]
fn c5_the_own_loss_and_the_seats_are_both_listed() {
    check(&format!(
        "{GOOD_BELOW}
        plan otto base                     -> ok
        + 20 days
        forbid acme ann manage_sub_domain  -> ok
        standing sub                       -> lapsed missing permission until 2026-03-01
        + 10 days
        standing acme                      -> frozen missing tier since 2026-02-09
        standing sub                       -> lapsed missing tier permission until 2026-03-01
        add sub eve                        -> not_in_standing tier permission
        # lapsed without a break since the first loss
        plan otto business                 -> ok
        standing sub                       -> lapsed missing permission until 2026-03-01
        permit acme ann manage_sub_domain  -> ok
        standing sub                       -> good
        ",
    ));
}

#[test]
fn c5_a_loss_while_the_seat_above_is_frozen_counts_from_the_freeze() {
    check(&format!(
        "{GOOD_BELOW}
        plan otto base                     -> ok
        + 40 days
        standing sub                       -> lapsed missing tier until 2026-03-11
        forbid acme ann manage_sub_domain  -> ok
        standing sub                       -> lapsed missing tier permission until 2026-03-11
        plan otto business                 -> ok
        # it was never good in between
        standing sub                       -> lapsed missing permission until 2026-03-11
        ",
    ));
}

#[test]
fn c5_a_lapse_goes_on_without_a_break_while_anything_is_missing() {
    check(&format!(
        "{GOOD_BELOW}
        plan otto base                     -> ok
        + 20 days
        forbid acme ann manage_sub_domain  -> ok
        standing sub                       -> lapsed missing permission until 2026-03-01
        + 15 days
        # the own cause is mended, and the seat above is gone by now: since day 20
        permit acme ann manage_sub_domain  -> ok
        standing sub                       -> lapsed missing tier until 2026-03-01
        + 14 days
        why sub bob proxy                  -> allowed
        standing sub                       -> lapsed missing tier until 2026-03-01
        + 1 day
        standing sub                       -> frozen missing tier since 2026-03-01
        told sub                           -> good, lapsed, frozen
        # lost again, and the seat comes back: still without a break
        forbid acme ann manage_sub_domain  -> ok
        plan otto business                 -> ok
        standing sub                       -> frozen missing permission since 2026-03-01
        # all holds, and what comes later is a new lapse
        permit acme ann manage_sub_domain  -> ok
        standing sub                       -> good
        plan otto base                     -> ok
        + 30 days
        standing sub                       -> lapsed missing tier until 2026-04-30
        ",
    ));
}

#[test]
fn c5_a_lapse_goes_on_when_a_seat_is_left_and_nothing_is_gained() {
    let scene = "
        found acme otto                    -> ok
        order acme domain_user 3 business 3 -> ok
        add acme ann business manage_sub_domain -> ok
        found sub ann                      -> ok
        order sub domain_user 5 business 5 -> ok
        add sub bob business manage_sub_domain -> ok
        found low bob                      -> ok
        tier acme ann base                 -> ok
        + 40 days
        standing low                       -> lapsed missing tier until 2026-03-11
    ";
    check(&format!(
        "{scene}
        try move sub bob acme              -> ok
        move sub bob acme base             -> ok
        standing low                       -> lapsed missing tier until 2026-03-11
        tier acme bob business             -> ok
        standing low                       -> good
        ",
    ));
    check(&format!(
        "{scene}
        move sub bob acme                  -> ok
        standing low                       -> good
        tier acme bob base                 -> ok
        standing low                       -> lapsed missing tier until 2026-03-21
        ",
    ));
}

#[test]
fn c5_a_lapse_that_was_mended_before_the_seat_fell_back_is_over() {
    check(&format!(
        "{GOOD_BELOW}
        plan otto base                     -> ok
        + 20 days
        forbid acme ann manage_sub_domain  -> ok
        + 9 days
        permit acme ann manage_sub_domain  -> ok
        standing sub                       -> good
        + 1 day
        standing sub                       -> lapsed missing tier until 2026-03-11
        ",
    ));
}

#[test]
fn c5_a_lapse_that_goes_on_reaches_below_from_its_beginning() {
    check(&format!(
        "{GOOD_BELOW}
        tier sub bob business              -> ok
        permit sub bob manage_sub_domain   -> ok
        found subsub bob                   -> ok
        plan otto base                     -> ok
        + 20 days
        forbid acme ann manage_sub_domain  -> ok
        + 15 days
        permit acme ann manage_sub_domain  -> ok
        + 15 days
        standing sub                       -> frozen missing tier since 2026-03-01
        standing subsub                    -> lapsed missing tier until 2026-03-31
        # the recovery above mends both at once, with nothing written below
        plan otto business                 -> ok
        standing sub                       -> good
        standing subsub                    -> good
        ",
    ));
}

#[test]
fn c5_what_time_brings_about_is_journalled_with_its_time() {
    check(&format!(
        "{GOOD_BELOW}
        + 1 day
        plan otto base                     -> ok
        # late is as good as in time
        + 33 days
        noted acme                         -> good 2026-01-10, lapsed 2026-01-11, frozen 2026-02-10
        noted sub                          -> good 2026-01-10, lapsed 2026-02-10
        + 30 days
        noted sub                          -> good 2026-01-10, lapsed 2026-02-10, frozen 2026-03-12
        # what someone does has the time at which it was done
        plan otto business                 -> ok
        + 1 day
        forbid acme ann manage_sub_domain  -> ok
        noted acme                         -> good 2026-01-10, lapsed 2026-01-11, frozen 2026-02-10, good 2026-03-15
        noted sub                          -> good 2026-01-10, lapsed 2026-02-10, frozen 2026-03-12, good 2026-03-15, lapsed 2026-03-16
        ",
    ));
}

#[test]
fn c5_a_lapse_and_its_freeze_that_nobody_saw_are_both_journalled() {
    check(&format!(
        "{GOOD_BELOW}
        plan otto base                     -> ok
        + 100 days
        told acme                          -> good, few business 1, lapsed, frozen
        told sub                           -> good, lapsed, frozen
        noted sub                          -> good 2026-01-10, lapsed 2026-02-09, frozen 2026-03-11
        ",
    ));
}

#[test]
fn c5_another_grace_time_is_no_work_of_time() {
    check(&format!(
        "{GOOD_BELOW}
        plan otto base                     -> ok
        + 10 days
        grace 3 days
        + 0 seconds
        noted acme                         -> good 2026-01-10, lapsed 2026-01-10, frozen 2026-01-20
        grace 60 days
        + 0 seconds
        standing acme                      -> lapsed missing tier until 2026-03-11
        noted acme                         -> good 2026-01-10, lapsed 2026-01-10, frozen 2026-01-20, lapsed 2026-01-20
        ",
    ));
}

#[test]
fn c5_what_was_never_met_stays_incomplete() {
    check(
        "
        open acme otto                     -> ok
        + 90 days
        standing acme                      -> incomplete missing tier billing identity
        plan otto business                 -> ok
        plan otto base                     -> ok
        standing acme                      -> incomplete missing tier billing identity
        ",
    );
}

#[test]
fn c5_below_a_frozen_domain_a_new_one_is_incomplete() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 -> ok
        add acme ann business manage_sub_domain -> ok
        plan otto base                     -> ok
        + 30 days
        # ann sits on base now: not all prerequisites hold, and they never did
        found sub ann                      -> ok
        standing sub                       -> incomplete missing tier
        order sub domain_user 1            -> not_in_standing tier
        plan otto business                 -> ok
        standing sub                       -> good
        order sub domain_user 1            -> ok
        ",
    );
}

#[test]
fn c5_a_closed_domain_has_no_standing_to_follow() {
    check(
        "
        found acme otto                    -> ok
        told acme                          -> good
        close acme                         -> ok
        plan otto base                     -> ok
        + 40 days
        told acme                          -> nothing
        ",
    );
}

#[test]
fn c5_what_comes_back_above_holds_below_before_it_is_written_there() {
    let mut stage = scene(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 -> ok
        add acme ann business manage_sub_domain -> ok
        plan otto base                     -> ok
        + 30 days
        found sub ann                      -> ok
        standing sub                       -> incomplete missing tier
        ",
    );
    let mut world = stage.world.clone();
    let written = stage.journal.len();
    let sub = *world
        .lineages
        .iter()
        .find(|(_, line)| line.len() == 2)
        .unwrap()
        .0;
    let otto = world.domain(world.domain(sub).unwrap().root).unwrap().owner;
    let business = stage.step(|world| {
        let events = set_plan(world.account(otto)?, Tier::Business);
        of_account(world, otto, events)
    });
    assert_eq!(business, Ok(()));
    // Another process sees what was written above alone.
    let above = stage.journal[written..]
        .iter()
        .filter(|entry| entry.head != Head::Domain(sub));
    above.for_each(|entry| world.apply(entry));
    assert_eq!(world.standing(sub).unwrap().state, State::Good);
    assert_eq!(world.require_standing(sub), Ok(()));
}
