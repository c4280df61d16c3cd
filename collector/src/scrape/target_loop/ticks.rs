//! When it is time to scrape.
//!
//! Scrapes happen where the wall clock, modulo the interval, is at the target's offset. Between two of them a monotonic
//! timer runs, so that a clock that jumps neither stops scrapes nor makes a burst of them: the gap in which it jumped is
//! between half and one and a half intervals, and later ones are whole again. Samples have the clock's time, whatever that
//! does: after a jump back they lie before earlier ones, and after a jump forward there is a gap.

use std::time::Duration;

/// How late (or early) a scrape may be to count as on time, so that times compress well. Source: Prometheus,
/// `--scrape.timestamp-tolerance`.
const TOLERANCE_MS: i64 = 2;
/// The tolerance is at most this part of the interval.
const TOLERANCE_SHARE: i64 = 100;

/// The times of a target.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticks {
    interval_ms: i64,
    offset_ms: i64,
}

impl Ticks {
    pub fn new(interval: Duration, offset: Duration) -> Self {
        let ms = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
        let interval_ms = ms(interval).max(1);
        Self { interval_ms, offset_ms: ms(offset) % interval_ms }
    }

    /// How long it is to the next time, less than an interval.
    pub fn first_wait(self, now_ms: i64) -> Duration {
        let since_ms = now_ms.saturating_sub(self.offset_ms).rem_euclid(self.interval_ms);
        millis((self.interval_ms - since_ms) % self.interval_ms)
    }

    /// The time that samples have which are scraped now.
    pub fn time_ms(self, now_ms: i64) -> i64 {
        let late_ms = self.late_ms(now_ms);
        let tolerance_ms = TOLERANCE_MS.min(self.interval_ms / TOLERANCE_SHARE);
        if late_ms.abs() <= tolerance_ms { now_ms - late_ms } else { now_ms }
    }

    /// How long it is from now, when a scrape begins, to the next one.
    pub fn wait_after(self, now_ms: i64) -> Duration {
        millis(self.interval_ms - self.late_ms(now_ms))
    }

    /// How many times have passed while a scrape ran.
    pub fn missed(self, ran: Duration) -> u64 {
        u64::try_from(ran.as_millis()).unwrap_or(u64::MAX) / self.interval_ms.unsigned_abs()
    }

    /// How far the nearest time lies back; negative when it is still to come.
    fn late_ms(self, now_ms: i64) -> i64 {
        let since_ms = now_ms.saturating_sub(self.offset_ms).rem_euclid(self.interval_ms);
        if since_ms * 2 > self.interval_ms { since_ms - self.interval_ms } else { since_ms }
    }
}

fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ticks() -> Ticks {
        Ticks::new(Duration::from_secs(15), Duration::from_secs(4))
    }

    #[test]
    fn the_first_scrape_is_at_the_offset() {
        assert_eq!(ticks().first_wait(1_500_000), Duration::from_secs(4));
        assert_eq!(ticks().first_wait(1_504_000), Duration::ZERO);
        assert_eq!(ticks().first_wait(1_504_001), Duration::from_millis(14_999));
    }

    #[test]
    fn two_milliseconds_are_on_time() {
        for now_ms in 1_503_998..=1_504_002 {
            assert_eq!(ticks().time_ms(now_ms), 1_504_000);
        }
        assert_eq!(ticks().time_ms(1_504_003), 1_504_003);
        assert_eq!(ticks().time_ms(1_503_997), 1_503_997);
    }

    #[test]
    fn of_a_short_interval_the_tolerance_is_a_hundredth() {
        let ticks = Ticks::new(Duration::from_millis(100), Duration::ZERO);
        assert_eq!((ticks.time_ms(1_001), ticks.time_ms(1_002)), (1_000, 1_002));
        let ticks = Ticks::new(Duration::from_millis(10), Duration::ZERO);
        assert_eq!(ticks.time_ms(1_001), 1_001);
    }

    #[test]
    fn a_late_scrape_does_not_move_the_next() {
        assert_eq!(ticks().wait_after(1_504_000), Duration::from_secs(15));
        assert_eq!(ticks().wait_after(1_504_250), Duration::from_millis(14_750));
        assert_eq!(ticks().wait_after(1_503_999), Duration::from_millis(15_001));
    }

    /// Wherever the clock lands, the next gap is at most half an interval off, and the one after is whole.
    #[test]
    fn a_clock_that_jumps_costs_half_an_interval_at_most() {
        for jump_ms in [-86_400_000, -7_000, -1, 1, 7_000, 8_000, 86_407_500] {
            let now_ms = 1_504_000 + jump_ms;
            let wait = ticks().wait_after(now_ms);
            assert!(wait >= Duration::from_millis(7_500) && wait <= Duration::from_millis(22_500), "{wait:?}");
            let next_ms = now_ms + wait.as_millis() as i64;
            assert_eq!(ticks().wait_after(next_ms), Duration::from_secs(15));
        }
    }
}
