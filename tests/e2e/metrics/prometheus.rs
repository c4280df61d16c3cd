//! A real Prometheus scrapes a real mesh and writes what it gets to Spanloom; asked the same, both answer the same.
//!
//! Distributions carry Prometheus 2, whose windows are closed on both sides. Questions are asked at a fraction of a second
//! at which no proxy was scraped, and all windows, steps and offsets are whole seconds, so that no sample lies on an edge.

use std::collections::BTreeSet;
use std::path::Path;

use super::api::{Answer, Api, Range, are_close, difference};
use super::now_ms;
use crate::clients;
use crate::harness::{Server, Site, eventually};
use crate::mesh;
use queries::QUERIES;
use server::Prometheus;

/// What is asked.
mod queries;
/// A Prometheus that runs while a test does.
pub mod server;

/// Each proxy is scraped so often before anything is asked.
const SCRAPES: f64 = 40.0;
/// A scrape that began before a time may be written this much later.
const SCRAPE_MS_MAX: i64 = 3_000;
const RANGE_MS: i64 = 12_000;
const STEP_MS: i64 = 1_000;
/// Both compute in floats, in orders of their own.
const RELATIVE_MAX: f64 = 1e-9;
/// Answers that say something, instant and ranges together: four queries ask for what is not there.
const FULL_MIN: usize = 2 * (QUERIES.len() - 4);
/// A Prometheus on a busy machine scrapes at a full second now and then.
const TAKES_MAX: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_and_spanloom_answer_alike_what_prometheus_wrote() {
    let Some(clients) = clients::installed("a Prometheus that scrapes a mesh") else { return };
    for _ in 0..TAKES_MAX {
        if compare(&clients).await {
            return;
        }
    }
    panic!("no time of a second was free of scrapes, {TAKES_MAX} times over");
}

/// Has a mesh scraped and compares all answers; returns false where that says nothing: a sample lies on an edge.
async fn compare(clients: &Path) -> bool {
    let site = Site::new("hot: { age_max: 5s }");
    let spanloom = site.start().await;
    let mesh = mesh::start(clients, &site, &spanloom.endpoints.otlp_grpc, &["--rate", "20"]).await;
    let targets: Vec<&str> = mesh.admins.values().map(String::as_str).collect();
    let config = config(&targets, &spanloom);
    let Some(prometheus) = Prometheus::start(clients, site.path(), &config).await else { return true };
    let (reference, ours) = (prometheus.api(), Api::of(&spanloom));
    let end_ms = await_scrapes(&reference).await;
    prometheus.await_shipped(end_ms + SCRAPE_MS_MAX).await;

    let samples = samples(&reference, end_ms).await;
    check_samples(&samples, &ours, end_ms).await;
    let free = free_fraction_ms(&samples);
    if let Some(fraction_ms) = free {
        let time_ms = end_ms - 1_000 + fraction_ms;
        check_queries(&reference, &ours, time_ms).await;
        check_order(&reference, &ours, time_ms).await;
    }
    mesh.end().await;
    spanloom.stop().await;
    free.is_some()
}

/// One shard: what is written is written in its order.
fn config(targets: &[&str], writes_to: &Server) -> String {
    let (targets, writes_to) = (targets.join(", "), &writes_to.endpoints.otlp_http);
    format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\n\
         scrape_configs:\n\
         - job_name: mesh\n  metrics_path: /stats/prometheus\n  params: {{ usedonly: [''] }}\n  \
           static_configs: [{{ targets: [{targets}] }}]\n\
         remote_write:\n\
         - url: http://{writes_to}/api/v1/write\n  \
           queue_config: {{ min_shards: 1, max_shards: 1, batch_send_deadline: 200ms, max_samples_per_send: 5000 }}\n  \
           metadata_config: {{ send_interval: 1s }}\n"
    )
}

/// Waits until all proxies were scraped often enough; returns the last full second.
async fn await_scrapes(reference: &Api) -> i64 {
    eventually("all proxies were scraped often", async || {
        let now_ms = now_ms();
        let scraped = reference.at_ms("count_over_time(up[10m])", now_ms).await;
        let is_often = scraped.len() == 9 && scraped.values().all(|scrapes| *scrapes >= SCRAPES);
        is_often.then_some(now_ms / 1_000 * 1_000)
    })
    .await
}

/// All samples that a Prometheus has up to a time.
async fn samples(api: &Api, end_ms: i64) -> Answer {
    let all = api.ask("{job=\"mesh\"}[10m]", Range::Instant(end_ms)).await;
    all.unwrap_or_else(|why| panic!("all samples: {why}"))
}

/// Every sample was written, to the last bit.
async fn check_samples(expected: &Answer, ours: &Api, end_ms: i64) {
    let found = samples(ours, end_ms).await;
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (labels, points) in expected {
        assert!(are_close(points, &found[labels], 0.0), "{labels:?}: {points:?}\n{:?}", found[labels]);
    }
}

/// The middle of the longest part of a second in which nothing was scraped; `None` where something was at a full second, at
/// which subqueries look, or at every fraction.
fn free_fraction_ms(samples: &Answer) -> Option<i64> {
    let fractions: BTreeSet<i64> = samples.values().flatten().map(|(time_ms, _)| time_ms % 1_000).collect();
    if fractions.contains(&0) {
        return None;
    }
    let ends = fractions.iter().copied().skip(1).chain([1_000]);
    let gaps = fractions.iter().copied().zip(ends).map(|(start, end)| (end - start, (start + end) / 2));
    let (longest, middle) = gaps.max().expect("something was scraped");
    (longest > 2).then_some(middle)
}

async fn check_queries(reference: &Api, ours: &Api, time_ms: i64) {
    let range = Range::Steps { start_ms: time_ms - RANGE_MS, end_ms: time_ms, step_ms: STEP_MS };
    let (mut full, mut failed) = (0, Vec::new());
    for query in QUERIES {
        for range in [Range::Instant(time_ms), range] {
            match (reference.ask(query, range).await, ours.ask(query, range).await) {
                (Ok(expected), Ok(found)) => {
                    full += usize::from(!expected.is_empty());
                    failed.extend(
                        difference(&expected, &found, RELATIVE_MAX)
                            .map(|what| format!("{query}\n    {range:?}: {what}")),
                    );
                }
                (expected, found) => failed.push(format!("{query}\n    {range:?}: {expected:?}\n    {found:?}")),
            }
        }
    }
    assert!(failed.is_empty(), "{} of {} answers differ:\n{}", failed.len(), 2 * QUERIES.len(), failed.join("\n"));
    assert!(full >= FULL_MIN, "only {full} answers say something");
}

/// What is sorted comes in its order.
async fn check_order(reference: &Api, ours: &Api, time_ms: i64) {
    let what = "envoy_server_memory_allocated";
    for query in [format!("sort({what})"), format!("sort_desc({what})"), format!("topk(4, {what})")] {
        let (expected, found) = (reference.order(&query, time_ms).await, ours.order(&query, time_ms).await);
        assert!(expected.len() >= 4, "{query}: {expected:?}");
        assert_eq!(found, expected, "{query}");
    }
}
