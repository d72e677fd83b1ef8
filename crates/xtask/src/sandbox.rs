//! A running sandbox server on a folder of its own, for the programs that test it from outside.

use crate::shell::{self, Result};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Stdio};

const LISTENING: &str = "usher: listening on ";
const OPERATOR: &str = "operator@example.com";

/// The server and an operator's token; it is killed and its folder removed when this is dropped.
pub struct Sandbox {
    pub url: String,
    pub operator_token: String,
    child: Child,
    folder: PathBuf,
}

impl Sandbox {
    pub fn start(name: &str) -> Result<Self> {
        let folder = shell::target().join("xtask").join(name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let log = std::fs::File::create(shell::target().join(format!("xtask/{name}.log")))?;
        let mut child = shell::command(shell::usher())
            .args(["serve", "--sandbox", "--listen", "127.0.0.1:0", "--data"])
            .arg(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let output = child.stdout.take().ok_or("no standard output")?;
        let mut lines = BufReader::new(output)
            .lines()
            .map_while(std::io::Result::ok);
        let url = lines.find_map(|line| line.strip_prefix(LISTENING).map(str::to_owned));
        let mut sandbox = Self {
            url: url.unwrap_or_default(),
            operator_token: String::new(),
            child,
            folder,
        };
        if sandbox.url.is_empty() {
            return Err(format!("the server did not start; see {name}.log in target/xtask").into());
        }
        std::thread::spawn(move || lines.for_each(drop));
        sandbox.operator_token = sandbox.sign_in_as_operator()?;
        Ok(sandbox)
    }

    fn sign_in_as_operator(&self) -> Result<String> {
        let mut create = shell::command(shell::usher());
        create.args(["operator", "create", "--email", OPERATOR, "--data"]);
        let printed = shell::output(create.arg(&self.folder))?;
        let password = printed
            .lines()
            .find_map(|line| line.split_once("password:"))
            .ok_or("usher operator create printed no password")?
            .1
            .trim();
        let body = serde_json::json!({ "email": OPERATOR, "password": password });
        let answer = shell::output(
            shell::command("curl")
                .args(["--silent", "--show-error", "--fail-with-body"])
                .args(["--json", &body.to_string()])
                .arg(format!("{}/v1/login", self.url)),
        )?;
        let answer: serde_json::Value = serde_json::from_str(&answer)?;
        let token = answer["token"].as_str().ok_or("log-in gave no token")?;
        Ok(token.to_owned())
    }

    /// Fails when the server has gone by itself.
    pub fn assert_alive(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("the server ended with {status}").into()),
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
        std::fs::remove_dir_all(&self.folder).ok();
    }
}
