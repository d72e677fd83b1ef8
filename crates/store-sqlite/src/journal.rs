//! The journals, appended to at the end of one table.
//!
//! An index of all entries by head and number would be the costliest part of every commit:
//! entries of a thousand domains land on a thousand of its pages. So each entry names the
//! row of the one before it in its journal, each head that of its last, and only every
//! [`STRIDE`]th entry is indexed. What comes after a number is read backwards, from the
//! next milestone or from the end; that a number is not taken twice follows from the head's
//! version, which the same transaction checks.

use rusqlite::{Connection, OptionalExtension};
use usher_rules::Head;
use usher_store::lists::EventLine;
use usher_store::queries::lists;
use usher_store::tables::{Value, journal_row};
use usher_store::unit::JournalEntry;
use usher_store::{Error, Result, Unit};
use uuid::Uuid;

use crate::rows::{Cells, bind, error};

/// Every how many-th entry of a journal is indexed; the index's text says the same.
const STRIDE: u64 = 32;

/// Where a journal ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct End {
    /// The number of the last entry: the head's version.
    pub version: u64,
    /// The row of the last entry; zero while there is none.
    pub row: i64,
}

/// Where a head's journal ends.
pub fn end(connection: &Connection, head: Uuid) -> Result<End> {
    let end: Option<(i64, i64)> = connection
        .prepare_cached("SELECT version, last FROM heads WHERE id = ?1")
        .and_then(|mut statement| {
            let columns = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            statement.query_row([head.as_bytes()], columns).optional()
        })
        .map_err(error)?;
    let Some((version, row)) = end else {
        return Ok(End::default());
    };
    let version = number(version)?;
    Ok(End { version, row })
}

fn number(stored: i64) -> Result<u64> {
    u64::try_from(stored).map_err(|_| Error::inconsistent("heads", "a negative version"))
}

const APPEND: &str = "INSERT INTO journal (head, seq, unit, at, recorded_at, actor, request, \
    kind, payload, before) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";

/// Appends an entry after the end; gives the new one.
///
/// # Errors
/// [`Error::NotUnique`] for a number that is taken.
pub fn append(connection: &Connection, unit: &Unit, entry: &JournalEntry, end: End) -> Result<End> {
    if entry.seq <= end.version {
        let taken = format!("journal: entry {} is there already", entry.seq);
        return Err(Error::NotUnique(taken));
    }
    let mut values = journal_row(unit, entry);
    values.push(Value::Int(Some(end.row)));
    let mut statement = connection.prepare_cached(APPEND).map_err(error)?;
    bind(&mut statement, &values).map_err(error)?;
    statement.raw_execute().map_err(error)?;
    Ok(End {
        version: entry.seq,
        row: connection.last_insert_rowid(),
    })
}

/// Writes down where a head's journal ends now.
pub fn close(connection: &Connection, head: Uuid, end: End, unit: &Unit) -> Result<()> {
    const MOVED: &str = "UPDATE heads SET version = ?2, at = ?3, last = ?4 WHERE id = ?1";
    const NEW: &str = "INSERT INTO heads (id, version, at, last) VALUES (?1, ?2, ?3, ?4)";
    let values = [
        Value::Id(Some(head)),
        Value::Int(i64::try_from(end.version).ok()),
        Value::Int(Some(unit.at.0)),
        Value::Int(Some(end.row)),
    ];
    for text in [MOVED, NEW] {
        let mut statement = connection.prepare_cached(text).map_err(error)?;
        bind(&mut statement, &values).map_err(error)?;
        if statement.raw_execute().map_err(error)? > 0 {
            break;
        }
    }
    Ok(())
}

/// A journal after a sequence number, oldest first.
pub fn after(
    connection: &Connection,
    head: Head,
    after: u64,
    limit: u32,
) -> Result<Vec<EventLine>> {
    let end = end(connection, head.key())?;
    let last = end.version.min(after.saturating_add(u64::from(limit)));
    let mut lines = Vec::new();
    if last <= after {
        return Ok(lines);
    }
    let milestone = last.next_multiple_of(STRIDE);
    let mut row = if milestone < end.version {
        milestone_row(connection, head, milestone)?
    } else {
        end.row
    };
    let mut statement = connection.prepare_cached(ENTRY).map_err(error)?;
    loop {
        bind(&mut statement, &[Value::Int(Some(row))]).map_err(error)?;
        let mut rows = statement.raw_query();
        let found = rows.next().map_err(error)?.ok_or_else(broken)?;
        let line = lists::event(&Cells(found))?;
        row = found.get(BEFORE).map_err(error)?;
        if line.seq <= after {
            break;
        }
        let first = line.seq == 1;
        if line.seq <= last {
            lines.push(line);
        }
        if first {
            break;
        }
    }
    lines.reverse();
    Ok(lines)
}

/// The columns that [`lists::event`] reads, and the entry before.
const ENTRY: &str = "SELECT seq, at, recorded_at, actor, request, kind, payload, before \
    FROM journal WHERE rowid = ?1";
const BEFORE: usize = 7;

fn milestone_row(connection: &Connection, head: Head, seq: u64) -> Result<i64> {
    // The last condition is what makes the partial index eligible.
    connection
        .prepare_cached("SELECT rowid FROM journal WHERE head = ?1 AND seq = ?2 AND seq % 32 = 0")
        .and_then(|mut statement| {
            let seq = i64::try_from(seq).unwrap_or(i64::MAX);
            statement.query_row((head.key().as_bytes(), seq), |row| row.get(0))
        })
        .optional()
        .map_err(error)?
        .ok_or_else(broken)
}
const _: () = assert!(STRIDE == 32, "the text of the index, and the one above");

fn broken() -> Error {
    Error::inconsistent("journal", "an entry names one before it that is not there")
}

/// Whether each journal hangs together, in the form of the shared checks.
pub const CHECKS: [&str; 2] = [
    "SELECT h.id, 'end of journal', COALESCE(j.seq, 0), COALESCE(m.seq, 0) FROM heads h \
     LEFT JOIN journal j ON j.rowid = h.last AND j.head = h.id \
     LEFT JOIN (SELECT head, MAX(seq) AS seq FROM journal GROUP BY head) m ON m.head = h.id \
     WHERE COALESCE(j.seq, 0) <> COALESCE(m.seq, 0)",
    "SELECT j.head, 'entry before', j.seq - 1, COALESCE(b.seq, 0) FROM journal j \
     LEFT JOIN journal b ON b.rowid = j.before AND b.head = j.head \
     WHERE j.seq - 1 <> COALESCE(b.seq, 0)",
];
