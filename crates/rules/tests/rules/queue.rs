//! Reserved seats and waiting lists (E13).

use crate::table::check;

/// A help desk of five on two seats, with a waiting list; ann and bob sit there.
const FULL: &str = "
    found acme otto                        -> ok
    order acme seat_license 2              -> ok
    set acme default silence off list on   -> ok
    add acme ann shared default            -> ok
    add acme bob shared default            -> ok
    add acme cem shared default            -> ok
    add acme dan shared default            -> ok
    add acme eve shared default            -> ok
    login acme ann phone                   -> ok
    login acme bob phone                   -> ok
    ";

fn check_full(text: &str) {
    check(&format!("{FULL}{text}"));
}

#[test]
fn e13_first_come_first_served_an_offer_is_held_sixty_seconds() {
    check_full(
        "
        wait acme cem                  -> ok
        + 1 second
        wait acme dan                  -> ok
        # joining again keeps the place
        wait acme cem                  -> ok
        queue acme default             -> cem, dan
        logoff acme ann                -> ok
        queue acme default             -> cem until 00:01:01, dan
        # an offered seat is occupied: newcomers queue behind, and so does the next
        pools acme                     -> default 2/2
        login acme eve phone           -> no_seat_available seat_license default
        login acme dan phone           -> no_seat_available seat_license default
        + 59 seconds
        queue acme default             -> cem until 00:01:01, dan
        + 1 second
        # lapsed: the next one
        queue acme default             -> dan until 00:02:01
        login acme cem phone           -> no_seat_available seat_license default
        login acme dan phone           -> ok
        queue acme default             -> nothing
        pools acme                     -> default 2/2
        ",
    );
}

#[test]
fn e13_offers_lapse_one_after_another_when_nobody_looks() {
    check_full(
        "
        wait acme cem                  -> ok
        wait acme dan                  -> ok
        logoff acme ann                -> ok
        happened acme                  -> ann in 00:00:00, bob in 00:00:00, ann logged_off 00:00:00, cem offered 00:00:00
        pass 10 minutes
        login acme eve phone           -> ok
        happened acme                  -> cem lapsed 00:01:00, dan offered 00:01:00, dan lapsed 00:02:00, eve in 00:10:00
        ",
    );
}

#[test]
fn e13_an_offer_is_made_in_the_step_that_frees_the_seat() {
    check_full(
        "
        set acme default log_off 600   -> ok
        wait acme cem                  -> ok
        wait acme dan                  -> ok
        pass 10 minutes
        # both ran out at the same moment
        queue acme default             -> cem, dan
        login acme cem phone           -> ok
        queue acme default             -> dan until 00:11:00
        login acme dan phone           -> ok
        # more seats
        wait acme eve                  -> ok
        order acme seat_license 3      -> ok
        queue acme default             -> eve
        set acme default seats 3       -> ok
        queue acme default             -> eve until 00:11:00
        ",
    );
}

#[test]
fn e13_joining_when_a_seat_is_free_is_offered_at_once() {
    check_full(
        "
        logoff acme ann                -> ok
        wait acme cem                  -> ok
        queue acme default             -> cem until 00:01:00
        unwait acme cem                -> ok
        unwait acme cem                -> ok
        queue acme default             -> nothing
        login acme dan phone           -> ok
        ",
    );
}

#[test]
fn e13_who_may_wait() {
    check_full(
        "
        wait acme ann                  -> wrong_state
        order acme domain_user 1       -> ok
        add acme nan                   -> ok
        wait acme nan                  -> wrong_state
        invite acme ivy shared default -> ok
        wait acme ivy                  -> not_allowed
        set acme default list off      -> ok
        wait acme cem                  -> wrong_state
        ",
    );
}

#[test]
fn e13_leaving_suspension_conversion_removal_and_other_pools_end_the_wait() {
    check_full(
        "
        order acme domain_user 1 seat_license 3 -> ok
        pool acme help seats 1         -> ok
        wait acme cem                  -> ok
        wait acme dan                  -> ok
        wait acme eve                  -> ok
        suspend acme cem               -> ok
        queue acme default             -> dan, eve
        logoff acme ann                -> ok
        queue acme default             -> dan until 00:01:00, eve
        # with the offer: the next one gets it
        license acme dan named base    -> ok
        queue acme default             -> eve until 00:01:00
        license acme eve shared help   -> ok
        queue acme default             -> nothing
        pools acme                     -> default 1/2 help 0/1
        restore acme cem               -> ok
        login acme cem phone           -> ok
        wait acme ann                  -> ok
        remove acme ann                -> ok
        queue acme default             -> nothing
        ",
    );
}

#[test]
fn e13_switching_the_list_off_sends_all_away() {
    check_full(
        "
        wait acme cem                  -> ok
        wait acme dan                  -> ok
        logoff acme ann                -> ok
        set acme default list off      -> ok
        queue acme default             -> nothing
        pools acme                     -> default 1/2
        login acme eve phone           -> ok
        ",
    );
}

#[test]
fn e9_draining_offers_nothing() {
    check_full(
        "
        wait acme cem                  -> ok
        wait acme dan                  -> ok
        set acme default seats 1       -> ok
        logoff acme ann                -> ok
        queue acme default             -> cem, dan
        logoff acme bob                -> ok
        queue acme default             -> cem until 00:01:00, dan
        # an offered seat counts: shrunk below it, it is still held
        set acme default seats 0       -> ok
        pools acme                     -> default 1/0 draining
        seats acme                     -> seat_license 1/2
        login acme cem phone           -> ok
        pools acme                     -> default 1/0 draining
        logoff acme cem                -> ok
        queue acme default             -> dan
        ",
    );
}

#[test]
fn c5_a_frozen_domain_offers_nothing_until_all_is_as_before() {
    check_full(
        "
        wait acme cem                  -> ok
        wait acme dan                  -> ok
        plan otto base                 -> ok
        + 29 days
        logoff acme ann                -> ok
        queue acme default             -> cem until 2026-02-08T00:01:00Z, dan
        + 1 day
        # cem's lapsed before the freeze, and so did dan's
        queue acme default             -> nothing
        plan otto business             -> ok
        login acme ann phone           -> ok
        wait acme cem                  -> ok
        plan otto base                 -> ok
        + 30 days
        logoff acme ann                -> ok
        queue acme default             -> cem
        plan otto business             -> ok
        queue acme default             -> cem until 2026-03-11T00:01:00Z
        ",
    );
}

#[test]
fn e13_a_reserved_seat_is_kept_for_its_user() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 2      -> ok
        set acme default silence off   -> ok
        add acme ann shared default    -> ok
        add acme bob shared default    -> ok
        add acme vip shared default    -> ok
        reserve acme vip               -> ok
        login acme ann phone           -> ok
        # one is free, and not for bob
        login acme bob phone           -> no_seat_available seat_license default
        login acme vip phone           -> ok
        pools acme                     -> default 2/2
        # who has a reservation doesn't take an ordinary seat as well
        logoff acme ann                -> ok
        login acme bob phone           -> ok
        logoff acme vip                -> ok
        login acme ann phone           -> no_seat_available seat_license default
        # given up while it sits there, or not
        unreserve acme vip             -> ok
        login acme ann phone           -> ok
        # no more are reserved than there are
        reserve acme vip               -> ok
        reserve acme ann               -> ok
        reserve acme bob               -> invalid reserved
        order acme domain_user 1       -> ok
        add acme nan                   -> ok
        reserve acme nan               -> wrong_state
        # leaving the pool ends it
        license acme ann named base    -> no_seat_available domain_user
        remove acme ann                -> ok
        reserve acme bob               -> ok
        ",
    );
}

#[test]
fn e13_a_reservation_ends_with_the_place_in_the_pool() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 1      -> ok
        pool acme help                 -> ok
        add acme ann shared default    -> ok
        add acme vip shared default    -> ok
        reserve acme vip               -> ok
        login acme ann phone           -> no_seat_available seat_license default
        license acme vip shared help   -> ok
        login acme ann phone           -> ok
        logoff acme ann                -> ok
        license acme vip shared default -> ok
        login acme ann phone           -> ok
        ",
    );
}

#[test]
fn e13_a_suspended_users_reservation_keeps_no_seat() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 1      -> ok
        add acme ann shared default    -> ok
        add acme vip shared default    -> ok
        reserve acme vip               -> ok
        login acme ann phone           -> no_seat_available seat_license default
        suspend acme vip               -> ok
        login acme ann phone           -> ok
        restore acme vip               -> ok
        login acme vip phone           -> no_seat_available seat_license default
        logoff acme ann                -> ok
        login acme ann phone           -> no_seat_available seat_license default
        login acme vip phone           -> ok
        ",
    );
}

#[test]
fn e13_who_has_a_reservation_comes_first() {
    check_full(
        "
        add acme vip shared default    -> ok
        reserve acme vip               -> ok
        wait acme cem                  -> ok
        wait acme vip                  -> ok
        logoff acme ann                -> ok
        queue acme default             -> cem, vip until 00:01:00
        logoff acme bob                -> ok
        queue acme default             -> cem until 00:01:00, vip until 00:01:00
        # reserved while it waits
        unwait acme cem                -> ok
        login acme ann phone           -> ok
        wait acme dan                  -> ok
        wait acme eve                  -> ok
        reserve acme eve               -> ok
        logoff acme ann                -> ok
        queue acme default             -> vip until 00:01:00, dan, eve until 00:01:00
        ",
    );
}
