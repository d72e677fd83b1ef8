//! Writing rows, each whole and no more than differs.
//!
//! SQLite takes a row out of an index and puts it in again whenever a statement names one
//! of the index's columns, changed or not. So a row that is there is compared first, and
//! only the columns that differ are named.

use std::collections::HashMap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use usher_store::Result;
use usher_store::tables::{Row, Table, Value};

use crate::rows::{bind, error, same};

/// Writes rows; keeps the texts of its statements.
#[derive(Default)]
pub struct Rows {
    texts: HashMap<(&'static str, Kind), String>,
}

/// What a statement does to a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Find,
    Insert,
    Remove,
    /// Sets the columns after the key whose bits are set.
    Update(u64),
}

impl Rows {
    /// Puts a row in place, or takes it away.
    pub fn write(&mut self, connection: &Connection, row: &Row) -> Result<()> {
        match row {
            Row::Put(table, values) => self.put(connection, table, values),
            Row::Remove(table, key) => self.run(connection, table, Kind::Remove, key),
            Row::Seen([domain, session, at]) => seen(connection, domain, session, at),
        }
    }

    /// Takes the row with this row's key away, if something in it may have to change hands.
    pub fn clear(&mut self, connection: &Connection, row: &Row) -> Result<()> {
        let (Row::Put(table, values) | Row::Remove(table, values)) = row else {
            return Ok(());
        };
        if table.builds_on_itself() {
            return Ok(());
        }
        let key = &values[..table.key.len()];
        self.run(connection, table, Kind::Remove, key)
    }

    fn put(
        &mut self,
        connection: &Connection,
        table: &'static Table,
        values: &[Value],
    ) -> Result<()> {
        let (key, rest) = values.split_at(table.key.len());
        let Some(differ) = self.differ(connection, table, key, rest)? else {
            return self.run(connection, table, Kind::Insert, values);
        };
        if differ == 0 {
            return Ok(());
        }
        let set = (rest.iter().enumerate()).filter(|(n, _)| differ & (1 << n) != 0);
        let changed: Vec<Value> = set.map(|(_, value)| value).chain(key).cloned().collect();
        self.run(connection, table, Kind::Update(differ), &changed)
    }

    /// Which columns after the key differ from the row that is there, as bits.
    fn differ(
        &mut self,
        connection: &Connection,
        table: &'static Table,
        key: &[Value],
        rest: &[Value],
    ) -> Result<Option<u64>> {
        let text = self.text(table, Kind::Find);
        let mut statement = connection.prepare_cached(text).map_err(error)?;
        bind(&mut statement, key).map_err(error)?;
        let mut rows = statement.raw_query();
        let Some(row) = rows.next().map_err(error)? else {
            return Ok(None);
        };
        let mut differ = 0;
        for (n, value) in rest.iter().enumerate() {
            let there = row.get_ref(n).map_err(error)?;
            let stays = table.only_grows(table.rest[n].0) && is_more(there, value);
            if !stays && !same(there, value) {
                differ |= 1 << n;
            }
        }
        Ok(Some(differ))
    }

    fn run(
        &mut self,
        connection: &Connection,
        table: &'static Table,
        kind: Kind,
        values: &[Value],
    ) -> Result<()> {
        let text = self.text(table, kind);
        let mut statement = connection.prepare_cached(text).map_err(error)?;
        bind(&mut statement, values).map_err(error)?;
        statement.raw_execute().map(|_| ()).map_err(error)
    }

    fn text(&mut self, table: &'static Table, kind: Kind) -> &str {
        let text = self.texts.entry((table.name, kind));
        text.or_insert_with(|| kind.text(table))
    }
}

/// Whether the number that is there is greater.
fn is_more(there: ValueRef<'_>, value: &Value) -> bool {
    match (there, value) {
        (ValueRef::Integer(there), Value::Int(Some(value))) => there > *value,
        _ => false,
    }
}

/// That a session's device was seen: its time alone, unless `due_at` fell behind by half of the
/// silence limit (`SessionRow::seen`), for that is in two indexes.
fn seen(connection: &Connection, domain: &Value, session: &Value, at: &Value) -> Result<()> {
    let mut find = connection.prepare_cached(SEEN_BEHIND).map_err(error)?;
    let row = [domain.clone(), session.clone(), at.clone()];
    bind(&mut find, &row).map_err(error)?;
    let mut rows = find.raw_query();
    let Some(due) = rows.next().map_err(error)? else {
        return Ok(());
    };
    let behind: bool = due.get(0).map_err(error)?;
    let text = if behind { SEEN_AND_DUE } else { SEEN };
    let mut statement = connection.prepare_cached(text).map_err(error)?;
    bind(&mut statement, &row).map_err(error)?;
    statement.raw_execute().map(|_| ()).map_err(error)
}

/// A row for a live session that was last seen before.
const SEEN_BEHIND: &str = "SELECT COALESCE(s.due_at < ?3 + p.silence_seconds * 500000, 0) \
    FROM sessions s LEFT JOIN pools p ON p.domain = s.domain AND p.id = s.pool \
    WHERE s.domain = ?1 AND s.id = ?2 AND s.ended_at IS NULL AND s.seen_at < ?3";
const SEEN: &str = "UPDATE sessions SET seen_at = ?3 WHERE domain = ?1 AND id = ?2";
const SEEN_AND_DUE: &str = "UPDATE sessions SET seen_at = ?3, due_at = (\
    SELECT MIN(COALESCE(clock_due_at, ?3 + p.silence_seconds * 1000000), \
    ?3 + p.silence_seconds * 1000000) FROM pools p \
    WHERE p.domain = sessions.domain AND p.id = sessions.pool) \
    WHERE domain = ?1 AND id = ?2";

impl Kind {
    fn text(self, table: &Table) -> String {
        let name = table.name;
        let rest: Vec<_> = table.rest.iter().map(|(name, _)| *name).collect();
        match self {
            Kind::Find => format!(
                "SELECT {} FROM {name} WHERE {}",
                rest.join(", "),
                is(table, 1)
            ),
            Kind::Insert => {
                let columns: Vec<_> = table.columns().map(|(name, _)| name).collect();
                let marks: Vec<_> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
                format!(
                    "INSERT INTO {name} ({}) VALUES ({})",
                    columns.join(", "),
                    marks.join(", ")
                )
            }
            Kind::Remove => format!("DELETE FROM {name} WHERE {}", is(table, 1)),
            Kind::Update(bits) => {
                let named = rest
                    .iter()
                    .enumerate()
                    .filter(|(n, _)| bits & (1 << n) != 0);
                let sets: Vec<_> = (1..)
                    .zip(named)
                    .map(|(n, (_, c))| format!("{c} = ?{n}"))
                    .collect();
                let key = is(table, sets.len() + 1);
                format!("UPDATE {name} SET {} WHERE {key}", sets.join(", "))
            }
        }
    }
}

/// The key's columns, as parameters from this number on.
fn is(table: &Table, from: usize) -> String {
    let key: Vec<_> = (from..)
        .zip(table.key)
        .map(|(n, (name, _))| format!("{name} = ?{n}"))
        .collect();
    key.join(" AND ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_store::tables;

    #[test]
    fn an_update_names_what_differs() {
        let text = Kind::Update(0b101).text(&tables::ATTEMPTS);
        assert_eq!(
            text,
            "UPDATE attempts SET wrong = ?1, last_at = ?2 WHERE key = ?3"
        );
    }

    #[test]
    fn no_table_is_too_wide() {
        assert!(tables::ALL.iter().all(|table| table.rest.len() < 64));
    }
}
