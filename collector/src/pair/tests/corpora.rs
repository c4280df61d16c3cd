//! Public recordings and the graphs that they come to. The recordings are not part of the project: `SPANLOOM_CORPORA` says
//! where they are, and `SPANLOOM_REQUIRE_CORPORA=1` makes their absence a failure.

mod convert;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use spanloom_store::identity::Directory;
use spanloom_store::ledger::{Observer, Reason};

use super::show;
use crate::pair::{Observations, Span, Unpaired, observations};

const UPDATE: &str = "UPDATE_CASES";

/// Reads a recording, checks how many spans it has, and compares its graph with the one on file.
fn check(name: &str, spans: usize, read: impl FnOnce(&Path) -> RecordBatch) {
    if let Some(corpora) = corpora() {
        check_batch(name, spans, &read(&corpora.join("traces")));
    }
}

fn check_batch(name: &str, spans: usize, batch: &RecordBatch) {
    assert_eq!(batch.num_rows(), spans, "spans of {name}");
    let found = graph(batch);
    let path = own_cases().join("graphs").join(format!("{name}.txt"));
    if std::env::var_os(UPDATE).is_some() {
        return fs::write(&path, found).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), found, "graph of {name}");
}

fn own_cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/pair")
}

fn corpora() -> Option<PathBuf> {
    let path = std::env::var_os("SPANLOOM_CORPORA").map(PathBuf::from);
    if path.is_none() {
        let is_required = std::env::var("SPANLOOM_REQUIRE_CORPORA").is_ok_and(|value| value == "1");
        assert!(!is_required, "SPANLOOM_CORPORA is not set");
        println!("skipped: SPANLOOM_CORPORA is not set");
    }
    path
}

/// Counts of one edge by one observer.
#[derive(Default)]
struct Seen {
    requests: f64,
    attempts: f64,
    failed: f64,
}

/// The edges with what each observer counted, and what found no place.
fn graph(batch: &RecordBatch) -> String {
    let mut traces: BTreeMap<_, Vec<Span>> = BTreeMap::new();
    for span in Span::from_batch(batch).unwrap() {
        traces.entry(span.trace_id).or_default().push(span);
    }
    let found: Vec<Observations> = traces.values().map(|spans| observations(spans, i64::MAX)).collect();
    let statements = found.iter().flat_map(|found| &found.statements);
    let directory = Directory::of_keys(statements.map(|statement| &*statement.key));
    let operations: usize = found.iter().map(|found| found.operations.len()).sum();
    let mut text = format!("{} spans, {operations} different ones, {} traces\n", batch.num_rows(), traces.len());
    for ((source, target, protocol), seen) in edges(&directory, &found) {
        write!(text, "{source} -> {target}  {protocol}").unwrap();
        for (observer, Seen { requests, attempts, failed }) in seen {
            write!(text, "  {observer} {requests}").unwrap();
            if attempts != requests {
                write!(text, " ({attempts} tries)").unwrap();
            }
            if failed > 0.0 {
                write!(text, " ({failed} failed)").unwrap();
            }
        }
        text.push('\n');
    }
    let mut unpaired: BTreeMap<Unpaired, u64> = BTreeMap::new();
    found.iter().flat_map(|found| &found.unpaired).for_each(|(why, count)| *unpaired.entry(*why).or_default() += count);
    unpaired.iter().for_each(|(why, count)| writeln!(text, "unpaired  {why} {count}").unwrap());
    text
}

type Edge = (String, String, String);

fn edges(directory: &Directory, found: &[Observations]) -> BTreeMap<Edge, BTreeMap<Observer, Seen>> {
    let mut edges: BTreeMap<Edge, BTreeMap<Observer, Seen>> = BTreeMap::new();
    for row in found.iter().flat_map(|found| &found.rows) {
        let (source, target) = match row.reason {
            None => (show::name(&directory.resolve(&row.source)), show::name(&directory.resolve(&row.target))),
            Some(Reason::NoTarget) => (show::name(&directory.resolve(&row.source)), "(no target)".to_owned()),
            Some(reason) => (format!("({reason})"), show::name(&directory.resolve(&row.target))),
        };
        let by_observer = edges.entry((source, target, row.protocol.to_string())).or_default();
        let seen = by_observer.entry(row.observer).or_default();
        let weight = row.weight.as_f64();
        seen.requests += weight;
        seen.attempts += weight * f64::from(row.attempts);
        seen.failed += if row.outcome.is_error() { weight } else { 0.0 };
    }
    edges
}

/// Recorded for this project from the mesh of `tests/clients`: Envoy 1.40, OTLP, spans of listeners and upstreams. The first
/// request goes gateway, web, orders, stock, and from web to stock; the second one fails at orders and is tried again.
#[test]
fn envoy_mesh() {
    check_batch("envoy-mesh", 27, &convert::otlp_json(&own_cases().join("recorded/envoy-1.40.json")));
}

/// Declares tests on recordings of the mesh of `tests/clients`, Envoy 1.40, each path once. Every one has the same calls:
/// requests, attempts and errors of an edge may differ only in what a tracer cannot see.
macro_rules! shops {
    ($($name:ident: $spans:literal by $read:path),* $(,)?) => {$(
        #[test]
        fn $name() {
            let name = stringify!($name).replace('_', "-");
            let recorded = own_cases().join("recorded").join(format!("{name}.json.gz"));
            check_batch(&name, $spans, &$read(&recorded));
        }
    )*};
}

shops! {
    shop_otlp: 130 by convert::otlp_json,
    shop_otlp_listeners: 63 by convert::otlp_json,
    shop_otlp_sdk: 167 by convert::otlp_json,
    shop_otlp_sdk_listeners: 100 by convert::otlp_json,
    shop_zipkin: 130 by convert::zipkin,
    shop_zipkin_listeners: 63 by convert::zipkin,
    shop_zipkin_own_ids: 130 by convert::zipkin,
    shop_zipkin_own_ids_listeners: 63 by convert::zipkin,
}

#[test]
fn bookinfo_through_istio() {
    check("istio-bookinfo", 8, |traces| convert::tempo(&traces.join("istio-bookinfo-kiali/responseTrace.json")));
}

#[test]
fn otlp_alloy() {
    check("otlp-alloy", 17, |traces| convert::snake_case(&traces.join("otlp-alloy/trace-sample.json")));
}

#[test]
fn zipkin_envoy() {
    check("zipkin-envoy", 1, |traces| convert::zipkin(&traces.join("zipkin/envoy.json")));
}

#[test]
fn zipkin_messaging() {
    check("zipkin-messaging", 4, |traces| convert::zipkin(&traces.join("zipkin/messaging.json")));
}

#[test]
fn zipkin_kafka() {
    check("zipkin-messaging-kafka", 28, |traces| convert::zipkin(&traces.join("zipkin/messaging-kafka.json")));
}

#[test]
fn zipkin_database() {
    check("zipkin-simple-db-p6", 5, |traces| convert::zipkin(&traces.join("zipkin/simple-db-p6.json")));
}

#[test]
fn zipkin_yelp() {
    check("zipkin-yelp", 16, |traces| convert::zipkin(&traces.join("zipkin/yelp.json")));
}

#[test]
fn zipkin_smartthings() {
    check("zipkin-smartthings", 1041, |traces| {
        convert::zipkin(&traces.join("zipkin/smartthings-mobile-web-install.json"))
    });
}

#[test]
fn nezha_train_ticket() {
    check("nezha-train-ticket", 14_455, |traces| convert::nezha(&traces.join("nezha-train-ticket")));
}
