//! `cargo xtask demo` and `cargo xtask run`: build the server and run it.

use crate::shell::{self, Result};

/// Builds the server and runs it with these words; it has the terminal until it ends.
pub fn run(command: &str, arguments: &[String]) -> Result<()> {
    shell::run(shell::cargo().args(["build", "--package", "usher-server"]))?;
    shell::run(shell::command(shell::usher()).arg(command).args(arguments))
}
