//! Calls of a small shop, long ago: what is sent of them, and what they add up to.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span::SpanKind};

use crate::otlp::{self, attribute};

/// Milliseconds from the first up to the second, which is not in it.
pub type Stretch = std::ops::Range<i64>;

pub const WINDOW_MS: i64 = 10_000;
/// A target that sends no spans, as a node is named that its clients tell of: its system and its address.
pub const DATABASE: &str = "postgresql/db";
const NAMESPACE: &str = "shop";
/// When calls of a window end: behind its start. Everything of a call ends in one window.
const ENDS_AFTER_MS: i64 = 5_000;
/// The way to the server and back.
const NETWORK_MS: i64 = 4;
/// How long a server takes, one after the other: none is near a bound of a classic bucket, so that how many took at most so
/// long can be told exactly, and some are in a bucket together.
const SERVER_MS: [i64; 9] = [30, 150, 70, 530, 252, 1_100, 143, 2_300, 15_000];

/// A request of one service to another, each of which sends a span of it, or to a database, which sends none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    id: u64,
    pub source: &'static str,
    pub target: &'static str,
    end_ms: i64,
    server_ms: i64,
    fails: bool,
}

/// Calls between two services: in every so many windows of a range so many, of which some fail.
pub struct Traffic {
    pub source: &'static str,
    pub target: &'static str,
    pub windows_ms: Stretch,
    pub every: usize,
    pub calls: i64,
    pub failing: i64,
}

impl Traffic {
    /// The calls, numbered from `first_id` on.
    pub fn calls(&self, first_id: u64) -> Vec<Call> {
        let starts_ms = self.windows_ms.clone().step_by(self.every * WINDOW_MS as usize);
        let all = starts_ms.flat_map(|start_ms| (0..self.calls).map(move |nth| (start_ms, nth)));
        let ids = first_id..;
        ids.zip(all).map(|(id, (start_ms, nth))| self.call(id, start_ms + ENDS_AFTER_MS, nth < self.failing)).collect()
    }

    fn call(&self, id: u64, end_ms: i64, fails: bool) -> Call {
        let server_ms = SERVER_MS[id as usize % SERVER_MS.len()];
        Call { id, source: self.source, target: self.target, end_ms, server_ms, fails }
    }
}

impl Call {
    /// Who calls whom.
    pub fn edge(&self) -> Edge {
        (self.source, self.target)
    }

    pub fn is_in(&self, range_ms: &Stretch) -> bool {
        range_ms.contains(&self.end_ms)
    }

    /// How long it took, as far as its server goes; of a database only the client can tell.
    fn seen_ms(&self) -> i64 {
        if self.target == DATABASE { self.server_ms + NETWORK_MS } else { self.server_ms }
    }

    fn span(&self, kind: SpanKind) -> Span {
        let is_client = kind == SpanKind::Client;
        let id = |n: u64| (self.id * 2 + n).to_be_bytes().to_vec();
        let (before_ms, after_ms) = if is_client { (NETWORK_MS, 0) } else { (NETWORK_MS / 2, NETWORK_MS / 2) };
        Span {
            trace_id: otlp::trace_id(self.id),
            span_id: id(if is_client { 1 } else { 2 }),
            parent_span_id: if is_client { Vec::new() } else { id(1) },
            name: format!("GET /{}", self.target),
            kind: kind as i32,
            start_time_unix_nano: ns(self.end_ms - self.server_ms - before_ms),
            end_time_unix_nano: ns(self.end_ms - after_ms),
            attributes: self.attributes(),
            status: self.fails.then(|| Status { code: StatusCode::Error as i32, ..Status::default() }),
            ..Span::default()
        }
    }

    fn attributes(&self) -> Vec<KeyValue> {
        if self.target == DATABASE {
            return vec![attribute("db.system", "postgresql"), attribute("server.address", "db")];
        }
        let value = any_value::Value::IntValue(if self.fails { 503 } else { 200 });
        let status = KeyValue {
            key: "http.response.status_code".to_owned(),
            value: Some(AnyValue { value: Some(value) }),
            ..KeyValue::default()
        };
        vec![attribute("http.request.method", "GET"), status]
    }
}

fn ns(time_ms: i64) -> u64 {
    time_ms as u64 * 1_000_000
}

/// The spans of one kind of these calls, by service; there may be none.
pub fn request<'a>(calls: impl IntoIterator<Item = &'a Call>, kind: SpanKind) -> ExportTraceServiceRequest {
    let mut by_service: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    let has_span = |call: &&Call| kind == SpanKind::Client || call.target != DATABASE;
    for call in calls.into_iter().filter(has_span) {
        let service = if kind == SpanKind::Client { call.source } else { call.target };
        by_service.entry(service).or_default().push(call.span(kind));
    }
    ExportTraceServiceRequest { resource_spans: by_service.into_iter().map(resource_spans).collect() }
}

fn resource_spans((service, spans): (&str, Vec<Span>)) -> ResourceSpans {
    let attributes = vec![attribute("service.name", service), attribute("service.namespace", NAMESPACE)];
    ResourceSpans {
        resource: Some(Resource { attributes, ..Resource::default() }),
        scope_spans: vec![ScopeSpans { spans, ..ScopeSpans::default() }],
        ..ResourceSpans::default()
    }
}

/// Source and target.
pub type Edge = (&'static str, &'static str);

/// What the calls of an edge add up to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sums {
    pub requests: u64,
    pub failed: u64,
    /// How long each took, as its server saw it, ascending, in milliseconds.
    pub server_ms: Vec<i64>,
}

impl Sums {
    pub fn server_s(&self) -> f64 {
        self.server_ms.iter().sum::<i64>() as f64 / 1e3
    }

    /// How many took at most so long.
    pub fn at_most(&self, bound_s: f64) -> f64 {
        self.server_ms.iter().filter(|ms| **ms as f64 / 1e3 <= bound_s).count() as f64
    }
}

/// The sums of all edges that have calls in a range.
pub fn sums<'a>(calls: impl IntoIterator<Item = &'a Call>, range_ms: &Stretch) -> BTreeMap<Edge, Sums> {
    let mut all: BTreeMap<Edge, Sums> = BTreeMap::new();
    for call in calls.into_iter().filter(|call| call.is_in(range_ms)) {
        let sums = all.entry(call.edge()).or_default();
        sums.requests += 1;
        sums.failed += u64::from(call.fails);
        let at = sums.server_ms.partition_point(|ms| *ms <= call.seen_ms());
        sums.server_ms.insert(at, call.seen_ms());
    }
    all
}
