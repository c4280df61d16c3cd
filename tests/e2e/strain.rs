//! Points 4 and 8 under strain: stops while requests come, very many small requests, the largest one, clients that never read, a
//! thousand that say nothing. What was acknowledged is there once, and others are served.

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::harness::{Server, Site};
use crate::load::{self, Load};
use crate::otlp::{self, Encoding, Outcome, Protocol};

const MIB: u64 = 1 << 20;
/// How many tiny requests are sent; a debug build takes five minutes for a hundred thousand.
const TINY_REQUESTS: &str = "SPANLOOM_TINY_REQUESTS";
/// A connection on which nothing moves for so long is one whose other side has stopped reading.
const STALLED_AFTER: Duration = Duration::from_secs(2);

/// SIGTERM while clients send: the server ends in good order, and what it acknowledged last is there as well.
#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_loses_nothing() {
    let site = Site::new("hot: { bytes_max: 256KiB, age_max: 500ms }");
    let load = Load::start();
    for _ in 0..3 {
        let server = site.start().await;
        load.point_at(&server);
        load.more(100).await;
        server.stop().await;
    }
    let server = site.start().await;
    load.point_at(&server);
    let sent = load.finish().await;
    assert!(sent.len() > 300);
    load::check(&server, &sent).await;
    server.stop().await;
    let server = site.start().await;
    load::check(&server, &sent).await;
}

/// A request over HTTP/1.1, as bytes.
fn post(request: &ExportTraceServiceRequest) -> Vec<u8> {
    let body = request.encode_to_vec();
    let head = "POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\ncontent-length:";
    [format!("{head} {}\r\n\r\n", body.len()).as_bytes(), &body].concat()
}

fn tiny(id: u64) -> ExportTraceServiceRequest {
    otlp::request("tiny", "GET /", id, 1)
}

/// Sends requests of one span each, many before the first is answered; all of them are taken.
async fn send_tiny(to: String, ids: std::ops::Range<u64>) {
    const TOGETHER: u64 = 250;
    let mut connection = TcpStream::connect(&to).await.expect("connect");
    let mut answers = Vec::new();
    for first in ids.clone().step_by(TOGETHER as usize) {
        let requests: Vec<Vec<u8>> = (first..ids.end.min(first + TOGETHER)).map(|id| post(&tiny(id))).collect();
        let bytes = requests.concat();
        let (mut reading, mut writing) = connection.split();
        let write = async { writing.write_all(&bytes).await.expect("send") };
        let read = async {
            answers.clear();
            while count(&answers, b"HTTP/1.1 ") < requests.len() || !answers.ends_with(b"\r\n\r\n") {
                assert!(reading.read_buf(&mut answers).await.expect("read") > 0, "the server closed the connection");
                let refused = count(&answers, b"HTTP/1.1 4") + count(&answers, b"HTTP/1.1 5");
                assert_eq!(refused, 0, "{}", String::from_utf8_lossy(&answers[..answers.len().min(1000)]));
            }
        };
        tokio::join!(write, read);
        let text = String::from_utf8_lossy(&answers);
        assert_eq!(count(&answers, b"HTTP/1.1 200 OK"), requests.len(), "{}", &text[..text.len().min(1000)]);
    }
}

fn count(text: &[u8], word: &[u8]) -> usize {
    text.windows(word.len()).filter(|window| *window == word).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn very_many_tiny_requests_are_all_there_once() {
    const CLIENTS: u64 = 8;
    let asked = std::env::var(TINY_REQUESTS).ok();
    let requests: u64 = asked.map_or(20_000, |asked| asked.parse().expect("a number of requests"));
    let site = Site::new("");
    let server = site.start().await;
    let before = server.resident_bytes();
    let clients = (0..CLIENTS).map(|client| {
        let ids = client * requests / CLIENTS..(client + 1) * requests / CLIENTS;
        send_tiny(server.endpoints.otlp_http.clone(), ids)
    });
    clients.collect::<JoinSet<()>>().join_all().await;
    let found = "select count(*), count(distinct trace_lo) from spans where service_name = 'tiny'";
    let all = vec![vec![json!(requests), json!(requests)]];
    assert_eq!(server.sql(found).await, all);
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < 768 * MIB, "the server grew by {} MiB", grown / MIB);
    server.kill();
    let server = site.start().await;
    assert_eq!(server.sql(found).await, all);
}

/// As large as it may be before and after decompression, and one byte more.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_the_maximum_size_is_taken() {
    const BYTES_MAX: usize = 8 << 20;
    const SPANS: u64 = 5000;
    let site = Site::new("ingest: { request_bytes_max: 8MiB, decoded_bytes_max: 8MiB }");
    let server = site.start().await;
    let cases = [
        (Protocol::HttpProtobuf, Encoding::Plain),
        (Protocol::Grpc, Encoding::Plain),
        (Protocol::Grpc, Encoding::Gzip),
        (Protocol::HttpProtobuf, Encoding::Zstd),
    ];
    for (id, (protocol, encoding)) in (0..).zip(cases) {
        for (more, is_taken) in [(1, false), (0, true)] {
            let request = of_size(id, SPANS, BYTES_MAX + more);
            let outcome = otlp::send(&server.http, &server.endpoints, protocol, encoding, &request).await;
            match outcome {
                Outcome::Acknowledged => assert!(is_taken, "{protocol:?} {encoding:?}: {more} too many"),
                Outcome::Refused(413 | 8, _) => assert!(!is_taken, "{protocol:?} {encoding:?}: {outcome:?}"),
                other => panic!("{protocol:?} {encoding:?}, {more} too many: {other:?}"),
            }
        }
        let lo = id + 1;
        assert_eq!(
            server.count(&format!("select count(distinct span_id) from spans where trace_lo = {lo}")).await,
            SPANS
        );
    }
    assert_eq!(server.count("select count(*) from spans").await, 4 * SPANS);
}

/// A trace whose request has exactly so many bytes.
fn of_size(id: u64, spans: u64, bytes: usize) -> ExportTraceServiceRequest {
    let mut request = otlp::request("large", "GET /", id, spans);
    let padded = |request: &mut ExportTraceServiceRequest, length: usize| {
        let last = request.resource_spans[0].scope_spans[0].spans.last_mut().expect("a span");
        last.trace_state = "x".repeat(length);
        request.encoded_len()
    };
    // Lengths are as many bytes more as they are long, so it is tried.
    let mut length = bytes - padded(&mut request, 0);
    loop {
        let found = padded(&mut request, length);
        if found == bytes {
            return request;
        }
        assert!(found > bytes, "{found} of {bytes} bytes");
        length -= found - bytes;
    }
}

/// Sends the same again and again until the other side has stopped reading, because nobody reads its answers.
async fn send_until_stalled(to: String, bytes: Vec<u8>) -> TcpStream {
    let mut connection = TcpStream::connect(&to).await.expect("connect");
    let mut bytes_sent = 0;
    while let Ok(sent) = timeout(STALLED_AFTER, connection.write_all(&bytes)).await {
        bytes_sent += bytes.len() as u64;
        assert!(bytes_sent < 64 * MIB, "the server reads on and on, though nobody reads its answers");
        if sent.is_err() {
            break;
        }
    }
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_never_read_harm_nobody() {
    const CLIENTS: usize = 40;
    let site = Site::new("");
    let server = site.start().await;
    let request = otlp::request("unharmed", "GET /", 1, 3);
    otlp::send_acknowledged(&server.http, &server.endpoints, &request).await;
    let before = server.resident_bytes();
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes().repeat(20);
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let path = ["/metrics", "/api/v1/graph", "/tempo/api/search/tags", "/"][client % 4];
        clients.spawn(send_until_stalled(server.endpoints.api.clone(), get(path)));
    }
    let stalled = clients.join_all().await;
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < 256 * MIB, "the server grew by {} MiB for {} clients", grown / MIB, stalled.len());
    check_serving(&server).await;
    drop(stalled);
    server.stop().await;
}

/// Others can send, and ask.
async fn check_serving(server: &Server) {
    let request = otlp::request("unharmed", "GET /", 2, 3);
    for protocol in [Protocol::HttpProtobuf, Protocol::Grpc] {
        let outcome = otlp::send(&server.http, &server.endpoints, protocol, Encoding::Plain, &request).await;
        assert_eq!(outcome, Outcome::Acknowledged);
    }
    assert!(server.trace(&otlp::hex_id(2)).await.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_idle_connections_cost_little() {
    const CONNECTIONS: usize = 1000;
    rlimit::increase_nofile_limit(2 * CONNECTIONS as u64).expect("the limit can be read");
    let site = Site::new("");
    let server = site.start().await;
    check_serving(&server).await;
    let before = server.resident_bytes();
    let listeners =
        [&server.endpoints.otlp_grpc, &server.endpoints.otlp_http, &server.endpoints.zipkin, &server.endpoints.api];
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for i in 0..CONNECTIONS {
        let mut connection = TcpStream::connect(listeners[i % 4]).await.expect("connect");
        // Half of them begin and never go on.
        if i % 8 < 4 {
            connection.write_all(b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\n").await.expect("send");
        }
        connections.push(connection);
    }
    check_serving(&server).await;
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < 128 * MIB, "the server grew by {} MiB", grown / MIB);
    server.stop().await;
}
