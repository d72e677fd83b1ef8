//! `cargo xtask bench`: release builds of the server and the load generator, side by side.

use crate::postgres::Cluster;
use crate::shell::{self, Result};

pub fn run(arguments: &[String]) -> Result<()> {
    let packages = ["--package", "usher-server", "--package", "usher-bench"];
    shell::run(shell::cargo().args(["build", "--release"]).args(packages))?;
    let cluster = Cluster::start()?;
    let release = shell::target().join("release");
    let mut bench = shell::command(release.join("usher-bench"));
    bench
        .args(arguments)
        .env("USHER_TEST_POSTGRES_URL", cluster.url());
    shell::run(&mut bench)
}
