//! schemathesis against a running server: requests made up from the API's description.
//!
//! `support/fuzz.py` makes the world that they play in and says which promises are checked.

use crate::sandbox::Sandbox;
use crate::setup;
use crate::shell::{self, Result};
use crate::stages::Tally;

pub fn run(examples: u32, seed: u64) -> Result<Tally> {
    let mut server = Sandbox::start("fuzz")?;
    let mut python = shell::command(setup::tool("python")?);
    python
        .arg("crates/xtask/support/fuzz.py")
        .args(["--url", &server.url, "--token", &server.operator_token])
        .args(["--examples", &examples.to_string()])
        .args(["--seed", &seed.to_string()])
        .arg("--folder")
        .arg(shell::target().join("xtask/fuzz-report"));
    let outcome = shell::run(&mut python);
    server.assert_alive()?;
    outcome?;
    Ok(Tally::ONE)
}
