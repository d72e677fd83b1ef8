//! The queries of lists, reports and sweeps. Parameters are `$1`, `$2`, …; an engine that
//! writes them otherwise replaces the sign ([`numbered`]).

use usher_rules::accounts::Identity;
use usher_rules::seats::PerKind;
use usher_rules::{AccountId, DomainId};

use super::decode::{Columns, Reader};
use super::loads::{DOMAIN_AND_SEATS, USER_WIDTH, columns};
use crate::lists::{
    Difference, DomainLine, EventLine, Listing, Sort, Totals, UserLine, VerificationLine,
};
use crate::records::{Mail, Token};
use crate::tables::Value;
use crate::{Error, Result};

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
pub const DUE: &str = "SELECT due_now.domain, MIN(due_now.due) FROM (\
    SELECT domain, expires_at AS due FROM users WHERE state = 'invited' AND expires_at <= $1 \
    UNION ALL SELECT domain, due_at FROM seats WHERE due_at <= $1 \
    UNION ALL SELECT id, noted_until FROM domains WHERE noted_until <= $1 \
    UNION ALL SELECT c.id, 0 FROM domains p JOIN domains c ON c.parent = p.id \
    WHERE p.noted = 'frozen' AND c.closed = 0 AND c.noted = 'good' \
    UNION ALL SELECT c.id, 0 FROM domains c JOIN domains p ON p.id = c.parent \
    WHERE c.noted IN ('lapsed', 'frozen') AND c.closed = 0 AND c.lapsed_at IS NULL \
    AND p.noted <> 'frozen') AS due_now \
    JOIN domains d ON d.id = due_now.domain AND d.closed = 0 \
    GROUP BY due_now.domain ORDER BY MIN(due_now.due), due_now.domain LIMIT $2";

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

/// Reads a row of [`TOKENS`].
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

/// Each `$1` before when, `$2` limit, which holds for all three together: answers under
/// keys, tokens, attempts.
pub const FORGET: [&str; 3] = [
    "DELETE FROM remembered WHERE (head, key) IN (\
     SELECT head, key FROM remembered WHERE at < $1 LIMIT $2)",
    "DELETE FROM tokens WHERE (account, id) IN (\
     SELECT account, id FROM tokens WHERE expires_at < $1 LIMIT $2)",
    "DELETE FROM attempts WHERE key IN (\
     SELECT key FROM attempts WHERE last_at < $1 LIMIT $2)",
];

macro_rules! check_seats {
    ($column:literal, $states:literal, $and:literal) => {
        concat!(
            "SELECT s.domain, '",
            $column,
            "', s.",
            $column,
            ", COALESCE(c.n, 0) FROM seats s LEFT JOIN (SELECT u.domain, COUNT(*) AS n \
             FROM users u WHERE u.state IN (",
            $states,
            ")",
            $and,
            " GROUP BY u.domain) c ON c.domain = s.domain WHERE s.",
            $column,
            " <> COALESCE(c.n, 0)"
        )
    };
}
/// Recounts: each gives id, what, recorded, counted for what differs.
pub const CHECKS: [&str; 10] = [
    check_seats!("users", "'invited', 'active', 'suspended'", ""),
    check_seats!(
        "domain_user_in_use",
        "'invited', 'active'",
        " AND u.model = 'named'"
    ),
    check_seats!(
        "business_in_use",
        "'invited', 'active'",
        " AND u.tier = 'business'"
    ),
    check_seats!(
        "business_pro_in_use",
        "'invited', 'active'",
        " AND u.tier = 'business_pro'"
    ),
    "SELECT h.id, 'journal', h.version, COALESCE(j.last, 0) FROM heads h \
     LEFT JOIN (SELECT head, MAX(seq) AS last FROM journal GROUP BY head) j ON j.head = h.id \
     WHERE h.version <> COALESCE(j.last, 0)",
    "SELECT u.id, 'account of user', CAST(1 AS BIGINT), CAST(0 AS BIGINT) FROM users u \
     LEFT JOIN accounts a ON a.id = u.account AND a.domain = u.domain AND a.member = u.id \
     WHERE u.account IS NOT NULL AND a.id IS NULL",
    "SELECT a.id, 'user of account', CAST(1 AS BIGINT), CAST(0 AS BIGINT) FROM accounts a \
     LEFT JOIN users u ON u.domain = a.domain AND u.id = a.member AND u.account = a.id \
     WHERE a.domain IS NOT NULL AND u.id IS NULL",
    "SELECT d.id, 'owner of domain', CAST(1 AS BIGINT), CAST(0 AS BIGINT) FROM domains d \
     LEFT JOIN accounts a ON a.id = d.owner AND a.owns = d.id \
     WHERE d.closed = 0 AND a.id IS NULL",
    "SELECT d.id, 'owner above', CAST(1 AS BIGINT), CAST(0 AS BIGINT) FROM domains d \
     LEFT JOIN users u ON u.domain = d.parent AND u.id = d.parent_user AND u.owns = d.id \
     WHERE d.closed = 0 AND d.parent IS NOT NULL AND u.id IS NULL",
    "SELECT p.user_id, 'user of person', CAST(1 AS BIGINT), CAST(0 AS BIGINT) FROM people p \
     LEFT JOIN users u ON u.domain = p.domain AND u.id = p.user_id WHERE u.id IS NULL",
];

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
        page.and(&format!("u.tier = '{}'", tier.name()));
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
        Sort::Email => Some("p.email"),
        Sort::Name => Some("p.name_key"),
    };
    if let Some(after) = &listing.after {
        page.after(key, &after.key, after.user.0);
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
            " FROM users u JOIN people p ON p.domain = u.domain AND p.user_id = u.id \
             WHERE u.domain = $1 AND p.domain = $1"
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
        let either = ["p.email", "p.name_key", "p.external_id"].map(range);
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
                self.and(&format!("({key}, p.user_id) > (${last}, ${user})"));
            }
        }
    }

    fn finish(mut self, key: Option<&str>, limit: u32) -> (String, Vec<Value>) {
        let limit = self.param(Value::Int(Some(i64::from(limit) + 1)));
        let order = key.map_or("u.id".to_owned(), |key| format!("{key}, p.user_id"));
        self.text
            .push_str(&format!(" ORDER BY {order} LIMIT ${limit}"));
        (self.text, self.params)
    }
}

/// Reads a row of [`users`].
pub fn user(row: &dyn Columns) -> Result<UserLine> {
    let user = Reader::new(row, "users", 0).user()?;
    Ok(UserLine {
        tier: user.license.named_tier().unwrap_or_default(),
        user,
        person: Reader::new(row, "people", USER_WIDTH).person()?,
    })
}
