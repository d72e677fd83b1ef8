//! Sessions at the front desk: log-in, take-over, log-out, calls (E4, E5, E7, F1, F3).

use crate::table::check;

/// A help desk of three on two seats.
const HELP: &str = "
    found acme otto                        -> ok
    order acme seat_license 2              -> ok
    set acme default silence off           -> ok
    add acme ann shared default            -> ok
    add acme bob shared default            -> ok
    add acme cem shared default            -> ok
    ";

fn check_with_help(text: &str) {
    check(&format!("{HELP}{text}"));
}

#[test]
fn e4_the_third_user_of_two_seats_is_refused_and_that_is_recorded() {
    check_with_help(
        "
        pools acme                     -> default 0/2
        login acme ann phone           -> ok
        login acme bob phone           -> ok
        pools acme                     -> default 2/2
        login acme cem phone           -> no_seat_available seat_license default
        happened acme                  -> ann in 00:00:00, bob in 00:00:00, cem refused 00:00:00
        logoff acme ann                -> ok
        session acme ann               -> logged_off at 00:00:00 by ann
        login acme cem phone           -> ok
        pools acme                     -> default 2/2
        # seats in use are the pool's, whoever sits there
        seats acme                     -> seat_license 2/2
        ",
    );
}

#[test]
fn e4_who_is_not_active_does_not_log_in() {
    check_with_help(
        "
        invite acme dan shared default -> ok
        login acme dan phone           -> not_allowed
        suspend acme ann               -> ok
        login acme ann phone           -> not_allowed
        login acme eve phone           -> not_found user
        ",
    );
}

#[test]
fn e5_a_second_device_is_refused_unless_it_takes_over() {
    check_with_help(
        "
        set acme default log_off 600   -> ok
        login acme ann phone           -> ok
        call acme ann c1 answered      -> ok
        + 5 minutes
        login acme ann tablet          -> session_elsewhere phone
        session acme ann               -> answered c1 since 00:00:00
        login acme ann tablet over     -> ok
        # the first device is told, its call ended with it, and the clock starts anew
        session acme ann@phone         -> taken_over at 00:05:00 by ann
        session acme ann@tablet        -> no call
        clock acme ann@tablet          -> 00:15:00
        pools acme                     -> default 1/2
        # a late report of the call that was cut brings nothing back
        call acme ann@phone c1 ended   -> ok
        call acme ann@tablet c1 answered -> ok
        session acme ann@tablet        -> no call
        clock acme ann@tablet          -> 00:15:00
        # to take over from nobody is to log in
        login acme bob phone over      -> ok
        ",
    );
}

#[test]
fn e5_the_seat_stays_the_users_while_the_pool_is_full_or_drains() {
    check_with_help(
        "
        login acme ann phone           -> ok
        login acme bob phone           -> ok
        login acme ann tablet over     -> ok
        set acme default seats 1       -> ok
        pools acme                     -> default 2/1 draining
        login acme ann phone over      -> ok
        pools acme                     -> default 2/1 draining
        login acme cem phone           -> no_seat_available seat_license default
        ",
    );
}

#[test]
fn e5_the_same_device_gets_its_session_back() {
    check_with_help(
        "
        login acme ann phone           -> ok
        call acme ann c1 answered      -> ok
        + 1 minute
        login acme ann phone           -> resumed
        login acme ann phone over      -> resumed
        session acme ann               -> answered c1 since 00:00:00
        sessions acme ann              -> 1
        ",
    );
}

#[test]
fn e5_a_named_user_is_on_several_devices_without_a_seat_or_a_clock() {
    check_with_help(
        "
        devices 2
        order acme domain_user 1       -> ok
        add acme nan                   -> ok
        login acme nan phone           -> ok
        + 1 minute
        login acme nan tablet          -> ok
        sessions acme nan              -> 2
        pools acme                     -> default 0/2
        clock acme nan                 -> stands still
        login acme nan phone           -> resumed
        # a call on each
        call acme nan@phone c1 answered -> ok
        call acme nan@tablet c2 ringing -> ok
        # one device too many ends the one that was silent for longest
        + 1 minute
        beat acme nan@phone c1         -> ok
        login acme nan desk            -> ok
        session acme nan@tablet        -> too_many_devices at 00:02:00 by nobody
        session acme nan@phone         -> answered c1 since 00:01:00
        + 30 days
        session acme nan@desk          -> no call
        ",
    );
}

#[test]
fn e7_an_admins_log_out_is_instant() {
    check_with_help(
        "
        login acme ann phone           -> ok
        login acme bob phone           -> ok
        call acme ann c1 answered      -> ok
        + 1 minute
        logout acme ann                -> ok
        session acme ann               -> logged_out at 00:01:00 by otto
        pools acme                     -> default 1/2
        login acme cem phone           -> ok
        # its token is told why for seven days
        logout acme ann                -> session_ended logged_out
        beat acme ann                  -> session_ended logged_out
        + 6 days
        + 23 hours
        + 3599 seconds
        beat acme ann                  -> session_ended logged_out
        + 1 second
        beat acme ann                  -> not_found session
        ",
    );
}

#[test]
fn e7_log_out_when_the_call_ends() {
    check_with_help(
        "
        login acme ann phone           -> ok
        call acme ann c1 answered      -> ok
        logout acme ann after_call     -> ok
        logout acme ann after_call     -> ok
        session acme ann               -> answered c1 since 00:00:00
        + 5 minutes
        call acme ann c1 ended         -> ok
        session acme ann               -> logged_out at 00:05:00 by otto
        # without a call that is now
        login acme ann phone           -> ok
        logout acme ann after_call     -> ok
        session acme ann               -> logged_out at 00:05:00 by otto
        # a forgotten call ends as well
        login acme ann phone           -> ok
        call acme ann c2 ringing       -> ok
        logout acme ann after_call     -> ok
        beat acme ann c2               -> ok
        session acme ann               -> ringing c2 since 00:05:00
        beat acme ann                  -> ok
        session acme ann               -> logged_out at 00:05:00 by otto
        # now, after all; a take-over ends the wish
        login acme ann phone           -> ok
        call acme ann c3 ringing       -> ok
        logout acme ann after_call     -> ok
        login acme ann tablet over     -> ok
        call acme ann c4 answered      -> ok
        call acme ann c4 ended         -> ok
        session acme ann               -> no call
        call acme ann c5 ringing       -> ok
        logout acme ann after_call     -> ok
        logout acme ann                -> ok
        session acme ann               -> logged_out at 00:05:00 by otto
        ",
    );
}

#[test]
fn e7_a_log_out_needs_no_standing() {
    check_with_help(
        "
        login acme ann phone           -> ok
        plan otto base                 -> ok
        logout acme ann                -> ok
        ",
    );
}

#[test]
fn c5_a_frozen_domains_pools_take_no_new_log_ins() {
    check_with_help(
        "
        set acme default list on       -> ok
        login acme ann phone           -> ok
        plan otto base                 -> ok
        # lapsed: nothing changes for users
        login acme bob phone           -> ok
        logoff acme bob                -> ok
        + 30 days
        login acme bob phone           -> not_in_standing tier
        wait acme bob                  -> not_in_standing tier
        # who sits there stays, and may change the device
        session acme ann               -> no call
        login acme ann tablet over     -> ok
        can acme ann                   -> proxy transcoding push
        # named users log in
        plan otto business             -> ok
        login acme bob phone           -> ok
        ",
    );
}

#[test]
fn f1_one_call_at_a_time_and_ringing_counts() {
    check_with_help(
        "
        login acme ann phone           -> ok
        call acme ann c1 ringing       -> ok
        call acme ann c2 ringing       -> call_in_progress c1
        call acme ann c2 answered      -> call_in_progress c1
        call acme ann c1 answered      -> ok
        call acme ann c2 ringing       -> call_in_progress c1
        call acme ann c1 ringing       -> ok
        session acme ann               -> answered c1 since 00:00:00
        call acme ann c1 ended         -> ok
        call acme ann c2 ringing       -> ok
        # another user's is another's
        login acme bob phone           -> ok
        call acme bob c2 ended         -> taken call
        call acme bob c1 ended         -> taken call
        ",
    );
}

#[test]
fn f1_a_heartbeat_that_names_another_call_ends_the_forgotten_one() {
    check_with_help(
        "
        login acme ann phone           -> ok
        call acme ann c1 answered      -> ok
        + 1 minute
        beat acme ann c2               -> ok
        session acme ann               -> no call
        happened acme                  -> ann in 00:00:00, ann ringing 00:00:00, ann answered 00:00:00, ann call_forgotten 00:01:00
        # it says nothing of how it began
        call acme ann c2 answered      -> ok
        session acme ann               -> answered c2 since 00:01:00
        ",
    );
}

#[test]
fn f1_a_guests_call_rings_a_minute_before_a_heartbeat_may_forget_it() {
    check_with_help(
        "
        link acme ann l1 3600          -> ok
        login acme ann phone           -> ok
        ring acme l1 c1                -> ok
        + 59 seconds
        beat acme ann                  -> ok
        session acme ann               -> ringing c1 since 00:00:00, waits for a guest
        + 1 second
        beat acme ann c1               -> ok
        session acme ann               -> ringing c1 since 00:00:00, waits for a guest
        beat acme ann                  -> ok
        session acme ann               -> no call, waits for a guest
        # once answered, the device knows of it
        ring acme l1 c2                -> ok
        call acme ann c2 answered      -> ok
        beat acme ann                  -> ok
        session acme ann               -> no call, waits for a guest
        ",
    );
}

#[test]
fn f3_a_call_ends_with_its_session() {
    check_with_help(
        "
        login acme ann phone           -> ok
        call acme ann c1 answered      -> ok
        logoff acme ann                -> ok
        happened acme                  -> ann in 00:00:00, ann ringing 00:00:00, ann answered 00:00:00, ann call_cut 00:00:00, ann logged_off 00:00:00
        # said already
        call acme ann c1 ended         -> ok
        call acme ann c2 ringing       -> session_ended logged_off
        ",
    );
}

#[test]
fn f2_a_guest_calls_by_a_link() {
    check_with_help(
        "
        link acme ann l1 3600          -> ok
        ring acme l1 c1                -> user_logged_off
        login acme ann phone           -> ok
        ring acme l1 c1                -> ok
        ring acme l1 c1                -> ok
        session acme ann               -> ringing c1 since 00:00:00, waits for a guest
        ring acme l1 c2                -> call_in_progress c1
        call acme ann c1 answered      -> ok
        call acme ann c1 ended         -> ok
        # not for one call only
        ring acme l1 c2                -> ok
        call acme ann c2 ended         -> ok
        ring acme l1 c2                -> ok
        session acme ann               -> no call, waits for a guest
        revoke acme l1                 -> ok
        ring acme l1 c3                -> link_not_valid revoked
        link acme ann l2 60            -> ok
        + 1 minute
        ring acme l2 c3                -> link_not_valid expired
        link acme ann l3 60 once       -> ok
        ring acme l3 c3                -> ok
        call acme ann c3 answered      -> ok
        ring acme l3 c4                -> link_not_valid used
        ring acme l4 c4                -> not_found call link
        ",
    );
}

#[test]
fn f2_a_named_users_guest_rings_where_the_user_was_last_and_is_free() {
    check_with_help(
        "
        order acme domain_user 1       -> ok
        add acme nan                   -> ok
        link acme nan l1 3600          -> ok
        login acme nan phone           -> ok
        + 1 minute
        login acme nan tablet          -> ok
        ring acme l1 c1                -> ok
        session acme nan@tablet        -> ringing c1 since 00:01:00, waits for a guest
        ring acme l1 c2                -> ok
        session acme nan@phone         -> ringing c2 since 00:01:00, waits for a guest
        ring acme l1 c3                -> call_in_progress c1
        ",
    );
}

#[test]
fn f2_a_link_is_the_users_own() {
    check_with_help(
        "
        link acme ann l1 3600          -> ok
        login acme bob phone           -> ok
        call acme bob c1 ringing l1    -> not_found call link
        login acme ann phone           -> ok
        call acme ann c1 ringing l1    -> ok
        invite acme dan shared default -> ok
        link acme dan l2 3600          -> not_allowed
        suspend acme ann               -> ok
        link acme ann l2 3600          -> not_allowed
        # it outlives the session: the guest is told
        state acme l1                  -> valid until 01:00:00
        ring acme l1 c2                -> user_logged_off
        ",
    );
}

#[test]
fn f2_an_answer_after_the_links_time_does_not_use_it_up() {
    check_with_help(
        "
        link acme ann l1 60 once       -> ok
        login acme ann phone           -> ok
        ring acme l1 c1                -> ok
        + 2 minutes
        call acme ann c1 answered      -> ok
        state acme l1                  -> expired until 00:01:00
        ",
    );
}
