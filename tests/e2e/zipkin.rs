//! Spans of Zipkin clients: taken on both ports as those clients send them, durable, and kept as odd as they came.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use crate::corpora;
use crate::harness::{Server, Site};
use crate::otlp::{gzip, now_ns};

const MEDIA_TYPE: &str = "application/json";
/// Bits of the column `quirks`: `docs/formats.md`.
const START_ABSENT: u64 = 2;
const DURATION_ABSENT: u64 = 4;
const SHARED: u64 = 8;

/// A request to `POST /api/v2/spans`, as yet without a body.
fn post(server: &Server, address: &str) -> RequestBuilder {
    server.http.post(format!("http://{address}/api/v2/spans")).header("content-type", MEDIA_TYPE)
}

async fn answer(request: RequestBuilder) -> (u16, String) {
    let answer: Response = request.send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("an answer is text"))
}

async fn acknowledged(request: RequestBuilder) {
    assert_eq!(answer(request).await, (202, String::new()));
}

/// The body in pieces, so that no length is announced: Envoy posts so.
fn chunked(body: &[u8]) -> reqwest::Body {
    let pieces: Vec<_> = body.chunks(1000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    reqwest::Body::wrap_stream(futures::stream::iter(pieces))
}

/// A call of `web` to `cart`, seen by both with one id.
fn call(trace: u64) -> Vec<u8> {
    let start_us = now_ns() / 1_000;
    let half = |kind: &str, service: &str, is_shared: bool| {
        let mut span = json!({
            "traceId": format!("{trace:032x}"), "id": "00000000000000aa", "kind": kind, "name": "get /cart",
            "timestamp": start_us, "duration": 1_500, "localEndpoint": { "serviceName": service },
            "tags": { "http.status_code": "200" },
        });
        if is_shared {
            span["shared"] = json!(true);
        }
        span
    };
    json!([half("CLIENT", "web", false), half("SERVER", "cart", true)]).to_string().into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_zipkin_clients_send_is_there_after_a_kill() {
    let site = Site::new("");
    let server = site.start().await;
    let (own, otlp) = (server.endpoints.zipkin.clone(), server.endpoints.otlp_http.clone());
    acknowledged(post(&server, &own).body(call(1))).await;
    acknowledged(post(&server, &own).body(chunked(&call(2)))).await;
    acknowledged(post(&server, &own).header("content-encoding", "gzip").body(gzip(&call(3)))).await;
    acknowledged(post(&server, &own).header("content-encoding", "gzip").body(chunked(&gzip(&call(4))))).await;
    acknowledged(post(&server, &otlp).body(chunked(&call(5)))).await;
    let before = halves(&server).await;
    assert_eq!(before.len(), 10);
    check_call(&server, &before).await;
    server.kill();

    let server = site.start().await;
    assert_eq!(halves(&server).await, before, "after kill -9");
    server.stop().await;
    let server = site.start().await;
    assert_eq!(halves(&server).await, before, "from the lake");
    check_call(&server, &before).await;
    server.stop().await;
}

/// Every half with all that tells it from others.
async fn halves(server: &Server) -> Vec<Vec<Value>> {
    let query = format!(
        "select trace_lo, kind, service_name, name, span_id(span_id), quirks = {SHARED}, start_ns, duration_ns \
         from spans order by trace_lo, kind"
    );
    server.sql(&query).await
}

/// Two spans of one id, told apart by kind, are two in every answer.
async fn check_call(server: &Server, halves: &[Vec<Value>]) {
    for (half, (kind, service, is_shared)) in halves.iter().zip([(2, "cart", true), (3, "web", false)].iter().cycle()) {
        assert_eq!(
            half[1..6],
            [json!(kind), json!(service), json!("get /cart"), json!("00000000000000aa"), json!(is_shared)]
        );
        assert_eq!(half[7], json!(1_500_000));
    }
    let trace = server.trace(&format!("{:032x}", 1)).await.expect("the trace is there");
    let groups = trace["resourceSpans"].as_array().into_iter().flatten();
    let spans: usize = groups
        .flat_map(|group| group["scopeSpans"].as_array().into_iter().flatten())
        .map(|scope| scope["spans"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(spans, 2, "{trace}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_zipkin_json_is_refused_clearly_and_counted() {
    let site = Site::new("ingest: { request_bytes_max: 64KiB }");
    let server = site.start().await;
    let own = server.endpoints.zipkin.clone();
    acknowledged(post(&server, &own).body(call(1))).await;

    let (status, text) = answer(post(&server, &own).body("[{\"traceId\": ")).await;
    assert!(status == 400 && text.contains("line 1"), "{status} {text}");
    let (status, text) = answer(post(&server, &own).header("content-encoding", "gzip").body(call(2))).await;
    assert!(status == 400 && text.contains("decompress"), "{status} {text}");
    let large = [b"[".as_slice(), &[b' '; 200_000], b"]"].concat();
    for body in [large.clone().into(), chunked(&large)] {
        let (status, text) = answer(post(&server, &own).body(body)).await;
        assert!(status == 413 && text.contains("ingest.request_bytes_max"), "{status} {text}");
    }
    let thrift = server.http.post(format!("http://{own}/api/v2/spans")).header("content-type", "application/x-thrift");
    let (status, text) = answer(thrift.body(vec![12, 0, 0, 0, 1])).await;
    assert!(status == 415 && text.contains("Zipkin v2 JSON"), "{status} {text}");
    let old = server.http.post(format!("http://{own}/api/v1/spans")).header("content-type", MEDIA_TYPE);
    let (status, text) = answer(old.body("[]")).await;
    assert!(status == 404 && text.contains("/api/v2/spans"), "{status} {text}");

    let among_good = String::from_utf8(call(3)).expect("JSON is text").replace("[{", "[{\"traceId\":\"none\"},{");
    acknowledged(post(&server, &own).body(among_good)).await;
    check_counts(&server).await;
    assert_eq!(server.count("select count(*) from spans").await, 4, "the good ones, and nothing else");
}

async fn check_counts(server: &Server) {
    let ingest = server.json("/api/v1/ingest").await;
    let refused = ingest["refused"].as_array().into_iter().flatten();
    let mut reasons: Vec<_> = refused.map(|entry| json!([entry["reason"], entry["unit"], entry["count"]])).collect();
    reasons.sort_by_key(Value::to_string);
    let expected = [
        json!(["content_type", "request", 1]),
        json!(["old_version", "request", 1]),
        json!(["too_large", "request", 2]),
        json!(["trace_id", "span", 1]),
        json!(["undecodable", "request", 2]),
    ];
    assert_eq!(reasons, expected);
    for sender in ["web", "cart"] {
        let senders = ingest["senders"].as_array().into_iter().flatten();
        let sent: Vec<_> = senders.filter(|s| s["service"] == sender).map(|s| (&s["protocol"], &s["spans"])).collect();
        assert_eq!(sent, [(&json!("zipkin_json"), &json!(2))], "{sender}");
    }
}

/// Recordings of real systems, posted as they are: shared spans, ids that came twice, absent times and services.
#[tokio::test(flavor = "multi_thread")]
async fn recordings_are_kept_as_odd_as_they_are() {
    let Some(recordings) = corpora::directory("recordings of Zipkin", "traces/zipkin") else { return };
    for (file, spans) in [
        ("envoy.json", 1),
        ("messaging-kafka.json", 28),
        ("messaging.json", 4),
        ("simple-db-p6.json", 5),
        ("smartthings-mobile-web-install.json", 1041),
        ("yelp.json", 16),
    ] {
        check_recording(&recordings.join(file), spans).await;
    }
}

async fn check_recording(path: &Path, spans: u64) {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let recorded: Vec<Value> = serde_json::from_slice(&text).expect("a recording is a list");
    assert_eq!(recorded.len() as u64, spans, "{}", path.display());
    let site = Site::new("retention: { max_age: 36500d, disk_budget: 100% }");
    let server = site.start().await;
    acknowledged(post(&server, &server.endpoints.zipkin).body(text)).await;
    let counts = counts(&server).await;
    assert_eq!(counts, Counts::of(&recorded), "{}", path.display());
    server.stop().await;
    let server = site.start().await;
    assert_eq!(self::counts(&server).await, counts, "{}, from the lake", path.display());
}

/// What is odd about many spans.
#[derive(Debug, PartialEq, Eq)]
struct Counts {
    spans: u64,
    /// Different pairs of trace id and id.
    ids: u64,
    shared: u64,
    start_absent: u64,
    duration_absent: u64,
    unnamed: u64,
    /// The earliest start; absent ones are made up from those that are there, and never lie before them.
    earliest_ns: u64,
}

impl Counts {
    fn of(spans: &[Value]) -> Self {
        let count = |is_so: &dyn Fn(&Value) -> bool| spans.iter().filter(|span| is_so(span)).count() as u64;
        let is_absent = |span: &Value, key: &str| span[key].as_u64().is_none_or(|us| us == 0);
        let ids: BTreeSet<_> = spans.iter().map(|span| (span["traceId"].as_str(), span["id"].as_str())).collect();
        let annotated = spans.iter().flat_map(|span| span["annotations"].as_array().into_iter().flatten());
        let times = spans.iter().chain(annotated).filter_map(|timed| timed["timestamp"].as_u64());
        Self {
            spans: spans.len() as u64,
            ids: ids.len() as u64,
            shared: count(&|span| span["shared"] == true),
            start_absent: count(&|span| is_absent(span, "timestamp")),
            duration_absent: count(&|span| is_absent(span, "duration")),
            unnamed: count(&|span| span["localEndpoint"]["serviceName"].as_str().is_none_or(str::is_empty)),
            earliest_ns: times.filter(|us| *us > 0).min().unwrap_or_default() * 1_000,
        }
    }
}

async fn counts(server: &Server) -> Counts {
    let quirk = |bit: u64| format!("count(*) filter (where (quirks & {bit}) <> 0)");
    let query = format!(
        "select count(*), count(distinct concat(trace_id(trace_hi, trace_lo), span_id(span_id))), {}, {}, {}, \
         count(*) filter (where service_name is null), min(start_ns) from spans",
        quirk(SHARED),
        quirk(START_ABSENT),
        quirk(DURATION_ABSENT)
    );
    let rows = server.sql(&query).await;
    let [spans, ids, shared, start_absent, duration_absent, unnamed, earliest_ns] =
        rows[0].iter().map(crate::harness::number).collect::<Vec<_>>().try_into().expect("seven columns");
    Counts { spans, ids, shared, start_absent, duration_absent, unnamed, earliest_ns }
}
