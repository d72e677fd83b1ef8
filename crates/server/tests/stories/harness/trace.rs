//! Reading what `strace` saw of a server: requests, answers, writes to files and their syncs.
//!
//! A call that another thread interrupts is printed in two halves. Of a receiving call or a sync
//! the end counts, of a sending call the beginning.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A write's request came in on this connection.
    Request {
        connection: String,
    },
    /// An answer that says yes begins to leave.
    Answer {
        connection: String,
    },
    Written {
        file: String,
    },
    SyncBegun {
        file: String,
    },
    /// The sync ended, and well.
    SyncDone {
        file: String,
    },
}

/// `strace` as a wrapper that the server outlives as our own child (`-D`).
pub fn watching(trace: &Path) -> Command {
    let mut command = strace();
    command.args(["-y", "-s", "64", "-o"]).arg(trace);
    command.args([
        "-e",
        "trace=recvfrom,read,readv,sendto,write,writev,pwrite64,fsync,fdatasync",
    ]);
    command
}

/// Lets the first syncs of each thread through and fails every later one.
pub fn failing_from(first: usize) -> Command {
    let mut command = strace();
    command.args(["-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e"]);
    command.arg(format!("inject=fsync,fdatasync:error=EIO:when={first}+"));
    command
}

fn strace() -> Command {
    let mut command = Command::new("strace");
    assert!(
        command.arg("--version").output().is_ok(),
        "this story needs strace: `cargo xtask setup` installs it"
    );
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-qq", "-e", "signal=none"]);
    command
}

pub fn events(trace: &str) -> Vec<Event> {
    let mut begun: HashMap<&str, &str> = HashMap::new();
    let mut events = Vec::new();
    for line in trace.lines() {
        let Some((thread, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        if let Some(first) = call.strip_suffix(" <unfinished ...>") {
            begun.insert(thread, first);
            events.extend(at_the_beginning(first));
        } else if let Some((_, rest)) = call.split_once(" resumed>") {
            let first = begun.remove(thread).unwrap_or_default();
            events.extend(at_the_end(&format!("{first}{rest}")));
        } else {
            events.extend(at_the_beginning(call));
            events.extend(at_the_end(call));
        }
    }
    events
}

fn at_the_beginning(call: &str) -> Option<Event> {
    let (name, target, rest) = parts(call)?;
    match name {
        "sendto" | "write" | "writev" if rest.contains("\"HTTP/1.1 2") => {
            Some(Event::Answer { connection: target })
        }
        "fsync" | "fdatasync" => Some(Event::SyncBegun { file: target }),
        _ => None,
    }
}

fn at_the_end(call: &str) -> Option<Event> {
    let (name, target, rest) = parts(call)?;
    match name {
        "recvfrom" | "read" | "readv" if rest.contains("\"PUT /v1/") => {
            Some(Event::Request { connection: target })
        }
        "pwrite64" => Some(Event::Written { file: target }),
        "fsync" | "fdatasync" if rest.ends_with("= 0") => Some(Event::SyncDone { file: target }),
        _ => None,
    }
}

/// The name of the call, its first argument with the file behind it, and the rest.
fn parts(call: &str) -> Option<(&str, String, &str)> {
    let (name, arguments) = call.split_once('(')?;
    let (target, rest) = arguments.split_once('>')?;
    Some((name, target.to_owned(), rest))
}

#[test]
fn halves_of_a_call_are_joined() {
    let trace = r#"
1 recvfrom(12<socket:[7]>,  <unfinished ...>
2 pwrite64(9</d/u.db-wal>, "x"..., 4096, 0) = 4096
1 <... recvfrom resumed>"PUT /v1/me/plan HTTP"..., 8192, 0, NULL, NULL) = 80
2 fdatasync(9</d/u.db-wal> <unfinished ...>
1 sendto(12<socket:[7]>, "HTTP/1.1 200 OK\r\n"..., 80, 0, NULL, 0 <unfinished ...>
2 <... fdatasync resumed>)            = 0
"#;
    let connection = "12<socket:[7]".to_owned();
    let file = "9</d/u.db-wal".to_owned();
    let expected = [
        Event::Written { file: file.clone() },
        Event::Request {
            connection: connection.clone(),
        },
        Event::SyncBegun { file: file.clone() },
        Event::Answer { connection },
        Event::SyncDone { file },
    ];
    assert_eq!(events(trace), expected);
}
