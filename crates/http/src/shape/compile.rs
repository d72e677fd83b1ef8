//! From a schema to a shape.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};
use utoipa::openapi::path::Parameter;
use utoipa::openapi::{RefOr, Required, Schema};

use super::text::Form;
use super::{Object, Shape, Text};

/// Schemas by name, as the document's components hold them.
pub struct Schemas(HashMap<String, Value>);

/// What says nothing about which values are right.
const REMARKS: [&str; 9] = [
    "description",
    "title",
    "examples",
    "example",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentMediaType",
];

impl Schemas {
    /// From schemas as they were collected.
    pub fn new(schemas: Vec<(String, RefOr<Schema>)>) -> Schemas {
        Schemas(
            schemas
                .into_iter()
                .map(|(name, schema)| (name, value_of(&schema)))
                .collect(),
        )
    }

    /// From a document's components.
    #[must_use]
    pub fn of_document(document: &Value) -> Schemas {
        let schemas = document["components"]["schemas"].as_object();
        let pairs = schemas.into_iter().flatten();
        Schemas(
            pairs
                .map(|(name, schema)| (name.clone(), schema.clone()))
                .collect(),
        )
    }

    pub(super) fn compile_schema(&self, schema: &RefOr<Schema>) -> Shape {
        self.compile(&value_of(schema))
    }

    /// The shape that a schema describes.
    ///
    /// # Panics
    /// When the schema uses a keyword that shapes don't know.
    #[must_use]
    pub fn compile(&self, schema: &Value) -> Shape {
        let Value::Object(schema) = schema else {
            assert_eq!(schema, &Value::Bool(true), "not a schema");
            return Shape::Any;
        };
        let mut keywords = Keywords(schema.clone());
        for remark in REMARKS {
            keywords.take(remark);
        }
        let shape = self.shape(&mut keywords);
        assert!(keywords.0.is_empty(), "unknown keywords: {:?}", keywords.0);
        shape
    }

    fn shape(&self, keywords: &mut Keywords) -> Shape {
        if let Some(name) = keywords.take("$ref") {
            let path = name.as_str().unwrap_or_default();
            let name = path.rsplit('/').next().unwrap_or_default();
            let schema = self.0.get(name);
            return self.compile(schema.unwrap_or_else(|| panic!("no schema {path}")));
        }
        let choice = keywords.take("oneOf").or_else(|| keywords.take("anyOf"));
        if let Some(Value::Array(choices)) = choice {
            return Shape::OneOf(choices.iter().map(|choice| self.compile(choice)).collect());
        }
        match keywords.take("type") {
            None => Shape::Any,
            Some(Value::String(word)) => self.of_type(&word, keywords),
            Some(Value::Array(words)) => Shape::OneOf(
                words
                    .iter()
                    .filter_map(Value::as_str)
                    .map(|word| self.of_type(word, keywords))
                    .collect(),
            ),
            Some(other) => panic!("not a type: {other}"),
        }
    }

    fn of_type(&self, word: &str, keywords: &mut Keywords) -> Shape {
        match word {
            "null" => Shape::Null,
            "boolean" => Shape::Flag,
            "string" => Shape::Text(text(keywords)),
            "integer" => {
                keywords.take("format");
                Shape::Number {
                    min: keywords.number("minimum").unwrap_or(i64::MIN),
                    max: keywords.number("maximum").unwrap_or(i64::MAX),
                }
            }
            "number" => {
                keywords.take("format");
                Shape::Decimal {
                    min: keywords.decimal("minimum").unwrap_or(f64::NEG_INFINITY),
                    max: keywords.decimal("maximum").unwrap_or(f64::INFINITY),
                }
            }
            "array" => Shape::List {
                items: Box::new(
                    keywords
                        .take("items")
                        .map_or(Shape::Any, |s| self.compile(&s)),
                ),
                min: keywords.size("minItems").unwrap_or(0),
                max: keywords.size("maxItems").unwrap_or(usize::MAX),
            },
            "object" => Shape::Object(self.object(keywords)),
            other => panic!("unknown type {other}"),
        }
    }

    fn object(&self, keywords: &mut Keywords) -> Object {
        let fields = match keywords.take("properties") {
            Some(Value::Object(fields)) => self.fields(fields),
            _ => BTreeMap::new(),
        };
        let others = match keywords.take("additionalProperties") {
            None => Some(Shape::Any),
            Some(Value::Bool(false)) => None,
            Some(schema) => Some(self.compile(&schema)),
        };
        let names = keywords.take("propertyNames");
        Object {
            fields,
            required: words(keywords.take("required")),
            others: others.map(Box::new),
            names: names.map(|schema| Box::new(self.compile(&schema))),
            min: keywords.size("minProperties").unwrap_or(0),
            max: keywords.size("maxProperties").unwrap_or(usize::MAX),
        }
    }

    fn fields(&self, fields: Map<String, Value>) -> BTreeMap<String, Shape> {
        let compiled = fields
            .into_iter()
            .map(|(name, schema)| (name, self.compile(&schema)));
        compiled.collect()
    }
}

/// The shape of a query with these parameters; none besides them.
pub(super) fn parameters(parameters: Vec<Parameter>) -> Shape {
    let mut object = Object {
        max: usize::MAX,
        ..Object::default()
    };
    let none = Schemas(HashMap::new());
    for parameter in parameters {
        if matches!(parameter.required, Required::True) {
            object.required.push(parameter.name.clone());
        }
        let shape = parameter
            .schema
            .map_or(Shape::Any, |s| none.compile_schema(&s));
        object.fields.insert(parameter.name, shape);
    }
    Shape::Object(object)
}

/// A schema's keywords; those that were taken were understood.
struct Keywords(Map<String, Value>);

impl Keywords {
    fn take(&mut self, keyword: &str) -> Option<Value> {
        self.0.remove(keyword)
    }

    /// The document writes some whole numbers as `1.0`.
    fn number(&mut self, keyword: &str) -> Option<i64> {
        let value = self.take(keyword)?;
        let whole = value.as_i64().or(value.as_f64().map(|float| float as i64));
        Some(whole.unwrap_or_else(|| panic!("{keyword}: {value} is no number")))
    }

    fn decimal(&mut self, keyword: &str) -> Option<f64> {
        let value = self.take(keyword)?;
        Some(
            value
                .as_f64()
                .unwrap_or_else(|| panic!("{keyword}: {value} is no number")),
        )
    }

    fn size(&mut self, keyword: &str) -> Option<usize> {
        self.number(keyword).and_then(|n| usize::try_from(n).ok())
    }
}

fn text(keywords: &mut Keywords) -> Text {
    // A format describes; what is enforced is the pattern.
    keywords.take("format");
    let pattern = keywords.take("pattern");
    let form = pattern.map(|pattern| {
        let form = Form::of_pattern(pattern.as_str().unwrap_or_default());
        form.unwrap_or_else(|| panic!("no form of text has the pattern {pattern}"))
    });
    let constant = keywords.take("const").map(|word| Value::Array(vec![word]));
    Text {
        min: keywords.size("minLength").unwrap_or(0),
        max: keywords.size("maxLength").unwrap_or(usize::MAX),
        form,
        words: words(keywords.take("enum").or(constant)),
    }
}

fn words(value: Option<Value>) -> Vec<String> {
    let Some(Value::Array(words)) = value else {
        return Vec::new();
    };
    let words = words.iter().filter_map(Value::as_str);
    words.map(str::to_owned).collect()
}

fn value_of(schema: &RefOr<Schema>) -> Value {
    serde_json::to_value(schema).unwrap_or_default()
}
