//! `/prometheus/api/v1/metadata`.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use spanloom_store::series::MetricMetadata;

use crate::prometheus::Api;
use crate::prometheus::answer;
use crate::prometheus::asked::Asked;
use crate::prometheus::failure::Refusal;
use crate::prometheus::params::RESULTS_MAX;
use crate::prometheus::store::{MetadataSought, MetricStore};

/// Types, help texts and units of metrics.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/metadata",
    operation_id = "prometheus_metadata",
    tag = "prometheus",
    params(
        ("metric" = Option<String>, Query, description = "Of this metric only"),
        ("limit" = Option<i64>, Query, description = "At most this many metrics; negative: all"),
        ("limit_per_metric" = Option<i64>, Query, description = "At most this many of one; 0 or negative: all"),
    ),
    responses(
        (status = 200, description = "Lists of `type`, `help` and `unit` by metric", content_type = "application/json"),
        (status = 400, description = "A parameter is not understood (`bad_data`)"),
    )
)]
pub async fn metadata<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let Asked { tenant, params } = asked;
    let metrics_max = params.number("limit")?.unwrap_or(RESULTS_MAX).min(RESULTS_MAX);
    let each_max = params.number("limit_per_metric")?.filter(|max| *max > 0).unwrap_or(usize::MAX);
    let metric = Some(params.get("metric")).filter(|metric| !metric.is_empty()).map(str::to_owned);
    let known = api.store.metadata(&tenant, MetadataSought { metric, metrics_max }).await?;
    answer::data(&by_metric(&known, metrics_max, each_max))
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Described<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    help: &'a str,
    unit: &'a str,
}

/// What is known of each metric, each description once.
fn by_metric(known: &[MetricMetadata], metrics_max: usize, each_max: usize) -> BTreeMap<&str, Vec<Described<'_>>> {
    let mut metrics: BTreeMap<&str, Vec<Described<'_>>> = BTreeMap::new();
    for metadata in known {
        let is_new = !metrics.contains_key(&*metadata.family);
        if is_new && metrics.len() >= metrics_max {
            continue;
        }
        let described = Described { kind: metadata.kind.name(), help: &metadata.help, unit: &metadata.unit };
        let held = metrics.entry(&metadata.family).or_default();
        if held.len() < each_max && !held.contains(&described) {
            held.push(described);
        }
    }
    metrics
}
