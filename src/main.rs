//! The binary `spanloom`: joins the crates, reads arguments, environment and configuration, serves.
//!
//! ```text
//! arguments -> configuration -> store + collector + query -> listeners (TLS, bounds) -> guard (Host, token) -> routers
//! ```

/// The command line.
mod arguments;
/// The web UI's files, embedded in the binary.
mod assets;
/// Commands that are not `serve`.
mod command;
/// The configuration file.
mod config;
/// A simulated mesh beside the server.
mod demo;
/// Who may come in.
mod guard;
/// Health, metrics, status and the API's description.
mod health;
/// Sockets, TLS and connections.
mod listener;
/// What the operating system knows about the process.
mod process;
/// What the server says of itself in Prometheus' API.
mod prometheus;
/// The server's own scraping.
mod scraping;
/// Start and stop of a server.
mod serve;
/// Our own log.
mod telemetry;
/// Certificates and keys.
mod tls;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser as _;

use crate::arguments::{Arguments, Command, Serve};
use crate::config::Config;

/// Columns are many blocks of all sizes that live for a moment or for minutes; see `docs/decisions/0018-jemalloc.md`.
#[cfg(all(unix, not(target_env = "musl")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// An arena for each core, and what was freed goes back to the system within a second: what a burst has left over seldom fits the
/// next one.
#[cfg(all(unix, not(target_env = "musl")))]
#[allow(unsafe_code)]
#[unsafe(export_name = "malloc_conf")]
static MALLOC_CONF: &[u8; 36] = b"narenas_ratio:1,dirty_decay_ms:1000\0";

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { place, command } = arguments;
    match command {
        Command::Version => command::version(),
        Command::Openapi => command::openapi(),
        Command::CheckConfig => command::check_config(&place),
        Command::Serve(Serve { demo }) => {
            let mut config = Config::load(&place)?;
            if demo {
                demo::settle(&mut config);
                demo::check(&config)?;
            }
            telemetry::start(&config.log);
            runtime()?.block_on(serve::serve(config, demo))
        }
        Command::Sql(question) => runtime()?.block_on(command::sql::run(&place, question)),
        Command::Traceql { explain, query } => command::traceql(explain, &query),
        Command::Promql(question) => command::promql(&question),
        Command::Verify => runtime()?.block_on(command::lake::verify(&place)),
        Command::Repair => runtime()?.block_on(command::lake::repair(&place)),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
