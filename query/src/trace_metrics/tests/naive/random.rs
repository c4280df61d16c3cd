//! Random spans, many of them at the bounds of intervals and of buckets, and random queries.

use proptest::prelude::*;
use spanloom_store::value::Value;

use super::model::{Question, Second};
use crate::trace_metrics::tests::world::{SECOND_NS, TestSpan};
use crate::traceql::tree::{Kind, Status};

pub(super) fn spans() -> impl Strategy<Value = Vec<TestSpan>> {
    let start = prop_oneof![
        (0..310_i64).prop_map(|second| second * SECOND_NS),
        (0..310_i64).prop_map(|second| second * SECOND_NS + 1),
        prop::sample::select(&[0, 60 * SECOND_NS, 120 * SECOND_NS, 240 * SECOND_NS, 240 * SECOND_NS + 1][..]),
    ];
    let duration = prop_oneof![0..5_i64, 1000..1100_i64, 0..10 * SECOND_NS];
    let service = prop::option::of(prop::sample::select(&["a", "b", "a service with a long name"][..]));
    let number = prop::option::of(prop_oneof![
        (-3..9_i64).prop_map(Value::Int),
        prop::sample::select(&[0.5, 2.0, -1.5][..]).prop_map(Value::Double),
    ]);
    let name = prop::sample::select(&["", "get", "one more name that is long"][..]);
    let codes = (prop::sample::select(&Status::ALL[..]), prop::sample::select(&Kind::ALL[..]));
    let http = prop::option::of(prop::sample::select(&[200, 404, 503][..]).prop_map(Value::Int));
    let span = (start, duration, service, name, (number, http), codes).prop_map(
        |(start_ns, duration_ns, service, name, (number, http), (status, kind))| TestSpan {
            start_ns,
            duration_ns,
            service: service.map(str::to_owned),
            name: name.to_owned(),
            kind: kind.code(),
            status_code: status.code(),
            attributes: [("n", number), ("http.status_code", http)]
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value?)))
                .collect(),
            ..TestSpan::default()
        },
    );
    prop::collection::vec(span, 1..60).prop_map(|mut spans| {
        spans.iter_mut().zip(1..).for_each(|(span, id)| span.id = id);
        spans
    })
}

const FUNCTIONS: [&str; 8] = [
    "rate",
    "count_over_time",
    "min_over_time",
    "max_over_time",
    "sum_over_time",
    "avg_over_time",
    "quantile_over_time",
    "histogram_over_time",
];

pub(super) fn questions() -> impl Strategy<Value = Question> {
    let fields = &["resource.service.name", "name", "kind", "status", "span.n", "span.http.status_code"][..];
    (
        any::<bool>(),
        prop::sample::select(&FUNCTIONS[..]),
        prop::sample::select(&["duration", "span.n"][..]),
        prop::sample::select(&[0.0, 0.25, 0.5, 0.9, 1.0][..]),
        prop::sample::subsequence(fields, 0..4).prop_shuffle(),
        prop::option::of((0..9_i64).prop_map(|value| Second::Above(value as f64 / 4.0))),
    )
        .prop_map(|(is_failed_only, function, over, quantile, by, second)| Question {
            is_failed_only,
            function,
            over,
            quantile,
            by,
            second: second.into_iter().collect(),
        })
}
