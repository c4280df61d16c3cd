use std::sync::Arc;

use arrow::array::RecordBatch;
use spanloom_store::value::Value;

use super::world::{self, SECOND_NS, TestSpan, accumulated, ask, batch, labels_text, steps};
use crate::trace_metrics::{Bounds, MetricsAccumulator, MetricsError};
use crate::traceql::eval::MissingColumn;

fn span(id: i64, second: i64, service: &str) -> TestSpan {
    TestSpan {
        id,
        start_ns: second * SECOND_NS,
        duration_ns: id * SECOND_NS,
        service: Some(service.to_owned()),
        attributes: [("n".to_owned(), Value::Int(id))].into(),
        ..TestSpan::default()
    }
}

fn spans() -> RecordBatch {
    batch(&[span(4, 5, "a"), span(8, 15, "b"), span(1, 16, "c")])
}

#[test]
fn ids_are_read_only_where_exemplars_are_wanted() {
    let plan = world::plan("{ } | rate()").unwrap();
    assert_eq!(Vec::from_iter(plan.parts[0].columns(false)), ["start_ns"]);
    assert_eq!(Vec::from_iter(plan.parts[0].columns(true)), ["span_id", "start_ns", "trace_hi", "trace_lo"]);
}

#[test]
fn a_column_that_is_not_there_is_named() {
    let plan = world::plan("{ } | rate() by (name)").unwrap();
    let whole = spans();
    let lacking = whole.project(&[whole.schema().index_of("start_ns").unwrap()]).unwrap();
    let mut accumulator = MetricsAccumulator::new(Arc::clone(&plan.parts[0]), steps(10, 20, 10), Bounds::default());
    assert_eq!(accumulator.observe(&lacking, 0..3), Err(MetricsError::MissingColumn(MissingColumn("name"))));
}

#[test]
fn more_series_than_may_be_are_cut_to_the_greatest_and_said() {
    let bounds = Bounds { series_max: 2, ..Bounds::default() };
    let plan = world::plan("{ } | max_over_time(span.n) by (resource.service.name)").unwrap();
    let answered = ask(&plan, steps(10, 20, 10), bounds, &[spans()]);
    let labels: Vec<String> = answered.series.iter().map(|series| labels_text(&series.labels)).collect();
    assert_eq!(labels, [r#"{resource.service.name="a"}"#, r#"{resource.service.name="b"}"#]);
    let partial = answered.partial.unwrap();
    assert!(partial.contains("has 3 series") && partial.contains("the 2 with the greatest sums"), "{partial}");
}

#[test]
fn more_cells_than_may_be_are_an_error_that_says_what_to_do() {
    let bounds = Bounds { cells_max: 5, ..Bounds::default() };
    let plan = world::plan("{ } | rate() by (resource.service.name)").unwrap();
    let error = accumulated(&plan.parts[0], steps(10, 20, 10), bounds, &[spans()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the query makes more than 5 points (3 series in 2 intervals): \
         group by less, filter more, or take a longer step"
    );
    // Quantiles make several points of each cell.
    let bounds = Bounds { cells_max: 11, ..Bounds::default() };
    let plan = world::plan("{ } | quantile_over_time(duration, .1, .5, .9) by (resource.service.name)").unwrap();
    let counted = accumulated(&plan.parts[0], steps(10, 20, 10), bounds, &[spans()]).unwrap();
    assert!(counted.finish().is_err());
}

#[test]
fn memory_is_counted() {
    let size_bytes = |query: &str, batches: &[RecordBatch]| {
        let plan = world::plan(query).unwrap();
        accumulated(&plan.parts[0], steps(10, 20, 10), Bounds::default(), batches).unwrap().size_bytes()
    };
    let many: Vec<TestSpan> = (0..1000).map(|i| span(i, 5, &format!("a service with a long name {i:04}"))).collect();
    let many = [batch(&many)];
    for query in [
        "{ } | rate() by (resource.service.name)",
        "{ } | quantile_over_time(duration, .9) by (resource.service.name)",
        "{ } | sum_over_time(span.n) by (name, resource.service.name)",
        "{ } | compare({ })",
    ] {
        let (empty, few) = (size_bytes(query, &[]), size_bytes(query, &[spans()]));
        let grown = size_bytes(query, &many);
        assert!(empty <= few && grown > few + 31 * 1000, "{query}: {empty}, {few}, {grown}");
    }
}
