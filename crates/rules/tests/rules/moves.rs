//! Moving users to other domains of the tree (C6).

use crate::table::check;

/// acme (otto) above east (ann) and west (bob); cem works in east.
const TREE: &str = "
    found acme otto                        -> ok
    order acme domain_user 5 business 5    -> ok
    add acme ann business manage_sub_domain -> ok
    add acme bob business manage_sub_domain -> ok
    found east ann                         -> ok
    found west bob                         -> ok
    order east domain_user 3 business 3    -> ok
    order west domain_user 1               -> ok
    add east cem business manage_sub_domain -> ok
";

#[test]
fn c6_a_user_moves_with_tier_permissions_and_what_is_switched_off() {
    check(&format!(
        "{TREE}
        order west domain_user 1 business 1 -> ok
        role east cem admin                -> ok
        off east cem push                  -> ok
        move east cem west                 -> ok
        user east cem                      -> none
        # the role was east's to give
        user west cem                      -> active business member
        why west cem push                  -> switched_off
        account cem                        -> user cem of west not_started
        seats east                         -> domain_user 0/3 business 0/3
        seats west                         -> domain_user 1/1 business 1/1
        users east                         -> 0
        users west                         -> 1
        open cems cem                      -> ok
        standing cems                      -> incomplete missing billing identity
        line cems                          -> acme west cems
        ",
    ));
}

#[test]
fn c6_the_seat_is_taken_there_before_it_is_freed_here() {
    check(&format!(
        "{TREE}
        # none at all, then no upgrade
        order west domain_user 0           -> ok
        move east cem west                 -> no_seat_available domain_user
        order west domain_user 1           -> ok
        move east cem west                 -> no_seat_available business
        user east cem                      -> active business member
        seats east                         -> domain_user 1/3 business 1/3
        seats west                         -> domain_user 0/1
        # another tier may be named
        move east cem west base            -> ok
        user west cem                      -> active base member
        seats west                         -> domain_user 1/1
        ",
    ));
}

#[test]
fn c6_up_and_down_the_tree() {
    check(&format!(
        "{TREE}
        move east cem acme                 -> ok
        user acme cem                      -> active business member
        seats acme                         -> domain_user 3/5 business 3/5
        move acme cem west base            -> ok
        seats acme                         -> domain_user 2/5 business 2/5
        seats west                         -> domain_user 1/1
        ",
    ));
}

#[test]
fn c6_its_own_sub_domain_comes_along() {
    check(&format!(
        "{TREE}
        found cems cem                     -> ok
        order cems domain_user 2 business 1 -> ok
        add cems dot business manage_sub_domain -> ok
        found dots dot                     -> ok
        line dots                          -> acme east cems dots
        order west domain_user 1 business 1 -> ok
        # tried without doing it
        try move east cem west             -> ok
        line cems                          -> acme east cems
        move east cem west                 -> ok
        user west cem                      -> active business member owns cems
        line cems                          -> acme west cems
        line dots                          -> acme west cems dots
        seats cems                         -> domain_user 1/2 business 1/1
        standing cems                      -> good
        standing dots                      -> good
        # and no longer can west's owner be put below it, but east's can
        order dots domain_user 2 business 2 -> ok
        move acme bob dots                 -> would_make_a_circle
        move acme ann dots                 -> ok
        line east                          -> acme west cems dots east
        move west cem east                 -> would_make_a_circle
        ",
    ));
}

#[test]
fn c6_a_circle_is_refused() {
    check(&format!(
        "{TREE}
        found cems cem                     -> ok
        order cems domain_user 2 business 2 -> ok
        # into the own domain, and into one below it
        move acme ann east                 -> would_make_a_circle
        move acme ann cems                 -> would_make_a_circle
        user acme ann                      -> active business member owns east
        line cems                          -> acme east cems
        # beside it is no circle
        order west domain_user 1 business 1 -> ok
        move acme ann west                 -> ok
        line east                          -> acme west east
        line cems                          -> acme west east cems
        # now west stands above
        move acme bob east                 -> would_make_a_circle
        move acme bob cems                 -> would_make_a_circle
        ",
    ));
}

#[test]
fn c6_another_tree_or_the_same_domain_is_refused() {
    check(&format!(
        "{TREE}
        found other rita                   -> ok
        order other domain_user 5 business 5 -> ok
        move east cem other                -> invalid to
        move east cem east                 -> invalid to
        move east cem nowhere              -> not_found domain
        move west cem acme                 -> not_found user
        ",
    ));
}

#[test]
fn c6_only_an_active_user_moves() {
    check(&format!(
        "{TREE}
        invite east dot                    -> ok
        move east dot acme                 -> wrong_state
        suspend east cem                   -> ok
        move east cem acme                 -> wrong_state
        ",
    ));
}

#[test]
fn c6_the_target_must_be_in_standing_and_the_source_need_not() {
    check(&format!(
        "{TREE}
        order west domain_user 2 business 2 -> ok
        tier acme ann base                 -> ok
        standing east                      -> lapsed missing tier until 2026-02-09
        # out of a lapsed domain, not into it
        move east cem west                 -> ok
        move west cem east                 -> not_in_standing tier
        ",
    ));
}

#[test]
fn c6_a_lower_tier_lapses_the_domain_that_comes_along() {
    check(&format!(
        "{TREE}
        found cems cem                     -> ok
        move east cem west base            -> ok
        standing cems                      -> lapsed missing tier until 2026-02-09
        ",
    ));
}

#[test]
fn c6_out_of_a_frozen_domain_all_is_as_before() {
    check(&format!(
        "{TREE}
        found cems cem                     -> ok
        order cems domain_user 1 business 1 -> ok
        add cems dot business manage_sub_domain -> ok
        found dots dot                     -> ok
        order west domain_user 1 business 1 -> ok
        tier acme ann base                 -> ok
        + 65 days
        standing east                      -> frozen missing tier since 2026-02-09
        standing cems                      -> frozen missing tier since 2026-03-11
        standing dots                      -> lapsed missing tier until 2026-04-10
        told dots                          -> good, lapsed
        move east cem west                 -> ok
        standing cems                      -> good
        standing dots                      -> good
        told dots                          -> good
        ",
    ));
}
