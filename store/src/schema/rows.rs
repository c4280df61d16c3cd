//! What one request puts into the tables.

use std::sync::LazyLock;

use arrow::array::RecordBatch;

use super::exemplars::{ExemplarRow, ExemplarsBuilder};
use super::histograms::{self, HistogramRow};
use super::samples::{self, SampleRow, to_ns};
use super::{Table, spans, traces};
use crate::coded::CodedBatch;
use crate::series::{Labels, MetricMetadata, SampleBatch, SampleValue, SeriesId};

/// The rows that one request puts into the tables, and what it says of metrics besides.
#[derive(Debug, Clone)]
pub struct Rows {
    pub spans: CodedBatch,
    pub traces: CodedBatch,
    /// `None` of a request of spans.
    pub metrics: Option<Box<MetricRows>>,
}

/// The rows of a request of metrics.
#[derive(Debug, Clone)]
pub struct MetricRows {
    pub samples: RecordBatch,
    pub histograms: RecordBatch,
    pub exemplars: RecordBatch,
    /// Each series once, with its labels if they are not durable, and the newest time of its samples in milliseconds.
    pub series: Vec<NotedSeries>,
    pub metadata: Vec<MetricMetadata>,
}

/// A series of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedSeries {
    pub id: SeriesId,
    pub labels: Option<Labels>,
    pub newest_ms: i64,
}

impl Rows {
    /// Rows of a `spans` batch; the `traces` rows are derived from it.
    pub fn from_spans(spans: impl Into<CodedBatch>) -> Self {
        let spans = spans.into();
        let traces = traces::from_spans(&spans);
        Self { spans, traces, metrics: None }
    }

    /// Rows of a batch of samples.
    pub fn from_samples(batch: SampleBatch) -> Self {
        let (spans, traces) = NO_SPANS.clone();
        Self { spans, traces, metrics: Some(Box::new(MetricRows::from(batch))) }
    }

    /// The rows of a table; `None` of one that no request feeds, or not this one.
    pub fn of(&self, table: Table) -> Option<CodedBatch> {
        let metrics = self.metrics.as_deref();
        match table {
            Table::Spans => Some(self.spans.clone()),
            Table::Traces => Some(self.traces.clone()),
            Table::Samples => metrics.map(|metrics| metrics.samples.clone().into()),
            Table::Histograms => metrics.map(|metrics| metrics.histograms.clone().into()),
            Table::Exemplars => metrics.map(|metrics| metrics.exemplars.clone().into()),
            _ => None,
        }
    }

    pub fn is_empty(&self) -> bool {
        Table::LOGGED.into_iter().filter_map(|table| self.of(table)).all(|rows| rows.num_rows() == 0)
            && self.metrics.as_deref().is_none_or(|metrics| metrics.metadata.is_empty())
    }
}

static NO_SPANS: LazyLock<(CodedBatch, CodedBatch)> =
    LazyLock::new(|| [spans::schema(), traces::schema()].map(|schema| RecordBatch::new_empty(schema).into()).into());

static NO_HISTOGRAMS: LazyLock<RecordBatch> = LazyLock::new(|| RecordBatch::new_empty(histograms::schema()));

static NO_EXEMPLARS: LazyLock<RecordBatch> = LazyLock::new(|| ExemplarsBuilder::default().finish());

impl From<SampleBatch> for MetricRows {
    /// A sample of a series that the batch does not have is left out; decoding never makes one.
    fn from(batch: SampleBatch) -> Self {
        let ids: Vec<SeriesId> = batch.series.iter().map(|series| series.id).collect();
        let id = |series: u32| ids.get(series as usize).copied();
        let mut newest_ms = vec![i64::MIN; ids.len()];
        let (mut floats, mut native) = (Vec::with_capacity(batch.samples.len()), Vec::new());
        for sample in batch.samples {
            let Some(id) = id(sample.series) else { continue };
            let newest = &mut newest_ms[sample.series as usize];
            *newest = sample.time_ms.max(*newest);
            let (time_ns, start_ns) = (to_ns(sample.time_ms), start_ns(sample.start_ms));
            match sample.value {
                SampleValue::Float(value) => floats.push(SampleRow { id, time_ns, start_ns, value }),
                SampleValue::Histogram(histogram) => native.push(HistogramRow { id, time_ns, start_ns, histogram }),
            }
        }
        let exemplars = batch.exemplars.into_iter().filter_map(|exemplar| {
            let (id, time_ns) = (id(exemplar.series)?, to_ns(exemplar.time_ms));
            Some(ExemplarRow { id, time_ns, value: exemplar.value, labels: exemplar.labels })
        });
        let exemplars: Vec<_> = exemplars.collect();
        let noted = batch.series.into_iter().zip(newest_ms);
        Self {
            samples: samples::build(floats),
            histograms: if native.is_empty() { NO_HISTOGRAMS.clone() } else { histograms::build(native) },
            exemplars: if exemplars.is_empty() { NO_EXEMPLARS.clone() } else { built(&exemplars) },
            series: noted.map(|(s, newest_ms)| NotedSeries { id: s.id, labels: s.labels, newest_ms }).collect(),
            metadata: batch.metadata,
        }
    }
}

fn start_ns(start_ms: i64) -> Option<i64> {
    (start_ms != 0).then(|| to_ns(start_ms))
}

fn built(rows: &[ExemplarRow]) -> RecordBatch {
    let mut builder = ExemplarsBuilder::default();
    rows.iter().for_each(|row| builder.append(row));
    builder.finish()
}
