//! Every file of ours: short enough to hold one idea, and finished.

use crate::shell::{self, Result};

const MOST_LINES: usize = 600;
const OURS: [&str; 7] = ["rs", "py", "sh", "sql", "ts", "tsx", "toml"];
/// A file that says so in its first lines is made by a program.
const GENERATED: &str = "@generated";

pub fn broken() -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for path in list()? {
        let Ok(text) = std::fs::read_to_string(shell::root().join(&path)) else {
            continue;
        };
        if text.lines().take(5).any(|line| line.contains(GENERATED)) {
            continue;
        }
        let lines = text.lines().count();
        if lines > MOST_LINES {
            broken.push(format!(
                "{path} has {lines} lines, more than {MOST_LINES}: look for its second idea"
            ));
        }
        for (number, line) in text.lines().enumerate() {
            for word in unfinished() {
                if line.contains(&word) {
                    broken.push(format!("{path}:{}: {word}", number + 1));
                }
            }
        }
    }
    Ok(broken)
}

/// What marks unfinished work or a test that never runs; in halves, so that this file has none.
fn unfinished() -> [String; 6] {
    [
        ("TO", "DO"),
        ("FIX", "ME"),
        ("XX", "X:"),
        ("todo", "!("),
        ("unimplemented", "!("),
        ("#[ign", "ore"),
    ]
    .map(|(first, second)| format!("{first}{second}"))
}

/// All files that are checked in, or will be.
fn list() -> Result<Vec<String>> {
    let mut git = shell::command("git");
    git.args(["ls-files", "--cached", "--others", "--exclude-standard"]);
    let list = shell::output(&mut git)?;
    let ours = |path: &&str| {
        path.rsplit_once('.')
            .is_some_and(|(_, extension)| OURS.contains(&extension))
    };
    Ok(list.lines().filter(ours).map(str::to_owned).collect())
}
