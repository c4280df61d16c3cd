//! What a page says, entry by entry.

use std::borrow::Cow;
use std::cell::RefCell;

use spanloom_store::series::{MetricKind, MetricMetadata, SampleValue};

use super::protobuf::Named;
use super::series::{self, Malformed, Spacing};

/// A label's name and value, without escapes.
pub type LabelText<'a> = (Cow<'a, str>, Cow<'a, str>);

/// One thing that a page says.
#[derive(Debug)]
pub enum Entry<'a> {
    /// Of the family whose samples follow. Said again when the page says more of the same family later on.
    Metadata(MetricMetadata),
    Sample(Scraped<'a>),
}

/// What a sample is of its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// All that the page says of this, or a part that stands for itself.
    Plain,
    /// The native form of a histogram.
    Native,
    /// A bucket, sum or count of a histogram that came in its native form just before.
    ClassicOfNative,
}

/// A sample as the page has it.
#[derive(Debug)]
pub struct Scraped<'a> {
    /// The series as this page writes it: the same bytes for the same series on the next page of the same target.
    pub key: &'a str,
    /// Never the staleness marker: any NaN of a page is a value.
    pub value: SampleValue,
    /// When it was measured, where the page says so.
    pub time_ms: Option<i64>,
    /// When what it counts began to be counted: `_created` of OpenMetrics, `created_timestamp` of protobuf.
    pub start_ms: Option<i64>,
    pub exemplars: Vec<ScrapedExemplar<'a>>,
    pub form: Form,
    pub(super) source: Source<'a>,
}

/// A measurement that stands for others.
#[derive(Debug, Clone, PartialEq)]
pub struct ScrapedExemplar<'a> {
    /// As written, in any order.
    pub labels: Vec<LabelText<'a>>,
    pub value: f64,
    pub time_ms: Option<i64>,
}

/// Where labels come from.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// The key itself, in a text. `bound` is the label whose value is a number there.
    Text {
        spacing: Spacing,
        bound: Option<&'static str>,
        unreadable: &'a RefCell<Option<Malformed>>,
    },
    Metric(Named<'a>),
}

impl Scraped<'_> {
    /// Appends all labels, `__name__` among them, in the page's order; names and values as the page has them, but for
    /// `le` and `quantile` of histograms and summaries, which Prometheus 3 writes one way whatever a page does: `1` is
    /// `1.0`.
    ///
    /// Labels that cannot be read append nothing and end the page with an error; see [`super::parse`].
    pub fn labels<'b>(&'b self, into: &mut Vec<LabelText<'b>>) {
        match &self.source {
            Source::Metric(named) => named.labels(into),
            Source::Text { spacing, bound, unreadable } => {
                let length = into.len();
                if let Err(malformed) = series::labels(self.key, *spacing, *bound, into) {
                    into.truncate(length);
                    unreadable.replace(Some(malformed));
                }
            }
        }
    }
}

/// The label of which Prometheus 3 normalizes the value, in families of a kind.
pub(super) fn bound_of(kind: MetricKind) -> Option<&'static str> {
    match kind {
        MetricKind::Histogram => Some(series::LE),
        MetricKind::Summary => Some(series::QUANTILE),
        _ => None,
    }
}
