//! Table `exemplars`: measurements that lead from a series to traces.

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, AsArray as _, Float64Builder, Int64Builder, RecordBatch};
use arrow::datatypes::{DataType, Field, Float64Type, Int64Type, Schema, SchemaRef};

use super::columns::{StringColumn, StringMapColumn, batch, map_type};
use crate::ids::{SpanId, TraceId};
use crate::series::{Labels, SeriesId};
use crate::time::hour_text;

/// The columns by which files are sorted.
pub(super) const SORT_COLUMNS: &[&str] = &["metric_id", "labels_id", "time_ns"];

/// The names of the labels that exemplars name traces by, as OpenMetrics and OpenTelemetry have them.
const TRACE_LABELS: [&str; 3] = ["trace_id", "traceID", "traceId"];
const SPAN_LABELS: [&str; 3] = ["span_id", "spanID", "spanId"];

/// The schema of batches and of scans, `hour` first.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = Field::new;
        Arc::new(Schema::new(vec![
            field("hour", DataType::Utf8View, false),
            field("metric_id", DataType::Int64, false),
            field("labels_id", DataType::Int64, false),
            field("time_ns", DataType::Int64, false),
            field("value", DataType::Float64, false),
            field("trace_hi", DataType::Int64, true),
            field("trace_lo", DataType::Int64, true),
            field("span_id", DataType::Int64, true),
            field("labels", map_type(), true),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct ExemplarRow {
    pub id: SeriesId,
    pub time_ns: i64,
    pub value: f64,
    /// All that the sender says, the trace's id among it.
    pub labels: Labels,
}

/// Builds batches of the table.
#[derive(Default)]
pub struct ExemplarsBuilder {
    hour: StringColumn,
    metric_id: Int64Builder,
    labels_id: Int64Builder,
    time_ns: Int64Builder,
    value: Float64Builder,
    trace_hi: Int64Builder,
    trace_lo: Int64Builder,
    span_id: Int64Builder,
    labels: StringMapColumn,
}

impl ExemplarsBuilder {
    pub fn append(&mut self, row: &ExemplarRow) {
        self.hour.append_option(Some(&hour_text(row.time_ns)));
        self.metric_id.append_value(row.id.metric);
        self.labels_id.append_value(row.id.labels);
        self.time_ns.append_value(row.time_ns);
        self.value.append_value(row.value);
        let named = |names: [&str; 3]| names.into_iter().map(|name| row.labels.get(name)).find(|id| !id.is_empty());
        let trace = named(TRACE_LABELS).and_then(|id| id.parse::<TraceId>().ok());
        self.trace_hi.append_option(trace.map(|id| id.hi()));
        self.trace_lo.append_option(trace.map(|id| id.lo()));
        let span = named(SPAN_LABELS).and_then(|id| id.parse::<SpanId>().ok());
        self.span_id.append_option(span.map(|id| id.as_int()));
        row.labels.iter().for_each(|label| self.labels.entry(&label.name, &label.value));
        self.labels.end_row();
    }

    pub fn finish(mut self) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            self.hour.finish(),
            Arc::new(self.metric_id.finish()),
            Arc::new(self.labels_id.finish()),
            Arc::new(self.time_ns.finish()),
            Arc::new(self.value.finish()),
            Arc::new(self.trace_hi.finish()),
            Arc::new(self.trace_lo.finish()),
            Arc::new(self.span_id.finish()),
            self.labels.finish(),
        ];
        batch(schema(), columns)
    }
}

/// The rows of a batch with all columns but `hour`.
///
/// `None` when it is not of this table.
pub fn read(rows: &RecordBatch) -> Option<Vec<ExemplarRow>> {
    let ints = |name| Some(rows.column_by_name(name)?.as_primitive_opt::<Int64Type>()?.values());
    let (metric_ids, labels_ids, times_ns) = (ints("metric_id")?, ints("labels_id")?, ints("time_ns")?);
    let values = rows.column_by_name("value")?.as_primitive_opt::<Float64Type>()?;
    let maps = rows.column_by_name("labels")?.as_map_opt()?;
    let (keys, texts) = (maps.keys().as_string_opt::<i32>()?, maps.values().as_string_opt::<i32>()?);
    let row = |row: usize| ExemplarRow {
        id: SeriesId { metric: metric_ids[row], labels: labels_ids[row] },
        time_ns: times_ns[row],
        value: values.value(row),
        labels: Labels::new(
            (maps.value_offsets()[row] as usize..maps.value_offsets()[row + 1] as usize)
                .map(|at| (keys.value(at), texts.value(at))),
        ),
    };
    Some((0..rows.num_rows()).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exemplars_come_back_and_name_their_trace() {
        let row = |labels: &[(&str, &str)]| ExemplarRow {
            id: SeriesId { metric: 1, labels: 2 },
            time_ns: 5,
            value: 0.25,
            labels: Labels::new(labels.iter().copied()),
        };
        let rows = [
            row(&[("trace_id", "000000000000000a000000000000000b"), ("span_id", "000000000000000c"), ("more", "x")]),
            row(&[("traceID", "not one")]),
            row(&[]),
        ];
        let mut builder = ExemplarsBuilder::default();
        rows.iter().for_each(|row| builder.append(row));
        let built = builder.finish();
        assert_eq!(read(&built).unwrap(), rows);
        let ints =
            |name: &str| built.column_by_name(name).unwrap().as_primitive::<Int64Type>().iter().collect::<Vec<_>>();
        assert_eq!(ints("trace_hi"), [Some(10), None, None]);
        assert_eq!(ints("trace_lo"), [Some(11), None, None]);
        assert_eq!(ints("span_id"), [Some(12), None, None]);
    }
}
