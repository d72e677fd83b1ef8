//! `cargo xtask torture`: in full what the tests do in small, with figures for the documents.

use crate::nextest::{self, Which};
use crate::postgres::Cluster;
use crate::shell::{self, Result};
use crate::stages::Stages;
use crate::{fuzz, setup};
use std::path::Path;

const FUZZ_EXAMPLES: u32 = 200;
/// Agents of the histories, on ten pools.
const AGENTS: u32 = 2000;
/// Runs of the simulator for each round, and how long one is.
const SEEDS_A_ROUND: u32 = 60;
const STEPS: u32 = 400;

/// `cargo xtask torture`
pub fn run(rounds: u32, seed: u64) -> Result<()> {
    let figures = shell::target().join("torture.md");
    begin(&figures)?;
    let variables = [
        ("USHER_CRASH_ROUNDS", rounds.to_string()),
        ("USHER_HISTORY_ROUNDS", rounds.to_string()),
        ("USHER_HISTORY_AGENTS", AGENTS.to_string()),
        ("USHER_SIMULATE_SEEDS", (rounds * SEEDS_A_ROUND).to_string()),
        ("USHER_SIMULATE_STEPS", STEPS.to_string()),
        ("USHER_SYNC_ROUNDS", rounds.to_string()),
        ("USHER_FIGURES", figures.display().to_string()),
    ];
    let mut stages = Stages::default();
    stages.make("set-up", setup::run);
    stages.make("build", nextest::build);
    let cluster = stages.make("PostgreSQL", Cluster::start);
    let url = cluster.as_ref().map(Cluster::url);
    let url = url.as_deref();
    stages.run("simulator", || {
        nextest::run(Which::Simulator, None, &variables)
    });
    stages.run("crash rounds", || {
        let planted = nextest::build_planted()?.display().to_string();
        let mut variables = variables.to_vec();
        variables.push((nextest::PLANTED, planted));
        nextest::run(Which::CrashRounds, url, &variables)
    });
    stages.run("syncs", || nextest::run(Which::Syncs, url, &variables));
    stages.run("fuzz", || fuzz::run(FUZZ_EXAMPLES, seed));
    println!("\n{}", std::fs::read_to_string(&figures)?);
    stages.finish()
}

/// The head of the table that the stories add their rows to.
fn begin(figures: &Path) -> Result<()> {
    let date = shell::output(shell::command("date").arg("+%Y-%m-%d"))?;
    let cores = std::thread::available_parallelism()?;
    let memory = std::fs::read_to_string("/proc/meminfo")?;
    let kilobytes: u64 = memory
        .split_whitespace()
        .nth(1)
        .ok_or("no memory size")?
        .parse()?;
    let machine = format!("{cores} cores, {} GiB", kilobytes >> 20);
    let head = format!(
        "{}, {machine}\n\n| torture | rounds | result |\n| --- | --- | --- |\n",
        date.trim()
    );
    std::fs::create_dir_all(shell::target())?;
    Ok(std::fs::write(figures, head)?)
}
