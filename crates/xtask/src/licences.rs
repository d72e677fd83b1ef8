//! The licences and the origin of every crate that is linked, by cargo-deny and `deny.toml`.

use crate::setup;
use crate::shell::{self, Result};
use crate::stages::Tally;

pub fn test() -> Result<Tally> {
    let mut deny = shell::command(setup::tool("cargo-deny")?);
    deny.args(["--log-level=error", "check", "licenses", "bans", "sources"]);
    shell::run(&mut deny)?;
    Ok(Tally::ONE)
}
