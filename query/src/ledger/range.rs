//! Time in whole windows.

use chrono::{DateTime, SecondsFormat};

use super::WINDOW_NS;
use crate::trace::TimeRange;

/// There is no data before the epoch, and none so late (2116) that a step or an hour more would overflow.
const LATEST_NS: i64 = i64::MAX / 2;

/// From the start of a window up to the start of another one, which is not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WindowRange {
    pub start_ns: i64,
    pub end_ns: i64,
}

impl WindowRange {
    /// The windows of a length that a time touches; at least one.
    pub fn around(range: TimeRange, length_ns: i64) -> Self {
        let start_ns = range.start_ns.clamp(0, LATEST_NS).div_euclid(length_ns) * length_ns;
        let end_ns = (range.end_ns.clamp(0, LATEST_NS) + length_ns - 1).div_euclid(length_ns) * length_ns;
        Self { start_ns, end_ns: end_ns.max(start_ns + length_ns) }
    }

    /// Without the windows that begin after a time; the first one stays.
    pub fn until(self, time_ns: i64) -> Self {
        let end_ns = time_ns.clamp(0, LATEST_NS).div_euclid(WINDOW_NS) * WINDOW_NS + WINDOW_NS;
        Self { end_ns: self.end_ns.min(end_ns.max(self.start_ns + WINDOW_NS)), ..self }
    }

    /// Its last part, of a length at the most.
    pub fn end(self, length_ns: i64) -> Self {
        Self { start_ns: self.end_ns.saturating_sub(length_ns).max(self.start_ns), ..self }
    }

    pub fn length_ns(self) -> i64 {
        self.end_ns - self.start_ns
    }

    pub fn seconds(self) -> f64 {
        self.length_ns() as f64 / 1e9
    }

    /// Whether a window that begins at `window_ns` begins in it.
    pub fn contains(self, window_ns: i64) -> bool {
        (self.start_ns..self.end_ns).contains(&window_ns)
    }

    pub fn overlaps(self, other: Self) -> bool {
        self.start_ns < other.end_ns && other.start_ns < self.end_ns
    }

    pub fn start_text(self) -> String {
        text(self.start_ns)
    }

    pub fn end_text(self) -> String {
        text(self.end_ns)
    }
}

fn text(time_ns: i64) -> String {
    DateTime::from_timestamp_nanos(time_ns).to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(start_ns: i64, end_ns: i64) -> (i64, i64) {
        let range = WindowRange::around(TimeRange { start_ns, end_ns }, WINDOW_NS);
        (range.start_ns / WINDOW_NS, range.end_ns / WINDOW_NS)
    }

    #[test]
    fn a_range_is_widened_to_whole_windows_and_is_never_empty() {
        assert_eq!(around(WINDOW_NS, 3 * WINDOW_NS), (1, 3));
        assert_eq!(around(WINDOW_NS + 1, 3 * WINDOW_NS + 1), (1, 4));
        assert_eq!(around(WINDOW_NS - 1, WINDOW_NS), (0, 1));
        assert_eq!(around(WINDOW_NS, WINDOW_NS), (1, 2));
    }

    #[test]
    fn what_is_to_come_is_cut_off() {
        let until = |start: i64, end: i64, time_ns: i64| {
            let range = WindowRange { start_ns: start * WINDOW_NS, end_ns: end * WINDOW_NS };
            let known = range.until(time_ns);
            (known.start_ns / WINDOW_NS, known.end_ns / WINDOW_NS)
        };
        assert_eq!(until(1, 9, 5 * WINDOW_NS + 1), (1, 6));
        assert_eq!(until(1, 9, 5 * WINDOW_NS), (1, 6), "a window has begun");
        assert_eq!(until(1, 9, 20 * WINDOW_NS), (1, 9));
        assert_eq!(until(7, 9, WINDOW_NS), (7, 8), "never empty");
        assert_eq!(until(1, 9, i64::MAX), (1, 9));
    }

    #[test]
    fn times_at_the_ends_of_time_do_not_overflow() {
        assert_eq!(around(i64::MIN, 0), (0, 1));
        let (start, end) = around(i64::MAX, i64::MAX);
        assert_eq!(end - start, 1);
    }

    #[test]
    fn a_time_is_written_in_utc() {
        let range = WindowRange { start_ns: 0, end_ns: 1_700_000_000_000_000_000 };
        assert_eq!(
            (range.start_text().as_str(), range.end_text().as_str()),
            ("1970-01-01T00:00:00Z", "2023-11-14T22:13:20Z")
        );
    }
}
