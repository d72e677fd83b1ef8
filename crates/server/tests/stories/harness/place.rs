//! Where a story's data lives: a folder for the embedded store, or a database of its own.
//!
//! Both go when the place is dropped.

use std::path::{Path, PathBuf};
use tokio_postgres::NoTls;

#[derive(Debug)]
pub enum Place {
    Folder(PathBuf),
    Database { cluster: String, name: String },
}

impl Place {
    pub fn sqlite() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(super::unique());
        std::fs::create_dir_all(&folder).expect("a folder below the target directory");
        Self::Folder(folder)
    }

    pub fn postgres() -> Self {
        let cluster = std::env::var("USHER_TEST_POSTGRES_URL").expect(
            "this story needs PostgreSQL: run `cargo xtask test`, or `cargo xtask postgres` \
             and set USHER_TEST_POSTGRES_URL to the URL that it prints",
        );
        let name = format!("story_{}", super::unique());
        execute(&cluster, &format!("create database {name}"));
        let place = Self::Database { cluster, name };
        // Upgrades run at start for the embedded store; of a database the operator decides.
        let made = super::server::run(&place, &["migrate", "--sandbox"]);
        assert!(made.status.success(), "usher migrate: {made:?}");
        place
    }

    /// What tells every `usher` command where the data is.
    pub fn arguments(&self) -> [String; 2] {
        match self {
            Self::Folder(folder) => ["--data".into(), folder.display().to_string()],
            Self::Database { .. } => ["--database-url".into(), self.url()],
        }
    }

    /// A file beside the embedded store's own.
    pub fn file(&self, name: &str) -> PathBuf {
        let Self::Folder(folder) = self else {
            panic!("a database has no folder");
        };
        folder.join(name)
    }

    fn url(&self) -> String {
        let Self::Database { cluster, name } = self else {
            panic!("the embedded store has no URL");
        };
        let (server, rest) = cluster
            .rsplit_once('/')
            .expect("a PostgreSQL URL ends in /database");
        let options = rest.find('?').map_or("", |at| &rest[at..]);
        format!("{server}/{name}{options}")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        match self {
            Self::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Self::Database { cluster, name } => {
                execute(cluster, &format!("drop database {name} with (force)"));
            }
        }
    }
}

fn execute(url: &str, sql: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls)
            .await
            .expect("the cluster of USHER_TEST_POSTGRES_URL answers");
        let connection = tokio::spawn(connection);
        client.batch_execute(sql).await.expect(sql);
        drop(client);
        connection.await.expect("the connection ends").ok();
    });
}
