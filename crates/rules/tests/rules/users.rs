//! Domain users: joining (D1), adding directly (D2), roles and permissions (D3).

use usher_rules::users;

use crate::stage::Stage;
use crate::table::{check, scene};

#[test]
fn d1_an_invitation_carries_tier_role_and_permissions() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 -> ok
        invite acme ann business admin manage_sub_domain -> ok
        user acme ann                      -> invited business admin
        accept acme ann                    -> ok
        user acme ann                      -> active business admin
        account ann                        -> user ann of acme not_started
        found sub ann                      -> ok
        standing sub                       -> good
        ",
    );
}

#[test]
fn d1_an_unmanaged_account_may_accept_and_its_own_plan_ends() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        plan ann business_pro              -> ok
        verify ann                         -> ok
        invite acme ann                    -> ok
        accept acme ann                    -> ok
        account ann                        -> user ann of acme verified
        can acme ann                       -> proxy transcoding push
        # once removed it is a Personal account, whatever it was before
        remove acme ann                    -> ok
        account ann                        -> plan base verified
        ",
    );
}

#[test]
fn d1_an_owner_of_a_domain_or_a_managed_account_does_not_join() {
    check(
        "
        found acme otto                    -> ok
        found other rita                   -> ok
        order acme domain_user 3           -> ok
        order other domain_user 1          -> ok
        invite acme rita                   -> ok
        accept acme rita                   -> owns_a_domain
        add other ann                      -> ok
        invite acme bob                    -> ok
        accept acme bob ann                -> wrong_state
        seats acme                         -> domain_user 2/3
        # the domain given away, it may
        close other                        -> wrong_state
        hand other noa                     -> ok
        accept acme rita                   -> ok
        ",
    );
}

#[test]
fn d1_an_invitation_is_accepted_once() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2           -> ok
        invite acme ann                    -> ok
        accept acme ann                    -> ok
        accept acme ann                    -> wrong_state
        accept acme ann eve                -> wrong_state
        decline acme ann                   -> wrong_state
        accept acme nobody                 -> not_found user
        ",
    );
}

#[test]
fn d1_an_invitation_lapses_after_seven_days_also_when_nobody_looked() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        invite acme ann                    -> ok
        + 700 days
        user acme ann                      -> expired base member
        resend acme ann                    -> ok
        user acme ann                      -> invited base member
        + 6 days
        accept acme ann                    -> ok
        ",
    );
}

#[test]
fn d1_a_lapsed_invitation_is_refused_before_any_sweep() {
    let mut stage = scene(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        invite acme ann                    -> ok
        person eve
        ",
    );
    let (domain, id) = *stage.world.users.keys().next().unwrap();
    let eve = *stage.world.accounts.values().last().unwrap();
    let week = stage.world.settings.invitation_seconds;
    let outcome = |stage: &Stage| {
        let accepted = users::accept(&stage.world, domain, id, &eve).map(|_| ());
        let declined = users::decline(&stage.world, domain, id).map(|_| ());
        assert_eq!(accepted, declined);
        accepted.map_err(|refusal| refusal.code())
    };
    stage.pass(week - 1);
    assert_eq!(outcome(&stage), Ok(()));
    stage.pass(1);
    assert_eq!(outcome(&stage), Err("wrong_state"));
}

#[test]
fn d2_a_user_added_directly_is_there_at_once() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business_pro 1 -> ok
        add acme ann business_pro support  -> ok
        user acme ann                      -> active business_pro support
        account ann                        -> user ann of acme not_started
        why acme ann assistant             -> allowed
        ",
    );
}

#[test]
fn d3_roles_and_permissions_change_and_touch_no_seat() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2 business 1 -> ok
        add acme ann business              -> ok
        role acme ann billing              -> ok
        user acme ann                      -> active business billing
        role acme ann admin                -> ok
        role acme ann admin                -> ok
        permit acme ann read_content developer -> ok
        user acme ann                      -> active business admin
        seats acme                         -> domain_user 1/2 business 1/1
        # also of one who is yet to join
        invite acme bob                    -> ok
        role acme bob support              -> ok
        accept acme bob                    -> ok
        user acme bob                      -> active base support
        ",
    );
}

#[test]
fn d3_manage_sub_domain_counts_on_the_next_check() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1 business 1 -> ok
        add acme ann business              -> ok
        found sub ann                      -> ok
        order sub domain_user 1            -> not_in_standing permission
        permit acme ann manage_sub_domain  -> ok
        order sub domain_user 1            -> ok
        forbid acme ann manage_sub_domain  -> ok
        add sub bob                        -> not_in_standing permission
        ",
    );
}
