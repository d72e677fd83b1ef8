//! Shapes: what the API's description says of a value, made ready to hold values against.
//!
//! A request is checked against the very schema that the OpenAPI document shows, so that
//! the document can't promise what the server refuses, and every field that is wrong is
//! named at once. The tests hold answers against theirs in the same way.
//!
//! Is not: a validator for any JSON schema. A keyword that no schema here uses is unknown,
//! and making a shape from it panics, which a test does for all of them.

mod check;
mod compile;
pub mod text;

use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock};

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

pub use compile::Schemas;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// In a list of rows: which, the first being 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<u32>,
    /// The field, its way from the top with dots: `order.business`. Empty for the whole.
    pub field: String,
    /// What is wrong with it.
    pub detail: String,
}

impl FieldError {
    /// What is wrong with a field.
    pub fn new(field: impl Into<String>, detail: impl Into<String>) -> FieldError {
        FieldError {
            row: None,
            field: field.into(),
            detail: detail.into(),
        }
    }
}

/// What a value must look like.
#[derive(Debug)]
pub enum Shape {
    /// Anything.
    Any,
    /// Nothing, `null`.
    Null,
    /// A text.
    Text(Text),
    /// A whole number.
    Number {
        /// At least.
        min: i64,
        /// At most.
        max: i64,
    },
    /// A number, whole or not.
    Decimal {
        /// At least.
        min: f64,
        /// At most.
        max: f64,
    },
    /// True or false.
    Flag,
    /// A list.
    List {
        /// Of what.
        items: Box<Shape>,
        /// At least so many.
        min: usize,
        /// At most so many.
        max: usize,
    },
    /// An object.
    Object(Object),
    /// One of these.
    OneOf(Vec<Shape>),
}

/// A text.
#[derive(Debug)]
pub struct Text {
    min: usize,
    max: usize,
    form: Option<&'static text::Form>,
    words: Vec<String>,
}

/// An object.
#[derive(Debug, Default)]
pub struct Object {
    fields: BTreeMap<String, Shape>,
    required: Vec<String>,
    /// What other fields hold; none are allowed without.
    others: Option<Box<Shape>>,
    /// What other fields are called.
    names: Option<Box<Shape>>,
    min: usize,
    max: usize,
}

impl Shape {
    /// The shape of a body, made once.
    pub fn of_body<T: ToSchema + 'static>() -> &'static Shape {
        kept::<T>(|| {
            let mut schemas = Vec::new();
            T::schemas(&mut schemas);
            Schemas::new(schemas).compile_schema(&T::schema())
        })
    }

    /// The shape of a query, made once.
    pub fn of_query<T: IntoParams + 'static>() -> &'static Shape {
        kept::<T>(|| compile::parameters(T::into_params(|| None)))
    }
}

static KEPT: RwLock<Option<HashMap<TypeId, &'static Shape>>> = RwLock::new(None);

/// The shape that belongs to a type. There are as many as there are types, so none is ever
/// given back.
fn kept<T: 'static>(make: impl FnOnce() -> Shape) -> &'static Shape {
    let id = TypeId::of::<T>();
    {
        let shapes = KEPT.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = shapes.as_ref().and_then(|shapes| shapes.get(&id)) {
            return shape;
        }
    }
    let shape: &'static Shape = Box::leak(Box::new(make()));
    let mut shapes = KEPT.write().unwrap_or_else(PoisonError::into_inner);
    shapes.get_or_insert_default().insert(id, shape);
    shape
}
