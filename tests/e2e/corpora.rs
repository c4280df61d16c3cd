//! Recordings of others, which are no part of the project.

use std::path::PathBuf;

/// A directory of `SPANLOOM_CORPORA`. Where there is none the caller has nothing to do: it was said, or the test has
/// failed.
pub fn directory(test: &str, name: &str) -> Option<PathBuf> {
    let found = std::env::var_os("SPANLOOM_CORPORA").map(|corpora| PathBuf::from(corpora).join(name));
    let found = found.filter(|path| path.is_dir());
    if found.is_none() {
        let why = format!("{test} skipped: SPANLOOM_CORPORA names no directory with {name}");
        assert!(std::env::var_os("SPANLOOM_REQUIRE_CORPORA").is_none_or(|value| value != "1"), "{why}");
        eprintln!("{why}");
    }
    found
}
