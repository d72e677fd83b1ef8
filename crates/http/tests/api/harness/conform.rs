//! Holding answers against the document: no status, media type, code or body that it does
//! not describe.

use std::sync::LazyLock;

use axum::http::Method;
use serde_json::Value;
use usher_http::shape::Schemas;

use super::Answer;

/// The document, as JSON.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::to_value(usher_http::openapi()).expect("the document has a JSON form")
});

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| Schemas::of_document(&DOCUMENT));

/// Every operation: its method in capitals, its template, and what the document says of it.
pub fn operations() -> Vec<(String, String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("a path").iter();
        methods.map(|(method, operation)| (method.to_uppercase(), path.clone(), operation))
    });
    operations.collect()
}

/// The operation that a request was for.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or_default();
    let method = method.as_str().to_lowercase();
    let paths = DOCUMENT["paths"].as_object()?;
    let fitting = paths.iter().filter(|(template, _)| fits(template, path));
    // What is written out counts more than what is filled in.
    let (_, item) = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
    item.get(method)
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path) = (template.split('/'), path.split('/'));
    let same = template.clone().count() == path.clone().count();
    same && template
        .zip(path)
        .all(|(known, asked)| known == asked || (known.starts_with('{') && !asked.is_empty()))
}

/// Fails when the answer is not what the document says.
#[track_caller]
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path) else {
        return;
    };
    let Answer { what, status, .. } = answer;
    let response = &operation["responses"][status.to_string()];
    let described = response.is_object();
    assert!(
        described,
        "{what}: {status} is not described: {}",
        answer.text
    );
    let Some(contents) = response["content"].as_object() else {
        assert_eq!(answer.text, "", "{what}: {status} has no body");
        return;
    };
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default();
    let content = contents.get(kind);
    let content = content.unwrap_or_else(|| panic!("{what}: {status} as {kind} is not described"));
    if !kind.ends_with("json") {
        return;
    }
    let shape = SCHEMAS.compile(&content["schema"]);
    let wrong = shape.check(&answer.body);
    assert!(wrong.is_empty(), "{what}: {wrong:?} in {}", answer.text);
    if let Some(code) = answer.body["code"].as_str() {
        let description = response["description"].as_str().expect("a description");
        let named = description.contains(&format!("`{code}`"));
        assert!(
            named,
            "{what}: {status} {code} is not described: {description}"
        );
    }
}
