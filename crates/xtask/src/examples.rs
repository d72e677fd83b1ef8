//! The scripts in `examples/`, each against a sandbox server of its own.

use crate::sandbox::Sandbox;
use crate::shell::{self, Result};
use crate::stages::Tally;

pub fn run() -> Result<Tally> {
    let mut scripts: Vec<_> = std::fs::read_dir(shell::root().join("examples"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "sh"))
        .collect();
    scripts.sort();
    let mut tally = Tally::default();
    for script in scripts {
        let server = Sandbox::start("example")?;
        let mut bash = shell::command("bash");
        bash.arg(&script)
            .env("USHER_URL", &server.url)
            .env("USHER_OPERATOR_TOKEN", &server.operator_token);
        shell::run(&mut bash)?;
        tally = tally + Tally::ONE;
    }
    if tally == Tally::default() {
        return Err("there are no examples".into());
    }
    Ok(tally)
}
