//! `cargo xtask test`: everything, from nothing, on a machine that has Rust and Node.

use crate::nextest::{self, Which};
use crate::postgres::Cluster;
use crate::shell::Result;
use crate::stages::Stages;
use crate::{check, examples, fuzz, licences, metrics, openapi, setup};

/// Few enough for a change's tests; `cargo xtask torture` runs the rest.
const CRASH_ROUNDS: u32 = 5;
const FUZZ_EXAMPLES: u32 = 5;
const FUZZ_SEED: u64 = 20;

/// All stages, or only those named and what they need.
pub fn run(only: &[String]) -> Result<()> {
    let mut stages = Stages::only(only);
    stages.make("set-up", setup::run);
    check::without_running_anything(&mut stages);
    stages.run("licences", licences::test);
    stages.make("build", nextest::build);
    let cluster = stages.make("PostgreSQL", Cluster::start);
    let url = cluster.as_ref().map(Cluster::url);
    let url = url.as_deref();
    stages.run("crates", || nextest::run(Which::Crates, url, &[]));
    stages.run("stories", || nextest::run(Which::Stories, url, &[]));
    stages.run("crash rounds", || {
        let planted = nextest::build_planted()?.display().to_string();
        let rounds = ("USHER_CRASH_ROUNDS", CRASH_ROUNDS.to_string());
        let variables = [rounds, (nextest::PLANTED, planted)];
        nextest::run(Which::CrashRounds, url, &variables)
    });
    stages.run("examples", examples::run);
    stages.run("OpenAPI", openapi::test);
    stages.run("metrics", metrics::test);
    stages.run("fuzz", || fuzz::run(FUZZ_EXAMPLES, FUZZ_SEED));
    stages.finish()
}
