//! The Service Graph tab of Grafana asks for `traces_service_graph_*`; `/api/v1/graph` draws the same edges. Both are made of
//! one ledger and must say the same, and `increase` must be what Prometheus makes of the same samples.
//!
//! Everything was hours ago, so that no window is open, on both sides of the start of an hour. Some spans come late.
//!
//! What is exact: requests, failures, seconds of all calls together, and classic buckets, as no call took about as long as
//! one of their bounds. A percentile of the graph is within the width of a bucket of its histogram, 4.4 %.

use std::collections::{BTreeMap, BTreeSet};

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::Value as Json;

use super::api::{Answer, Api, Labels, Range, difference, is_close, seconds};
use super::now_ms;
use crate::harness::{Server, Site, eventually_ok};
use crate::otlp;
use calls::{Call, DATABASE, Edge, Stretch, Sums, sums};
use plan::{HOUR_MS, Hours, Plan, RANGE_MS};

/// What was called.
mod calls;
/// What Prometheus says.
mod increase;
/// When there were calls.
mod plan;
/// What the tab asks.
mod tab;

/// Late spans count at once.
const CONFIG: &str = "ledger: { pairing_wait: 1s, close_after: 2s, late_interval: 1s, refresh_interval: 100ms }";
/// Calls in one request.
const REQUEST_CALLS: usize = 500;
const ROUNDING_MAX: f64 = 1e-9;
/// A bucket of our histograms is this wide.
const BUCKET_MAX: f64 = 0.045;
const GRAPH: &str = "traces_service_graph_request";

#[tokio::test(flavor = "multi_thread")]
async fn the_service_graph_tab_agrees_with_the_graph_and_with_prometheus() {
    let site = Site::new(CONFIG);
    let server = site.start().await;
    let hours = Hours::before(now_ms());
    let plan = Plan::new(&hours);
    send(&server, &plan.early, SpanKind::Client).await;
    send(&server, &plan.early, SpanKind::Server).await;
    send(&server, &plan.halves, SpanKind::Server).await;
    check(&server, &hours, plan.early.iter()).await;
    let samples = samples(&server, &hours).await;
    server.stop().await;

    let server = site.start().await;
    check(&server, &hours, plan.early.iter()).await;
    check_same(&samples, &self::samples(&server, &hours).await);
    send(&server, &plan.halves, SpanKind::Client).await;
    send(&server, &plan.late, SpanKind::Server).await;
    send(&server, &plan.late, SpanKind::Client).await;
    check(&server, &hours, plan.all()).await;
    let samples = self::samples(&server, &hours).await;
    server.kill();

    let server = site.start().await;
    check(&server, &hours, plan.all()).await;
    check_same(&samples, &self::samples(&server, &hours).await);
    increase::check(site.path(), &server, &hours, &samples).await;
    server.stop().await;
}

async fn send(server: &Server, calls: &[Call], kind: SpanKind) {
    for calls in calls.chunks(REQUEST_CALLS) {
        otlp::send_acknowledged(&server.http, &server.endpoints, &calls::request(calls, kind)).await;
    }
}

/// The graph says of all ranges what was called, and so do the metrics.
async fn check<'a>(server: &Server, hours: &Hours, calls: impl Iterator<Item = &'a Call> + Clone) {
    for range in hours.all_ranges() {
        let expected = sums(calls.clone(), &range);
        let graph = settled(server, &range, &expected).await;
        check_percentiles(&graph, &expected);
    }
    let api = Api::of(server);
    for range in hours.inside() {
        check_differences(&api, &range, &sums(calls.clone(), &range)).await;
    }
    check_tab(&api, hours, calls).await;
}

/// The graph of a range as soon as it has the expected requests and failures.
async fn settled(server: &Server, range: &Stretch, expected: &BTreeMap<Edge, Sums>) -> Json {
    let path = format!("/api/v1/graph?start={}&end={}", range.start, range.end);
    let expected: BTreeMap<String, [f64; 3]> = expected.iter().map(expected_edge).collect();
    eventually_ok("the graph has all calls", async || {
        let graph = server.json(&path).await;
        let found: BTreeMap<String, [f64; 3]> = items(&graph["edges"]).map(found_edge).collect();
        if found == expected { Ok(graph) } else { Err(format!("{range:?}: {found:?}, not {expected:?}")) }
    })
    .await
}

fn id((source, target): Edge) -> String {
    if target == DATABASE {
        return format!("shop/{source}->database:{target}:database");
    }
    format!("shop/{source}->shop/{target}:http")
}

/// Requests, failures, and requests as the server saw them; a database says nothing.
fn expected_edge((edge, sums): (&Edge, &Sums)) -> (String, [f64; 3]) {
    let seen = if edge.1 == DATABASE { 0 } else { sums.requests };
    (id(*edge), [sums.requests as f64, sums.failed as f64, seen as f64])
}

fn found_edge(edge: &Json) -> (String, [f64; 3]) {
    let number = |value: &Json| value.as_f64().unwrap_or(f64::NAN);
    let seen = server_view(edge).map_or(0.0, |view| number(&view["requests"]));
    (edge["id"].as_str().unwrap_or_default().to_owned(), [number(&edge["requests"]), number(&edge["errors"]), seen])
}

/// What the target's app saw.
fn server_view(edge: &Json) -> Option<&Json> {
    items(&edge["observers"]).find(|view| view["observer"] == "target_app")
}

fn items(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().unwrap_or_else(|| panic!("{list} is no list")).iter()
}

/// The percentiles of the graph are those of what was called.
fn check_percentiles(graph: &Json, expected: &BTreeMap<Edge, Sums>) {
    for edge in items(&graph["edges"]) {
        let (_, sums) = expected.iter().find(|(expected, _)| edge["id"] == id(**expected)).expect("it is expected");
        for (name, quantile) in [("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99)] {
            let rank = quantile * (sums.server_ms.len() - 1) as f64;
            let (low, high) = (sums.server_ms[rank.floor() as usize], sums.server_ms[rank.ceil() as usize]);
            let found = server_view(edge).unwrap_or(edge)[name].as_f64().expect("a percentile");
            let is_near = (low as f64 * (1.0 - BUCKET_MAX)..=high as f64 * (1.0 + BUCKET_MAX)).contains(&found);
            assert!(is_near, "{name} of {}: {found}, not {low} to {high}", edge["id"]);
        }
    }
}

/// What a counter grew by over a range inside of an hour is what was called in it; native histograms too.
async fn check_differences(api: &Api, range: &Stretch, expected: &BTreeMap<Edge, Sums>) {
    let check = async |counter: &str, of: fn(&Labels, &Sums) -> f64| {
        let counter = counter.replace('M', GRAPH);
        let before = counter.replace(')', &format!(" offset {RANGE_MS}ms)"));
        check_difference(api, &format!("{counter} - {before}"), range.end, expected, of).await;
    };
    check("(M_total)", |_, sums| sums.requests as f64).await;
    check("(M_failed_total)", |_, sums| sums.failed as f64).await;
    check("(M_server_seconds_count)", |_, sums| sums.requests as f64).await;
    check("(M_server_seconds_sum)", |_, sums| sums.server_s()).await;
    check("(M_server_seconds_bucket)", |labels, sums| sums.at_most(bound_s(labels))).await;
    check("histogram_count(M_server_seconds)", |_, sums| sums.requests as f64).await;
    check("histogram_sum(M_server_seconds)", |_, sums| sums.server_s()).await;
}

async fn check_difference(
    api: &Api,
    query: &str,
    time_ms: i64,
    expected: &BTreeMap<Edge, Sums>,
    of: fn(&Labels, &Sums) -> f64,
) {
    let found = api.at_ms(query, time_ms).await;
    let found: BTreeMap<Labels, f64> = found.into_iter().filter(|(_, grown)| *grown != 0.0).collect();
    let edges: BTreeSet<Edge> = found.keys().map(|labels| edge_of(labels, expected)).collect();
    let has_some = |edge: &&Edge| of(&Labels::new(), &expected[*edge]) != 0.0;
    let lacking: Vec<&Edge> = expected.keys().filter(|edge| has_some(edge) && !edges.contains(*edge)).collect();
    assert!(lacking.is_empty(), "{query}: not found: {lacking:?}");
    for (labels, grown) in &found {
        let expected = of(labels, &expected[&edge_of(labels, expected)]);
        assert!(is_close(*grown, expected, ROUNDING_MAX), "{query}: {labels:?}: {grown}, not {expected}");
    }
}

/// The bound of a bucket; that of the last one for what is none.
fn bound_s(labels: &Labels) -> f64 {
    labels.get("le").map_or(f64::INFINITY, |le| le.parse().expect("a bound is a number"))
}

/// # Panics
/// When nobody called.
fn edge_of(labels: &Labels, expected: &BTreeMap<Edge, Sums>) -> Edge {
    let is_it = |(source, target): &&Edge| labels["client"] == *source && labels["server"] == *target;
    *expected.keys().find(is_it).unwrap_or_else(|| panic!("nobody made the calls of {labels:?}"))
}

/// In a range in which calls come evenly the rates of the tab are those of the graph to the last digit: what is
/// extrapolated to its edges is what came there.
async fn check_tab<'a>(api: &Api, hours: &Hours, calls: impl Iterator<Item = &'a Call> + Clone) {
    let steady = hours.steady();
    let all = sums(calls.clone(), &steady);
    for (metric, of) in [
        ("total", (|sums| sums.requests as f64) as fn(&Sums) -> f64),
        ("failed_total", |sums| sums.failed as f64),
        ("server_seconds_count", |sums| sums.requests as f64),
    ] {
        let query = format!("sum by (client, server) (rate({GRAPH}_{metric}{{}}[180s]))");
        let found = api.at_ms(&query, steady.end).await;
        for edge in [("web", "cart"), ("web", "orders")] {
            let rate = &found[&labels_of(edge)];
            let expected = of(&all[&edge]) / (RANGE_MS as f64 / 1e3);
            assert!(is_close(*rate, expected, ROUNDING_MAX), "{query}: {edge:?}: {rate}, not {expected}");
        }
    }
    check_operations(api, &steady, &all).await;
    check_labels(api, hours, calls).await;
}

fn labels_of((source, target): Edge) -> Labels {
    [("client", source), ("server", target)].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

fn with_connection(edge: Edge) -> Labels {
    let connection = (edge.1 == DATABASE).then(|| ("connection_type".to_owned(), "database".to_owned()));
    labels_of(edge).into_iter().chain(connection).collect()
}

/// The table of the tab: calls of operations.
async fn check_operations(api: &Api, range: &Stretch, expected: &BTreeMap<Edge, Sums>) {
    let query =
        r#"topk(5, sum(rate(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}[180s])) by (span_name))"#;
    let found = api.at_ms(query, range.end).await;
    for edge in [("web", "cart"), ("web", "orders")] {
        let labels = Labels::from([("span_name".to_owned(), format!("GET /{}", edge.1))]);
        let expected = expected[&edge].requests as f64 / (RANGE_MS as f64 / 1e3);
        assert!(is_close(found[&labels], expected, ROUNDING_MAX), "{query}: {found:?}, not {expected}");
    }
}

/// The edges of the hour so far are there by name, of services, and natively.
async fn check_labels<'a>(api: &Api, hours: &Hours, calls: impl Iterator<Item = &'a Call> + Clone) {
    let range = hours.steady();
    let so_far = sums(calls, &(hours.second_ms..range.end));
    let query = format!("group by (client, connection_type, server) ({GRAPH}_total{{}})");
    let found = api.at_ms(&query, range.end).await;
    let expected: BTreeMap<Labels, f64> = so_far.keys().map(|edge| (with_connection(*edge), 1.0)).collect();
    assert_eq!(found, expected, "{query}");
    let native = [("match[]", "traces_service_graph_request_server_seconds"), ("limit", "1")];
    let times = [("start", seconds(range.start)), ("end", seconds(range.end))];
    let times = times.iter().map(|(name, time)| (*name, time.as_str()));
    let parameters: Vec<(&str, &str)> = native.into_iter().chain(times).collect();
    let series = api.data("series", &parameters).await.unwrap_or_else(|why| panic!("{parameters:?}: {why}"));
    assert_eq!(items(&series).count(), 1, "{series}");
}

/// All samples that there are, but for native histograms: up to the end of the second hour.
async fn samples(server: &Server, hours: &Hours) -> Answer {
    let all = r#"{__name__=~"traces_service_graph_.*(total|sum|count|bucket)|traces_spanmetrics_.*(total|sum|count|bucket)"}[2h]"#;
    let samples = Api::of(server).ask(all, Range::Instant(hours.second_ms + HOUR_MS)).await;
    samples.unwrap_or_else(|why| panic!("{all}: {why}"))
}

fn check_same(before: &Answer, after: &Answer) {
    if let Some(what) = difference(before, after, 0.0) {
        panic!("a restart changed samples: {what}");
    }
}
