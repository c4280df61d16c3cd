//! A trace in memory.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::seen::Extent;
use super::windows::{ClosedThrough, minute_of, window_of};
use crate::pair::{Observations, Span, observations};

/// Spans of one trace that are paired. Of a trace with more (a client that uses one id for everything) the first ones are,
/// in the order of their starts.
pub(super) const TRACE_SPANS_MAX: usize = 100_000;
/// How long what has waited long enough waits for the rest of its trace.
const RECHECK_NS: i64 = 5_000_000_000;

/// The spans of a trace with what they say.
#[derive(Debug)]
pub(super) struct Held {
    /// Those that the last look saw come first.
    spans: Vec<Span>,
    looked_at: usize,
    observed: Observations,
    /// The first frame with spans that no look has seen.
    since_frame: Option<u64>,
    arrived_ns: i64,
    extent: Extent,
    span_bytes: usize,
    observed_bytes: usize,
}

/// What a look at a trace found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Look {
    /// What it said before.
    pub before: Observations,
    /// Windows in which its spans ended, closed or not.
    pub windows: BTreeSet<i64>,
    /// Closed windows in which it says something else than before.
    pub late_windows: BTreeSet<i64>,
    /// Closed minutes in which its operations are others than before.
    pub late_minutes: BTreeSet<i64>,
    /// The first frame that the last look had not seen.
    pub since_frame: Option<u64>,
    /// Spans left out because there are too many.
    pub dropped: u64,
}

impl Held {
    pub fn new() -> Self {
        Self {
            spans: Vec::new(),
            looked_at: 0,
            observed: Observations::default(),
            since_frame: None,
            arrived_ns: i64::MIN,
            extent: (i64::MAX, i64::MIN),
            span_bytes: 0,
            observed_bytes: 0,
        }
    }

    /// A trace that was read back: of its spans, `arrived` are those that came since.
    pub fn reloaded(stored: Vec<Span>, arrived: Vec<Span>, since_frame: u64, now_ns: i64) -> Self {
        let mut held = Self::new();
        let before: Vec<Span> = stored.into_iter().filter(|span| !arrived.contains(span)).collect();
        before.into_iter().for_each(|span| held.push(span, since_frame, now_ns));
        held.looked_at = held.spans.len();
        arrived.into_iter().for_each(|span| held.push(span, since_frame, now_ns));
        held
    }

    /// Makes room for spans.
    pub fn reserve(&mut self, spans: usize) {
        self.spans.reserve_exact(spans);
    }

    pub fn push(&mut self, span: Span, frame: u64, now_ns: i64) {
        let window_ns = window_of(span.end_ns);
        self.extent = (self.extent.0.min(window_ns), self.extent.1.max(window_ns));
        self.span_bytes += span.memory_bytes();
        self.spans.push(span);
        self.since_frame.get_or_insert(frame);
        self.arrived_ns = now_ns;
    }

    /// What it and what is known of it take in memory.
    pub fn bytes(&self) -> usize {
        self.span_bytes + self.observed_bytes + size_of::<Self>()
    }

    pub fn spans(&self) -> usize {
        self.spans.len()
    }

    pub fn extent(&self) -> Extent {
        self.extent
    }

    pub fn arrived_ns(&self) -> i64 {
        self.arrived_ns
    }

    pub fn observed(&self) -> &Observations {
        &self.observed
    }

    /// What it says when everything has waited long enough.
    pub fn settled(&self) -> Cow<'_, Observations> {
        if self.observed.waiting == 0 {
            Cow::Borrowed(&self.observed)
        } else {
            Cow::Owned(observed(&self.spans, i64::MAX))
        }
    }

    /// Whether spans came, or what waited for others has waited long enough.
    pub fn needs_look(&self, settled_before_ns: i64) -> bool {
        let is_settled = |(first_ns, last_ns): (i64, i64)| {
            last_ns < settled_before_ns || first_ns.saturating_add(RECHECK_NS) < settled_before_ns
        };
        self.since_frame.is_some() || self.observed.waiting_ns.is_some_and(is_settled)
    }

    /// Pairs the spans again. Returns also what it said before, in [`Look`]'s terms.
    pub fn look(&mut self, settled_before_ns: i64, closed: ClosedThrough) -> Look {
        let dropped = self.bound();
        let mut look = Look {
            windows: self.spans.iter().map(|span| window_of(span.end_ns)).collect(),
            since_frame: self.since_frame.take(),
            dropped,
            ..Look::default()
        };
        let before = look.windows.iter().any(|window_ns| closed.has_window(*window_ns) && look.since_frame.is_some());
        let before = before.then(|| observed(&self.spans[..self.looked_at], i64::MAX));
        look.before = std::mem::replace(&mut self.observed, observed(&self.spans, settled_before_ns));
        self.observed_bytes = self.observed.memory_bytes();
        self.looked_at = self.spans.len();
        if let Some(before) = before {
            self.compare(&before, closed, &mut look);
        }
        look
    }

    /// Finds what changed in closed windows.
    fn compare(&self, before: &Observations, closed: ClosedThrough, look: &mut Look) {
        let now = self.settled();
        let rows = |observations: &Observations, window_ns: i64| -> Vec<_> {
            observations.rows.iter().filter(|row| row.window_ns() == window_ns).cloned().collect()
        };
        let operations = |observations: &Observations, minute_ns: i64| -> Vec<_> {
            observations.operations.iter().filter(|row| row.window_ns() == minute_ns).cloned().collect()
        };
        for window_ns in look.windows.iter().filter(|window_ns| closed.has_window(**window_ns)) {
            if rows(before, *window_ns) != rows(&now, *window_ns) {
                look.late_windows.insert(*window_ns);
            }
        }
        let minutes: BTreeSet<i64> = look.windows.iter().map(|window_ns| minute_of(*window_ns)).collect();
        for minute_ns in minutes.into_iter().filter(|minute_ns| closed.has_minute(*minute_ns)) {
            if operations(before, minute_ns) != operations(&now, minute_ns) {
                look.late_minutes.insert(minute_ns);
            }
        }
    }

    /// Keeps the first spans of a trace that has too many. Returns how many are left out.
    fn bound(&mut self) -> u64 {
        if self.spans.len() <= TRACE_SPANS_MAX {
            return 0;
        }
        let dropped = bound(&mut self.spans);
        self.looked_at = 0;
        self.span_bytes = self.spans.iter().map(Span::memory_bytes).sum();
        dropped
    }
}

/// The first [`TRACE_SPANS_MAX`] spans of a trace. Whoever leaves some out earlier, and whoever later, comes to the same.
/// Returns how many were left out.
pub(super) fn bound(spans: &mut Vec<Span>) -> u64 {
    if spans.len() <= TRACE_SPANS_MAX {
        return 0;
    }
    spans.sort_unstable();
    spans.dedup();
    let dropped = spans.len().saturating_sub(TRACE_SPANS_MAX);
    spans.truncate(TRACE_SPANS_MAX);
    dropped as u64
}

/// What spans say, none included.
pub(super) fn observed(spans: &[Span], settled_before_ns: i64) -> Observations {
    if spans.is_empty() { Observations::default() } else { observations(spans, settled_before_ns) }
}
