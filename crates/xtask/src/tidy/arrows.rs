//! Dependencies point one way: server → http → app → store → rules, and each engine → store.

use crate::shell::{self, Result};
use serde_json::Value;

/// What each crate may use of the workspace. Tests may use what a crate's own code may not.
const ALLOWED: [Crate; 9] = [
    Crate::new("usher-rules", &[], &[]),
    Crate::new("usher-store", &["usher-rules"], &[]),
    Crate::new("usher-store-sqlite", &["usher-rules", "usher-store"], &[]),
    Crate::new(
        "usher-store-postgres",
        &["usher-rules", "usher-store"],
        // random commands are compared across all three stores
        &["usher-store-sqlite"],
    ),
    Crate::new("usher-app", &["usher-rules", "usher-store"], &[]),
    Crate::new(
        "usher-http",
        &["usher-rules", "usher-store", "usher-app"],
        &[],
    ),
    Crate::new(
        "usher-server",
        &[
            "usher-rules",
            "usher-store",
            "usher-store-sqlite",
            "usher-store-postgres",
            "usher-app",
            "usher-http",
        ],
        &[],
    ),
    // it writes worlds of a million users straight into a store, in the store's own encoding
    Crate::new("usher-bench", &["usher-rules", "usher-store"], &[]),
    Crate::new("xtask", &[], &[]),
];

/// Decisions are pure: no async, no I/O, no SQL, no HTTP, no wire format.
const RULES_MAY_USE: [&str; 3] = ["jiff", "thiserror", "uuid"];

/// A database's driver belongs to its store, and to the load generator, which fills databases
/// directly and compares with hand-written SQL.
const DRIVERS: [(&str, &[&str]); 2] = [
    ("rusqlite", &["usher-store-sqlite", "usher-bench"]),
    ("tokio-postgres", &["usher-store-postgres", "usher-bench"]),
];

struct Crate {
    name: &'static str,
    uses: &'static [&'static str],
    tests_use: &'static [&'static str],
}

impl Crate {
    const fn new(
        name: &'static str,
        uses: &'static [&'static str],
        tests_use: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            uses,
            tests_use,
        }
    }

    fn allows(&self, dependency: &str, in_tests: bool) -> bool {
        self.uses.contains(&dependency) || (in_tests && self.tests_use.contains(&dependency))
    }
}

pub fn broken() -> Result<Vec<String>> {
    let metadata = shell::output(shell::cargo().args([
        "metadata",
        "--format-version=1",
        "--no-deps",
        "--offline",
    ]))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().ok_or("no packages")?;
    Ok(packages.iter().flat_map(broken_in).collect())
}

fn broken_in(package: &Value) -> Vec<String> {
    let name = text(package, "name");
    let Some(known) = ALLOWED.iter().find(|allowed| allowed.name == name) else {
        return vec![format!(
            "{name} is a new crate: give it a place in tidy/arrows.rs"
        )];
    };
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    dependencies
        .filter_map(|dependency| {
            let used = text(dependency, "name");
            let in_tests = dependency["kind"] == "dev";
            let ok = if dependency["path"].is_string() {
                known.allows(used, in_tests)
            } else {
                in_tests || outside_is_allowed(name, used)
            };
            (!ok).then(|| format!("{name} must not depend on {used}"))
        })
        .collect()
}

fn outside_is_allowed(name: &str, used: &str) -> bool {
    let driver = DRIVERS.iter().find(|(driver, _)| *driver == used);
    let by_driver = driver.is_none_or(|(_, owners)| owners.contains(&name));
    let by_rules = name != "usher-rules" || RULES_MAY_USE.contains(&used);
    by_driver && by_rules
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}
