//! Time as the tables cut it: hours (partitions) and 5-minute buckets (files), and the clock as an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chrono::{DateTime, NaiveDateTime};

pub const HOUR_NS: i64 = 3_600_000_000_000;
pub const NS_PER_MS: i64 = 1_000_000;
/// The width of the time buckets by which files are cut and sorted.
pub const BUCKET_NS: i64 = 300_000_000_000;

const HOUR_FORMAT: &str = "%Y-%m-%d-%H";

/// The partition of a time: `YYYY-MM-DD-HH`, UTC.
pub fn hour_text(time_ns: i64) -> String {
    DateTime::from_timestamp_nanos(time_ns).format(HOUR_FORMAT).to_string()
}

/// Hour and minute of a time as file names have them: `HHMM`, UTC.
pub(crate) fn minute_text(time_ns: i64) -> String {
    DateTime::from_timestamp_nanos(time_ns).format("%H%M").to_string()
}

/// Hour, minute and second of a time as file names have them: `HHMMSS`, UTC.
pub(crate) fn second_text(time_ns: i64) -> String {
    DateTime::from_timestamp_nanos(time_ns).format("%H%M%S").to_string()
}

/// Start of the hour that a partition names, or `None` if the text names none.
pub fn hour_start_ns(text: &str) -> Option<i64> {
    let start = NaiveDateTime::parse_from_str(&format!("{text}-00"), "%Y-%m-%d-%H-%M").ok()?;
    start.and_utc().timestamp_nanos_opt()
}

/// Start of the 5-minute bucket of a time.
pub fn bucket_start_ns(time_ns: i64) -> i64 {
    time_ns.div_euclid(BUCKET_NS) * BUCKET_NS
}

/// Where the time comes from: the system in the server, a test's own hand in tests.
pub trait Clock: Send + Sync + 'static {
    /// Nanoseconds since the epoch.
    fn now_ns(&self) -> i64;
}

/// The system's clock.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now_ns(&self) -> i64 {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX)
    }
}

/// A clock that stands until it is moved.
#[derive(Debug, Default, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    pub fn at(now_ns: i64) -> Self {
        Self(Arc::new(AtomicI64::new(now_ns)))
    }

    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_nanos() as i64, Ordering::SeqCst);
    }

    /// As when a clock that was ahead is corrected.
    pub fn set_back(&self, by: Duration) {
        self.0.fetch_sub(by.as_nanos() as i64, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now_ns(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_named_in_utc() {
        assert_eq!(hour_text(0), "1970-01-01-00");
        assert_eq!(hour_text(1_700_000_000_000_000_000), "2023-11-14-22");
        assert_eq!(hour_start_ns("2023-11-14-22"), Some(1_699_999_200_000_000_000));
        assert_eq!(hour_start_ns("2023-11-14"), None);
    }

    #[test]
    fn a_bucket_starts_at_or_before_its_times() {
        assert_eq!(bucket_start_ns(BUCKET_NS), BUCKET_NS);
        assert_eq!(bucket_start_ns(BUCKET_NS - 1), 0);
        assert_eq!(bucket_start_ns(-1), -BUCKET_NS);
    }
}
