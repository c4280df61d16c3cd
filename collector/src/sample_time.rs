//! Which times a pushed sample may have.

use std::time::Duration;

use thiserror::Error;

/// How far ahead of its receipt a sample may lie.
const FUTURE_MAX: Duration = Duration::from_hours(1);
/// Tables hold nanoseconds in 64 bits: to the year 2262, and as far before 1970.
const TIME_MS_MAX: i64 = i64::MAX / 1_000_000;

/// Why a time is none of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadTime {
    #[error("it lies more than an hour ahead of this server's clock")]
    Future,
    #[error("its time lies outside of the years 1677 to 2262")]
    OutOfRange,
}

impl BadTime {
    /// The reason under which it is counted; a closed set.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Future => "future",
            Self::OutOfRange => "time",
        }
    }
}

/// The latest time that a sample received now may have.
#[derive(Debug, Clone, Copy)]
pub struct TimeBound {
    latest_ms: i64,
}

impl TimeBound {
    pub fn new(received_ms: i64) -> Self {
        Self { latest_ms: received_ms.saturating_add(FUTURE_MAX.as_millis() as i64) }
    }

    /// # Errors
    /// A time in the future, or one that tables cannot hold.
    pub fn check(self, time_ms: i64) -> Result<(), BadTime> {
        if !(-TIME_MS_MAX..=TIME_MS_MAX).contains(&time_ms) {
            return Err(BadTime::OutOfRange);
        }
        if time_ms > self.latest_ms { Err(BadTime::Future) } else { Ok(()) }
    }
}

/// When what a sample counts began to be counted; 0 when the sender says nothing or what cannot be: a start after the
/// sample.
pub fn start_ms(start_ms: i64, time_ms: i64) -> i64 {
    if (-TIME_MS_MAX..=time_ms).contains(&start_ms) { start_ms } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_end_an_hour_from_now() {
        let bound = TimeBound::new(1_000);
        assert_eq!(bound.check(3_601_000), Ok(()));
        assert_eq!(bound.check(3_601_001), Err(BadTime::Future));
        assert_eq!(bound.check(-1), Ok(()));
        assert_eq!(bound.check(i64::MAX), Err(BadTime::OutOfRange));
        assert_eq!(bound.check(i64::MIN), Err(BadTime::OutOfRange));
    }

    #[test]
    fn a_start_after_the_sample_is_none() {
        assert_eq!(start_ms(5, 5), 5);
        assert_eq!(start_ms(6, 5), 0);
        assert_eq!(start_ms(i64::MIN, 5), 0);
    }
}
