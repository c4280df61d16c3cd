//! Samples on their way into the store: what every receiver of metrics makes of a request or a scraped page.

use std::sync::Arc;

use thiserror::Error;

use super::id::SeriesId;
use super::labels::{Labels, label};
use super::sample::{BatchSample, Exemplar, MetricMetadata, NativeHistogram, SampleValue};

/// How much of a series an error shows.
const SHOWN_BYTES_MAX: usize = 160;
const SHOWN_TEXT_BYTES_MAX: usize = 40;

/// What a series may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeriesLimits {
    pub labels_max: usize,
    pub label_name_bytes_max: usize,
    pub label_value_bytes_max: usize,
}

/// Why labels are not those of a series. The name of each reason is [`Self::reason`].
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LabelsRefused {
    #[error("a series has no name")]
    NoName,
    #[error("series {series} has {count} labels, the most is {max}")]
    TooManyLabels { series: String, count: usize, max: usize },
    #[error("the name of a label of series {series} has {bytes} bytes, the most is {max}: {name}...")]
    NameTooLong { series: String, name: String, bytes: usize, max: usize },
    #[error("the value of label {name} of series {series} has {bytes} bytes, the most is {max}")]
    ValueTooLong { series: String, name: String, bytes: usize, max: usize },
    #[error("label {name} of series {series} is there twice")]
    Repeated { series: String, name: String },
    #[error("series {series} has a label without a name")]
    EmptyName { series: String },
    /// The tenant has as many active series as it may.
    #[error("series {series} is new, and there are {max} active series already (metrics.series_max)")]
    TooManySeries { series: String, max: usize },
}

impl LabelsRefused {
    /// The reason under which it is counted; a closed set.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NoName => "no_name",
            Self::TooManyLabels { .. } => "labels",
            Self::NameTooLong { .. } => "label_name",
            Self::ValueTooLong { .. } => "label_value",
            Self::Repeated { .. } => "label_repeated",
            Self::EmptyName { .. } => "label_name",
            Self::TooManySeries { .. } => "series",
        }
    }
}

/// Which series are known already. The index of a tenant is one; [`NoneKnown`] knows none.
pub trait KnownSeries {
    /// Whether a series is known and its labels lie on disk where a start finds them, so that a request in the log need not
    /// hold them.
    fn is_durable(&self, id: SeriesId) -> bool;

    /// Whether a series is active or may become so.
    ///
    /// # Errors
    /// The number of series that may be active.
    fn admit(&self, id: SeriesId) -> Result<(), usize>;

    fn limits(&self) -> SeriesLimits;
}

/// Knows no series and refuses none.
#[derive(Debug, Clone, Copy)]
pub struct NoneKnown;

impl KnownSeries for NoneKnown {
    fn is_durable(&self, _: SeriesId) -> bool {
        false
    }

    fn admit(&self, _: SeriesId) -> Result<(), usize> {
        Ok(())
    }

    fn limits(&self) -> SeriesLimits {
        SeriesLimits { labels_max: usize::MAX, label_name_bytes_max: usize::MAX, label_value_bytes_max: usize::MAX }
    }
}

/// A series of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchSeries {
    pub id: SeriesId,
    /// `None` of a series that is durable: see [`KnownSeries::is_durable`].
    pub labels: Option<Labels>,
}

/// The samples of a request or a scraped page. Series are named by their place in `series`; one series may stand there twice.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SampleBatch {
    pub series: Vec<BatchSeries>,
    pub samples: Vec<BatchSample>,
    pub exemplars: Vec<Exemplar>,
    pub metadata: Vec<MetricMetadata>,
}

impl SampleBatch {
    /// Adds a series and returns its place. `labels` come in any order and leave sorted by name, without those that have no
    /// value; `scratch` is memory to work in.
    ///
    /// # Errors
    /// When they are not those of a series, or it is one too many.
    pub fn series<'a>(
        &mut self,
        known: &(impl KnownSeries + ?Sized),
        labels: &mut Vec<(&'a str, &'a str)>,
        scratch: &mut Vec<u8>,
    ) -> Result<u32, LabelsRefused> {
        let id = checked_id(known.limits(), labels, scratch)?;
        known.admit(id).map_err(|max| LabelsRefused::TooManySeries { series: shown(labels), max })?;
        let is_durable = known.is_durable(id);
        let labels = (!is_durable).then(|| Labels::new(labels.iter().copied()));
        Ok(self.push_series(BatchSeries { id, labels }))
    }

    /// Adds a series whose id is known from before, if its labels are durable; otherwise they are needed again.
    pub fn durable_series(&mut self, known: &(impl KnownSeries + ?Sized), id: SeriesId) -> Option<u32> {
        known.is_durable(id).then(|| self.push_series(BatchSeries { id, labels: None }))
    }

    fn push_series(&mut self, series: BatchSeries) -> u32 {
        self.series.push(series);
        // A request of 4 Gi series is none that admission lets through.
        u32::try_from(self.series.len() - 1).unwrap_or(u32::MAX)
    }

    pub fn float(&mut self, series: u32, time_ms: i64, value: f64) {
        self.samples.push(BatchSample { series, time_ms, start_ms: 0, value: SampleValue::Float(value) });
    }

    pub fn histogram(&mut self, series: u32, time_ms: i64, value: NativeHistogram) {
        let value = SampleValue::Histogram(Arc::new(value));
        self.samples.push(BatchSample { series, time_ms, start_ms: 0, value });
    }

    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.exemplars.is_empty() && self.metadata.is_empty()
    }
}

/// Sorts and checks labels.
fn checked_id(
    limits: SeriesLimits,
    labels: &mut Vec<(&str, &str)>,
    scratch: &mut Vec<u8>,
) -> Result<SeriesId, LabelsRefused> {
    labels.retain(|(_, value)| !value.is_empty());
    if !labels.is_sorted() {
        labels.sort_unstable();
    }
    if !labels.iter().any(|(name, _)| *name == label::NAME) {
        return Err(LabelsRefused::NoName);
    }
    if labels.len() > limits.labels_max {
        return Err(LabelsRefused::TooManyLabels {
            series: shown(labels),
            count: labels.len(),
            max: limits.labels_max,
        });
    }
    for (at, (name, value)) in labels.iter().enumerate() {
        let refused = if name.is_empty() {
            LabelsRefused::EmptyName { series: shown(labels) }
        } else if name.len() > limits.label_name_bytes_max {
            let (bytes, max) = (name.len(), limits.label_name_bytes_max);
            LabelsRefused::NameTooLong { series: shown(labels), name: start_of(name).to_owned(), bytes, max }
        } else if value.len() > limits.label_value_bytes_max {
            let (bytes, max) = (value.len(), limits.label_value_bytes_max);
            LabelsRefused::ValueTooLong { series: shown(labels), name: (*name).to_owned(), bytes, max }
        } else if labels.get(at + 1).is_some_and(|(next, _)| next == name) {
            LabelsRefused::Repeated { series: shown(labels), name: (*name).to_owned() }
        } else {
            continue;
        };
        return Err(refused);
    }
    Ok(SeriesId::of_sorted(labels.iter().copied(), scratch))
}

/// The name of a series and the beginning of its labels, for people.
fn shown(labels: &[(&str, &str)]) -> String {
    let name = labels.iter().find(|(name, _)| *name == label::NAME).map_or("", |(_, value)| value);
    let mut text = start_of(name).to_owned();
    text.push('{');
    let mut separator = "";
    for (name, value) in labels.iter().filter(|(name, _)| *name != label::NAME) {
        if text.len() > SHOWN_BYTES_MAX {
            text.push_str(", ...");
            break;
        }
        text.push_str(separator);
        text.push_str(&format!("{}={:?}", start_of(name), start_of(value)));
        separator = ", ";
    }
    text.push('}');
    text
}

fn start_of(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN_TEXT_BYTES_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: SeriesLimits = SeriesLimits { labels_max: 4, label_name_bytes_max: 8, label_value_bytes_max: 8 };

    fn check(labels: &[(&str, &str)], expected: Result<(), &str>) {
        let id = checked_id(LIMITS, &mut labels.to_vec(), &mut Vec::new());
        let expected_id = SeriesId::of(&Labels::new(labels.iter().copied()));
        assert_eq!(id.as_ref().map_err(LabelsRefused::reason), expected.map(|()| &expected_id), "{id:?}");
    }

    #[test]
    fn labels_of_a_series_are_sorted_and_need_a_name() {
        check(&[("b", "2"), ("__name__", "up"), ("a", "1"), ("none", "")], Ok(()));
        check(&[("a", "1")], Err("no_name"));
        check(&[("__name__", ""), ("a", "1")], Err("no_name"));
        check(&[("__name__", "up"), ("", "1")], Err("label_name"));
    }

    #[test]
    fn what_exceeds_a_limit_is_refused() {
        check(&[("__name__", "up"), ("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")], Err("labels"));
        check(&[("__name__", "up"), ("long_name", "1")], Err("label_name"));
        check(&[("__name__", "up"), ("a", "long_value")], Err("label_value"));
        check(&[("__name__", "up"), ("a", "1"), ("a", "2")], Err("label_repeated"));
    }

    #[test]
    fn a_megabyte_of_label_is_named_and_not_repeated() {
        let long = "é".repeat(1 << 19);
        let mut labels = vec![("__name__", "up"), ("a", long.as_str())];
        let refused = checked_id(LIMITS, &mut labels, &mut Vec::new()).unwrap_err();
        assert!(refused.to_string().len() < 300, "{refused}");
    }
}
