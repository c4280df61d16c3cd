//! A store, a query and spans to put into it.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use prometheus_client::registry::Registry;
use serde_json::Value as Json;
use spanloom_store::schema::spans::{Quirks, Resource, Scope, Span, SpansBuilder};
use spanloom_store::value::Value;
use spanloom_store::{
    Append, Decode, DecodeFailed, FrameHeader, ManualClock, Rows, SpanId, Store, TenantId, Tenants, TenantsConfig,
    TraceId,
};
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::live::Pace;
use crate::{Config, Query};

pub const NOW_NS: i64 = 1_700_000_000_000_000_000;
pub const SECOND_NS: i64 = 1_000_000_000;
pub const MINUTE_NS: i64 = 60 * SECOND_NS;
pub const HOUR_NS: i64 = 60 * MINUTE_NS;

/// Nothing is replayed in these tests.
struct NoReplay;

impl Decode for NoReplay {
    fn decode(&self, _header: &FrameHeader, _payload: &Bytes) -> Result<Rows, DecodeFailed> {
        Err(DecodeFailed("these tests replay nothing".to_owned()))
    }
}

/// A span and its resource and scope.
#[derive(Debug, Clone)]
pub struct Sample {
    pub resource: Resource<'static>,
    pub scope: Scope<'static>,
    pub span: Span<'static>,
}

/// A span of 10 ms.
pub fn sample(trace_id: u64, span_id: u64, service: Option<&'static str>, start_ns: i64) -> Sample {
    let attributes = service.map(|name| ("service.name".into(), Value::String(name.into())));
    Sample {
        resource: Resource { attributes: attributes.into_iter().collect(), ..Resource::default() },
        scope: Scope { name: "test".into(), ..Scope::default() },
        span: Span {
            trace_id: TraceId::from_halves(1, trace_id as i64),
            span_id: SpanId::from_int(span_id as i64),
            parent_span_id: None,
            trace_state: "".into(),
            flags: 0,
            name: format!("span {span_id}").into(),
            kind: 2,
            start_ns,
            end_ns: start_ns + 10_000_000,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: Vec::new(),
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status_code: 0,
            status_message: "".into(),
            quirks: Quirks::default(),
        },
    }
}

impl Sample {
    pub fn child_of(mut self, parent: u64) -> Self {
        self.span.parent_span_id = Some(SpanId::from_int(parent as i64));
        self
    }

    pub fn failed(mut self) -> Self {
        self.span.status_code = 2;
        self
    }

    pub fn lasting(mut self, duration_ns: i64) -> Self {
        self.span.end_ns = self.span.start_ns + duration_ns;
        self
    }
}

/// The id of [`sample`]s in hexadecimal digits.
pub fn hex(trace_id: u64) -> String {
    TraceId::from_halves(1, trace_id as i64).to_string()
}

pub fn rows(samples: &[Sample]) -> Rows {
    let mut builder = SpansBuilder::new();
    for Sample { resource, scope, span } in samples {
        builder.append(resource, scope, span);
    }
    Rows::from_spans(builder.finish())
}

pub struct Harness {
    dir: TempDir,
    pub clock: ManualClock,
    pub store: Store,
    pub query: Query,
    pub registry: Registry,
}

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).unwrap()
    }
}

impl Harness {
    pub async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let harness = Self::not_started(config).await;
        harness.store.start().await.unwrap();
        harness
    }

    /// With other intervals of live graphs.
    pub async fn at_pace(config: Config, pace: Pace) -> Self {
        let harness = Self::opened(config, pace).await;
        harness.store.start().await.unwrap();
        harness
    }

    pub async fn not_started(config: Config) -> Self {
        Self::opened(config, Pace::default()).await
    }

    async fn opened(config: Config, pace: Pace) -> Self {
        let dir = TempDir::new().unwrap();
        let clock = ManualClock::at(NOW_NS);
        let shared = Arc::new(clock.clone());
        let mut registry = Registry::default();
        let store_config = spanloom_store::Config { data_dir: dir.path().to_owned(), ..Default::default() };
        let store = Store::open(store_config, Arc::new(NoReplay), shared.clone(), &mut registry).await.unwrap();
        let allowed = vec!["default".to_owned(), "other".to_owned()];
        let tenants = Arc::new(Tenants::new(&TenantsConfig { allowed, max: 2 }).unwrap());
        let query = Query::at_pace(store.clone(), tenants, config, shared, &mut registry, pace).unwrap();
        Self { dir, clock, store, query, registry }
    }

    pub async fn append(&self, samples: &[Sample]) {
        self.append_to(&TenantId::default(), samples).await;
    }

    pub async fn append_to(&self, tenant: &TenantId, samples: &[Sample]) {
        let append = Append {
            tenant: tenant.clone(),
            kind: 1,
            encoding: 0,
            received_ns: NOW_NS,
            payload: Bytes::from_static(b"x"),
            rows: rows(samples),
        };
        self.store.append(append).await.unwrap();
    }

    pub async fn flush(&self) {
        self.store.flush().await.unwrap();
    }

    /// The cells of a query's answer, as JSON.
    pub async fn rows(&self, text: &str) -> Json {
        let reply = self.sql(text).await;
        assert_eq!(reply.status, StatusCode::OK, "{text}: {}", reply.text());
        reply.json()["rows"].take()
    }

    pub async fn sql(&self, text: &str) -> Reply {
        let body = serde_json::json!({ "query": text }).to_string();
        self.send(Request::post("/api/v1/sql").body(Body::from(body)).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.query.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub fn metrics(&self) -> String {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry).unwrap();
        text
    }

    /// The Parquet files of a table, sorted.
    pub fn lake_files(&self, table: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut dirs = vec![self.dir.path().join("lake/default").join(table)];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    dirs.push(path);
                } else if path.extension().is_some_and(|extension| extension == "parquet")
                    && !path.to_string_lossy().contains("_delta_log")
                {
                    files.push(path);
                }
            }
        }
        files.sort();
        files
    }
}
