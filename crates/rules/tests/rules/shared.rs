//! Shared users: from a named seat to a pool and back, moves, and what ends on the way (E2,
//! A7, C6).

use crate::standing::GOOD_BELOW;
use crate::table::check;

const TWO_POOLS: &str = "
    found acme otto                    -> ok
    order acme domain_user 2 business 1 seat_license 3 -> ok
    set acme default seats 2 silence off -> ok
    pool acme help seats 1             -> ok
    ";

fn check_with_two_pools(text: &str) {
    check(&format!("{TWO_POOLS}{text}"));
}

#[test]
fn e2_converting_to_shared_frees_the_base_seat_and_the_upgrade() {
    check_with_two_pools(
        "
        add acme ann business          -> ok
        seats acme                     -> domain_user 1/2 business 1/1 seat_license 3/3
        login acme ann phone           -> ok
        login acme ann tablet          -> ok
        license acme ann shared help   -> ok
        seats acme                     -> domain_user 0/2 business 0/1 seat_license 3/3
        user acme ann                  -> active base member in help
        # live sessions end with a notice, all of them
        session acme ann@phone         -> converted at 00:00:00 by otto
        session acme ann@tablet        -> converted at 00:00:00 by otto
        login acme ann phone           -> ok
        pools acme                     -> default 0/2 help 1/1
        ",
    );
}

#[test]
fn e2_converting_to_named_takes_the_seats() {
    check_with_two_pools(
        "
        add acme u1..u2                -> ok
        add acme ann shared help       -> ok
        login acme ann phone           -> ok
        license acme ann named base    -> no_seat_available domain_user
        session acme ann               -> no call
        remove acme u2                 -> ok
        license acme u1 named business -> ok
        license acme ann named business -> no_seat_available business
        license acme ann named base    -> ok
        session acme ann               -> converted at 00:00:00 by otto
        seats acme                     -> domain_user 2/2 business 1/1 seat_license 3/3
        pools acme                     -> default 0/2 help 0/1
        why acme ann push              -> allowed
        ",
    );
}

#[test]
fn e2_from_pool_to_pool() {
    check_with_two_pools(
        "
        add acme ann shared default    -> ok
        call acme ann c1 ringing       -> not_found session
        login acme ann phone           -> ok
        call acme ann c1 ringing       -> ok
        license acme ann shared help   -> ok
        session acme ann               -> pool_changed at 00:00:00 by otto
        pools acme                     -> default 0/2 help 0/1
        license acme ann shared help   -> ok
        license acme ann shared other  -> not_found pool
        happened acme                  -> ann in 00:00:00, ann ringing 00:00:00, ann call_cut 00:00:00, ann pool_changed 00:00:00
        ",
    );
}

#[test]
fn e2_a_tier_of_ones_own_changes_without_a_notice() {
    check_with_two_pools(
        "
        add acme ann                   -> ok
        login acme ann phone           -> ok
        license acme ann named business -> ok
        session acme ann               -> no call
        ",
    );
}

#[test]
fn e2_conversions_need_standing_and_other_pools_of_no_higher_tier_do_not() {
    check_with_two_pools(
        "
        add acme ann business          -> ok
        add acme bob shared default    -> ok
        license acme ann named base    -> ok
        set acme help tier business    -> ok
        plan otto base                 -> ok
        license acme ann shared default -> not_in_standing tier
        license acme bob named base    -> not_in_standing tier
        license acme bob shared help   -> not_in_standing tier
        set acme help tier base        -> ok
        license acme bob shared help   -> ok
        invite acme cem shared help    -> not_in_standing tier
        remove acme ann                -> ok
        ",
    );
}

#[test]
fn e2_a_domain_that_the_user_owns_lapses_whatever_the_pools_tier() {
    check(&format!(
        "{GOOD_BELOW}
        order acme seat_license 1 business 2 -> ok
        set acme default tier business -> ok
        standing sub                   -> good
        license acme ann shared default -> ok
        standing sub                   -> lapsed missing tier until 2026-02-09
        login acme ann phone           -> ok
        standing sub                   -> lapsed missing tier until 2026-02-09
        license acme ann named business -> ok
        standing sub                   -> good
        ",
    ));
}

#[test]
fn a2_a_shared_invitation_uses_no_seat() {
    check_with_two_pools(
        "
        invite acme ann shared help    -> ok
        seats acme                     -> domain_user 0/2 business 0/1 seat_license 3/3
        users acme                     -> 1
        + 7 days
        user acme ann                  -> expired base member in help
        resend acme ann                -> ok
        accept acme ann                -> ok
        login acme ann phone           -> ok
        # an invited user can be converted before it joins
        invite acme bob shared help    -> ok
        license acme bob named business -> ok
        seats acme                     -> domain_user 1/2 business 1/1 seat_license 3/3
        invite acme cem shared other   -> not_found pool
        ",
    );
}

#[test]
fn a7_suspending_and_removing_free_the_shared_seat_too() {
    check_with_two_pools(
        "
        add acme ann shared help       -> ok
        add acme bob shared help       -> ok
        login acme ann phone           -> ok
        call acme ann c1 answered      -> ok
        suspend acme ann               -> ok
        session acme ann               -> suspended at 00:00:00 by nobody
        pools acme                     -> default 0/2 help 0/1
        why acme ann push              -> suspended
        login acme bob phone           -> ok
        # restored, it is a member of its pool again, and logs in like all
        restore acme ann               -> ok
        login acme ann phone           -> no_seat_available seat_license help
        link acme bob l1 600           -> ok
        join acme red bob              -> not_found team
        team acme red                  -> ok
        join acme red bob              -> ok
        join acme red ann              -> ok
        together acme ann bob          -> true
        remove acme bob                -> ok
        session acme bob               -> removed at 00:00:00 by nobody
        state acme l1                  -> revoked until 00:10:00
        together acme ann bob          -> false
        login acme ann phone           -> ok
        ",
    );
}

#[test]
fn c6_a_shared_user_needs_a_pool_there() {
    check(&format!(
        "{GOOD_BELOW}
        order acme seat_license 2      -> ok
        order sub seat_license 1 business 1 domain_user 3 -> ok
        set sub default tier business  -> ok
        add acme hal shared default    -> ok
        login acme hal phone           -> ok
        link acme hal l1 600           -> ok
        link acme hal l2 900           -> ok
        team acme red                  -> ok
        join acme red hal              -> ok
        move acme hal sub              -> invalid pool
        move acme hal sub shared help  -> not_found pool
        move acme hal sub shared default -> ok
        user sub hal                   -> active business member in default
        session acme hal               -> moved at 00:00:00 by nobody
        state acme l1                  -> revoked until 00:10:00
        state acme l2                  -> revoked until 00:15:00
        pools acme                     -> default 0/2
        login sub hal phone            -> ok
        # to a named seat, and back to a pool
        order acme domain_user 1       -> ok
        move sub hal acme named base   -> no_seat_available domain_user
        order acme domain_user 2       -> ok
        move sub hal acme named base   -> ok
        seats sub                      -> domain_user 1/3 business 1/1 seat_license 1/1
        pools sub                      -> default 0/1
        move acme hal sub shared default -> ok
        ",
    ));
}

#[test]
fn d5_teams_decide_who_sees_whom_and_pools_do_not() {
    check_with_two_pools(
        "
        add acme ann shared help       -> ok
        add acme bob shared help       -> ok
        add acme cem                   -> ok
        together acme ann bob          -> false
        team acme red                  -> ok
        team acme blue                 -> ok
        join acme red ann              -> ok
        join acme red cem              -> ok
        join acme blue cem             -> ok
        join acme blue bob             -> ok
        join acme blue bob             -> ok
        together acme ann cem          -> true
        together acme ann bob          -> false
        together acme ann ann          -> false
        leave acme red cem             -> ok
        leave acme red cem             -> ok
        together acme ann cem          -> false
        unteam acme blue               -> ok
        together acme bob cem          -> false
        unteam acme blue               -> not_found team
        join acme red dan              -> not_found user
        ",
    );
}

#[test]
fn d5_who_was_added_is_a_contact_until_taken_off_or_the_user_goes() {
    check(&format!(
        "{GOOD_BELOW}
        order acme domain_user 9       -> ok
        order sub domain_user 9        -> ok
        add acme dan                   -> ok
        add acme bob                   -> ok
        know acme dan c1               -> ok
        know acme dan c2               -> ok
        know acme bob c3               -> ok
        known acme dan                 -> 2
        forget acme dan c1             -> ok
        forget acme dan c1             -> not_found contact
        forget acme dan c3             -> not_found contact
        known acme dan                 -> 1
        # they are the user's own
        move acme dan sub              -> ok
        known acme dan                 -> 0
        known sub dan                  -> 1
        remove acme bob                -> ok
        known acme bob                 -> 0
        know acme bob c4               -> not_found user
        invite acme cyd                -> ok
        know acme cyd c5               -> not_allowed
        suspend sub dan                -> ok
        known sub dan                  -> 1
        know sub dan c6                -> not_allowed
        ",
    ));
}
