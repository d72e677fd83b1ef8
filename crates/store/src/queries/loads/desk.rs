//! The front desk's part of a load: pools, sessions, calls, call links, waiting lists, teams,
//! contacts.

use usher_rules::ids::PoolId;
use usher_rules::teams::Team;
use usher_rules::{DomainId, Time};
use uuid::Uuid;

use super::{Query, Step, columns, put_user, step};
use crate::Result;
use crate::load::{DUE_OF_A_KIND, Keys, Load, QUEUE};
use crate::queries::decode::{AnySession, Columns, Reader};
use crate::records::Digest;
use crate::snapshot::Snapshot;
use crate::tables::{Type, Value};

/// The steps of a load that are about the front desk.
pub(super) fn steps(load: &Load, now: Time) -> impl Iterator<Item = Step> {
    let id = |id: Uuid| Value::Id(Some(id));
    let blob = |digest: &Digest| Value::Blob(Some(digest.to_vec()));
    let pair = |domain: DomainId, other: Uuid| vec![id(domain.0), id(other)];
    let due = || (load.domains.iter()).map(move |d| vec![id(d.0), Value::Int(Some(now.0))]);
    let domains = || load.domains.iter().map(|d| vec![id(d.0)]);
    let desks = || load.desks.iter().map(|(d, u)| pair(*d, u.0));
    let mut pools = load.pools.clone();
    pools.extend(&load.pool_sessions);
    pools.extend(&load.pool_queues);
    let in_pools = |keys: &Keys<(DomainId, PoolId)>| -> Vec<_> {
        keys.iter().map(|(d, p)| pair(*d, p.0)).collect()
    };
    let mut teams = load.teams.clone();
    teams.extend(&load.team_members);
    let members = load.team_members.iter();
    [
        step(&DUE_SESSIONS, due()),
        step(&LAPSED_OFFERS, due()),
        step(&QUEUES, domains()),
        step(&RESERVED_QUEUES, domains()),
        step(&SESSIONS_OF_USER, desks()),
        step(&WAITING_OF_USER, desks()),
        step(&LINKS_OF_USER, desks().map(move |key| at_now(key, now))),
        step(
            &TEAMS_OF_USER,
            load.memberships.iter().map(|(d, u)| pair(*d, u.0)),
        ),
        step(&SESSIONS, load.sessions.iter().map(|(d, s)| pair(*d, s.0))),
        step(&POOLS, pools.iter().map(|(d, p)| pair(*d, p.0))),
        step(&ALL_POOLS, load.all_pools.iter().map(|d| vec![id(d.0)])),
        step(&SESSIONS_OF_POOL, in_pools(&load.pool_sessions).into_iter()),
        step(&QUEUE_OF_POOL, in_pools(&load.pool_queues).into_iter()),
        step(&CALLS, load.calls.iter().map(|(d, c)| pair(*d, c.0))),
        step(&LINKS, load.links.iter().map(|(d, l)| pair(*d, l.0))),
        step(&LINK_TOKENS, load.link_tokens.iter().map(|d| vec![blob(d)])),
        step(&TEAMS, teams.iter().map(|(d, t)| pair(*d, t.0))),
        step(&MEMBERS_OF_TEAM, members.map(|(d, t)| pair(*d, t.0))),
        step(
            &CONTACTS_OF_USER,
            load.contacts.iter().map(|(d, u)| pair(*d, u.0)),
        ),
    ]
    .into_iter()
}

fn at_now(mut key: Vec<Value>, now: Time) -> Vec<Value> {
    key.push(Value::Int(Some(now.0)));
    key
}

pub(in crate::queries) const POOL_WIDTH: usize = 17;
pub(in crate::queries) const SESSION_WIDTH: usize = 25;
pub(in crate::queries) const WAITING_WIDTH: usize = 7;

/// When something is due in a session `s` of a pool `p`.
macro_rules! session_due {
    () => {
        "CASE WHEN p.silence_seconds IS NULL THEN s.clock_due_at \
         WHEN s.clock_due_at <= s.seen_at + p.silence_seconds * 1000000 THEN s.clock_due_at \
         ELSE s.seen_at + p.silence_seconds * 1000000 END"
    };
}
pub(in crate::queries) use session_due;

/// A pool beginning at a column, unless there is none in this row.
pub(super) fn put_pool(row: &dyn Columns, at: usize, snapshot: &mut Snapshot) -> Result<()> {
    if row.opt_id(at)?.is_some() {
        let pool = Reader::new(row, "pools", at).pool()?;
        snapshot.world.pools.insert((pool.domain, pool.id), pool);
    }
    Ok(())
}

fn put_session(row: &dyn Columns, at: usize, snapshot: &mut Snapshot) -> Result<()> {
    let (session, record) = Reader::new(row, "sessions", at).session()?;
    let world = &mut snapshot.world;
    let key = match session {
        AnySession::Live(session) => {
            world.sessions.insert((session.domain, session.id), session);
            (session.domain, session.id)
        }
        AnySession::Ended(ended) => {
            let key = (ended.domain, ended.id);
            world.ended_sessions.insert(key, ended);
            key
        }
    };
    snapshot.session_records.insert(key, record);
    Ok(())
}

fn put_waiting(row: &dyn Columns, at: usize, snapshot: &mut Snapshot) -> Result<()> {
    let row = Reader::new(row, "waiting", at).waiting()?;
    snapshot.world.waiting.insert((row.domain, row.user), row);
    Ok(())
}

fn put_link(row: &dyn Columns, snapshot: &mut Snapshot) -> Result<()> {
    let (link, record) = Reader::new(row, "call_links", 0).link()?;
    let key = (link.domain, link.id);
    snapshot.world.links.insert(key, link);
    snapshot.link_records.insert(key, record);
    Ok(())
}

fn put_member(row: &dyn Columns, snapshot: &mut Snapshot) -> Result<()> {
    let (domain, id, user) = Reader::new(row, "team_members", 0).member()?;
    let world = &mut snapshot.world;
    world.teams.insert((domain, id), Team { domain, id });
    world.members.insert((domain, id, user));
    Ok(())
}

/// The limit is [`DUE_OF_A_KIND`]; the time comes with the key.
pub(super) static DUE_SESSIONS: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(session),
        ", ",
        columns!(pool),
        " FROM {{sessions s JOIN pools p ON p.domain = s.domain AND p.id = s.pool \
         | s.domain = {a} AND s.ended_at IS NULL AND s.pool IS NOT NULL \
         AND s.due_at <= {b} AND ",
        session_due!(),
        " <= {b}}} ORDER BY ",
        session_due!(),
        ", s.id LIMIT 500"
    ),
    keys: &[Type::Id, Type::Int],
    read: |row, snapshot| {
        put_session(row, 0, snapshot)?;
        put_pool(row, SESSION_WIDTH, snapshot)
    },
};

/// Likewise.
pub(super) static LAPSED_OFFERS: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(waiting),
        ", ",
        columns!(pool),
        " FROM {{waiting w JOIN pools p ON p.domain = w.domain AND p.id = w.pool \
         | w.domain = {a} AND w.offered_until <= {b}}} \
         ORDER BY w.offered_until, w.user_id LIMIT 500"
    ),
    keys: &[Type::Id, Type::Int],
    read: |row, snapshot| {
        put_waiting(row, 0, snapshot)?;
        put_pool(row, WAITING_WIDTH, snapshot)
    },
};
const _: () = assert!(DUE_OF_A_KIND == 500, "the limit in these two");

/// Who waits without a reservation, in all pools of a domain for which somebody waits: up to
/// the place of the last that is wanted, which comes along.
pub(super) static QUEUES: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(waiting),
        ", ",
        columns!(pool),
        ", p.upto FROM (SELECT p.*, \
         (SELECT w.place FROM waiting w WHERE w.domain = p.domain AND w.pool = p.id \
         AND w.offered_until IS NULL AND w.reserved = 0 ORDER BY w.place LIMIT 1 OFFSET 49) \
         AS upto FROM {{pools p | p.domain = {a} AND p.waiting > 0}}) AS p \
         JOIN waiting w ON w.domain = p.domain AND w.pool = p.id AND w.offered_until IS NULL \
         AND w.reserved = 0 AND w.place <= COALESCE(p.upto, 9223372036854775807)"
    ),
    keys: &[Type::Id],
    read: |row, snapshot| {
        put_waiting(row, 0, snapshot)?;
        put_pool(row, WAITING_WIDTH, snapshot)?;
        let pool = Reader::new(row, "pools", WAITING_WIDTH);
        if let Some(place) = pool.opt_number(POOL_WIDTH)? {
            let key = (DomainId(pool.id(0)?), PoolId(pool.id(1)?));
            snapshot.world.waiting_loaded_to.insert(key, place);
        }
        Ok(())
    },
};
const _: () = assert!(QUEUE == 50, "the offset in QUEUES");

/// And who does with one, which are no more than a pool has seats.
pub(super) static RESERVED_QUEUES: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(waiting),
        ", ",
        columns!(pool),
        " FROM {{pools p JOIN waiting w ON w.domain = p.domain AND w.pool = p.id \
         AND w.offered_until IS NULL AND w.reserved = 1 \
         | p.domain = {a} AND p.waiting > 0 AND p.waiting_reserved > 0}}"
    ),
    keys: &[Type::Id],
    read: |row, snapshot| {
        put_waiting(row, 0, snapshot)?;
        put_pool(row, WAITING_WIDTH, snapshot)
    },
};

pub(super) static SESSIONS_OF_USER: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(session),
        " FROM {{sessions s | s.domain = {a} AND s.user_id = {b} AND s.ended_at IS NULL}}"
    ),
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| put_session(row, 0, snapshot),
};

pub(super) static WAITING_OF_USER: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(waiting),
        " FROM {{waiting w | w.domain = {a} AND w.user_id = {b}}}"
    ),
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| put_waiting(row, 0, snapshot),
};

/// Those that are valid; the time comes with the key.
pub(super) static LINKS_OF_USER: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(link),
        " FROM {{call_links l | l.domain = {a} AND l.user_id = {b} \
         AND l.used_at IS NULL AND l.revoked_at IS NULL AND l.valid_until > {c}}}"
    ),
    keys: &[Type::Id, Type::Id, Type::Int],
    read: put_link,
};

pub(super) static TEAMS_OF_USER: Query = Query {
    template: "SELECT m.domain, m.team, m.user_id \
        FROM {{team_members m | m.domain = {a} AND m.user_id = {b}}}",
    keys: &[Type::Id, Type::Id],
    read: put_member,
};

pub(super) static SESSIONS: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(session),
        ", ",
        columns!(user),
        ", ",
        columns!(pool),
        " FROM {{sessions s LEFT JOIN users u ON u.domain = s.domain AND u.id = s.user_id \
         LEFT JOIN pools p ON p.domain = u.domain AND p.id = u.pool \
         | s.domain = {a} AND s.id = {b}}}"
    ),
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| {
        put_session(row, 0, snapshot)?;
        put_user(row, SESSION_WIDTH, snapshot)
    },
};

pub(super) static POOLS: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(pool),
        ", ",
        columns!(pool_record),
        " FROM {{pools p JOIN pool_records pr ON pr.domain = p.domain AND pr.pool = p.id \
         | p.domain = {a} AND p.id = {b}}}"
    ),
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| {
        put_pool(row, 0, snapshot)?;
        let record = Reader::new(row, "pool_records", POOL_WIDTH).pool_record()?;
        let key = (record.domain, record.pool);
        snapshot.pool_records.insert(key, record);
        Ok(())
    },
};

pub(super) static ALL_POOLS: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(pool),
        " FROM {{pools p | p.domain = {a}}}"
    ),
    keys: &[Type::Id],
    read: |row, snapshot| put_pool(row, 0, snapshot),
};

/// Their keys are in the index of what is due in the domain, which is read first.
pub(super) static SESSIONS_OF_POOL: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(session),
        " FROM {{sessions i JOIN sessions s ON s.domain = i.domain AND s.id = i.id \
         | i.domain = {a} AND i.pool = {b} AND i.ended_at IS NULL}}"
    ),
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| put_session(row, 0, snapshot),
};

pub(super) static QUEUE_OF_POOL: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(waiting),
        " FROM {{waiting w | w.domain = {a} AND w.pool = {b}}}"
    ),
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| put_waiting(row, 0, snapshot),
};

pub(super) static CALLS: Query = Query {
    template: "SELECT c.domain, c.id, c.session, c.user_id, c.ended_at \
        FROM {{calls c | c.domain = {a} AND c.id = {b}}}",
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| {
        let call = Reader::new(row, "calls", 0).ended_call()?;
        let ended = &mut snapshot.world.ended_calls;
        ended.insert((call.domain, call.id), call);
        Ok(())
    },
};

pub(super) static LINKS: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(link),
        " FROM {{call_links l | l.domain = {a} AND l.id = {b}}}"
    ),
    keys: &[Type::Id, Type::Id],
    read: put_link,
};
pub(super) static LINK_TOKENS: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(link),
        " FROM {{call_links l | l.token = {a}}}"
    ),
    keys: &[Type::Blob],
    read: put_link,
};

pub(super) static TEAMS: Query = Query {
    template: "SELECT t.domain, t.id, t.name, t.created_at \
        FROM {{teams t | t.domain = {a} AND t.id = {b}}}",
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| {
        let record = Reader::new(row, "teams", 0).team()?;
        let (domain, id) = (record.domain, record.team);
        let world = &mut snapshot.world;
        world.teams.insert((domain, id), Team { domain, id });
        snapshot.team_records.insert((domain, id), record);
        Ok(())
    },
};

pub(super) static MEMBERS_OF_TEAM: Query = Query {
    template: "SELECT m.domain, m.team, m.user_id \
        FROM {{team_members m | m.domain = {a} AND m.team = {b}}}",
    keys: &[Type::Id, Type::Id],
    read: put_member,
};

pub(super) static CONTACTS_OF_USER: Query = Query {
    template: "SELECT c.domain, c.user_id, c.id, c.email, c.name, c.name_key, c.created_at \
        FROM {{contacts c | c.domain = {a} AND c.user_id = {b}}}",
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| {
        let record = Reader::new(row, "contacts", 0).contact()?;
        let key = (record.domain, record.user, record.contact);
        snapshot.world.contacts.insert(key);
        snapshot.contact_records.insert(key, record);
        Ok(())
    },
};
