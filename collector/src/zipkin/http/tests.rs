use std::io::Write as _;

use bytes::Bytes;
use futures::stream;
use http_body_util::BodyExt as _;
use prometheus_client::registry::Registry;
use spanloom_store::{Clock, Store, SystemClock, Table, Tenants};
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;
use crate::config::Config;
use crate::decode::Decoder;

const GOOD: &str = r#"[{"traceId":"a","id":"1","name":"get","timestamp":1700000000000000,"duration":5},
                       {"traceId":"a","id":"2","parentId":"1","kind":"CLIENT"}]"#;

/// A store, and the routes of a port of Zipkin's own.
struct Site {
    store: Store,
    ingest: Arc<Ingest>,
    _dir: TempDir,
}

impl Site {
    /// Before the log is replayed.
    async fn open(config: Config) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store_config = spanloom_store::Config { data_dir: dir.path().to_owned(), ..Default::default() };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let mut registry = Registry::default();
        let decoder = Arc::new(Decoder::new());
        let store = Store::open(store_config, decoder, Arc::clone(&clock), &mut registry).await.unwrap();
        let tenants = Arc::new(Tenants::new(&Default::default()).unwrap());
        let ingest = Arc::new(Ingest::new(store.clone(), tenants, config, clock, &mut registry));
        Self { store, ingest, _dir: dir }
    }

    async fn ready() -> Self {
        let site = Self::open(Config::default()).await;
        site.store.start().await.unwrap();
        site
    }

    async fn ask(&self, request: axum::http::request::Builder, body: impl Into<Body>) -> Response {
        port_router(Arc::clone(&self.ingest)).oneshot(request.body(body.into()).unwrap()).await.unwrap()
    }

    async fn post(&self, content_type: &str, body: impl Into<Body>) -> Response {
        self.ask(Request::post("/api/v2/spans").header("content-type", content_type), body).await
    }

    fn spans(&self) -> usize {
        let view = self.store.view(&TenantId::default());
        view.table(Table::Spans).hot().iter().map(|batch| batch.num_rows()).sum()
    }

    /// What was refused for a reason.
    fn refused(&self, reason: &str) -> u64 {
        let refused = self.ingest.senders().refused_to(&TenantId::default());
        let of_reason = refused.iter().filter(|(key, _)| key.reason == reason && key.protocol == Protocol::ZipkinJson);
        of_reason.map(|(_, count)| count.count).sum()
    }
}

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_list_of_spans_is_visible_once_it_is_answered() {
    let site = Site::ready().await;
    for content_type in ["application/json", "application/json; charset=utf-8", "Application/JSON"] {
        let before = site.spans();
        let answer = site.post(content_type, GOOD).await;
        assert_eq!(answer.status(), 202, "{content_type}");
        assert_eq!(text(answer).await, "", "{content_type}");
        assert_eq!(site.spans(), before + 2, "{content_type}");
    }
    assert_eq!(site.post("application/json", "[]").await.status(), 202);
}

#[tokio::test]
async fn a_body_may_come_in_pieces_and_compressed() {
    let site = Site::ready().await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(GOOD.as_bytes()).unwrap();
    let pieces: Vec<Vec<u8>> = gzip.finish().unwrap().chunks(7).map(<[u8]>::to_vec).collect();
    let pieces = Body::from_stream(stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>)));
    let request = Request::post("/api/v2/spans").header("content-type", JSON).header("content-encoding", "gzip");
    assert_eq!(site.ask(request, pieces).await.status(), 202);
    let zstd = Bytes::from(zstd::encode_all(GOOD.as_bytes(), 1).unwrap());
    let request = Request::post("/api/v2/spans").header("content-type", JSON).header("content-encoding", "zstd");
    assert_eq!(site.ask(request, zstd).await.status(), 202);
    assert_eq!(site.spans(), 4);
}

#[tokio::test]
async fn bad_spans_are_counted_and_their_neighbours_kept() {
    let site = Site::ready().await;
    let mixed = GOOD.replace("[{", r#"[{"traceId":"a","id":""},{"traceId":"x","id":"3"},{"traceId":"y","id":"4"},{"#);
    assert_eq!(site.post(JSON, mixed).await.status(), 202);
    assert_eq!(site.spans(), 2);
    assert_eq!((site.refused("span_id"), site.refused("trace_id")), (1, 2));
}

#[tokio::test]
async fn what_cannot_be_decoded_is_refused_with_its_place() {
    let site = Site::ready().await;
    for body in ["", "{}", "[{]", "no JSON", "[{\"timestamp\":\"soon\"}]"] {
        let answer = site.post(JSON, body).await;
        assert_eq!(answer.status(), 400, "{body}");
        assert!(!answer.headers().contains_key("retry-after"), "{body}");
        assert!(text(answer).await.contains("line 1"), "{body}");
    }
    let request = Request::post("/api/v2/spans").header("content-type", JSON).header("content-encoding", "gzip");
    assert_eq!(site.ask(request, GOOD).await.status(), 400);
    assert_eq!((site.spans(), site.refused("undecodable")), (0, 6));
}

#[tokio::test]
async fn other_content_is_sent_to_version_2_json() {
    let site = Site::ready().await;
    for content_type in ["application/x-thrift", "application/x-protobuf", "text/plain", ""] {
        let answer = site.post(content_type, GOOD).await;
        assert_eq!(answer.status(), 415, "{content_type}");
        assert!(text(answer).await.contains("Zipkin v2 JSON"), "{content_type}");
    }
    assert_eq!(site.ask(Request::post("/api/v2/spans"), GOOD).await.status(), 415);
    let request = Request::post("/api/v2/spans").header("content-type", JSON).header("content-encoding", "br");
    assert_eq!(site.ask(request, GOOD).await.status(), 415);
    let old = site.ask(Request::post("/api/v1/spans").header("content-type", JSON), GOOD).await;
    assert_eq!(old.status(), 404);
    assert!(text(old).await.contains("/api/v2/spans"));
    assert_eq!(site.spans(), 0);
    assert_eq!(
        [site.refused("content_type"), site.refused("content_encoding"), site.refused("old_version")],
        [5, 1, 1]
    );
}

#[tokio::test]
async fn a_strange_path_is_told_what_the_port_takes() {
    let site = Site::ready().await;
    let answer = site.ask(Request::get("/api/v2/traces"), "").await;
    assert_eq!(answer.status(), 404);
    assert!(text(answer).await.contains("POST /api/v2/spans"));
    assert_eq!(site.ask(Request::get("/api/v2/spans"), "").await.status(), 405);
}

#[tokio::test]
async fn bounds_and_tenants_are_those_of_every_protocol() {
    let small = bytesize::ByteSize::b(GOOD.len() as u64 - 1);
    let site = Site::open(Config { request_bytes_max: small, ..Config::default() }).await;
    site.store.start().await.unwrap();
    assert_eq!(site.post(JSON, GOOD).await.status(), 413);
    let pieces = [Ok::<_, std::io::Error>(GOOD), Ok(" ")];
    let chunked = site.post(JSON, Body::from_stream(stream::iter(pieces))).await;
    assert_eq!((chunked.status(), site.refused("too_large")), (StatusCode::PAYLOAD_TOO_LARGE, 2));
    for tenant in ["other", "../x"] {
        let request = Request::post("/api/v2/spans").header("content-type", JSON).header("x-scope-orgid", tenant);
        assert_eq!(site.ask(request, "[]").await.status(), 401, "{tenant}");
    }
    assert_eq!(site.refused("tenant"), 2);
}

#[tokio::test]
async fn before_the_log_is_replayed_clients_are_told_to_come_back() {
    let site = Site::open(Config::default()).await;
    let answer = site.post(JSON, GOOD).await;
    assert_eq!(answer.status(), 503);
    assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(site.refused("not_ready"), 1);
}
