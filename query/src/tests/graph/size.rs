//! A large mesh in bounded memory.

use axum::http::StatusCode;
use bytesize::ByteSize;
use spanloom_store::schema::edges::EdgeRow;

use super::ids;
use crate::Config;
use crate::tests::harness::Harness;
use crate::tests::ledger::edge;

const SERVICES: usize = 5_000;
const CALLS_PER_SERVICE: usize = 3;

/// Each service calls three others, and two observers see it.
fn mesh() -> Vec<EdgeRow> {
    let calls = (0..SERVICES).flat_map(|i| (1..=CALLS_PER_SERVICE).map(move |n| (i, (i * 7 + n * 131) % SERVICES)));
    calls
        .flat_map(|(source, target)| {
            let (n, m) = (source % 40, target % 40);
            ["source_proxy", "target_app"].map(|observer| {
                edge(&format!("ns{n}/s{source} ns{m}/s{target} http {observer} span requests=5 ms=3,5,9 http_5xx=1"))
            })
        })
        .collect()
}

fn memory_peak(harness: &Harness) -> f64 {
    let metrics = harness.metrics();
    let line = metrics.lines().find(|line| line.starts_with("spanloom_query_memory_peak_bytes_sum ")).unwrap();
    line.split(' ').next_back().unwrap().parse().unwrap()
}

#[tokio::test]
async fn five_thousand_services_are_answered_in_bounded_memory() {
    let harness = Harness::new().await;
    harness.show(&mesh());
    let reply = harness.get("/api/v1/graph").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let graph = reply.json();
    assert_eq!((ids(&graph, "nodes").len(), ids(&graph, "edges").len()), (SERVICES, SERVICES * CALLS_PER_SERVICE));
    let (bytes, peak) = (reply.body.len(), memory_peak(&harness));
    assert!(bytes < 16 << 20, "the answer has {bytes} bytes");
    assert!(peak > bytes as f64, "{peak} bytes were set aside for an answer of {bytes}");
    assert!(peak < 128e6, "{peak} bytes were set aside");
    let metrics = harness.metrics();
    assert!(metrics.contains("spanloom_query_memory_bytes 0\n"), "all of it is given back");
}

#[tokio::test]
async fn a_mesh_that_is_too_large_for_a_query_s_memory_is_refused() {
    let harness = Harness::with(Config { memory_bytes_max: ByteSize::mib(8), ..Config::default() }).await;
    harness.show(&mesh());
    let reply = harness.get("/api/v1/graph").await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reply.text());
    assert!(reply.text().contains("query.memory_bytes_max"), "{}", reply.text());
}
