//! What must be true of the front desk in any world, reckoned anew from its rows.

use std::collections::{BTreeMap, BTreeSet};

use usher_rules::links::LinkState;
use usher_rules::pools::Pool;
use usher_rules::seats::SeatKind;
use usher_rules::users::{License, UserState};
use usher_rules::{DomainId, Entry, Event, UserId, World};

/// Rules E1, E13: a pool's counts are what its rows add up to.
pub fn pools_add_up(world: &World) {
    for pool in world.pools.values() {
        let here = |d: DomainId, p| d == pool.domain && p == Some(pool.id);
        let users = || {
            let all = world.users.values();
            all.filter(|user| here(user.domain, user.license.pool()))
        };
        let sessions = || {
            let all = world.sessions.values();
            all.filter(|session| here(session.domain, session.pool))
        };
        let rows = |offered: bool| {
            let all = world.waiting.values();
            let own = all.filter(|row| here(row.domain, Some(row.pool)));
            own.filter(move |row| row.offered_until.is_some() == offered)
        };
        let active = |state| matches!(state, UserState::Active { .. });
        let reserved = users().filter(|user| user.reserved && active(user.state));
        let seated = sessions().filter(|s| s.reserved).count()
            + rows(true).filter(|row| row.reserved).count();
        let counted = Pool {
            users: count(users()),
            reserved: count(reserved),
            occupied: count(sessions()),
            offered: count(rows(true)),
            reserved_seated: u32::try_from(seated).unwrap(),
            waiting: count(rows(false)),
            waiting_reserved: count(rows(false).filter(|row| row.reserved)),
            ..*pool
        };
        assert_eq!(*pool, counted);
        assert!(
            rows(true)
                .chain(rows(false))
                .all(|row| row.place < pool.next_place)
        );
    }
    for domain in world.domains.values() {
        let pools = || world.pools.values().filter(|p| p.domain == domain.id);
        assert_eq!(domain.pools, count(pools()));
        let seats: u32 = pools().map(|pool| pool.settings.seats).sum();
        let ordered = domain.seats.get(SeatKind::SeatLicense).ordered;
        assert!(seats <= ordered, "{seats} of {ordered} in {:?}", domain.id);
    }
}

fn count<T>(rows: impl Iterator<Item = T>) -> u32 {
    u32::try_from(rows.count()).unwrap()
}

/// Rules E2, E4, E5: one user to a seat, one seat to a user, one device.
pub fn one_user_to_a_seat(world: &World) {
    let mut seated: BTreeMap<(DomainId, UserId), u32> = BTreeMap::new();
    for (key, session) in &world.sessions {
        assert_eq!(*key, (session.domain, session.id));
        let user = &world.users[&(session.domain, session.user)];
        assert!(matches!(user.state, UserState::Active { .. }));
        assert_eq!(session.pool, user.license.pool());
        assert_eq!(session.reserved, user.reserved);
        assert!(!world.ended_sessions.contains_key(key));
        *seated.entry((user.domain, user.id)).or_default() += 1;
    }
    for (key, sessions) in &seated {
        let user = &world.users[key];
        let most = match user.license {
            License::Shared { .. } => 1,
            License::Named { .. } => world.settings.named_devices,
        };
        assert!(*sessions as usize <= most);
        assert!(!world.waiting.contains_key(key), "who sits doesn't wait");
    }
    for (key, row) in &world.waiting {
        let user = &world.users[key];
        assert!(matches!(user.state, UserState::Active { .. }));
        assert_eq!(user.license, License::Shared { pool: row.pool });
        assert_eq!(user.reserved, row.reserved);
    }
    for user in world.users.values() {
        if let License::Shared { pool } = user.license {
            assert!(world.pools.contains_key(&(user.domain, pool)));
        } else {
            assert!(!user.reserved);
        }
    }
}

/// Rule E6: a session knows until when a guest can call by a link of its user.
pub fn links_hold_the_clock(world: &World) {
    for session in world.sessions.values() {
        let until = world
            .links
            .values()
            .filter(|link| (link.domain, link.user) == (session.domain, session.user))
            .filter(|link| link.state(world.now) == LinkState::Valid)
            .map(|link| link.valid_until)
            .max();
        let known = session.links_until.filter(|until| world.now < *until);
        assert_eq!(known, until);
        assert!(session.clock_from >= session.started_at);
        assert!(session.clock_from <= world.now);
    }
}

/// Nothing is due any more, and no seat is free that someone waits for.
pub fn settled(world: &World) {
    for session in world.sessions.values() {
        let pool = session
            .pool
            .map(|pool| &world.pools[&(session.domain, pool)]);
        assert!(session.due_at(pool).is_none_or(|at| world.now < at));
    }
    for row in world.waiting.values() {
        assert!(row.offered_until.is_none_or(|at| world.now < at));
    }
    for pool in world.pools.values().filter(|pool| pool.owes_offers()) {
        let (state, _) = world.state_of(pool.domain).unwrap();
        assert_eq!(state, usher_rules::standing::State::Frozen);
    }
}

/// Rule E6, reckoned from the journal alone: an automatic log-off, the last entry, comes when
/// no call is in progress, no link of the user is valid, and so long after the last of what
/// starts the clock anew as the pool says.
pub fn the_clock_ran_out(journal: &[Entry]) {
    let (last, before) = journal.split_last().unwrap();
    let Event::SessionEnded {
        session,
        user,
        pool,
        ..
    } = last.event
    else {
        panic!("no end of a session: {last:?}");
    };
    let own = || before.iter().filter(|entry| entry.head == last.head);
    let mut starts = Vec::new();
    let mut calls = BTreeSet::new();
    let mut links = BTreeMap::new();
    let mut settings = Vec::new();
    for Entry { at, event, .. } in own() {
        match *event {
            Event::SessionStarted { session: s, .. } if s == session => starts.push(*at),
            Event::CallStarted {
                session: s, call, ..
            } if s == session => {
                calls.insert(call);
            }
            Event::CallEnded {
                session: s, call, ..
            } if s == session => {
                calls.remove(&call);
                starts.push(*at);
            }
            Event::LinkMade {
                user: u,
                link,
                valid_until,
                ..
            } if u == user => {
                links.insert(link, valid_until);
            }
            Event::LinkUsed { link, .. } | Event::LinkRevoked { link, .. } => {
                links.entry(link).and_modify(|until| *until = *at);
            }
            Event::PoolMade {
                pool: p,
                settings: to,
            }
            | Event::PoolChanged { pool: p, to, .. }
                if Some(p) == pool =>
            {
                settings.push((*at, to.log_off_seconds));
            }
            _ => {}
        }
    }
    assert_eq!(calls.len(), 0, "logged off in a call");
    let since = starts[0];
    starts.extend(links.into_values().filter(|until| *until > since));
    let start = *starts.iter().max().unwrap();
    assert!(start <= last.at, "logged off while a guest may call");
    let seconds = settings
        .last()
        .unwrap()
        .1
        .expect("logged off though it is off");
    let changed = settings
        .windows(2)
        .any(|pair| pair[1].0 >= since && pair[0].1 != pair[1].1);
    let due = start.plus_seconds(seconds);
    assert!(
        last.at == due || (changed && last.at > due),
        "{} for {due}",
        last.at
    );
}
