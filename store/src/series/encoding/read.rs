//! Reading a batch. See the grammar in [`super`].

use std::sync::Arc;

use super::reader::Reader;
use super::{DecodeError, HAS_START, IS_HISTOGRAM, WHOLE_MAX, whole_of};
use crate::series::batch::{BatchSeries, SampleBatch};
use crate::series::id::SeriesId;
use crate::series::labels::Labels;
use crate::series::sample::{
    BatchSample, BucketSpan, Exemplar, MetricKind, MetricMetadata, NativeHistogram, ResetHint, SampleValue,
};

type Read<T> = Result<T, DecodeError>;

/// What items take at least, in bytes: each part of them one byte, floats and halves of ids eight.
const STRING_BYTES_MIN: usize = 1;
const SERIES_BYTES_MIN: usize = 17;
const PAIR_BYTES_MIN: usize = 2;
const SAMPLE_BYTES_MIN: usize = 11;
const SPAN_BYTES_MIN: usize = 2;
const COUNT_BYTES_MIN: usize = 1;
const FLOAT_BYTES: usize = 8;
const EXEMPLAR_BYTES_MIN: usize = 11;
const METADATA_BYTES_MIN: usize = 4;

/// The batch of a body.
pub(super) fn body(bytes: &[u8]) -> Read<SampleBatch> {
    let reader = &mut Reader::new(bytes);
    let strings = reader.list(STRING_BYTES_MIN, "its texts", string)?;
    let series = reader.list(SERIES_BYTES_MIN, "its series", |reader| series(reader, &strings))?;
    let samples = samples(reader, series.len())?;
    let exemplars = exemplars(reader, series.len(), &strings)?;
    let metadata = reader.list(METADATA_BYTES_MIN, "its metadata", |reader| metadata(reader, &strings))?;
    reader.end()?;
    Ok(SampleBatch { series, samples, exemplars, metadata })
}

fn string(reader: &mut Reader<'_>) -> Read<Arc<str>> {
    let length = reader.small("the length of a text")?;
    let text = std::str::from_utf8(reader.bytes(length, "a text")?);
    text.map(Arc::from).map_err(|_| reader.invalid("a text"))
}

fn text(reader: &mut Reader<'_>, strings: &[Arc<str>], what: &'static str) -> Read<Arc<str>> {
    let place: usize = reader.small(what)?;
    strings.get(place).cloned().ok_or_else(|| reader.invalid(what))
}

fn series(reader: &mut Reader<'_>, strings: &[Arc<str>]) -> Read<BatchSeries> {
    let id = SeriesId { metric: reader.int("the id of a series")?, labels: reader.int("the id of a series")? };
    Ok(BatchSeries { id, labels: pairs(reader, strings)? })
}

/// Labels, or none of a durable series.
fn pairs(reader: &mut Reader<'_>, strings: &[Arc<str>]) -> Read<Option<Labels>> {
    let Some(count) = reader.small::<usize>("the number of labels")?.checked_sub(1) else { return Ok(None) };
    let pairs = reader.items(count, PAIR_BYTES_MIN, "labels", |reader| {
        Ok((text(reader, strings, "the name of a label")?, text(reader, strings, "the value of a label")?))
    })?;
    if !pairs.is_sorted_by(|(one, _), (next, _)| one < next) || pairs.iter().any(|(_, value)| value.is_empty()) {
        return Err(reader.invalid("the order of labels"));
    }
    Ok(Some(Labels::new(pairs)))
}

fn samples(reader: &mut Reader<'_>, series_count: usize) -> Read<Vec<BatchSample>> {
    let (mut series, mut time_ms) = (-1_i64, 0_i64);
    reader.list(SAMPLE_BYTES_MIN, "its samples", |reader| {
        let step = reader.zigzag("the series of a sample")?;
        series = series.wrapping_add(step).wrapping_add(1);
        time_ms = time_ms.wrapping_add(reader.zigzag("the time of a sample")?);
        let place = u32::try_from(series).ok().filter(|place| (*place as usize) < series_count);
        let series = place.ok_or_else(|| reader.invalid("the series of a sample"))?;
        let tag = reader.byte("the tag of a sample")?;
        if tag & !(IS_HISTOGRAM | HAS_START) != 0 {
            return Err(reader.invalid("the tag of a sample"));
        }
        let start_ms = if tag & HAS_START == 0 { 0 } else { start(reader, time_ms)? };
        let value = if tag & IS_HISTOGRAM == 0 {
            SampleValue::Float(reader.float("the value of a sample")?)
        } else {
            SampleValue::Histogram(Arc::new(histogram(reader)?))
        };
        Ok(BatchSample { series, time_ms, start_ms, value })
    })
}

fn start(reader: &mut Reader<'_>, time_ms: i64) -> Read<i64> {
    match time_ms.wrapping_add(reader.zigzag("the start of a sample")?) {
        0 => Err(reader.invalid("the start of a sample")),
        start_ms => Ok(start_ms),
    }
}

fn histogram(reader: &mut Reader<'_>) -> Read<NativeHistogram> {
    Ok(NativeHistogram {
        hint: hint(reader)?,
        schema: int32(reader, "the schema of a histogram")?,
        zero_threshold: reader.float("the zero threshold of a histogram")?,
        zero_count: reader.float("the zero count of a histogram")?,
        count: reader.float("the count of a histogram")?,
        sum: reader.float("the sum of a histogram")?,
        positive_spans: reader.list(SPAN_BYTES_MIN, "the spans of a histogram", span)?,
        positive: reader.list(COUNT_BYTES_MIN, "the counts of a histogram", count)?,
        negative_spans: reader.list(SPAN_BYTES_MIN, "the spans of a histogram", span)?,
        negative: reader.list(COUNT_BYTES_MIN, "the counts of a histogram", count)?,
        custom_bounds: reader
            .list(FLOAT_BYTES, "the bounds of a histogram", |reader| reader.float("a bound of a histogram"))?
            .into(),
    })
}

fn int32(reader: &mut Reader<'_>, what: &'static str) -> Read<i32> {
    let number = reader.zigzag(what)?;
    i32::try_from(number).map_err(|_| reader.invalid(what))
}

fn span(reader: &mut Reader<'_>) -> Read<BucketSpan> {
    Ok(BucketSpan { offset: int32(reader, "the offset of a span")?, length: reader.small("the length of a span")? })
}

fn count(reader: &mut Reader<'_>) -> Read<f64> {
    match reader.varint("a count")?.checked_sub(1) {
        None => match reader.float("a count")? {
            value if whole_of(value).is_some() => Err(reader.invalid("a count")),
            value => Ok(value),
        },
        Some(whole) if whole < WHOLE_MAX => Ok(whole as f64),
        Some(_) => Err(reader.invalid("a count")),
    }
}

fn exemplars(reader: &mut Reader<'_>, series_count: usize, strings: &[Arc<str>]) -> Read<Vec<Exemplar>> {
    let mut time_ms = 0_i64;
    reader.list(EXEMPLAR_BYTES_MIN, "its exemplars", |reader| {
        let series: u32 = reader.small("the series of an exemplar")?;
        if series as usize >= series_count {
            return Err(reader.invalid("the series of an exemplar"));
        }
        time_ms = time_ms.wrapping_add(reader.zigzag("the time of an exemplar")?);
        let value = reader.float("the value of an exemplar")?;
        let labels = pairs(reader, strings)?.ok_or_else(|| reader.invalid("the labels of an exemplar"))?;
        Ok(Exemplar { series, time_ms, value, labels })
    })
}

fn metadata(reader: &mut Reader<'_>, strings: &[Arc<str>]) -> Read<MetricMetadata> {
    Ok(MetricMetadata {
        family: text(reader, strings, "the name of a family")?,
        kind: kind(reader)?,
        help: text(reader, strings, "the help of a family")?,
        unit: text(reader, strings, "the unit of a family")?,
    })
}

fn hint(reader: &mut Reader<'_>) -> Read<ResetHint> {
    match reader.byte("the hint of a histogram")? {
        0 => Ok(ResetHint::Unknown),
        1 => Ok(ResetHint::Reset),
        2 => Ok(ResetHint::NotReset),
        3 => Ok(ResetHint::Gauge),
        _ => Err(reader.invalid("the hint of a histogram")),
    }
}

fn kind(reader: &mut Reader<'_>) -> Read<MetricKind> {
    match reader.byte("the kind of a family")? {
        0 => Ok(MetricKind::Counter),
        1 => Ok(MetricKind::Gauge),
        2 => Ok(MetricKind::Histogram),
        3 => Ok(MetricKind::GaugeHistogram),
        4 => Ok(MetricKind::Summary),
        5 => Ok(MetricKind::Info),
        6 => Ok(MetricKind::StateSet),
        7 => Ok(MetricKind::Unknown),
        _ => Err(reader.invalid("the kind of a family")),
    }
}
