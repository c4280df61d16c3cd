//! Point 1: OpenTelemetry's SDKs for Python and Node export over gRPC, HTTP protobuf and HTTP JSON, plain and
//! compressed, and what they sent comes back equal through our API, Tempo's two, and SQL; from memory and from the
//! lake.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message as _;
use serde_json::{Value, json};

use crate::canon::{self, Spans};
use crate::clients;
use crate::harness::{Server, Site, number};
use crate::otlp::now_ns;

const PROTOCOLS: [&str; 3] = ["grpc", "http/protobuf", "http/json"];
const COMPRESSIONS: [&str; 2] = ["none", "gzip"];

#[tokio::test(flavor = "multi_thread")]
async fn traces_of_the_python_sdk_come_back_equal() {
    check("sdk.py", "orders").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_of_the_node_sdk_come_back_equal() {
    check("sdk.mjs", "stock").await;
}

async fn check(program: &str, service: &str) {
    let Some(clients) = clients::installed(program) else { return };
    let site = Site::new("");
    let server = site.start().await;
    let mut sent = BTreeMap::new();
    for (seed, (protocol, compression)) in (1..).zip(combinations()) {
        let endpoint = if protocol == "grpc" { &server.endpoints.otlp_grpc } else { &server.endpoints.otlp_http };
        let mut command = clients::program(&clients, program);
        command.arg("--endpoint").arg(format!("http://{endpoint}")).args(["--protocol", protocol]);
        command.args(["--compression", compression, "--seed", &seed.to_string()]);
        command.args(["--start-ns", &(now_ns() - 1_000_000_000).to_string()]);
        let traces = canon::of_client(&clients::run(command).await);
        assert_eq!(traces.len(), 2, "one rich trace and one wide");
        for (id, spans) in traces {
            let how = format!("{program} over {protocol}, {compression}");
            check_trace(&server, &how, &id, &spans).await;
            sent.insert(id, (how, spans));
        }
    }
    check_senders(&server, service).await;
    server.stop().await;

    let server = site.start().await;
    for (id, (how, spans)) in &sent {
        check_trace(&server, &format!("{how}, from the lake"), id, spans).await;
    }
    server.stop().await;
}

fn combinations() -> impl Iterator<Item = (&'static str, &'static str)> {
    PROTOCOLS.into_iter().flat_map(|protocol| COMPRESSIONS.map(|compression| (protocol, compression)))
}

async fn check_trace(server: &Server, how: &str, id: &str, sent: &Spans) {
    let ours = server.trace(id).await.unwrap_or_else(|| panic!("{how}: trace {id} is not there"));
    canon::assert_same(&format!("{how}, our API"), sent, &canon::of_otlp(&ours));
    for version in ["/tempo/api/traces", "/tempo/api/v2/traces"] {
        let path = format!("{version}/{id}");
        let document = tempo_json(server, &path).await;
        canon::assert_same(&format!("{how}, {path} as JSON"), sent, &canon::of_otlp(&document));
        let document = tempo_protobuf(server, &path).await;
        canon::assert_same(&format!("{how}, {path} as protobuf"), sent, &canon::of_otlp(&document));
    }
    check_sql(server, how, id, sent).await;
}

/// The older API answers `{"batches": [...]}`, the newer one `{"trace": {...}}`.
async fn tempo_json(server: &Server, path: &str) -> Value {
    let mut body = server.json(path).await;
    if path.contains("/v2/") { body["trace"].take() } else { body }
}

async fn tempo_protobuf(server: &Server, path: &str) -> Value {
    let request = server.http.get(server.url(path)).header("accept", "application/protobuf");
    let answer = request.send().await.expect("ask for a trace");
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(answer.headers()["content-type"], "application/protobuf", "{path}");
    let body = answer.bytes().await.expect("read a trace");
    let trace = if path.contains("/v2/") {
        TraceByIdResponse::decode(body).expect("decode TraceByIDResponse").trace.expect("trace is always there")
    } else {
        TracesData::decode(body).expect("decode Trace")
    };
    for group in &trace.resource_spans {
        assert!(group.resource.is_some(), "{path}: Grafana needs every resource");
        for scoped in &group.scope_spans {
            assert!(scoped.scope.is_some(), "{path}: Grafana needs every scope");
            assert!(scoped.spans.iter().all(|span| span.status.is_some()), "{path}: Grafana needs every status");
        }
    }
    serde_json::to_value(trace).expect("OTLP is JSON")
}

/// Tempo's answer, as far as it holds the trace.
#[derive(Clone, PartialEq, prost::Message)]
struct TraceByIdResponse {
    #[prost(message, optional, tag = "1")]
    trace: Option<TracesData>,
}

/// The columns that SQL is asked for most, and one attribute of each.
async fn check_sql(server: &Server, how: &str, id: &str, sent: &Spans) {
    let query = format!(
        "select span_id(span_id), span_id(parent_span_id), name, kind, start_ns, duration_ns, status_code, \
         service_name from spans where trace_hi = {} and trace_lo = {}",
        half(&id[..16]),
        half(&id[16..])
    );
    let found: BTreeMap<String, Value> = server.sql(&query).await.into_iter().map(sql_row).collect();
    let sent: BTreeMap<String, Value> = sent.iter().map(|(id, whole)| (id.clone(), expected_row(whole))).collect();
    assert_eq!(found, sent, "{how}, SQL");
}

/// Half of a trace id as the signed number that the tables hold.
fn half(hex: &str) -> i64 {
    u64::from_str_radix(hex, 16).expect("ids are hex").cast_signed()
}

fn sql_row(row: Vec<Value>) -> (String, Value) {
    let [id, parent, name, kind, start, duration, status, service] = row.try_into().expect("eight columns");
    let times = (number(&start), number(&duration));
    let id = id.as_str().expect("an id is text").to_owned();
    (id, json!([parent, name, kind, times, status, service]))
}

fn expected_row(whole: &Value) -> Value {
    let span = &whole["span"];
    let (start, end) = (number(&span["startTimeUnixNano"]), number(&span["endTimeUnixNano"]));
    let service = whole["resource"]["attributes"].as_array().into_iter().flatten().find(|a| a["key"] == "service.name");
    let service = service.map_or(Value::Null, |attribute| attribute["value"]["stringValue"].clone());
    let status = span["status"]["code"].as_i64().unwrap_or(0);
    json!([span["parentSpanId"], span["name"], span["kind"], (start, end - start), status, service])
}

/// `/api/v1/ingest` says who sent, over what, with which SDK, and that nothing was refused.
async fn check_senders(server: &Server, service: &str) {
    let ingest = server.json("/api/v1/ingest").await;
    let senders = ingest["senders"].as_array().expect("senders is a list");
    for protocol in ["otlp_grpc", "otlp_http_protobuf", "otlp_http_json"] {
        let sender = senders.iter().find(|s| s["protocol"] == protocol && s["service"] == service);
        let sender = sender.unwrap_or_else(|| panic!("no sender {service} over {protocol} in {ingest}"));
        assert_eq!(sender["tenant"], "default");
        assert_eq!(number(&sender["spans"]), 2 * 706, "{sender}");
        assert!(sender["sdk"].is_string(), "{sender}");
    }
    assert_eq!(ingest["refused"], json!([]));
}
