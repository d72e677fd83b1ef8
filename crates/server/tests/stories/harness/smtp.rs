//! A real SMTP server that others wrote (aiosmtpd), which hands over what it was sent.

use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

pub struct Smtp {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    pub url: String,
}

impl Smtp {
    pub fn start() -> Self {
        let script = repository().join("crates/xtask/support/smtp_sink.py");
        let mut child = Command::new(python())
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the SMTP server starts");
        let output = child.stdout.take().expect("standard output is a pipe");
        let mut lines = BufReader::new(output).lines();
        let url = lines
            .next()
            .and_then(Result::ok)
            .expect("the SMTP server says where it listens");
        Self { child, lines, url }
    }

    /// The next mail, as soon as it is there: `{from, to, subject, text}`.
    pub fn next(&mut self) -> Value {
        let line = self.lines.next().and_then(Result::ok).expect("a mail");
        serde_json::from_str(&line).expect("a mail as JSON")
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The Python that has aiosmtpd.
fn python() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
    let python = target
        .expect("a target directory")
        .join("tools/venv/bin/python");
    assert!(
        python.exists(),
        "this story needs aiosmtpd in {}: `cargo xtask setup` installs it",
        python.display()
    );
    python
}

fn repository() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors()
        .nth(2)
        .expect("crates/server lies two levels below the top")
}
