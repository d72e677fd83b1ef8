//! Domains: who pays and who owns (C2), handing over and closing (C7).

use crate::table::check;

#[test]
fn c1_an_owner_below_is_an_ordinary_user_above() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 business_pro 1 -> ok
        add acme ann business manage_sub_domain -> ok
        found sub ann                      -> ok
        user acme ann                      -> active business member owns sub
        account ann                        -> user ann of acme verified owns sub
        tier acme ann business_pro         -> ok
        off acme ann push                  -> ok
        why acme ann push                  -> switched_off
        standing sub                       -> good
        ",
    );
}

#[test]
fn c2_the_owner_takes_no_seat_in_the_own_domain() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        seats acme                         -> domain_user 0/1
        users acme                         -> 0
        invite acme otto2                  -> ok
        accept acme otto2 otto             -> owns_a_domain
        decline acme otto2                 -> ok
        add acme ann                       -> ok
        seats acme                         -> domain_user 1/1
        ",
    );
}

#[test]
fn c2_each_domain_orders_for_itself() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 9 business 9 -> ok
        add acme ann business manage_sub_domain -> ok
        found sub ann                      -> ok
        # what is free above is not free below
        add sub bob                        -> no_seat_available domain_user
        order sub domain_user 1            -> ok
        add sub bob                        -> ok
        seats acme                         -> domain_user 1/9 business 1/9
        seats sub                          -> domain_user 1/1
        ",
    );
}

#[test]
fn c2_verification_is_the_accounts_and_billing_the_domains() {
    check(
        "
        found acme otto                    -> ok
        plan rita business                 -> ok
        hand acme rita                     -> ok
        owner acme                         -> rita
        standing acme                      -> lapsed missing billing identity until 2026-02-09
        billing acme                       -> ok
        verify rita                        -> ok
        standing acme                      -> good
        # verified once, for good: back again only billing is renewed
        hand acme otto                     -> ok
        standing acme                      -> lapsed missing billing until 2026-02-09
        billing acme                       -> ok
        standing acme                      -> good
        # and so it is for another domain of the same owner
        close acme                         -> ok
        open next otto                     -> ok
        standing next                      -> incomplete missing billing
        ",
    );
}

#[test]
fn c2_the_currency_is_chosen_once() {
    check(
        "
        open acme otto                     -> ok
        billing acme USD                   -> no_price USD
        billing acme EUR                   -> ok
        billing acme EUR                   -> ok
        billing acme USD                   -> invalid currency
        ",
    );
}

#[test]
fn c2_a_managed_account_has_no_plan_of_its_own() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        add acme ann                       -> ok
        plan ann business                  -> wrong_state
        ",
    );
}

#[test]
fn c7_an_account_owns_at_most_one_domain() {
    check(
        "
        open acme otto                     -> ok
        open next otto                     -> owns_a_domain
        open next rita                     -> ok
        hand next otto                     -> owns_a_domain
        hand next rita                     -> ok
        account otto                       -> plan base not_started owns acme
        ",
    );
}

#[test]
fn c7_a_user_who_owns_a_domain_is_not_removed() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2 business 2 -> ok
        add acme ann business manage_sub_domain -> ok
        add acme bob business manage_sub_domain -> ok
        found sub ann                      -> ok
        order sub domain_user 1            -> ok
        add sub eve                        -> ok
        remove acme ann                    -> owns_a_domain
        # suspended is another matter, and does not change this
        suspend acme ann                   -> ok
        remove acme ann                    -> owns_a_domain
        close sub                          -> wrong_state
        hand sub bob                       -> ok
        user acme ann                      -> suspended business member
        user acme bob                      -> active business member owns sub
        account ann                        -> user ann of acme verified
        line sub                           -> acme sub
        remove acme ann                    -> ok
        account ann                        -> plan base verified
        # emptied and closed
        remove sub eve                     -> ok
        close sub                          -> ok
        remove acme bob                    -> ok
        seats acme                         -> domain_user 0/2 business 0/2
        ",
    );
}

#[test]
fn c7_below_it_goes_to_an_active_user_of_the_same_parent_who_owns_none() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 4 business 4 -> ok
        add acme ann business manage_sub_domain -> ok
        add acme bob business manage_sub_domain -> ok
        add acme cem                       -> ok
        found sub ann                      -> ok
        found bobs bob                     -> ok
        order sub domain_user 1            -> ok
        add sub eve                        -> ok
        hand sub bob                       -> owns_a_domain
        hand sub otto                      -> owns_a_domain
        # of the domain itself, of nobody's, suspended: none of these
        hand sub eve                       -> wrong_state
        person stranger
        hand sub stranger                  -> wrong_state
        suspend acme cem                   -> ok
        hand sub cem                       -> wrong_state
        restore acme cem                   -> ok
        hand sub cem                       -> ok
        owner sub                          -> cem
        standing sub                       -> lapsed missing tier billing identity permission until 2026-02-09
        ",
    );
}

#[test]
fn c7_at_the_root_it_goes_to_an_unmanaged_account() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        add acme ann                       -> ok
        hand acme ann                      -> wrong_state
        hand acme rita                     -> ok
        account otto                       -> plan business verified
        account rita                       -> plan base not_started owns acme
        # who no longer owns one may be managed
        found next noa                     -> ok
        order next domain_user 1           -> ok
        invite next otto                   -> ok
        accept next otto                   -> ok
        account otto                       -> user otto of next verified
        ",
    );
}

#[test]
fn c7_only_an_empty_domain_is_closed() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 5 business 2 -> ok
        schedule acme business 1           -> ok
        invite acme ann                    -> ok
        close acme                         -> wrong_state
        accept acme ann                    -> ok
        suspend acme ann                   -> ok
        close acme                         -> wrong_state
        remove acme ann                    -> ok
        # an invitation that lapsed is nobody
        person rita
        invite acme bob                    -> ok
        + 7 days
        users acme                         -> 0
        close acme                         -> ok
        account otto                       -> plan business verified
        # what was ordered ended with it, and nothing waits any more
        seats acme                         -> nothing
        order acme domain_user 1           -> not_found domain
        add acme cem                       -> not_found domain
        resend acme bob                    -> not_found domain
        hand acme rita                     -> not_found domain
        billing acme                       -> not_found domain
        close acme                         -> not_found domain
        # and otto may start over
        found next otto                    -> ok
        ",
    );
}

#[test]
fn c7_closing_below_frees_the_owner_above() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 -> ok
        add acme ann business manage_sub_domain -> ok
        found sub ann                      -> ok
        close sub                          -> ok
        user acme ann                      -> active business member
        account ann                        -> user ann of acme verified
        open next ann                      -> ok
        line next                          -> acme next
        ",
    );
}

#[test]
fn c7_a_suspended_user_opens_no_domain() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        add acme ann                       -> ok
        suspend acme ann                   -> ok
        open sub ann                       -> not_allowed
        ",
    );
}
