//! The server's metrics, held against Prometheus' own tool.

use crate::sandbox::Sandbox;
use crate::setup;
use crate::shell::{self, Result};
use crate::stages::Tally;
use std::io::Write;
use std::process::Stdio;

pub fn test() -> Result<Tally> {
    let server = Sandbox::start("metrics")?;
    let text = shell::output(
        shell::command("curl")
            .args(["--silent", "--show-error", "--fail"])
            .arg(format!("{}/metrics", server.url)),
    )?;
    if !text.lines().any(|line| line.starts_with("# TYPE")) {
        return Err("/metrics names no metric".into());
    }
    let mut promtool = shell::command(setup::tool("promtool")?)
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .spawn()?;
    let mut input = promtool.stdin.take().ok_or("no standard input")?;
    input.write_all(text.as_bytes())?;
    drop(input);
    let status = promtool.wait()?;
    if status.success() {
        Ok(Tally::ONE)
    } else {
        Err(format!("promtool check metrics ended with {status}").into())
    }
}
