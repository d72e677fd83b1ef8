//! The front desk's lists: pools, sessions, waiting lists, call links, teams, contacts.

use usher_rules::{ContactId, DomainId, UserId};
use uuid::Uuid;

use crate::lists::{After, ContactLine, LinkLine, PoolLine, SessionLine, TeamLine, WaitingLine};
use crate::queries::decode::{AnySession, Columns, Reader};
use crate::queries::loads::{POOL_WIDTH, SESSION_WIDTH, WAITING_WIDTH, columns};
use crate::tables::Value;
use crate::{Error, Result};

/// The parameters of a page: a domain, something in it, the row before the page, and one
/// more than the limit, to know whether there is more.
#[must_use]
pub fn page(domain: DomainId, of: Option<Uuid>, after: Option<Uuid>, limit: u32) -> Vec<Value> {
    let id = |id: Uuid| Value::Id(Some(id));
    let mut params = vec![id(domain.0)];
    params.extend(of.map(id));
    params.push(id(after.unwrap_or(Uuid::nil())));
    params.push(Value::Int(Some(i64::from(limit) + 1)));
    params
}

/// `$1` domain, `$2` after, `$3` limit.
pub const POOLS: &str = concat!(
    "SELECT ",
    columns!(pool),
    ", ",
    columns!(pool_record),
    " FROM pools p JOIN pool_records pr ON pr.domain = p.domain AND pr.pool = p.id \
     WHERE p.domain = $1 AND p.id > $2 ORDER BY p.id LIMIT $3"
);

/// Reads a row of [`POOLS`].
pub fn pool(row: &dyn Columns) -> Result<PoolLine> {
    Ok(PoolLine {
        pool: Reader::new(row, "pools", 0).pool()?,
        record: Reader::new(row, "pool_records", POOL_WIDTH).pool_record()?,
    })
}

/// `$1` domain, `$2` pool, `$3` after, `$4` limit. The ids are in the index of what is
/// due in the domain: they are put in order first, and the rows of one page looked up.
pub const SESSIONS: &str = concat!(
    "WITH live AS MATERIALIZED (SELECT l.id FROM sessions l \
     WHERE l.domain = $1 AND l.pool = $2 AND l.ended_at IS NULL), \
     page AS MATERIALIZED (SELECT id FROM live WHERE id > $3 ORDER BY id LIMIT $4) SELECT ",
    columns!(session),
    ", pe.name FROM page JOIN sessions s ON s.domain = $1 AND s.id = page.id \
     JOIN people pe ON pe.domain = s.domain AND pe.user_id = s.user_id ORDER BY s.id"
);

/// Reads a row of [`SESSIONS`].
pub fn session(row: &dyn Columns) -> Result<SessionLine> {
    let (session, record) = Reader::new(row, "sessions", 0).session()?;
    let AnySession::Live(session) = session else {
        return Err(Error::inconsistent("sessions", "over and listed as live"));
    };
    Ok(SessionLine {
        session,
        record,
        name: name(row, SESSION_WIDTH)?,
    })
}

fn name(row: &dyn Columns, at: usize) -> Result<String> {
    Ok(Reader::new(row, "people", at).text(0)?.to_owned())
}

/// `$1` domain, `$2` pool, `$3` limit. A cross join, since SQLite would begin with all people.
pub const WAITING: &str = concat!(
    "SELECT ",
    columns!(waiting),
    ", pe.name FROM waiting w CROSS JOIN people pe \
     WHERE pe.domain = w.domain AND pe.user_id = w.user_id \
     AND w.domain = $1 AND w.pool = $2 \
     ORDER BY w.reserved DESC, w.place, w.user_id LIMIT $3"
);

/// Reads a row of [`WAITING`].
pub fn waiting(row: &dyn Columns) -> Result<WaitingLine> {
    Ok(WaitingLine {
        waiting: Reader::new(row, "waiting", 0).waiting()?,
        name: name(row, WAITING_WIDTH)?,
    })
}

/// `$1` domain, `$2` user, `$3` before (the last id there can be, for the first page), `$4`
/// limit.
pub const CALL_LINKS: &str = concat!(
    "SELECT ",
    columns!(link),
    " FROM call_links l WHERE l.domain = $1 AND l.user_id = $2 AND l.id < $3 \
     ORDER BY l.id DESC LIMIT $4"
);

/// Reads a row of [`CALL_LINKS`].
pub fn link(row: &dyn Columns) -> Result<LinkLine> {
    let (link, record) = Reader::new(row, "call_links", 0).link()?;
    Ok(LinkLine { link, record })
}

/// `$1` domain, `$2` after, `$3` limit.
pub const TEAMS: &str = "SELECT t.domain, t.id, t.name, t.created_at, \
    (SELECT COUNT(*) FROM team_members m WHERE m.domain = t.domain AND m.team = t.id) \
    FROM teams t WHERE t.domain = $1 AND t.id > $2 ORDER BY t.id LIMIT $3";

/// Reads a row of [`TEAMS`].
pub fn team(row: &dyn Columns) -> Result<TeamLine> {
    let reader = Reader::new(row, "teams", 0);
    let members = u64::try_from(reader.int(4)?);
    Ok(TeamLine {
        record: reader.team()?,
        members: members.map_err(|_| Error::inconsistent("teams", "a negative count"))?,
    })
}

/// Who of the domain has joined and is not suspended.
macro_rules! active {
    () => {
        "people pe JOIN users u \
         ON u.domain = pe.domain AND u.id = pe.user_id AND u.state = 'active'"
    };
}

/// What a user added, if that is asked for.
macro_rules! added {
    () => {
        "c.domain = $1 AND c.user_id = $2 AND CAST($6 AS BIGINT) = 1"
    };
}

/// First who of the domain is seen, by a team or because the address was added; then the
/// addresses that nobody of the domain has. (`CROSS JOIN` is the order in which SQLite is to
/// join.)
///
/// `$1` domain, `$2` user, `$3` and `$4` name and id after which the page begins, `$5` limit,
/// `$6` 1 to show what the user added.
pub const CONTACTS: &str = concat!(
    "SELECT (SELECT c.id FROM contacts c WHERE ",
    added!(),
    " AND c.email = pe.email), pe.user_id, pe.name, pe.email, pe.name_key, pe.user_id FROM ",
    active!(),
    " WHERE pe.domain = $1 AND pe.user_id <> $2 AND pe.user_id IN (\
     SELECT other.user_id FROM team_members own \
     JOIN team_members other ON other.domain = own.domain AND other.team = own.team \
     WHERE own.domain = $1 AND own.user_id = $2 \
     UNION SELECT known.user_id FROM contacts c CROSS JOIN people known WHERE ",
    added!(),
    " AND known.domain = c.domain AND known.email = c.email) \
     AND (pe.name_key, pe.user_id) > ($3, $4) \
     UNION ALL SELECT c.id, NULL, c.name, c.email, c.name_key, c.id FROM contacts c WHERE ",
    added!(),
    " AND (c.name_key, c.id) > ($3, $4) AND NOT EXISTS (SELECT 1 FROM ",
    active!(),
    " WHERE pe.domain = $1 AND pe.email = c.email) ORDER BY 5, 6 LIMIT $5"
);

/// The parameters of [`CONTACTS`].
#[must_use]
pub fn contacts(
    domain: DomainId,
    user: UserId,
    added: bool,
    after: Option<&After>,
    limit: u32,
) -> Vec<Value> {
    let key = after.map_or(String::new(), |after| after.key.clone());
    let last = after.map_or(Uuid::nil(), |after| after.id);
    vec![
        Value::Id(Some(domain.0)),
        Value::Id(Some(user.0)),
        Value::Text(Some(key.into())),
        Value::Id(Some(last)),
        Value::Int(Some(i64::from(limit) + 1)),
        Value::Int(Some(added.into())),
    ]
}

/// Reads a row of [`CONTACTS`].
pub fn contact(row: &dyn Columns) -> Result<ContactLine> {
    let reader = Reader::new(row, "contacts", 0);
    Ok(ContactLine {
        contact: row.opt_id(0)?.map(ContactId),
        user: row.opt_id(1)?.map(UserId),
        name: reader.text(2)?.to_owned(),
        email: reader.text(3)?.to_owned(),
    })
}
