//! Sums and means of many histograms, with what rounding takes away carried along.

use super::arithmetic::{Combined, Incompatible, Parts};
use super::layout::Side;
use super::{Histogram, ResetHint};
use crate::promql::sum::Sum;

/// The sum of histograms, one after the other.
#[derive(Debug, Clone)]
pub struct HistogramSum {
    parts: Parts<Sum>,
    hint: ResetHint,
    reset_seen: bool,
    not_reset_seen: bool,
    bounds_reconciled: bool,
}

impl HistogramSum {
    pub fn new(first: &Histogram) -> Self {
        let side = |spans: &[_], counts: &[f64]| Side {
            spans: spans.to_vec(),
            counts: counts.iter().copied().map(Sum::new).collect(),
        };
        let parts = Parts {
            schema: first.schema,
            zero_threshold: first.zero_threshold,
            zero_count: Sum::new(first.zero_count),
            count: Sum::new(first.count),
            sum: Sum::new(first.sum),
            positive: side(&first.positive_spans, &first.positive),
            negative: side(&first.negative_spans, &first.negative),
            custom_bounds: first.custom_bounds.clone(),
        };
        let mut sum =
            Self { parts, hint: first.hint, reset_seen: false, not_reset_seen: false, bounds_reconciled: false };
        sum.see(first.hint);
        sum
    }

    /// Adds a histogram.
    ///
    /// # Errors
    /// One has exponential buckets and one listed bounds; the sum is as it was.
    pub fn add(&mut self, other: &Histogram) -> Result<(), Incompatible> {
        self.bounds_reconciled |= self.parts.add(other, 1.0)?;
        self.see(other.hint);
        Ok(())
    }

    fn see(&mut self, hint: ResetHint) {
        self.reset_seen |= hint == ResetHint::Reset;
        self.not_reset_seen |= hint == ResetHint::NotReset;
        self.hint = self.hint.with(hint).0;
    }

    /// The sum so far.
    pub fn sum(&self) -> Combined {
        self.total(|count| count)
    }

    fn total(&self, finish: impl Fn(f64) -> f64) -> Combined {
        let parts = &self.parts;
        let total = |count: Sum| finish(count.total());
        let side = |side: &Side<Sum>| Side {
            spans: side.spans.clone(),
            counts: side.counts.iter().copied().map(total).collect(),
        };
        let histogram = Histogram::from(Parts {
            schema: parts.schema,
            zero_threshold: parts.zero_threshold,
            zero_count: total(parts.zero_count),
            count: total(parts.count),
            sum: total(parts.sum),
            positive: side(&parts.positive),
            negative: side(&parts.negative),
            custom_bounds: parts.custom_bounds.clone(),
        });
        Combined {
            histogram: Histogram { hint: self.hint, ..histogram },
            bounds_reconciled: self.bounds_reconciled,
            hints_conflict: self.reset_seen && self.not_reset_seen,
        }
    }

    fn scale(&mut self, factor: f64) {
        let parts = &mut self.parts;
        let totals = [&mut parts.zero_count, &mut parts.count, &mut parts.sum];
        let buckets = parts.positive.counts.iter_mut().chain(&mut parts.negative.counts);
        totals.into_iter().chain(buckets).for_each(|count| *count = count.scaled(factor));
    }
}

/// The mean of histograms, one after the other.
///
/// It is their sum divided by their number as long as no sum can overflow, since that is the most precise, and a running
/// mean from there on.
#[derive(Debug, Clone)]
pub struct HistogramMean {
    sum: HistogramSum,
    number: f64,
    /// No finite count or sum can be farther from zero.
    farthest: f64,
}

impl HistogramMean {
    pub fn new(first: &Histogram) -> Self {
        Self { sum: HistogramSum::new(first), number: 1.0, farthest: farthest(first) }
    }

    /// Counts a histogram in.
    ///
    /// # Errors
    /// One has exponential buckets and one listed bounds; the mean is as it was.
    pub fn add(&mut self, other: &Histogram) -> Result<(), Incompatible> {
        let running = self.is_running();
        let farthest = self.farthest + farthest(other);
        if !running && farthest.is_finite() {
            self.sum.add(other)?;
        } else {
            self.add_running(other)?;
        }
        self.farthest = farthest;
        self.number += 1.0;
        Ok(())
    }

    /// Whether the sum is a mean already.
    fn is_running(&self) -> bool {
        self.farthest.is_infinite()
    }

    fn add_running(&mut self, other: &Histogram) -> Result<(), Incompatible> {
        let custom = self.sum.parts.schema == super::CUSTOM_SCHEMA;
        if custom != other.is_custom() {
            return Err(Incompatible);
        }
        let number = self.number + 1.0;
        let weight = if self.is_running() { self.number / number } else { 1.0 / number };
        self.sum.scale(weight);
        self.sum.add(&other.clone().divide(number))
    }

    /// The mean so far.
    pub fn mean(&self) -> Combined {
        let divisor = if self.is_running() { 1.0 } else { self.number };
        self.sum.total(|count| count / divisor)
    }
}

/// The finite count or sum that is farthest from zero, without its sign.
fn farthest(histogram: &Histogram) -> f64 {
    let totals = [histogram.zero_count, histogram.count, histogram.sum];
    let buckets = histogram.positive.iter().chain(&histogram.negative).copied();
    totals.into_iter().chain(buckets).map(f64::abs).filter(|count| count.is_finite()).fold(0.0, f64::max)
}
