//! `/prometheus/api/v1/targets` and `/prometheus/api/v1/scrape_pools`.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;

use super::{NEVER, rfc3339};
use crate::prometheus::Api;
use crate::prometheus::answer;
use crate::prometheus::asked::Asked;
use crate::prometheus::failure::Refusal;
use crate::prometheus::store::MetricStore;
use crate::prometheus::view::{DroppedTarget, Target, Targets};
use crate::promql::duration;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Discovered<'a> {
    active_targets: Vec<Active<'a>>,
    dropped_targets: Vec<Dropped<'a>>,
    dropped_target_counts: BTreeMap<&'a str, u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Active<'a> {
    discovered_labels: &'a BTreeMap<String, String>,
    labels: BTreeMap<&'a str, &'a str>,
    scrape_pool: &'a str,
    scrape_url: &'a str,
    /// As others reach it; here it is the same.
    global_url: &'a str,
    last_error: &'a str,
    last_scrape: String,
    /// Seconds.
    last_scrape_duration: f64,
    health: &'static str,
    scrape_interval: String,
    scrape_timeout: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dropped<'a> {
    discovered_labels: &'a BTreeMap<String, String>,
    scrape_pool: &'a str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ScrapePools<'a> {
    scrape_pools: BTreeSet<&'a str>,
}

/// What is scraped, and what relabelling dropped.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/targets",
    operation_id = "prometheus_targets",
    tag = "prometheus",
    params(
        ("state" = Option<String>, Query, description = "`active`, `dropped` or `any`. Default `any`"),
        ("scrapePool" = Option<String>, Query, description = "Of this scrape configuration only"),
    ),
    responses((status = 200, description = "Lists of targets", content_type = "application/json"))
)]
pub async fn targets<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let targets = api.store.targets(&asked.tenant).await?;
    let state = asked.params.get("state").to_lowercase();
    let is_shown = |kind: &str| matches!(&*state, "" | "any") || state == kind;
    answer::data(&discovered(&targets, asked.params.get("scrapePool"), is_shown))
}

/// Targets by pool, of one pool or of all.
fn discovered<'a>(targets: &'a Targets, pool: &str, is_shown: impl Fn(&str) -> bool) -> Discovered<'a> {
    let is_asked = |held: &str| pool.is_empty() || held == pool;
    let mut found =
        Discovered { active_targets: Vec::new(), dropped_targets: Vec::new(), dropped_target_counts: BTreeMap::new() };
    if is_shown("active") {
        found.active_targets.extend(targets.active.iter().filter(|target| is_asked(&target.pool)).map(active));
        found.active_targets.sort_by_key(|target| target.scrape_pool);
    }
    if is_shown("dropped") {
        found.dropped_targets.extend(targets.dropped.iter().filter(|target| is_asked(&target.pool)).map(dropped));
        found.dropped_targets.sort_by_key(|target| target.scrape_pool);
        let counts = targets.dropped_by_pool.iter().filter(|(held, _)| is_asked(held));
        found.dropped_target_counts.extend(counts.map(|(pool, count)| (pool.as_str(), *count)));
    }
    found
}

fn active(target: &Target) -> Active<'_> {
    Active {
        discovered_labels: &target.discovered,
        labels: target.labels.iter().map(|label| (&*label.name, &*label.value)).collect(),
        scrape_pool: &target.pool,
        scrape_url: &target.url,
        global_url: &target.url,
        last_error: &target.last_error,
        last_scrape: target.last_scrape_ms.map_or_else(|| NEVER.to_owned(), rfc3339),
        last_scrape_duration: target.last_scrape_seconds,
        health: target.health.name(),
        scrape_interval: duration::text(target.interval_ms),
        scrape_timeout: duration::text(target.timeout_ms),
    }
}

fn dropped(target: &DroppedTarget) -> Dropped<'_> {
    Dropped { discovered_labels: &target.discovered, scrape_pool: &target.pool }
}

/// The names of scrape configurations that have targets.
#[utoipa::path(
    get,
    path = "/prometheus/api/v1/scrape_pools",
    operation_id = "prometheus_scrape_pools",
    tag = "prometheus",
    responses((status = 200, description = "`scrapePools`, sorted", content_type = "application/json"))
)]
pub async fn scrape_pools<S: MetricStore>(State(api): State<Api<S>>, asked: Asked<S>) -> Result<Response, Refusal> {
    let targets = api.store.targets(&asked.tenant).await?;
    let of_active = targets.active.iter().map(|target| target.pool.as_str());
    let of_dropped = targets.dropped_by_pool.keys().map(String::as_str);
    answer::data(&ScrapePools { scrape_pools: of_active.chain(of_dropped).collect() })
}
