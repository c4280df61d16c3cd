//! Sums and differences.

use std::sync::Arc;

use super::bucket::exponential_bound;
use super::layout::{self, Count, Side};
use super::{CUSTOM_SCHEMA, Histogram, ResetHint};

/// Histograms of which one has exponential buckets and one listed bounds. They have no sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a histogram with exponential buckets does not combine with one of custom buckets")]
pub struct Incompatible;

/// What came out of several histograms.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Combined {
    /// Without empty buckets.
    pub histogram: Histogram,
    /// The listed bounds differed; only those that all have are left.
    pub bounds_reconciled: bool,
    /// One is known to follow a reset and another is known not to.
    pub hints_conflict: bool,
}

impl Histogram {
    /// The sum of two histograms.
    ///
    /// # Errors
    /// One has exponential buckets and one listed bounds.
    pub fn add(&self, other: &Self) -> Result<Combined, Incompatible> {
        let (hint, hints_conflict) = self.hint.with(other.hint);
        let (histogram, bounds_reconciled) = self.combine(other, 1.0)?;
        Ok(Combined { histogram: Self { hint, ..histogram }, bounds_reconciled, hints_conflict })
    }

    /// The difference of two histograms: a gauge.
    ///
    /// # Errors
    /// One has exponential buckets and one listed bounds.
    pub fn sub(&self, other: &Self) -> Result<Combined, Incompatible> {
        let (_, hints_conflict) = self.hint.with(other.hint);
        let (histogram, bounds_reconciled) = self.combine(other, -1.0)?;
        Ok(Combined { histogram: Self { hint: ResetHint::Gauge, ..histogram }, bounds_reconciled, hints_conflict })
    }

    fn combine(&self, other: &Self, sign: f64) -> Result<(Self, bool), Incompatible> {
        let mut parts = Parts::from(self.clone());
        let bounds_reconciled = parts.add(other, sign)?;
        Ok((parts.into(), bounds_reconciled))
    }
}

impl ResetHint {
    /// What is known of the sum of two histograms, and whether their hints exclude each other.
    pub(super) fn with(self, other: Self) -> (Self, bool) {
        match (self, other) {
            _ if self == other => (self, false),
            (Self::Gauge, _) | (_, Self::Gauge) => (Self::Gauge, false),
            (Self::Unknown, _) | (_, Self::Unknown) => (Self::Unknown, false),
            _ => (Self::Unknown, true),
        }
    }
}

/// A histogram with counts of some kind.
#[derive(Debug, Clone)]
pub(super) struct Parts<C> {
    pub schema: i32,
    pub zero_threshold: f64,
    pub zero_count: C,
    pub count: C,
    pub sum: C,
    pub positive: Side<C>,
    pub negative: Side<C>,
    pub custom_bounds: Arc<[f64]>,
}

impl From<Histogram> for Parts<f64> {
    fn from(histogram: Histogram) -> Self {
        Self {
            schema: histogram.schema,
            zero_threshold: histogram.zero_threshold,
            zero_count: histogram.zero_count,
            count: histogram.count,
            sum: histogram.sum,
            positive: Side { spans: histogram.positive_spans, counts: histogram.positive },
            negative: Side { spans: histogram.negative_spans, counts: histogram.negative },
            custom_bounds: histogram.custom_bounds,
        }
    }
}

/// Without empty buckets, and without a hint.
impl From<Parts<f64>> for Histogram {
    fn from(parts: Parts<f64>) -> Self {
        let histogram = Self {
            hint: ResetHint::Unknown,
            schema: parts.schema,
            zero_threshold: parts.zero_threshold,
            zero_count: parts.zero_count,
            count: parts.count,
            sum: parts.sum,
            positive_spans: parts.positive.spans,
            positive: parts.positive.counts,
            negative_spans: parts.negative.spans,
            negative: parts.negative.counts,
            custom_bounds: parts.custom_bounds,
        };
        histogram.compact()
    }
}

impl<C: Count> Parts<C> {
    /// Adds another histogram, times a sign; says whether listed bounds differed.
    pub fn add(&mut self, other: &Histogram, sign: f64) -> Result<bool, Incompatible> {
        let custom = self.schema == CUSTOM_SCHEMA;
        if custom != other.is_custom() {
            return Err(Incompatible);
        }
        let reconciled = custom && !same_bounds(&self.custom_bounds, &other.custom_bounds);
        if reconciled {
            self.add_other_bounds(other, sign);
        } else if custom || (self.schema, self.zero_threshold) == (other.schema, other.zero_threshold) {
            self.add_alike(other, sign);
        } else {
            self.add_other_schema(other.clone(), sign);
        }
        Ok(reconciled)
    }

    fn add_alike(&mut self, other: &Histogram, sign: f64) {
        self.zero_count.add(sign * other.zero_count);
        self.count.add(sign * other.count);
        self.sum.add(sign * other.sum);
        self.positive.add(&other.positive_spans, &other.positive, sign);
        self.negative.add(&other.negative_spans, &other.negative, sign);
    }

    fn add_other_bounds(&mut self, other: &Histogram, sign: f64) {
        let common = common_bounds(&self.custom_bounds, &other.custom_bounds);
        let mut other = other.clone();
        layout::map(&mut other.positive_spans, &mut other.positive, into_bounds(&other.custom_bounds, &common));
        self.positive.map(into_bounds(&self.custom_bounds, &common));
        self.custom_bounds = common;
        self.add_alike(&other, sign);
    }

    /// First the zero buckets, in the fine buckets of each, then the schemas: a coarse bucket that the zero bucket covers in
    /// part must not count what the zero bucket counts.
    fn add_other_schema(&mut self, other: Histogram, sign: f64) {
        let mut other = Parts::from(other);
        loop {
            match self.zero_threshold.partial_cmp(&other.zero_threshold) {
                Some(std::cmp::Ordering::Less) => self.widen_zero(other.zero_threshold),
                Some(std::cmp::Ordering::Greater) => other.widen_zero(self.zero_threshold),
                _ => break,
            }
        }
        let schema = self.schema.min(other.schema);
        self.reduce(schema);
        other.reduce(schema);
        self.add_alike(&other.into(), sign);
    }

    /// Makes the zero bucket at least so wide. It ends with a bucket where the threshold lies within one that is not empty.
    pub fn widen_zero(&mut self, threshold: f64) {
        let mut wanted = threshold;
        for _ in 0..2 {
            let ends = [&self.positive, &self.negative].map(|side| end_of_straddled(side, self.schema, wanted));
            wanted = ends.into_iter().flatten().fold(wanted, f64::max);
        }
        for side in [&mut self.positive, &mut self.negative] {
            self.zero_count += side.take_while(|index| exponential_bound(index, self.schema) <= wanted);
        }
        self.zero_threshold = wanted;
    }

    fn reduce(&mut self, schema: i32) {
        if schema < self.schema {
            let coarser = layout::coarser(self.schema, schema);
            self.positive.map(&coarser);
            self.negative.map(&coarser);
            self.schema = schema;
        }
    }
}

/// Where the bucket ends that starts below a value and ends above it, when something was counted in it.
fn end_of_straddled<C: Count>(side: &Side<C>, schema: i32, value: f64) -> Option<f64> {
    let ends = layout::indexed(&side.spans, &side.counts)
        .map(|(index, count)| (index, count, exponential_bound(index, schema)));
    let (index, count, end) = ends.into_iter().find(|(.., end)| *end > value)?;
    (!count.is_zero() && exponential_bound(index.saturating_sub(1), schema) < value).then_some(end)
}

/// Whether bounds are the same to the last bit.
pub(super) fn same_bounds(a: &Arc<[f64]>, b: &Arc<[f64]>) -> bool {
    Arc::ptr_eq(a, b) || (a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| a.to_bits() == b.to_bits()))
}

/// The bounds that both have; both ascend.
pub(super) fn common_bounds(a: &[f64], b: &[f64]) -> Arc<[f64]> {
    let mut others = b.iter().copied().peekable();
    let shared = a.iter().copied().filter(|bound| {
        while others.next_if(|other| other < bound).is_some() {}
        others.next_if(|other| other == bound).is_some()
    });
    shared.collect()
}

/// Where a bucket of one list of bounds goes in another list, which has no other bounds.
pub(super) fn into_bounds(from: &[f64], to: &[f64]) -> impl Fn(i32) -> i32 {
    let places: Vec<i32> = from.iter().map(|bound| to.partition_point(|kept| kept < bound) as i32).collect();
    let overflow = to.len() as i32;
    move |index| usize::try_from(index).ok().and_then(|at| places.get(at).copied()).unwrap_or(overflow)
}
