//! Rows of `traces`: derived from spans, merged, and the same whichever way the spans came.

use std::borrow::Cow;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::ids::{SpanId, TraceId};
use crate::schema::spans::{Quirks, Resource, Scope, Span, SpansBuilder};
use crate::value::Value;

/// What `traces` reads of a span.
#[derive(Debug, Clone)]
struct Sent {
    trace: i64,
    is_root: bool,
    service: Option<&'static str>,
    name: &'static str,
    start_ns: i64,
    end_ns: i64,
    is_error: bool,
}

const ROOT: Sent =
    Sent { trace: 1, is_root: true, service: Some("web"), name: "GET /", start_ns: 100, end_ns: 900, is_error: false };
const CHILD: Sent =
    Sent { trace: 1, is_root: false, service: Some("cart"), name: "read", start_ns: 200, end_ns: 300, is_error: true };

fn spans(sent: &[Sent]) -> RecordBatch {
    let mut builder = SpansBuilder::new();
    for (n, span) in sent.iter().enumerate() {
        let service = span.service.map(|name| (Cow::from("service.name"), Value::String(name.into())));
        let resource = Resource { attributes: service.into_iter().collect(), ..Resource::default() };
        builder.append(&resource, &Scope::default(), &otel_span(n, span));
    }
    builder.finish()
}

/// The rows of a request.
fn from_spans(spans: &RecordBatch) -> RecordBatch {
    super::from_spans(&spans.clone().into()).to_batch()
}

fn otel_span(n: usize, sent: &Sent) -> Span<'static> {
    Span {
        trace_id: TraceId::from_halves(0, sent.trace),
        span_id: SpanId::from_int(n as i64 + 1),
        parent_span_id: (!sent.is_root).then(|| SpanId::from_int(77)),
        trace_state: "".into(),
        flags: 0,
        name: sent.name.into(),
        kind: 0,
        start_ns: sent.start_ns,
        end_ns: sent.end_ns,
        attributes: Vec::new(),
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status_code: if sent.is_error { STATUS_ERROR } else { 0 },
        status_message: "".into(),
        quirks: Quirks::default(),
    }
}

/// The only summary of a batch.
fn summary(batch: &RecordBatch) -> TraceSummary<'_> {
    let mut summaries = Summaries::new();
    read_into(batch, &mut summaries);
    assert_eq!((batch.num_rows(), summaries.len()), (1, 1));
    summaries.into_values().next().unwrap()
}

#[test]
fn a_trace_has_one_row_with_its_bounds_root_and_services() {
    let batch = from_spans(&spans(&[CHILD, ROOT, CHILD]));
    let found = summary(&batch);
    assert_eq!((found.start_ns, found.end_ns), (100, 900));
    assert_eq!(found.root, Some(Root { start_ns: 100, service_name: Some("web"), name: Some("GET /") }));
    let services = [(Some("cart"), Counts { spans: 2, errors: 2 }), (Some("web"), Counts { spans: 1, errors: 0 })];
    assert_eq!(found.services, BTreeMap::from(services));
    let int = |column: &str| batch.column_by_name(column).unwrap().as_primitive::<Int64Type>().value(0);
    assert_eq!((int("span_count"), int("error_count")), (3, 2));
}

#[test]
fn a_trace_without_a_root_says_so_and_a_later_flush_brings_it() {
    let (first, second) = (from_spans(&spans(&[CHILD])), from_spans(&spans(&[ROOT])));
    assert_eq!(summary(&first).root, None);
    assert!(first.column_by_name("root_start_ns").unwrap().is_null(0));
    assert_eq!(summary(&merge([&first, &second])).root.unwrap().name, Some("GET /"));
}

#[test]
fn the_earliest_root_wins_and_a_tie_does_not_depend_on_the_order() {
    let later = Sent { start_ns: 150, name: "late", ..ROOT };
    let tie = Sent { name: "A tie", ..ROOT };
    for order in [[&ROOT, &later, &tie], [&tie, &ROOT, &later], [&later, &tie, &ROOT]] {
        let batches: Vec<RecordBatch> = order.iter().map(|sent| from_spans(&spans(&[(*sent).clone()]))).collect();
        assert_eq!(summary(&merge(&batches)).root.unwrap().name, Some("A tie"));
    }
}

#[test]
fn a_span_that_ends_before_it_starts_does_not_end_its_trace_early() {
    let batch = from_spans(&spans(&[Sent { start_ns: 500, end_ns: 100, ..ROOT }]));
    assert_eq!((summary(&batch).start_ns, summary(&batch).end_ns), (500, 500));
}

#[test]
fn a_service_without_a_name_is_a_service_of_its_own() {
    let batch = from_spans(&spans(&[Sent { service: None, ..ROOT }, CHILD]));
    let found = summary(&batch);
    assert_eq!(found.root.unwrap().service_name, None);
    assert_eq!(found.services.keys().collect::<Vec<_>>(), [&None, &Some("cart")]);
}

#[test]
fn no_spans_make_no_rows() {
    assert_eq!(from_spans(&spans(&[])).num_rows(), 0);
    assert_eq!(merge(std::iter::empty::<&RecordBatch>()).schema(), schema());
}

fn sent() -> impl Strategy<Value = Sent> {
    let service = prop::sample::select(vec![None, Some("web"), Some("cart"), Some("stock")]);
    let name = prop::sample::select(vec!["", "GET /", "read"]);
    (-3..3_i64, any::<bool>(), service, name, 0..50_i64, 0..50_i64, any::<bool>()).prop_map(
        |(trace, is_root, service, name, start_ns, end_ns, is_error)| Sent {
            trace,
            is_root,
            service,
            name,
            start_ns,
            end_ns,
            is_error,
        },
    )
}

proptest! {
    /// However a trace's spans are spread over requests, and their rows over flushes: merged they say what one batch of
    /// all spans says; rows are sorted by trace id.
    #[test]
    fn merged_parts_say_what_the_whole_says(requests in vec(vec(sent(), 0..6), 0..6), cut in 0..6_usize) {
        let parts: Vec<RecordBatch> = requests.iter().map(|request| from_spans(&spans(request))).collect();
        let (early, late) = parts.split_at(cut.min(parts.len()));
        let flushes = [merge(early), merge(late)];
        let whole = from_spans(&spans(&requests.concat()));
        prop_assert_eq!(merge(&flushes), whole.clone());
        let ids = whole.column_by_name("trace_lo").unwrap().as_primitive::<Int64Type>();
        prop_assert!(ids.values().is_sorted());
    }
}
