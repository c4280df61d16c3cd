//! When there were calls, and which are told early and which late.

use super::super::api::Range;
use super::calls::{Call, DATABASE, Stretch, Traffic, WINDOW_MS};

pub const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// How long ranges are.
pub const RANGE_MS: i64 = 3 * MINUTE_MS;

/// Hours in which the shop had calls, and ranges of them.
pub struct Hours {
    /// The start of the second hour.
    pub second_ms: i64,
}

impl Hours {
    /// Two that have been over for an hour or more.
    pub fn before(now_ms: i64) -> Self {
        Self { second_ms: now_ms / HOUR_MS * HOUR_MS - 2 * HOUR_MS }
    }

    /// When there were calls: the end of the first hour, and the start of the second.
    fn busy(&self) -> Stretch {
        self.second_ms - 5 * MINUTE_MS..self.second_ms + 5 * MINUTE_MS
    }

    fn range(&self, end_ms: i64) -> Stretch {
        self.second_ms + end_ms - RANGE_MS..self.second_ms + end_ms
    }

    /// Ranges in one hour: late spans are in the first, and the last ends when nobody calls any more.
    pub fn inside(&self) -> [Stretch; 3] {
        [self.range(-MINUTE_MS), self.steady(), self.range(6 * MINUTE_MS + 30_000)]
    }

    /// A range in all windows of which `web` calls as often.
    pub fn steady(&self) -> Stretch {
        self.range(4 * MINUTE_MS + WINDOW_MS)
    }

    /// A range of both.
    fn across(&self) -> Stretch {
        self.range(MINUTE_MS + 20_000)
    }

    pub fn all_ranges(&self) -> Vec<Stretch> {
        self.inside().into_iter().chain([self.across()]).collect()
    }

    /// The time of all calls and the end of the second hour, or the first of these, by steps at which no window ends.
    pub fn steps(&self, count: usize) -> Vec<Range> {
        let minutes = |start: i64, end: i64| Range::Steps {
            start_ms: self.second_ms + start * MINUTE_MS + 3_003,
            end_ms: self.second_ms + end * MINUTE_MS,
            step_ms: 17_000,
        };
        [minutes(-6, 12), minutes(58, 65)].into_iter().take(count).collect()
    }
}

/// What is sent at first, and later.
pub struct Plan {
    pub early: Vec<Call>,
    /// Servers told of these calls at first, their clients do later.
    pub halves: Vec<Call>,
    pub late: Vec<Call>,
}

impl Plan {
    pub fn new(hours: &Hours) -> Self {
        let traffic = |source, target, windows_ms, every, calls, failing| Traffic {
            source,
            target,
            windows_ms,
            every,
            calls,
            failing,
        };
        let (busy, second_ms) = (hours.busy(), hours.second_ms);
        let old = second_ms - 3 * MINUTE_MS..second_ms - 100_000;
        let both = second_ms - MINUTE_MS..second_ms + MINUTE_MS;
        Self {
            early: [
                traffic("web", "cart", busy.clone(), 1, 3, 1).calls(0),
                traffic("web", "orders", busy.clone(), 1, 2, 0).calls(100_000),
                traffic("orders", "stock", busy.clone(), 7, 5, 2).calls(200_000),
                traffic("orders", DATABASE, busy, 2, 3, 1).calls(600_000),
            ]
            .concat(),
            halves: traffic("web", "cart", old.clone(), 3, 4, 2).calls(300_000),
            late: [
                traffic("orders", "stock", old, 5, 2, 1).calls(400_000),
                traffic("cart", "stock", both, 4, 9, 3).calls(500_000),
            ]
            .concat(),
        }
    }

    pub fn all(&self) -> impl Iterator<Item = &Call> + Clone {
        self.early.iter().chain(&self.halves).chain(&self.late)
    }
}
