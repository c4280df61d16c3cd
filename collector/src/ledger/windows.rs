//! Windows as the ledger cuts time.

use crate::pair::{OPERATION_WINDOW_NS, WINDOW_NS};

pub(super) const MINUTE_NS: i64 = OPERATION_WINDOW_NS;
pub(super) const TEN_MINUTES_NS: i64 = 10 * MINUTE_NS;

/// Start of the window of edges in which a time lies.
pub(super) fn window_of(time_ns: i64) -> i64 {
    start_of(time_ns, WINDOW_NS)
}

/// Start of the minute in which a time lies.
pub(super) fn minute_of(time_ns: i64) -> i64 {
    start_of(time_ns, MINUTE_NS)
}

pub(super) fn start_of(time_ns: i64, length_ns: i64) -> i64 {
    time_ns.div_euclid(length_ns).saturating_mul(length_ns)
}

/// Up to where windows are closed. A window is closed if it ends there or before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ClosedThrough {
    pub edges_ns: i64,
    pub minutes_ns: i64,
}

impl ClosedThrough {
    /// Where it is once every window is closed that ended `close_after_ns` ago.
    pub fn at(now_ns: i64, close_after_ns: i64) -> Self {
        let due_ns = now_ns.saturating_sub(close_after_ns);
        Self { edges_ns: window_of(due_ns), minutes_ns: minute_of(due_ns) }
    }

    pub fn has_window(self, window_ns: i64) -> bool {
        window_ns.saturating_add(WINDOW_NS) <= self.edges_ns
    }

    pub fn has_minute(self, minute_ns: i64) -> bool {
        minute_ns.saturating_add(MINUTE_NS) <= self.minutes_ns
    }

    /// Time does not run back, even if the clock does.
    pub fn advance(&mut self, to: Self) {
        self.edges_ns = self.edges_ns.max(to.edges_ns);
        self.minutes_ns = self.minutes_ns.max(to.minutes_ns);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: i64 = 1_000_000_000;

    #[test]
    fn a_window_closes_when_its_end_is_long_enough_ago() {
        let at = |seconds: i64| ClosedThrough::at(seconds * SECOND_NS, 60 * SECOND_NS);
        assert!(!at(129).has_window(60 * SECOND_NS));
        assert!(at(130).has_window(60 * SECOND_NS));
        assert!(!at(179).has_minute(60 * SECOND_NS));
        assert!(at(180).has_minute(60 * SECOND_NS));
    }

    #[test]
    fn times_before_the_epoch_have_windows_too() {
        assert_eq!(window_of(-1), -WINDOW_NS);
        assert_eq!(minute_of(i64::MIN + 1), start_of(i64::MIN + 1, MINUTE_NS));
    }
}
