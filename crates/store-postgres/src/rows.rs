//! Values on their way to PostgreSQL, and rows on their way back.

use std::borrow::Cow;
use std::error::Error as StdError;

use bytes::BytesMut;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type as SqlType, to_sql_checked};
use usher_store::queries::Columns;
use usher_store::tables::{Type, Value};
use usher_store::{Error, Result};
use uuid::Uuid;

/// A row, read from one of its columns on.
pub(crate) struct Line<'a> {
    pub(crate) row: &'a Row,
    pub(crate) from: usize,
}

impl<'a> Line<'a> {
    pub(crate) fn whole(row: &'a Row) -> Line<'a> {
        Line { row, from: 0 }
    }

    fn get<'b, T: FromSql<'b>>(&'b self, column: usize) -> Result<T> {
        self.row
            .try_get(self.from + column)
            .map_err(|error| Error::Engine(format!("column {column}: {error}")))
    }
}

impl Columns for Line<'_> {
    fn opt_id(&self, column: usize) -> Result<Option<Uuid>> {
        self.get(column)
    }
    fn opt_int(&self, column: usize) -> Result<Option<i64>> {
        self.get(column)
    }
    fn opt_text(&self, column: usize) -> Result<Option<&str>> {
        self.get(column)
    }
    fn opt_blob(&self, column: usize) -> Result<Option<&[u8]>> {
        self.get(column)
    }
}

/// A value as the parameter of a statement.
#[derive(Debug)]
pub(crate) struct Param<'a>(pub(crate) &'a Value);

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        kind: &SqlType,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self.0 {
            Value::Id(id) => id.to_sql_checked(kind, out),
            Value::Int(int) => int.to_sql_checked(kind, out),
            Value::Text(text) => text.to_sql_checked(kind, out),
            Value::Blob(blob) => blob.to_sql_checked(kind, out),
        }
    }

    fn accepts(_: &SqlType) -> bool {
        true // whatever the value itself accepts
    }

    to_sql_checked!();
}

/// The engine's type of a value.
pub(crate) fn sql_type(value: &Value) -> SqlType {
    match value {
        Value::Id(_) => SqlType::UUID,
        Value::Int(_) => SqlType::INT8,
        Value::Text(_) => SqlType::TEXT,
        Value::Blob(_) => SqlType::BYTEA,
    }
}

/// One column of many rows: an array, which a statement unnests.
#[derive(Debug)]
pub(crate) enum Column {
    Ids(Vec<Option<Uuid>>),
    Ints(Vec<Option<i64>>),
    Texts(Vec<Option<Cow<'static, str>>>),
    Blobs(Vec<Option<Vec<u8>>>),
}

impl Column {
    fn new(kind: Type) -> Column {
        match kind {
            Type::Id => Column::Ids(Vec::new()),
            Type::Int => Column::Ints(Vec::new()),
            Type::Text => Column::Texts(Vec::new()),
            Type::Blob => Column::Blobs(Vec::new()),
        }
    }

    fn push(&mut self, value: Value) {
        match (self, value) {
            (Column::Ids(column), Value::Id(id)) => column.push(id),
            (Column::Ints(column), Value::Int(int)) => column.push(int),
            (Column::Texts(column), Value::Text(text)) => column.push(text),
            (Column::Blobs(column), Value::Blob(blob)) => column.push(blob),
            // Tables and the rows for them are constants of one file, tested together.
            (column, value) => unreachable!("{value:?} in a column of {column:?}"),
        }
    }

    fn as_sql(&self) -> &(dyn ToSql + Sync) {
        match self {
            Column::Ids(column) => column,
            Column::Ints(column) => column,
            Column::Texts(column) => column,
            Column::Blobs(column) => column,
        }
    }
}

/// Many rows as arrays, one per column.
#[derive(Debug)]
pub(crate) struct Block {
    columns: Vec<Column>,
    rows: usize,
}

impl Block {
    pub(crate) fn new(types: impl IntoIterator<Item = Type>) -> Block {
        Block {
            columns: types.into_iter().map(Column::new).collect(),
            rows: 0,
        }
    }

    pub(crate) fn push(&mut self, row: Vec<Value>) {
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(value);
        }
        self.rows += 1;
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The parameters of a statement over these rows.
    pub(crate) fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.columns.iter().map(Column::as_sql).collect()
    }
}

/// A row's key as bytes, to find rows of the same key.
pub(crate) fn key_bytes(key: &[Value]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(48);
    for value in key {
        match value {
            Value::Id(Some(id)) => bytes.extend_from_slice(id.as_bytes()),
            Value::Int(Some(int)) => bytes.extend_from_slice(&int.to_be_bytes()),
            // Only the last value of a key has a length of its own.
            Value::Text(Some(text)) => bytes.extend_from_slice(text.as_bytes()),
            Value::Blob(Some(blob)) => bytes.extend_from_slice(blob),
            Value::Id(None) | Value::Int(None) | Value::Text(None) | Value::Blob(None) => {}
        }
    }
    bytes
}
