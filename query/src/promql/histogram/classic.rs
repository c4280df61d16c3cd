//! Classic histograms as native ones with listed bounds.

use super::{BucketSpan, CUSTOM_SCHEMA, Histogram, ResetHint};

/// Why a classic histogram is no native one.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ConversionError {
    #[error("bucket count must be non-negative: le={le}, count={count}")]
    NegativeBucket { le: f64, count: f64 },
    #[error("bucket boundary must not be NaN")]
    NanBound,
    #[error("count must be non-negative: count={0}")]
    NegativeCount(f64),
    #[error("count must be provided when no buckets are present")]
    NoCount,
    #[error("count mismatch: count={count} != le={le} count={bucket}")]
    CountMismatch { count: f64, le: f64, bucket: f64 },
    #[error("count is not cumulative: {0} < {1}")]
    NotCumulative(f64, f64),
}

/// The samples of a classic histogram at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClassicHistogram {
    /// Upper bounds with the count of all that is not above, in any order. Of one bound given twice, the first counts.
    pub buckets: Vec<(f64, f64)>,
    /// That of the highest bucket when it is missing.
    pub count: Option<f64>,
    pub sum: f64,
}

impl ClassicHistogram {
    /// The native histogram that says the same.
    ///
    /// # Errors
    /// Counts that are negative, that fall from one bucket to the next, or that differ between the highest bucket and the
    /// whole; a bound that is NaN; neither buckets nor a count.
    pub fn to_native(&self) -> Result<Histogram, ConversionError> {
        let mut buckets = self.sorted()?;
        let last = buckets.last().copied();
        let count = match (self.count, last) {
            (Some(count), _) if count < 0.0 => return Err(ConversionError::NegativeCount(count)),
            (Some(count), _) => count,
            (None, Some((_, count))) => count,
            (None, None) => return Err(ConversionError::NoCount),
        };
        match last {
            Some((f64::INFINITY, bucket)) if bucket != count => {
                return Err(ConversionError::CountMismatch { count, le: f64::INFINITY, bucket });
            }
            Some((f64::INFINITY, _)) => {}
            _ => buckets.push((f64::INFINITY, count)),
        }
        let counts = buckets.iter().scan(0.0, |below, (_, count)| Some(count - std::mem::replace(below, *count)));
        let histogram = Histogram {
            hint: ResetHint::Unknown,
            schema: CUSTOM_SCHEMA,
            count,
            sum: self.sum,
            positive_spans: vec![BucketSpan { offset: 0, length: buckets.len() as u32 }],
            positive: counts.collect(),
            custom_bounds: buckets.iter().map(|(le, _)| *le).filter(|le| *le != f64::INFINITY).collect(),
            ..Histogram::default()
        };
        Ok(histogram.compact())
    }

    /// Buckets by bound, each bound once.
    fn sorted(&self) -> Result<Vec<(f64, f64)>, ConversionError> {
        if self.buckets.iter().any(|(le, _)| le.is_nan()) {
            return Err(ConversionError::NanBound);
        }
        if let Some((le, count)) = self.buckets.iter().copied().find(|(_, count)| *count < 0.0) {
            return Err(ConversionError::NegativeBucket { le, count });
        }
        let mut buckets = self.buckets.clone();
        buckets.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        buckets.dedup_by(|later, first| later.0 == first.0);
        match buckets.windows(2).find(|pair| pair[1].1 < pair[0].1) {
            Some(pair) => Err(ConversionError::NotCumulative(pair[1].1, pair[0].1)),
            None => Ok(buckets),
        }
    }
}
