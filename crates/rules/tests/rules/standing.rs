//! Standing: what it takes to operate a domain (C3). What happens when it is lost stands
//! in `lapses`.

use crate::table::check;

#[test]
fn c3_all_four_missing_are_listed_together() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        add acme ann                       -> ok
        open sub ann                       -> ok
        standing sub                       -> incomplete missing tier billing identity permission
        order sub domain_user 1            -> not_in_standing tier billing identity permission
        invite sub bob                     -> not_in_standing tier billing identity permission
        add sub bob                        -> not_in_standing tier billing identity permission
        ",
    );
}

#[test]
fn c3_at_the_root_there_are_three() {
    check(
        "
        open acme otto                     -> ok
        standing acme                      -> incomplete missing tier billing identity
        order acme domain_user 1           -> not_in_standing tier billing identity
        plan otto business_pro             -> ok
        order acme domain_user 1           -> not_in_standing billing identity
        verify otto                        -> ok
        order acme domain_user 1           -> not_in_standing billing
        billing acme                       -> ok
        standing acme                      -> good
        order acme domain_user 1           -> ok
        ",
    );
}

/// A domain below, all prerequisites met, with a user in it and seats to spare.
pub const GOOD_BELOW: &str = "
    found acme otto                        -> ok
    order acme domain_user 3 business 2    -> ok
    add acme ann business manage_sub_domain -> ok
    found sub ann                          -> ok
    order sub domain_user 5 business 5     -> ok
    add sub bob                            -> ok
    add sub cem                            -> ok
    suspend sub cem                        -> ok
    invite sub dot                         -> ok
    decline sub dot                        -> ok
    standing sub                           -> good
";

/// Each of the ways to grow, refused for the same reason.
fn nothing_may_grow(reason: &str) -> String {
    [
        "order sub domain_user 6",
        "add sub eve",
        "invite sub eve",
        "tier sub bob business",
        "restore sub cem",
        "resend sub dot",
    ]
    .map(|command| format!("{command} -> not_in_standing {reason}\n"))
    .concat()
}

#[test]
fn c3_the_tier_alone_is_missing() {
    check(&format!(
        "{GOOD_BELOW}
        tier acme ann base                 -> ok
        {}
        tier acme ann business             -> ok
        add sub eve                        -> ok
        ",
        nothing_may_grow("tier")
    ));
}

#[test]
fn c3_the_permission_alone_is_missing() {
    check(&format!(
        "{GOOD_BELOW}
        forbid acme ann manage_sub_domain  -> ok
        {}
        permit acme ann manage_sub_domain  -> ok
        add sub eve                        -> ok
        ",
        nothing_may_grow("permission")
    ));
}

#[test]
fn c3_billing_alone_is_missing() {
    check(&format!(
        "{GOOD_BELOW}
        # a new owner, well placed and verified, has yet to renew billing
        add acme flo business manage_sub_domain -> ok
        verify flo                         -> ok
        hand sub flo                       -> ok
        {}
        billing sub                        -> ok
        add sub eve                        -> ok
        ",
        nothing_may_grow("billing")
    ));
}

#[test]
fn c3_identity_alone_is_missing() {
    check(&format!(
        "{GOOD_BELOW}
        add acme flo business manage_sub_domain -> ok
        hand sub flo                       -> ok
        billing sub                        -> ok
        {}
        verify flo                         -> ok
        add sub eve                        -> ok
        ",
        nothing_may_grow("identity")
    ));
}

#[test]
fn c3_all_that_is_missing_of_a_domain_that_was_good() {
    check(&format!(
        "{GOOD_BELOW}
        add acme flo                       -> ok
        hand sub flo                       -> ok
        {}
        ",
        nothing_may_grow("tier billing identity permission")
    ));
}

#[test]
fn c3_verification_pending_or_rejected_is_not_verified() {
    check(
        "
        plan otto business                 -> ok
        open acme otto                     -> ok
        billing acme                       -> ok
        approve otto                       -> wrong_state
        identify otto                      -> ok
        standing acme                      -> incomplete missing identity
        identify otto                      -> ok
        reject otto                        -> ok
        account otto                       -> plan business failed owns acme
        standing acme                      -> incomplete missing identity
        approve otto                       -> wrong_state
        # and again
        identify otto                      -> ok
        approve otto                       -> ok
        standing acme                      -> good
        # for good
        identify otto                      -> ok
        reject otto                        -> wrong_state
        standing acme                      -> good
        ",
    );
}

#[test]
fn c3_each_level_has_its_own_prerequisites() {
    check(&format!(
        "{GOOD_BELOW}
        # all is well above, and that does nothing below
        tier sub bob business              -> ok
        permit sub bob manage_sub_domain   -> ok
        open subsub bob                    -> ok
        standing subsub                    -> incomplete missing billing identity
        billing subsub                     -> ok
        verify bob                         -> ok
        standing subsub                    -> good
        line subsub                        -> acme sub subsub
        ",
    ));
}
