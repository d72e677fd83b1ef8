//! What someone wants, before it is known who is there: picks and numbers alone, so that
//! a sequence can be shrunk and still be played.

use proptest::prelude::*;

use usher_rules::seats::{SeatKind, When};
use usher_rules::tiers::{Feature, Tier};
use usher_rules::{AccountId, DomainId, UserId};

use super::Act;
use super::desk::{self, DeskWish, desk_wish};
use crate::stage::Stage;

/// A choice among what there is, made before it is known how much there is.
pub type Pick = u16;

/// What someone wants, in picks.
#[derive(Debug, Clone, Copy)]
pub enum Wish {
    Wait { hours: i64 },
    Sweep,
    SignUp,
    Plan(Pick, Tier),
    AskIdentity(Pick),
    DecideIdentity(Pick, bool),
    Open(Pick),
    Billing(Pick),
    Order(Pick, SeatKind, u32, When),
    HandOver(Pick, Pick),
    Close(Pick),
    Invite(Pick, Tier),
    Add(Pick, Tier),
    Accept(Pick, Option<Pick>),
    User(Pick, Deed),
    Tier(Pick, Tier),
    Manages(Pick, bool),
    Off(Pick, Feature),
    Move(Pick, Pick, Option<Tier>),
    Minutes(i64),
    Desk(DeskWish),
}

/// What is done to a user, with no more to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Resend,
    Decline,
    Suspend,
    Restore,
    Remove,
}

/// Any wish; those that move much come often.
pub fn wish() -> impl Strategy<Value = Wish> {
    let hours = prop::sample::select(vec![1, 24, 6 * 24, 7 * 24, 23 * 24, 30 * 24, 31 * 24]);
    let p = any::<Pick>;
    let deed = prop::sample::select(vec![
        Deed::Resend,
        Deed::Decline,
        Deed::Suspend,
        Deed::Restore,
        Deed::Remove,
    ]);
    let others_plan = prop_oneof![2 => Just(Tier::Business), 1 => tier()];
    prop_oneof![
        4 => hours.prop_map(|hours| Wish::Wait { hours }),
        1 => Just(Wish::Sweep),
        1 => Just(Wish::SignUp),
        3 => (p(), others_plan).prop_map(|(a, tier)| Wish::Plan(a, tier)),
        4 => p().prop_map(Wish::AskIdentity),
        4 => (p(), prop::bool::weighted(0.8)).prop_map(|(a, yes)| Wish::DecideIdentity(a, yes)),
        4 => p().prop_map(Wish::Open),
        2 => p().prop_map(Wish::Billing),
        9 => order(),
        3 => (p(), p()).prop_map(|(d, a)| Wish::HandOver(d, a)),
        1 => p().prop_map(Wish::Close),
        4 => (p(), tier()).prop_map(|(d, tier)| Wish::Invite(d, tier)),
        4 => (p(), tier()).prop_map(|(d, tier)| Wish::Add(d, tier)),
        4 => (p(), prop::option::of(p())).prop_map(|(u, a)| Wish::Accept(u, a)),
        8 => (p(), deed).prop_map(|(u, deed)| Wish::User(u, deed)),
        6 => (p(), tier()).prop_map(|(u, tier)| Wish::Tier(u, tier)),
        3 => (p(), prop::bool::weighted(0.7)).prop_map(|(u, yes)| Wish::Manages(u, yes)),
        1 => (p(), prop::sample::select(Feature::ALL.to_vec())).prop_map(|(u, f)| Wish::Off(u, f)),
        8 => (p(), p(), prop::option::of(tier())).prop_map(|(u, d, tier)| Wish::Move(u, d, tier)),
        12 => prop::sample::select(vec![1, 4, 5, 20]).prop_map(Wish::Minutes),
        80 => desk_wish().prop_map(Wish::Desk),
    ]
}

pub fn tier() -> impl Strategy<Value = Tier> {
    prop_oneof![2 => Just(Tier::Base), 2 => Just(Tier::Business), 1 => Just(Tier::BusinessPro)]
}

fn order() -> impl Strategy<Value = Wish> {
    let when = prop_oneof![3 => Just(When::Now), 1 => Just(When::PeriodEnd)];
    let kind = prop::sample::select(SeatKind::ALL.to_vec());
    (any::<Pick>(), kind, 0..6_u32, when)
        .prop_map(|(d, kind, n, when)| Wish::Order(d, kind, n, when))
}

pub fn one_of<T>(all: impl ExactSizeIterator<Item = T>, pick: Pick) -> Option<T> {
    let mut all = all;
    let count = all.len();
    all.nth(usize::from(pick).checked_rem(count)?)
}

impl Wish {
    /// The wish about those who are there; none when there is nobody to pick.
    pub fn about(self, stage: &Stage) -> Option<Act> {
        let world = &stage.world;
        let account = |pick| one_of(world.accounts.keys().copied(), pick);
        let domain = |pick| one_of(world.domains.keys().copied(), pick);
        let user = |pick| one_of(world.users.keys().copied(), pick);
        Some(match self {
            Wish::Wait { hours } => Act::Wait { hours },
            Wish::Minutes(minutes) => Act::Minutes(minutes),
            Wish::Desk(wish) => Act::Desk(desk::about(wish, stage)?),
            Wish::Sweep => Act::Sweep,
            Wish::SignUp => Act::SignUp,
            Wish::Plan(a, tier) => Act::Plan(account(a)?, tier),
            Wish::AskIdentity(a) => Act::AskIdentity(account(a)?),
            Wish::DecideIdentity(a, yes) => Act::DecideIdentity(account(a)?, yes),
            Wish::Open(a) => Act::Open(account(a)?),
            Wish::Billing(d) => Act::Billing(domain(d)?),
            Wish::Order(d, kind, n, when) => Act::Order(domain(d)?, kind, n, when),
            Wish::HandOver(d, a) => Act::HandOver(domain(d)?, account(a)?),
            Wish::Close(d) => Act::Close(domain(d)?),
            Wish::Invite(d, tier) => Act::Invite(domain(d)?, tier),
            Wish::Add(d, tier) => Act::Add(domain(d)?, tier),
            wish => return wish.about_a_user(user, account, domain),
        })
    }

    fn about_a_user(
        self,
        user: impl Fn(Pick) -> Option<(DomainId, UserId)>,
        account: impl Fn(Pick) -> Option<AccountId>,
        domain: impl Fn(Pick) -> Option<DomainId>,
    ) -> Option<Act> {
        let act = |u: Pick, act: &dyn Fn(DomainId, UserId) -> Act| user(u).map(|(d, u)| act(d, u));
        match self {
            Wish::Accept(u, by) => act(u, &|d, u| Act::Accept(d, u, by.and_then(&account))),
            Wish::User(u, deed) => act(u, &|d, u| Act::User(d, u, deed)),
            Wish::Tier(u, tier) => act(u, &|d, u| Act::Tier(d, u, tier)),
            Wish::Manages(u, yes) => act(u, &|d, u| Act::Manages(d, u, yes)),
            Wish::Off(u, feature) => act(u, &|d, u| Act::Off(d, u, feature)),
            Wish::Move(u, to, tier) => {
                let to = domain(to)?;
                act(u, &|d, u| Act::Move(d, u, to, tier))
            }
            _ => None,
        }
    }
}
