//! Holding a value against a shape: every field that is wrong is named.

use serde_json::{Map, Number, Value};

use super::{FieldError, Object, Shape, Text};

impl Shape {
    /// All that is wrong with a value.
    #[must_use]
    pub fn check(&self, value: &Value) -> Vec<FieldError> {
        let mut wrong = Vec::new();
        self.look(value, "", &mut wrong);
        wrong
    }

    /// All that is wrong with a query; its texts are read as what each parameter is.
    #[must_use]
    pub fn check_query(&self, pairs: Vec<(String, String)>) -> (Value, Vec<FieldError>) {
        let mut query = Map::new();
        let mut wrong = Vec::new();
        for (name, text) in pairs {
            let shape = match self {
                Shape::Object(object) => object.fields.get(&name),
                _ => None,
            };
            let value = shape.map_or(Value::Null, |shape| shape.read(text));
            if query.insert(name.clone(), value).is_some() {
                wrong.push(FieldError::new(name, "must be given once"));
            }
        }
        let query = Value::Object(query);
        wrong.extend(self.check(&query));
        (query, wrong)
    }

    /// A query's text as what it stands for; as it is, when it is nothing of the kind.
    fn read(&self, text: String) -> Value {
        match self {
            Shape::Number { .. } => text.parse::<i64>().map_or(Value::String(text), Value::from),
            Shape::Decimal { .. } => {
                let number = text.parse::<f64>().ok().and_then(Number::from_f64);
                number.map_or(Value::String(text), Value::Number)
            }
            Shape::Flag => text
                .parse::<bool>()
                .map_or(Value::String(text), Value::from),
            Shape::OneOf(shapes) => shapes
                .iter()
                .find(|shape| !matches!(shape, Shape::Null))
                .map_or(Value::Null, |shape| shape.read(text)),
            _ => Value::String(text),
        }
    }

    fn look(&self, value: &Value, at: &str, wrong: &mut Vec<FieldError>) {
        let mut say = |detail: String| wrong.push(FieldError::new(at, detail));
        match (self, value) {
            (Shape::Any, _) | (Shape::Null, Value::Null) | (Shape::Flag, Value::Bool(_)) => {}
            (Shape::Text(text), Value::String(value)) => {
                if let Some(detail) = text.complaint(value) {
                    say(detail);
                }
            }
            (Shape::Number { min, max }, Value::Number(number)) => {
                // What is too big for 64 bits, or has a fraction, is refused alike.
                if !number.as_i64().is_some_and(|n| (*min..=*max).contains(&n)) {
                    say(between("must be a whole number", *min, *max));
                }
            }
            (Shape::Decimal { min, max }, Value::Number(number)) => {
                if !number.as_f64().is_some_and(|n| (*min..=*max).contains(&n)) {
                    say(format!("must be a number from {min} to {max}"));
                }
            }
            (Shape::List { items, min, max }, Value::Array(list)) => {
                if !(*min..=*max).contains(&list.len()) {
                    say(format!("must have {min} to {max} items"));
                }
                for (number, item) in list.iter().enumerate() {
                    items.look(item, &within(at, &number.to_string()), wrong);
                }
            }
            (Shape::Object(object), Value::Object(map)) => object.look(map, at, wrong),
            (Shape::OneOf(shapes), _) => one_of(shapes, value, at, wrong),
            _ => say(self.must_be()),
        }
    }

    fn must_be(&self) -> String {
        match self {
            Shape::Any | Shape::OneOf(_) => "must be something else".to_owned(),
            Shape::Null => "must be null".to_owned(),
            Shape::Text(_) => "must be a text".to_owned(),
            Shape::Number { min, max } => between("must be a whole number", *min, *max),
            Shape::Decimal { min, max } => format!("must be a number from {min} to {max}"),
            Shape::Flag => "must be true or false".to_owned(),
            Shape::List { .. } => "must be a list".to_owned(),
            Shape::Object(_) => "must be an object".to_owned(),
        }
    }
}

/// Right is what one of them takes. What is wrong is said for the only one that is not
/// `null`, where that is so.
fn one_of(shapes: &[Shape], value: &Value, at: &str, wrong: &mut Vec<FieldError>) {
    if shapes.iter().any(|shape| shape.check(value).is_empty()) {
        return;
    }
    let mut others = shapes.iter().filter(|shape| !matches!(shape, Shape::Null));
    match (others.next(), others.next()) {
        (Some(only), None) => only.look(value, at, wrong),
        _ => wrong.push(FieldError::new(at, "must be one of what is described")),
    }
}

impl Text {
    fn complaint(&self, text: &str) -> Option<String> {
        if !self.words.is_empty() && !self.words.iter().any(|word| word == text) {
            return Some(format!("must be one of {}", self.words.join(", ")));
        }
        let length = text.chars().count();
        if !(self.min..=self.max).contains(&length) {
            let (min, max) = (self.min as i64, i64::try_from(self.max).unwrap_or(i64::MAX));
            return Some(between("must have a length", min, max));
        }
        // No store and no mail can carry it.
        if text.contains('\0') {
            return Some("must not hold the character NUL".to_owned());
        }
        let form = self.form?;
        (!(form.is)(text)).then(|| form.must_be.to_owned())
    }
}

impl Object {
    fn look(&self, map: &Map<String, Value>, at: &str, wrong: &mut Vec<FieldError>) {
        for (name, value) in map {
            let field = within(at, name);
            match (self.fields.get(name), &self.others) {
                (Some(shape), _) => shape.look(value, &field, wrong),
                (None, None) => wrong.push(FieldError::new(field, "is not known here")),
                (None, Some(shape)) => {
                    if let Some(names) = &self.names {
                        names.look(&Value::String(name.clone()), &field, wrong);
                    }
                    shape.look(value, &field, wrong);
                }
            }
        }
        for name in self.required.iter().filter(|name| !map.contains_key(*name)) {
            wrong.push(FieldError::new(within(at, name), "is missing"));
        }
        if !(self.min..=self.max).contains(&map.len()) {
            let detail = format!("must have {} to {} fields", self.min, self.max);
            wrong.push(FieldError::new(at, detail));
        }
    }
}

fn within(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}.{name}")
    }
}

fn between(what: &str, min: i64, max: i64) -> String {
    match (min, max) {
        (i64::MIN, i64::MAX) => what.to_owned(),
        (min, i64::MAX) => format!("{what} of at least {min}"),
        (i64::MIN, max) => format!("{what} of at most {max}"),
        (min, max) => format!("{what} from {min} to {max}"),
    }
}
