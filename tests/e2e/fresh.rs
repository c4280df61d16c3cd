//! Point 5: what is acknowledged is returned by a query sent right after the acknowledgement, every time, also while it
//! moves from memory to the lake: then, too, it is there exactly once.

use crate::canon;
use crate::harness::{Server, Site, http_client};
use crate::otlp::{self, Encoding, Outcome, Protocol};

const CLIENTS: u64 = 4;
const REQUESTS: u64 = 750;
const SPANS: u64 = 5;
/// Every so many requests SQL is asked too; it costs more.
const SQL_EVERY: u64 = 10;
/// Few bytes, so that flushes commit all the time.
const SMALL: &str = "hot: { bytes_max: 64KiB, age_max: 250ms }\nwal: { segment_bytes: 256KiB }";

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
    for n in 0..REQUESTS {
        let id = client * REQUESTS + n;
        send(&http, server, id).await;
        check_trace(server, id).await;
        check_trace(server, client * REQUESTS + n / 2).await;
        if n.is_multiple_of(SQL_EVERY) {
            let query = format!("select count(*) from spans where name = 'fresh {id}'");
            assert_eq!(server.count(&query).await, SPANS, "request {id} by SQL");
        }
    }
}

/// Under this much load a request may be put off, but none is refused or lost.
async fn send(http: &reqwest::Client, server: &Server, id: u64) {
    let request = otlp::request("fresh", &format!("fresh {id}"), id, SPANS);
    loop {
        match otlp::send(http, &server.endpoints, Protocol::HttpProtobuf, Encoding::Plain, &request).await {
            Outcome::Acknowledged => return,
            Outcome::Later => tokio::task::yield_now().await,
            outcome => panic!("request {id}: {outcome:?}"),
        }
    }
}

async fn check_trace(server: &Server, id: u64) {
    let trace = server.trace(&otlp::hex_id(id)).await.unwrap_or_else(|| panic!("request {id} is not found"));
    assert_eq!(canon::of_otlp(&trace).len() as u64, SPANS, "request {id}");
}
