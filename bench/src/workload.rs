//! Requests like those of a mesh of services: traces of ten spans, attributes of HTTP spans, times of now.
//!
//! A request is built and encoded once. For each sending only the ids and times in it are made new, which leaves their
//! lengths as they are, so the generator costs little beside the server.

use std::time::{SystemTime, UNIX_EPOCH};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

const SPANS_PER_TRACE: u64 = 10;
const SPAN_NS: u64 = 5_000_000;
const SERVICES: [&str; 8] = ["gateway", "cart", "checkout", "payment", "stock", "search", "users", "mail"];

/// The requests of one client.
pub struct Workload {
    client: u64,
    batch: u64,
    template: ExportTraceServiceRequest,
}

impl Workload {
    pub fn new(client: u64, batch: u64, attributes: usize) -> Self {
        Self { client, batch, template: template(client, batch, attributes) }
    }

    /// A request whose ids no other one has.
    pub fn request(&mut self, number: u64) -> Vec<u8> {
        let now_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let first = number * self.batch;
        let spans = self.template.resource_spans.iter_mut().flat_map(|r| &mut r.scope_spans).flat_map(|s| &mut s.spans);
        for (i, span) in (0..).zip(spans) {
            let index = first + i;
            span.trace_id = trace_id(self.client, index / SPANS_PER_TRACE);
            span.span_id = span_id(self.client, index);
            let is_root = index.is_multiple_of(SPANS_PER_TRACE);
            span.parent_span_id = if is_root { Vec::new() } else { span_id(self.client, index - 1) };
            span.start_time_unix_nano = now_ns - SPAN_NS;
            span.end_time_unix_nano = now_ns;
        }
        self.template.encode_to_vec()
    }
}

/// Never zero, which no id may be; nor is a span's.
fn trace_id(client: u64, trace: u64) -> Vec<u8> {
    let number = (client + 1) << 40 | trace;
    [scatter(number).to_be_bytes(), number.to_be_bytes()].concat()
}

fn span_id(client: u64, span: u64) -> Vec<u8> {
    scatter((client + 1) << 40 | span).to_be_bytes().to_vec()
}

/// A bijection that looks random, as ids do (the finaliser of MurmurHash3).
fn scatter(mut x: u64) -> u64 {
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        x ^= x >> 33;
        x = x.wrapping_mul(factor);
    }
    x ^ x >> 33
}

fn template(client: u64, batch: u64, attributes: usize) -> ExportTraceServiceRequest {
    let service = SERVICES[client as usize % SERVICES.len()];
    let resource = Resource {
        attributes: vec![text("service.name", service), text("k8s.pod.name", &format!("{service}-{client}"))],
        ..Resource::default()
    };
    let scope = InstrumentationScope { name: "spanloom-bench".to_owned(), ..InstrumentationScope::default() };
    let spans = (0..batch).map(|i| span(i, attributes)).collect();
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }];
    let resource_spans = ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
}

fn span(i: u64, attributes: usize) -> Span {
    let peer = SERVICES[i as usize % SERVICES.len()];
    let common = [
        text("http.request.method", "GET"),
        text("url.full", &format!("http://{peer}/api/items/{}", i % 100)),
        number("http.response.status_code", 200),
        text("server.address", peer),
    ];
    let more = (common.len()..attributes).map(|n| text(&format!("app.attribute.{n}"), &format!("value {}", i % 20)));
    Span {
        name: format!("GET /api/items/{}", i % 20),
        kind: if i.is_multiple_of(2) { 2 } else { 3 },
        attributes: common.into_iter().chain(more).take(attributes).collect(),
        ..Span::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn ids(workload: &mut Workload, number: u64) -> Vec<Vec<u8>> {
        let request = ExportTraceServiceRequest::decode(workload.request(number).as_slice()).unwrap();
        request.resource_spans[0].scope_spans[0].spans.iter().map(|span| span.span_id.clone()).collect()
    }

    #[test]
    fn no_two_spans_have_the_same_id() {
        let mut workloads = [Workload::new(0, 20, 6), Workload::new(1, 20, 6)];
        let all: Vec<_> = workloads.iter_mut().flat_map(|w| [ids(w, 0), ids(w, 1)].concat()).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 80);
    }

    #[test]
    fn no_id_is_zero() {
        assert!([trace_id(0, 0), span_id(0, 0)].iter().all(|id| id.iter().any(|byte| *byte != 0)));
    }

    #[test]
    fn spans_have_the_attributes_that_were_asked_for() {
        for count in [0, 3, 12] {
            assert_eq!(span(0, count).attributes.len(), count);
        }
    }
}
