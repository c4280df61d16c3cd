//! Point 5: what is acknowledged is returned by a query sent right after the acknowledgement, every time, also while it
//! moves from memory to the lake: then, too, it is there exactly once.

use crate::canon;
use crate::harness::{Server, Site, http_client};
use crate::otlp::{self, Encoding, Outcome, Protocol};

const CLIENTS: u64 = 4;
const REQUESTS: u64 = 500;
const SPANS: u64 = 5;
/// Every so many requests the whole trace is asked for too, and an older one; that costs more than a count.
const TRACES_EVERY: u64 = 10;
/// Little time, so that flushes commit all the time. Traces are short here: a question that says when they were need not
/// open the files of all flushes before.
const SMALL: &str = "hot: { age_max: 250ms }\nwal: { segment_bytes: 256KiB }\n\
                     query: { trace_span_max: 1s }";

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_span_is_found_at_once_while_flushes_commit() {
    let site = Site::new(SMALL);
    let server = site.start().await;
    futures::future::join_all((0..CLIENTS).map(|client| send_and_ask(&server, client))).await;
    let flushes = server.metric("spanloom_flush_completed_total").await;
    assert!(flushes > 20.0, "only {flushes} flushes committed meanwhile");
    assert_eq!(server.count("select count(*) from spans").await, CLIENTS * REQUESTS * SPANS);
    server.stop().await;
}

async fn send_and_ask(server: &Server, client: u64) {
    let http = http_client();
    let mut sent = Vec::new();
    for n in 0..REQUESTS {
        let id = client * REQUESTS + n;
        let start_ns = send(&http, server, id).await;
        sent.push((id, start_ns));
        let query = format!("select count(*) from spans where name = 'fresh {id}' and start_ns >= {start_ns}");
        assert_eq!(server.count(&query).await, SPANS, "request {id} by SQL");
        if n.is_multiple_of(TRACES_EVERY) {
            check_trace(server, (id, start_ns)).await;
            check_trace(server, sent[sent.len() / 2]).await;
        }
    }
}

/// Returns when its first span starts. Under this much load a request may be put off, but none is refused or lost.
async fn send(http: &reqwest::Client, server: &Server, id: u64) -> u64 {
    let request = otlp::request("fresh", &format!("fresh {id}"), id, SPANS);
    loop {
        match otlp::send(http, &server.endpoints, Protocol::HttpProtobuf, Encoding::Plain, &request).await {
            Outcome::Acknowledged => return request.resource_spans[0].scope_spans[0].spans[0].start_time_unix_nano,
            Outcome::Later => tokio::task::yield_now().await,
            outcome => panic!("request {id}: {outcome:?}"),
        }
    }
}

async fn check_trace(server: &Server, (id, start_ns): (u64, u64)) {
    let trace = otlp::hex_id(id);
    let answer = server.json(&format!("/api/v1/traces/{trace}?start={start_ns}&end={start_ns}")).await;
    assert_eq!(canon::of_otlp(&answer).len() as u64, SPANS, "request {id}");
}
