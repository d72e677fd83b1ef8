//! The journal from end to end, in one pass.

use super::text;
use crate::harness::World;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};

/// A line of the journal.
pub struct Line {
    kind: String,
    data: Value,
}

impl Line {
    pub fn starts(&self, session: &str) -> bool {
        self.kind == "session_started" && self.data["session"] == session
    }
}

/// All lines of the domain's journal, page by page.
pub fn read(world: &World) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = world.path(&format!("/events?limit=200{cursor}"));
        let page = world.owner.get_json(&path).expect(200);
        for (number, item) in page["items"].as_array().expect("items").iter().enumerate() {
            let seq = usize::try_from(item["seq"].as_u64().expect("a number"));
            assert_eq!(seq, Ok(lines.len() + 1), "line {number} of a page");
            lines.push(Line {
                kind: text(&item["kind"]),
                data: item["data"].clone(),
            });
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return lines,
        }
    }
}

/// At no line has a pool more sessions than seats, or a user two; and nobody was refused
/// while a seat was free.
pub fn assert_sound(lines: &[Line], seats: &BTreeMap<String, usize>) {
    let mut live: HashMap<String, (String, String)> = HashMap::new();
    for (number, line) in lines.iter().enumerate() {
        let field = |name: &str| line.data[name].as_str().unwrap_or_default().to_owned();
        match line.kind.as_str() {
            "session_started" => {
                let (user, pool) = (field("user"), field("pool"));
                let twice = live.values().any(|(other, _)| *other == user);
                assert!(!twice, "line {number}: {user} has two sessions");
                live.insert(field("session"), (user, pool.clone()));
                let occupied = live.values().filter(|(_, of)| *of == pool).count();
                assert!(
                    occupied <= seats[&pool],
                    "line {number}: {pool} is oversold"
                );
            }
            "session_ended" => {
                let known = live.remove(&field("session"));
                assert!(known.is_some(), "line {number}: nobody sat there");
            }
            "log_in_refused" => {
                let pool = field("pool");
                let occupied = live.values().filter(|(_, of)| *of == pool).count();
                assert!(occupied >= seats[&pool], "line {number}: a seat was free");
            }
            _ => {}
        }
    }
}
