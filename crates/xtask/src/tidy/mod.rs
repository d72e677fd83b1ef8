//! The house's own rules, as far as a program can see them.

mod arrows;
mod documents;
mod files;

use crate::shell::Result;
use crate::stages::Tally;

pub fn run() -> Result<Tally> {
    let rules = [arrows::broken()?, files::broken()?, documents::broken()?];
    let mut tally = Tally::default();
    for broken in rules {
        for line in &broken {
            println!("tidy: {line}");
        }
        tally = tally
            + if broken.is_empty() {
                Tally::ONE
            } else {
                Tally {
                    passed: 0,
                    failed: 1,
                }
            };
    }
    Ok(tally)
}
