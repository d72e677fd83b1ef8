//! Any sequence of commands: random wishes (proptest shrinks them), turned into acts on
//! what is on the stage by then. Wild acts are wanted: refusals are part of the play.

mod act;
mod desk;
mod wish;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};

use usher_rules::{Entry, Refusal, World};

use crate::stage::Stage;
use crate::table::scene;
pub use act::Act;
pub use desk::{Desk, DeskAct, Setting};
pub use wish::Deed;
use wish::{Wish, wish};

/// One act, with the world before it and the stage after it.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    pub before: &'a World,
    pub act: Act,
    pub outcome: &'a Result<(), Refusal>,
    pub after: &'a Stage,
    /// How long the journal was before.
    pub written: usize,
}

impl Scene<'_> {
    /// What the act wrote.
    pub fn news(&self) -> &[Entry] {
        &self.after.journal[self.written..]
    }

    /// The world that the act was decided on: what was due had happened.
    pub fn settled(&self) -> World {
        let mut settled = Stage {
            world: self.before.clone(),
            journal: vec![],
        };
        settled.sweep();
        settled.world
    }
}

/// Plays many sequences and shows every act. Seeded, so that every run is the same;
/// PROPTEST_RNG_SEED and PROPTEST_CASES choose others.
pub fn any_act(cases: u32, show: impl Fn(Scene)) {
    any_sequence(cases, |wishes, mut stage| {
        for wish in wishes {
            let Some(act) = wish.about(&stage) else {
                continue;
            };
            let (before, written) = (stage.world.clone(), stage.journal.len());
            let outcome = act.play(&mut stage);
            show(Scene {
                before: &before,
                act,
                outcome: &outcome,
                after: &stage,
                written,
            });
        }
    });
}

/// Plays many sequences and shows how each ends.
pub fn any_end(cases: u32, show: impl Fn(&Stage)) {
    any_sequence(cases, |wishes, mut stage| {
        for wish in wishes {
            if let Some(act) = wish.about(&stage) {
                // Refused or not: all that counts is where it leads.
                let _ = act.play(&mut stage);
            }
        }
        show(&stage);
    });
}

fn any_sequence(cases: u32, play: impl Fn(Vec<Wish>, Stage)) {
    let wishes = proptest::collection::vec(wish(), 1..100);
    let start = opening();
    let run = TestRunner::new(seeded(cases)).run(&wishes, |wishes| {
        play(wishes, start.clone());
        Ok(())
    });
    run.unwrap_or_else(|failure| panic!("{failure}"));
}

/// The seed is fixed unless the environment names one.
pub fn seeded(cases: u32) -> ProptestConfig {
    let from_environment = ProptestConfig::default();
    let chosen = std::env::var_os("PROPTEST_CASES").is_some();
    ProptestConfig {
        cases: if chosen {
            from_environment.cases
        } else {
            cases
        },
        rng_seed: match from_environment.rng_seed {
            RngSeed::Random => RngSeed::Fixed(20),
            fixed @ RngSeed::Fixed(_) => fixed,
        },
        // A failure is replayed from its seed.
        failure_persistence: None,
        ..from_environment
    }
}

/// A tree with two branches, one of them deep, and a tree of its own beside it.
fn opening() -> Stage {
    scene(
        "
        devices 2
        found acme otto                             -> ok
        order acme domain_user 5 business 4         -> ok
        add acme ann business manage_sub_domain     -> ok
        add acme bob business manage_sub_domain     -> ok
        order acme seat_license 3                   -> ok
        set acme default log_off 600 notice 120 list on -> ok
        add acme h1..h5 shared default              -> ok
        found east ann                              -> ok
        order east domain_user 3 business 2 business_pro 1 -> ok
        add east cem business manage_sub_domain     -> ok
        order east seat_license 4                   -> ok
        set east default seats 2                    -> ok
        pool east help seats 1 list on              -> ok
        add east k1..k4 shared default              -> ok
        add east k5 shared help                     -> ok
        found cems cem                              -> ok
        order cems domain_user 2 business 2         -> ok
        found west bob                              -> ok
        order west domain_user 3 business 2 business_pro 1 -> ok
        found other rita                            -> ok
        order other domain_user 2 business_pro 1    -> ok
        invite other dot                            -> ok
        add other fay                               -> ok
        suspend other fay                           -> ok
        order acme domain_user 9                    -> ok
        login acme ann phone                        -> ok
        login acme ann tablet                       -> ok
        login acme bob phone                        -> ok
        login acme h1 phone                         -> ok
        link acme h1 l1 600 once                    -> ok
        ring acme l1 c9                             -> ok
        person eve
        ",
    )
}
