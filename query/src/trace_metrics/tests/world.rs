use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::RecordBatch;
use spanloom_store::schema::spans::{Quirks, Resource, Scope, Span, SpansBuilder};
use spanloom_store::value::{Attributes, Value};
use spanloom_store::{SpanId, TraceId};

use crate::trace_metrics::answer::MetricsAnswer;
use crate::trace_metrics::{Bounds, MetricSeries, MetricsAccumulator, MetricsError, Steps, answer};
use crate::traceql::eval::{Bound, Compiled};
use crate::traceql::plan::metrics::{self, MetricsPart, MetricsPlan};
use crate::traceql::tree::Stage;
use crate::traceql::{Invalid, parse};

pub(super) const SECOND_NS: i64 = 1_000_000_000;
pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// A span, as far as tests care.
#[derive(Debug, Clone, Default)]
pub(super) struct TestSpan {
    pub id: i64,
    pub start_ns: i64,
    pub duration_ns: i64,
    pub service: Option<String>,
    pub name: String,
    pub kind: i32,
    pub status_code: i32,
    pub attributes: BTreeMap<String, Value<'static>>,
    /// Of the resource, besides the service.
    pub resource: BTreeMap<String, Value<'static>>,
}

pub(super) fn batch(spans: &[TestSpan]) -> RecordBatch {
    let mut builder = SpansBuilder::new();
    let attributes = |of: &BTreeMap<String, Value<'static>>| -> Attributes<'static> {
        of.iter().map(|(key, value)| (key.clone().into(), value.clone())).collect()
    };
    for span in spans {
        let mut resource = attributes(&span.resource);
        resource
            .extend(span.service.iter().map(|service| ("service.name".into(), Value::String(service.clone().into()))));
        let resource = Resource { attributes: resource, ..Resource::default() };
        builder.append(
            &resource,
            &Scope::default(),
            &Span {
                trace_id: TraceId::from_halves(0, span.id / 10 + 1),
                span_id: SpanId::from_int(span.id),
                parent_span_id: None,
                trace_state: "".into(),
                flags: 0,
                name: span.name.clone().into(),
                kind: span.kind,
                start_ns: span.start_ns,
                end_ns: span.start_ns + span.duration_ns,
                attributes: attributes(&span.attributes),
                dropped_attributes_count: 0,
                events: Vec::new(),
                dropped_events_count: 0,
                links: Vec::new(),
                dropped_links_count: 0,
                status_code: span.status_code,
                status_message: "".into(),
                quirks: Quirks::default(),
            },
        );
    }
    builder.finish()
}

pub(super) fn plan(query: &str) -> Result<MetricsPlan, Invalid> {
    Ok(metrics::plan(&parse(query)?)?.unwrap_or_else(|| panic!("{query} asks for spans")))
}

/// Rows of which the part's filters are true; tests have filters only before metrics.
pub(super) fn matching(part: &MetricsPart, batch: &RecordBatch) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..batch.num_rows()).collect();
    for stage in &part.spans.pipeline.stages {
        let Stage::Filter(filter) = stage else { panic!("{stage} is no filter") };
        let Some(condition) = &filter.condition else { continue };
        let compiled = Compiled::new(condition).unwrap();
        let bound = Bound::to_batch(&compiled, batch).unwrap();
        rows.retain(|row| bound.value(*row).is_true());
    }
    rows
}

/// The part's accumulator after batches that have no column but those that it asks for.
pub(super) fn accumulated(
    part: &Arc<MetricsPart>,
    steps: Steps,
    bounds: Bounds,
    batches: &[RecordBatch],
) -> Result<MetricsAccumulator, MetricsError> {
    let mut accumulator = MetricsAccumulator::new(Arc::clone(part), steps, bounds);
    for batch in batches {
        let rows = matching(part, batch);
        let schema = batch.schema();
        let columns: Vec<usize> =
            accumulator.columns().into_iter().map(|column| schema.index_of(column).unwrap()).collect();
        accumulator.observe(&batch.project(&columns).unwrap(), rows.into_iter())?;
    }
    Ok(accumulator)
}

pub(super) fn ask(plan: &MetricsPlan, steps: Steps, bounds: Bounds, batches: &[RecordBatch]) -> MetricsAnswer {
    let part = |part: &Arc<MetricsPart>| accumulated(part, steps, bounds, batches).unwrap().finish().unwrap();
    let parts: Vec<Vec<MetricSeries>> = plan.parts.iter().map(part).collect();
    answer(plan, parts, &steps, &bounds)
}

/// Over seconds, by a step of seconds.
pub(super) fn steps(start_s: i64, end_s: i64, step_s: i64) -> Steps {
    Steps::range(start_s * SECOND_NS, end_s * SECOND_NS, Some(step_s * SECOND_NS), DAY).unwrap()
}

/// `{a="x", p=0.9}`.
pub(super) fn labels_text(labels: &[(String, Value<'static>)]) -> String {
    let label = |(name, value): &(String, Value<'static>)| format!("{name}={}", value_text(value));
    format!("{{{}}}", labels.iter().map(label).collect::<Vec<_>>().join(", "))
}

fn value_text(value: &Value<'_>) -> String {
    match value {
        Value::String(text) => format!("{text:?}"),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => format!("{number:?}"),
        Value::Bool(truth) => truth.to_string(),
        Value::Array(items) => format!("[{}]", items.iter().map(value_text).collect::<Vec<_>>().join(", ")),
        other => format!("{other:?}"),
    }
}

/// A series on one line; points as `second=value`.
pub(super) fn series_text(series: &MetricSeries) -> String {
    let point =
        |point: &crate::trace_metrics::MetricPoint| format!(" {}={}", point.time_ms as f64 / 1000.0, point.value);
    labels_text(&series.labels) + &series.points.iter().map(point).collect::<String>()
}
