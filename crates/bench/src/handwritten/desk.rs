//! Log-ins and log-outs as a team would write them: two PL/pgSQL functions with a row lock on the
//! pool (`desk.sql`), called by 64 connections.
//!
//! Is not: handicapped. One round trip to a prepared statement; nobody's right to log in is looked
//! up, and there is no index of what is due, which an automatic log-off would need.

use super::ids;
use crate::load::{self, CONNECTIONS, Sample, Span, Tally};
use crate::spread::Spread;
use crate::{Result, postgres};
use sha2::{Digest, Sha256};
use std::time::Instant;
use tokio_postgres::{Client, Statement};
use uuid::Uuid;

pub const LOG_IN: &str = "SELECT by_hand.log_in($1, $2, $3, $4, $5, $6)";
pub const LOG_OUT: &str = "SELECT by_hand.log_out($1, $2, $3)";

/// Makes these pools, each with a seat for every user. The schema is there.
pub async fn seed(client: &Client, spreads: &[Spread]) -> Result<()> {
    client.batch_execute(include_str!("desk.sql")).await?;
    for spread in spreads {
        let pools = spread.first..spread.first + spread.domains;
        let pools: Vec<Uuid> = pools.map(|pool| ids(pool, 0).0).collect();
        client
            .execute(
                "INSERT INTO by_hand.pools (pool_id, seats) SELECT unnest($1::uuid[]), $2",
                &[&pools, &i64::try_from(spread.users_per_domain)?],
            )
            .await?;
    }
    Ok(())
}

/// The digest under which a token is kept.
pub fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

/// 64 connections that call the functions themselves.
pub struct Direct {
    workers: Vec<Worker>,
}

struct Worker {
    client: Client,
    log_in: Statement,
    log_out: Statement,
    users: Vec<(Uuid, Uuid)>,
    next: usize,
}

impl Direct {
    pub async fn connect(url: &str, spread: Spread) -> Result<Self> {
        let mut workers = Vec::with_capacity(CONNECTIONS);
        for connection in 0..CONNECTIONS {
            let client = postgres::connect(url).await?;
            let users = spread.of(connection);
            workers.push(Worker {
                log_in: client.prepare(LOG_IN).await?,
                log_out: client.prepare(LOG_OUT).await?,
                client,
                users: users.map(|(pool, user)| ids(pool, user)).collect(),
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
            let (pool, user) = self.users[self.next];
            self.next = (self.next + 1) % self.users.len();
            let (session, request) = (Uuid::now_v7(), Uuid::now_v7());
            let token = digest(&session.to_string());
            let device = user.to_string();
            let started = Instant::now();
            let done = self
                .client
                .query_one(
                    &self.log_in,
                    &[&pool, &user, &session, &token, &device, &request],
                )
                .await?;
            if !done.get::<_, bool>(0) {
                return Err("a hand-written log-in was refused".into());
            }
            let goes_on = tally.note(started);
            // Who is in logs out, though the round be over.
            let request = Uuid::now_v7();
            let started = Instant::now();
            let done = self
                .client
                .query_one(&self.log_out, &[&pool, &token, &request])
                .await?;
            if !done.get::<_, bool>(0) {
                return Err("a hand-written log-out was refused".into());
            }
            if !goes_on || !tally.note(started) {
                return Ok(());
            }
        }
    }
}
