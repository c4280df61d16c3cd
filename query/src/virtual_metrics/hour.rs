//! When a series has samples.
//!
//! An hour holds the windows that end after its start and no later than its end; a window never reaches over an hour.

/// Length of the time after which counters begin anew.
pub(crate) const HOUR_MS: i64 = 3_600_000;
/// How long after the start of an hour its zero stands, at which the hour before has its last sample.
const ZERO_AFTER_MS: i64 = 1;

/// An hour, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Hour {
    pub start_ms: i64,
}

impl Hour {
    /// The hour that has samples at and up to a time.
    pub fn until(time_ms: i64) -> Self {
        Self { start_ms: time_ms.saturating_sub(1).div_euclid(HOUR_MS).saturating_mul(HOUR_MS) }
    }

    /// The hour that has samples after a time.
    pub fn after(time_ms: i64) -> Self {
        Self { start_ms: time_ms.div_euclid(HOUR_MS).saturating_mul(HOUR_MS) }
    }

    pub fn end_ms(self) -> i64 {
        self.start_ms.saturating_add(HOUR_MS)
    }

    pub fn has(self, window_end_ms: i64) -> bool {
        self.start_ms < window_end_ms && window_end_ms <= self.end_ms()
    }
}

/// The times of the samples of one series in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticks {
    /// The start of its first window, or a moment after that of the hour.
    pub zero_ms: i64,
    first_ms: i64,
    last_ms: i64,
    length_ms: i64,
}

impl Ticks {
    /// From the end of its first window in an hour to the last end of a window that is no later than `settled_ms`.
    pub fn new(hour: Hour, first_ms: i64, length_ms: i64, settled_ms: i64) -> Self {
        let zero_ms = (first_ms - length_ms).max(hour.start_ms + ZERO_AFTER_MS);
        Self { zero_ms, first_ms, last_ms: hour.end_ms().min(settled_ms), length_ms }
    }

    /// Ends of windows, ascending.
    pub fn ends_ms(self) -> impl Iterator<Item = i64> {
        let (last_ms, length_ms) = (self.last_ms, self.length_ms);
        std::iter::successors(Some(self.first_ms), move |end_ms| Some(end_ms + length_ms))
            .take_while(move |end_ms| *end_ms <= last_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Hour = Hour { start_ms: 5 * HOUR_MS };

    #[test]
    fn the_start_of_an_hour_belongs_to_the_one_before() {
        assert_eq!(Hour::until(5 * HOUR_MS).start_ms, 4 * HOUR_MS);
        assert_eq!(Hour::until(5 * HOUR_MS + 1), HOUR);
        assert_eq!(Hour::after(5 * HOUR_MS), HOUR);
        assert_eq!(Hour::after(5 * HOUR_MS - 1).start_ms, 4 * HOUR_MS);
        assert!(!HOUR.has(5 * HOUR_MS) && HOUR.has(5 * HOUR_MS + 10_000) && HOUR.has(6 * HOUR_MS));
    }

    #[test]
    fn a_series_has_a_zero_and_then_every_end_until_the_hour_does() {
        let start_ms = HOUR.start_ms;
        let check = |first_ms: i64, settled_ms: i64, zero_ms: i64, count: usize, last_ms: i64| {
            let ticks = Ticks::new(HOUR, start_ms + first_ms, 10_000, start_ms + settled_ms);
            let ends: Vec<i64> = ticks.ends_ms().map(|end_ms| end_ms - start_ms).collect();
            assert_eq!((ticks.zero_ms - start_ms, ends.len()), (zero_ms, count));
            assert_eq!(ends.last(), Some(&last_ms));
        };
        check(10_000, i64::from(i32::MAX), 1, 360, HOUR_MS);
        check(20_000, i64::from(i32::MAX), 10_000, 359, HOUR_MS);
        check(HOUR_MS, i64::from(i32::MAX), HOUR_MS - 10_000, 1, HOUR_MS);
        check(20_000, 45_000, 10_000, 3, 40_000);
    }

    #[test]
    fn times_at_the_ends_of_time_do_not_overflow() {
        assert!(Hour::until(i64::MIN).start_ms < 0 && Hour::after(i64::MAX).end_ms() > 0);
    }
}
