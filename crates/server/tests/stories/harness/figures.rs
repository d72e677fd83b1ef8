//! Rounds and figures: `cargo xtask torture` asks for many rounds and collects what came of them.

use std::io::Write;

/// How many rounds to go, as the environment says.
pub fn rounds(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number of rounds"))
}

/// Adds a row to the table that `USHER_FIGURES` names, if it names one.
pub fn note(what: &str, rounds: usize, result: &str) {
    println!("{what}: {rounds} rounds, {result}");
    let Some(path) = std::env::var_os("USHER_FIGURES") else {
        return;
    };
    let file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path);
    let mut file = file.expect("the file of USHER_FIGURES opens");
    writeln!(file, "| {what} | {rounds} | {result} |").expect("the figure is written");
}
