//! What must be true of any world, reckoned anew from its rows, without the rules' help.

use std::collections::BTreeMap;

use usher_rules::accounts::Place;
use usher_rules::domains::Domain;
use usher_rules::seats::{Quantities, SeatKind};
use usher_rules::standing::{Prerequisite, State};
use usher_rules::users::UserState;
use usher_rules::{DomainId, World};

/// Rule A1, and that counts are what the rows add up to.
pub fn counts_hold(world: &World) {
    for domain in world.domains.values() {
        let own = || world.users.values().filter(|user| user.domain == domain.id);
        let in_use = own().fold(Quantities::default(), |sum, user| sum.plus(&user.seats()));
        let pools = world.pools.values().filter(|p| p.domain == domain.id);
        let in_use = pools.fold(in_use, |sum, pool| sum.plus(&pool.seats_in_use()));
        for (kind, seat) in domain.seats.iter() {
            assert!(seat.in_use <= seat.ordered, "{} of {domain:?}", kind.name());
            assert_eq!(seat.in_use, *in_use.get(kind), "{}", kind.name());
        }
        let counted = own().filter(|user| user.state.counts()).count();
        assert_eq!(domain.users as usize, counted, "users of {:?}", domain.id);
    }
}

/// Rule A2: who holds which seats, said a second time.
pub fn seats_follow_states(world: &World) {
    for user in world.users.values() {
        let named = u32::from(user.license.pool().is_none());
        let holds = match user.state {
            UserState::Invited { .. } | UserState::Active { .. } => named,
            UserState::Expired | UserState::Declined | UserState::Suspended { .. } => 0,
        };
        let seats = user.seats();
        let upgrades = seats.get(SeatKind::Business) + seats.get(SeatKind::BusinessPro);
        assert_eq!(*seats.get(SeatKind::DomainUser), holds);
        assert!(upgrades <= holds, "never both, never without the base seat");
        assert_eq!(*seats.get(SeatKind::SeatLicense), 0);
    }
}

/// Rules C1, C7: the two ends of every tie say the same.
pub fn ties_agree(world: &World) {
    let open = || world.domains.values().filter(|domain| !domain.closed);
    for domain in open() {
        let owner = &world.accounts[&domain.owner];
        assert_eq!(owner.owns, Some(domain.id));
        match (domain.parent, owner.place) {
            (None, Place::Unmanaged { .. }) => assert_eq!(domain.root, domain.id),
            (
                Some(parent),
                Place::Managed {
                    domain: above,
                    user,
                },
            ) => {
                assert_eq!(parent, (above, user));
                assert_eq!(world.users[&parent].owns, Some(domain.id));
                assert_eq!(domain.root, world.domains[&above].root);
            }
            odd => panic!("{:?} stands oddly: {odd:?}", domain.id),
        }
    }
    for account in world.accounts.values() {
        if let Some(own) = account.owns {
            assert_eq!(world.domain(own).unwrap().owner, account.id);
        }
        if let Place::Managed { domain, user } = account.place {
            let user = &world.users[&(domain, user)];
            assert_eq!(user.state.account(), Some(account.id));
        }
    }
    for (key, user) in &world.users {
        assert_eq!(*key, (user.domain, user.id));
        if let Some(account) = user.state.account() {
            let (domain, user) = *key;
            let place = world.accounts[&account].place;
            assert_eq!(place, Place::Managed { domain, user });
        }
        if let Some(own) = user.owns {
            assert_eq!(world.domain(own).unwrap().parent, Some(*key));
        }
    }
}

/// Rule C6: every line leads to its root, and no domain stands on it twice.
pub fn lines_lead_to_the_root(world: &World) {
    for domain in world.domains.values().filter(|domain| !domain.closed) {
        let line = line(world, domain);
        assert_eq!(line[0], domain.root);
        let loaded = &world.lineages[&domain.id];
        let loaded_line: Vec<DomainId> = loaded.iter().map(|link| link.domain).collect();
        assert_eq!(loaded_line, line);
        for link in loaded {
            assert_eq!(link.record, world.domains[&link.domain].standing);
        }
    }
}

fn line(world: &World, domain: &Domain) -> Vec<DomainId> {
    let mut line = vec![domain.id];
    let mut above = domain.parent;
    while let Some((id, _)) = above {
        assert!(!line.contains(&id), "{id:?} stands in a circle");
        line.push(id);
        above = world.domains[&id].parent;
    }
    line.reverse();
    line
}

/// Rules C3, C5: the state fits what is missing and the time.
pub fn standing_fits(world: &World) {
    for domain in world.domains.values().filter(|domain| !domain.closed) {
        let standing = world.standing(domain.id).unwrap();
        let state = standing.state;
        assert_eq!(standing.missing.is_empty(), state == State::Good);
        assert_eq!(
            standing.lapsed_at.is_some(),
            matches!(state, State::Lapsed | State::Frozen)
        );
        if let (Some(lapsed_at), Some(freezes_at)) = (standing.lapsed_at, standing.freezes_at) {
            assert!(lapsed_at <= world.now);
            let grace = world.settings.grace_seconds;
            assert_eq!(freezes_at, lapsed_at.plus_seconds(grace));
            assert_eq!(state == State::Frozen, freezes_at <= world.now);
        }
        if let Some((above, _)) = domain.parent {
            let above = world.standing(above).unwrap();
            let fell_back = above.state == State::Frozen;
            assert!(!fell_back || standing.missing.contains(&Prerequisite::Tier));
        }
        if domain.users > 0 {
            assert_ne!(state, State::Incomplete, "who has users had standing once");
        }
    }
}

/// Rule C5: what the journal last said is what holds.
pub fn noted_is_derived(world: &World) {
    for domain in world.domains.values().filter(|domain| !domain.closed) {
        let standing = world.standing(domain.id).unwrap();
        assert_eq!(domain.standing.noted, standing.state, "{:?}", domain.id);
    }
}

/// The standing of every open domain.
pub fn standings(world: &World) -> BTreeMap<DomainId, usher_rules::standing::Standing> {
    let open = world.domains.values().filter(|domain| !domain.closed);
    open.map(|domain| (domain.id, world.standing(domain.id).unwrap()))
        .collect()
}
