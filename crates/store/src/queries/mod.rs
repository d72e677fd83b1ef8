//! The text of the queries, shared by the SQL engines, and how their rows are read.
//!
//! A query of a load is a template: `{{FROM | ON}}` is where the keys come in. An engine
//! that looks keys up one by one makes `FROM WHERE ON` of it, with `{a}` and `{b}` as
//! parameters; one that looks up many at once joins them to a list of keys.

mod decode;
pub mod lists;
pub mod loads;

pub use decode::Columns;

use crate::tables::Type;

/// How an engine writes the keys into a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// One key at a time: parameters `?1`, `?2`.
    OneByOne,
    /// All keys at once: parameters `$1`, `$2` are arrays.
    AtOnce,
}

/// Puts the keys into a template.
///
/// # Panics
/// When the template has no place for them: it is a constant of this crate.
#[must_use]
pub fn render(template: &str, keys: &[Type], style: Style) -> String {
    let (before, rest) = template.split_once("{{").expect("a place for the keys");
    let (place, after) = rest.rsplit_once("}}").expect("its end");
    let (from, on) = place.split_once('|').expect("FROM | ON");
    let (from, on) = (from.trim(), on.trim());
    match style {
        Style::OneByOne => {
            let on = on.replace("{a}", "?1").replace("{b}", "?2");
            format!("{before}{from} WHERE {on}{after}")
        }
        Style::AtOnce => {
            let arrays: Vec<String> = keys
                .iter()
                .enumerate()
                .map(|(i, key)| format!("${}::{}[]", i + 1, postgres_type(*key)))
                .collect();
            let names = if keys.len() == 1 { "a" } else { "a, b" };
            let on = on.replace("{a}", "keys.a").replace("{b}", "keys.b");
            let arrays = arrays.join(", ");
            format!("{before}unnest({arrays}) AS keys({names}) JOIN ({from}) ON {on}{after}")
        }
    }
}

/// The name of a column type in PostgreSQL.
#[must_use]
pub fn postgres_type(kind: Type) -> &'static str {
    match kind {
        Type::Id => "uuid",
        Type::Int => "int8",
        Type::Text => "text",
        Type::Blob => "bytea",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_serves_both_styles() {
        let template = "SELECT u.id FROM {{users u | u.domain = {a} AND u.id = {b}}} ORDER BY 1";
        let keys = [Type::Id, Type::Id];
        assert_eq!(
            render(template, &keys, Style::OneByOne),
            "SELECT u.id FROM users u WHERE u.domain = ?1 AND u.id = ?2 ORDER BY 1"
        );
        assert_eq!(
            render(template, &keys, Style::AtOnce),
            "SELECT u.id FROM unnest($1::uuid[], $2::uuid[]) AS keys(a, b) JOIN (users u) \
             ON u.domain = keys.a AND u.id = keys.b ORDER BY 1"
        );
    }
}
