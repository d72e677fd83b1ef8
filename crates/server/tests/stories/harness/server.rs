//! A running `usher serve`, and the other `usher` commands.

use super::{Client, Place};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};

const LISTENING: &str = "usher: listening on ";

/// A real server process; it is killed when this is dropped.
#[derive(Debug)]
pub struct Server {
    child: Child,
    url: String,
}

impl Server {
    /// Starts a sandbox server on a free port and waits until it answers.
    pub fn start(place: &Place) -> Self {
        Self::spawn(&mut serve(usher(), place))
    }

    /// Starts another build of the server, likewise.
    pub fn start_build(program: &Path, place: &Place) -> Self {
        Self::spawn(&mut serve(clean(program), place))
    }

    /// Like [`Server::start`], with other settings than the defaults.
    pub fn start_with(place: &Place, options: &[&str]) -> Self {
        Self::spawn(serve(usher(), place).args(options))
    }

    /// Starts `usher demo`.
    pub fn start_demo(place: &Place) -> Self {
        let mut command = usher();
        command.args(["demo", "--listen", "127.0.0.1:0"]);
        Self::spawn(command.args(place.arguments()))
    }

    /// Starts a server that is no sandbox.
    pub fn start_for_real(place: &Place, options: &[&str]) -> Self {
        let mut command = usher();
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        Self::spawn(command.args(place.arguments()).args(options))
    }

    /// As [`Server::start_for_real`], with its log in a file.
    pub fn start_logging(place: &Place, options: &[&str], log: &Path) -> Self {
        let log = std::fs::File::create(log).expect("a file for the log");
        let mut command = usher();
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .stderr(log);
        Self::spawn(command.args(place.arguments()).args(options))
    }

    /// Starts the server under another program, such as `strace -D`.
    pub fn start_under(mut wrapper: Command, place: &Place) -> Self {
        wrapper.arg(env!("CARGO_BIN_EXE_usher"));
        Self::spawn(&mut serve(wrapper, place))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let output = child.stdout.take().expect("standard output is a pipe");
        let mut lines = BufReader::new(output).lines();
        let url = lines.find_map(|line| {
            let line = line.expect("standard output is text");
            line.strip_prefix(LISTENING).map(str::to_owned)
        });
        let Some(url) = url else {
            let status = child.wait().expect("the server ended");
            panic!("the server ended before it listened: {status}");
        };
        // Whatever else it prints must not block it.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }

    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    /// `kill -9`, seen through to the end.
    pub fn kill(mut self) {
        self.end();
    }

    /// SIGTERM, and how the server ended.
    pub fn asked_to_stop(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.expect("kill runs").success());
        self.child.wait().expect("the server ends")
    }

    /// `kill -9` and a new process on the same data.
    pub fn killed_and_started_again(self, place: &Place) -> Self {
        self.kill();
        Self::start(place)
    }

    fn end(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs another `usher` command on the same data, to its end.
pub fn run(place: &Place, arguments: &[&str]) -> Output {
    usher()
        .args(arguments)
        .args(place.arguments())
        .output()
        .expect("usher runs")
}

/// What a command that needs no data prints.
pub fn usher_says(arguments: &[&str]) -> String {
    let output = usher().args(arguments).output().expect("usher runs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("standard output is text")
}

/// `usher check` finds nothing that differs.
pub fn assert_check_is_clean(place: &Place) {
    let output = run(place, &["check"]);
    assert!(
        output.status.success(),
        "usher check found differences:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn usher() -> Command {
    clean(Path::new(env!("CARGO_BIN_EXE_usher")))
}

fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    // The settings of whoever runs the tests must not reach the server under test.
    let settings = std::env::vars().filter(|(name, _)| name.starts_with("USHER_"));
    for (name, _) in settings {
        command.env_remove(name);
    }
    command
}

fn serve(mut command: Command, place: &Place) -> Command {
    command
        .args(["serve", "--sandbox", "--listen", "127.0.0.1:0"])
        .args(place.arguments());
    command
}
