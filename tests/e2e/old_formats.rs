//! Point 7: old formats keep their meaning. Each directory of `tests/data` is what a killed server of one format version
//! left: tables, and a log with frames that are in no table. Today's server opens a copy and answers as that one did.
//!
//! A new format version brings a new directory: with `SPANLOOM_WRITE_FORMAT=tests/data/v2` the second test leaves its own
//! there. What is there already never changes.

/// Metrics of every kind.
mod samples;

use std::path::{Path, PathBuf};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, TracesData};
use prost::Message as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canon;
use crate::harness::{Server, Site, eventually};
use crate::otlp::{self, Encoding, Outcome, Protocol, attribute, trace_id};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
const EXPECTED: &str = "expected.json";
/// Data that came in long ago is not dropped, and nothing is flushed in between.
const CONFIG: &str = "retention: { max_age: 36500d, disk_budget: 100% }\nlog: { format: json }\n\
                      hot: { age_max: 1h }\nwal: { segment_bytes: 64KiB }\nledger: { late_interval: 1s }";
/// 2020-01-01T00:00:00Z.
const START_NS: u64 = 1_577_836_800_000_000_000;

/// What a directory holds, as the server said that wrote it.
#[derive(Debug, Serialize, Deserialize)]
struct Expected {
    /// Frames of the log that no table has.
    frames: u64,
    /// Traces as OTLP/JSON, by their ids.
    traces: serde_json::Map<String, Value>,
    answers: Vec<Answer>,
    /// Of metrics; older formats had none.
    #[serde(default)]
    metrics: Vec<samples::MetricAnswer>,
}

/// A SQL query and its rows.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    query: String,
    rows: Vec<Vec<Value>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_format_that_was_ever_written_is_read() {
    let entries = std::fs::read_dir(DATA).expect("tests/data is a directory");
    let versions: Vec<PathBuf> =
        entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()).collect();
    assert!(versions.iter().any(|path| path.ends_with("v1")), "{versions:?}");
    for version in versions {
        let text = std::fs::read_to_string(version.join(EXPECTED)).expect("read what is expected");
        check(&version, &serde_json::from_str(&text).expect("what is expected is JSON")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_format_of_today_is_read() {
    let written = tempfile::tempdir().expect("make a temporary directory");
    let expected = write(written.path()).await;
    check(written.path(), &expected).await;
    if let Some(target) = std::env::var_os("SPANLOOM_WRITE_FORMAT") {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join(target);
        assert!(!target.exists(), "{} is there already and never changes", target.display());
        copy(written.path(), &target);
        let text = serde_json::to_string_pretty(&expected).expect("what is expected is JSON");
        std::fs::write(target.join(EXPECTED), text + "\n").expect("write what is expected");
    }
}

/// Opens a copy: once with the log, and once more when everything is in the lake.
async fn check(written: &Path, expected: &Expected) {
    let site = Site::new(CONFIG);
    copy(written, &site.data());
    let server = site.start().await;
    assert_eq!(replayed(&server), expected.frames, "{}", written.display());
    check_answers(&server, expected, written).await;
    server.stop().await;
    let verified = site.run(&["verify"]);
    assert!(verified.status.success(), "{}", crate::harness::text_of(&verified));
    let server = site.start().await;
    assert_eq!(replayed(&server), 0, "the frames are in the lake by now");
    check_answers(&server, expected, written).await;
    server.stop().await;
}

async fn check_answers(server: &Server, expected: &Expected, written: &Path) {
    for (id, trace) in &expected.traces {
        let found = server.trace(id).await.unwrap_or_else(|| panic!("{}: trace {id} is gone", written.display()));
        canon::assert_same(
            &format!("{}: trace {id}", written.display()),
            &canon::of_otlp(trace),
            &canon::of_otlp(&found),
        );
    }
    for Answer { query, rows } in &expected.answers {
        assert_eq!(&server.sql(query).await, rows, "{}: {query}", written.display());
    }
    samples::check(server, &expected.metrics, &written.display().to_string()).await;
}

/// How many frames the server says that it replayed.
fn replayed(server: &Server) -> u64 {
    let log = server.log();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut replays = lines.filter(|line| line["message"] == "the log is replayed");
    replays.next().map_or(0, |line| line["frames"].as_u64().expect("a number of frames"))
}

/// Lets a server write every encoding into the lake and then into a log that it does not get to flush.
async fn write(target: &Path) -> Expected {
    let site = Site::new(CONFIG);
    let requests: Vec<ExportTraceServiceRequest> = (0..12).map(request).collect();
    let (in_lake, in_log) = requests.split_at(6);
    // Series of this hour, once they are in the lake, come into the log without labels.
    let metrics_ms = otlp::now_ns() / 1_000_000;
    let server = site.start().await;
    send(&server, in_lake).await;
    samples::send(&server, metrics_ms, 0).await;
    samples::send(&server, metrics_ms, 1).await;
    // Windows of years ago are late ones.
    eventually("the ledger has them", async || {
        let minutes = server.count("select count(*) from operations where revision > 0").await;
        (minutes > 0 && server.metric("spanloom_ledger_late_minutes").await == 0.0).then_some(())
    })
    .await;
    server.stop().await;
    let server = site.start().await;
    send(&server, in_log).await;
    samples::send(&server, metrics_ms, 2).await;
    samples::send(&server, metrics_ms, 3).await;
    server.kill();
    copy(&site.data(), target);
    let server = site.start().await;
    let expected = Expected { metrics: samples::ask(&server, metrics_ms).await, ..ask(&server, &requests).await };
    server.stop().await;
    expected
}

/// The first three of six as protobuf, the others as JSON, each in another compression.
async fn send(server: &Server, requests: &[ExportTraceServiceRequest]) {
    let encodings = [Encoding::Plain, Encoding::Gzip, Encoding::Zstd];
    let ways = [Protocol::HttpProtobuf, Protocol::HttpJson].into_iter().flat_map(|way| encodings.map(|e| (way, e)));
    for (request, (protocol, encoding)) in requests.iter().zip(ways) {
        let outcome = otlp::send(&server.http, &server.endpoints, protocol, encoding, request).await;
        assert_eq!(outcome, Outcome::Acknowledged, "{protocol:?} {encoding:?}");
    }
}

/// What a server says of the requests that it took. Its traces are compared with what was sent, so that the answers which
/// are kept are right.
async fn ask(server: &Server, requests: &[ExportTraceServiceRequest]) -> Expected {
    let mut traces = serde_json::Map::new();
    for (n, request) in (0..).zip(requests) {
        let id = otlp::hex_id(n);
        let found = protobuf(server, &id).await;
        assert_eq!(sorted(found.resource_spans), sorted(request.resource_spans.clone()), "trace {n}");
        traces.insert(id.clone(), server.trace(&id).await.expect("it was there a moment ago"));
    }
    let mut answers = Vec::new();
    for query in queries(server).await {
        answers.push(Answer { rows: server.sql(&query).await, query });
    }
    Expected { frames: replayed(server), traces, answers, metrics: Vec::new() }
}

async fn protobuf(server: &Server, id: &str) -> TracesData {
    let request = server.http.get(server.url(&format!("/tempo/api/traces/{id}")));
    let answer = request.header("accept", "application/protobuf").send().await.expect("ask for a trace");
    assert_eq!(answer.status(), 200, "{id}");
    TracesData::decode(answer.bytes().await.expect("read a trace")).expect("decode a trace")
}

/// Every column of the richest span in the lake and of the one in the log, every row of `traces`, and some counts.
async fn queries(server: &Server) -> Vec<String> {
    let columns = async |table: &str| {
        let rows = server.sql(&format!("describe {table}")).await;
        let names = rows.iter().map(|row| row[0].as_str().expect("a name is text").to_owned());
        // Those tell how often a row was written or said, and by whom.
        let names = names.filter(|name| !["revision", "writer", "observed"].contains(&&**name));
        let names: Vec<_> = names.map(|name| format!("\"{name}\"")).collect();
        names.join(", ")
    };
    let of_ledger = async |table: &str, order: &str| {
        let columns = columns(table).await;
        format!("select {columns} from {table} where window_ns < {} order by {order}", START_NS + 6 * 60_000_000_000)
    };
    vec![
        format!("select {} from spans where trace_lo in (1, 7) order by trace_lo, span_id", columns("spans").await),
        format!("select {} from traces order by trace_hi, trace_lo", columns("traces").await),
        "select hour, service_name, kind, count(*), sum(duration_ns) from spans group by 1, 2, 3 order by 1, 2, 3"
            .to_owned(),
        "select count(*) from spans where http_status_code = 503 and start_ns >= 1577836800000000000".to_owned(),
        of_ledger("edges", "window_ns, observer, source_service, target_service, reason").await,
        of_ledger("operations", "window_ns, service, operation, kind").await,
        of_ledger("identities", "name, name_kind, origin").await,
    ]
}

/// A trace of two or three spans; the first of six has every kind of value. It is sent as protobuf: how JSON spells bytes and numbers
/// is not the business of this test.
fn request(n: u64) -> ExportTraceServiceRequest {
    let is_rich = n.is_multiple_of(6);
    let start = START_NS + n * 60_000_000_000;
    let root = span(n, 0, start, if is_rich { rich_attributes() } else { vec![attribute("k", "plain")] });
    let mut child = span(n, 1, start + 1_000, vec![attribute("http.status_code", "503")]);
    child.parent_span_id = root.span_id.clone();
    let root = if is_rich { rich(root) } else { root };
    let mut callee = span(n, 2, start + 2_000, vec![attribute("http.route", "/callee")]);
    (callee.kind, callee.parent_span_id) = (2, child.span_id.clone());
    callee.end_time_unix_nano = start + 4_000_000;
    let resource_of = |name| Resource { attributes: vec![attribute("service.name", name)], ..Resource::default() };
    let called = ResourceSpans {
        resource: Some(resource_of("callee")),
        scope_spans: vec![ScopeSpans {
            scope: Some(InstrumentationScope::default()),
            spans: vec![callee],
            ..ScopeSpans::default()
        }],
        ..ResourceSpans::default()
    };
    // Every other call reaches somebody of whom there are spans.
    let called = (n % 2 == 1).then_some(called);
    ExportTraceServiceRequest {
        resource_spans: [ResourceSpans {
            resource: Some(resource(is_rich)),
            scope_spans: vec![ScopeSpans {
                scope: Some(InstrumentationScope {
                    name: "old".to_owned(),
                    version: "1.2".to_owned(),
                    attributes: vec![attribute("scope", "x")],
                    dropped_attributes_count: 3,
                }),
                spans: vec![root, child],
                schema_url: "https://example.org/scope/1".to_owned(),
            }],
            schema_url: "https://example.org/resource/1".to_owned(),
        }]
        .into_iter()
        .chain(called)
        .collect(),
    }
}

fn resource(is_rich: bool) -> Resource {
    let mut attributes = vec![attribute("service.name", if is_rich { "rich" } else { "plain" })];
    let mut entity_refs = Vec::new();
    if is_rich {
        attributes.extend([key_value("process.pid", Any::IntValue(7)), attribute("k8s.pod.name", "pod-1")]);
        entity_refs.push(EntityRef {
            schema_url: String::new(),
            r#type: "service".to_owned(),
            id_keys: vec!["service.name".to_owned()],
            description_keys: vec!["k8s.pod.name".to_owned()],
        });
    }
    Resource { attributes, dropped_attributes_count: 1, entity_refs }
}

fn span(n: u64, index: u64, start: u64, attributes: Vec<KeyValue>) -> Span {
    Span {
        trace_id: trace_id(n),
        span_id: (1 + index + (n << 8)).to_be_bytes().to_vec(),
        name: format!("span {n}.{index}"),
        kind: if index == 0 { 2 } else { 3 },
        start_time_unix_nano: start,
        end_time_unix_nano: start + 5_000_000 + index,
        attributes,
        status: Some(Status::default()),
        ..Span::default()
    }
}

/// Everything else that OTLP lets a span say.
fn rich(span: Span) -> Span {
    let event = |name: &str, attributes| Event {
        time_unix_nano: span.start_time_unix_nano + 10,
        name: name.to_owned(),
        attributes,
        dropped_attributes_count: 4,
    };
    Span {
        trace_state: "vendor=1,other=2".to_owned(),
        flags: 0x301,
        dropped_attributes_count: 5,
        events: vec![event("first", rich_attributes()), event("", Vec::new())],
        dropped_events_count: 6,
        links: vec![Link {
            trace_id: trace_id(1000),
            span_id: vec![0, 0, 0, 0, 0, 0, 0, 9],
            trace_state: "linked=1".to_owned(),
            attributes: vec![key_value("weight", Any::DoubleValue(0.25))],
            dropped_attributes_count: 7,
            flags: 1,
        }],
        dropped_links_count: 8,
        status: Some(Status { message: "it broke".to_owned(), code: 2 }),
        ..span
    }
}

fn rich_attributes() -> Vec<KeyValue> {
    let list = |values: Vec<Option<Any>>| {
        Any::ArrayValue(ArrayValue { values: values.into_iter().map(|value| AnyValue { value }).collect() })
    };
    let text = |text: &str| Any::StringValue(text.to_owned());
    let nested = KeyValueList { values: vec![attribute("z", "last first"), key_value("a", Any::BoolValue(true))] };
    vec![
        attribute("text", "ünïcode \"quoted\""),
        attribute("empty text", ""),
        key_value("flag", Any::BoolValue(false)),
        key_value("int", Any::IntValue(i64::MIN)),
        key_value("double", Any::DoubleValue(-0.1)),
        key_value("whole double", Any::DoubleValue(3.0)),
        key_value("bytes", Any::BytesValue(vec![0, 255, 128])),
        KeyValue { key: "empty value".to_owned(), value: Some(AnyValue { value: None }), ..KeyValue::default() },
        key_value("list", list(vec![Some(text("a")), Some(Any::IntValue(1)), Some(Any::DoubleValue(1.0))])),
        key_value(
            "list of all",
            list(vec![None, Some(Any::BytesValue(vec![1])), Some(list(vec![Some(text("deep"))]))]),
        ),
        key_value("map", Any::KvlistValue(nested)),
        key_value("http.response.status_code", Any::IntValue(503)),
        attribute("http.status_code", "503"),
        attribute("http.route", "/old/{id}"),
        key_value("retry.count", Any::DoubleValue(2.0)),
        key_value("component", Any::BoolValue(true)),
    ]
}

fn key_value(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

/// Attributes by key: their order means nothing in OTLP.
fn sorted(mut groups: Vec<ResourceSpans>) -> Vec<ResourceSpans> {
    fn sort(attributes: &mut [KeyValue]) {
        attributes.sort_by(|a, b| a.key.cmp(&b.key));
    }
    for group in &mut groups {
        group.resource.iter_mut().for_each(|resource| sort(&mut resource.attributes));
        for scoped in &mut group.scope_spans {
            scoped.scope.iter_mut().for_each(|scope| sort(&mut scope.attributes));
            for span in &mut scoped.spans {
                sort(&mut span.attributes);
                span.events.iter_mut().for_each(|event| sort(&mut event.attributes));
                span.links.iter_mut().for_each(|link| sort(&mut link.attributes));
            }
        }
    }
    groups
}

/// Copies what a server keeps, without what belongs to its process and without what is expected of it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("make a directory");
    for entry in std::fs::read_dir(from).expect("read a directory") {
        let entry = entry.expect("an entry");
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target);
        } else if !["lock", "endpoints.json", EXPECTED].iter().any(|name| entry.file_name() == *name) {
            std::fs::copy(&source, &target).expect("copy a file");
        }
    }
}
