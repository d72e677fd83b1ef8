//! Licenses: a seat of one's own or a place in a pool, and how one becomes another (rules A3,
//! E2).

use super::{User, in_domain};
use crate::event::{Entry, Event};
use crate::ids::{AccountId, DomainId, PoolId, UserId};
use crate::refusal::Refusal;
use crate::seats::{Quantities, SeatKind};
use crate::sessions::{self, EndReason};
use crate::tiers::Tier;
use crate::waiting;
use crate::world::World;

/// How a user comes by a seat (rule E2): on a seat of one's own, or in exactly one pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum License {
    /// A seat of one's own, with an upgrade stacked on it or not.
    Named {
        /// What the user sits on.
        tier: Tier,
    },
    /// One of the seats of a pool, while logged in.
    Shared {
        /// Which pool.
        pool: PoolId,
    },
}

impl License {
    /// The tier of a seat of one's own. A pool's stands in the pool ([`World::tier_of`]).
    #[must_use]
    pub fn named_tier(self) -> Option<Tier> {
        match self {
            License::Named { tier } => Some(tier),
            License::Shared { .. } => None,
        }
    }

    /// The pool of a shared user.
    #[must_use]
    pub fn pool(self) -> Option<PoolId> {
        match self {
            License::Named { .. } => None,
            License::Shared { pool } => Some(pool),
        }
    }

    /// The word for the license model in API, journal and store.
    #[must_use]
    pub fn model(self) -> &'static str {
        match self {
            License::Named { .. } => "named",
            License::Shared { .. } => "shared",
        }
    }

    /// The seats that it uses: the base seat and at most one upgrade (rules A2, A3); none
    /// for a shared user, whose pool uses them.
    #[must_use]
    pub fn seats(self) -> Quantities {
        match self {
            License::Named { tier } => {
                let base = Quantities::of(SeatKind::DomainUser, 1);
                SeatKind::of_tier(tier).map_or(base, |kind| base.plus(&Quantities::of(kind, 1)))
            }
            License::Shared { .. } => Quantities::default(),
        }
    }
}

/// Gives a user another license: another tier, a pool instead of a named seat, a named seat
/// instead of a pool, another pool. One step (rule E2): the new seat is taken before the
/// old one is freed (rule A3), and what was live ends with a notice. `by` is who asks.
///
/// Downgrades need no standing (rule A4), nor does another pool of no higher tier;
/// conversions do (rule C5). One who holds no seat now takes none by it: the license is
/// what will be taken anew (rule A7).
///
/// # Errors
/// [`Refusal::NoSeatAvailable`], [`Refusal::NotInStanding`], [`Refusal::NotFound`] for the
/// pool.
pub fn set_license(
    world: &World,
    domain: DomainId,
    id: UserId,
    to: License,
    by: Option<AccountId>,
) -> Result<Vec<Entry>, Refusal> {
    let user = world.user(domain, id)?;
    let from = user.license;
    if from == to {
        return Ok(vec![]);
    }
    if let License::Shared { pool } = to {
        world.pool(domain, pool)?;
    }
    let after = User {
        license: to,
        ..*user
    };
    let upgrade = world.tier_of(&after) > world.tier_of(user);
    if upgrade || from.model() != to.model() {
        world.require_standing(domain)?;
    }
    if user.holds_seats() {
        let more = to.seats().beyond(&from.seats());
        world.domain(domain)?.seats.take(&more)?;
    }
    let mut entries = match (from, to) {
        // The devices stay: only the tier is another.
        (License::Named { .. }, License::Named { .. }) => vec![],
        (License::Shared { .. }, License::Shared { .. }) => {
            sessions::end_all(world, domain, id, EndReason::PoolChanged, by)
        }
        _ => sessions::end_all(world, domain, id, EndReason::Converted, by),
    };
    entries.extend(waiting::leave(world, domain, id));
    let changed = Event::LicenseChanged { user: id, from, to };
    entries.push(in_domain(world, domain, changed));
    Ok(entries)
}
