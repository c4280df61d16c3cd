//! Connections: as many as there were calls at the same time, kept for a while after.

use std::ops::Range;

/// After so long an unused connection is closed.
const IDLE_NS: u64 = 15_000_000_000;
/// What one pool opens where nothing bounds it.
const CONNECTIONS_MAX: usize = 1_024;

/// Connections of one process to one target, or from it to its app.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    /// How many there may be; calls beyond that wait for one.
    pub max: Option<usize>,
    /// When each was last used, since the epoch. The first free one is taken first, so that these descend.
    used_ns: Vec<u64>,
    pub opened: u64,
    pub closed: u64,
    /// How often a call came when none was free and none could be opened.
    pub overflows: u64,
    /// Calls that have a connection now.
    pub in_use: usize,
    /// Calls that wait for one now.
    pub waiting: usize,
}

impl Pool {
    pub fn new(max: Option<usize>) -> Self {
        Self { max, ..Self::default() }
    }

    pub fn connections(&self) -> usize {
        self.used_ns.len()
    }

    /// Takes in the calls of a window of time, each from its start to its end, up to `window.end`.
    pub fn settle(&mut self, window: Range<u64>, calls: &[(u64, u64)]) {
        let room = self.max.unwrap_or(CONNECTIONS_MAX).min(CONNECTIONS_MAX);
        let now = window.end;
        let peak = peak(&window, calls);
        let needed = peak.min(room);
        self.opened += needed.saturating_sub(self.used_ns.len()) as u64;
        self.used_ns.resize(self.used_ns.len().max(needed), now);
        self.used_ns[..needed].fill(now);
        let kept = self.used_ns.partition_point(|used| used + IDLE_NS > now);
        self.closed += (self.used_ns.len() - kept) as u64;
        self.used_ns.truncate(kept);
        self.overflows += u64::from(peak > room);
        let active = calls.iter().filter(|(start, end)| *start <= now && now < *end).count();
        self.in_use = active.min(room);
        self.waiting = active - self.in_use;
    }
}

/// How many calls there were at once, at most.
fn peak(window: &Range<u64>, calls: &[(u64, u64)]) -> usize {
    let clipped = calls.iter().map(|(start, end)| ((*start).max(window.start), (*end).min(window.end)));
    let mut turns: Vec<(u64, i64)> =
        clipped.filter(|(start, end)| start < end).flat_map(|(start, end)| [(start, 1), (end, -1)]).collect();
    // Who ends makes room for who begins at the same time.
    turns.sort_unstable();
    let mut active = 0;
    let mut peak = 0;
    for (_, turn) in turns {
        active += turn;
        peak = peak.max(active);
    }
    usize::try_from(peak).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000_000;

    fn settled(max: Option<usize>, windows: &[(u64, &[(u64, u64)])]) -> Pool {
        let mut pool = Pool::new(max);
        let mut start = 0;
        for (end, calls) in windows {
            pool.settle(start..*end, calls);
            start = *end;
        }
        pool
    }

    #[test]
    fn calls_one_after_the_other_share_a_connection() {
        let pool = settled(None, &[(S, &[(0, 10), (10, 20), (30, 40)])]);
        assert_eq!((pool.connections(), pool.opened, pool.in_use), (1, 1, 0));
    }

    #[test]
    fn calls_at_the_same_time_do_not_and_those_beyond_the_limit_wait() {
        let calls = [(0, 2 * S), (5, 2 * S), (6, 2 * S), (7, 9)];
        let pool = settled(Some(2), &[(S, &calls)]);
        assert_eq!((pool.connections(), pool.in_use, pool.waiting, pool.overflows), (2, 2, 1, 1));
    }

    #[test]
    fn what_is_idle_for_long_is_closed() {
        let pool = settled(None, &[(S, &[(0, 9), (1, 9)]), (10 * S, &[(2 * S, 3 * S)]), (17 * S, &[])]);
        assert_eq!((pool.connections(), pool.opened, pool.closed), (1, 2, 1));
        let pool = settled(None, &[(S, &[(0, 9)]), (60 * S, &[])]);
        assert_eq!((pool.connections(), pool.opened, pool.closed), (0, 1, 1));
    }
}
