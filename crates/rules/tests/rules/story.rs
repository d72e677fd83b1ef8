//! The article's example (rule A6), sentence by sentence.

use crate::table::check;

#[test]
fn a6_twenty_staff_and_three_business_seats() {
    check(
        "
        found acme otto                              -> ok
        # You have 20 staff. Most just need a managed softphone, so you order 20 Domain User
        # Seats. Three of those staff are in roles where call history matters, so you also
        # order 3 Business Seats.
        order acme domain_user 20 business 3         -> ok
        # Your billing reflects 20 Domain User Seats plus 3 Business Seats.
        seats acme                                   -> domain_user 0/20 business 0/3
        total acme                                   -> 98.00 EUR
        add acme s1..s20                             -> ok
        seats acme                                   -> domain_user 20/20 business 0/3
        # Upgrades are per user: you don't upgrade everyone at once.
        tier acme s1 business                        -> ok
        seats acme                                   -> domain_user 20/20 business 1/3
        user acme s1                                 -> active business member
        user acme s2                                 -> active base member
        tier acme s2..s3 business                    -> ok
        seats acme                                   -> domain_user 20/20 business 3/3
        can acme s1                                  -> proxy transcoding push call_history recordings messages
        can acme s3                                  -> proxy transcoding push call_history recordings messages
        # The other seventeen are untouched.
        user acme s4                                 -> active base member
        can acme s4                                  -> proxy transcoding push
        user acme s20                                -> active base member
        can acme s20                                 -> proxy transcoding push
        # A fourth upgrade is refused.
        tier acme s4 business                        -> no_seat_available business
        user acme s4                                 -> active base member
        seats acme                                   -> domain_user 20/20 business 3/3
        # Nor is there a twenty-first seat.
        add acme s21                                 -> no_seat_available domain_user
        # You can adjust seat counts at any time.
        order acme business 4                        -> ok
        tier acme s4 business                        -> ok
        seats acme                                   -> domain_user 20/20 business 4/4
        total acme                                   -> 104.00 EUR
        ",
    );
}

#[test]
fn a6_each_of_the_seventeen_stays_as_it_was() {
    let mut text = String::from(
        "
        found acme otto                              -> ok
        order acme domain_user 20 business 3         -> ok
        add acme s1..s20                             -> ok
        tier acme s1..s3 business                    -> ok
        tier acme s4..s20 business                   -> no_seat_available business
        ",
    );
    for n in 1..=20 {
        let tier = if n <= 3 { "business" } else { "base" };
        text += &format!("user acme s{n} -> active {tier} member\n");
    }
    check(&text);
}

#[test]
fn a6_the_waterfall_of_cost_centres() {
    check(
        "
        # A reseller provisions sub-resellers; sub-resellers provision their own end-user
        # domains. Each level runs its own cost centre.
        found reseller rita                          -> ok
        order reseller domain_user 2 business_pro 1  -> ok
        add reseller sam business_pro manage_sub_domain -> ok
        found subreseller sam                        -> ok
        order subreseller domain_user 1 business 1   -> ok
        add subreseller eve business manage_sub_domain -> ok
        found enduser eve                            -> ok
        order enduser domain_user 20 business 3      -> ok
        add enduser s1..s20                          -> ok
        tier enduser s1 business                     -> ok
        line enduser                                 -> reseller subreseller enduser
        # You do not pay for yourself: the owner takes no seat in the own domain.
        seats reseller                               -> domain_user 1/2 business_pro 1/1
        seats subreseller                            -> domain_user 1/1 business 1/1
        seats enduser                                -> domain_user 20/20 business 1/3
        total reseller                               -> 20.00 EUR
        total subreseller                            -> 10.00 EUR
        total enduser                                -> 98.00 EUR
        ",
    );
}
