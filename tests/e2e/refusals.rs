//! Point 8: what is wrong is refused clearly, and the rest is unharmed. Requests here; damage on disk and keys to the
//! door below.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message as _;
use serde_json::{Value, json};

use crate::grpc;
use crate::harness::{Server, Site, number, text_of};
use crate::otlp::{self, EXPORT, Encoding, Outcome};

/// A second process, a full disk, a damaged log, a damaged lake.
mod damage;

/// TLS, mutual TLS, bearer tokens, the Host check.
mod door;

/// Decompression bombs.
mod bomb;

const MIB: u64 = 1024 * 1024;
const PROTOBUF: &str = "application/x-protobuf";
/// gRPC codes.
const INVALID_ARGUMENT: u32 = 3;
const RESOURCE_EXHAUSTED: u32 = 8;
const UNAUTHENTICATED: u32 = 16;

/// A server that holds one trace already.
async fn serving(config: &str) -> (Site, Server) {
    let site = Site::new(config);
    let server = site.start().await;
    store(&server, 1).await;
    (site, server)
}

async fn store(server: &Server, id: u64) {
    let request = otlp::request("unharmed", "GET /", id, 3);
    otlp::send_acknowledged(&server.http, &server.endpoints, &request).await;
}

/// What was there is there, more can come, and nothing else came.
async fn check_unharmed(server: &Server) {
    store(server, 2).await;
    for id in [1, 2] {
        assert!(server.trace(&otlp::hex_id(id)).await.is_some(), "trace {id}");
    }
    // The second may have been sent before; folding is not SQL's business.
    assert_eq!(server.count("select count(distinct span_id) from spans").await, 6);
}

/// How many refusals the server has counted for a reason.
async fn refused(server: &Server, reason: &str) -> u64 {
    let ingest = server.json("/api/v1/ingest").await;
    let refused = ingest["refused"].as_array().into_iter().flatten();
    refused.filter(|entry| entry["reason"] == reason).map(|entry| number(&entry["count"])).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_a_path_is_refused_and_counted() {
    let (site, server) = serving("").await;
    let body = otlp::request("evil", "GET /", 9, 1).encode_to_vec();
    for tenant in ["../x", "..", "a/b", "other", &"a".repeat(65)] {
        let request = server.http.post(format!("http://{}/v1/traces", server.endpoints.otlp_http));
        let request = request.header("x-scope-orgid", tenant).header("content-type", PROTOBUF).body(body.clone());
        assert_eq!(request.send().await.expect("an answer").status(), 401, "{tenant}");
        let reply = grpc::call(&server.endpoints.otlp_grpc, EXPORT, &[("x-scope-orgid", tenant)], None, &body).await;
        let reply = reply.expect("an answer");
        assert_eq!(reply.status, UNAUTHENTICATED, "{tenant}: {reply:?}");
        assert!(!reply.has_retry_info(), "{tenant}: {reply:?}");
        let request = server.http.get(server.url("/api/v1/traces")).header("x-scope-orgid", tenant);
        assert_eq!(request.send().await.expect("an answer").status(), 401, "{tenant}, asking");
    }
    assert!(refused(&server, "tenant").await >= 10);
    check_unharmed(&server).await;
    server.stop().await;
    let lakes = std::fs::read_dir(site.data().join("lake")).expect("a server that stops flushes");
    let lakes: Vec<_> = lakes.map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(lakes, ["default"]);
    assert!(!site.path().join("x").exists() && !site.data().join("x").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_megabytes_in_one_request_are_refused_for_good() {
    let (_site, server) = serving("").await;
    let before = server.resident_bytes();
    let body = vec![b'x'; 100_000_000];
    let outcome = otlp::post(&server.http, &server.endpoints, PROTOBUF, Encoding::Plain, body.clone()).await;
    assert!(matches!(outcome, Outcome::Refused(413, _)), "with a length: {outcome:?}");
    let outcome = chunked(&server, body.clone()).await;
    assert!(matches!(outcome, Outcome::Refused(413, _)), "without a length: {outcome:?}");
    let outcome = otlp::export(&server.endpoints.otlp_grpc, Encoding::Plain, body).await;
    assert!(matches!(outcome, Outcome::Refused(RESOURCE_EXHAUSTED, _)), "gRPC: {outcome:?}");
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < 64 * MIB, "the server grew by {grown} bytes");
    check_unharmed(&server).await;
}

/// Posts a body piece by piece, so that its length is not known at first.
async fn chunked(server: &Server, body: Vec<u8>) -> Outcome {
    let pieces: Vec<_> = body.chunks(64 * 1024).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let request = server.http.post(format!("http://{}/v1/traces", server.endpoints.otlp_http));
    let request = request.header("content-type", PROTOBUF);
    let sent = request.body(reqwest::Body::wrap_stream(futures::stream::iter(pieces))).send().await;
    match sent {
        Ok(answer) => Outcome::Refused(answer.status().as_u16().into(), String::new()),
        Err(_) => Outcome::Lost,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_decoded_is_refused_for_good() {
    let (_site, server) = serving("").await;
    let to = &server.endpoints;
    let cases = [
        (PROTOBUF, Encoding::Plain, b"\xff\xff\xff".as_slice(), 400),
        (PROTOBUF, Encoding::Gzip, b"\x0a\xff\xff\xff\xff\x7f", 400),
        ("application/json", Encoding::Plain, b"{\"resourceSpans\": 3}", 400),
        ("application/json", Encoding::Zstd, b"{", 400),
        ("text/plain", Encoding::Plain, b"hello", 415),
    ];
    for (media, encoding, body, expected) in cases {
        let outcome = otlp::post(&server.http, to, media, encoding, body.to_vec()).await;
        assert!(matches!(outcome, Outcome::Refused(status, _) if status == expected), "{media} {body:?}: {outcome:?}");
    }
    let outcome = otlp::export(&to.otlp_grpc, Encoding::Plain, vec![0xff; 3]).await;
    assert!(matches!(outcome, Outcome::Refused(INVALID_ARGUMENT, _)), "{outcome:?}");
    let request = server.http.post(format!("http://{}/v1/traces", to.otlp_http)).header("content-type", PROTOBUF);
    let answer = request.header("content-encoding", "gzip").body("not gzip").send().await.expect("an answer");
    assert_eq!(answer.status(), 400);
    check_unharmed(&server).await;
}

/// A bad span is refused, its neighbours are not, and the client is told how many and why.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_span_does_not_cost_its_neighbours() {
    let (_site, server) = serving("").await;
    let mut request = otlp::request("unharmed", "GET /", 2, 3);
    let spans = &mut request.resource_spans[0].scope_spans[0].spans;
    let mut zero = spans[0].clone();
    zero.span_id = vec![0; 8];
    let mut short = spans[1].clone();
    short.trace_id = vec![1; 3];
    spans.extend([zero, short]);
    let body = serde_json::to_vec(&request).expect("an OTLP request is JSON");
    let post = server.http.post(format!("http://{}/v1/traces", server.endpoints.otlp_http));
    let answer = post.header("content-type", "application/json").body(body).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.expect("the answer to JSON is JSON");
    let partial = &answer["partialSuccess"];
    assert!([json!("2"), json!(2)].contains(&partial["rejectedSpans"]), "{answer}");
    assert!(!partial["errorMessage"].as_str().unwrap_or_default().is_empty(), "{answer}");
    let reply = grpc::call(&server.endpoints.otlp_grpc, EXPORT, &[], None, &request.encode_to_vec()).await;
    let reply = reply.expect("an answer");
    let answer = ExportTraceServiceResponse::decode(reply.body).expect("the answer to protobuf is protobuf");
    let partial = answer.partial_success.expect("some spans were refused");
    assert!(reply.status == 0 && partial.rejected_spans == 2 && !partial.error_message.is_empty(), "{partial:?}");
    assert_eq!(server.count("select count(distinct span_id) from spans where trace_lo = 3").await, 3);
}

/// Nothing that is asked can take the server down or change what it holds.
#[tokio::test(flavor = "multi_thread")]
async fn questions_that_are_wrong_are_refused() {
    let (_site, server) =
        serving("query: { memory_bytes_max: 16MiB, memory_total_bytes_max: 64MiB, timeout: 5s }").await;
    for (query, expected) in [
        ("selec 1", 400),
        ("select nothing from spans", 400),
        ("select * from '/etc/passwd'", 400),
        ("create table t as select 1", 400),
        ("drop table spans", 400),
        ("insert into spans select * from spans", 400),
        ("copy spans to '/tmp/spanloom-e2e.csv'", 400),
        ("set datafusion.execution.batch_size = 1", 400),
    ] {
        let (status, body) = server.ask_sql(query).await;
        assert_eq!(status, expected, "{query}: {body}");
        assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{query}: {body}");
    }
    let endless =
        "select count(*) from generate_series(1, 100000) a(x), generate_series(1, 100000000) b(y) where x <> y";
    let (status, body) = server.ask_sql(endless).await;
    assert!((400..=504).contains(&status), "{status}: {body}");
    assert_eq!(server.get("/api/v1/traces/no-hex").await.status(), 400);
    assert_eq!(server.get("/api/v1/traces/00000000000000000000000000000abc").await.status(), 404);
    check_unharmed(&server).await;
}

#[test]
fn check_config_names_the_key_and_its_line() {
    let site = Site::new("wal:\n  segment_bytes: 64MiB\n  commit_intervall: 5ms\n");
    let output = site.run(&["check-config"]);
    assert!(!output.status.success());
    let text = text_of(&output);
    let config = std::fs::read_to_string(site.config()).expect("read the configuration");
    let line = 1 + config.lines().position(|line| line.contains("commit_intervall")).expect("the line is there");
    assert!(text.contains("commit_intervall") && text.contains(&format!("{line}")), "line {line} is not named: {text}");

    site.configure("hot: { bytes_max: 0B }");
    let output = site.run(&["check-config"]);
    assert!(!output.status.success() && text_of(&output).contains("hot.bytes_max"), "{}", text_of(&output));
    site.configure("hot: { bytes_max: 64MiB }");
    let output = site.run(&["check-config"]);
    assert!(output.status.success(), "{}", text_of(&output));
}

/// Sends the same to a server many times at once.
async fn many<F: Future<Output = Outcome> + Send + 'static>(times: usize, send: impl Fn() -> F) -> Vec<Outcome> {
    let tasks: Vec<_> = (0..times).map(|_| tokio::spawn(send())).collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.expect("a client ends"));
    }
    outcomes
}

/// A body that several requests share.
type Body = Arc<Vec<u8>>;
