//! When a series was last heard of, and in which hours its labels lie in the lake.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// A UTC hour, counted from the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SeriesHour(pub i32);

const HOUR_MS: i64 = 3_600_000;

impl SeriesHour {
    /// The hour of a time in milliseconds since the epoch. Hours that no clock shows are the first or the last.
    pub fn of_ms(time_ms: i64) -> Self {
        let hour = time_ms.div_euclid(HOUR_MS);
        Self(i32::try_from(hour).unwrap_or(if hour < 0 { i32::MIN } else { i32::MAX }))
    }

    pub const fn start_ms(self) -> i64 {
        self.0 as i64 * HOUR_MS
    }

    #[must_use]
    pub const fn before(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

/// Hours back from the newest that are remembered.
const HOURS_MAX: i64 = 32;

/// The newest hour and the 31 before it, as one number: the newest in the upper half; bit `n` of the lower half is set
/// when the hour `n` before it is written. An hour that is older than those is not remembered, and counts as not
/// written: then labels are written once more, which does no harm. Without any bit there is no newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Hours(u64);

impl Hours {
    const fn new(newest: SeriesHour, written: u32) -> Self {
        Self((newest.0.cast_unsigned() as u64) << 32 | written as u64)
    }

    const fn newest(self) -> SeriesHour {
        SeriesHour(((self.0 >> 32) as u32).cast_signed())
    }

    const fn written(self) -> u32 {
        self.0 as u32
    }

    fn age(self, hour: SeriesHour) -> i64 {
        i64::from(self.newest().0) - i64::from(hour.0)
    }

    fn has(self, hour: SeriesHour) -> bool {
        let age = self.age(hour);
        (0..HOURS_MAX).contains(&age) && self.written() >> age & 1 == 1
    }

    fn with(self, hour: SeriesHour) -> Self {
        match self.age(hour) {
            _ if self.written() == 0 => Self::new(hour, 1),
            age if age >= HOURS_MAX => self,
            age if age >= 0 => Self::new(self.newest(), self.written() | 1 << age),
            ahead if ahead <= -HOURS_MAX => Self::new(hour, 1),
            ahead => Self::new(hour, self.written() << -ahead | 1),
        }
    }

    fn without(self, hour: SeriesHour) -> Self {
        if !self.has(hour) {
            return self;
        }
        Self::new(self.newest(), self.written() & !(1 << self.age(hour)))
    }
}

/// What changes about a series while it is active. All of it is changed under a lock for reading, so that senders do
/// not wait for one another.
#[derive(Debug)]
pub(super) struct Activity {
    last_sample_ms: AtomicI64,
    last_receive_ms: AtomicI64,
    hours: AtomicU64,
}

impl Activity {
    pub(super) fn new(receive_ms: i64) -> Self {
        Self {
            last_sample_ms: AtomicI64::new(i64::MIN),
            last_receive_ms: AtomicI64::new(receive_ms),
            hours: AtomicU64::new(Hours::default().0),
        }
    }

    /// As it is now, for a place elsewhere.
    pub(super) fn copied(&self) -> Self {
        Self {
            last_sample_ms: AtomicI64::new(self.last_sample_ms()),
            last_receive_ms: AtomicI64::new(self.last_receive_ms()),
            hours: AtomicU64::new(self.hours.load(Ordering::Acquire)),
        }
    }

    pub(super) fn last_sample_ms(&self) -> i64 {
        self.last_sample_ms.load(Ordering::Relaxed)
    }

    pub(super) fn last_receive_ms(&self) -> i64 {
        self.last_receive_ms.load(Ordering::Relaxed)
    }

    pub(super) fn touch(&self, sample_ms: i64, receive_ms: i64) {
        raise(&self.last_sample_ms, sample_ms);
        self.received(receive_ms);
    }

    pub(super) fn received(&self, receive_ms: i64) {
        raise(&self.last_receive_ms, receive_ms);
    }

    pub(super) fn is_written(&self, hour: SeriesHour) -> bool {
        Hours(self.hours.load(Ordering::Acquire)).has(hour)
    }

    pub(super) fn mark_written(&self, hour: SeriesHour) {
        self.change(|hours| hours.with(hour));
    }

    pub(super) fn forget(&self, hour: SeriesHour) {
        self.change(|hours| hours.without(hour));
    }

    fn change(&self, change: impl Fn(Hours) -> Hours) {
        // The closure always yields a value, so that the update cannot fail.
        let _ = self.hours.fetch_update(Ordering::AcqRel, Ordering::Acquire, |hours| Some(change(Hours(hours)).0));
    }
}

/// Most calls do not raise it: a load is cheaper than a write to a line that other threads read.
fn raise(held: &AtomicI64, to: i64) {
    if held.load(Ordering::Relaxed) < to {
        held.fetch_max(to, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_hour_is_that_of_its_times() {
        assert_eq!(SeriesHour::of_ms(0), SeriesHour(0));
        assert_eq!(SeriesHour::of_ms(-1), SeriesHour(-1));
        assert_eq!(SeriesHour::of_ms(HOUR_MS), SeriesHour(1));
        assert_eq!(SeriesHour::of_ms(i64::MIN), SeriesHour(i32::MIN));
        assert_eq!(SeriesHour::of_ms(1_700_000_000_000).start_ms(), 1_699_999_200_000);
    }

    proptest! {
        /// Compared with a set: nothing is remembered that was not written, and all that is within reach of the newest
        /// is.
        #[test]
        fn hours_are_a_set_with_a_short_memory(
            steps in prop::collection::vec(
                (any::<bool>(), prop_oneof![-40..40_i32, Just(i32::MIN), Just(i32::MAX)]),
                0..60,
            ),
        ) {
            let activity = Activity::new(0);
            let mut model = BTreeSet::new();
            let mut newest = None;
            for (is_written, hour) in steps {
                if is_written {
                    activity.mark_written(SeriesHour(hour));
                    newest = newest.max(Some(hour));
                    model.insert(hour);
                } else {
                    activity.forget(SeriesHour(hour));
                    model.remove(&hour);
                }
                if let Some(newest) = newest {
                    model.retain(|hour| i64::from(newest) - i64::from(*hour) < HOURS_MAX);
                }
                if model.is_empty() {
                    newest = None;
                }
                for hour in (-80..80).chain([i32::MIN, i32::MAX]) {
                    prop_assert_eq!(activity.is_written(SeriesHour(hour)), model.contains(&hour), "hour {}", hour);
                }
            }
        }
    }
}
