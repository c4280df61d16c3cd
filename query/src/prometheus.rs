//! The HTTP API of Prometheus 3 under `/prometheus`, as Grafana, Kiali and `promtool` call it.
//!
//! ```text
//! request -> Asked (tenant, parameters of URL and form) -> handler -> MetricStore -> answer (JSON, piece by piece)
//!                          \-> Refusal (status, errorType, error) <-----/
//! ```
//!
//! What is stored and where lies behind [`MetricStore`]. Source: "HTTP API" of the documentation of Prometheus
//! (prometheus.io/docs/prometheus/latest/querying/api).

/// Bodies of answers.
mod answer;
/// What a request asks, and for whom.
mod asked;
/// What is answered when there is no answer.
mod failure;
/// One function for each route.
mod handlers;
/// Parameters of requests.
mod params;
/// Where series are kept.
mod store;
/// A tree of PromQL as JSON.
mod tree;
/// What a store says of itself.
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use utoipa::OpenApi;

pub use failure::Failure;
pub use store::{
    Answered, Exemplar, MetadataSought, MetricStore, Question, Reply, SeriesExemplars, Sought, TIME_MS_MAX, TimeRange,
    Timings,
};
pub use view::{Cardinality, Count, DroppedTarget, Health, Status, Target, Targets};

use crate::promql::ParseOptions;
use asked::FORM_BYTES_MAX;
use handlers::{exemplars, health, labels, language, metadata, query, rules, series, status, targets};

/// Where everything lies.
const PREFIX: &str = "/prometheus";

/// What the server says of itself, and what it reads. There are no `features`: a server that lists some is taken for
/// Mimir.
#[derive(Debug, Clone)]
pub struct About {
    /// Of the Prometheus that is spoken: clients compare it.
    pub version: String,
    /// Our own version and revision.
    pub revision: String,
    pub branch: String,
    pub build_user: String,
    pub build_date: String,
    /// Of the compiler; the field is called `goVersion`.
    pub compiler: String,
    /// What of PromQL `format_query`, `parse_query` and `query_exemplars` read.
    pub parse: ParseOptions,
}

/// What handlers share.
#[derive(Debug, Clone)]
struct Api<S> {
    store: S,
    about: Arc<About>,
}

/// The routes and their OpenAPI descriptions, for the binary to merge.
#[derive(OpenApi)]
#[openapi(paths(
    query::instant,
    query::range,
    labels::names,
    labels::values,
    series::series,
    metadata::metadata,
    exemplars::exemplars,
    rules::rules,
    rules::alerts,
    rules::alertmanagers,
    targets::targets,
    targets::scrape_pools,
    language::format_query,
    language::parse_query,
    status::buildinfo,
    status::config,
    status::flags,
    status::runtimeinfo,
    status::tsdb,
    health::healthy,
    health::ready
))]
pub struct ApiDoc;

/// All routes over a store. Requests that are no longer waited for end: their evaluation is cancelled.
pub fn router<S: MetricStore>(store: S, about: About) -> Router {
    let api = Api { store, about: Arc::new(about) };
    let routes = questions().merge(states()).layer(DefaultBodyLimit::max(FORM_BYTES_MAX));
    Router::new().nest(PREFIX, routes.with_state(api))
}

/// What is asked about series.
fn questions<S: MetricStore>() -> Router<Api<S>> {
    Router::new()
        .route("/api/v1/query", get(query::instant).post(query::instant))
        .route("/api/v1/query_range", get(query::range).post(query::range))
        .route("/api/v1/labels", get(labels::names).post(labels::names))
        .route("/api/v1/label/{name}/values", get(labels::values))
        .route("/api/v1/series", get(series::series).post(series::series))
        .route("/api/v1/metadata", get(metadata::metadata))
        .route("/api/v1/query_exemplars", get(exemplars::exemplars).post(exemplars::exemplars))
        .route("/api/v1/format_query", get(language::format_query).post(language::format_query))
        .route("/api/v1/parse_query", get(language::parse_query).post(language::parse_query))
}

/// What is asked about the server.
fn states<S: MetricStore>() -> Router<Api<S>> {
    Router::new()
        .route("/api/v1/rules", get(rules::rules))
        .route("/api/v1/alerts", get(rules::alerts))
        .route("/api/v1/alertmanagers", get(rules::alertmanagers))
        .route("/api/v1/targets", get(targets::targets))
        .route("/api/v1/scrape_pools", get(targets::scrape_pools))
        .route("/api/v1/status/buildinfo", get(status::buildinfo))
        .route("/api/v1/status/config", get(status::config))
        .route("/api/v1/status/flags", get(status::flags))
        .route("/api/v1/status/runtimeinfo", get(status::runtimeinfo))
        .route("/api/v1/status/tsdb", get(status::tsdb))
        .route("/-/healthy", get(health::healthy))
        .route("/-/ready", get(health::ready))
}

#[cfg(test)]
mod tests;
