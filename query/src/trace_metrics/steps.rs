//! Intervals of time, each open at its start and closed at its end: `(t - step, t]` has the sample of `t`.
//!
//! Their bounds are multiples of the step, so that two queries with one step share them, whenever they are asked. The
//! start of a range is floored to the step and one more interval goes before it, so that the sample at the floored
//! start is whole; its end is ceiled.

use std::time::Duration;

use thiserror::Error;

/// Intervals of one answer, but for those that alignment adds.
pub(crate) const INTERVALS_MAX: i64 = 10_000;
/// Points that a range without a step is cut into, about.
const INTERVALS_DEFAULT: i64 = 240;
/// Samples have times in milliseconds.
const STEP_NS_MIN: i64 = 1_000_000;
const SECOND_NS: i64 = 1_000_000_000;
/// What steps are multiples of if nobody says a step, the coarsest that fits first.
const ROUND_STEPS_NS: [i64; 6] =
    [3600 * SECOND_NS, 300 * SECOND_NS, 60 * SECOND_NS, 15 * SECOND_NS, 5 * SECOND_NS, SECOND_NS];

/// A range or a step that no answer can be given for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum InvalidSteps {
    #[error("the time range ends at {end_ns} ns, not after its start at {start_ns} ns")]
    Empty { start_ns: i64, end_ns: i64 },
    #[error("the time range is {range:?} long, the most for series is {range_max:?}")]
    RangeTooLong { range: Duration, range_max: Duration },
    #[error("the step is {step_ns} ns, the least is 1ms")]
    StepTooShort { step_ns: i64 },
    #[error("a step of {step:?} makes {intervals} intervals of {range:?}, the most is {INTERVALS_MAX}")]
    TooManyIntervals { step: Duration, range: Duration, intervals: i64 },
    #[error("the time range from {start_ns} ns to {end_ns} ns is too near the ends of time")]
    OutOfTime { start_ns: i64, end_ns: i64 },
}

/// Intervals that follow one another without a gap; at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Steps {
    start_ns: i64,
    step_ns: i64,
    count: usize,
}

impl Steps {
    /// The intervals of a range that is asked for with a step, or without one.
    ///
    /// # Errors
    /// What is wrong with range or step, and what the bound is.
    pub fn range(start_ns: i64, end_ns: i64, step_ns: Option<i64>, range_max: Duration) -> Result<Self, InvalidSteps> {
        let range_ns = checked_range(start_ns, end_ns, range_max)?;
        let step_ns = step_ns.unwrap_or_else(|| default_step_ns(range_ns));
        if step_ns < STEP_NS_MIN {
            return Err(InvalidSteps::StepTooShort { step_ns });
        }
        let intervals = range_ns / step_ns + i64::from(range_ns % step_ns != 0);
        if intervals > INTERVALS_MAX {
            return Err(InvalidSteps::TooManyIntervals { step: nanos(step_ns), range: nanos(range_ns), intervals });
        }
        aligned(start_ns, end_ns, step_ns).ok_or(InvalidSteps::OutOfTime { start_ns, end_ns })
    }

    /// The whole range as one interval, which is as long as the range and not aligned.
    ///
    /// # Errors
    /// What is wrong with the range, and what the bound is.
    pub fn instant(start_ns: i64, end_ns: i64, range_max: Duration) -> Result<Self, InvalidSteps> {
        let step_ns = checked_range(start_ns, end_ns, range_max)?;
        if step_ns < STEP_NS_MIN {
            return Err(InvalidSteps::StepTooShort { step_ns });
        }
        Ok(Self { start_ns, step_ns, count: 1 })
    }

    /// The same intervals in runs of whole ones, each but the last about as long as said or one interval long; ascending.
    pub fn slices(&self, about_ns: i64) -> Vec<Self> {
        let together = usize::try_from(about_ns / self.step_ns).unwrap_or(1).max(1);
        let run = |first: usize| Self {
            start_ns: self.interval_start_ns(first),
            step_ns: self.step_ns,
            count: together.min(self.count - first),
        };
        (0..self.count).step_by(together).map(run).collect()
    }

    /// Where the first interval begins; a span of this very time is in none.
    pub fn start_ns(&self) -> i64 {
        self.start_ns
    }

    /// Where the last interval ends; a span of this time is in it.
    pub fn end_ns(&self) -> i64 {
        self.start_ns + self.step_ns * self.count as i64
    }

    pub fn step_ns(&self) -> i64 {
        self.step_ns
    }

    pub fn step_seconds(&self) -> f64 {
        self.step_ns as f64 / SECOND_NS as f64
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// The interval that holds a time.
    pub fn interval_of(&self, time_ns: i64) -> Option<usize> {
        if time_ns <= self.start_ns || time_ns > self.end_ns() {
            return None;
        }
        // Both are positive, and unsigned numbers are divided faster.
        Some(((time_ns - self.start_ns - 1) as u64 / self.step_ns as u64) as usize)
    }

    /// When an interval begins; the time itself is in the interval before it.
    pub fn interval_start_ns(&self, interval: usize) -> i64 {
        self.start_ns + self.step_ns * interval as i64
    }

    /// When the sample of an interval is: at its end.
    pub fn time_ms(&self, interval: usize) -> i64 {
        self.interval_start_ns(interval + 1).div_euclid(1_000_000)
    }
}

fn checked_range(start_ns: i64, end_ns: i64, range_max: Duration) -> Result<i64, InvalidSteps> {
    if end_ns <= start_ns {
        return Err(InvalidSteps::Empty { start_ns, end_ns });
    }
    let range_ns = end_ns.checked_sub(start_ns).ok_or(InvalidSteps::OutOfTime { start_ns, end_ns })?;
    if nanos(range_ns) > range_max {
        return Err(InvalidSteps::RangeTooLong { range: nanos(range_ns), range_max });
    }
    Ok(range_ns)
}

/// `None` if a bound cannot be told in nanoseconds.
fn aligned(start_ns: i64, end_ns: i64, step_ns: i64) -> Option<Steps> {
    let first_ns = start_ns.div_euclid(step_ns).checked_mul(step_ns)?.checked_sub(step_ns)?;
    let past_end_ns = end_ns.rem_euclid(step_ns);
    let last_ns = if past_end_ns == 0 { end_ns } else { end_ns.checked_add(step_ns - past_end_ns)? };
    let count = usize::try_from(last_ns.checked_sub(first_ns)? / step_ns).ok()?;
    Some(Steps { start_ns: first_ns, step_ns, count })
}

/// The step of a range without one.
pub(crate) fn default_step_ns(range_ns: i64) -> i64 {
    let about_ns = range_ns / INTERVALS_DEFAULT;
    let round = ROUND_STEPS_NS.into_iter().find(|round_ns| about_ns >= *round_ns);
    round.map_or(SECOND_NS, |round_ns| about_ns / round_ns * round_ns)
}

fn nanos(positive_ns: i64) -> Duration {
    Duration::from_nanos(positive_ns.unsigned_abs())
}

#[cfg(test)]
mod tests;
