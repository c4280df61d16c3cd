//! `/prometheus/api/v1/status/…`: what the server is and how it is doing. Fields that only a Go program has are
//! there, since clients read them, and empty.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::rfc3339;
use crate::prometheus::Api;
use crate::prometheus::answer;
use crate::prometheus::asked::Asked;
use crate::prometheus::failure::Refusal;
use crate::prometheus::store::MetricStore;
use crate::prometheus::view::{Cardinality, Count, Status};
use crate::promql::duration;

/// So many of each kind are listed where nothing is said.
const TOP: usize = 10;
/// More are not listed.
const TOP_MAX: usize = 10_000;

/// Without `features`: Grafana takes a server that lists some for Mimir.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BuildInfo<'a> {
    version: &'a str,
    revision: &'a str,
    branch: &'a str,
    build_user: &'a str,
    build_date: &'a str,
    go_version: &'a str,
}

#[derive(Debug, Serialize)]
struct Config {
    yaml: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RuntimeInfo<'a> {
    start_time: String,
    #[serde(rename = "CWD")]
    directory: &'a str,
    hostname: &'a str,
    server_time: String,
    reload_config_success: bool,
    last_config_time: String,
    corruption_count: u64,
    /// Tasks, which are what Go calls so.
    goroutine_count: usize,
    #[serde(rename = "GOMAXPROCS")]
    threads: usize,
    /// Bytes; the largest integer when nothing bounds them.
    #[serde(rename = "GOMEMLIMIT")]
    memory_bytes_max: i64,
    #[serde(rename = "GOGC")]
    collection: &'static str,
    #[serde(rename = "GODEBUG")]
    debugging: &'static str,
    storage_retention: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Tsdb<'a> {
    head_stats: HeadStats,
    series_count_by_metric_name: Vec<Counted<'a>>,
    label_value_count_by_label_name: Vec<Counted<'a>>,
    memory_in_bytes_by_label_name: Vec<Counted<'a>>,
    series_count_by_label_value_pair: Vec<Counted<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HeadStats {
    num_series: u64,
    num_label_pairs: u64,
    chunk_count: u64,
    min_time: i64,
    max_time: i64,
}

#[derive(Debug, Serialize)]
struct Counted<'a> {
    name: &'a str,
    value: u64,
}

/// Which Prometheus is spoken, and who speaks.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/status/buildinfo",
    operation_id = "prometheus_buildinfo",
    tag = "prometheus",
    responses((status = 200, description = "`version`, `revision` and more", content_type = "application/json"))
)]
pub async fn buildinfo<S: MetricStore>(State(api): State<Api<S>>, _: Asked<S>) -> Result<Response, Refusal> {
    let about = &api.about;
    answer::data(&BuildInfo {
        version: &about.version,
        revision: &about.revision,
        branch: &about.branch,
        build_user: &about.build_user,
        build_date: &about.build_date,
        go_version: &about.compiler,
    })
}

/// The intervals of scrapes, as Prometheus' configuration has them.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/status/config",
    operation_id = "prometheus_config",
    tag = "prometheus",
    responses((status = 200, description = "`yaml`", content_type = "application/json"))
)]
pub async fn config<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let Status { scrape_interval_ms, scrape_timeout_ms, evaluation_interval_ms, .. } =
        api.store.status(&asked.tenant).await?;
    let [interval, timeout, evaluation] =
        [scrape_interval_ms, scrape_timeout_ms, evaluation_interval_ms].map(duration::text);
    let yaml = format!(
        "global:\n  scrape_interval: {interval}\n  scrape_timeout: {timeout}\n  evaluation_interval: {evaluation}\n"
    );
    answer::data(&Config { yaml })
}

/// Settings by the names of Prometheus' flags.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/status/flags",
    operation_id = "prometheus_flags",
    tag = "prometheus",
    responses((status = 200, description = "Texts by name", content_type = "application/json"))
)]
pub async fn flags<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let flags: BTreeMap<String, String> = api.store.status(&asked.tenant).await?.flags;
    answer::data(&flags)
}

/// How the server is doing.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/status/runtimeinfo",
    operation_id = "prometheus_runtimeinfo",
    tag = "prometheus",
    responses((status = 200, description = "`startTime`, `storageRetention`, …", content_type = "application/json"))
)]
pub async fn runtimeinfo<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let status = api.store.status(&asked.tenant).await?;
    let memory_bytes_max = status.memory_bytes_max.and_then(|bytes| i64::try_from(bytes).ok());
    answer::data(&RuntimeInfo {
        start_time: rfc3339(status.start_ms),
        directory: &status.directory,
        hostname: &status.host,
        server_time: rfc3339(api.store.now_ms()),
        // A server whose configuration is wrong does not start.
        reload_config_success: true,
        last_config_time: rfc3339(status.config_ms),
        corruption_count: status.damaged,
        goroutine_count: tokio::runtime::Handle::current().metrics().num_alive_tasks(),
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        memory_bytes_max: memory_bytes_max.unwrap_or(i64::MAX),
        collection: "",
        debugging: "",
        storage_retention: &status.retention,
    })
}

/// How many series, labels and values there are.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/status/tsdb",
    operation_id = "prometheus_tsdb",
    tag = "prometheus",
    params(("limit" = Option<usize>, Query, description = "How many of each kind, 1 to 10000. Default 10")),
    responses(
        (status = 200, description = "`headStats`, and the largest of each kind", content_type = "application/json"),
        (status = 400, description = "A parameter is not understood (`bad_data`)"),
    )
)]
pub async fn tsdb<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let top = match asked.params.get("limit") {
        "" => TOP,
        limit => limit
            .parse()
            .ok()
            .filter(|top| *top > 0)
            .ok_or_else(|| Refusal::bad_data("limit must be a positive number"))?,
    };
    if top > TOP_MAX {
        return Err(Refusal::bad_data(format!("limit must not exceed {TOP_MAX}")));
    }
    let cardinality = api.store.cardinality(&asked.tenant, top).await?;
    answer::data(&tsdb_status(&cardinality, top))
}

fn tsdb_status(cardinality: &Cardinality, top: usize) -> Tsdb<'_> {
    // Of a head without samples Prometheus says that its first one comes after all others.
    let (min_time, max_time) = cardinality.times_ms.unwrap_or((i64::MAX, i64::MIN));
    Tsdb {
        head_stats: HeadStats {
            num_series: cardinality.series,
            num_label_pairs: cardinality.label_pairs,
            chunk_count: cardinality.pieces,
            min_time,
            max_time,
        },
        series_count_by_metric_name: largest_of(&cardinality.series_by_metric, top),
        label_value_count_by_label_name: largest_of(&cardinality.values_by_label, top),
        memory_in_bytes_by_label_name: largest_of(&cardinality.bytes_by_label, top),
        series_count_by_label_value_pair: largest_of(&cardinality.series_by_pair, top),
    }
}

fn largest_of(counts: &[Count], top: usize) -> Vec<Counted<'_>> {
    counts.iter().take(top).map(|count| Counted { name: &count.name, value: count.value }).collect()
}
