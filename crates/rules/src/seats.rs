//! Seats: the kinds, what a domain has ordered of each, and what is in use (section A).
//!
//! Setting the order lives here; taking and freeing seats is what `users` and `pools` do,
//! through [`Seats::take`]. Prices are `prices`' business.

use crate::event::Event;
use crate::refusal::Refusal;
use crate::tiers::Tier;
use crate::time::Time;

/// What a domain can order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SeatKind {
    /// The base seat of every managed user on the named model.
    DomainUser,
    /// The Business upgrade of one user.
    Business,
    /// The Business Pro upgrade of one user.
    BusinessPro,
    /// A seat that several users share, in a pool.
    SeatLicense,
}

impl SeatKind {
    /// All kinds, in the order in which they are listed everywhere.
    pub const ALL: [SeatKind; 4] = [
        SeatKind::DomainUser,
        SeatKind::Business,
        SeatKind::BusinessPro,
        SeatKind::SeatLicense,
    ];

    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            SeatKind::DomainUser => "domain_user",
            SeatKind::Business => "business",
            SeatKind::BusinessPro => "business_pro",
            SeatKind::SeatLicense => "seat_license",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<SeatKind> {
        SeatKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The seat that a tier takes on top of the base seat.
    #[must_use]
    pub fn of_tier(tier: Tier) -> Option<SeatKind> {
        match tier {
            Tier::Base => None,
            Tier::Business => Some(SeatKind::Business),
            Tier::BusinessPro => Some(SeatKind::BusinessPro),
        }
    }
}

/// One value per seat kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PerKind<T>(pub [T; 4]);

impl<T> PerKind<T> {
    /// The kind's value.
    pub fn get(&self, kind: SeatKind) -> &T {
        &self.0[kind as usize]
    }

    /// The kind's value, to change.
    pub fn get_mut(&mut self, kind: SeatKind) -> &mut T {
        &mut self.0[kind as usize]
    }

    /// Kinds with their values.
    pub fn iter(&self) -> impl Iterator<Item = (SeatKind, &T)> {
        SeatKind::ALL.into_iter().zip(self.0.iter())
    }

    /// One value per kind, made from the kind.
    pub fn from_fn(mut make: impl FnMut(SeatKind) -> T) -> PerKind<T> {
        PerKind(SeatKind::ALL.map(&mut make))
    }
}

/// A number of seats of each kind.
pub type Quantities = PerKind<u32>;

impl Quantities {
    /// So many of one kind, none of the rest.
    #[must_use]
    pub fn of(kind: SeatKind, quantity: u32) -> Quantities {
        let mut all = Quantities::default();
        *all.get_mut(kind) = quantity;
        all
    }

    /// Kind by kind, the sum.
    #[must_use]
    pub fn plus(&self, other: &Quantities) -> Quantities {
        PerKind::from_fn(|kind| self.get(kind).saturating_add(*other.get(kind)))
    }

    /// Kind by kind, what is in this and not in `other`.
    #[must_use]
    pub fn beyond(&self, other: &Quantities) -> Quantities {
        PerKind::from_fn(|kind| self.get(kind).saturating_sub(*other.get(kind)))
    }

    /// Whether all are zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        self.0 == [0; 4]
    }
}

/// A decrease that waits for the end of the billing period (rule A4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scheduled {
    /// What the order becomes, or what is in use then, if that is more.
    pub quantity: u32,
    /// When.
    pub at: Time,
}

/// One kind of seat in one domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seat {
    /// How many the domain has ordered.
    pub ordered: u32,
    /// How many are in use. Never more than ordered (rule A1).
    pub in_use: u32,
    /// The scheduled decrease, if any; at most one per kind.
    pub scheduled: Option<Scheduled>,
}

impl Seat {
    /// How many can still be taken.
    #[must_use]
    pub fn available(&self) -> u32 {
        self.ordered.saturating_sub(self.in_use)
    }
}

/// All seats of a domain.
pub type Seats = PerKind<Seat>;

impl Seats {
    /// The order: how many of each kind.
    #[must_use]
    pub fn order(&self) -> Quantities {
        PerKind::from_fn(|kind| self.get(kind).ordered)
    }

    /// Whether these can be taken while `freed` are given back afterwards.
    ///
    /// The new is taken before the old is freed (rule A3): what is given back doesn't
    /// count as available.
    ///
    /// # Errors
    /// [`Refusal::NoSeatAvailable`] with the first kind of which too few are left.
    pub fn take(&self, wanted: &Quantities) -> Result<(), Refusal> {
        for (kind, quantity) in wanted.iter() {
            if *quantity > self.get(kind).available() {
                return Err(Refusal::NoSeatAvailable { kind, pool: None });
            }
        }
        Ok(())
    }

    /// Changes use from one set of seats to another.
    pub(crate) fn exchange(&mut self, before: &Quantities, after: &Quantities) {
        for kind in SeatKind::ALL {
            let seat = self.get_mut(kind);
            seat.in_use = (seat.in_use + after.get(kind)).saturating_sub(*before.get(kind));
        }
    }
}

/// When a smaller number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum When {
    /// At once; refused below use.
    #[default]
    Now,
    /// At the end of the billing period, clamped to what is in use then.
    PeriodEnd,
}

/// The most seats of one kind that a domain can order.
pub const MAX_SEATS: u32 = 10_000_000;

/// The order that results from setting some kinds' numbers; kinds left out stay.
#[must_use]
pub fn resulting_order(seats: &Seats, numbers: &PerKind<Option<u32>>) -> Quantities {
    PerKind::from_fn(|kind| numbers.get(kind).unwrap_or(seats.get(kind).ordered))
}

/// Sets the order (rule A4). Standing and price are checked by the caller.
///
/// `period_end` is the end of the current billing period. Setting a kind replaces or
/// cancels its schedule, also when the number is what is ordered already.
///
/// # Errors
/// [`Refusal::BelowUse`] when a number for now is below what is in use, with how many to
/// free of which kind.
pub fn set_order(
    seats: &Seats,
    numbers: &PerKind<Option<u32>>,
    when: When,
    price_book: u32,
    period_end: Time,
) -> Result<Vec<Event>, Refusal> {
    let in_use = PerKind::from_fn(|kind| seats.get(kind).in_use);
    if when == When::Now {
        let to_free = in_use.beyond(&PerKind::from_fn(|kind| {
            numbers.get(kind).unwrap_or(u32::MAX)
        }));
        if !to_free.is_zero() {
            return Err(Refusal::BelowUse { to_free });
        }
    }
    let mut events = Vec::new();
    for (kind, number) in numbers.iter() {
        let Some(to) = *number else { continue };
        let seat = seats.get(kind);
        if to < seat.ordered && when == When::PeriodEnd {
            let scheduled = Scheduled {
                quantity: to,
                at: period_end,
            };
            if seat.scheduled != Some(scheduled) {
                events.push(Event::DecreaseScheduled { kind, scheduled });
            }
            continue;
        }
        if seat.scheduled.is_some() {
            events.push(Event::ScheduleCancelled { kind });
        }
        if to != seat.ordered {
            events.push(Event::OrderChanged {
                kind,
                from: seat.ordered,
                to,
                price_book,
            });
        }
    }
    Ok(events)
}

/// What a kind's scheduled decrease comes to when its time has come (rule A4): the order
/// becomes the greater of the scheduled number and what is in use.
#[must_use]
pub fn decrease_due(seats: &Seats, kind: SeatKind) -> Option<Event> {
    let seat = seats.get(kind);
    let wanted = seat.scheduled?.quantity;
    Some(Event::DecreaseDone {
        kind,
        from: seat.ordered,
        to: wanted.max(seat.in_use).min(seat.ordered),
        wanted,
    })
}

/// The kinds of which few are left after a change and were not before (rule A8): once
/// per crossing, without anything to remember.
#[must_use]
pub fn running_low(before: &Seats, after: &Seats, few: u32) -> Vec<Event> {
    SeatKind::ALL
        .into_iter()
        .filter(|kind| before.get(*kind).available() > few && after.get(*kind).available() <= few)
        .map(|kind| Event::FewSeatsLeft {
            kind,
            left: after.get(kind).available(),
        })
        .collect()
}
