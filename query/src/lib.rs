//! Question in, answer out: SQL, traces and the service graph, over HTTP and for the command line.
//!
//! This crate reads tables and never writes one. It knows nothing of how data comes in, and it trusts no question: each is
//! bounded in memory, time and number, and sees one tenant only.
//!
//! ```text
//! HTTP -> admit the tenant -> take one view -> wait for a turn -> session -> plan, prune, scan -> rows -> JSON, OTLP, Arrow
//! ```

/// The bounds that can be set.
mod config;
/// Naming the damaged file behind a failed read.
mod damage;
/// Turns, time and threads of queries.
mod engine;
/// The crate's error and its HTTP statuses.
mod error;
/// Plans that give their thread away.
mod fairness;
/// SQL functions on ids.
mod functions;
/// The service graph.
mod graph;
/// Groups of texts by their codes.
mod grouping;
/// Routes, parameters and bodies.
mod http;
/// Reading the ledger.
mod ledger;
/// Graphs that follow the tables.
mod live;
/// Memory of one query and of all.
mod memory;
/// Series, stored and derived, as Prometheus' API asks for them.
mod metric_store;
/// What queries count about themselves.
mod metrics;
/// Rows back to OTLP.
mod otlp;
/// The HTTP API of Prometheus.
pub mod prometheus;
/// The language PromQL.
pub mod promql;
/// The door: what the binary holds.
mod query;
/// The fourth golden signal, from stored metrics.
mod saturation;
/// Traces by TraceQL.
mod search;
/// A DataFusion session for one query.
mod session;
/// Golden signals of one service.
mod signals;
/// SQL texts: parsing, refusals, rows as JSON.
mod sql;
/// Lake and hot rows as DataFusion tables.
mod table;
/// Which attributes there are, and their values.
mod tags;
/// Tempo's API: its messages, and what both of its faces, HTTP and gRPC, share.
mod tempo;
/// Times as people write them.
mod time;
/// One trace by id.
mod trace;
/// Series out of spans.
mod trace_metrics;
/// The language TraceQL.
mod traceql;
/// The list of traces.
mod traces;
/// Metrics that are derived from the ledger.
mod virtual_metrics;

pub use config::{Config, HealthConfig};
pub use error::{Position, QueryError};
pub use http::ApiDoc;
pub use metric_store::{Settings as PrometheusSettings, TargetsOf};
pub use query::{Query, SqlAnswer, StartError};
pub use traceql::{explain as explain_traceql, format as format_traceql};

#[cfg(test)]
mod tests;
