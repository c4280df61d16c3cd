//! Which traces are stored and no longer in memory: so that a span that comes late is known to belong to one of them.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use spanloom_store::TraceId;

use super::windows::window_of;
use crate::pair::WINDOW_NS;

/// Traces that each of the two generations may hold; beyond it a generation ends before its time.
const TRACES_MAX: usize = 2_000_000;

/// The windows in which spans of a trace ended: the first and the last.
pub(super) type Extent = (i64, i64);

/// Remembers traces for one to two generations. Two traces may look like one, which costs a look into the lake and
/// changes nothing.
#[derive(Debug, Default)]
pub(super) struct Seen {
    young: HashMap<u64, Packed, RandomState>,
    old: HashMap<u64, Packed, RandomState>,
    began_ns: i64,
}

/// An extent in windows since the epoch.
#[derive(Debug, Clone, Copy)]
struct Packed {
    first: u32,
    last: u32,
}

impl Seen {
    /// Forgets what was seen more than two generations ago. Returns whether something was forgotten early, for want of
    /// room.
    pub fn turn(&mut self, now_ns: i64, generation_ns: i64) -> bool {
        let is_full = self.young.len() >= TRACES_MAX;
        let is_over = now_ns.saturating_sub(self.began_ns) >= generation_ns;
        if is_full || is_over {
            self.old = std::mem::take(&mut self.young);
            self.began_ns = now_ns;
        }
        is_full && !is_over
    }

    /// Remembers windows of a trace, besides those known of it.
    pub fn note(&mut self, trace: TraceId, extent: Extent) {
        let extent = Packed { first: pack(extent.0), last: pack(extent.1) };
        let known = self.young.entry(key(trace)).or_insert(extent);
        *known = Packed { first: known.first.min(extent.first), last: known.last.max(extent.last) };
    }

    pub fn extent(&self, trace: TraceId) -> Option<Extent> {
        let key = key(trace);
        let extents = [self.young.get(&key), self.old.get(&key)].into_iter().flatten();
        extents.map(|packed| (unpack(packed.first), unpack(packed.last))).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }

    pub fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

fn key(trace: TraceId) -> u64 {
    trace.lo().cast_unsigned() ^ trace.hi().cast_unsigned().rotate_left(32)
}

fn pack(window_ns: i64) -> u32 {
    u32::try_from(window_of(window_ns).div_euclid(WINDOW_NS).max(0)).unwrap_or(u32::MAX)
}

fn unpack(window: u32) -> i64 {
    i64::from(window) * WINDOW_NS
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERATION_NS: i64 = 1_000;

    #[test]
    fn a_trace_is_known_with_all_its_windows_for_at_least_a_generation() {
        let mut seen = Seen::default();
        let trace = TraceId::from_halves(7, -9);
        seen.turn(1_000, GENERATION_NS);
        seen.note(trace, (50 * WINDOW_NS, 60 * WINDOW_NS));
        seen.turn(2_000, GENERATION_NS);
        seen.note(trace, (70 * WINDOW_NS, 70 * WINDOW_NS));
        assert_eq!(seen.extent(trace), Some((50 * WINDOW_NS, 70 * WINDOW_NS)));
        assert_eq!(seen.extent(TraceId::from_halves(7, 9)), None);
        seen.turn(3_000, GENERATION_NS);
        assert_eq!(seen.extent(trace), Some((70 * WINDOW_NS, 70 * WINDOW_NS)));
        seen.turn(4_000, GENERATION_NS);
        assert_eq!(seen.extent(trace), None);
    }
}
