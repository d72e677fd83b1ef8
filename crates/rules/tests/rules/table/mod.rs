//! Tables: a test is a text, a line is a command or a question with its outcome at the
//! end. The text is played, written anew with what came out, and must be the same.
//!
//! ```text
//! found acme otto                    -> ok
//! order acme domain_user 2 business 1 -> ok
//! add acme ann                       -> ok
//! tier acme ann business             -> ok
//! seats acme                         -> domain_user 1/2 business 1/1
//! + 8 days
//! # a comment
//! ```
//!
//! Commands stand in [`commands`], questions in [`questions`]. `try COMMAND` answers what
//! the command would, and undoes it. `person NAME` signs someone up beforehand. A name like `s1..s20` stands for twenty. Whatever is
//! refused must leave the world as it was; this is checked on every line.

mod commands;
mod desk;
mod names;
mod questions;

use std::collections::BTreeMap;

use usher_rules::{DomainId, Event, Refusal, SessionId};

use crate::stage::Stage;
use names::Names;

/// Plays a table and fails with the lines that came out otherwise.
#[track_caller]
pub fn check(text: &str) {
    play(text);
}

/// The stage after a table was played.
#[track_caller]
pub fn scene(text: &str) -> Stage {
    play(text).stage
}

#[track_caller]
fn play(text: &str) -> Table {
    let mut table = Table::new();
    let mut wrong = Vec::new();
    for line in text.lines().map(str::trim) {
        let (command, expected) = match line.split_once("->") {
            Some((command, outcome)) => (command.trim(), Some(outcome.trim())),
            None => (line, None),
        };
        if command.is_empty() || command.starts_with('#') {
            continue;
        }
        let outcome = table.play(command);
        if outcome.as_deref() != expected {
            let outcome = outcome.unwrap_or_default();
            wrong.push(format!("{line}\n    came out as: {outcome}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    table
}

/// What a table plays on.
#[derive(Clone)]
struct Table {
    stage: Stage,
    names: Names,
    /// Up to where each domain's people were told what the journal says.
    told: BTreeMap<DomainId, usize>,
    /// Up to where the table was told what happened at each domain's desk.
    heard: BTreeMap<DomainId, usize>,
    /// Sessions by their names.
    sessions: BTreeMap<(DomainId, String), SessionId>,
}

impl Table {
    fn new() -> Table {
        Table {
            stage: Stage::new(),
            names: Names::default(),
            told: BTreeMap::new(),
            heard: BTreeMap::new(),
            sessions: BTreeMap::new(),
        }
    }

    /// Plays one line; lines that set the scene have no outcome.
    fn play(&mut self, line: &str) -> Option<String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["+", number, unit] => self.wait(number.parse().unwrap(), unit),
            ["grace", days, "days"] => {
                self.stage.world.settings.grace_seconds = days.parse::<i64>().unwrap() * DAY;
            }
            ["person", name] => {
                self.person(name);
            }
            ["devices", most] => {
                self.stage.world.settings.named_devices = most.parse().unwrap();
            }
            // Nobody looks, and no sweep runs.
            ["pass", number, unit] => self.pass(number.parse().unwrap(), unit),
            ["few", few] => self.stage.world.settings.few_seats_left = few.parse().unwrap(),
            ["try", rest @ ..] => return Some(self.clone().answer(rest)),
            words => return Some(self.answer(words)),
        }
        None
    }

    /// Time passes, and what is due happens.
    fn wait(&mut self, number: i64, unit: &str) {
        self.pass(number, unit);
        self.stage.sweep();
    }

    fn pass(&mut self, number: i64, unit: &str) {
        let seconds = match unit {
            "seconds" | "second" => 1,
            "minutes" | "minute" => 60,
            "hours" | "hour" => 3600,
            "days" | "day" => DAY,
            _ => panic!("no unit of time: {unit}"),
        };
        self.stage.pass(number * seconds);
    }

    fn answer(&mut self, words: &[&str]) -> String {
        if let Some(answer) = self.ask(words) {
            return answer;
        }
        let mut outcome = "ok".to_owned();
        for words in spread(words) {
            let before = self.stage.clone();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let done = match self.desk(&words) {
                Some(answer) => answer,
                None => self.command(&words).map(|()| "ok".to_owned()),
            };
            match done {
                Ok(answer) => outcome = answer,
                Err(refusal) => {
                    self.nothing_changed(&before);
                    outcome = self.said(&refusal);
                    break;
                }
            }
        }
        outcome
    }

    /// A refusal leaves the world as it was; only that of a log-in is written down, which
    /// needs what was due to happen first.
    fn nothing_changed(&self, before: &Stage) {
        let news = &self.stage.journal[before.journal.len()..];
        let recorded =
            |entry: &usher_rules::Entry| matches!(entry.event, Event::LogInRefused { .. });
        let mut before = before.clone();
        if news.iter().any(recorded) {
            before.sweep();
        }
        assert_eq!(before.world, self.stage.world, "refused, and yet changed");
        let more = self.stage.journal.len() - before.journal.len();
        assert!(more <= 1 && news.iter().filter(|e| recorded(e)).count() == more);
    }
}

const DAY: i64 = 24 * 3600;

/// The commands that one line stands for: `add acme s1..s3` is three.
fn spread(words: &[&str]) -> Vec<Vec<String>> {
    let range = words.iter().enumerate().find_map(|(at, word)| {
        let (from, to) = word.split_once("..")?;
        let stem = from.trim_end_matches(|c: char| c.is_ascii_digit());
        let first: u32 = from.strip_prefix(stem)?.parse().ok()?;
        let last: u32 = to.strip_prefix(stem)?.parse().ok()?;
        Some((at, stem, first..=last))
    });
    let owned: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    match range {
        None => vec![owned],
        Some((at, stem, numbers)) => numbers
            .map(|n| {
                let mut words = owned.clone();
                words[at] = format!("{stem}{n}");
                words
            })
            .collect(),
    }
}

impl Table {
    /// A refusal's code with what it tells.
    fn said(&self, refusal: &Refusal) -> String {
        let told = match refusal {
            Refusal::NoSeatAvailable { kind, pool } => {
                let pool = pool.map(|pool| self.names.of(pool.0));
                questions::joined([kind.name()].into_iter().chain(pool))
            }
            Refusal::SessionElsewhere { device, .. } => self.names.of_device(*device).to_owned(),
            Refusal::SessionEnded { reason, .. } => reason.name().to_owned(),
            Refusal::PoolNotEmpty { users } => users.to_string(),
            Refusal::CallInProgress { call } => self.names.of(call.0).to_owned(),
            Refusal::LinkNotValid { state } => state.name().to_owned(),
            Refusal::NotInStanding { missing } => {
                questions::joined(missing.iter().map(|p| p.name()))
            }
            Refusal::BelowUse { to_free } => questions::numbers(to_free),
            Refusal::Invalid { field, .. } | Refusal::Taken { field } => (*field).to_owned(),
            Refusal::NotFound { what } => (*what).to_owned(),
            Refusal::NoPrice { currency } => currency.to_string(),
            _ => String::new(),
        };
        format!("{} {told}", refusal.code()).trim_end().to_owned()
    }
}
