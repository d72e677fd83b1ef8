//! One throwaway PostgreSQL cluster, with its syncs on, for tests, benchmarks and hand use.
//! It speaks TLS to those who ask: its certificate is for `localhost`, by an authority of its
//! own, whose certificate is `root.crt` in its data folder.
//!
//! Is not: a test's database. Each test makes one of its own in this cluster and drops it.
//!
//! A small shell script holds the server and reads from a pipe of ours. When this process goes,
//! however it goes, the pipe closes: the script stops the server and removes its files. So no
//! signal handler is needed here, and an interrupted run leaves nothing behind.

use crate::shell::{self, Result};
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const HOLD: &str = include_str!("../support/hold-postgres.sh");
const START_SECONDS: u64 = 30;

/// A running cluster; it is stopped and removed when this is dropped.
pub struct Cluster {
    port: u16,
    holder: Child,
}

impl Cluster {
    pub fn start() -> Result<Self> {
        let programs = programs()?;
        let port = shell::free_port()?;
        let folder = std::env::temp_dir().join(format!("usher-postgres-{port}"));
        initialise(&programs, &folder)?;
        certify(&folder)?;
        let holder = unprivileged("sh")
            .args(["-c", HOLD, "hold-postgres"])
            .arg(programs.join("postgres"))
            .arg(&folder)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        let mut cluster = Self { port, holder };
        cluster.wait_until_it_answers(&programs)?;
        Ok(cluster)
    }

    /// The superuser's address of the database `postgres`, without TLS.
    pub fn url(&self) -> String {
        let at = format!("127.0.0.1:{}", self.port);
        format!("postgres://postgres@{at}/postgres?sslmode=disable")
    }

    fn wait_until_it_answers(&mut self, programs: &Path) -> Result<()> {
        let deadline = Instant::now() + Duration::from_secs(START_SECONDS);
        while Instant::now() < deadline {
            let ready = Command::new(programs.join("pg_isready"))
                .args([
                    "--quiet",
                    "--username=postgres",
                    "--host=127.0.0.1",
                    "--port",
                ])
                .arg(self.port.to_string())
                .status()?;
            if ready.success() {
                return Ok(());
            }
            if let Some(status) = self.holder.try_wait()? {
                return Err(format!("PostgreSQL ended while starting: {status}").into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(format!("PostgreSQL did not answer within {START_SECONDS} s").into())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        if let Err(error) = self.holder.wait() {
            eprintln!("xtask: PostgreSQL was not seen to stop: {error}");
        }
    }
}

/// `cargo xtask postgres`
pub fn hold() -> Result<()> {
    let mut cluster = Cluster::start()?;
    println!("{}", cluster.url());
    eprintln!("Stop it with Ctrl-C. Tests take the URL as USHER_TEST_POSTGRES_URL.");
    // `Child::wait` would close the pipe that keeps the server up.
    let pipe = cluster.holder.stdin.take();
    let status = cluster.holder.wait()?;
    drop(pipe);
    Err(format!("PostgreSQL ended by itself: {status}").into())
}

fn initialise(programs: &Path, folder: &Path) -> Result<()> {
    let made = unprivileged(programs.join("initdb"))
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8"])
        .args(["--locale=C.UTF-8", "--no-sync", "--pgdata"])
        .arg(folder)
        .stdout(Stdio::null())
        .status()?;
    if made.success() {
        Ok(())
    } else {
        Err(format!("initdb in {} ended with {made}", folder.display()).into())
    }
}

/// Makes an authority, and a certificate by it for the server, and switches TLS on.
fn certify(folder: &Path) -> Result<()> {
    let openssl = |arguments: &str| -> Result<()> {
        let arguments = arguments.split_whitespace().map(|word| {
            let file = word.contains(".crt") || word.contains(".key") || word.contains(".csr");
            if file {
                folder.join(word).into()
            } else {
                OsString::from(word)
            }
        });
        let mut command = unprivileged("openssl");
        let done = command.args(arguments).stderr(Stdio::null()).status()?;
        if done.success() {
            return Ok(());
        }
        Err(format!("openssl ended with {done}").into())
    };
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    let authority = "-x509 -days 3650 -subj /CN=throwaway -keyout root.key -out root.crt";
    let server = "-subj /CN=localhost -addext subjectAltName=DNS:localhost \
        -keyout server.key -out server.csr";
    let signed = "-req -days 3650 -copy_extensions copyall -in server.csr \
        -CA root.crt -CAkey root.key -CAcreateserial -out server.crt";
    openssl(&format!("req {key} {authority}"))?;
    openssl(&format!("req {key} {server}"))?;
    openssl(&format!("x509 {signed}"))?;
    let settings = folder.join("postgresql.conf");
    let mut settings = std::fs::OpenOptions::new().append(true).open(settings)?;
    // The files have the names that it looks for.
    writeln!(settings, "ssl = on")?;
    Ok(())
}

/// PostgreSQL refuses to run as root, so root runs it as the user that its package made.
fn unprivileged(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = if shell::is_root() {
        let mut dropped = Command::new("setpriv");
        dropped.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
        dropped.arg(program);
        dropped
    } else {
        Command::new(program)
    };
    command.current_dir("/");
    command
}

/// The folder of PostgreSQL's programs; Debian keeps them out of the search path.
pub fn programs() -> Result<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, bin)| bin.join("initdb").is_file())
        .collect();
    versions.sort();
    let newest = versions.pop().map(|(_, bin)| bin);
    newest
        .or_else(|| shell::find("initdb").and_then(|path| Some(path.parent()?.to_path_buf())))
        .ok_or_else(|| "PostgreSQL's server is missing: apt-get install postgresql".into())
}
