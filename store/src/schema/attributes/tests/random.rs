//! Spans that meet in few keys and values, of every type and in every place, so that bounds are reached soon.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::coded::CodedBatch;
use crate::ids::{SpanId, TraceId};
use crate::schema::attributes::limits::Limits;
use crate::schema::spans::{Event, Link, Quirks, Resource, Scope, Span, SpansBuilder};
use crate::time::BUCKET_NS;
use crate::value::{Attributes, Value};

/// Bounds that a handful of spans reaches.
pub(super) const NARROW: Limits =
    Limits { value_bytes_max: 20, values_max: 4, values_kept: 2, keys_max: 7, key_bytes_max: 25 };

/// With and without a promoted column, of the resource and of the span; the last one is longer than the narrow bound.
const KEYS: [&str; 14] = [
    "service.name",
    "k8s.pod.name",
    "http.method",
    "http.status_code",
    "http.response.status_code",
    "guid:x-request-id",
    "k1",
    "k2",
    "k3",
    "thread.id",
    "attempt",
    "",
    "name",
    "http.request.header.x-long",
];

/// Short ones, those that end in a view, longer ones that begin alike, and one over the narrow bound.
const TEXTS: [&str; 10] = [
    "",
    "7",
    "007",
    "true",
    "twelve bytes",
    "thirteen byte",
    "thirteen bytE",
    "exactly twenty bytes",
    "more than twenty bytes",
    "é",
];

fn value() -> impl Strategy<Value = Value<'static>> {
    let int = prop_oneof![0..4_i64, select(vec![200, -1, i64::MIN, i64::MAX])];
    prop_oneof![
        4 => select(&TEXTS[..]).prop_map(|text| Value::String(text.into())),
        3 => int.prop_map(Value::Int),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => select(vec![7.0, 0.5, -0.0, f64::NAN, f64::INFINITY, 1e300]).prop_map(Value::Double),
        1 => Just(Value::Empty),
        1 => Just(Value::Bytes(Cow::Borrowed(b"7"))),
        1 => Just(Value::Array(vec![Value::Int(7)])),
        1 => Just(Value::Array(vec![Value::Empty])),
        1 => Just(Value::Map(vec![("k1".into(), Value::Bool(true))])),
    ]
}

/// A key may stand there twice.
fn attributes() -> impl Strategy<Value = Attributes<'static>> {
    vec((select(&KEYS[..]).prop_map(Cow::Borrowed), value()), 0..6)
}

fn resource() -> impl Strategy<Value = Resource<'static>> {
    attributes().prop_map(|attributes| Resource { attributes, ..Resource::default() })
}

fn event() -> impl Strategy<Value = Event<'static>> {
    attributes().prop_map(|attributes| Event { time_ns: 1, name: "e".into(), attributes, dropped_attributes_count: 0 })
}

fn link() -> impl Strategy<Value = Link<'static>> {
    attributes().prop_map(|attributes| Link {
        trace_id: TraceId::from_halves(0, 1),
        span_id: SpanId::from_int(1),
        trace_state: "".into(),
        attributes,
        dropped_attributes_count: 0,
        flags: 0,
    })
}

prop_compose! {
    fn span()(
        start_ns in select(vec![-1, 0, 1, BUCKET_NS - 1, BUCKET_NS]),
        name in select(&TEXTS[..]),
        attributes in attributes(),
        events in vec(event(), 0..2),
        links in vec(link(), 0..2),
    ) -> Span<'static> {
        Span {
            trace_id: TraceId::from_halves(0, 1),
            span_id: SpanId::from_int(1),
            parent_span_id: None,
            trace_state: "".into(),
            flags: 0,
            name: name.into(),
            kind: 0,
            start_ns,
            end_ns: start_ns,
            attributes,
            dropped_attributes_count: 0,
            events,
            dropped_events_count: 0,
            links,
            dropped_links_count: 0,
            status_code: 0,
            status_message: "".into(),
            quirks: Quirks::default(),
        }
    }
}

prop_compose! {
    /// Spans of a few resources and scopes, mostly several in a row.
    fn batch()(
        resources in vec(resource(), 1..4),
        scopes in vec(attributes(), 1..3),
        spans in vec((span(), any::<prop::sample::Index>(), any::<prop::sample::Index>(), 1..4_usize), 0..12),
    ) -> CodedBatch {
        let mut builder = SpansBuilder::new();
        for (span, resource, scope, times) in spans {
            let scope = Scope { attributes: scope.get(&scopes).clone(), ..Scope::default() };
            (0..times).for_each(|_| {
                builder.append(resource.get(&resources), &scope, &span);
            });
        }
        builder.finish_coded()
    }
}

/// Batches; one may be a part of a longer one.
pub(super) fn batches() -> impl Strategy<Value = Vec<CodedBatch>> {
    vec((batch(), 0..3_usize, 0..3_usize), 0..4).prop_map(|batches| {
        let part = |(batch, head, tail): (CodedBatch, usize, usize)| {
            let start = head.min(batch.num_rows());
            let end = batch.num_rows().saturating_sub(tail).max(start);
            match end - start {
                rows if rows == batch.num_rows() => batch,
                rows => batch.to_batch().slice(start, rows).into(),
            }
        };
        batches.into_iter().map(part).collect()
    })
}
