//! `cargo xtask openapi`: the API's description, from the server into the checked-in file.
//!
//! In tests the other way round: the file must be what the server says, and a linter that nobody
//! here wrote must accept it.

use crate::setup;
use crate::shell::{self, Result};
use crate::stages::Tally;
use std::path::PathBuf;

/// `cargo xtask openapi`
pub fn write() -> Result<()> {
    shell::run(shell::cargo().args(["build", "--package", "usher-server"]))?;
    std::fs::write(file(), generated()?)?;
    println!("{} written", file().display());
    Ok(())
}

pub fn test() -> Result<Tally> {
    let written = std::fs::read_to_string(file())?;
    if written != generated()? {
        let path = file();
        return Err(format!("{} is old: run `cargo xtask openapi`", path.display()).into());
    }
    let mut redocly = shell::command(setup::tool("redocly")?);
    redocly.args(["lint", "--config", "crates/xtask/support/redocly.yaml"]);
    // Neither asks its makers' servers for a newer version nor tells them anything.
    redocly.env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    redocly.env("REDOCLY_TELEMETRY", "off");
    shell::run(redocly.arg(file()))?;
    Ok(Tally::ONE + Tally::ONE)
}

fn generated() -> Result<String> {
    shell::output(shell::command(shell::usher()).arg("openapi"))
}

fn file() -> PathBuf {
    shell::root().join("docs/openapi.json")
}
