//! Running the workspace's own tests, with cargo-nextest.
//!
//! All of it builds the whole workspace: a smaller selection would build the same dependencies
//! a second time with fewer features.

use crate::setup;
use crate::shell::{self, Result};
use crate::stages::Tally;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The stories run the real binary, and those among them that kill it take their time.
const STORIES: &str = "binary(stories)";
const CRASH_ROUNDS: &str = "test(/^(crash|history)::/)";
const SIMULATOR: &str = "binary(simulator) & test(any_seed)";
const SYNCS: &str = "test(/^syncs::/)";

/// Where the crash rounds find the server with a fault planted.
pub const PLANTED: &str = "USHER_PLANTED";

/// Which tests of the workspace a stage runs.
#[derive(Clone, Copy)]
pub enum Which {
    /// Those that need neither PostgreSQL nor a server.
    Quick,
    /// All but the stories.
    Crates,
    Stories,
    CrashRounds,
    /// Any seed of the simulator.
    Simulator,
    /// Those stories that watch the disk's syncs or make them fail.
    Syncs,
}

impl Which {
    fn filter(self) -> String {
        match self {
            Self::Quick => format!("not ({STORIES} | package(usher-store-postgres))"),
            Self::Crates => format!("not {STORIES}"),
            Self::Stories => format!("{STORIES} - {CRASH_ROUNDS}"),
            Self::CrashRounds => format!("{STORIES} & {CRASH_ROUNDS}"),
            Self::Simulator => SIMULATOR.to_owned(),
            Self::Syncs => format!("{STORIES} & {SYNCS}"),
        }
    }
}

/// Builds every binary and every test.
pub fn build() -> Result<()> {
    shell::run(nextest()?.args(["run", "--workspace", "--no-run"]))
}

/// Builds the server once more with a fault planted, beside the one without, and tells where it
/// is. The tests' features are asked for too, so that nothing but the server is built for it.
pub fn build_planted() -> Result<PathBuf> {
    let targets = ["--workspace", "--bin", "usher", "--test", "stories"];
    let planted = ["--features", "usher-server/planted-fault"];
    shell::run(shell::cargo().arg("build").args(targets).args(planted))?;
    let beside = shell::usher().with_file_name("usher-planted");
    std::fs::copy(shell::usher(), &beside)?;
    // And the one without is where it was.
    build()?;
    Ok(beside)
}

/// Runs these tests; `postgres` is the URL of a cluster for those that want one.
pub fn run(which: Which, postgres: Option<&str>, variables: &[(&str, String)]) -> Result<Tally> {
    let mut command = nextest()?;
    command.args(["run", "--workspace", "--no-fail-fast"]);
    command.args(["--status-level=slow", "--final-status-level=fail", "-E"]);
    command.arg(which.filter());
    command.env_remove("USHER_TEST_POSTGRES_URL");
    if let Some(url) = postgres {
        command.env("USHER_TEST_POSTGRES_URL", url);
    }
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    counted(&mut command)
}

fn nextest() -> Result<Command> {
    let mut command = shell::command(setup::tool("cargo-nextest")?);
    command.arg("nextest");
    Ok(command)
}

/// Shows what the command prints and adds up the tests that it says it ran.
fn counted(command: &mut Command) -> Result<Tally> {
    let (reader, writer) = std::io::pipe()?;
    let mut child = command
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .stdin(Stdio::null())
        .spawn()?;
    // The command keeps the writing ends open; the lines would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut tally = Tally::default();
    for line in BufReader::new(reader).lines() {
        let line = line?;
        println!("{line}");
        tally = tally + tests_counted_in(&line);
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        return Err(format!("the test runner ended with {status}").into());
    }
    if tally == Tally::default() {
        return Err("no test ran".into());
    }
    Ok(tally)
}

/// Reads the closing line: "Summary […] 3 tests run: 2 passed, 1 failed".
fn tests_counted_in(line: &str) -> Tally {
    let line = line.trim_start();
    if !line.starts_with("Summary [") {
        return Tally::default();
    }
    let words: Vec<&str> = line
        .split(|letter: char| letter.is_whitespace() || ",()".contains(letter))
        .filter(|word| !word.is_empty())
        .collect();
    let number_before = |name: &str| {
        let at = words.iter().position(|word| *word == name)?;
        words[at.checked_sub(1)?].parse::<u32>().ok()
    };
    let failed = ["failed", "timed"]
        .iter()
        .filter_map(|name| number_before(name));
    Tally {
        passed: number_before("passed").unwrap_or(0),
        failed: failed.sum(),
    }
}

#[test]
fn the_runners_closing_line_is_read() {
    let line = "   Summary [   1.2s] 8 tests run: 5 passed (1 slow), 2 failed, 1 timed out";
    let expected = Tally {
        passed: 5,
        failed: 3,
    };
    assert_eq!(tests_counted_in(line), expected);
    assert_eq!(tests_counted_in("5 passed"), Tally::default());
}
