//! Our own log, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::SubscriberBuilder;

use crate::config::{LogConfig, LogFormat};

/// Libraries that tell at `info` of every step that they take; `log.level` may name them to hear it.
const QUIET: &str = "buoyant_kernel=warn,deltalake_core=warn";

/// Starts the log of the process; what was logged before is lost, and a second call changes nothing.
pub fn start(config: &LogConfig) {
    // A level that cannot be was refused with the configuration.
    let filter = EnvFilter::new(format!("{QUIET},{}", config.level));
    let builder = SubscriberBuilder::default().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match config.format {
        LogFormat::Text => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    if let Err(error) = started {
        tracing::debug!(error, "the log was started before");
    }
}

/// The log of a command that prints its result: only what went wrong.
pub fn start_quiet() {
    start(&LogConfig { level: "error".to_owned(), format: LogFormat::Text });
}
