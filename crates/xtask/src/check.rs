//! `cargo xtask check`: what one runs before every commit; a minute or two once all is built.

use crate::nextest::{self, Which};
use crate::shell::{self, Result};
use crate::stages::{Stages, Tally};
use crate::tidy;

pub fn run() -> Result<()> {
    let mut stages = Stages::default();
    without_running_anything(&mut stages);
    stages.run("quick tests", || nextest::run(Which::Quick, None, &[]));
    stages.finish()
}

/// Format, lints and the house's own rules.
pub fn without_running_anything(stages: &mut Stages) {
    stages.run("format", || {
        shell::run(shell::cargo().args(["fmt", "--all", "--check"]))?;
        Ok(Tally::ONE)
    });
    stages.run("tidy", tidy::run);
    stages.run("clippy", || {
        let lints = ["--workspace", "--all-targets", "--", "-D", "warnings"];
        shell::run(shell::cargo().arg("clippy").args(lints))?;
        Ok(Tally::ONE)
    });
}
