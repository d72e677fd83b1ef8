//! Documents tell the truth: the paths that they name exist, and so do the commands.

use crate::shell::{self, Result};
use clap::CommandFactory;

/// Documents for people, where they exist.
const DOCUMENTS: [&str; 3] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"];
/// A word in backquotes that begins so is a path in this repository.
const TOPS: [&str; 6] = ["crates/", "docs/", "examples/", "web/", ".ci/", ".cargo/"];

pub fn broken() -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for document in DOCUMENTS {
        let Ok(text) = std::fs::read_to_string(shell::root().join(document)) else {
            broken.push(format!("{document} is missing"));
            continue;
        };
        for path in quoted(&text).filter(|word| is_path(word)) {
            if !shell::root().join(path).exists() {
                broken.push(format!("{document} names {path}, which does not exist"));
            }
        }
        for name in commands(&text) {
            if crate::Arguments::command().find_subcommand(name).is_none() {
                broken.push(format!(
                    "{document} names `cargo xtask {name}`, which is none"
                ));
            }
        }
    }
    Ok(broken)
}

/// The words between single backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Patterns and places to be filled in are no paths.
fn is_path(word: &str) -> bool {
    let begins = TOPS.iter().any(|top| word.starts_with(top));
    begins && !word.contains([' ', '*', '<', '{', '…', '\n'])
}

/// What follows `cargo xtask`, wherever the document says it.
fn commands(text: &str) -> impl Iterator<Item = &str> {
    text.split("cargo xtask ").skip(1).filter_map(|rest| {
        let end = rest.find(|letter: char| !(letter.is_ascii_lowercase() || letter == '-'));
        let name = &rest[..end.unwrap_or(rest.len())];
        (!name.is_empty()).then_some(name)
    })
}
