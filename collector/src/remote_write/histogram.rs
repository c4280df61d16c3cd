//! Native histograms: a message to a histogram with absolute counts, and what must hold of it.
//!
//! Source: Prometheus' "Native Histograms" specification, "Data model" and "Protobuf". The message is the same in both
//! versions but for the start, which only 2.0 has.

use spanloom_store::series::{BucketSpan, NativeHistogram, ResetHint};
use thiserror::Error;

use super::intake::Times;
use super::wire::{Field, Malformed, Message, zigzag};

/// The schema of listed bounds.
const CUSTOM_BOUNDS: i32 = -53;

/// A packed difference takes one byte on the wire and eight in memory, and nothing grows by more.
const MEMORY_PER_BYTE: usize = 8;

/// What a histogram of so long a message takes at most, give or take what growing lists add.
pub const fn memory_bytes(message: &[u8]) -> usize {
    size_of::<NativeHistogram>() + MEMORY_PER_BYTE * message.len()
}

/// Why a histogram contradicts itself.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BadHistogram {
    #[error("its schema is {0}, which is none of -4 to 8 and -53")]
    Schema(i32),
    #[error("its {side} spans have {spans} buckets, and there are {counts} counts")]
    Buckets { side: &'static str, spans: u64, counts: usize },
    #[error("one of its {0} spans lies before the end of the one before, or beyond all buckets")]
    Span(&'static str),
    #[error("one of its counts is negative")]
    Negative,
    #[error("its counts are whole numbers in one place and floating-point numbers in another")]
    Mixed,
    #[error("its count is {count}, and its buckets have {buckets} observations")]
    Count { count: u64, buckets: u128 },
    #[error("its zero bucket has the breadth {0}")]
    ZeroThreshold(f64),
    #[error("its custom bounds do not ascend, or are not finite")]
    Bounds,
    #[error("it has custom bounds and a schema that has none, or buckets that only exponential schemas have")]
    Custom,
}

/// Times, and a histogram or what is wrong with it.
pub type Read = (Times, Result<NativeHistogram, BadHistogram>);

/// Reads the message `Histogram`.
///
/// # Errors
/// When it is malformed.
pub fn read(bytes: &[u8], created_ms: i64) -> Result<Read, Malformed> {
    let mut parts = Parts::default();
    let mut message = Message::new("Histogram", bytes);
    while let Some(field) = message.next_field()? {
        parts.read(field)?;
    }
    Ok((parts.times.or_start(created_ms), parts.histogram()))
}

/// A number of observations, as the sender counts them.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Count {
    Int(u64),
    Float(f64),
}

impl Default for Count {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl Count {
    const fn as_f64(self) -> f64 {
        match self {
            Self::Int(count) => count as f64,
            Self::Float(count) => count,
        }
    }
}

/// The buckets of one sign.
#[derive(Debug, Default)]
struct Side {
    spans: Vec<BucketSpan>,
    /// Absolute counts, made of differences.
    ints: Vec<f64>,
    /// Exact count of the last of `ints`, and of all.
    last: i64,
    total: u128,
    is_negative: bool,
    floats: Vec<f64>,
}

impl Side {
    fn add_span(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut span = BucketSpan { offset: 0, length: 0 };
        let mut message = Message::new("BucketSpan", bytes);
        while let Some(field) = message.next_field()? {
            match field.number {
                1 => span.offset = field.sint32()?,
                2 => span.length = field.uint32()?,
                _ => {}
            }
        }
        self.spans.push(span);
        Ok(())
    }

    fn add_deltas(&mut self, field: Field<'_>) -> Result<(), Malformed> {
        field.each_varint(|delta| {
            // No sum of counts that fits 64 bits wraps; one that does not is negative or wrong in its total.
            self.last = self.last.wrapping_add(zigzag(delta));
            self.is_negative |= self.last < 0;
            self.total += u128::from(self.last.unsigned_abs());
            self.ints.push(self.last as f64);
        })
    }

    fn add_counts(&mut self, field: Field<'_>) -> Result<(), Malformed> {
        field.each_double(|count| {
            // Not a number is no count either.
            self.is_negative |= count.is_nan() || count < 0.0;
            self.floats.push(count);
        })
    }

    /// The counts, if the spans fit them. `indexes` are those that a bucket may have.
    fn counts(
        &mut self,
        is_float: bool,
        side: &'static str,
        indexes: std::ops::RangeInclusive<i64>,
    ) -> Result<Vec<f64>, BadHistogram> {
        let (counts, others) = if is_float { (&mut self.floats, &self.ints) } else { (&mut self.ints, &self.floats) };
        if !others.is_empty() {
            return Err(BadHistogram::Mixed);
        }
        if self.is_negative {
            return Err(BadHistogram::Negative);
        }
        let spans: u64 = self.spans.iter().map(|span| u64::from(span.length)).sum();
        if spans != counts.len() as u64 {
            return Err(BadHistogram::Buckets { side, spans, counts: counts.len() });
        }
        if !are_in_order(&self.spans, &indexes) {
            return Err(BadHistogram::Span(side));
        }
        Ok(std::mem::take(counts))
    }
}

/// Whether spans follow one another and name only buckets that there are.
fn are_in_order(spans: &[BucketSpan], indexes: &std::ops::RangeInclusive<i64>) -> bool {
    let mut end = 0_i64;
    for (at, span) in spans.iter().enumerate() {
        let start = end + i64::from(span.offset);
        if at > 0 && span.offset < 0 {
            return false;
        }
        end = start + i64::from(span.length);
        if span.length > 0 && !(indexes.contains(&start) && indexes.contains(&(end - 1))) {
            return false;
        }
    }
    true
}

/// Fields as they were read.
#[derive(Debug, Default)]
struct Parts {
    times: Times,
    hint: ResetHint,
    schema: i32,
    zero_threshold: f64,
    zero_count: Count,
    count: Count,
    sum: f64,
    positive: Side,
    negative: Side,
    custom_bounds: Vec<f64>,
}

impl Parts {
    fn read(&mut self, field: Field<'_>) -> Result<(), Malformed> {
        match field.number {
            1 => self.count = Count::Int(field.uint64()?),
            2 => self.count = Count::Float(field.double()?),
            3 => self.sum = field.double()?,
            4 => self.schema = field.sint32()?,
            5 => self.zero_threshold = field.double()?,
            6 => self.zero_count = Count::Int(field.uint64()?),
            7 => self.zero_count = Count::Float(field.double()?),
            8 => self.negative.add_span(field.bytes()?)?,
            9 => self.negative.add_deltas(field)?,
            10 => self.negative.add_counts(field)?,
            11 => self.positive.add_span(field.bytes()?)?,
            12 => self.positive.add_deltas(field)?,
            13 => self.positive.add_counts(field)?,
            14 => self.hint = hint(field.uint32()?),
            15 => self.times.time_ms = field.int64()?,
            16 => field.each_double(|bound| self.custom_bounds.push(bound))?,
            17 => self.times.start_ms = field.int64()?,
            _ => {}
        }
        Ok(())
    }

    fn histogram(mut self) -> Result<NativeHistogram, BadHistogram> {
        let indexes = self.bucket_indexes()?;
        let is_float = matches!(self.count, Count::Float(_));
        let positive = self.positive.counts(is_float, "positive", indexes.clone())?;
        let negative = self.negative.counts(is_float, "negative", indexes)?;
        self.check_count()?;
        if !(self.zero_threshold >= 0.0 && self.zero_threshold.is_finite()) {
            return Err(BadHistogram::ZeroThreshold(self.zero_threshold));
        }
        Ok(NativeHistogram {
            hint: self.hint,
            schema: self.schema,
            zero_threshold: self.zero_threshold,
            zero_count: self.zero_count.as_f64(),
            count: self.count.as_f64(),
            sum: self.sum,
            positive_spans: self.positive.spans,
            positive,
            negative_spans: self.negative.spans,
            negative,
            custom_bounds: self.custom_bounds.into(),
        })
    }

    /// The buckets that the schema has.
    fn bucket_indexes(&self) -> Result<std::ops::RangeInclusive<i64>, BadHistogram> {
        match self.schema {
            CUSTOM_BOUNDS => self.custom_indexes(),
            -4..=8 if self.custom_bounds.is_empty() => Ok(i64::from(i32::MIN)..=i64::from(i32::MAX)),
            -4..=8 => Err(BadHistogram::Custom),
            schema => Err(BadHistogram::Schema(schema)),
        }
    }

    /// One bucket for each bound and one above all; none that is negative and no zero bucket.
    fn custom_indexes(&self) -> Result<std::ops::RangeInclusive<i64>, BadHistogram> {
        let bounds = &self.custom_bounds;
        if !bounds.iter().all(|bound| bound.is_finite()) || !bounds.is_sorted_by(|one, next| one < next) {
            return Err(BadHistogram::Bounds);
        }
        let has_others = self.zero_count.as_f64() != 0.0
            || self.zero_threshold != 0.0
            || !self.negative.spans.is_empty()
            || !self.negative.ints.is_empty()
            || !self.negative.floats.is_empty();
        if has_others { Err(BadHistogram::Custom) } else { Ok(0..=bounds.len() as i64) }
    }

    /// Whole numbers must add up; a sum that is not a number comes from observations that are in no bucket.
    /// Floating-point counts are rounded, and may not.
    fn check_count(&self) -> Result<(), BadHistogram> {
        match (self.count, self.zero_count) {
            (Count::Int(count), Count::Int(zero)) => {
                let buckets = u128::from(zero) + self.positive.total + self.negative.total;
                let total = u128::from(count);
                let adds_up = if self.sum.is_nan() { buckets <= total } else { buckets == total };
                if adds_up { Ok(()) } else { Err(BadHistogram::Count { count, buckets }) }
            }
            (Count::Float(count), zero) if count >= 0.0 && zero.as_f64() >= 0.0 => match zero {
                // An absent zero count reads as a whole zero.
                Count::Int(1..) => Err(BadHistogram::Mixed),
                _ => Ok(()),
            },
            (Count::Float(_), _) => Err(BadHistogram::Negative),
            (Count::Int(_), Count::Float(_)) => Err(BadHistogram::Mixed),
        }
    }
}

const fn hint(number: u32) -> ResetHint {
    match number {
        1 => ResetHint::Reset,
        2 => ResetHint::NotReset,
        3 => ResetHint::Gauge,
        _ => ResetHint::Unknown,
    }
}

#[cfg(test)]
mod tests;
