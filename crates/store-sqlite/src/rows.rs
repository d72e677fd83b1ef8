//! Values in and out: binding parameters, reading columns, naming errors.

use std::collections::HashMap;
use std::sync::LazyLock;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Row, Statement, ToSql};
use usher_store::queries::loads::{self, Query};
use usher_store::queries::{Columns, render};
use usher_store::tables::Value;
use usher_store::{Error, Result};
use uuid::Uuid;

/// A value on its way into a statement.
pub struct Bind<'a>(pub &'a Value);

impl ToSql for Bind<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let value = match self.0 {
            Value::Id(id) => id.as_ref().map(|id| ValueRef::Blob(id.as_bytes())),
            Value::Int(int) => int.map(ValueRef::Integer),
            Value::Text(text) => text.as_ref().map(|text| ValueRef::Text(text.as_bytes())),
            Value::Blob(blob) => blob.as_ref().map(|blob| ValueRef::Blob(blob)),
        };
        Ok(ToSqlOutput::Borrowed(value.unwrap_or(ValueRef::Null)))
    }
}

/// Binds values as parameters 1, 2, …
pub fn bind(statement: &mut Statement<'_>, values: &[Value]) -> rusqlite::Result<()> {
    for (at, value) in values.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, Bind(value))?;
    }
    Ok(())
}

/// Whether a column holds just this value.
pub fn same(column: ValueRef<'_>, value: &Value) -> bool {
    match (column, value) {
        (
            ValueRef::Null,
            Value::Id(None) | Value::Int(None) | Value::Text(None) | Value::Blob(None),
        ) => true,
        (ValueRef::Blob(bytes), Value::Id(Some(id))) => bytes == id.as_bytes(),
        (ValueRef::Blob(bytes), Value::Blob(Some(value))) => bytes == value.as_slice(),
        (ValueRef::Integer(number), Value::Int(Some(value))) => number == *value,
        (ValueRef::Text(text), Value::Text(Some(value))) => text == value.as_bytes(),
        _ => false,
    }
}

/// A row as the shared queries read it.
pub struct Cells<'a, 'b>(pub &'a Row<'b>);

impl Cells<'_, '_> {
    fn get(&self, column: usize) -> Result<ValueRef<'_>> {
        self.0.get_ref(column).map_err(error)
    }

    fn wrong(column: usize) -> Error {
        Error::inconsistent("row", format!("column {column} is of another type"))
    }
}

impl Columns for Cells<'_, '_> {
    fn opt_id(&self, column: usize) -> Result<Option<Uuid>> {
        match self.get(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => Uuid::from_slice(bytes)
                .map(Some)
                .map_err(|_| Self::wrong(column)),
            _ => Err(Self::wrong(column)),
        }
    }

    fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        match self.get(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(int) => Ok(Some(int)),
            _ => Err(Self::wrong(column)),
        }
    }

    fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        match self.get(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(text) => std::str::from_utf8(text)
                .map(Some)
                .map_err(|_| Self::wrong(column)),
            _ => Err(Self::wrong(column)),
        }
    }

    fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>> {
        match self.get(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => Ok(Some(bytes)),
            _ => Err(Self::wrong(column)),
        }
    }
}

/// The text of a load's query for this engine.
pub fn text_of(query: &'static Query) -> &'static str {
    static TEXTS: LazyLock<HashMap<usize, String>> = LazyLock::new(|| {
        let all = loads::ALL.into_iter();
        all.map(|query| (at(query), render(query.template)))
            .collect()
    });
    &TEXTS[&at(query)]
}

/// What tells queries apart faster than their texts.
fn at(query: &'static Query) -> usize {
    std::ptr::from_ref(query).addr()
}

/// What SQLite reports, in the port's words.
pub fn error(error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode;
    let text = error.to_string();
    match error.sqlite_error() {
        Some(code) if code.code == ErrorCode::ConstraintViolation => {
            use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
            match code.extended_code {
                SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY => Error::NotUnique(text),
                _ => Error::Constraint(text),
            }
        }
        Some(code) => match code.code {
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull => {
                Error::Unavailable(text)
            }
            ErrorCode::SystemIoFailure => Error::Stopped(text),
            _ => Error::Engine(text),
        },
        None => Error::Engine(text),
    }
}
