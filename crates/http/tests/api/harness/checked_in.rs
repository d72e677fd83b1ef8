//! Files that are checked in and made by a test: compared, or written anew when asked to.

use std::path::Path;

/// Fails when the file is not this text. With USHER_BLESS=1 the file is written instead.
#[track_caller]
pub fn compare(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("USHER_BLESS").is_some() {
        std::fs::write(&path, text).expect("the file is written");
        return;
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    if written == text {
        return;
    }
    let differing = written
        .lines()
        .zip(text.lines())
        .find(|(old, new)| old != new);
    panic!(
        "{} is not what the code says; USHER_BLESS=1 writes it anew. First difference: {differing:?}",
        path.display()
    );
}
