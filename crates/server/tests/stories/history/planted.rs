//! The checker is shown to find a fault: against a build that skips the version check (the
//! feature `planted-fault`), some window has no order that explains it.

use super::agents::Hall;
use super::model::is_explained;
use super::{DEFAULT_AGENTS, Size, desks, windows};
use crate::harness::{Place, Server, World, figures};
use std::path::Path;
use std::sync::atomic::AtomicUsize;

const PROCESSES: usize = 3;
/// Rounds in which it is found at the latest.
const ROUNDS: usize = 30;
/// Rounds in which nothing is found where there is nothing.
const CONTROL_ROUNDS: usize = 2;

#[test]
fn e4_a_build_that_skips_versions_is_found_out() {
    let planted = std::env::var("USHER_PLANTED").expect(
        "this story needs a server with a fault planted: `cargo xtask test` builds one and sets \
         USHER_PLANTED to where it is",
    );
    let right = env!("CARGO_BIN_EXE_usher");
    assert_eq!(first_unexplained(Path::new(right), CONTROL_ROUNDS), None);
    let round = first_unexplained(Path::new(&planted), ROUNDS);
    let round = round.expect("some window of a wrong build is not explained");
    let result = format!("no order explains a window of round {round}, as it should be");
    figures::note(
        "histories of a build that skips versions",
        round + 1,
        &result,
    );
}

/// The first round of which some window is not explained.
fn first_unexplained(program: &Path, rounds: usize) -> Option<usize> {
    let place = Place::postgres();
    let start = |_| Server::start_build(program, &place);
    let servers: Vec<Server> = (0..PROCESSES).map(start).collect();
    let world = World::new(&place, &servers[0]);
    let mut desks = desks(&world, &servers[0].client(), Size::of(DEFAULT_AGENTS));
    let hall = Hall::of_wrong_servers(&servers);
    let asked = AtomicUsize::new(0);
    (0..rounds).find(|round| {
        let windows = windows(&mut desks, &hall, &world, *round, &asked, || {});
        desks.iter().zip(windows).any(|(desk, records)| {
            // Of who gave up a log-off nothing can be told.
            let known = !desk.agents.iter().any(|agent| agent.lost_log_off);
            known && !is_explained(&records)
        })
    })
}
