//! A trace of very many spans: a batch job that works through items, each by a few calls.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

/// Its id in hexadecimal digits.
pub const TRACE_ID: &str = "00000000000000000000000000c0ffee";
const SERVICES: [&str; 5] = ["batch", "pricing", "stock", "ledger", "postgres"];
/// Spans below one.
const CHILDREN: usize = 8;
const SPAN_NS: u64 = 100_000;

/// The bodies of requests that tell of it, and how many spans each has; the last span ends at `end_ns`.
pub fn requests(spans: usize, batch: usize, end_ns: u64) -> Vec<(Vec<u8>, u64)> {
    let numbers: Vec<usize> = (0..spans).collect();
    let begin_ns = end_ns - spans as u64 * SPAN_NS;
    numbers.chunks(batch).map(|numbers| request(numbers, begin_ns, end_ns)).collect()
}

fn request(numbers: &[usize], begin_ns: u64, end_ns: u64) -> (Vec<u8>, u64) {
    let of_service = |service: usize| {
        let spans = numbers.iter().filter(|number| *number % SERVICES.len() == service);
        let spans: Vec<Span> = spans.map(|number| span(*number, begin_ns, end_ns)).collect();
        let attributes = vec![text("service.name", SERVICES[service]), text("k8s.namespace.name", "batch")];
        let resource = Some(Resource { attributes, ..Resource::default() });
        let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
        ResourceSpans { resource, scope_spans, ..ResourceSpans::default() }
    };
    let resource_spans = (0..SERVICES.len()).map(of_service).collect();
    (ExportTraceServiceRequest { resource_spans }.encode_to_vec(), numbers.len() as u64)
}

fn span(number: usize, begin_ns: u64, end_ns: u64) -> Span {
    let start_ns = begin_ns + number as u64 * SPAN_NS;
    let id = |number: usize| (number as u64 + 1).to_be_bytes().to_vec();
    let parent = number.checked_sub(1).map(|number| number / CHILDREN);
    Span {
        trace_id: 0xc0ffee_u128.to_be_bytes().to_vec(),
        span_id: id(number),
        parent_span_id: parent.map(id).unwrap_or_default(),
        name: format!("step {}", number % 20),
        kind: if parent.is_none() { 2 } else { 3 },
        start_time_unix_nano: start_ns,
        end_time_unix_nano: if parent.is_none() { end_ns } else { start_ns + SPAN_NS },
        attributes: vec![
            text("item.id", &format!("item-{number}")),
            text("db.system", "postgresql"),
            text("db.statement", "select price, stock from items where id = $1 and region = $2"),
            text("server.address", "10.1.2.3"),
            text("thread.name", "worker-7"),
        ],
        ..Span::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}
