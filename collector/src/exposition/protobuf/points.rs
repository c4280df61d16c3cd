//! The series of a metric: a counter, gauge or untyped is one; a summary has its quantiles, `_sum` and `_count`; a
//! classic histogram its `_bucket`s up to `+Inf` (made from the count where the message has none), `_sum` and `_count`;
//! a native histogram is one, before the classic series of the same metric.

use std::borrow::Cow;
use std::sync::Arc;

use spanloom_store::series::{SampleValue, label};

use super::message::{Exemplar, Histogram, Kind, LabelPair, Metric, Summary, Timestamp};
use super::native::{count, is_native, native, sample_count};
use crate::exposition::entry::{Form, LabelText, ScrapedExemplar};
use crate::exposition::error::Problem;
use crate::exposition::number::{bound_text, never_stale};
use crate::exposition::series::{LE, QUANTILE};

/// A sample of one of a metric's series.
#[derive(Debug)]
pub struct Point<'a> {
    /// Behind the family's name.
    pub suffix: &'static str,
    /// `le` or `quantile`.
    pub bound: Option<(&'static str, &'a str)>,
    pub value: SampleValue,
    pub start_ms: Option<i64>,
    pub exemplars: Vec<ScrapedExemplar<'a>>,
    pub form: Form,
}

/// Hands out the samples of a metric.
///
/// # Errors
/// When it has no value of its family's kind, or a native histogram that is none.
pub fn each(kind: Kind, metric: &Metric, give: &mut dyn FnMut(Point<'_>)) -> Result<(), Problem> {
    match kind {
        Kind::Counter => {
            let counter = metric.counter.as_ref().ok_or(Problem::NoValue)?;
            let exemplars = counter.exemplar.iter().map(exemplar).collect();
            give(Point { exemplars, ..plain(counter.value, created_ms(counter.created_timestamp)) });
        }
        Kind::Gauge => give(plain(metric.gauge.ok_or(Problem::NoValue)?.value, None)),
        Kind::Untyped => give(plain(metric.untyped.ok_or(Problem::NoValue)?.value, None)),
        Kind::Summary => summary(metric.summary.as_ref().ok_or(Problem::NoValue)?, give),
        Kind::Histogram | Kind::GaugeHistogram => {
            histogram(kind, metric.histogram.as_ref().ok_or(Problem::NoValue)?, give)?;
        }
    }
    Ok(())
}

fn plain<'a>(value: Option<f64>, start_ms: Option<i64>) -> Point<'a> {
    let value = SampleValue::Float(never_stale(value.unwrap_or(0.0)));
    Point { suffix: "", bound: None, value, start_ms, exemplars: Vec::new(), form: Form::Plain }
}

fn summary(summary: &Summary, give: &mut dyn FnMut(Point<'_>)) {
    let start_ms = created_ms(summary.created_timestamp);
    for quantile in &summary.quantile {
        let bound = bound_text(quantile.quantile.unwrap_or(0.0));
        give(Point { bound: Some((QUANTILE, &bound)), ..plain(quantile.value, start_ms) });
    }
    give(Point { suffix: "_sum", ..plain(summary.sample_sum, start_ms) });
    give(Point { suffix: "_count", ..plain(Some(count(summary.sample_count, None)), start_ms) });
}

fn histogram(kind: Kind, histogram: &Histogram, give: &mut dyn FnMut(Point<'_>)) -> Result<(), Problem> {
    let is_native = is_native(histogram);
    if is_native {
        let value = SampleValue::Histogram(Arc::new(native(kind, histogram)?));
        let exemplars = native_exemplars(histogram);
        let start_ms = created_ms(histogram.created_timestamp);
        give(Point { value, exemplars, form: Form::Native, ..plain(None, start_ms) });
    }
    if !is_native || !histogram.bucket.is_empty() {
        classic(histogram, if is_native { Form::ClassicOfNative } else { Form::Plain }, give);
    }
    Ok(())
}

fn classic(histogram: &Histogram, form: Form, give: &mut dyn FnMut(Point<'_>)) {
    let part = |suffix, value| {
        let point = plain(Some(value), created_ms(histogram.created_timestamp));
        Point { suffix, form, ..point }
    };
    for bucket in &histogram.bucket {
        let bound = bound_text(bucket.upper_bound.unwrap_or(0.0));
        let value = count(bucket.cumulative_count, bucket.cumulative_count_float);
        let exemplars = bucket.exemplar.iter().map(exemplar).collect();
        give(Point { bound: Some((LE, &bound)), exemplars, ..part("_bucket", value) });
    }
    let all = sample_count(histogram);
    if !histogram.bucket.iter().any(|bucket| bucket.upper_bound == Some(f64::INFINITY)) {
        give(Point { bound: Some((LE, "+Inf")), ..part("_bucket", all) });
    }
    give(part("_sum", histogram.sample_sum.unwrap_or(0.0)));
    give(part("_count", all));
}

/// Those of the native form, or else those of classic buckets that say when they were.
fn native_exemplars(histogram: &Histogram) -> Vec<ScrapedExemplar<'_>> {
    if !histogram.exemplars.is_empty() {
        return histogram.exemplars.iter().map(exemplar).collect();
    }
    let of_buckets = histogram.bucket.iter().filter_map(|bucket| bucket.exemplar.as_ref());
    of_buckets.filter(|exemplar| exemplar.timestamp.is_some()).map(exemplar).collect()
}

fn exemplar(exemplar: &Exemplar) -> ScrapedExemplar<'_> {
    ScrapedExemplar {
        labels: exemplar.label.iter().map(|pair| (name(pair).into(), value(pair).into())).collect(),
        value: exemplar.value.unwrap_or(0.0),
        time_ms: exemplar.timestamp.map(Timestamp::ms),
    }
}

fn created_ms(created: Option<Timestamp>) -> Option<i64> {
    created.map(Timestamp::ms).filter(|ms| *ms != 0)
}

fn name(pair: &LabelPair) -> &str {
    pair.name.as_deref().unwrap_or_default()
}

fn value(pair: &LabelPair) -> &str {
    pair.value.as_deref().unwrap_or_default()
}

/// What a series of a metric is called.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    pub name: &'a str,
    pub suffix: &'static str,
    pub labels: &'a [LabelPair],
    pub bound: Option<(&'static str, &'a str)>,
}

impl Named<'_> {
    /// The metric's labels, and its bound.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|pair| (name(pair), value(pair))).chain(self.bound)
    }

    /// Appends all labels, the name among them.
    pub fn labels<'b>(&'b self, into: &mut Vec<LabelText<'b>>) {
        let name = if self.suffix.is_empty() {
            Cow::Borrowed(self.name)
        } else {
            Cow::Owned([self.name, self.suffix].concat())
        };
        into.push((Cow::Borrowed(label::NAME), name));
        into.extend(self.pairs().map(|(name, value)| (name.into(), value.into())));
    }

    /// Writes the series as a text with names in quotes would have it: unambiguous, whatever names and values hold.
    pub fn write_key(&self, key: &mut String) {
        key.push('{');
        write_quoted(&[self.name, self.suffix], key);
        for (name, value) in self.pairs() {
            key.push(',');
            write_quoted(&[name], key);
            key.push('=');
            write_quoted(&[value], key);
        }
        key.push('}');
    }
}

fn write_quoted(parts: &[&str], key: &mut String) {
    key.push('"');
    for part in parts {
        let mut left = *part;
        while let Some(at) = left.find(['"', '\\']) {
            key.push_str(&left[..at]);
            key.push('\\');
            key.push_str(&left[at..=at]);
            left = &left[at + 1..];
        }
        key.push_str(left);
    }
    key.push('"');
}
