//! Metrics that are wrong or too many are refused clearly, counted, and cost nothing else: other samples and spans are taken.

use serde_json::Value;

use super::api::{Api, Labels};
use super::write::{self, MEDIA, WriteRequest};
use super::{now_ms, page};
use crate::grpc;
use crate::harness::{Server, Site, number};
use crate::otlp::{self, Encoding, Outcome};

const MIB: u64 = 1 << 20;
const STREAM: &str = "/envoy.service.metrics.v3.MetricsService/StreamMetrics";
const EXPORT: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const INVALID_ARGUMENT: u32 = 3;

/// Series of the flood, sent in so many requests.
const FLOOD_SERIES: u64 = 1_000_000;
const FLOOD_REQUESTS: u64 = 250;
const FLOOD_EACH: u64 = FLOOD_SERIES / FLOOD_REQUESTS;
const SERIES_MAX: u64 = 5_000;
/// How much the server may grow while it refuses the flood: one request as decoded, and the series that it takes.
const FLOOD_BYTES_MAX: u64 = 192 * MIB;

/// What the server counts under a protocol and a reason, in its own metrics.
async fn counted(server: &Server, name: &str, protocol: &str, reason: &str) -> u64 {
    let text = server.get("/metrics").await.text().await.expect("metrics are text");
    let lines: String = text.lines().filter(|line| line.starts_with(name)).flat_map(|line| [line, "\n"]).collect();
    let labels = [("__name__", name), ("protocol", protocol), ("reason", reason)];
    let labels: Labels = labels.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    page::series(&lines).get(&labels).map_or(0, |count| *count as u64)
}

/// What `/api/v1/ingest` says was refused.
async fn told(server: &Server, protocol: &str, unit: &str, reason: &str) -> u64 {
    let ingest = server.json("/api/v1/ingest").await;
    let is_it = |entry: &&Value| entry["protocol"] == protocol && entry["unit"] == unit && entry["reason"] == reason;
    let refused = ingest["refused"].as_array().into_iter().flatten();
    refused.filter(is_it).map(|entry| number(&entry["count"])).sum()
}

/// Samples that were refused, which both ways of asking tell.
async fn check_samples(server: &Server, protocol: &str, reason: &str, count: u64) {
    assert_eq!(counted(server, "spanloom_ingest_refused_samples_total", protocol, reason).await, count, "{reason}");
    assert_eq!(told(server, protocol, "sample", reason).await, count, "{reason}");
}

/// Spans and samples are taken and found.
async fn check_unharmed(server: &Server, id: u64) {
    let (http, to) = (&server.http, &server.endpoints);
    otlp::send_acknowledged(http, to, &otlp::request("unharmed", "GET /", id, 2)).await;
    assert!(server.trace(&otlp::hex_id(id)).await.is_some());
    let time_ms = now_ms();
    let request = WriteRequest { timeseries: vec![write::series("unharmed", &[], time_ms, id as f64)] };
    assert_eq!(write::send(http, to, &request).await, Outcome::Acknowledged);
    let found = Api::of(server).at_ms("unharmed", time_ms).await;
    assert_eq!(found.into_values().collect::<Vec<_>>(), [id as f64]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_of_a_megabyte_is_refused_and_its_neighbours_are_not() {
    let site = Site::new("");
    let server = site.start().await;
    check_unharmed(&server, 1).await;
    let (time_ms, long) = (now_ms(), "x".repeat(MIB as usize));
    let many: Vec<String> = (0..100).map(|n| format!("l{n:03}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "v")).collect();
    let timeseries = vec![
        write::series("good", &[("at", "first")], time_ms, 1.0),
        write::series("bad", &[("value", &long)], time_ms, 1.0),
        write::series("bad", &[(&long, "value")], time_ms, 1.0),
        write::series("bad", &many, time_ms, 1.0),
        write::series("bad", &[("at", "morrow")], time_ms + 86_400_000, 1.0),
        write::series("good", &[("at", "last")], time_ms, 2.0),
    ];
    let outcome = write::send(&server.http, &server.endpoints, &WriteRequest { timeseries }).await;
    let Outcome::Refused(400, why) = &outcome else { panic!("{outcome:?}") };
    assert!(why.len() < 1_000 && why.contains("label_value 1"), "{why}");
    for reason in ["label_value", "label_name", "labels", "future"] {
        check_samples(&server, "remote_write", reason, 1).await;
    }
    let api = Api::of(&server);
    assert_eq!(api.at_ms("good", time_ms).await.into_values().collect::<Vec<_>>(), [1.0, 2.0]);
    assert!(api.at_ms("bad", time_ms).await.is_empty());
    check_unharmed(&server, 2).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_new_series_cost_those_that_are_there_nothing() {
    let site = Site::new(&format!("metrics: {{ series_max: {SERIES_MAX} }}"));
    let server = site.start().await;
    check_unharmed(&server, 1).await;
    let before = server.resident_bytes();
    for request in 0..FLOOD_REQUESTS {
        let ids = (request * FLOOD_EACH..(request + 1) * FLOOD_EACH).map(|id| id.to_string());
        let timeseries = ids.map(|id| write::series("flood", &[("id", &id)], now_ms(), 1.0)).collect();
        match write::send(&server.http, &server.endpoints, &WriteRequest { timeseries }).await {
            Outcome::Acknowledged => {}
            Outcome::Refused(400, why) => assert!(why.contains("metrics.series_max"), "{why}"),
            outcome => panic!("{outcome:?}"),
        }
        if request % 50 == 0 {
            check_unharmed(&server, 2 + request).await;
        }
    }
    let grown = server.resident_bytes().saturating_sub(before);
    assert!(grown < FLOOD_BYTES_MAX, "the server grew by {grown} bytes");
    let stored = Api::of(&server).at_ms("count(flood)", now_ms()).await.into_values().sum::<f64>() as u64;
    // Series count when they are stored: a request may exceed the bound by what it holds.
    assert!((SERIES_MAX - 1..SERIES_MAX + FLOOD_EACH).contains(&stored), "{stored} series");
    check_samples(&server, "remote_write", "series", FLOOD_SERIES - stored).await;
    check_unharmed(&server, 1_000).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_none_are_refused_for_good() {
    let site = Site::new("");
    let server = site.start().await;
    let good = write::body(&WriteRequest { timeseries: vec![write::series("good", &[], now_ms(), 1.0)] });
    let zeros = write::compressed(&vec![0; 65 * MIB as usize]);
    let cases = [
        (MEDIA, "snappy", b"\x7f\xff\xff\xff".to_vec(), 400, "undecodable"),
        (MEDIA, "snappy", write::compressed(b"\x0a\xff\xff\xff\xff\x7f"), 400, "undecodable"),
        (MEDIA, "snappy", zeros, 413, "too_large"),
        (MEDIA, "snappy", vec![b'x'; 17 * MIB as usize], 413, "too_large"),
        (MEDIA, "gzip", good.clone(), 415, "content_type"),
        ("application/json", "snappy", good.clone(), 415, "content_type"),
        ("application/x-protobuf;proto=io.prometheus.write.v3.Request", "snappy", good, 415, "content_type"),
    ];
    for (media, encoding, body, status, reason) in cases {
        let before = counted(&server, "spanloom_ingest_refused_requests_total", "remote_write", reason).await;
        let outcome = write::post(&server.http, &server.endpoints, media, encoding, body).await;
        assert!(matches!(outcome, Outcome::Refused(code, _) if code == status), "{media} {encoding}: {outcome:?}");
        let after = counted(&server, "spanloom_ingest_refused_requests_total", "remote_write", reason).await;
        assert_eq!(after, before + 1, "{media} {encoding}");
        assert_eq!(told(&server, "remote_write", "request", reason).await, after, "{media} {encoding}");
    }
    check_unharmed(&server, 1).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_and_streams_that_are_none_are_refused_for_good() {
    let site = Site::new("");
    let server = site.start().await;
    let cases = [
        (MEDIA, Encoding::Plain, b"\xff\xff\xff".as_slice(), 400, "otlp_http_protobuf", "undecodable"),
        ("application/json", Encoding::Gzip, b"{\"resourceMetrics\": 3}", 400, "otlp_http_json", "undecodable"),
        ("text/plain", Encoding::Plain, b"up 1", 415, "otlp_http_json", "content_type"),
    ];
    for (media, encoding, body, status, protocol, reason) in cases {
        let request = server.http.post(format!("http://{}/v1/metrics", server.endpoints.otlp_http));
        let request = match encoding {
            Encoding::Plain => request,
            _ => request.header("content-encoding", "gzip"),
        };
        let answer = request.header("content-type", media).body(encoding.encode(body.to_vec())).send().await;
        assert_eq!(answer.expect("an answer").status(), status, "{media}");
        assert_eq!(told(&server, protocol, "request", reason).await, 1, "{media}");
    }
    for (path, protocol) in [(EXPORT, "otlp_grpc"), (STREAM, "envoy_metrics")] {
        let reply = grpc::call(&server.endpoints.otlp_grpc, path, &[], None, b"\xff\xff\xff").await.expect("an answer");
        assert_eq!(reply.status, INVALID_ARGUMENT, "{path}: {reply:?}");
        assert!(!reply.has_retry_info(), "{path}: {reply:?}");
        assert_eq!(told(&server, protocol, "request", "undecodable").await, 1, "{path}");
    }
    check_unharmed(&server, 1).await;
    server.stop().await;
}
