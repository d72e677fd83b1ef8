//! Moving a user to another domain of the same tree (rule C6).

use crate::event::{Entry, Event, Start};
use crate::ids::{AccountId, DomainId, Head, UserId};
use crate::refusal::Refusal;
use crate::roles::{Permission, Role};
use crate::sessions::EndReason;
use crate::users::{License, User, UserState, leave};
use crate::world::World;

/// Moves an active user from one domain to another of its tree. The seat is taken there
/// before it is freed here; a domain that the user owns comes along; license, tier and
/// permissions stay unless another license is named. The role becomes `member`: what someone
/// may do to others is granted by the domain where they are. Sessions end with a notice,
/// call links are revoked, teams stay behind. `by` is who asks.
///
/// Both domains, the tree's root and the user's own domain must be in the world.
///
/// # Errors
/// [`Refusal::WouldMakeACircle`] when the target is the user's own domain or one below it;
/// [`Refusal::Invalid`] for another tree, the same domain, or a shared user without a pool
/// there; [`Refusal::NotInStanding`], [`Refusal::NoSeatAvailable`], [`Refusal::NotFound`]
/// (pool) of the target; [`Refusal::WrongState`] for one who is not active.
pub fn move_user(
    world: &World,
    from: DomainId,
    id: UserId,
    to: DomainId,
    license: Option<License>,
    by: Option<AccountId>,
) -> Result<Vec<Entry>, Refusal> {
    let user = world.user(from, id)?;
    let source = world.domain(from)?;
    let target = world.domain(to)?;
    let UserState::Active { account } = user.state else {
        return Err(Refusal::WrongState {
            why: "only an active user can be moved",
        });
    };
    if from == to || source.root != target.root {
        return Err(Refusal::Invalid {
            field: "to",
            why: "it must be another domain of the same tree",
        });
    }
    if let Some(own) = user.owns
        && world.is_within(to, own)?
    {
        return Err(Refusal::WouldMakeACircle);
    }
    // The owner of a domain takes no seat in it (rule C2).
    if target.owner == account {
        return Err(Refusal::WouldMakeACircle);
    }
    world.require_standing(to)?;
    let license = license_there(world, user, to, license)?;
    target.seats.take(&license.seats())?;
    let start = Start {
        license,
        role: Role::Member,
        // Reading others' content is granted by the owner of the domain where one is.
        permissions: user.permissions.without(Permission::ReadContent),
        features_off: user.features_off,
    };
    let mut entries = vec![world.entry(
        Head::Domain(to),
        Event::UserMovedIn {
            user: id,
            from,
            account,
            start,
            owns: user.owns,
        },
    )];
    entries.extend(leave(world, from, id, EndReason::Moved, by));
    entries.extend([
        world.entry(Head::Domain(from), Event::UserMovedOut { user: id, to }),
        world.entry(
            Head::Account(account),
            Event::Joined {
                domain: to,
                user: id,
            },
        ),
    ]);
    if let Some(own) = user.owns {
        entries.extend(world.lapse_through_the_seat(own)?);
        entries.push(world.entry(
            Head::Domain(own),
            Event::ParentChanged {
                from: (from, id),
                to: (to, id),
            },
        ));
    }
    entries.push(world.entry(
        Head::Domain(source.root),
        Event::TreeChanged {
            domain: user.owns.unwrap_or(from),
        },
    ));
    Ok(entries)
}

/// What the user sits on there: what it sits on here, unless another license is named. A
/// shared user needs a pool of the target.
fn license_there(
    world: &World,
    user: &User,
    to: DomainId,
    named: Option<License>,
) -> Result<License, Refusal> {
    match (named, user.license) {
        (Some(License::Shared { pool }), _) => {
            world.pool(to, pool)?;
            Ok(License::Shared { pool })
        }
        (Some(license), _) | (None, license @ License::Named { .. }) => Ok(license),
        (None, License::Shared { .. }) => Err(Refusal::Invalid {
            field: "pool",
            why: "a shared user needs a pool in the other domain",
        }),
    }
}
