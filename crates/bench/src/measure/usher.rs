//! One Usher with one store: made, seeded, started, stopped, checked.

use crate::postgres::Cluster;
use crate::process::{self, Server};
use crate::seed::{Seeder, Sink};
use crate::{Engine, Result};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A store on disk or in PostgreSQL, and the arguments that name it to `usher`.
pub struct Store {
    pub engine: Engine,
    program: PathBuf,
    folder: PathBuf,
    database_url: Option<String>,
    sandbox: bool,
}

impl Store {
    /// An empty one, migrated.
    pub async fn create(engine: Engine, cluster: &Cluster, name: &str) -> Result<Self> {
        Self::made(engine, cluster, name, false).await
    }

    /// Likewise, whose clock can be moved.
    pub async fn sandbox(engine: Engine, cluster: &Cluster, name: &str) -> Result<Self> {
        Self::made(engine, cluster, name, true).await
    }

    async fn made(engine: Engine, cluster: &Cluster, name: &str, sandbox: bool) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!(
            "usher-bench-{}-{engine}-{name}",
            std::process::id()
        ));
        let database_url = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(cluster.database(&format!("usher_bench_{name}")).await?),
        };
        std::fs::create_dir_all(&folder)?;
        let store = Self {
            engine,
            program: process::usher()?,
            folder,
            database_url,
            sandbox,
        };
        process::run(&store.program, &store.arguments("migrate")?).await?;
        Ok(store)
    }

    pub async fn seeder(&self) -> Result<Seeder> {
        Seeder::new(match &self.database_url {
            None => Sink::sqlite(&sqlite_file(&self.folder)?)?,
            Some(url) => Sink::postgres(url).await?,
        })
    }

    pub async fn serve(&self) -> Result<Server> {
        let mut arguments = self.arguments("serve")?;
        arguments.extend(["--listen", "127.0.0.1:0"]);
        Server::start(&self.program, &arguments).await
    }

    /// Likewise, which sweeps this often.
    pub async fn serve_sweeping(&self, every_seconds: u32) -> Result<Server> {
        let every = every_seconds.to_string();
        let mut arguments = self.arguments("serve")?;
        arguments.extend(["--listen", "127.0.0.1:0", "--sweep-seconds", &every]);
        Server::start(&self.program, &arguments).await
    }

    /// What `usher check` says; an error when anything differs.
    pub async fn check(&self) -> Result<()> {
        process::run(&self.program, &self.arguments("check")?).await?;
        Ok(())
    }

    fn arguments<'a>(&'a self, command: &'a str) -> Result<Vec<&'a str>> {
        let folder = self.folder.to_str().ok_or("a folder's name is not text")?;
        let mut arguments = vec![command, "--data", folder];
        if let Some(url) = &self.database_url {
            arguments.extend(["--database-url", url]);
        }
        if self.sandbox {
            arguments.push("--sandbox");
        }
        Ok(arguments)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!(
                "usher-bench: {} is still there: {error}",
                self.folder.display()
            );
        }
    }
}

/// The database file in a data folder, whatever it is called.
fn sqlite_file(folder: &Path) -> Result<PathBuf> {
    const MAGIC: &[u8; 16] = b"SQLite format 3\0";
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let mut start = [0; 16];
        if path.is_file() && File::open(&path)?.read_exact(&mut start).is_ok() && start == *MAGIC {
            return Ok(path);
        }
    }
    Err(format!("no database in {}", folder.display()).into())
}
