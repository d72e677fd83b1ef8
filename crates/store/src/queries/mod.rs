//! The text of the queries, shared by the SQL engines, and how their rows are read.
//!
//! A query of a load is a template: `{{FROM | ON}}` is where a key comes in, with `{a}`,
//! `{b}` and `{c}` for its values. It looks up one key; an engine that looks up many at once joins it
//! to a list of keys.

mod decode;
pub mod lists;
pub mod loads;

pub use decode::Columns;

use crate::tables::Type;

/// Puts parameters for one key into a template, `?1`, `?2` and `?3`.
///
/// # Panics
/// When the template has no place for them: it is a constant of this crate.
#[must_use]
pub fn render(template: &str) -> String {
    let (before, rest) = template.split_once("{{").expect("a place for the keys");
    let (place, after) = rest.rsplit_once("}}").expect("its end");
    let (from, on) = place.split_once('|').expect("FROM | ON");
    let (from, on) = (from.trim(), on.trim());
    let on = on.replace("{a}", "?1").replace("{b}", "?2");
    let on = on.replace("{c}", "?3");
    format!("{before}{from} WHERE {on}{after}")
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
    fn a_template_takes_the_parameters_of_a_key() {
        let template = "SELECT u.id FROM {{users u | u.domain = {a} AND u.id = {b}}} ORDER BY 1";
        assert_eq!(
            render(template),
            "SELECT u.id FROM users u WHERE u.domain = ?1 AND u.id = ?2 ORDER BY 1"
        );
    }
}
