//! What a run did, line by line, and what was found wrong with it.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use usher_rules::Time;

use crate::opening::START;

/// A check that holds, or what is wrong, the rule's id first.
pub type Check<T = ()> = Result<T, String>;

/// What must be so.
pub fn that(so: bool, otherwise: &str) -> Check {
    if so {
        Ok(())
    } else {
        Err(otherwise.to_owned())
    }
}

/// What a run did.
#[derive(Default)]
pub struct Trace {
    lines: String,
}

impl Trace {
    /// Something happened at a time of the store's.
    pub fn line(&mut self, step: usize, now: Time, what: &str) {
        let micros = now.micros_since(START);
        writeln!(self.lines, "{step:>4} {:>14.6} {what}", micros as f64 / 1e6).expect("text");
    }

    /// The same for two runs that did the same.
    pub fn digest(&self) -> String {
        let digest = Sha256::digest(self.lines.as_bytes());
        digest
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }

    pub fn text(&self) -> &str {
        &self.lines
    }
}
