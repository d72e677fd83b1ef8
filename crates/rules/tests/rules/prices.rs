//! Money: totals by the price book (A5, G1), and what splitting a change does (G2).

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use usher_rules::billing::{Period, Zone};
use usher_rules::prices::{Currency, Minor, PriceBook, prorate};
use usher_rules::seats::{PerKind, Quantities};
use usher_rules::{Refusal, Time};

use crate::sequences::seeded;
use crate::stage::{PRICES, START, Stage};
use crate::table::check;

#[test]
fn a5_the_total_follows_from_the_numbers_and_the_price_book() {
    check(
        "
        found acme otto                    -> ok
        total acme                         -> 0.00 EUR
        order acme domain_user 20 business 3 business_pro 2 seat_license 1 -> ok
        total acme                         -> 131.00 EUR
        # what is in use does not matter, and a schedule not before its time
        add acme u1..u5                    -> ok
        schedule acme domain_user 10       -> ok
        total acme                         -> 131.00 EUR
        + 22 days
        total acme                         -> 91.00 EUR
        ",
    );
}

#[test]
fn g1_the_book_of_the_day_counts() {
    let mut world = Stage::new().world;
    let later = START.plus_seconds(24 * 3600);
    let dearer = PriceBook {
        version: 2,
        from: later,
        prices: BTreeMap::from([(Currency::EUR, PerKind([500, 600, 1200, 900]))]),
    };
    world.price_books.insert(2, dearer);
    let total = |world: &usher_rules::World| {
        let order = PerKind([10, 0, 0, 0]);
        world.price_book().unwrap().total(Currency::EUR, &order)
    };
    assert_eq!((world.price_book_version(), total(&world)), (1, Ok(4000)));
    world.now = later;
    assert_eq!((world.price_book_version(), total(&world)), (2, Ok(5000)));
}

#[test]
fn g1_without_a_price_there_is_no_total() {
    let world = Stage::new().world;
    let usd = Currency::from_code("USD").unwrap();
    let total = world.price_book().unwrap().total(usd, &PerKind([1; 4]));
    assert_eq!(total, Err(Refusal::NoPrice { currency: usd }));
    let empty = usher_rules::World::default();
    assert_eq!(empty.price_book().map_err(|r| r.code()), Err("wrong_state"));
    assert_eq!(empty.price_book_version(), 0);
}

/// What a chain of orders, one after the other at these moments, costs in the period, and
/// how many lines say so.
fn cost(prices: &PerKind<Minor>, steps: &[(Time, Quantities)], from: Quantities) -> (Minor, i64) {
    let mut before = from;
    let (mut sum, mut lines) = (0, 0);
    for (at, after) in steps {
        for line in prorate(prices, &before, after, january(), *at) {
            sum += line.amount;
            lines += 1;
        }
        before = *after;
    }
    (sum, lines)
}

fn january() -> Period {
    Period::month(START, Zone::utc())
}

fn orders() -> impl Strategy<Value = Quantities> {
    prop::array::uniform4(0..2_000_u32).prop_map(PerKind)
}

fn any_prices() -> impl Strategy<Value = PerKind<Minor>> {
    prop::array::uniform4(0..5_000_i64).prop_map(PerKind)
}

fn moments() -> impl Strategy<Value = Time> {
    (0..january().seconds()).prop_map(|seconds| january().from.plus_seconds(seconds))
}

fn for_all<S: Strategy>(strategy: S, test: impl Fn(S::Value)) {
    let run = TestRunner::new(seeded(512)).run(&strategy, |value| {
        test(value);
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn g2_splitting_a_change_moves_the_total_by_at_most_one_unit_per_line() {
    let path = prop::collection::vec(orders(), 1..12);
    for_all(
        (any_prices(), orders(), path, moments()),
        |(prices, from, path, at)| {
            let steps: Vec<_> = path.iter().map(|order| (at, *order)).collect();
            let (split, lines) = cost(&prices, &steps, from);
            let (whole, whole_lines) = cost(&prices, &steps[steps.len() - 1..], from);
            assert!(
                (split - whole).abs() <= lines.max(whole_lines),
                "{split} {whole}"
            );
        },
    );
}

#[test]
fn g2_reordering_changes_moves_the_total_by_at_most_one_unit_per_line() {
    let increases = prop::collection::vec(prop::array::uniform4(0..50_u32), 1..8);
    for_all(
        (any_prices(), orders(), increases, moments()),
        |(prices, from, increases, at)| {
            let play = |increases: &mut dyn Iterator<Item = &[u32; 4]>| {
                let mut order = from;
                let steps: Vec<_> = increases
                    .map(|more| {
                        order = order.plus(&PerKind(*more));
                        (at, order)
                    })
                    .collect();
                cost(&prices, &steps, from)
            };
            let (forth, lines) = play(&mut increases.iter());
            let (back, _) = play(&mut increases.iter().rev());
            assert!((forth - back).abs() <= lines);
        },
    );
}

#[test]
fn g2_there_and_back_at_once_costs_nothing() {
    for_all(
        (any_prices(), orders(), orders(), moments()),
        |(prices, from, to, at)| {
            let (sum, _) = cost(&prices, &[(at, to), (at, from)], from);
            assert_eq!(sum, 0);
        },
    );
}

#[test]
fn g3_a_whole_period_costs_the_difference_of_the_totals() {
    for_all((any_prices(), orders(), orders()), |(prices, from, to)| {
        let total = |order: &Quantities| -> Minor {
            order
                .iter()
                .map(|(kind, n)| prices.get(kind) * Minor::from(*n))
                .sum()
        };
        let (sum, _) = cost(&prices, &[(january().from, to)], from);
        assert_eq!(sum, total(&to) - total(&from));
        // and at its end, nothing
        assert_eq!(cost(&prices, &[(january().to, to)], from).0, 0);
    });
}

#[test]
fn g3_seats_had_for_a_while_cost_that_while_to_the_second() {
    let inputs = (0..2_000_u32, 0..5_000_i64, moments(), moments());
    for_all(inputs, |(n, price, one, other)| {
        let (first, last) = (one.min(other), one.max(other));
        let prices = PerKind([price, 0, 0, 0]);
        let none = Quantities::default();
        let steps = [(first, PerKind([n, 0, 0, 0])), (last, none)];
        let (sum, lines) = cost(&prices, &steps, none);
        let seconds = i128::from(last.micros_since(first) / 1_000_000);
        let exact = i128::from(n) * i128::from(price) * seconds;
        let off = i128::from(sum) * i128::from(january().seconds()) - exact;
        assert!(off.abs() <= i128::from(lines) * i128::from(january().seconds()));
    });
}

#[test]
fn a5_each_line_says_what_it_is_for() {
    let (from, to) = (PerKind([20, 3, 1, 0]), PerKind([22, 3, 0, 0]));
    // 2026-01-10T00:00:00Z: 22 of 31 days are left
    let lines = prorate(&PRICES, &from, &to, january(), START);
    let said: Vec<_> = lines
        .iter()
        .map(|line| (line.kind.name(), line.quantity, line.price, line.amount))
        .collect();
    // 800 · 22 ⁄ 31 = 567.74…, 1200 · 22 ⁄ 31 = 851.61…
    assert_eq!(
        said,
        [
            ("domain_user", 2, 400, 568),
            ("business_pro", -1, 1200, -852)
        ]
    );
}
