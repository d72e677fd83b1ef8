//! The log-off clock (E6): every order of log-in, calls and call links. Times are shown as
//! on the first day, which begins with the log-in.

use crate::table::check;

/// A pool of two seats, logged off after ten minutes; hal is logged in at 00:00:00.
const HAL: &str = "
    found acme otto                        -> ok
    order acme seat_license 2              -> ok
    set acme default log_off 600 silence off -> ok
    add acme hal shared default            -> ok
    login acme hal phone                   -> ok
    clock acme hal                         -> 00:10:00
    ";

fn check_with_hal(text: &str) {
    check(&format!("{HAL}{text}"));
}

#[test]
fn e6_the_clock_runs_from_log_in() {
    check_with_hal(
        "
        + 9 minutes
        + 59 seconds
        session acme hal               -> no call
        + 1 second
        session acme hal               -> automatic_log_off at 00:10:00 by nobody
        pools acme                     -> default 0/2
        logoff acme hal                -> session_ended automatic_log_off
        ",
    );
}

#[test]
fn e6_off_by_default_and_when_switched_off() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 2      -> ok
        set acme default silence off   -> ok
        add acme hal shared default    -> ok
        login acme hal phone           -> ok
        clock acme hal                 -> stands still
        + 30 days
        session acme hal               -> no call
        # switched on, it counts from the change
        set acme default log_off 60    -> ok
        clock acme hal                 -> 2026-02-09T00:01:00Z
        set acme default log_off off   -> ok
        clock acme hal                 -> stands still
        ",
    );
}

#[test]
fn e6_the_setting_has_its_bounds() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 2      -> ok
        set acme default log_off 59    -> invalid log_off_seconds
        set acme default log_off 60    -> ok
        set acme default log_off 86400 -> ok
        set acme default log_off 86401 -> invalid log_off_seconds
        set acme default cap 59        -> invalid link_cap_seconds
        set acme default cap 2592001   -> invalid link_cap_seconds
        set acme default silence 29    -> invalid silence_seconds
        set acme default notice 86400  -> invalid notice_seconds
        set acme default notice 86399  -> ok
        set acme default log_off 60    -> invalid notice_seconds
        ",
    );
}

#[test]
fn e6_nothing_else_moves_it() {
    check_with_hal(
        "
        + 4 minutes
        beat acme hal                  -> ok
        clock acme hal                 -> 00:10:00
        # the same device asks again
        login acme hal phone           -> resumed
        clock acme hal                 -> 00:10:00
        # an unused, a wrong and a refused link
        link acme hal l1 59            -> invalid valid_seconds
        clock acme hal                 -> 00:10:00
        set acme default seats 1       -> ok
        clock acme hal                 -> 00:10:00
        + 6 minutes
        session acme hal               -> automatic_log_off at 00:10:00 by nobody
        ",
    );
}

#[test]
fn e6_it_stands_still_during_a_call_and_starts_anew_when_the_call_ends() {
    check_with_hal(
        "
        + 9 minutes
        call acme hal c1 ringing       -> ok
        clock acme hal                 -> stands still
        + 20 minutes
        call acme hal c1 answered      -> ok
        clock acme hal                 -> stands still
        + 3 hours
        call acme hal c1 ended         -> ok
        clock acme hal                 -> 03:39:00
        + 9 minutes
        # made or received
        call acme hal c2 ringing made  -> ok
        clock acme hal                 -> stands still
        # not answered: ringing is a call as well
        + 1 minute
        call acme hal c2 ended         -> ok
        clock acme hal                 -> 03:49:00
        + 10 minutes
        session acme hal               -> automatic_log_off at 03:49:00 by nobody
        ",
    );
}

#[test]
fn e6_repeated_and_late_reports_move_nothing() {
    check_with_hal(
        "
        + 1 minute
        call acme hal c1 ringing       -> ok
        + 1 minute
        call acme hal c1 ended         -> ok
        clock acme hal                 -> 00:12:00
        + 1 minute
        # twice, and late
        call acme hal c1 ended         -> ok
        call acme hal c1 answered      -> ok
        call acme hal c1 ringing       -> ok
        clock acme hal                 -> 00:12:00
        session acme hal               -> no call
        # the end is the first that is heard of a call: it counts from its receipt, once
        call acme hal c2 ended         -> ok
        clock acme hal                 -> 00:13:00
        + 1 minute
        call acme hal c2 ringing       -> ok
        call acme hal c2 ended         -> ok
        clock acme hal                 -> 00:13:00
        # answered at once: nobody heard it ring
        call acme hal c3 answered      -> ok
        clock acme hal                 -> stands still
        # the end of another one changes nothing in a call
        call acme hal c4 ended         -> ok
        session acme hal               -> answered c3 since 00:04:00
        ",
    );
}

#[test]
fn e6_a_forgotten_call_ends_with_a_heartbeat_and_the_clock_starts() {
    check_with_hal(
        "
        call acme hal c1 answered      -> ok
        + 30 minutes
        beat acme hal c1               -> ok
        clock acme hal                 -> stands still
        beat acme hal                  -> ok
        clock acme hal                 -> 00:40:00
        ",
    );
}

#[test]
fn e6_it_stands_still_while_a_link_is_valid_and_starts_anew_when_it_expires() {
    check_with_hal(
        "
        + 5 minutes
        link acme hal l1 1800          -> ok
        session acme hal               -> no call, waits for a guest
        # a user who waits for a guest is never logged off by this clock
        clock acme hal                 -> 00:45:00
        + 29 minutes
        + 59 seconds
        state acme l1                  -> valid until 00:35:00
        + 1 second
        state acme l1                  -> expired until 00:35:00
        session acme hal               -> no call
        clock acme hal                 -> 00:45:00
        + 9 minutes
        + 59 seconds
        session acme hal               -> no call
        + 1 second
        session acme hal               -> automatic_log_off at 00:45:00 by nobody
        ",
    );
}

#[test]
fn e6_a_revoked_link_starts_it_anew() {
    check_with_hal(
        "
        link acme hal l1 1800          -> ok
        clock acme hal                 -> 00:40:00
        + 20 minutes
        revoke acme l1                 -> ok
        clock acme hal                 -> 00:30:00
        + 1 minute
        # once
        revoke acme l1                 -> ok
        clock acme hal                 -> 00:30:00
        ",
    );
}

#[test]
fn e6_revoking_an_expired_link_moves_nothing() {
    check_with_hal(
        "
        link acme hal l1 60            -> ok
        + 5 minutes
        revoke acme l1                 -> ok
        state acme l1                  -> expired until 00:01:00
        clock acme hal                 -> 00:11:00
        ",
    );
}

#[test]
fn e6_the_last_of_several_links_counts() {
    check_with_hal(
        "
        link acme hal l1 1800          -> ok
        link acme hal l2 3600          -> ok
        link acme hal l3 60            -> ok
        clock acme hal                 -> 01:10:00
        + 10 minutes
        # one expired, one revoked: another is still valid
        revoke acme l2                 -> ok
        clock acme hal                 -> 00:40:00
        link acme hal l4 2400          -> ok
        clock acme hal                 -> 01:00:00
        + 30 minutes
        # l1 has expired as well
        revoke acme l4                 -> ok
        clock acme hal                 -> 00:50:00
        ",
    );
}

#[test]
fn e6_a_link_for_one_call_is_used_up_when_answered() {
    check_with_hal(
        "
        link acme hal l1 1800 once     -> ok
        + 1 minute
        ring acme l1 c1                -> ok
        state acme l1                  -> valid until 00:30:00
        + 1 minute
        # the guest gives up: the link is still good
        call acme hal c1 ended         -> ok
        clock acme hal                 -> 00:40:00
        ring acme l1 c2                -> ok
        call acme hal c2 answered      -> ok
        state acme l1                  -> used until 00:30:00
        clock acme hal                 -> stands still
        + 5 minutes
        call acme hal c2 ended         -> ok
        # not from the link's time: it was used up
        clock acme hal                 -> 00:17:00
        ",
    );
}

#[test]
fn e6_a_call_within_a_link() {
    check_with_hal(
        "
        link acme hal l1 1800          -> ok
        + 10 minutes
        call acme hal c1 answered      -> ok
        clock acme hal                 -> stands still
        + 5 minutes
        call acme hal c1 ended         -> ok
        # the link is valid still
        clock acme hal                 -> 00:40:00
        + 10 minutes
        call acme hal c2 answered      -> ok
        + 20 minutes
        # the link expired meanwhile, 15 minutes ago
        clock acme hal                 -> stands still
        call acme hal c2 ended         -> ok
        clock acme hal                 -> 00:55:00
        ",
    );
}

#[test]
fn e6_links_made_expired_and_revoked_within_a_call() {
    check_with_hal(
        "
        call acme hal c1 answered      -> ok
        link acme hal l1 3600          -> ok
        + 30 minutes
        revoke acme l1                 -> ok
        clock acme hal                 -> stands still
        + 30 minutes
        link acme hal l2 60            -> ok
        + 30 minutes
        call acme hal c1 ended         -> ok
        clock acme hal                 -> 01:40:00
        ",
    );
}

#[test]
fn e6_a_link_outlives_the_session_and_holds_the_next_ones_clock() {
    check_with_hal(
        "
        link acme hal l1 3600          -> ok
        logoff acme hal                -> ok
        + 10 minutes
        login acme hal tablet          -> ok
        session acme hal               -> no call, waits for a guest
        clock acme hal                 -> 01:10:00
        revoke acme l1                 -> ok
        clock acme hal                 -> 00:20:00
        # made and expired between sessions: it holds nothing
        logoff acme hal                -> ok
        link acme hal l2 60            -> ok
        + 2 minutes
        login acme hal phone           -> ok
        clock acme hal                 -> 00:22:00
        ",
    );
}

#[test]
fn e6_a_pool_caps_its_users_links() {
    check_with_hal(
        "
        link acme hal l1 2592000       -> ok
        state acme l1                  -> valid until 2026-01-11T00:00:00Z
        set acme default cap 3600      -> ok
        link acme hal l2 7200          -> ok
        state acme l2                  -> valid until 01:00:00
        link acme hal l3 600           -> ok
        state acme l3                  -> valid until 00:10:00
        # what was given stays
        state acme l1                  -> valid until 2026-01-11T00:00:00Z
        link acme hal l4 2592001       -> invalid valid_seconds
        ",
    );
}

#[test]
fn e6_a_shorter_setting_counts_from_the_change() {
    check_with_hal(
        "
        set acme default log_off 3600  -> ok
        # a longer one keeps the clock
        clock acme hal                 -> 01:00:00
        + 30 minutes
        set acme default log_off 600   -> ok
        clock acme hal                 -> 00:40:00
        set acme default log_off 3600  -> ok
        clock acme hal                 -> 01:30:00
        # never later than the longer one would have been
        + 55 minutes
        set acme default log_off 600   -> ok
        clock acme hal                 -> 01:30:00
        ",
    );
}

#[test]
fn e6_a_shorter_setting_after_or_during_a_link_or_a_call() {
    check_with_hal(
        "
        set acme default log_off 3600  -> ok
        link acme hal l1 1200          -> ok
        clock acme hal                 -> 01:20:00
        + 10 minutes
        # the link is valid: the clock has not begun
        set acme default log_off 3000  -> ok
        clock acme hal                 -> 01:10:00
        + 30 minutes
        # it expired 20 minutes ago
        set acme default log_off 600   -> ok
        clock acme hal                 -> 00:50:00
        call acme hal c1 answered      -> ok
        set acme default log_off 60    -> ok
        clock acme hal                 -> stands still
        + 10 minutes
        call acme hal c1 ended         -> ok
        clock acme hal                 -> 00:51:00
        ",
    );
}

#[test]
fn e6_it_runs_for_each_by_its_own_and_nobody_need_look() {
    check_with_hal(
        "
        add acme ivy shared default    -> ok
        + 3 minutes
        login acme ivy phone           -> ok
        happened acme                  -> hal in 00:00:00, ivy in 00:03:00
        pass 5 hours
        # what was due happens at its time, in its order, before anything is decided
        login acme hal phone           -> ok
        happened acme                  -> hal automatic_log_off 00:10:00, ivy automatic_log_off 00:13:00, hal in 05:03:00
        ",
    );
}

#[test]
fn e13_a_notice_comes_before_the_automatic_log_off() {
    check_with_hal(
        "
        set acme default notice 120    -> ok
        happened acme                  -> hal in 00:00:00
        + 7 minutes
        + 59 seconds
        happened acme                  -> nothing
        + 1 second
        happened acme                  -> hal noticed 00:08:00
        # once, unless the clock starts anew
        + 1 minute
        happened acme                  -> nothing
        call acme hal c1 ended         -> ok
        + 8 minutes
        happened acme                  -> hal call_ended 00:09:00, hal noticed 00:17:00
        + 5 minutes
        happened acme                  -> hal automatic_log_off 00:19:00
        # both in their order, though nobody looked
        login acme hal phone           -> ok
        pass 1 hour
        login acme hal phone           -> ok
        happened acme                  -> hal in 00:22:00, hal noticed 00:30:00, hal automatic_log_off 00:32:00, hal in 01:22:00
        ",
    );
}

#[test]
fn e13_a_notice_that_a_change_of_settings_makes_overdue_comes_with_it() {
    check_with_hal(
        "
        happened acme                  -> hal in 00:00:00
        + 8 minutes
        set acme default notice 300    -> ok
        happened acme                  -> hal noticed 00:08:00
        set acme default notice 240    -> ok
        happened acme                  -> nothing
        + 2 minutes
        happened acme                  -> hal automatic_log_off 00:10:00
        ",
    );
}

#[test]
fn e8_a_silent_device_gives_its_seat_back() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 1      -> ok
        add acme hal shared default    -> ok
        login acme hal phone           -> ok
        + 4 minutes
        beat acme hal                  -> ok
        + 4 minutes
        + 59 seconds
        session acme hal               -> no call
        + 1 second
        session acme hal               -> silent at 00:09:00 by nobody
        # a call in progress ends with it (F3)
        login acme hal phone           -> ok
        call acme hal c1 answered      -> ok
        happened acme                  -> hal in 00:00:00, hal silent 00:09:00, hal in 00:09:00, hal ringing 00:09:00, hal answered 00:09:00
        pass 1 hour
        login acme hal phone           -> ok
        happened acme                  -> hal call_cut 00:14:00, hal silent 00:14:00, hal in 01:09:00
        # a report is a sign of life, also one that says nothing new
        + 4 minutes
        call acme hal c1 ended         -> ok
        + 4 minutes
        session acme hal               -> no call
        # a stricter limit counts from the change
        set acme default silence 60    -> ok
        + 59 seconds
        session acme hal               -> no call
        + 1 second
        session acme hal               -> silent at 01:18:00 by nobody
        ",
    );
}

#[test]
fn e8_the_silence_limit_can_be_off() {
    check(
        "
        found acme otto                -> ok
        order acme seat_license 1      -> ok
        set acme default silence off   -> ok
        add acme hal shared default    -> ok
        login acme hal phone           -> ok
        + 30 days
        session acme hal               -> no call
        set acme default silence 300   -> ok
        + 299 seconds
        session acme hal               -> no call
        + 1 second
        session acme hal               -> silent at 2026-02-09T00:05:00Z by nobody
        ",
    );
}
