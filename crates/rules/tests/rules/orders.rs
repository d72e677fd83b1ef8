//! The order: more at once, fewer now or at the period's end (A4).

use crate::table::check;

#[test]
fn a4_more_takes_effect_at_once() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 1           -> ok
        add acme ann                       -> ok
        order acme domain_user 3 business 1 business_pro 2 -> ok
        seats acme                         -> domain_user 1/3 business 0/1 business_pro 0/2
        # kinds that are left out stay
        order acme business 2              -> ok
        seats acme                         -> domain_user 1/3 business 0/2 business_pro 0/2
        # an increase is no matter for the period's end
        schedule acme business 5           -> ok
        seats acme                         -> domain_user 1/3 business 0/5 business_pro 0/2
        ",
    );
}

#[test]
fn a4_a_decrease_below_use_is_refused_with_the_numbers() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 5 business 3 business_pro 1 -> ok
        add acme u1..u2 business           -> ok
        add acme u3 business_pro           -> ok
        add acme u4                        -> ok
        order acme business 1              -> below_use business 1
        order acme domain_user 1 business 0 business_pro 0 -> below_use domain_user 3 business 2 business_pro 1
        # one kind below use refuses the others too
        order acme domain_user 4 business 1 -> below_use business 1
        seats acme                         -> domain_user 4/5 business 2/3 business_pro 1/1
        # down to what is in use is fine
        order acme domain_user 4 business 2 -> ok
        seats acme                         -> domain_user 4/4 business 2/2 business_pro 1/1
        ",
    );
}

#[test]
fn a4_a_scheduled_decrease_waits_for_the_end_of_the_period() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 5           -> ok
        add acme u1..u2                    -> ok
        schedule acme domain_user 3        -> ok
        seats acme                         -> domain_user 2/5 (3 on 2026-02-01)
        + 21 days
        + 23 hours
        + 3599 seconds
        # it limits nothing before its time
        add acme u3                        -> ok
        seats acme                         -> domain_user 3/5 (3 on 2026-02-01)
        + 1 second
        seats acme                         -> domain_user 3/3
        add acme u4                        -> no_seat_available domain_user
        told acme                          -> good, domain_user 5 to 3 rest 0, few domain_user 0
        ",
    );
}

#[test]
fn a4_a_scheduled_decrease_is_clamped_to_what_is_in_use_and_evicts_nobody() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 6 business 4 -> ok
        add acme u1..u3 business           -> ok
        schedule acme domain_user 1 business 1 -> ok
        add acme u4                        -> ok
        told acme                          -> good, few business 1
        + 22 days
        seats acme                         -> domain_user 4/4 business 3/3
        told acme                          -> domain_user 6 to 4 rest 3, business 4 to 3 rest 2, few domain_user 0
        # the rest is not tried again
        remove acme u4                     -> ok
        + 31 days
        seats acme                         -> domain_user 3/4 business 3/3
        ",
    );
}

#[test]
fn a4_an_invitation_that_lapses_before_the_end_does_not_clamp() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2           -> ok
        add acme ann                       -> ok
        + 14 days
        invite acme bob                    -> ok
        schedule acme domain_user 1        -> ok
        # both are found late, in one sweep: each takes effect at its own time
        + 40 days
        seats acme                         -> domain_user 1/1
        user acme bob                      -> expired base member
        told acme                          -> good, few domain_user 1, domain_user 2 to 1 rest 0
        ",
    );
}

#[test]
fn a4_an_invitation_that_lapses_after_the_end_clamps() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2           -> ok
        add acme ann                       -> ok
        + 16 days
        invite acme bob                    -> ok
        schedule acme domain_user 1        -> ok
        + 40 days
        seats acme                         -> domain_user 1/2
        user acme bob                      -> expired base member
        ",
    );
}

#[test]
fn a4_an_invitation_that_lapses_at_the_very_end_does_not_clamp() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 2           -> ok
        add acme ann                       -> ok
        + 15 days
        invite acme bob                    -> ok
        schedule acme domain_user 1        -> ok
        + 7 days
        seats acme                         -> domain_user 1/1
        ",
    );
}

#[test]
fn a4_the_next_change_replaces_or_cancels_a_schedule() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 9 business 9 -> ok
        schedule acme domain_user 5 business 5 -> ok
        schedule acme domain_user 4        -> ok
        seats acme                         -> domain_user 0/9 (4 on 2026-02-01) business 0/9 (5 on 2026-02-01)
        # an increase cancels
        order acme domain_user 10          -> ok
        seats acme                         -> domain_user 0/10 business 0/9 (5 on 2026-02-01)
        # the number that is ordered already cancels
        order acme business 9              -> ok
        seats acme                         -> domain_user 0/10 business 0/9
        schedule acme business 3           -> ok
        schedule acme business 9           -> ok
        seats acme                         -> domain_user 0/10 business 0/9
        # so does a decrease for now
        schedule acme business 3           -> ok
        order acme business 8              -> ok
        seats acme                         -> domain_user 0/10 business 0/8
        + 30 days
        seats acme                         -> domain_user 0/10 business 0/8
        ",
    );
}

#[test]
fn a4_a_refused_order_leaves_the_schedule() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 5           -> ok
        add acme u1..u2                    -> ok
        schedule acme domain_user 3        -> ok
        order acme domain_user 1           -> below_use domain_user 1
        seats acme                         -> domain_user 2/5 (3 on 2026-02-01)
        ",
    );
}

#[test]
fn a4_below_use_may_be_scheduled() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 3           -> ok
        add acme u1..u3                    -> ok
        schedule acme domain_user 1        -> ok
        remove acme u3                     -> ok
        + 22 days
        seats acme                         -> domain_user 2/2
        ",
    );
}

#[test]
fn a4_the_period_ends_with_the_zones_month() {
    check(
        "
        found acme otto                    -> ok
        billing acme Asia/Tokyo            -> ok
        order acme domain_user 5           -> ok
        schedule acme domain_user 3        -> ok
        seats acme                         -> domain_user 0/5 (3 on 2026-01-31T15:00:00Z)
        ",
    );
}

#[test]
fn a4_decreases_downgrades_and_removals_need_no_standing() {
    check(
        "
        found acme otto                    -> ok
        order acme domain_user 5 business 2 business_pro 2 -> ok
        add acme u1..u2 business_pro       -> ok
        add acme u3                        -> ok
        plan otto base                     -> ok
        standing acme                      -> lapsed missing tier until 2026-02-09
        order acme domain_user 4           -> ok
        schedule acme domain_user 3        -> ok
        tier acme u1 business              -> ok
        tier acme u1 base                  -> ok
        tier acme u2 base                  -> ok
        suspend acme u2                    -> ok
        remove acme u2                     -> ok
        order acme business 0 business_pro 0 -> ok
        # to cancel a schedule orders nothing more
        order acme domain_user 4           -> ok
        # more of one is more, also with fewer of another
        order acme domain_user 3 business 1 -> not_in_standing tier
        + 30 days
        standing acme                      -> frozen missing tier since 2026-02-09
        order acme domain_user 2           -> ok
        schedule acme domain_user 1        -> ok
        remove acme u1                     -> ok
        + 31 days
        seats acme                         -> domain_user 1/1
        ",
    );
}

/// A decrease depends on what is in use at its time: where only some of the lapsed
/// invitations before it are known, it waits until all are.
#[test]
fn a4_a_decrease_waits_for_the_invitations_that_lapse_before_it() {
    use usher_rules::event::Start;
    use usher_rules::seats::{Scheduled, SeatKind};
    use usher_rules::tiers::{Features, Tier};
    use usher_rules::users::License;
    use usher_rules::{AccountId, DomainId, Entry, Event, Head, Time, UserId, World};

    let id = DomainId::nth(1);
    let mut world = World::default();
    let mut happen = |event| {
        let entry = Entry::now(Head::Domain(id), event, Time(0));
        world.apply(&entry);
    };
    happen(Event::DomainOpened {
        owner: AccountId::nth(1),
        parent: None,
        root: id,
    });
    let kind = SeatKind::DomainUser;
    happen(Event::OrderChanged {
        kind,
        from: 0,
        to: 2,
        price_book: 1,
    });
    let start = Start {
        license: License::Named { tier: Tier::Base },
        role: Default::default(),
        permissions: Default::default(),
        features_off: Features::default(),
    };
    for n in 1..=2 {
        happen(Event::UserInvited {
            user: UserId::nth(n),
            start,
            expires_at: Time(10),
        });
    }
    let scheduled = Scheduled {
        quantity: 0,
        at: Time(20),
    };
    happen(Event::DecreaseScheduled { kind, scheduled });
    world.now = Time(30);
    assert_eq!(
        world.clone().settle_loaded(id, 2).len(),
        2,
        "the decrease waits"
    );
    assert_eq!(world.settle_loaded(id, 3).len(), 3);
    assert_eq!(world.seats(id).unwrap().get(kind).ordered, 0);
}
