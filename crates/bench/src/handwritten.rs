//! What a team would write instead of Usher: a PL/pgSQL function with a row lock (`handwritten.sql`),
//! filled with as many domains and users, and called by 64 connections.
//!
//! Is not: handicapped. One round trip to a prepared statement, nothing looked up but the seats.

use crate::load::{self, CONNECTIONS, Sample, Span, Tally};
use crate::spread::Spread;
use crate::{Result, postgres};
use deadpool_postgres::{Manager, Pool};
use std::time::Instant;
use tokio_postgres::{Client, Config, NoTls, Statement};
use uuid::Uuid;

pub mod desk;

pub const UPGRADE: &str = "SELECT by_hand.upgrade($1, $2, $3, $4)";
pub const DOWNGRADE: &str = "SELECT by_hand.downgrade($1, $2, $3, $4)";
/// Who the journal says it was; one look-up less than Usher's.
pub const ACTOR: Uuid = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

/// The connection pool of the route that calls the function.
pub fn pool(url: &str, size: usize) -> Result<Pool> {
    let config: Config = url.parse()?;
    Ok(Pool::builder(Manager::new(config, NoTls))
        .max_size(size)
        .build()?)
}

/// The domain with this number, and the user with this number in it.
pub fn ids(domain: usize, user: usize) -> (Uuid, Uuid) {
    let domain_id = Uuid::from_u128(0x0190_0000_0000_7000_8001_0000_0000_0000 + domain as u128);
    let number = (domain as u128) << 20 | user as u128;
    let user_id = Uuid::from_u128(0x0190_0000_0000_7000_8002_0000_0000_0000 + number);
    (domain_id, user_id)
}

/// Makes the schema with these domains and users, each domain with a seat for every user, and
/// with these pools, likewise.
pub async fn seed(url: &str, spreads: &[Spread], pools: &[Spread]) -> Result<()> {
    let client = postgres::connect(url).await?;
    client
        .batch_execute(include_str!("handwritten.sql"))
        .await?;
    for spread in spreads {
        let domains = spread.first..spread.first + spread.domains;
        let domain_ids: Vec<Uuid> = domains.clone().map(|domain| ids(domain, 0).0).collect();
        client
            .execute(
                "INSERT INTO by_hand.counts (domain_id, business_ordered)
                 SELECT unnest($1::uuid[]), $2",
                &[&domain_ids, &i64::try_from(spread.users_per_domain)?],
            )
            .await?;
        let (of_users, user_ids): (Vec<Uuid>, Vec<Uuid>) = domains
            .flat_map(|domain| (0..spread.users_per_domain).map(move |user| ids(domain, user)))
            .unzip();
        client
            .execute(
                "INSERT INTO by_hand.users (domain_id, user_id, email)
                 SELECT domain_id, user_id, user_id || '@example.com'
                 FROM unnest($1::uuid[], $2::uuid[]) AS listed (domain_id, user_id)",
                &[&of_users, &user_ids],
            )
            .await?;
    }
    desk::seed(&client, pools).await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    Ok(())
}

/// 64 connections that call the function themselves.
pub struct Direct {
    workers: Vec<Worker>,
}

struct Worker {
    client: Client,
    upgrade: Statement,
    downgrade: Statement,
    users: Vec<(Uuid, Uuid)>,
    /// Calls made so far: first every user is upgraded, then every user is downgraded.
    next: usize,
}

impl Direct {
    pub async fn connect(url: &str, spread: &Spread) -> Result<Self> {
        let mut workers = Vec::with_capacity(CONNECTIONS);
        for connection in 0..CONNECTIONS {
            let client = postgres::connect(url).await?;
            workers.push(Worker {
                upgrade: client.prepare(UPGRADE).await?,
                downgrade: client.prepare(DOWNGRADE).await?,
                client,
                users: spread
                    .of(connection)
                    .map(|(domain, user)| ids(domain, user))
                    .collect(),
                next: 0,
            });
        }
        Ok(Self { workers })
    }

    pub async fn round(&mut self, span: Span) -> Result<Sample> {
        load::custom(&mut self.workers, span).await
    }
}

impl load::Worker for Worker {
    async fn drive(&mut self, tally: &mut Tally) -> Result<()> {
        loop {
            let (domain, user) = self.users[self.next % self.users.len()];
            let upgrades = (self.next / self.users.len()).is_multiple_of(2);
            let statement = if upgrades {
                &self.upgrade
            } else {
                &self.downgrade
            };
            self.next += 1;
            let request = Uuid::now_v7();
            let started = Instant::now();
            let row = self
                .client
                .query_one(statement, &[&domain, &user, &ACTOR, &request])
                .await?;
            if !row.get::<_, bool>(0) {
                return Err("a hand-written change was refused".into());
            }
            if !tally.note(started) {
                return Ok(());
            }
        }
    }
}
