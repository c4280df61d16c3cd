//! Random spans, for tests of properties.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use proptest::prelude::*;
use spanloom_store::SpanId;

use super::span::{Interval, Span};

/// Of a span: id, parent, kind, start, length, which service, which name.
type Picked = (i64, Option<i64>, i32, i64, i64, usize, usize);

const NAMES: [&str; 3] = ["get", "put", "list"];
const SERVICES: [Option<&str>; 4] = [Some("a"), Some("b"), Some("c"), None];

/// Spans that make no sense together: shared ids, any parents, any times.
pub(super) fn nonsense() -> impl Strategy<Value = Vec<Span<'static>>> {
    let span =
        (1..12_i64, prop::option::weighted(0.9, 1..14_i64), 0..6_i32, 0..60_i64, 0..60_i64, 0..4_usize, 0..3_usize);
    let make = |(id, parent, kind, start_ns, length_ns, service, name): Picked| Span {
        id: SpanId::from_int(id),
        parent: parent.map(SpanId::from_int),
        kind,
        service: SERVICES[service],
        name: Some(NAMES[name]),
        is_error: name == 0,
        time: Interval { start_ns, end_ns: start_ns + length_ns },
    };
    prop::collection::vec(span.prop_map(make), 1..24)
}

/// A root of 1000 ns and spans inside their parents, parents before their children: span `i + 1` is `spans[i]`.
pub(super) fn nested() -> impl Strategy<Value = Vec<Span<'static>>> {
    // Few different times, so that children end and begin together.
    let span = (any::<prop::sample::Index>(), 0..=10_i64, 0..=10_i64, 0..4_usize);
    prop::collection::vec(span, 0..30).prop_map(|picks| {
        let root = Interval { start_ns: 0, end_ns: 1000 };
        let mut spans = vec![inside(1, None, SERVICES[0], root)];
        for (parent, from, to, service) in picks {
            let parent = spans[parent.index(spans.len())];
            let at = |tenths: i64| parent.time.start_ns + parent.time.length_ns() * tenths / 10;
            let time = Interval { start_ns: at(from.min(to)), end_ns: at(from.max(to)) };
            spans.push(inside(spans.len() as i64 + 1, Some(parent.id), SERVICES[service], time));
        }
        spans
    })
}

fn inside(id: i64, parent: Option<SpanId>, service: Option<&'static str>, time: Interval) -> Span<'static> {
    Span {
        id: SpanId::from_int(id),
        parent,
        kind: SpanKind::Internal as i32,
        service,
        name: None,
        is_error: false,
        time,
    }
}

/// The same without two spans at a time, but for those that one is the parent of.
pub(super) fn sequential() -> impl Strategy<Value = Vec<Span<'static>>> {
    let span = (any::<prop::sample::Index>(), 0..=5_i64, 1..=5_i64, 0..4_usize);
    prop::collection::vec(span, 0..30).prop_map(|picks| {
        let root = Interval { start_ns: 0, end_ns: 1 << 40 };
        let mut spans = vec![inside(1, None, SERVICES[0], root)];
        // Until when the children of each span are made.
        let mut made_until_ns = vec![root.start_ns];
        for (parent, gap, length, service) in picks {
            let number = parent.index(spans.len());
            let parent = spans[number];
            let rest_ns = parent.time.end_ns - made_until_ns[number];
            let start_ns = made_until_ns[number] + rest_ns * gap / 10;
            let time = Interval { start_ns, end_ns: start_ns + rest_ns * length / 10 };
            made_until_ns[number] = time.end_ns;
            made_until_ns.push(time.start_ns);
            spans.push(inside(spans.len() as i64 + 1, Some(parent.id), SERVICES[service], time));
        }
        spans
    })
}
