//! Seats taken and freed: the last one (A1), pending invitations (A2), upgrades (A3),
//! removal and suspension (A7), few left (A8).

use crate::table::check;

#[test]
fn a1_the_last_seat_goes_once() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2           -> ok
        add acme ann                       -> ok
        invite acme bob                    -> ok
        seats acme                         -> domain_user 2/2
        add acme cem                       -> no_seat_available domain_user
        invite acme cem                    -> no_seat_available domain_user
        user acme cem                      -> none
        remove acme ann                    -> ok
        add acme cem                       -> ok
        seats acme                         -> domain_user 2/2
        ",
    );
}

#[test]
fn a1_nothing_is_taken_when_one_of_two_kinds_is_short() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2 business 1 -> ok
        add acme ann business              -> ok
        add acme bob business              -> no_seat_available business
        seats acme                         -> domain_user 1/2 business 1/1
        add acme bob                       -> ok
        invite acme cem business           -> no_seat_available domain_user
        seats acme                         -> domain_user 2/2 business 1/1
        ",
    );
}

#[test]
fn a1_nothing_ordered_is_nothing_to_take() {
    check(
        "
        found acme otto                    -> ok
        add acme ann                       -> no_seat_available domain_user
        order acme domain_user 1           -> ok
        add acme ann business              -> no_seat_available business
        add acme ann business_pro          -> no_seat_available business_pro
        add acme ann                       -> ok
        order acme domain_user 0           -> below_use domain_user 1
        ",
    );
}

#[test]
fn a2_a_pending_invitation_uses_its_seats() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 -> ok
        invite acme ann business           -> ok
        seats acme                         -> domain_user 1/1 business 1/1
        users acme                         -> 1
        can acme ann                       -> nothing
        why acme ann proxy                 -> not_joined
        accept acme ann                    -> ok
        seats acme                         -> domain_user 1/1 business 1/1
        users acme                         -> 1
        user acme ann                      -> active business member
        ",
    );
}

#[test]
fn a2_an_invitation_cancelled_or_declined_frees_its_seats() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 -> ok
        invite acme ann business           -> ok
        remove acme ann                    -> ok
        seats acme                         -> domain_user 0/1 business 0/1
        users acme                         -> 0
        user acme ann                      -> none
        invite acme bob business           -> ok
        decline acme bob                   -> ok
        seats acme                         -> domain_user 0/1 business 0/1
        users acme                         -> 0
        user acme bob                      -> declined business member
        accept acme bob                    -> wrong_state
        decline acme bob                   -> wrong_state
        ",
    );
}

#[test]
fn a2_an_invitation_expires_to_the_second_and_frees_its_seats() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 -> ok
        invite acme ann business           -> ok
        + 7 days
        user acme ann                      -> expired business member
        seats acme                         -> domain_user 0/1 business 0/1
        users acme                         -> 0
        accept acme ann                    -> wrong_state

        resend acme ann                    -> ok
        + 6 days
        + 23 hours
        + 3599 seconds
        user acme ann                      -> invited business member
        try accept acme ann                -> ok
        + 1 second
        accept acme ann                    -> wrong_state
        ",
    );
}

#[test]
fn a2_sending_an_expired_one_again_takes_the_seats_anew() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 -> ok
        invite acme ann business           -> ok
        + 8 days
        add acme bob                       -> ok
        resend acme ann                    -> no_seat_available domain_user
        user acme ann                      -> expired business member
        order acme domain_user 2           -> ok
        tier acme bob business             -> ok
        resend acme ann                    -> no_seat_available business
        seats acme                         -> domain_user 1/2 business 1/1
        tier acme bob base                 -> ok
        resend acme ann                    -> ok
        seats acme                         -> domain_user 2/2 business 1/1
        users acme                         -> 2
        accept acme ann                    -> ok
        resend acme ann                    -> wrong_state
        ",
    );
}

#[test]
fn a2_sending_a_pending_one_again_gives_it_time_and_takes_nothing_more() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        invite acme ann                    -> ok
        + 6 days
        resend acme ann                    -> ok
        seats acme                         -> domain_user 1/1
        + 6 days
        user acme ann                      -> invited base member
        accept acme ann                    -> ok
        ",
    );
}

#[test]
fn a2_a_declined_one_can_be_sent_again() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        invite acme ann                    -> ok
        decline acme ann                   -> ok
        resend acme ann                    -> ok
        seats acme                         -> domain_user 1/1
        users acme                         -> 1
        ",
    );
}

#[test]
fn a3_an_upgrade_stacks_on_the_base_seat() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 business_pro 1 -> ok
        add acme ann                       -> ok
        tier acme ann business             -> ok
        seats acme                         -> domain_user 1/1 business 1/1 business_pro 0/1
        # the same again changes nothing
        tier acme ann business             -> ok
        # one or the other, never both
        tier acme ann business_pro         -> ok
        seats acme                         -> domain_user 1/1 business 0/1 business_pro 1/1
        tier acme ann base                 -> ok
        seats acme                         -> domain_user 1/1 business 0/1 business_pro 0/1
        ",
    );
}

#[test]
fn a3_a_switch_with_none_free_is_refused_and_changes_nothing() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2 business 1 business_pro 1 -> ok
        add acme ann business              -> ok
        add acme bob business_pro          -> ok
        tier acme ann business_pro         -> no_seat_available business_pro
        user acme ann                      -> active business member
        tier acme bob business             -> no_seat_available business
        user acme bob                      -> active business_pro member
        seats acme                         -> domain_user 2/2 business 1/1 business_pro 1/1
        # the two can't swap: each would take before it frees
        tier acme bob base                 -> ok
        tier acme ann business_pro         -> ok
        tier acme bob business             -> ok
        seats acme                         -> domain_user 2/2 business 1/1 business_pro 1/1
        ",
    );
}

#[test]
fn a3_an_invited_user_is_upgraded_like_any_other() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 -> ok
        invite acme ann                    -> ok
        tier acme ann business             -> ok
        seats acme                         -> domain_user 1/1 business 1/1
        decline acme ann                   -> ok
        seats acme                         -> domain_user 0/1 business 0/1
        # who holds no seat takes none: the tier is what will be taken anew
        tier acme ann business_pro         -> ok
        seats acme                         -> domain_user 0/1 business 0/1
        resend acme ann                    -> no_seat_available business_pro
        tier acme ann base                 -> ok
        resend acme ann                    -> ok
        seats acme                         -> domain_user 1/1 business 0/1
        ",
    );
}

#[test]
fn a7_removal_frees_every_seat_at_once() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2 business 1 business_pro 1 -> ok
        add acme ann business              -> ok
        add acme bob business_pro          -> ok
        remove acme ann                    -> ok
        seats acme                         -> domain_user 1/2 business 0/1 business_pro 1/1
        remove acme bob                    -> ok
        seats acme                         -> domain_user 0/2 business 0/1 business_pro 0/1
        users acme                         -> 0
        remove acme bob                    -> not_found user
        ",
    );
}

#[test]
fn a7_suspension_frees_every_seat_and_restoring_takes_anew() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business_pro 1 -> ok
        add acme ann business_pro          -> ok
        suspend acme ann                   -> ok
        suspend acme ann                   -> ok
        seats acme                         -> domain_user 0/1 business_pro 0/1
        # can do nothing, keeps its place and its data
        can acme ann                       -> nothing
        why acme ann push                  -> suspended
        users acme                         -> 1
        user acme ann                      -> suspended business_pro member
        account ann                        -> user ann of acme not_started
        # others may sit there meanwhile
        add acme bob                       -> ok
        restore acme ann                   -> no_seat_available domain_user
        order acme domain_user 2 business_pro 0 -> ok
        restore acme ann                   -> no_seat_available business_pro
        order acme business_pro 1          -> ok
        restore acme ann                   -> ok
        restore acme ann                   -> ok
        seats acme                         -> domain_user 2/2 business_pro 1/1
        why acme ann push                  -> allowed
        ",
    );
}

#[test]
fn a7_only_who_joined_is_suspended_and_a_suspended_user_can_be_removed() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        invite acme ann                    -> ok
        suspend acme ann                   -> wrong_state
        restore acme ann                   -> wrong_state
        accept acme ann                    -> ok
        suspend acme ann                   -> ok
        remove acme ann                    -> ok
        seats acme                         -> domain_user 0/1
        users acme                         -> 0
        account ann                        -> plan base not_started
        ",
    );
}

#[test]
fn a8_few_left_is_told_once_per_crossing() {
    check(
        "
        few 2
        found acme otto                    -> ok
        told acme                          -> good
        order acme domain_user 5           -> ok
        add acme u1..u2                    -> ok
        told acme                          -> nothing
        add acme u3                        -> ok
        told acme                          -> few domain_user 2
        add acme u4..u5                    -> ok
        told acme                          -> nothing
        # still below the line: no crossing
        remove acme u5                     -> ok
        add acme u5                        -> ok
        told acme                          -> nothing
        # above it, and across once more
        order acme domain_user 8           -> ok
        told acme                          -> nothing
        add acme u6                        -> ok
        told acme                          -> few domain_user 2
        ",
    );
}

#[test]
fn a8_each_kind_is_told_apart_and_an_order_can_cross_too() {
    check(
        "
        few 1
        found acme otto                    -> ok
        order acme domain_user 4 business 3 -> ok
        told acme                          -> good
        add acme u1..u2 business           -> ok
        told acme                          -> few business 1
        order acme domain_user 2           -> ok
        told acme                          -> few domain_user 0
        ",
    );
}

#[test]
fn a8_a_refusal_tells_nobody() {
    check(
        "
        few 1
        found acme otto                    -> ok
        order acme domain_user 2           -> ok
        told acme                          -> good
        add acme ann business              -> no_seat_available business
        told acme                          -> nothing
        add acme ann                       -> ok
        told acme                          -> few domain_user 1
        ",
    );
}
