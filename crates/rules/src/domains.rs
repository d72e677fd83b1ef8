//! Domains: opening, handing over, closing (rules C1, C2, C7).

use crate::accounts::{Account, Place};
use crate::billing::Billing;
use crate::event::{Entry, Event};
use crate::ids::{AccountId, DomainId, Head, UserId};
use crate::pools;
use crate::refusal::Refusal;
use crate::seats::{SeatKind, Seats};
use crate::standing::Record;
use crate::users::UserState;
use crate::world::World;

/// A set of managed users with one owner: one cost centre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domain {
    /// The domain's id.
    pub id: DomainId,
    /// Who owns it.
    pub owner: AccountId,
    /// As which user of which domain the owner owns it; none at the root.
    pub parent: Option<(DomainId, UserId)>,
    /// The root of its tree: itself, at the root. Never changes.
    pub root: DomainId,
    /// How it pays, once activated.
    pub billing: Option<Billing>,
    /// When prerequisites were met and lost.
    pub standing: Record,
    /// Closed for good.
    pub closed: bool,
    /// What is ordered and in use.
    pub seats: Seats,
    /// Users that are invited, active or suspended.
    pub users: u32,
    /// How many seat pools there are.
    pub pools: u32,
    /// How many teams there are.
    pub teams: u32,
}

/// Opens a domain of one's own: a root, or below the domain that manages the account.
/// The prerequisites need not hold yet: the domain is `incomplete` until they do.
///
/// # Errors
/// [`Refusal::OwnsADomain`] when the account owns one already, [`Refusal::NotAllowed`]
/// for a suspended user.
pub fn open(world: &World, owner: AccountId, id: DomainId) -> Result<Vec<Entry>, Refusal> {
    let account = world.account(owner)?;
    if account.owns.is_some() {
        return Err(Refusal::OwnsADomain);
    }
    let (parent, root) = match account.place {
        Place::Unmanaged { .. } => (None, id),
        Place::Managed { domain, user } => {
            let seat = world.user(domain, user)?;
            if !matches!(seat.state, UserState::Active { .. }) {
                return Err(Refusal::NotAllowed);
            }
            (Some((domain, user)), world.domain(domain)?.root)
        }
    };
    let mut entries = vec![
        world.entry(
            Head::Domain(id),
            Event::DomainOpened {
                owner,
                parent,
                root,
            },
        ),
        owns(world, owner, None, Some(id)),
    ];
    if let Some((domain, user)) = parent {
        entries.push(sub_domain(world, domain, user, None, Some(id)));
    }
    Ok(entries)
}

/// Gives the domain to another owner (rule C7): below, to a user of the same parent
/// domain; at the root, to an unmanaged account; to one who owns none.
///
/// # Errors
/// [`Refusal::OwnsADomain`] when the other owns one, [`Refusal::WrongState`] when it
/// stands elsewhere or is not active.
pub fn hand_over(world: &World, id: DomainId, to: AccountId) -> Result<Vec<Entry>, Refusal> {
    let domain = world.domain(id)?;
    let account = world.account(to)?;
    if domain.owner == to {
        return Ok(vec![]);
    }
    if account.owns.is_some() {
        return Err(Refusal::OwnsADomain);
    }
    let parent = place_below(world, domain, account)?;
    let mut entries = vec![
        world.entry(
            Head::Domain(id),
            Event::OwnerChanged {
                from: domain.owner,
                to,
                parent,
            },
        ),
        owns(world, domain.owner, Some(id), None),
        owns(world, to, None, Some(id)),
    ];
    if let (Some((above, old)), Some((_, new))) = (domain.parent, parent) {
        entries.push(sub_domain(world, above, old, Some(id), None));
        entries.push(sub_domain(world, above, new, None, Some(id)));
    }
    Ok(entries)
}

/// Where the new owner stands, if the domain may be theirs.
fn place_below(
    world: &World,
    domain: &Domain,
    to: &Account,
) -> Result<Option<(DomainId, UserId)>, Refusal> {
    match (domain.parent, to.place) {
        (None, Place::Unmanaged { .. }) => Ok(None),
        (Some((above, _)), Place::Managed { domain, user }) if above == domain => {
            match world.user(domain, user)?.state {
                UserState::Active { .. } => Ok(Some((domain, user))),
                _ => Err(Refusal::WrongState {
                    why: "the new owner is not an active user",
                }),
            }
        }
        (None, _) => Err(Refusal::WrongState {
            why: "a root domain goes to an account that no domain manages",
        }),
        (Some(_), _) => Err(Refusal::WrongState {
            why: "a sub-domain goes to a user of the same domain above",
        }),
    }
}

/// Closes an empty domain. What it still has ordered ends with it, and its pools, all of
/// which must have been loaded, have no seats any more.
///
/// # Errors
/// [`Refusal::WrongState`] while it has users.
pub fn close(world: &World, id: DomainId) -> Result<Vec<Entry>, Refusal> {
    let domain = world.domain(id)?;
    if domain.users > 0 {
        return Err(Refusal::WrongState {
            why: "the domain still has users",
        });
    }
    let head = Head::Domain(id);
    let mut entries = pools::empty_all(world, id)?;
    let waiting = SeatKind::ALL
        .into_iter()
        .filter(|kind| domain.seats.get(*kind).scheduled.is_some())
        .map(|kind| world.entry(head, Event::ScheduleCancelled { kind }));
    entries.extend(waiting);
    let ordered = SeatKind::ALL
        .into_iter()
        .filter(|kind| domain.seats.get(*kind).ordered > 0)
        .map(|kind| {
            let event = Event::OrderChanged {
                kind,
                from: domain.seats.get(kind).ordered,
                to: 0,
                price_book: world.price_book_version(),
            };
            world.entry(head, event)
        });
    entries.extend(ordered);
    entries.push(owns(world, domain.owner, Some(id), None));
    if let Some((above, user)) = domain.parent {
        entries.push(sub_domain(world, above, user, Some(id), None));
    }
    entries.push(world.entry(head, Event::DomainClosed));
    Ok(entries)
}

/// Activates billing, or renews it as a new owner (rules C2, C3). The currency is chosen
/// once.
///
/// # Errors
/// [`Refusal::Invalid`] for another currency than the one chosen, [`Refusal::NoPrice`]
/// when the operator has no prices in it.
pub fn activate_billing(
    world: &World,
    id: DomainId,
    billing: Billing,
) -> Result<Vec<Entry>, Refusal> {
    let domain = world.domain(id)?;
    if let Some(before) = domain.billing {
        if before.currency != billing.currency {
            return Err(Refusal::Invalid {
                field: "currency",
                why: "the currency is chosen once, when billing is first activated",
            });
        }
        if before == billing {
            return Ok(vec![]);
        }
    }
    world.price_book()?.in_currency(billing.currency)?;
    Ok(vec![world.entry(
        Head::Domain(id),
        Event::BillingActivated { billing },
    )])
}

fn owns(world: &World, account: AccountId, from: Option<DomainId>, to: Option<DomainId>) -> Entry {
    world.entry(Head::Account(account), Event::OwnsChanged { from, to })
}

fn sub_domain(
    world: &World,
    above: DomainId,
    user: UserId,
    from: Option<DomainId>,
    to: Option<DomainId>,
) -> Entry {
    world.entry(
        Head::Domain(above),
        Event::SubDomainChanged { user, from, to },
    )
}
