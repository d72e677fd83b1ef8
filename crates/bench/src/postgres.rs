//! The PostgreSQL that is measured: the one named by `USHER_TEST_POSTGRES_URL`, or one that
//! `cargo xtask postgres` holds for as long as this runs.

use crate::Result;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use tokio_postgres::{Client, NoTls};

pub struct Cluster {
    url: String,
    holder: Option<Child>,
}

impl Cluster {
    pub fn start() -> Result<Self> {
        if let Ok(url) = std::env::var("USHER_TEST_POSTGRES_URL") {
            return Ok(Self { url, holder: None });
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut holder = Command::new(cargo)
            .args(["xtask", "postgres"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // Cargo runs it as a child of its own; the group is ended as one.
            .process_group(0)
            .spawn()?;
        let output = holder.stdout.take().ok_or("no standard output")?;
        let mut url = String::new();
        BufReader::new(output).read_line(&mut url)?;
        let cluster = Self {
            url: url.trim().to_owned(),
            holder: Some(holder),
        };
        if cluster.url.starts_with("postgres://") {
            Ok(cluster)
        } else {
            Err("`cargo xtask postgres` named no server".into())
        }
    }

    /// Makes an empty database of this name and gives its address.
    pub async fn database(&self, name: &str) -> Result<String> {
        let client = connect(&self.url).await?;
        let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        client.batch_execute(&drop).await?;
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .await?;
        let (server, rest) = self
            .url
            .rsplit_once('/')
            .ok_or("a URL without a database")?;
        let options = rest.find('?').map_or("", |at| &rest[at..]);
        Ok(format!("{server}/{name}{options}"))
    }

    /// The setting's value, for the report: figures mean nothing without their durability.
    pub async fn setting(&self, name: &str) -> Result<String> {
        let client = connect(&self.url).await?;
        let row = client
            .query_one("SELECT current_setting($1)", &[&name])
            .await?;
        Ok(row.get(0))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(holder) = &mut self.holder {
            let group = format!("-{}", holder.id());
            let ended = Command::new("kill").args(["-INT", "--", &group]).status();
            if ended.is_err() || holder.wait().is_err() {
                eprintln!("usher-bench: PostgreSQL was not seen to stop");
            }
        }
    }
}

pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            eprintln!("usher-bench: a connection to PostgreSQL broke: {error}");
        }
    });
    Ok(client)
}
