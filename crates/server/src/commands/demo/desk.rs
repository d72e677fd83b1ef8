//! The demo's help desk: two pools, and the agents who share their seats.

use std::sync::Arc;

use usher_app::pools::{ChangePool, MakePool, PoolChanges};
use usher_app::users::NewUser;
use usher_app::{App, Failure};
use usher_rules::pools::PoolSettings;
use usher_rules::seats::PerKind;
use usher_rules::{DomainId, PoolId};

use super::world::{CUSTOMER, add, named, order, sign_in};

/// The first line's seats, of which there are fewer than agents, and the second line's.
const SEATS: [u32; 2] = [2, 1];
/// How many agents share the seats: the first ones those of the first line.
pub const AGENTS: usize = 6;
const FIRST_LINE: usize = 4;
/// Who neither calls nor waits for a guest is logged off after this long, in seconds.
const LOG_OFF_SECONDS: i64 = 60;
const NOTICE_SECONDS: i64 = 15;

/// An agent's address and name.
pub fn agent(number: usize) -> (String, String) {
    let email = format!("agent-{number:02}@example.com");
    (email, format!("Agent {number:02}"))
}

/// The help desk's pools; made, with their agents, if they are not there yet.
pub async fn find_or_make(app: &Arc<App>, domain: DomainId) -> Result<Vec<PoolId>, Failure> {
    let (owner, _) = sign_in(app, CUSTOMER).await?;
    let found = app.pools(&owner, domain, None, 2).await?;
    if found.items.len() == SEATS.len() {
        return Ok(found.items.iter().map(|line| line.pool.id).collect());
    }
    // The first order of shared seats makes a pool with all of them.
    let shared = SEATS.iter().sum();
    order(
        app,
        &owner,
        domain,
        PerKind([None, None, None, Some(shared)]),
    )
    .await?;
    let made = app.pools(&owner, domain, None, 1).await?;
    let first = made.items.first().ok_or(Failure::Busy)?.pool.id;
    let first_line = ChangePool {
        domain,
        pool: first,
        changes: PoolChanges {
            name: Some("First line".to_owned()),
            seats: Some(SEATS[0]),
            log_off_seconds: Some(Some(LOG_OFF_SECONDS)),
            notice_seconds: Some(Some(NOTICE_SECONDS)),
            ..PoolChanges::default()
        },
    };
    app.do_now(owner.clone(), first_line).await?;
    let second_line = MakePool {
        domain,
        name: "Second line".to_owned(),
        settings: PoolSettings {
            seats: SEATS[1],
            log_off_seconds: Some(LOG_OFF_SECONDS),
            notice_seconds: Some(NOTICE_SECONDS),
            ..PoolSettings::default()
        },
    };
    let second = app.do_now(owner, second_line).await?.pool.id;
    for number in 1..=AGENTS {
        let pool = if number <= FIRST_LINE { first } else { second };
        let (email, name) = agent(number);
        let new = NewUser {
            pool: Some(pool),
            ..named(&email, &name)
        };
        add(app, CUSTOMER, domain, new).await?;
    }
    Ok(vec![first, second])
}
