//! The server processes that are measured: started, asked for their address, watched, stopped.

use crate::Result;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

const START_SECONDS: u64 = 300;

/// A running server. It is killed when this is dropped, stopped in order by `stop`.
pub struct Server {
    pub address: SocketAddr,
    /// From starting the process to its first line, which comes once requests are answered.
    pub started_in: Duration,
    child: Child,
    _output: Lines<BufReader<ChildStdout>>,
}

impl Server {
    pub async fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        let began = Instant::now();
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(output).lines();
        let limit = Duration::from_secs(START_SECONDS);
        let line = tokio::time::timeout(limit, lines.next_line())
            .await
            .map_err(|_| format!("{} did not start in time", program.display()))??
            .ok_or_else(|| format!("{} ended at once", program.display()))?;
        let address = line
            .split_once("listening on http://")
            .ok_or_else(|| format!("an unexpected first line: {line}"))?
            .1
            .trim()
            .parse()?;
        Ok(Self {
            address,
            started_in: began.elapsed(),
            child,
            _output: lines,
        })
    }

    /// Resident memory in MiB, now.
    pub fn resident_mib(&self) -> Result<f64> {
        let id = self.child.id().ok_or("the server has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let kib: f64 = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))
            .ok_or("no resident size")?
            .trim()
            .parse()?;
        Ok(kib / 1024.0)
    }

    pub async fn stop(mut self) -> Result<()> {
        let id = self.child.id().ok_or("the server has ended by itself")?;
        Command::new("kill").arg(id.to_string()).status().await?;
        let status = self.child.wait().await?;
        if status.success() {
            Ok(())
        } else {
            Err(format!("the server ended with {status}").into())
        }
    }
}

/// Lets this process, and those that it starts from now on, open so many files.
pub async fn raise_file_limit(files: usize) -> Result<()> {
    let own = std::process::id().to_string();
    let limit = format!("--nofile={files}:");
    let raised = Command::new("prlimit")
        .args(["--pid", &own, &limit])
        .status()
        .await
        .map_err(|error| format!("prlimit: {error}"))?;
    if raised.success() {
        Ok(())
    } else {
        Err(format!("{files} files can't be open at once here: raise the hard limit").into())
    }
}

/// The `usher` that `cargo xtask bench` built: named by `USHER_BIN`, or beside this program.
pub fn usher() -> Result<PathBuf> {
    let path = match std::env::var_os("USHER_BIN") {
        Some(path) => PathBuf::from(path),
        None => std::env::current_exe()?.with_file_name("usher"),
    };
    if path.is_file() {
        Ok(path)
    } else {
        Err(format!("{} is missing: run `cargo xtask bench`", path.display()).into())
    }
}

/// Runs a program to its end and insists on success; gives its standard output.
pub async fn run(program: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await?;
    if output.status.success() {
        Ok(String::from_utf8(output.stdout)?)
    } else {
        Err(format!(
            "{} {arguments:?} ended with {}",
            program.display(),
            output.status
        )
        .into())
    }
}
