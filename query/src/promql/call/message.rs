//! What is said about results: the texts are those of Prometheus.

use super::Context;
use crate::promql::histogram::{Combined, Histogram, Incompatible};
use crate::promql::number::General;
use crate::promql::tree::Span;

/// What was done with histograms when something about them did not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation {
    Addition,
    Subtraction,
    Aggregation,
}

impl Operation {
    const fn name(self) -> &'static str {
        match self {
            Self::Addition => "addition",
            Self::Subtraction => "subtraction",
            Self::Aggregation => "aggregation",
        }
    }
}

impl Context<'_> {
    #[cold]
    pub(super) fn mixed_floats_histograms(&mut self) {
        self.warn_of_metric("encountered a mix of histograms and floats for metric name");
    }

    #[cold]
    pub(super) fn mixed_schemas(&mut self) {
        let message = "vector contains a mix of histograms with exponential and custom buckets schemas for metric name";
        self.warn_of_metric(message);
    }

    #[cold]
    pub(super) fn not_counter(&mut self) {
        self.warn_of_metric("this native histogram metric is not a counter:");
    }

    #[cold]
    pub(super) fn not_gauge(&mut self) {
        self.warn_of_metric("this native histogram metric is not a gauge:");
    }

    #[cold]
    pub(super) fn starts_overlap(&mut self) {
        self.warn_of_metric("sample has start time that overlaps with previous sample timestamp for metric");
    }

    #[cold]
    pub(super) fn conflicting_resets(&mut self, operation: Operation) {
        let message = format!("conflicting counter resets during histogram {}", operation.name());
        self.annotations.warn(self.span, message);
    }

    #[cold]
    pub(super) fn bounds_reconciled(&mut self, operation: Operation) {
        let message = format!("mismatched custom buckets were reconciled during {}", operation.name());
        self.annotations.info(self.span, message);
    }

    /// Histograms among the floats of a function that knows floats only.
    #[cold]
    pub(super) fn histograms_ignored(&mut self, at: Span) {
        let message = format!(
            "ignored histograms in a range containing both floats and histograms for metric name {:?}",
            self.metric
        );
        self.annotations.info(at, message);
    }

    /// What was made of histograms; `None` when their buckets do not fit one another. That, and bounds that differ, is told.
    pub(super) fn combined(
        &mut self,
        combined: Result<Combined, Incompatible>,
        operation: Operation,
    ) -> Option<Histogram> {
        let Ok(combined) = combined else {
            self.mixed_schemas();
            return None;
        };
        if combined.bounds_reconciled {
            self.bounds_reconciled(operation);
        }
        Some(combined.histogram)
    }

    fn warn_of_metric(&mut self, message: &str) {
        let message = format!("{message} {:?}", self.metric);
        self.annotations.warn(self.span, message);
    }

    /// A quantile that is none.
    pub(super) fn check_quantile(&mut self, quantile: f64, at: usize) {
        if (0.0..=1.0).contains(&quantile) {
            return;
        }
        let span = self.arg_spans.get(at).copied().unwrap_or(self.span);
        let message = format!("quantile value should be between 0 and 1, got {}", General(quantile));
        self.annotations.warn(span, message);
    }

    /// Whether floats of this metric are those of a counter, as far as its name or type tells. Looked at once per series.
    #[inline]
    pub(super) fn check_counter(&mut self) {
        if !self.scratch.name_checked {
            self.scratch.name_checked = true;
            self.check_counter_name();
        }
    }

    fn check_counter_name(&mut self) {
        if self.metric.is_empty() {
            return;
        }
        let message = match self.metric_type {
            Some("counter" | "histogram") => return,
            Some(other) => format!(
                "metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got {other:?}: {:?}",
                self.metric
            ),
            None if is_counter_name(self.metric) => return,
            None => format!(
                "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {:?}",
                self.metric
            ),
        };
        self.annotations.info(self.span, message);
    }
}

fn is_counter_name(metric: &str) -> bool {
    ["_total", "_sum", "_count", "_bucket"].iter().any(|suffix| metric.ends_with(suffix))
}
