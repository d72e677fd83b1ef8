//! What holds counts and rows together, as `usher check` recounts it.

use crate::queries::loads::session_due;

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
/// An upgrade's seats: those of named users, and as many as each pool of that tier uses.
macro_rules! check_upgrades {
    ($tier:literal) => {
        concat!(
            "SELECT s.domain, '",
            $tier,
            "_in_use', s.",
            $tier,
            "_in_use, COALESCE(c.n, 0) + COALESCE(q.n, 0) FROM seats s \
             LEFT JOIN (SELECT domain, COUNT(*) AS n FROM users \
             WHERE state IN ('invited', 'active') AND tier = '",
            $tier,
            "' GROUP BY domain) c ON c.domain = s.domain \
             LEFT JOIN (SELECT domain, CAST(SUM(CASE WHEN seats > occupied + offered \
             THEN seats ELSE occupied + offered END) AS BIGINT) AS n FROM pools WHERE tier = '",
            $tier,
            "' GROUP BY domain) q ON q.domain = s.domain \
             WHERE s.",
            $tier,
            "_in_use <> COALESCE(c.n, 0) + COALESCE(q.n, 0)"
        )
    };
}

/// A count of a domain against what its pools come to.
macro_rules! check_pools {
    ($column:literal, $sum:literal) => {
        concat!(
            "SELECT s.domain, '",
            $column,
            "', s.",
            $column,
            ", COALESCE(c.n, 0) FROM seats s LEFT JOIN (SELECT domain, CAST(",
            $sum,
            " AS BIGINT) AS n FROM pools GROUP BY domain) c ON c.domain = s.domain WHERE s.",
            $column,
            " <> COALESCE(c.n, 0)"
        )
    };
}

/// A count of a pool against rows of a table.
macro_rules! check_pool {
    ($column:literal, $table:literal, $which:literal) => {
        concat!(
            "SELECT p.id, '",
            $column,
            " of pool', p.",
            $column,
            ", COALESCE(c.n, 0) FROM pools p LEFT JOIN (\
             SELECT r.domain, r.pool, COUNT(*) AS n FROM ",
            $table,
            " r WHERE ",
            $which,
            " GROUP BY r.domain, r.pool) c ON c.domain = p.domain AND c.pool = p.id WHERE p.",
            $column,
            " <> COALESCE(c.n, 0)"
        )
    };
}

/// Rows `r` that name one of another table, in the same domain, that is not there.
macro_rules! lost {
    ($what:literal, $id:literal, $from:literal, $other:literal, $names:literal, $which:literal) => {
        concat!(
            "SELECT r.",
            $id,
            ", '",
            $what,
            "', CAST(1 AS BIGINT), CAST(0 AS BIGINT) FROM ",
            $from,
            " r LEFT JOIN ",
            $other,
            " o ON o.domain = r.domain AND o.id = r.",
            $names,
            " WHERE ",
            $which,
            " AND o.id IS NULL"
        )
    };
}

/// Live sessions that would be found later than they are due: the moment in their index has to
/// be none after.
const DUE_OF_SESSION: &str = concat!(
    "SELECT s.id, 'due of session', COALESCE(s.due_at, 0), ",
    session_due!(),
    " FROM sessions s JOIN pools p ON p.domain = s.domain AND p.id = s.pool \
     WHERE s.ended_at IS NULL AND ",
    session_due!(),
    " < COALESCE(s.due_at, 9223372036854775807)"
);

/// Recounts: each gives id, what, recorded, counted for what differs.
pub const CHECKS: [&str; 30] = [
    DUE_OF_SESSION,
    check_seats!("users", "'invited', 'active', 'suspended'", ""),
    check_seats!(
        "domain_user_in_use",
        "'invited', 'active'",
        " AND u.model = 'named'"
    ),
    check_upgrades!("business"),
    check_upgrades!("business_pro"),
    check_pools!(
        "seat_license_in_use",
        "SUM(CASE WHEN seats > occupied + offered THEN seats ELSE occupied + offered END)"
    ),
    check_pools!("pools", "COUNT(*)"),
    "SELECT s.domain, 'teams', s.teams, COALESCE(c.n, 0) FROM seats s LEFT JOIN (\
     SELECT domain, COUNT(*) AS n FROM teams GROUP BY domain) c ON c.domain = s.domain \
     WHERE s.teams <> COALESCE(c.n, 0)",
    check_pool!("users", "users", "r.pool IS NOT NULL"),
    check_pool!("reserved", "users", "r.state = 'active' AND r.reserved = 1"),
    check_pool!("occupied", "sessions", "r.ended_at IS NULL"),
    check_pool!("offered", "waiting", "r.offered_until IS NOT NULL"),
    check_pool!("waiting", "waiting", "r.offered_until IS NULL"),
    check_pool!(
        "waiting_reserved",
        "waiting",
        "r.offered_until IS NULL AND r.reserved = 1"
    ),
    "SELECT p.id, 'reserved_seated of pool', p.reserved_seated, \
     COALESCE(s.n, 0) + COALESCE(w.n, 0) FROM pools p LEFT JOIN (\
     SELECT domain, pool, COUNT(*) AS n FROM sessions \
     WHERE ended_at IS NULL AND reserved = 1 GROUP BY domain, pool) s \
     ON s.domain = p.domain AND s.pool = p.id LEFT JOIN (\
     SELECT domain, pool, COUNT(*) AS n FROM waiting \
     WHERE offered_until IS NOT NULL AND reserved = 1 GROUP BY domain, pool) w \
     ON w.domain = p.domain AND w.pool = p.id \
     WHERE p.reserved_seated <> COALESCE(s.n, 0) + COALESCE(w.n, 0)",
    lost!(
        "user of session",
        "id",
        "sessions",
        "users",
        "user_id",
        "r.ended_at IS NULL"
    ),
    lost!(
        "pool of session",
        "id",
        "sessions",
        "pools",
        "pool",
        "r.ended_at IS NULL AND r.pool IS NOT NULL"
    ),
    lost!(
        "user of place",
        "user_id",
        "waiting",
        "users",
        "user_id",
        "1 = 1"
    ),
    lost!(
        "pool of place",
        "user_id",
        "waiting",
        "pools",
        "pool",
        "1 = 1"
    ),
    lost!(
        "user of team",
        "user_id",
        "team_members",
        "users",
        "user_id",
        "1 = 1"
    ),
    lost!(
        "user of contact",
        "user_id",
        "contacts",
        "users",
        "user_id",
        "1 = 1"
    ),
    lost!(
        "team of user",
        "user_id",
        "team_members",
        "teams",
        "team",
        "1 = 1"
    ),
    lost!(
        "pool of user",
        "id",
        "users",
        "pools",
        "pool",
        "r.pool IS NOT NULL"
    ),
    "SELECT p.id, 'name of pool', CAST(1 AS BIGINT), CAST(0 AS BIGINT) FROM pools p \
     LEFT JOIN pool_records r ON r.domain = p.domain AND r.pool = p.id WHERE r.pool IS NULL",
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
