//! What a seat unlocks: derived at each check (B1), switched off by admins (B2).

use crate::table::check;

#[test]
fn b1_entitlements_follow_the_tier_at_once() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 business_pro 1 -> ok
        add acme ann                       -> ok
        can acme ann                       -> proxy transcoding push
        why acme ann recordings            -> tier business
        why acme ann assistant             -> tier business_pro
        tier acme ann business             -> ok
        can acme ann                       -> proxy transcoding push call_history recordings messages
        why acme ann transcription         -> tier business_pro
        tier acme ann business_pro         -> ok
        can acme ann                       -> proxy transcoding push call_history recordings messages transcription assistant
        tier acme ann base                 -> ok
        can acme ann                       -> proxy transcoding push
        ",
    );
}

#[test]
fn b1_standing_narrows_and_widens_again() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business_pro 1 -> ok
        add acme ann business_pro          -> ok
        plan otto base                     -> ok
        # lapsed: nothing changes for users
        why acme ann assistant             -> allowed
        + 30 days
        can acme ann                       -> proxy transcoding push
        why acme ann assistant             -> frozen
        user acme ann                      -> active business_pro member
        plan otto business_pro             -> ok
        can acme ann                       -> proxy transcoding push call_history recordings messages transcription assistant
        ",
    );
}

#[test]
fn b2_an_admin_switches_off_and_never_on() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2 business 1 -> ok
        add acme ann business              -> ok
        off acme ann recordings push assistant -> ok
        can acme ann                       -> proxy transcoding call_history messages
        why acme ann recordings            -> switched_off
        # off or not, the tier has none
        why acme ann assistant             -> tier business_pro
        # the last word counts
        off acme ann push                  -> ok
        can acme ann                       -> proxy transcoding call_history recordings messages
        off acme ann                       -> ok
        can acme ann                       -> proxy transcoding push call_history recordings messages
        # the others are untouched, and nobody gets beyond the tier
        add acme bob                       -> ok
        can acme bob                       -> proxy transcoding push
        ",
    );
}

#[test]
fn b2_what_is_switched_off_stays_so_across_tiers_and_suspension() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 business_pro 1 -> ok
        add acme ann business              -> ok
        off acme ann messages assistant    -> ok
        tier acme ann business_pro         -> ok
        can acme ann                       -> proxy transcoding push call_history recordings transcription
        suspend acme ann                   -> ok
        restore acme ann                   -> ok
        why acme ann messages              -> switched_off
        # frozen or switched off: the admin's word is the reason that stays
        plan otto base                     -> ok
        + 30 days
        why acme ann messages              -> switched_off
        why acme ann recordings            -> frozen
        ",
    );
}
