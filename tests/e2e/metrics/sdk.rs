//! OpenTelemetry's SDKs for Python and Node export metrics over gRPC, HTTP protobuf and HTTP JSON, cumulative and as
//! deltas, and their series are there as Prometheus has them: names, labels, values, types, exemplars. From memory and
//! from the lake.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::api::{Api, Labels, is_close, seconds};
use super::now_ms;
use crate::clients;
use crate::harness::{Server, Site};

const PROTOCOLS: [&str; 3] = ["grpc", "http/protobuf", "http/json"];
/// Each with another compression, so that both are used with every protocol.
const TEMPORALITIES: [(&str, &str); 2] = [("cumulative", "gzip"), ("delta", "none")];
/// Sums that were added up in another order.
const RELATIVE_MAX: f64 = 1e-12;

/// What a program says of its export; see `tests/clients/metrics.py`.
#[derive(Deserialize)]
struct Expected {
    series: Vec<Series>,
    histograms: Vec<Native>,
    metadata: BTreeMap<String, Json>,
    exemplars: Vec<Exemplar>,
}

#[derive(Deserialize)]
struct Series {
    labels: Labels,
    value: f64,
}

#[derive(Deserialize)]
struct Native {
    labels: Labels,
    count: f64,
    sum: f64,
    /// What each is above, what it goes up to, its count.
    buckets: Vec<(f64, f64, f64)>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Exemplar {
    series: Labels,
    labels: Labels,
    value: f64,
    time_ms: i64,
}

/// One run of a program.
struct Sent {
    how: String,
    instance: String,
    /// Just after it.
    time_ms: i64,
    expected: Expected,
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_of_the_python_sdk_are_series() {
    check("metrics.py", "python").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_of_the_node_sdk_are_series() {
    check("metrics.mjs", "node").await;
}

async fn check(program: &str, language: &str) {
    let Some(clients) = clients::installed(program) else { return };
    let site = Site::new("");
    let server = site.start().await;
    let mut all = Vec::new();
    for (seed, (protocol, (temporality, compression))) in (1..).zip(combinations()) {
        let endpoint = if protocol == "grpc" { &server.endpoints.otlp_grpc } else { &server.endpoints.otlp_http };
        let mut command = clients::program(&clients, program);
        command.arg("--endpoint").arg(format!("http://{endpoint}")).args(["--protocol", protocol]);
        command.args(["--compression", compression, "--temporality", temporality, "--seed", &seed.to_string()]);
        let printed = clients::run(command).await;
        let sent = Sent {
            how: format!("{program} over {protocol}, {temporality}, {compression}"),
            instance: format!("{language}-{seed}"),
            time_ms: now_ms(),
            expected: serde_json::from_value(printed).expect("the program prints what is expected"),
        };
        check_all(&server, &sent).await;
        all.push(sent);
    }
    assert_eq!(server.json("/api/v1/ingest").await["refused"], json!([]));
    server.stop().await;

    let server = site.start().await;
    for sent in &mut all {
        sent.how.push_str(", from the lake");
        check_all(&server, sent).await;
    }
    server.stop().await;
}

fn combinations() -> impl Iterator<Item = (&'static str, (&'static str, &'static str))> {
    PROTOCOLS.into_iter().flat_map(|protocol| TEMPORALITIES.map(|temporality| (protocol, temporality)))
}

async fn check_all(server: &Server, sent: &Sent) {
    let api = Api::of(server);
    let selector = format!("{{instance={:?}}}", sent.instance);
    check_series(&api, &selector, sent).await;
    check_histograms(&api, &selector, sent).await;
    check_exemplars(&api, &selector, sent).await;
    for (family, described) in &sent.expected.metadata {
        let metadata = api.data("metadata", &[("metric", family)]).await.expect("metadata is there");
        assert_eq!(metadata, json!({ family.as_str(): [described] }), "{}", sent.how);
    }
}

/// Exactly these series, and no others.
async fn check_series(api: &Api, selector: &str, sent: &Sent) {
    let found = api.at_ms(selector, sent.time_ms).await;
    let expected = &sent.expected.series;
    let names: BTreeSet<&Labels> = expected.iter().map(|series| &series.labels).collect();
    assert_eq!(found.keys().collect::<BTreeSet<_>>(), names, "{}", sent.how);
    for Series { labels, value } in expected {
        assert!(is_close(found[labels], *value, RELATIVE_MAX), "{}: {labels:?}: {} {value}", sent.how, found[labels]);
    }
}

async fn check_histograms(api: &Api, selector: &str, sent: &Sent) {
    let found = api.histograms(selector, sent.time_ms).await;
    assert_eq!(found.len(), sent.expected.histograms.len(), "{}: {found:?}", sent.how);
    for Native { labels, count, sum, buckets } in &sent.expected.histograms {
        let histogram = found.get(labels).unwrap_or_else(|| panic!("{}: {labels:?} is not in {found:?}", sent.how));
        let is_same = |bucket: &(f64, f64, f64), (lower, upper, count): (f64, f64, f64)| {
            is_close(bucket.0, lower, 1e-9) && is_close(bucket.1, upper, 1e-9) && bucket.2 == count
        };
        let pairs = buckets.iter().zip(&histogram.buckets);
        let are_same =
            pairs.into_iter().all(|(expected, (_, lower, upper, n))| is_same(expected, (lower.0, upper.0, n.0)));
        assert!(
            histogram.count == *count
                && is_close(histogram.sum, *sum, RELATIVE_MAX)
                && are_same
                && buckets.len() == histogram.buckets.len(),
            "{}: {labels:?}: expected {count} {sum} {buckets:?}, found {histogram:?}",
            sent.how
        );
    }
}

/// What an API says of the exemplars of one series.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfSeries {
    series_labels: Labels,
    exemplars: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    labels: Labels,
    value: String,
    timestamp: f64,
}

async fn check_exemplars(api: &Api, selector: &str, sent: &Sent) {
    let (start, end) = (seconds(sent.time_ms - 600_000), seconds(sent.time_ms));
    let asked = [("query", selector), ("start", start.as_str()), ("end", end.as_str())];
    let data = api.data("query_exemplars", &asked).await.expect("exemplars are answered");
    let series: Vec<OfSeries> = serde_json::from_value(data).expect("exemplars have Prometheus' form");
    let found: Vec<Exemplar> = series.into_iter().flat_map(of_series).collect();
    for exemplar in &sent.expected.exemplars {
        assert!(found.contains(exemplar), "{}: {exemplar:?} is not in {found:?}", sent.how);
    }
    assert_eq!(found.len(), sent.expected.exemplars.len(), "{}: {found:?}", sent.how);
}

fn of_series(series: OfSeries) -> impl Iterator<Item = Exemplar> {
    series.exemplars.into_iter().map(move |found| Exemplar {
        series: series.series_labels.clone(),
        labels: found.labels,
        value: found.value.parse().expect("the value of an exemplar is a number"),
        time_ms: (found.timestamp * 1000.0).round() as i64,
    })
}
