//! What a batch of units writes, as one statement per table.

use std::collections::{BTreeMap, HashMap};

use usher_rules::Head;
use usher_store::records::Remembered;
use usher_store::tables::{self, Row, Table, Type, Value, journal_row};
use usher_store::{Committed, Error, Unit, Write};
use uuid::Uuid;

use crate::rows::{Block, key_bytes};
use crate::turn;

/// The tables that units write, by their place in the lists below. Those whose rows have to be
/// the ones that were seen come first, as heads do: a unit that was overtaken is told so, and
/// not what else is wrong with it.
pub(crate) fn written() -> impl Iterator<Item = &'static Table> {
    let first = [&tables::ATTEMPTS, &tables::REMEMBERED];
    let others = [&tables::HEADS, &tables::JOURNAL, &tables::META];
    let rest = tables::ALL.into_iter();
    let rest = rest.filter(move |table| !others.contains(table) && !first.contains(table));
    first.into_iter().chain(rest)
}

/// Under which condition a row may take the place of the one that is there.
fn condition(table: &Table) -> Option<String> {
    if is_attempts(table) {
        return Some("attempts.version = excluded.version - 1".to_owned());
    }
    let kept = Remembered::KEPT_SECONDS * 1_000_000;
    std::ptr::eq(table, &raw const tables::REMEMBERED)
        .then(|| format!("remembered.at <= excluded.at - {kept}"))
}

/// The text that locks heads, in the order of their ids, and tells their versions; -1 for
/// one of which somebody else has the turn.
pub(crate) const LOCK_HEADS: &str = "SELECT h.id, \
    CASE WHEN k.turn IS NULL OR pg_try_advisory_xact_lock_shared(k.turn) \
    THEN h.version ELSE -1 END \
    FROM unnest($1::uuid[], $2::int8[]) AS k(id, turn) JOIN heads h ON h.id = k.id \
    ORDER BY h.id FOR UPDATE OF h";
pub(crate) const NEW_HEADS: &str = "INSERT INTO heads (id, version, at) \
    SELECT * FROM unnest($1::uuid[], $2::int8[], $3::int8[])";
/// Divides by zero when one of the heads is at another version than it should be, or
/// somebody else has its turn, which makes the rest of the transaction fail as well. The
/// turn's key is NULL for who has it. The rows come in the order of their ids
/// and are locked in it: writers only look up by key.
pub(crate) const MOVE_HEADS: &str = "WITH moved AS (\
    UPDATE heads h SET version = k.version, at = k.at \
    FROM unnest($1::uuid[], $2::int8[], $3::int8[], $4::int8[], $5::int8[]) \
    AS k(id, version, at, expected, turn) \
    WHERE h.id = k.id AND h.version = k.expected \
    AND (k.turn IS NULL OR pg_try_advisory_xact_lock_shared(k.turn)) RETURNING h.id) \
    SELECT 1 / (count(*) = cardinality($1))::int FROM moved";

/// The text that notes that sessions' devices were seen. `due_at` follows only once it fell
/// behind by half of the silence limit (`SessionRow::seen`): as long as it stays, no index is
/// touched. Nor does it when somebody else wrote it meanwhile: the limit that is seen here may
/// be the one before. The rows come in the order of their keys, as those of attempts do.
/// A live one is told by its `reason`, which is in no index: they are found by their keys.
pub(crate) const SEEN: &str = "UPDATE sessions s SET seen_at = k.at, \
    due_at = CASE WHEN s.due_at = k.due_at AND s.due_at < k.at + k.silence * 500000 \
    THEN LEAST(s.clock_due_at, k.at + k.silence * 1000000) ELSE s.due_at END \
    FROM (SELECT k.*, o.due_at, p.silence_seconds AS silence \
    FROM unnest($1::uuid[], $2::uuid[], $3::int8[]) AS k(domain, id, at) \
    JOIN sessions o ON o.domain = k.domain AND o.id = k.id \
    LEFT JOIN pools p ON p.domain = o.domain AND p.id = o.pool) AS k \
    WHERE s.domain = k.domain AND s.id = k.id AND s.reason IS NULL AND s.seen_at < k.at";

/// The text that appends to journals.
pub(crate) fn append() -> String {
    insert(&tables::JOURNAL)
}

/// The text that writes rows of a table whole. Where they have to be the ones that were seen it
/// divides by zero, as [`MOVE_HEADS`] does, when one is not.
pub(crate) fn put(table: &Table) -> String {
    let put = put_any(table);
    match condition(table) {
        None => put,
        Some(seen) => format!(
            "WITH put AS ({put} WHERE {seen} RETURNING 1) \
            SELECT 1 / (count(*) = cardinality($1))::int FROM put"
        ),
    }
}

fn put_any(table: &Table) -> String {
    let key: Vec<_> = table.key.iter().map(|(name, _)| *name).collect();
    let set: Vec<_> = table
        .rest
        .iter()
        .map(|(name, _)| {
            if table.only_grows(name) {
                format!("{name} = GREATEST({}.{name}, excluded.{name})", table.name)
            } else {
                format!("{name} = excluded.{name}")
            }
        })
        .collect();
    format!(
        "{} ON CONFLICT ({}) DO UPDATE SET {}",
        insert(table),
        key.join(", "),
        set.join(", ")
    )
}

/// The text that removes rows of a table by their keys.
pub(crate) fn remove(table: &Table) -> String {
    let same: Vec<_> = table
        .key
        .iter()
        .map(|(name, _)| format!("t.{name} = k.{name}"))
        .collect();
    let names: Vec<_> = table.key.iter().map(|(name, _)| *name).collect();
    format!(
        "DELETE FROM {} t USING {} AS k({}) WHERE {}",
        table.name,
        unnest(table.key.iter().map(|(_, kind)| *kind)),
        names.join(", "),
        same.join(" AND ")
    )
}

fn is_attempts(table: &Table) -> bool {
    std::ptr::eq(table, &raw const tables::ATTEMPTS)
}

fn insert(table: &Table) -> String {
    let names: Vec<_> = table.columns().map(|(name, _)| name).collect();
    format!(
        "INSERT INTO {} ({}) SELECT * FROM {}",
        table.name,
        names.join(", "),
        unnest(table.columns().map(|(_, kind)| kind))
    )
}

fn unnest(types: impl Iterator<Item = Type>) -> String {
    let arrays: Vec<_> = (1..)
        .zip(types)
        .map(|(n, kind)| format!("${n}::{}[]", usher_store::queries::postgres_type(kind)))
        .collect();
    format!("unnest({})", arrays.join(", "))
}

/// Versions of heads that are there.
pub(crate) type Versions = HashMap<Uuid, u64>;

/// The versions on which all of these units, one after the other, can be committed; none
/// when they contradict each other.
pub(crate) fn assumed(units: &[Unit]) -> Option<Versions> {
    let mut first = Versions::new();
    let mut last = Versions::new();
    for change in units.iter().flat_map(|unit| &unit.heads) {
        let key = change.head.key();
        match last.insert(key, change.next) {
            Some(version) if version != change.expected => return None,
            Some(_) => {}
            None => {
                first.insert(key, change.expected);
            }
        }
    }
    // The system's head is there from the beginning.
    first.retain(|key, expected| *expected > 0 || *key == Head::System.key());
    Some(first)
}

/// Which units can be committed on these versions, each after those before it.
pub(crate) fn decide(units: &[Unit], stored: &Versions) -> Vec<Committed> {
    let mut versions = stored.clone();
    let mut decide = |unit: &Unit| {
        let at = |key: Uuid| versions.get(&key).copied().unwrap_or(0);
        if unit.heads.iter().any(|h| at(h.head.key()) != h.expected) {
            return Err(Error::Conflict);
        }
        versions.extend(unit.heads.iter().map(|h| (h.head.key(), h.next)));
        Ok(())
    };
    units.iter().map(&mut decide).collect()
}

/// How rows are written over those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Each in its place.
    InPlace,
    /// All are taken away first, so that what is unique can change hands between them in
    /// any order.
    Anew,
}

/// The rows after some units, each row once.
pub(crate) struct Changes {
    pub(crate) new_heads: Block,
    pub(crate) moved_heads: Block,
    pub(crate) journal: Block,
    /// Per table of [`written`]: rows to remove, rows to write.
    pub(crate) tables: Vec<(Block, Block)>,
    /// Sessions whose devices were seen, each once.
    pub(crate) seen: Block,
}

impl Changes {
    /// Of units that are to be committed, in their order.
    pub(crate) fn of<'a>(
        units: impl Iterator<Item = &'a Unit> + Clone,
        stored: &Versions,
        way: Way,
    ) -> Changes {
        let mut changes = Changes {
            new_heads: Block::new([Type::Id, Type::Int, Type::Int]),
            moved_heads: Block::new([Type::Id, Type::Int, Type::Int, Type::Int, Type::Int]),
            journal: Block::new(tables::JOURNAL.columns().map(|(_, kind)| kind)),
            tables: Vec::new(),
            seen: Block::new([Type::Id, Type::Id, Type::Int]),
        };
        for unit in units.clone() {
            for entry in &unit.journal {
                changes.journal.push(journal_row(unit, entry));
            }
        }
        changes.move_heads(units.clone(), stored);
        changes.see(units.clone());
        changes.tables = rows(units, way);
        changes
    }

    /// The latest time of each session.
    fn see<'a>(&mut self, units: impl Iterator<Item = &'a Unit>) {
        let mut latest: BTreeMap<(Uuid, Uuid), i64> = BTreeMap::new();
        for write in units.flat_map(|unit| &unit.writes) {
            if let Write::Seen {
                domain,
                session,
                at,
            } = write
            {
                let known = latest.entry((domain.0, session.0)).or_insert(at.0);
                *known = at.0.max(*known);
            }
        }
        for ((domain, session), at) in latest {
            let id = |id| Value::Id(Some(id));
            let row = vec![id(domain), id(session), Value::Int(Some(at))];
            self.seen.push(row);
        }
    }

    fn move_heads<'a>(&mut self, units: impl Iterator<Item = &'a Unit> + Clone, stored: &Versions) {
        let mut last: BTreeMap<Uuid, (u64, i64)> = BTreeMap::new();
        let turns = turns(units.clone());
        for unit in units {
            for change in &unit.heads {
                last.insert(change.head.key(), (change.next, unit.at.0));
            }
        }
        let version = |version: u64| Value::Int(i64::try_from(version).ok());
        for (id, (next, at)) in last {
            let mut row = vec![Value::Id(Some(id)), version(next), Value::Int(Some(at))];
            match stored.get(&id) {
                Some(expected) => {
                    row.push(version(*expected));
                    row.push(Value::Int(turns[&id]));
                    self.moved_heads.push(row);
                }
                None => self.new_heads.push(row),
            }
        }
    }
}

/// For each head the key of its turn, which nobody else may have; none where the turn is
/// ours. When one unit was decided in turn and another was not, they follow each other on
/// the same version.
pub(crate) fn turns<'a>(units: impl Iterator<Item = &'a Unit>) -> BTreeMap<Uuid, Option<i64>> {
    let mut turns = BTreeMap::new();
    for change in units.flat_map(|unit| &unit.heads) {
        let id = change.head.key();
        let turn = turns.entry(id).or_insert_with(|| Some(turn::key(id)));
        *turn = turn.filter(|_| !change.in_turn);
    }
    turns
}

/// The last write of each row, per table. One statement can touch a row only once.
fn rows<'a>(units: impl Iterator<Item = &'a Unit>, way: Way) -> Vec<(Block, Block)> {
    let mut tables: Vec<Last> = written().map(Last::of).collect();
    for write in units.flat_map(|unit| &unit.writes) {
        let row = write.row();
        let (Row::Put(table, _) | Row::Remove(table, _)) = row else {
            continue;
        };
        let at = tables.iter_mut().find(|t| std::ptr::eq(t.table, table));
        at.unwrap_or_else(|| unreachable!("a table that no unit writes"))
            .note(row);
    }
    tables.into_iter().map(|table| table.blocks(way)).collect()
}

/// The last write of each row of a table, in the order of the first.
struct Last {
    table: &'static Table,
    places: HashMap<Vec<u8>, usize>,
    rows: Vec<Row>,
}

impl Last {
    fn of(table: &'static Table) -> Last {
        Last {
            table,
            places: HashMap::new(),
            rows: Vec::new(),
        }
    }

    fn note(&mut self, row: Row) {
        let (Row::Put(_, values) | Row::Remove(_, values)) = &row else {
            return;
        };
        let key = key_bytes(&values[..self.table.key.len()]);
        let next = self.rows.len();
        let at = *self.places.entry(key).or_insert(next);
        if at == next {
            self.rows.push(row);
        } else {
            self.rows[at] = row;
        }
    }

    fn blocks(mut self, way: Way) -> (Block, Block) {
        if is_attempts(self.table) {
            self.sort();
        }
        self.rows.sort_by_key(|row| !row.ends_a_session());
        let mut removes = Block::new(self.table.key.iter().map(|(_, kind)| *kind));
        let mut puts = Block::new(self.table.columns().map(|(_, kind)| kind));
        for row in self.rows {
            match row {
                Row::Put(_, values) => {
                    if way == Way::Anew && !self.table.builds_on_itself() {
                        removes.push(values[..self.table.key.len()].to_vec());
                    }
                    puts.push(values);
                }
                Row::Remove(_, key) => removes.push(key),
                // It is no row of a table of its own: [`Changes::see`].
                Row::Seen(_) => {}
            }
        }
        (removes, puts)
    }

    /// Rows that lie under no head are locked by writing them: in one order everywhere,
    /// or two processes wait for each other.
    fn sort(&mut self) {
        let width = self.table.key.len();
        self.rows.sort_by_cached_key(|row| {
            let (Row::Put(_, values) | Row::Remove(_, values)) = row else {
                return Vec::new();
            };
            key_bytes(&values[..width])
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_name_key_and_columns() {
        assert_eq!(
            put(&tables::ATTEMPTS),
            "WITH put AS (INSERT INTO attempts (key, wrong, blocked_until, last_at, version) \
             SELECT * FROM unnest($1::bytea[], $2::int8[], $3::int8[], $4::int8[], $5::int8[]) \
             ON CONFLICT (key) DO UPDATE SET wrong = excluded.wrong, \
             blocked_until = excluded.blocked_until, last_at = excluded.last_at, \
             version = excluded.version WHERE attempts.version = excluded.version - 1 \
             RETURNING 1) SELECT 1 / (count(*) = cardinality($1))::int FROM put"
        );
        assert_eq!(
            put(&tables::SIGNING_KEYS),
            "INSERT INTO signing_keys (kid, secret, public, created_at, retired_at) \
             SELECT * FROM unnest($1::text[], $2::bytea[], $3::bytea[], $4::int8[], $5::int8[]) \
             ON CONFLICT (kid) DO UPDATE SET secret = excluded.secret, \
             public = excluded.public, created_at = excluded.created_at, \
             retired_at = excluded.retired_at"
        );
        assert_eq!(
            remove(&tables::USERS),
            "DELETE FROM users t USING unnest($1::uuid[], $2::uuid[]) AS k(domain, id) \
             WHERE t.domain = k.domain AND t.id = k.id"
        );
    }
}
