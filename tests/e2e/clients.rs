//! Runs the programs of `tests/clients` with what `tests/setup.sh` installed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

/// A bound for one program; the longest runs a mesh for ten seconds.
const PROGRAM_TIME_MAX: Duration = Duration::from_secs(300);

/// The directory of the clients. Where there is none the caller has nothing to do: it was said, or the test has failed.
pub fn installed(test: &str) -> Option<PathBuf> {
    let found = std::env::var_os("SPANLOOM_CLIENTS").map(PathBuf::from).filter(|path| path.is_dir());
    if found.is_none() {
        let why = format!("{test} skipped: SPANLOOM_CLIENTS names no directory; tests/setup.sh makes one");
        assert!(std::env::var_os("SPANLOOM_REQUIRE_CLIENTS").is_none_or(|value| value != "1"), "{why}");
        eprintln!("{why}");
    }
    found.map(|path| path.canonicalize().expect("a directory has a path"))
}

/// A program of `tests/clients`, in Python or in Node by its name.
pub fn program(clients: &Path, name: &str) -> Command {
    let interpreter = if name.ends_with(".py") { clients.join("python/bin/python") } else { PathBuf::from("node") };
    let mut command = Command::new(interpreter);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name));
    command.env("SPANLOOM_CLIENTS", clients).env("PYTHONDONTWRITEBYTECODE", "1");
    // Nothing in the environment of whoever runs the tests may turn an exporter elsewhere.
    for (name, _) in std::env::vars_os().filter(|(name, _)| is_foreign(name)) {
        command.env_remove(name);
    }
    command
}

fn is_foreign(name: &std::ffi::OsStr) -> bool {
    let name = name.to_string_lossy().to_ascii_lowercase();
    name.starts_with("otel_") || name.ends_with("_proxy")
}

/// Runs a program to its end and returns the JSON that it prints.
///
/// # Panics
/// When it fails, with what it wrote to its error stream.
pub async fn run(mut command: Command) -> Value {
    let running = command.stdin(Stdio::null()).kill_on_drop(true).output();
    let ended = tokio::time::timeout(PROGRAM_TIME_MAX, running).await;
    let output = ended.unwrap_or_else(|_| panic!("{command:?} did not end")).expect("start the program");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{errors}", output.status);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{command:?} printed no JSON: {error}\n{errors}"))
}
