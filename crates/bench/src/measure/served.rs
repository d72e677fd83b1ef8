//! What HTTP figures are made of: the floor, entitlements, upgrades and downgrades, each as the
//! requests that its connections send.

use crate::Result;
use crate::handwritten;
use crate::http::{self, Connection};
use crate::load::{CONNECTIONS, Script};
use crate::seed::Seeded;
use crate::spread::{Spread, shuffle};
use bytes::Bytes;
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A token as long as those of the seeded stores, so that the floor reads as many bytes.
pub const FLOOR_TOKEN: &str = "usher_bench_00000000000000000000000000000000";

/// The sizes of the answers that the floor has to match.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    pub license: usize,
    pub entitlements: usize,
}

impl Sizes {
    /// Used where no Usher runs to be asked.
    pub const USUAL: Self = Self {
        license: 400,
        entitlements: 800,
    };

    /// Asks a server for one of each.
    pub async fn of(address: SocketAddr, seeded: &Seeded) -> Result<Self> {
        let mut connection = Connection::open(address).await?;
        let user = &seeded.users[0];
        let mut size = async |request: Bytes| -> Result<usize> {
            connection.json(&request).await?;
            let answer = connection.send(&request).await?;
            Ok(connection.body(answer).len())
        };
        Ok(Self {
            license: size(set_tier(seeded, user, "base")).await?,
            entitlements: size(entitlements(seeded, user)).await?,
        })
    }
}

/// The bare route reads what a change of license reads, and answers that many bytes.
pub fn floor(bytes: usize) -> Vec<Script> {
    let path = format!("/floor/{bytes}");
    let body = license("business");
    Script::same(&http::request("PUT", &path, Some(FLOOR_TOKEN), Some(&body)))
}

/// A bare route that reads nothing.
pub fn floor_get(bytes: usize) -> Vec<Script> {
    let path = format!("/floor/{bytes}");
    Script::same(&http::request("GET", &path, Some(FLOOR_TOKEN), None))
}

/// Every connection asks for all users, in an order of its own.
pub fn ask(seeded: &[Seeded]) -> Vec<Script> {
    let all: Vec<Bytes> = seeded
        .iter()
        .flat_map(|domain| domain.users.iter().map(|user| entitlements(domain, user)))
        .collect();
    (1..=CONNECTIONS)
        .map(|connection| {
            let mut requests = all.clone();
            shuffle(&mut requests, connection as u64);
            Script::new(requests)
        })
        .collect()
}

/// First upgrades then downgrades, for each connection's own users.
pub fn change(seeded: &[Seeded], spread: Spread) -> Vec<Script> {
    alternating(spread, |domain, user, tier| {
        let domain = &seeded[domain];
        set_tier(domain, &domain.users[user], tier)
    })
}

/// The same on the hand-written route.
pub fn change_by_hand(bytes: usize, spread: Spread) -> Vec<Script> {
    alternating(spread, |domain, user, tier| {
        let (domain, user) = handwritten::ids(domain, user);
        let path = format!("/by-hand/{domain}/{user}/{bytes}");
        http::request("PUT", &path, Some(FLOOR_TOKEN), Some(&license(tier)))
    })
}

fn alternating(spread: Spread, request: impl Fn(usize, usize, &str) -> Bytes) -> Vec<Script> {
    (0..CONNECTIONS)
        .map(|connection| {
            let users: Vec<_> = spread.of(connection).collect();
            let tiers = ["business", "base"].into_iter();
            let requests = tiers.flat_map(|tier| users.iter().map(move |user| (user, tier)));
            Script::new(
                requests
                    .map(|((domain, user), tier)| request(*domain, *user, tier))
                    .collect(),
            )
        })
        .collect()
}

pub fn entitlements(seeded: &Seeded, user: &str) -> Bytes {
    let path = format!("/v1/domains/{}/users/{user}/entitlements", seeded.domain);
    http::request("GET", &path, Some(&seeded.owner_token), None)
}

fn set_tier(seeded: &Seeded, user: &str, tier: &str) -> Bytes {
    let path = format!("/v1/domains/{}/users/{user}/license", seeded.domain);
    http::request(
        "PUT",
        &path,
        Some(&seeded.owner_token),
        Some(&license(tier)),
    )
}

fn license(tier: &str) -> Value {
    json!({"model": "named", "tier": tier})
}
