//! A database for one test, dropped with it.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio_postgres::{Client, Config, NoTls};
use usher_rules::Head;
use usher_store::tables::ALL;
use usher_store_postgres::{Options, PostgresStore};

const VARIABLE: &str = "USHER_TEST_POSTGRES_URL";
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A database of a test's own.
pub struct Database {
    cluster: String,
    name: String,
}

impl Database {
    /// An empty database, without a schema.
    pub async fn empty() -> Database {
        let cluster = std::env::var(VARIABLE).unwrap_or_else(|_| {
            panic!(
                "{VARIABLE} names no cluster to make databases in: `cargo xtask test` starts \
                 one and sets it; by hand, `cargo xtask postgres` prints the URL of another"
            )
        });
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("usher_test_{}_{number}", std::process::id());
        let database = Database { cluster, name };
        let client = connect(&database.cluster.parse().expect(VARIABLE)).await;
        let text = format!("CREATE DATABASE {}", database.name);
        client.batch_execute(&text).await.expect("a new database");
        database
    }

    /// A new store in a database of its own.
    pub async fn with_store() -> (Database, PostgresStore) {
        let database = Database::empty().await;
        let store = database.open().await;
        (database, store)
    }

    /// The store in this database, made if there is none.
    pub async fn open(&self) -> PostgresStore {
        let options = Options {
            migrate: true,
            ..Options::default()
        };
        PostgresStore::open(&self.url(), options)
            .await
            .expect("a store")
    }

    /// The store in this database, emptied: cheaper than a new one.
    pub async fn open_emptied(&self) -> PostgresStore {
        let store = self.open().await;
        let client = self.connect().await;
        for table in ALL.into_iter().filter(|table| table.name != "meta") {
            let text = format!("DELETE FROM {}", table.name);
            client.batch_execute(&text).await.expect(table.name);
        }
        let system = "INSERT INTO heads (id, version, at) VALUES ($1, 0, 0)";
        let system = client.execute(system, &[&Head::System.key()]).await;
        system.expect("the system's head");
        store
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let (server, rest) = self
            .cluster
            .rsplit_once('/')
            .expect("a URL with a database");
        let options = rest.find('?').map_or("", |at| &rest[at..]);
        format!("{server}/{}{options}", self.name)
    }

    /// Its URL at this host, with these options and no others.
    pub fn url_at(&self, host: &str, options: &str) -> String {
        let config = self.config();
        let (user, port) = (config.get_user().expect("a user"), config.get_ports()[0]);
        format!("postgres://{user}@{host}:{port}/{}?{options}", self.name)
    }

    /// How the driver would connect.
    pub fn config(&self) -> Config {
        self.url().parse().expect("a URL")
    }

    /// A connection of the test's own.
    pub async fn connect(&self) -> Client {
        connect(&self.config()).await
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("a connection");
    tokio::spawn(connection);
    client
}

impl Drop for Database {
    fn drop(&mut self) {
        let text = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let cluster = self.cluster.clone();
        // Dropping can't wait on the runtime that it happens in.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(async {
                let config = cluster.parse().expect(VARIABLE);
                connect(&config).await.batch_execute(&text).await
            })
        });
        if !std::thread::panicking() {
            let dropped = dropping.join().expect("the thread");
            dropped.expect("the database is dropped");
        }
    }
}
