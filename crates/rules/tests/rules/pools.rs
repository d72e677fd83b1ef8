//! Seat pools: what they take of the order, their settings, their end (E1, E3, E9 to E12).

use crate::table::check;

#[test]
fn e1_the_first_order_makes_the_default_pool_with_all_of_them() {
    check(
        "
        found acme otto                -> ok
        pools acme                     -> nothing
        order acme domain_user 3       -> ok
        pools acme                     -> nothing
        order acme seat_license 5      -> ok
        pools acme                     -> default 0/5
        seats acme                     -> domain_user 0/3 seat_license 5/5
        # later increases stay unallocated until given to a pool
        order acme seat_license 8      -> ok
        pools acme                     -> default 0/5
        seats acme                     -> domain_user 0/3 seat_license 5/8
        set acme default seats 9       -> no_seat_available seat_license
        set acme default seats 8       -> ok
        seats acme                     -> domain_user 0/3 seat_license 8/8
        ",
    );
}

#[test]
fn e1_the_first_order_again_after_all_is_gone() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 2      -> ok
        # what a pool has is in use
        order acme seat_license 1      -> below_use seat_license 1
        set acme default seats 0       -> ok
        order acme seat_license 0      -> ok
        pools acme                     -> default 0/0
        # there is a pool: nothing is given to it by itself
        order acme seat_license 3      -> ok
        seats acme                     -> seat_license 0/3
        order acme seat_license 0      -> ok
        drop acme default              -> ok
        order acme seat_license 3      -> ok
        pools acme                     -> default 0/3
        ",
    );
}

#[test]
fn e1_a_scheduled_decrease_stops_at_what_pools_have() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 5      -> ok
        set acme default seats 4 silence off -> ok
        told acme                      -> good
        schedule acme seat_license 2   -> ok
        add acme u1..u4 shared default -> ok
        login acme u1 d1               -> ok
        login acme u2 d2               -> ok
        login acme u3 d3               -> ok
        set acme default seats 1       -> ok
        seats acme                     -> seat_license 3/5 (2 on 2026-02-01)
        + 22 days
        seats acme                     -> seat_license 3/3
        told acme                      -> seat_license 5 to 3 rest 1, few seat_license 0
        ",
    );
}

#[test]
fn e1_two_pools_compete_for_the_last_seat_licenses() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 4      -> ok
        set acme default seats 1       -> ok
        pool acme help seats 4         -> no_seat_available seat_license
        pool acme help seats 2         -> ok
        set acme default seats 3       -> no_seat_available seat_license
        set acme default seats 2       -> ok
        set acme help seats 3          -> no_seat_available seat_license
        seats acme                     -> seat_license 4/4
        # what a pool that drains still holds is nobody else's
        set acme help silence off      -> ok
        add acme u1..u2 shared help    -> ok
        login acme u1 d1               -> ok
        login acme u2 d2               -> ok
        set acme help seats 0          -> ok
        seats acme                     -> seat_license 4/4
        set acme default seats 3       -> no_seat_available seat_license
        logoff acme u1                 -> ok
        set acme default seats 3       -> ok
        seats acme                     -> seat_license 4/4
        ",
    );
}

#[test]
fn e3_a_pool_may_have_more_users_than_seats() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 1      -> ok
        add acme u1..u30 shared default -> ok
        # a shared user uses no domain user seat, and is managed in full
        seats acme                     -> seat_license 1/1
        users acme                     -> 30
        user acme u7                   -> active base member in default
        role acme u7 support           -> ok
        ",
    );
}

#[test]
fn e9_shrinking_below_occupied_drains() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 3 business 3 -> ok
        set acme default tier business silence off -> ok
        add acme u1..u4 shared default -> ok
        login acme u1 d1               -> ok
        login acme u2 d2               -> ok
        login acme u3 d3               -> ok
        set acme default seats 1       -> ok
        # nobody is evicted, and until then the seats count as in use, the tier's likewise
        pools acme                     -> default 3/1 draining
        seats acme                     -> business 3/3 seat_license 3/3
        can acme u3                    -> proxy transcoding push call_history recordings messages
        order acme seat_license 2      -> below_use seat_license 1
        logoff acme u1                 -> ok
        pools acme                     -> default 2/1 draining
        seats acme                     -> business 2/3 seat_license 2/3
        login acme u4 d4               -> no_seat_available seat_license default
        logoff acme u2                 -> ok
        # full, no longer draining: no new log-in until use is below
        pools acme                     -> default 1/1
        login acme u4 d4               -> no_seat_available seat_license default
        logoff acme u3                 -> ok
        login acme u4 d4               -> ok
        seats acme                     -> business 1/3 seat_license 1/3
        ",
    );
}

#[test]
fn e9_a_pool_that_drains_can_be_filled_again() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 3      -> ok
        set acme default silence off   -> ok
        add acme u1..u4 shared default -> ok
        login acme u1 d1               -> ok
        login acme u2 d2               -> ok
        set acme default seats 0       -> ok
        seats acme                     -> seat_license 2/3
        # what it holds still is not taken twice
        order acme seat_license 2      -> ok
        set acme default seats 2       -> ok
        seats acme                     -> seat_license 2/2
        login acme u3 d3               -> no_seat_available seat_license default
        order acme seat_license 3      -> ok
        set acme default seats 3       -> ok
        login acme u3 d3               -> ok
        ",
    );
}

#[test]
fn e9_growing_needs_standing_and_shrinking_does_not() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 4 business 4 business_pro 4 -> ok
        set acme default seats 2 tier business_pro -> ok
        plan otto base                 -> ok
        set acme default seats 3       -> not_in_standing tier
        pool acme help seats 1         -> not_in_standing tier
        set acme default seats 1       -> ok
        set acme default log_off 600   -> ok
        # from Business Pro to Business takes a seat, and is a downgrade
        set acme default tier business -> ok
        seats acme                     -> business 1/4 business_pro 0/4 seat_license 1/4
        set acme default tier business_pro -> not_in_standing tier
        set acme default tier base     -> ok
        ",
    );
}

#[test]
fn e10_deleting_is_refused_while_users_are_assigned() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 4      -> ok
        set acme default seats 2       -> ok
        pool acme help seats 2         -> ok
        add acme ann shared help       -> ok
        # invited ones count
        invite acme bob shared help    -> ok
        drop acme help                 -> pool_not_empty 2
        license acme ann shared default -> ok
        drop acme help                 -> pool_not_empty 1
        # one whose invitation lapsed as well: it can be sent again
        + 8 days
        drop acme help                 -> pool_not_empty 1
        remove acme bob                -> ok
        drop acme help                 -> ok
        seats acme                     -> seat_license 2/4
        drop acme help                 -> not_found pool
        ",
    );
}

#[test]
fn e10_the_last_pool_stays_while_shared_seats_are_ordered() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 1      -> ok
        pool acme help                 -> ok
        # any empty pool can go, the first one too
        drop acme default              -> ok
        drop acme help                 -> wrong_state
        order acme seat_license 0      -> ok
        drop acme help                 -> ok
        pools acme                     -> nothing
        ",
    );
}

#[test]
fn e12_a_pools_tier_takes_as_many_upgrades() {
    check(
        "
        found acme otto                -> ok
        order acme domain_user 1 business 4 business_pro 2 seat_license 5 -> ok
        set acme default tier business -> no_seat_available business
        set acme default seats 3 tier business -> ok
        seats acme                     -> domain_user 0/1 business 3/4 business_pro 0/2 seat_license 3/5
        # they are the same seats that named users stack on theirs
        add acme ann business          -> ok
        set acme default seats 4       -> no_seat_available business
        # a change of tier takes the new before it frees the old, in one step
        set acme default tier business_pro -> no_seat_available business_pro
        set acme default seats 2 tier business_pro -> ok
        seats acme                     -> domain_user 1/1 business 1/4 business_pro 2/2 seat_license 2/5
        set acme default tier base     -> ok
        seats acme                     -> domain_user 1/1 business 1/4 business_pro 0/2 seat_license 2/5
        ",
    );
}

#[test]
fn e12_more_seats_at_a_lower_tier_is_one_step() {
    check(
        "
        found acme otto                -> ok
        order acme business 3 seat_license 3 business_pro 1 -> ok
        set acme default seats 1 tier business_pro -> ok
        set acme default seats 3 tier business -> ok
        seats acme                     -> business 3/3 business_pro 0/1 seat_license 3/3
        set acme default seats 2 tier base -> ok
        pool acme help seats 1 tier business -> ok
        seats acme                     -> business 1/3 business_pro 0/1 seat_license 3/3
        ",
    );
}

#[test]
fn e12_without_a_session_nothing_is_live() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 1 business 1 business_pro 1 -> ok
        set acme default tier business silence off -> ok
        add acme ann shared default    -> ok
        can acme ann                   -> nothing
        why acme ann proxy             -> not_logged_in
        why acme ann recordings        -> not_logged_in
        # what is stored follows the pool's tier
        user acme ann                  -> active business member in default
        login acme ann phone           -> ok
        can acme ann                   -> proxy transcoding push call_history recordings messages
        why acme ann assistant         -> tier business_pro
        off acme ann push              -> ok
        why acme ann push              -> switched_off
        set acme default tier business_pro -> ok
        why acme ann assistant         -> allowed
        logout acme ann                -> ok
        can acme ann                   -> nothing
        user acme ann                  -> active business_pro member in default
        # leaving the pool, or a lower tier, is a downgrade
        set acme default tier base     -> ok
        user acme ann                  -> active base member in default
        ",
    );
}

#[test]
fn e12_what_time_ended_gives_nothing_though_nobody_wrote_it_down() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 1      -> ok
        set acme default log_off 60 notice 30 -> ok
        add acme ann shared default    -> ok
        login acme ann phone           -> ok
        pass 59 seconds
        why acme ann proxy             -> allowed
        pass 1 second
        why acme ann proxy             -> not_logged_in
        pools acme                     -> default 1/1
        ",
    );
}

#[test]
fn c7_closing_a_domain_gives_back_what_its_pools_have() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 3 business 3 -> ok
        set acme default seats 2 tier business -> ok
        pool acme help seats 1         -> ok
        add acme ann shared help       -> ok
        close acme                     -> wrong_state
        remove acme ann                -> ok
        close acme                     -> ok
        seats acme                     -> nothing
        ",
    );
}
