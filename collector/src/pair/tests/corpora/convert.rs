//! Recordings to rows. The server is strict; what these dumps spell differently is converted here.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use arrow::array::RecordBatch;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::GzDecoder;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use serde_json::Value as Json;
use spanloom_store::schema::spans::{Quirks, Resource, Scope, Span, SpansBuilder};
use spanloom_store::value::Value;

use crate::admit::Admission;
use crate::otlp::decoded::assert_same;
use crate::otlp::{json, rows, wire};
use crate::zipkin;

/// Long after all recordings.
const RECEIVED_NS: i64 = 1_900_000_000_000_000_000;

/// What a file holds, unpacked if it is packed.
fn text(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    if path.extension().is_none_or(|extension| extension != "gz") {
        return bytes;
    }
    let mut unpacked = Vec::new();
    GzDecoder::new(&bytes[..]).read_to_end(&mut unpacked).unwrap();
    unpacked
}

fn document(path: &Path) -> Json {
    serde_json::from_slice(&text(path)).unwrap()
}

/// Reads a request as JSON, and as the protobuf that says the same.
fn otlp(document: &Json) -> RecordBatch {
    let mut memory = Admission::unbounded().reserve();
    let request: ExportTraceServiceRequest =
        json::decode(document.to_string().as_bytes(), u64::MAX, &mut memory).unwrap();
    let decoded = rows::rows(&request, RECEIVED_NS);
    let walked = wire::decode(&request.encode_to_vec(), RECEIVED_NS, u64::MAX, &mut memory).unwrap();
    assert_same(&walked, &decoded);
    assert_eq!(decoded.refused.count(), 0, "{:?}", decoded.refused);
    decoded.rows.spans.to_batch()
}

pub fn otlp_json(path: &Path) -> RecordBatch {
    otlp(&document(path))
}

/// Tempo's older answer: `batches`, and ids in base64.
pub fn tempo(path: &Path) -> RecordBatch {
    let mut document = document(path);
    rename(&mut document, "batches", "resourceSpans");
    each_span(&mut document, |span| {
        for key in ["traceId", "spanId", "parentSpanId"] {
            if let Some(id) = span[key].as_str() {
                span[key] = hex::encode(BASE64.decode(id).unwrap()).into();
            }
        }
    });
    otlp(&document)
}

/// `resource_spans` and `scope_spans`, the rest as OTLP has it.
pub fn snake_case(path: &Path) -> RecordBatch {
    let mut document = document(path);
    rename(&mut document, "resource_spans", "resourceSpans");
    for group in items(&mut document["resourceSpans"]) {
        rename(group, "scope_spans", "scopeSpans");
    }
    otlp(&document)
}

pub fn zipkin(path: &Path) -> RecordBatch {
    let mut memory = Admission::unbounded().reserve();
    let decoded = zipkin::decode(&text(path), RECEIVED_NS, u64::MAX, &mut memory).unwrap();
    assert_eq!(decoded.refused.count(), 0, "{:?}", decoded.refused);
    decoded.rows.spans.to_batch()
}

/// One CSV per minute: `TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration`. A service is
/// its pod's name without the last two parts; spans have no kind.
pub fn nezha(directory: &Path) -> RecordBatch {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.to_string_lossy().ends_with(".csv.gz"));
    paths.sort();
    let mut builder = SpansBuilder::new();
    for path in paths {
        let csv = String::from_utf8(text(&path)).unwrap();
        csv.lines().skip(1).for_each(|line| nezha_span(&mut builder, line));
    }
    builder.finish()
}

fn nezha_span(builder: &mut SpansBuilder, line: &str) {
    let fields: Vec<&str> = line.split(',').collect();
    let [trace_id, span_id, parent, pod, name, start_ns, end_ns, _duration] = fields[..] else { panic!("{line}") };
    let service = pod.rsplitn(3, '-').nth(2).unwrap();
    let attributes = vec![("service.name".into(), Value::String(service.into()))];
    let span = Span {
        trace_id: trace_id.parse().unwrap(),
        span_id: span_id.parse().unwrap(),
        parent_span_id: (parent != "root").then(|| parent.parse().unwrap()),
        trace_state: "".into(),
        flags: 0,
        name: name.into(),
        kind: 0,
        start_ns: start_ns.parse().unwrap(),
        end_ns: end_ns.parse().unwrap(),
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status_code: 0,
        status_message: "".into(),
        quirks: Quirks::default(),
    };
    builder.append(&Resource { attributes, ..Resource::default() }, &Scope::default(), &span);
}

fn rename(object: &mut Json, from: &str, to: &str) {
    let object = object.as_object_mut().unwrap();
    let value = object.remove(from).unwrap();
    object.insert(to.to_owned(), value);
}

fn items(list: &mut Json) -> impl Iterator<Item = &mut Json> {
    list.as_array_mut().unwrap().iter_mut()
}

fn each_span(document: &mut Json, mut change: impl FnMut(&mut Json)) {
    for group in items(&mut document["resourceSpans"]) {
        for scope in items(&mut group["scopeSpans"]) {
            items(&mut scope["spans"]).for_each(&mut change);
        }
    }
}
