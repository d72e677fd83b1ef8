//! Stages of a long run: each is timed, each runs even when one before it failed.

use crate::shell::Result;
use std::time::{Duration, Instant};

/// How many tests a stage counted. A stage that is one check counts one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub passed: u32,
    pub failed: u32,
}

impl Tally {
    pub const ONE: Self = Self {
        passed: 1,
        failed: 0,
    };
}

impl std::ops::Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
        }
    }
}

#[derive(Default)]
pub struct Stages {
    done: Vec<Stage>,
    /// Only these, when it names any; what others need is made all the same.
    only: Vec<String>,
}

struct Stage {
    name: &'static str,
    took: Duration,
    tally: Tally,
    error: Option<String>,
}

impl Stages {
    pub fn only(names: &[String]) -> Self {
        Self {
            done: Vec::new(),
            only: names.to_vec(),
        }
    }

    /// Runs a stage; what it makes is given back when it succeeds.
    pub fn make<T>(&mut self, name: &'static str, stage: impl FnOnce() -> Result<T>) -> Option<T> {
        let mut made = None;
        self.time(name, || {
            made = Some(stage()?);
            Ok(Tally::ONE)
        });
        made
    }

    pub fn run(&mut self, name: &'static str, stage: impl FnOnce() -> Result<Tally>) {
        let wanted = |only: &String| name.eq_ignore_ascii_case(only);
        if self.only.is_empty() || self.only.iter().any(wanted) {
            self.time(name, stage);
        }
    }

    fn time(&mut self, name: &'static str, stage: impl FnOnce() -> Result<Tally>) {
        println!("\n=== {name}");
        let began = Instant::now();
        let outcome = stage();
        let took = began.elapsed();
        let (tally, error) = match outcome {
            Ok(tally) => (tally, None),
            Err(error) => {
                println!("{error}");
                let failed = Tally {
                    passed: 0,
                    failed: 1,
                };
                (failed, Some(error.to_string()))
            }
        };
        println!("=== {name}: {}", minutes(took));
        self.done.push(Stage {
            name,
            took,
            tally,
            error,
        });
    }

    /// Prints minutes per stage, what failed, and the sum as the last line.
    pub fn finish(self) -> Result<()> {
        println!(
            "\n{:<24} {:>9} {:>7} {:>7}",
            "stage", "time", "passed", "failed"
        );
        for stage in &self.done {
            let Tally { passed, failed } = stage.tally;
            let time = minutes(stage.took);
            println!("{:<24} {time:>9} {passed:>7} {failed:>7}", stage.name);
        }
        let total: Duration = self.done.iter().map(|stage| stage.took).sum();
        println!("{:<24} {:>9}", "total", minutes(total));
        for stage in &self.done {
            if let Some(error) = &stage.error {
                println!("\n{}: {error}", stage.name);
            }
        }
        let tallies = self.done.iter().map(|stage| stage.tally);
        let Tally { passed, failed } = tallies.fold(Tally::default(), |sum, tally| sum + tally);
        println!("\n{passed} passed, {failed} failed");
        if failed == 0 {
            Ok(())
        } else {
            Err(format!("{failed} failed").into())
        }
    }
}

fn minutes(time: Duration) -> String {
    format!("{:.1} min", time.as_secs_f64() / 60.0)
}
