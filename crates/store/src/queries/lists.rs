//! The queries of lists, reports and sweeps. Parameters are `$1`, `$2`, …; an engine that
//! writes them otherwise replaces the sign ([`numbered`]).

mod checks;
mod desk;

use usher_rules::accounts::Identity;
use usher_rules::seats::PerKind;
use usher_rules::tiers::Tier;
use usher_rules::{AccountId, DomainId, Time};

use super::decode::{Columns, Reader};
use super::loads::{DOMAIN_AND_SEATS, PERSON_WIDTH, USER_WIDTH, columns, session_due};
use crate::lists::{
    Difference, DomainLine, EventLine, Listing, Sort, Totals, UserLine, VerificationLine,
};
use crate::port::Forget;
use crate::records::{Mail, Token};
use crate::tables::Value;
use crate::{Error, Result};
pub use checks::CHECKS;
pub use desk::*;

/// The text with another sign before the numbers of its parameters.
#[must_use]
pub fn numbered(text: &str, sign: char) -> String {
    text.replace('$', &sign.to_string())
}

/// `$1` head, `$2` after, `$3` limit.
pub const JOURNAL: &str = "SELECT seq, at, recorded_at, actor, request, kind, payload \
    FROM journal WHERE head = $1 AND seq > $2 ORDER BY seq LIMIT $3";

/// Reads a row of [`JOURNAL`].
pub fn event(row: &dyn Columns) -> Result<EventLine> {
    Reader::new(row, "journal", 0).event()
}

/// `$1` head, `$2` sequence number: the unit that wrote it.
pub const UNIT_AT: &str = "SELECT unit FROM journal WHERE head = $1 AND seq = $2";

/// `$1` now, `$2` limit. The last two are standings that no longer fit the domain above:
/// it froze, or is no longer frozen.
///
/// Where SQLite would begin with all domains, a cross join has it begin with what is due; that
/// what is frozen is one of two is what it finds its index by.
///
/// A session is found by its index, which may be behind its heartbeats; a pool owes offers as
/// `Pool::owes_offers` says, and can't make them while its domain is frozen.
pub const DUE: &str = concat!(
    "SELECT due_now.domain, MIN(due_now.due) FROM (\
    SELECT domain, expires_at AS due FROM users WHERE state = 'invited' AND expires_at <= $1 \
    UNION ALL SELECT domain, due_at FROM seats WHERE due_at <= $1 \
    UNION ALL SELECT id, noted_until FROM domains WHERE noted_until <= $1 \
    UNION ALL SELECT s.domain, ",
    session_due!(),
    " FROM sessions s JOIN pools p ON p.domain = s.domain AND p.id = s.pool \
    WHERE s.due_at <= $1 AND ",
    session_due!(),
    " <= $1 \
    UNION ALL SELECT domain, offered_until FROM waiting WHERE offered_until <= $1 \
    UNION ALL SELECT p.domain, 0 FROM pools p JOIN domains d ON d.id = p.domain \
    WHERE p.waiting > 0 AND d.noted <> 'frozen' AND (\
    p.seats - p.occupied - p.offered > CASE WHEN p.reserved > p.reserved_seated \
    THEN p.reserved - p.reserved_seated ELSE 0 END \
    OR (p.waiting_reserved > 0 AND p.seats > p.occupied + p.offered)) \
    UNION ALL SELECT c.id, 0 FROM domains p CROSS JOIN domains c \
    WHERE c.parent = p.id AND p.noted IN ('lapsed', 'frozen') AND p.noted = 'frozen' \
    AND c.closed = 0 AND c.noted = 'good' \
    UNION ALL SELECT c.id, 0 FROM domains c JOIN domains p ON p.id = c.parent \
    WHERE c.noted IN ('lapsed', 'frozen') AND c.closed = 0 AND c.lapsed_at IS NULL \
    AND p.noted <> 'frozen') AS due_now \
    CROSS JOIN domains d WHERE d.id = due_now.domain AND d.closed = 0 \
    GROUP BY due_now.domain ORDER BY MIN(due_now.due), due_now.domain LIMIT $2"
);

/// Reads a row of [`DUE`].
pub fn due(row: &dyn Columns) -> Result<DomainId> {
    Reader::new(row, "due", 0).id(0).map(DomainId)
}

/// `$1` domain.
pub const TOTALS: &str = "WITH RECURSIVE below(id) AS (\
    SELECT id FROM domains WHERE parent = $1 AND closed = 0 \
    UNION ALL SELECT d.id FROM below b JOIN domains d ON d.parent = b.id AND d.closed = 0) \
    SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(s.users), 0) AS BIGINT), \
    CAST(COALESCE(SUM(s.domain_user_ordered), 0) AS BIGINT), \
    CAST(COALESCE(SUM(s.business_ordered), 0) AS BIGINT), \
    CAST(COALESCE(SUM(s.business_pro_ordered), 0) AS BIGINT), \
    CAST(COALESCE(SUM(s.seat_license_ordered), 0) AS BIGINT), \
    CAST(COALESCE(SUM(s.domain_user_in_use), 0) AS BIGINT), \
    CAST(COALESCE(SUM(s.business_in_use), 0) AS BIGINT), \
    CAST(COALESCE(SUM(s.business_pro_in_use), 0) AS BIGINT), \
    CAST(COALESCE(SUM(s.seat_license_in_use), 0) AS BIGINT) \
    FROM below b JOIN seats s ON s.domain = b.id";

/// Reads the row of [`TOTALS`].
pub fn totals(row: &dyn Columns) -> Result<Totals> {
    let reader = Reader::new(row, "seats", 0);
    let sum = |column| {
        let int = reader.int(column)?;
        u64::try_from(int).map_err(|_| Error::inconsistent("seats", "a negative sum"))
    };
    let four = |at| -> Result<PerKind<u64>> {
        Ok(PerKind([
            sum(at)?,
            sum(at + 1)?,
            sum(at + 2)?,
            sum(at + 3)?,
        ]))
    };
    Ok(Totals {
        domains: sum(0)?,
        users: sum(1)?,
        ordered: four(2)?,
        in_use: four(6)?,
    })
}

/// `$1` after, `$2` limit.
pub const ROOT_DOMAINS: &str = concat!(
    "SELECT ",
    columns!(domain),
    ", ",
    columns!(domain_record),
    " FROM domains d JOIN seats s ON s.domain = d.id \
     JOIN domain_records dr ON dr.domain = d.id \
     WHERE d.parent IS NULL AND d.closed = 0 AND d.id > $1 ORDER BY d.id LIMIT $2"
);

/// Reads a row of [`ROOT_DOMAINS`].
pub fn domain(row: &dyn Columns) -> Result<DomainLine> {
    Ok(DomainLine {
        domain: Reader::new(row, "domains", 0).domain()?,
        record: Reader::new(row, "domain_records", DOMAIN_AND_SEATS).domain_record()?,
    })
}

/// `$1` limit.
pub const VERIFICATIONS: &str = "SELECT a.id, ar.name, ar.email FROM accounts a \
    JOIN account_records ar ON ar.account = a.id WHERE a.identity = 'pending' \
    ORDER BY a.id LIMIT $1";

/// Reads a row of [`VERIFICATIONS`].
pub fn verification(row: &dyn Columns) -> Result<VerificationLine> {
    let reader = Reader::new(row, "accounts", 0);
    Ok(VerificationLine {
        account: AccountId(reader.id(0)?),
        identity: Identity::Pending,
        name: reader.text(1)?.to_owned(),
        email: reader.text(2)?.to_owned(),
    })
}

/// `$1` account.
pub const TOKENS: &str = concat!(
    "SELECT ",
    columns!(token),
    " FROM tokens t WHERE t.account = $1 ORDER BY t.id DESC"
);

/// `$1` limit.
pub const PROXIES: &str = concat!(
    "SELECT ",
    columns!(token),
    " FROM tokens t WHERE t.kind = 'proxy' ORDER BY t.id DESC LIMIT $1"
);

/// Reads a row of [`TOKENS`] or [`PROXIES`].
pub fn token(row: &dyn Columns) -> Result<Token> {
    Reader::new(row, "tokens", 0).token()
}

/// `$1` now, `$2` until when the mails are this process's, `$3` limit.
pub const CLAIM_MAIL: &str = "UPDATE mail SET due_at = $2, attempts = attempts + 1 \
    WHERE due_at <= $1 AND sent_at IS NULL AND id IN (SELECT id FROM mail \
    WHERE sent_at IS NULL AND due_at <= $1 ORDER BY due_at, id LIMIT $3) \
    RETURNING id, template, recipient, params, created_at, due_at, attempts, sent_at";
/// `$1` limit.
pub const SENT_MAIL: &str = "SELECT id, template, recipient, params, created_at, due_at, \
    attempts, sent_at FROM mail WHERE sent_at IS NOT NULL \
    ORDER BY created_at DESC, id DESC LIMIT $1";
/// `$1` id.
pub const MAIL_SENT: &str = "DELETE FROM mail WHERE id = $1";
/// `$1` id, `$2` when.
pub const MAIL_KEPT: &str = "UPDATE mail SET sent_at = $2 WHERE id = $1";
/// `$1` id, `$2` when to try again.
pub const MAIL_RETRY: &str = "UPDATE mail SET due_at = $2 WHERE id = $1";

/// Reads a row of [`CLAIM_MAIL`] or [`SENT_MAIL`].
pub fn mail(row: &dyn Columns) -> Result<Mail> {
    Reader::new(row, "mail", 0).mail()
}

/// Each `$1` before when, `$2` limit, which holds for all together: answers under keys, tokens,
/// attempts, sessions, calls, call links.
pub const FORGET: [&str; 6] = [
    "DELETE FROM remembered WHERE (head, key) IN (\
     SELECT head, key FROM remembered WHERE at < $1 ORDER BY at LIMIT $2)",
    "DELETE FROM tokens WHERE (account, id) IN (\
     SELECT account, id FROM tokens WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
    "DELETE FROM attempts WHERE key IN (\
     SELECT key FROM attempts WHERE last_at < $1 ORDER BY last_at LIMIT $2)",
    "DELETE FROM sessions WHERE (domain, id) IN (\
     SELECT domain, id FROM sessions WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)",
    "DELETE FROM calls WHERE (domain, id) IN (\
     SELECT domain, id FROM calls WHERE ended_at < $1 ORDER BY ended_at LIMIT $2)",
    "DELETE FROM call_links WHERE (domain, id) IN (\
     SELECT domain, id FROM call_links WHERE valid_until < $1 ORDER BY valid_until LIMIT $2)",
];

/// The times of [`FORGET`], in its order.
#[must_use]
pub fn forget(before: &Forget) -> [Time; 6] {
    [
        before.remembered,
        before.tokens,
        before.attempts,
        before.sessions,
        before.calls,
        before.links,
    ]
}

/// Reads a row of [`CHECKS`].
pub fn difference(row: &dyn Columns) -> Result<Difference> {
    let reader = Reader::new(row, "check", 0);
    Ok(Difference {
        of: reader.id(0)?,
        what: reader.text(1)?.to_owned(),
        recorded: reader.int(2)?,
        counted: reader.int(3)?,
    })
}

/// The query of a page of users with its parameters. One row more than the limit is asked
/// for, to know whether there is more.
#[must_use]
pub fn users(domain: DomainId, listing: &Listing) -> (String, Vec<Value>) {
    let mut page = Builder::new(domain);
    // The words of tiers, states and roles stand in the text, not in parameters: only so
    // can SQLite see that a partial index holds all that is asked for.
    if let Some(tier) = listing.tier {
        let tier = tier.name();
        page.and(&format!(
            "(u.tier = '{tier}' OR u.pool IN (\
             SELECT id FROM pools WHERE domain = $1 AND tier = '{tier}'))"
        ));
    }
    match listing.model {
        Some("named") => page.and("u.pool IS NULL"),
        Some(_) => page.and("u.pool IS NOT NULL"),
        None => {}
    }
    if let Some(pool) = listing.pool {
        let pool = page.param(Value::Id(Some(pool.0)));
        page.and(&format!("u.pool = ${pool}"));
    }
    if let Some(team) = listing.team {
        let team = page.param(Value::Id(Some(team.0)));
        page.and(&format!(
            "u.id IN (SELECT m.user_id FROM team_members m \
             WHERE m.domain = $1 AND m.team = ${team})"
        ));
    }
    if let Some(state) = listing.state {
        page.and(&format!("u.state = '{state}'"));
    }
    if let Some(role) = listing.role {
        page.and(&format!("u.role = '{}'", role.name()));
    }
    if let Some(search) = &listing.search {
        page.search(search);
    }
    let key = match listing.sort {
        Sort::Created => None,
        Sort::Email => Some("pe.email"),
        Sort::Name => Some("pe.name_key"),
    };
    if let Some(after) = &listing.after {
        page.after(key, &after.key, after.id);
    }
    page.finish(key, listing.limit)
}

struct Builder {
    text: String,
    params: Vec<Value>,
}

impl Builder {
    fn new(domain: DomainId) -> Builder {
        let text = concat!(
            "SELECT ",
            columns!(user),
            ", ",
            columns!(person),
            ", p.tier FROM users u \
             JOIN people pe ON pe.domain = u.domain AND pe.user_id = u.id \
             LEFT JOIN pools p ON p.domain = u.domain AND p.id = u.pool \
             WHERE u.domain = $1 AND pe.domain = $1"
        );
        Builder {
            text: text.to_owned(),
            params: vec![Value::Id(Some(domain.0))],
        }
    }

    fn and(&mut self, condition: &str) {
        self.text.push_str(" AND ");
        self.text.push_str(condition);
    }

    fn param(&mut self, value: Value) -> usize {
        self.params.push(value);
        self.params.len()
    }

    /// E-mail, name or external id from this text up to the last one that begins with it.
    fn search(&mut self, begins: &str) {
        let from = self.param(Value::Text(Some(begins.to_owned().into())));
        let to = self.param(Value::Text(Some(format!("{begins}\u{10ffff}").into())));
        let range = |column: &str| format!("({column} >= ${from} AND {column} < ${to})");
        let either = ["pe.email", "pe.name_key", "pe.external_id"].map(range);
        self.and(&format!("({})", either.join(" OR ")));
    }

    fn after(&mut self, key: Option<&str>, last: &str, user: uuid::Uuid) {
        match key {
            None => {
                let user = self.param(Value::Id(Some(user)));
                self.and(&format!("u.id > ${user}"));
            }
            Some(key) => {
                let last = self.param(Value::Text(Some(last.to_owned().into())));
                let user = self.param(Value::Id(Some(user)));
                self.and(&format!("({key}, pe.user_id) > (${last}, ${user})"));
            }
        }
    }

    fn finish(mut self, key: Option<&str>, limit: u32) -> (String, Vec<Value>) {
        let limit = self.param(Value::Int(Some(i64::from(limit) + 1)));
        let order = key.map_or("u.id".to_owned(), |key| format!("{key}, pe.user_id"));
        self.text
            .push_str(&format!(" ORDER BY {order} LIMIT ${limit}"));
        (self.text, self.params)
    }
}

/// Reads a row of [`users`].
pub fn user(row: &dyn Columns) -> Result<UserLine> {
    let user = Reader::new(row, "users", 0).user()?;
    let pool = Reader::new(row, "pools", USER_WIDTH + PERSON_WIDTH);
    Ok(UserLine {
        // One whose pool is not there, which can't be, sits on nothing better.
        tier: match (user.license.named_tier(), pool.opt_text(0)?) {
            (Some(tier), _) => tier,
            (None, Some(tier)) => Tier::from_name(tier).unwrap_or_default(),
            (None, None) => Tier::Base,
        },
        user,
        person: Reader::new(row, "people", USER_WIDTH).person()?.into(),
    })
}
