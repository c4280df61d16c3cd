//! Writing a batch. See the grammar in [`super`].

use std::collections::HashMap;

use super::{HAS_START, IS_HISTOGRAM, whole_of};
use crate::series::batch::{BatchSeries, SampleBatch};
use crate::series::labels::Labels;
use crate::series::sample::{
    BatchSample, BucketSpan, Exemplar, MetricKind, MetricMetadata, NativeHistogram, ResetHint, SampleValue,
};

/// The texts of a batch in the order in which they are first met.
#[derive(Default)]
struct Strings<'a> {
    places: HashMap<&'a str, u64>,
    texts: Vec<&'a str>,
}

impl<'a> Strings<'a> {
    fn place(&mut self, text: &'a str) -> u64 {
        *self.places.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() as u64 - 1
        })
    }
}

/// Appends the body of a batch.
pub(super) fn body(batch: &SampleBatch, bytes: &mut Vec<u8>) {
    let mut strings = Strings::default();
    // What needs texts comes behind them, but is written first to know them.
    let mut rest = Vec::with_capacity(batch.series.len() * 17 + batch.samples.len() * 11 + 16);
    list(&mut rest, &batch.series, |out, one| series(out, one, &mut strings));
    samples(&mut rest, &batch.samples);
    exemplars(&mut rest, &batch.exemplars, &mut strings);
    list(&mut rest, &batch.metadata, |out, one| metadata(out, one, &mut strings));
    list(bytes, &strings.texts, |out, text| {
        varint(out, text.len() as u64);
        out.extend_from_slice(text.as_bytes());
    });
    bytes.extend_from_slice(&rest);
}

fn series<'a>(out: &mut Vec<u8>, series: &'a BatchSeries, strings: &mut Strings<'a>) {
    out.extend_from_slice(&series.id.metric.to_le_bytes());
    out.extend_from_slice(&series.id.labels.to_le_bytes());
    match &series.labels {
        None => varint(out, 0),
        Some(labels) => pairs(out, labels, strings),
    }
}

fn pairs<'a>(out: &mut Vec<u8>, labels: &'a Labels, strings: &mut Strings<'a>) {
    varint(out, labels.len() as u64 + 1);
    for label in labels.iter() {
        varint(out, strings.place(&label.name));
        varint(out, strings.place(&label.value));
    }
}

fn samples(out: &mut Vec<u8>, samples: &[BatchSample]) {
    let (mut series, mut time_ms) = (-1, 0);
    list(out, samples, |out, sample| {
        zigzag(out, i64::from(sample.series) - series - 1);
        zigzag(out, sample.time_ms.wrapping_sub(time_ms));
        series = i64::from(sample.series);
        time_ms = sample.time_ms;
        let histogram_bit = if matches!(sample.value, SampleValue::Histogram(_)) { IS_HISTOGRAM } else { 0 };
        let start_bit = if sample.start_ms == 0 { 0 } else { HAS_START };
        out.push(histogram_bit | start_bit);
        if sample.start_ms != 0 {
            zigzag(out, sample.start_ms.wrapping_sub(sample.time_ms));
        }
        match &sample.value {
            SampleValue::Float(value) => float(out, *value),
            SampleValue::Histogram(value) => histogram(out, value),
        }
    });
}

fn histogram(out: &mut Vec<u8>, histogram: &NativeHistogram) {
    out.push(hint_byte(histogram.hint));
    zigzag(out, i64::from(histogram.schema));
    for value in [histogram.zero_threshold, histogram.zero_count, histogram.count, histogram.sum] {
        float(out, value);
    }
    list(out, &histogram.positive_spans, span);
    list(out, &histogram.positive, |out, value| count(out, *value));
    list(out, &histogram.negative_spans, span);
    list(out, &histogram.negative, |out, value| count(out, *value));
    list(out, &histogram.custom_bounds, |out, value| float(out, *value));
}

fn span(out: &mut Vec<u8>, span: &BucketSpan) {
    zigzag(out, i64::from(span.offset));
    varint(out, u64::from(span.length));
}

fn exemplars<'a>(out: &mut Vec<u8>, exemplars: &'a [Exemplar], strings: &mut Strings<'a>) {
    let mut time_ms = 0;
    list(out, exemplars, |out, exemplar| {
        varint(out, u64::from(exemplar.series));
        zigzag(out, exemplar.time_ms.wrapping_sub(time_ms));
        time_ms = exemplar.time_ms;
        float(out, exemplar.value);
        pairs(out, &exemplar.labels, strings);
    });
}

fn metadata<'a>(out: &mut Vec<u8>, metadata: &'a MetricMetadata, strings: &mut Strings<'a>) {
    varint(out, strings.place(&metadata.family));
    out.push(kind_byte(metadata.kind));
    varint(out, strings.place(&metadata.help));
    varint(out, strings.place(&metadata.unit));
}

const fn hint_byte(hint: ResetHint) -> u8 {
    match hint {
        ResetHint::Unknown => 0,
        ResetHint::Reset => 1,
        ResetHint::NotReset => 2,
        ResetHint::Gauge => 3,
    }
}

/// Part of the format, whatever the order of the type is.
const fn kind_byte(kind: MetricKind) -> u8 {
    match kind {
        MetricKind::Counter => 0,
        MetricKind::Gauge => 1,
        MetricKind::Histogram => 2,
        MetricKind::GaugeHistogram => 3,
        MetricKind::Summary => 4,
        MetricKind::Info => 5,
        MetricKind::StateSet => 6,
        MetricKind::Unknown => 7,
    }
}

fn list<'a, T>(out: &mut Vec<u8>, items: &'a [T], mut item: impl FnMut(&mut Vec<u8>, &'a T)) {
    varint(out, items.len() as u64);
    items.iter().for_each(|one| item(out, one));
}

fn count(out: &mut Vec<u8>, value: f64) {
    if let Some(whole) = whole_of(value) {
        varint(out, whole + 1);
    } else {
        varint(out, 0);
        float(out, value);
    }
}

fn float(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_bits().to_le_bytes());
}

fn zigzag(out: &mut Vec<u8>, number: i64) {
    varint(out, ((number << 1) ^ (number >> 63)).cast_unsigned());
}

/// An unsigned number in groups of seven bits, the lowest first.
pub(crate) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}
