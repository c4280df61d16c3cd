//! Commands that do one thing and end.

/// `verify` and `repair`.
pub mod lake;
/// `sql`.
pub mod sql;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use spanloom_query::promql::{self, ParseOptions};

use crate::arguments::{Place, Promql};
use crate::config::Config;
use crate::{health, serve};

/// Prints a text to standard output. A reader that has gone, as `head` does, has seen enough.
pub fn print(text: &str) -> Result<()> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

pub fn version() -> Result<ExitCode> {
    print(concat!("spanloom ", env!("CARGO_PKG_VERSION"), "\n"))?;
    Ok(ExitCode::SUCCESS)
}

pub fn openapi() -> Result<ExitCode> {
    print(&(health::api_doc().to_pretty_json()? + "\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// A TraceQL query laid out, or every stage of it.
///
/// # Errors
/// Where the query is wrong, with line and column.
pub fn traceql(is_explained: bool, query: &str) -> Result<ExitCode> {
    let shown = if is_explained {
        spanloom_query::explain_traceql(query)
    } else {
        spanloom_query::format_traceql(query).map(|query| query + "\n")
    };
    match shown {
        Ok(shown) => print(&shown)?,
        Err(error) => match error.position() {
            Some(place) => anyhow::bail!("line {}, column {}: {error}", place.line, place.column),
            None => return Err(error.into()),
        },
    }
    Ok(ExitCode::SUCCESS)
}

/// A PromQL expression laid out, or every stage of reading it. The whole language is understood.
///
/// # Errors
/// Where the expression is wrong: `line:column: parse error: message`.
pub fn promql(question: &Promql) -> Result<ExitCode> {
    let shown = match question {
        Promql::Format { query } => promql::pretty(&promql::parse(query, &ParseOptions::all())?) + "\n",
        Promql::Explain { query } => promql::explain(query)?,
    };
    print(&shown)?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the configuration and the files that it names, and starts nothing.
///
/// # Errors
/// What `serve` would fail with before it opens the data directory.
pub fn check_config(place: &Place) -> Result<ExitCode> {
    let config = Config::load(place)?;
    serve::check_files(&config)?;
    let of = place.config.as_ref().map_or_else(|| "the default".to_owned(), |path| path.display().to_string());
    print(&format!("{of}: the configuration is valid\n"))?;
    Ok(ExitCode::SUCCESS)
}
