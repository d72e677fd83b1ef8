//! The OpenAPI document itself.

use std::collections::BTreeSet;

use crate::harness::checked_in;
use crate::harness::conform::{DOCUMENT, operations};
use usher_http::shape::Schemas;

#[test]
fn the_checked_in_document_is_what_the_code_says() {
    let text = format!("{}\n", usher_http::openapi_json());
    checked_in::compare("../../docs/openapi.json", &text);
}

#[test]
fn it_is_openapi_3_1() {
    assert_eq!(DOCUMENT["openapi"], "3.1.0");
}

#[test]
fn every_schema_can_be_checked() {
    let schemas = Schemas::of_document(&DOCUMENT);
    let components = DOCUMENT["components"]["schemas"].as_object();
    for schema in components.expect("schemas").values() {
        // Panics at a keyword that nothing here enforces.
        let _ = schemas.compile(schema);
    }
    for (_, _, operation) in operations() {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] == "query" {
                let _ = schemas.compile(&parameter["schema"]);
            }
        }
    }
}

#[test]
fn every_request_refuses_fields_that_it_does_not_know() {
    for (method, path, operation) in operations() {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let Some(name) = schema["$ref"].as_str() else {
            continue;
        };
        let name = name.rsplit('/').next().expect("a name");
        let closed = &DOCUMENT["components"]["schemas"][name]["additionalProperties"];
        assert_eq!(closed, false, "{method} {path}: {name}");
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_and_says_what_it_does() {
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations() {
        let name = operation["operationId"].as_str().unwrap_or_default();
        assert!(
            !name.is_empty() && names.insert(name),
            "{method} {path}: {name}"
        );
        assert!(operation["summary"].is_string(), "{method} {path}");
        assert!(operation["tags"][0].is_string(), "{method} {path}");
    }
}

/// Only these refuse nobody.
#[test]
fn every_other_operation_describes_its_refusals() {
    let open = ["see_live", "see_ready", "see_openapi", "see_keys"];
    for (method, path, operation) in operations() {
        let responses = operation["responses"].as_object().expect("responses");
        let refuses = responses.keys().any(|status| status.starts_with('4'));
        let name = operation["operationId"].as_str().expect("a name");
        assert_ne!(refuses, open.contains(&name), "{method} {path}");
    }
}

/// Two types of the same name would overwrite each other in the document.
#[test]
fn no_two_wire_types_have_the_same_name() {
    let mut names = BTreeSet::new();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in files(&root) {
        let text = std::fs::read_to_string(&file).expect("a file");
        let mut described = false;
        for line in text.lines() {
            described |= line.starts_with("#[derive(") && line.contains("ToSchema");
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["pub", "struct" | "enum", name, ..] = words[..]
                && std::mem::take(&mut described)
            {
                let name = name.trim_end_matches(['{', '(']).to_owned();
                let file = file.display();
                assert!(names.insert(name.clone()), "{name} in {file}");
            }
        }
    }
    assert!(names.len() > 50, "found {}", names.len());
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let found = paths.flat_map(|path| match path.is_dir() {
        true => files(&path),
        false => vec![path],
    });
    found.collect()
}
