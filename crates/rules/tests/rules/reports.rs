//! Reports (E14): peaks, refusals and time in use from the journal; Erlang B against
//! published tables.

use usher_rules::billing::Zone;
use usher_rules::reports::{self, Step, Usage, edges, erlang_b, seats_needed};
use usher_rules::{DomainId, Entry, Head, PoolId, Time};

use crate::stage::{START, Stage};
use crate::table::scene;

/// The only domain of a scene, its only pool, and its journal.
fn only_pool(stage: &Stage) -> (DomainId, PoolId, Vec<Entry>) {
    let (domain, pool) = *stage.world.pools.keys().next().unwrap();
    let own = stage.journal.iter();
    let own = own.filter(|entry| entry.head == Head::Domain(domain));
    (domain, pool, own.cloned().collect())
}

/// Usage by hour from so many hours after the start, by the journal from then on.
fn by_hour(stage: &Stage, from: i64, hours: i64) -> Vec<Usage> {
    let (domain, pool, journal) = only_pool(stage);
    let now = stage.world.now;
    let from = START.plus_seconds(from * 3600);
    let to = from.plus_seconds(hours * 3600);
    let edges = edges(from, to, Step::Hour, Zone::utc(), 100);
    let since = journal.iter().filter(|entry| entry.at >= from);
    let occupied = stage.world.pool(domain, pool).unwrap().occupied;
    reports::usage(since, pool, occupied, now, &edges)
}

fn day_at_the_desk() -> Stage {
    scene(
        "
        found acme otto                -> ok
        order acme seat_license 2      -> ok
        set acme default silence off   -> ok
        add acme ann shared default    -> ok
        add acme bob shared default    -> ok
        add acme cem shared default    -> ok
        + 30 minutes
        login acme ann phone           -> ok
        + 60 minutes
        login acme bob phone           -> ok
        login acme cem phone           -> no_seat_available seat_license default
        login acme ann tablet over     -> ok
        + 15 minutes
        login acme cem phone           -> no_seat_available seat_license default
        logoff acme bob                -> ok
        + 150 minutes
        logoff acme ann                -> ok
        + 60 minutes
        ",
    )
}

#[test]
fn e14_peaks_refusals_and_load_by_the_hour() {
    let usage = by_hour(&day_at_the_desk(), 0, 7);
    let peaks: Vec<u32> = usage.iter().map(|hour| hour.peak).collect();
    assert_eq!(peaks, [1, 2, 1, 1, 1, 0, 0]);
    let refused: Vec<u32> = usage.iter().map(|hour| hour.refused).collect();
    assert_eq!(refused, [0, 2, 0, 0, 0, 0, 0]);
    // A take-over is no log-in: its seat stays the user's.
    let started: Vec<u32> = usage.iter().map(|hour| hour.started).collect();
    assert_eq!(started, [1, 1, 0, 0, 0, 0, 0]);
    let carried: Vec<f64> = usage.iter().map(|hour| hour.carried).collect();
    assert_eq!(carried[..5], [0.5, 1.25, 1.0, 1.0, 0.25]);
    // One got a seat and two did not: three times what was carried was wanted.
    assert!((usage[1].offered() - 3.75).abs() < 1e-9);
    assert!((usage[2].offered() - 1.0).abs() < 1e-9);
}

#[test]
fn e14_the_level_before_the_first_entry_is_known() {
    let stage = day_at_the_desk();
    let usage = by_hour(&stage, 2, 3);
    let peaks: Vec<u32> = usage.iter().map(|hour| hour.peak).collect();
    assert_eq!(peaks, [1, 1, 1]);
    // Nothing happened since: what is now has been all along.
    let mut quiet = day_at_the_desk();
    let (domain, pool, _) = only_pool(&quiet);
    quiet.world.pools.get_mut(&(domain, pool)).unwrap().occupied = 2;
    quiet.journal.clear();
    let usage = by_hour(&quiet, 0, 7);
    assert!(usage[..5].iter().all(|hour| hour.peak == 2));
    // What lies ahead is not reckoned.
    assert_eq!(usage[6].peak, 0);
}

#[test]
fn e14_what_happens_at_one_moment_counts() {
    let stage = scene(
        "
        found acme otto                -> ok
        order acme seat_license 3      -> ok
        add acme u1..u3 shared default -> ok
        login acme u1 d1               -> ok
        login acme u2 d2               -> ok
        login acme u3 d3               -> ok
        logoff acme u3                 -> ok
        ",
    );
    let usage = by_hour(&stage, 0, 1);
    assert_eq!((usage[0].peak, usage[0].started), (3, 3));
}

#[test]
fn e14_time_in_use_per_user() {
    let stage = day_at_the_desk();
    let (domain, pool, journal) = only_pool(&stage);
    let live: Vec<_> = stage.world.sessions.values().copied().collect();
    let seconds = |from: i64, to: i64| -> Vec<i64> {
        let (from, to) = (START.plus_seconds(from), START.plus_seconds(to));
        let since = journal.iter().filter(|entry| entry.at >= from);
        let times = reports::time_in_use(since, &live, pool, from, to);
        times.into_values().collect()
    };
    let hour = 3600;
    // ann from 00:30 to 04:15 on two devices, bob from 01:30 to 01:45.
    assert_eq!(seconds(0, 24 * hour), [13_500, 900]);
    assert_eq!(seconds(hour, 2 * hour), [3600, 900]);
    assert_eq!(seconds(2 * hour, 3 * hour), [3600]);
    assert_eq!(seconds(5 * hour, 6 * hour), Vec::<i64>::new());
    assert!(stage.world.pool(domain, pool).is_ok());
}

#[test]
fn e14_a_session_that_lasts_counts_until_the_end_of_the_report() {
    let stage = scene(
        "
        found acme otto                -> ok
        order acme seat_license 1      -> ok
        set acme default silence off   -> ok
        add acme ann shared default    -> ok
        login acme ann phone           -> ok
        + 5 hours
        ",
    );
    let (_, pool, _) = only_pool(&stage);
    let live = stage.world.sessions.values();
    let (from, to) = (START.plus_seconds(3600), START.plus_seconds(3 * 3600));
    let times = reports::time_in_use([], live, pool, from, to);
    assert_eq!(times.into_values().collect::<Vec<_>>(), [7200]);
}

#[test]
fn e14_days_are_those_of_the_zone() {
    let time = |text: &str| Time::from(text.parse::<jiff::Timestamp>().unwrap());
    let berlin = Zone::from_name("Europe/Berlin").unwrap();
    let from = time("2026-03-28T12:00:00Z");
    let to = time("2026-03-30T12:00:00Z");
    let days = edges(from, to, Step::Day, berlin, 100);
    let shown: Vec<String> = days.iter().map(Time::to_string).collect();
    // The clocks go forward on the 29th: a day of 23 hours.
    assert_eq!(
        shown,
        [
            "2026-03-27T23:00:00Z",
            "2026-03-28T23:00:00Z",
            "2026-03-29T22:00:00Z",
            "2026-03-30T22:00:00Z",
        ]
    );
    let hours = edges(time("2026-03-28T12:20:00Z"), to, Step::Hour, berlin, 3);
    assert_eq!(hours[0], time("2026-03-28T12:00:00Z"));
    assert_eq!(hours.len(), 4, "no more stretches than asked for");
    assert_eq!(edges(from, from, Step::Hour, berlin, 3), [from]);
}

/// The load that so many seats carry at a share of refusals, by bisection.
fn load_at(seats: u32, refused: f64) -> f64 {
    let (mut low, mut high) = (0.0, 10.0 * f64::from(seats) + 10.0);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if erlang_b(seats, middle) < refused {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The usual Erlang B table as teletraffic textbooks print it, to three digits.
#[test]
fn e14_erlang_b_agrees_with_the_published_table() {
    // seats, then the load at 0.1 %, 1 %, 2 % and 5 %
    let table = [
        (1, ["0.0010", "0.0101", "0.0204", "0.0526"]),
        (2, ["0.0458", "0.153", "0.223", "0.381"]),
        (5, ["0.762", "1.36", "1.66", "2.22"]),
        (10, ["3.09", "4.46", "5.08", "6.22"]),
        (20, ["9.41", "12.0", "13.2", "15.2"]),
        (50, ["32.5", "37.9", "40.3", "44.5"]),
        (100, ["75.2", "84.1", "88.0", "95.2"]),
    ];
    for (seats, loads) in table {
        for (refused, load) in [0.001, 0.01, 0.02, 0.05].into_iter().zip(loads) {
            let digits = load.split_once('.').unwrap().1.len();
            let ours = format!("{:.digits$}", load_at(seats, refused));
            assert_eq!(ours, load, "{seats} seats at {refused}");
        }
    }
}

#[test]
fn e14_so_many_seats_are_needed() {
    // Just below and above the table's load for 1 %.
    for (seats, load) in [(1, 0.0101), (10, 4.46), (20, 12.0), (100, 84.1)] {
        assert_eq!(seats_needed(load - 0.01 * load, 0.01), seats);
        assert_eq!(seats_needed(load + 0.01 * load, 0.01), seats + 1);
    }
    assert_eq!(seats_needed(0.0, 0.01), 0);
    assert_eq!(seats_needed(f64::NAN, 0.01), 0);
    assert_eq!(seats_needed(-1.0, 0.01), 0);
    assert_eq!(seats_needed(5.0, 1.0), 0);
}

#[test]
fn e14_large_loads_stay_finite() {
    for load in [1e3, 1e4, 1e5] {
        let seats = seats_needed(load, 0.01);
        let refused = erlang_b(seats, load);
        assert!(refused <= 0.01 && erlang_b(seats - 1, load) > 0.01);
        // Large groups are used well: between the load less 1 % and a little more.
        assert!(f64::from(seats) > 0.98 * load && f64::from(seats) < 1.1 * load);
    }
    assert_eq!(erlang_b(1000, 1e-300), 0.0);
    assert_eq!(erlang_b(10, f64::INFINITY), 1.0);
    assert!((0.0..=1.0).contains(&erlang_b(10, f64::MAX)));
    assert_eq!(erlang_b(0, 3.0), 1.0);
    assert_eq!(erlang_b(0, 0.0), 1.0);
    assert_eq!(erlang_b(3, 0.0), 0.0);
}
