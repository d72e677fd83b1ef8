//! What is due: in due order, each at its due time, however much was loaded.

use usher_rules::pools::{self, PoolSettings};
use usher_rules::seats::{Scheduled, SeatKind};
use usher_rules::sessions::{self, LogIn};
use usher_rules::{DeviceKey, DomainId, Entry, Event, Head, SessionId, Time, World};

use crate::stage::{START, Stage};
use crate::table::scene;

/// A hundred users who logged in a second after one another, ten of whom wait in turn for
/// each seat that becomes free; nobody looks for a day.
fn crowd(users: usize) -> (Stage, DomainId) {
    let mut text = format!(
        "
        found acme otto                -> ok
        order acme seat_license {users} -> ok
        set acme default log_off 600 notice 60 silence off list on -> ok
        add acme u1..u{users} shared default -> ok
        add acme w1..w10 shared default -> ok
        "
    );
    for n in 1..=users {
        text += &format!("login acme u{n} d{n} -> ok\n+ 1 second\n");
    }
    text += "wait acme w1..w10 -> ok\n";
    let mut stage = scene(&text);
    let domain = *stage.world.domains.keys().next().unwrap();
    stage.pass(86_400);
    (stage, domain)
}

fn ends(entries: &[Entry]) -> usize {
    let is_end = |event: &Event| matches!(event, Event::SessionEnded { .. });
    entries.iter().filter(|entry| is_end(&entry.event)).count()
}

#[test]
fn e6_everything_due_happens_in_due_order_at_its_time() {
    let (stage, domain) = crowd(100);
    let mut world = stage.world.clone();
    let entries = world.settle(domain);
    assert_eq!(ends(&entries), 100);
    assert!(entries.is_sorted_by_key(|entry| entry.at));
    let end_of = |n: usize| {
        let mut ends = entries
            .iter()
            .filter(|entry| matches!(entry.event, Event::SessionEnded { .. }));
        ends.nth(n).unwrap().at
    };
    assert_eq!(end_of(0), START.plus_seconds(600));
    assert_eq!(end_of(99), START.plus_seconds(699));
    let count = |is: fn(&Event) -> bool| entries.iter().filter(|e| is(&e.event)).count();
    assert_eq!(count(|e| matches!(e, Event::LogOffNear { .. })), 100);
    assert_eq!(count(|e| matches!(e, Event::OfferMade { .. })), 10);
    assert_eq!(count(|e| matches!(e, Event::OfferLapsed { .. })), 10);
    assert!(world.sessions.is_empty() && world.waiting.is_empty());
    assert_eq!(world.settle(domain), []);
}

/// What a load brings: the earliest due sessions, so many of them, and one more for another
/// reason.
fn partly(world: &World, limit: usize, also: SessionId) -> World {
    let due = |id: &SessionId| {
        let session = world.sessions.values().find(|s| s.id == *id).unwrap();
        let pool = session
            .pool
            .map(|pool| &world.pools[&(session.domain, pool)]);
        session.due_at(pool)
    };
    let mut ids: Vec<SessionId> = world.sessions.keys().map(|key| key.1).collect();
    ids.sort_by_key(due);
    ids.truncate(limit);
    let mut loaded = world.clone();
    loaded
        .sessions
        .retain(|key, _| ids.contains(&key.1) || key.1 == also);
    loaded
}

#[test]
fn e6_loaded_in_parts_it_comes_to_the_same() {
    let (stage, domain) = crowd(60);
    let mut whole = stage.world.clone();
    let mut at_once = whole.settle(domain);
    at_once.extend(whole.follow_pools());

    let mut world = stage.world.clone();
    let last = *world.sessions.keys().map(|(_, id)| id).max().unwrap();
    let mut in_parts = Vec::new();
    let mut rounds = 0;
    loop {
        rounds += 1;
        let entries = partly(&world, 7, last).settle_loaded(domain, 7);
        entries.iter().for_each(|entry| world.apply(entry));
        let more = entries.len() >= 7;
        in_parts.extend(entries);
        if !more {
            break;
        }
    }
    in_parts.extend(world.follow_pools());
    assert!(rounds > 10, "{rounds} rounds");
    assert_eq!(in_parts, at_once);
    assert_eq!(world, whole);
    assert!(
        in_parts
            .iter()
            .all(|entry| entry.head == Head::Domain(domain))
    );
}

#[test]
fn a4_a_decrease_waits_for_sessions_that_were_not_loaded() {
    let (mut stage, domain) = crowd(3);
    // Drained to nothing: three sessions still hold their seats until the clock runs out.
    let pool = *stage.world.pools.keys().next().unwrap();
    stage.world.now = START.plus_seconds(10);
    let settings = stage.world.pools[&pool].settings;
    let to = PoolSettings {
        seats: 0,
        ..settings
    };
    let drained = stage.step(|world| pools::change(world, domain, pool.1, to));
    assert_eq!(drained, Ok(()));
    schedule_none(&mut stage, domain, START.plus_seconds(602));
    stage.world.settings.offer_seconds = 1;
    stage.world.now = START.plus_seconds(5_000);
    let nobody = SessionId::nth(u128::MAX);
    let first = partly(&stage.world, 1, nobody).settle_loaded(domain, 1);
    assert_eq!(done(&first), None, "others may be due before it");
    // At the same moment the sessions come first.
    let all = stage.world.clone().settle(domain);
    assert_eq!(done(&all), Some((START.plus_seconds(602), 0)));
}

#[test]
fn e13_a_waiting_list_that_was_loaded_in_part_is_served_in_its_order() {
    let (mut stage, domain) = crowd(2);
    stage.world.now = START.plus_seconds(5);
    let pool = *stage.world.pools.keys().next().unwrap();
    let mut rows: Vec<_> = stage.world.waiting.values().copied().collect();
    rows.sort_by_key(|row| row.place);
    // The first is there, and the last for another reason.
    let mut world = stage.world.clone();
    let kept = [rows[0].user, rows[9].user];
    world.waiting.retain(|key, _| kept.contains(&key.1));
    world.waiting_loaded_to.insert(pool, rows[0].place);
    for session in world.clone().sessions.values() {
        let entries = sessions::log_off(&world, domain, session.id).unwrap();
        entries.iter().for_each(|entry| world.apply(entry));
    }
    let offered: Vec<_> = world.follow_pools();
    let to: Vec<_> = offered
        .iter()
        .filter_map(|entry| match entry.event {
            Event::OfferMade { user, .. } => Some(user),
            _ => None,
        })
        .collect();
    assert_eq!(to, [rows[0].user]);
    assert!(world.pools[&pool].owes_offers(), "found again by the sweep");

    // Until it is, the free seat is no newcomer's.
    let newcomer = LogIn {
        domain,
        user: rows[9].user,
        device: DeviceKey::nth(1),
        take_over: false,
        session: SessionId::nth(1),
    };
    assert_eq!(world.pools[&pool].free(false), 1);
    let refused = sessions::log_in(&world, newcomer).unwrap_err();
    assert_eq!(refused.refusal.code(), "no_seat_available");
    assert_eq!(refused.entries.len(), 1);
}

#[test]
fn a4_a_decrease_waits_for_sessions_of_the_same_moment_that_were_not_loaded() {
    let mut stage = scene(
        "
        found acme otto                -> ok
        order acme seat_license 3      -> ok
        set acme default log_off 600 silence off -> ok
        add acme u1..u3 shared default -> ok
        login acme u1 d1               -> ok
        login acme u2 d2               -> ok
        login acme u3 d3               -> ok
        set acme default seats 0       -> ok
        ",
    );
    let domain = *stage.world.domains.keys().next().unwrap();
    schedule_none(&mut stage, domain, START.plus_seconds(600));
    stage.pass(3600);
    let nobody = SessionId::nth(u128::MAX);
    let first = partly(&stage.world, 2, nobody).settle_loaded(domain, 2);
    assert_eq!((ends(&first), done(&first)), (2, None));
    let all = stage.world.clone().settle(domain);
    assert_eq!(done(&all), Some((START.plus_seconds(600), 0)));
}

/// All shared seats are to go at a moment.
fn schedule_none(stage: &mut Stage, domain: DomainId, at: Time) {
    let scheduled = Scheduled { quantity: 0, at };
    let kind = SeatKind::SeatLicense;
    let event = Event::DecreaseScheduled { kind, scheduled };
    let entry = stage.world.entry(Head::Domain(domain), event);
    stage.world.apply(&entry);
}

/// When the decrease was done, and to how many.
fn done(entries: &[Entry]) -> Option<(Time, u32)> {
    entries.iter().find_map(|entry| match entry.event {
        Event::DecreaseDone { to, .. } => Some((entry.at, to)),
        _ => None,
    })
}
