//! The tables of the front desk: pools, sessions, calls, call links, waiting lists, teams,
//! contacts.

use usher_rules::calls::EndedCall;
use usher_rules::links::{self, CallLink};
use usher_rules::pools::Pool;
use usher_rules::sessions::EndedSession;
use usher_rules::waiting::Waiting;
use usher_rules::{ContactId, DomainId, TeamId, UserId};
use uuid::Uuid;

use super::Type::{Blob, Id, Int, Text};
use super::{Table, Value};
use crate::records::{ContactRecord, LinkRecord, PoolRecord, SessionRecord, TeamRecord};
use crate::unit::SessionRow;

/// [`Pool`]. Every log-in writes it: the name has a table of its own.
pub static POOLS: Table = Table {
    name: "pools",
    key: &[("domain", Id), ("id", Id)],
    rest: &[
        ("seats", Int),
        ("tier", Text),
        ("log_off_seconds", Int),
        ("silence_seconds", Int),
        ("notice_seconds", Int),
        ("link_cap_seconds", Int),
        ("waiting_list", Int),
        ("users", Int),
        ("reserved", Int),
        ("occupied", Int),
        ("offered", Int),
        ("reserved_seated", Int),
        ("waiting", Int),
        ("waiting_reserved", Int),
        ("next_place", Int),
    ],
};

/// [`PoolRecord`].
pub static POOL_RECORDS: Table = Table {
    name: "pool_records",
    key: &[("domain", Id), ("pool", Id)],
    rest: &[("name", Text), ("created_at", Int)],
};

/// Sessions with their records; those that are over too, so that one look-up by a token
/// tells either, and ending is one update that leaves the token's index alone.
///
/// `clock_due_at` is when the log-off clock or the notice of it is due. `due_at` is a moment
/// before which nothing is due, silence included: a heartbeat may leave it behind, which
/// spares its index ([`SessionRow::seen`]).
pub static SESSIONS: Table = Table {
    name: "sessions",
    key: &[("domain", Id), ("id", Id)],
    rest: &[
        ("user_id", Id),
        ("pool", Id),
        ("device", Blob),
        ("device_id", Text),
        ("device_name", Text),
        ("token", Blob),
        ("started_at", Int),
        ("clock_from", Int),
        ("links_until", Int),
        ("call", Id),
        ("call_direction", Text),
        ("call_link", Id),
        ("call_started_at", Int),
        ("call_answered_at", Int),
        ("seen_at", Int),
        ("log_out_after_call", Id),
        ("noticed", Int),
        ("reserved", Int),
        ("clock_due_at", Int),
        ("due_at", Int),
        ("ended_at", Int),
        ("reason", Text),
        ("ended_by", Id),
    ],
};

/// The place of `ended_at` among all columns of [`SESSIONS`].
pub(super) const ENDED_AT: usize = 22;

/// [`EndedCall`]. One in progress stands in its session.
pub static CALLS: Table = Table {
    name: "calls",
    key: &[("domain", Id), ("id", Id)],
    rest: &[("session", Id), ("user_id", Id), ("ended_at", Int)],
};

/// Call links with their records.
pub static CALL_LINKS: Table = Table {
    name: "call_links",
    key: &[("domain", Id), ("id", Id)],
    rest: &[
        ("user_id", Id),
        ("guest", Text),
        ("token", Blob),
        ("made_at", Int),
        ("valid_until", Int),
        ("one_call", Int),
        ("used_by", Id),
        ("used_at", Int),
        ("revoked_at", Int),
    ],
};

/// [`Waiting`].
pub static WAITING: Table = Table {
    name: "waiting",
    key: &[("domain", Id), ("user_id", Id)],
    rest: &[
        ("pool", Id),
        ("place", Int),
        ("since", Int),
        ("reserved", Int),
        ("offered_until", Int),
    ],
};

/// [`TeamRecord`].
pub static TEAMS: Table = Table {
    name: "teams",
    key: &[("domain", Id), ("id", Id)],
    rest: &[("name", Text), ("created_at", Int)],
};

/// Who is in which team, and since when nobody asks: there is nothing but the key. The last
/// column is always 1, since a row that is written whole has something to write.
pub static TEAM_MEMBERS: Table = Table {
    name: "team_members",
    key: &[("domain", Id), ("team", Id), ("user_id", Id)],
    rest: &[("member", Int)],
};

/// [`ContactRecord`]. `name_key` is the name in lower case, by which lists are in order.
pub static CONTACTS: Table = Table {
    name: "contacts",
    key: &[("domain", Id), ("user_id", Id), ("id", Id)],
    rest: &[
        ("email", Text),
        ("name", Text),
        ("name_key", Text),
        ("created_at", Int),
    ],
};

pub(super) fn key(domain: DomainId, id: Uuid) -> Vec<Value> {
    vec![Value::id(domain.0), Value::id(id)]
}

pub(super) fn pool(p: &Pool) -> Vec<Value> {
    let s = &p.settings;
    vec![
        Value::id(p.domain.0),
        Value::id(p.id.0),
        Value::int(s.seats),
        Value::word(s.tier.name()),
        Value::Int(s.log_off_seconds),
        Value::Int(s.silence_seconds),
        Value::Int(s.notice_seconds),
        Value::int(s.link_cap_seconds),
        Value::int(s.waiting_list),
        Value::int(p.users),
        Value::int(p.reserved),
        Value::int(p.occupied),
        Value::int(p.offered),
        Value::int(p.reserved_seated),
        Value::int(p.waiting),
        Value::int(p.waiting_reserved),
        Value::Int(i64::try_from(p.next_place).ok()),
    ]
}

pub(super) fn pool_record(r: &PoolRecord) -> Vec<Value> {
    vec![
        Value::id(r.domain.0),
        Value::id(r.pool.0),
        Value::text(r.name.clone()),
        Value::time(r.created_at),
    ]
}

pub(super) fn session(row: &SessionRow) -> Vec<Value> {
    let s = &row.session;
    let call = s.call;
    let mut values = vec![
        Value::id(s.domain.0),
        Value::id(s.id.0),
        Value::id(s.user.0),
        Value::Id(s.pool.map(|pool| pool.0)),
        Value::digest(s.device.0),
    ];
    values.extend(session_record(&row.record));
    values.extend([
        Value::time(s.started_at),
        Value::time(s.clock_from),
        Value::opt_time(s.links_until),
        Value::Id(call.map(|call| call.id.0)),
        Value::opt_word(call.map(|call| call.direction.name())),
        Value::Id(call.and_then(|call| call.link).map(|link| link.0)),
        Value::opt_time(call.map(|call| call.started_at)),
        Value::opt_time(call.and_then(|call| call.answered_at)),
        Value::time(s.seen_at),
        Value::Id(s.log_out_after_call.map(|by| by.0)),
        Value::opt_time(s.noticed),
        Value::int(s.reserved),
        Value::opt_time(row.clock_due_at),
        Value::opt_time(row.due_at),
        Value::Int(None),
        Value::Text(None),
        Value::Id(None),
    ]);
    values
}

/// What only a live one has is as empty as can be.
pub(super) fn ended_session(s: &EndedSession, record: &SessionRecord) -> Vec<Value> {
    let mut values = vec![
        Value::id(s.domain.0),
        Value::id(s.id.0),
        Value::id(s.user.0),
        Value::Id(s.pool.map(|pool| pool.0)),
        Value::digest(s.device.0),
    ];
    values.extend(session_record(record));
    values.extend([
        Value::time(s.started_at),
        Value::time(s.started_at),
        Value::Int(None),
        Value::Id(None),
        Value::Text(None),
        Value::Id(None),
        Value::Int(None),
        Value::Int(None),
        Value::time(s.started_at),
        Value::Id(None),
        Value::Int(None),
        Value::int(false),
        Value::Int(None),
        Value::Int(None),
        Value::time(s.ended_at),
        Value::word(s.reason.name()),
        Value::Id(s.by.map(|by| by.0)),
    ]);
    values
}

fn session_record(r: &SessionRecord) -> [Value; 3] {
    [
        Value::text(r.device_id.to_string()),
        Value::text(r.device_name.to_string()),
        Value::digest(r.token),
    ]
}

pub(super) fn call(c: &EndedCall) -> Vec<Value> {
    vec![
        Value::id(c.domain.0),
        Value::id(c.id.0),
        Value::id(c.session.0),
        Value::id(c.user.0),
        Value::time(c.ended_at),
    ]
}

pub(super) fn link(l: &CallLink, r: &LinkRecord) -> Vec<Value> {
    let (used, revoked_at) = match l.record {
        links::LinkRecord::Open => (None, None),
        links::LinkRecord::Used { call, at } => (Some((call, at)), None),
        links::LinkRecord::Revoked { at } => (None, Some(at)),
    };
    vec![
        Value::id(l.domain.0),
        Value::id(l.id.0),
        Value::id(l.user.0),
        Value::text(r.guest.clone()),
        Value::digest(r.token),
        Value::time(l.made_at),
        Value::time(l.valid_until),
        Value::int(l.one_call),
        Value::Id(used.map(|(call, _)| call.0)),
        Value::opt_time(used.map(|(_, at)| at)),
        Value::opt_time(revoked_at),
    ]
}

pub(super) fn waiting(w: &Waiting) -> Vec<Value> {
    vec![
        Value::id(w.domain.0),
        Value::id(w.user.0),
        Value::id(w.pool.0),
        Value::Int(i64::try_from(w.place).ok()),
        Value::time(w.since),
        Value::int(w.reserved),
        Value::opt_time(w.offered_until),
    ]
}

pub(super) fn team(t: &TeamRecord) -> Vec<Value> {
    vec![
        Value::id(t.domain.0),
        Value::id(t.team.0),
        Value::text(t.name.clone()),
        Value::time(t.created_at),
    ]
}

pub(super) fn member_key(domain: DomainId, team: TeamId, user: UserId) -> Vec<Value> {
    vec![Value::id(domain.0), Value::id(team.0), Value::id(user.0)]
}

pub(super) fn member(domain: DomainId, team: TeamId, user: UserId) -> Vec<Value> {
    let mut row = member_key(domain, team, user);
    row.push(Value::int(1));
    row
}

pub(super) fn contact_key(domain: DomainId, user: UserId, contact: ContactId) -> Vec<Value> {
    vec![Value::id(domain.0), Value::id(user.0), Value::id(contact.0)]
}

pub(super) fn contact(c: &ContactRecord) -> Vec<Value> {
    let mut row = contact_key(c.domain, c.user, c.contact);
    row.extend([
        Value::text(c.email.clone()),
        Value::text(c.name.clone()),
        Value::text(c.name.to_lowercase()),
        Value::time(c.created_at),
    ]);
    row
}
