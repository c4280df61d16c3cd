//! The open windows of one tenant, and the traces that they are made of.
//!
//! Nothing here waits or reads: spans go in with the time, and rows and work to be done come out, so that any history can
//! be played in a test. [`super::pass`] does the work.
//!
//! ```text
//! take(spans) -> look() pairs what changed -> shown() open windows -> due() windows to close -> evict()
//!                        | late windows                    | windows that memory lacks
//!                        v                                 v
//!                      late: made again from the stored spans, minute by minute
//! ```

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::RecordBatch;
use foldhash::fast::RandomState;
use spanloom_store::schema::identities::IdentityRow;
use spanloom_store::time::HOUR_NS;
use spanloom_store::{Table, TraceId};

use super::held::Held;
use super::open::Windows;
use super::seen::{Extent, Seen};
use super::sums::Statements;
use super::windows::{ClosedThrough, MINUTE_NS, TEN_MINUTES_NS, minute_of, start_of, window_of};
use crate::pair::{Interned, Observation, Observations, Operation, Span, Statement, Unpaired, WINDOW_NS};

/// Late windows that were not made again of late wait for this part of the interval only.
const LATE_SOON: i64 = 6;
/// Windows of one trace that are doubted at most, the last ones: two hours, as long as traces are remembered.
const DOUBTED_MAX: i64 = 720;
/// How long a trace must be quiet, besides being old, to be let go.
const QUIET_NS: i64 = 30_000_000_000;

/// Times that the rules depend on, in nanoseconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    pub pairing_wait_ns: i64,
    pub close_after_ns: i64,
    pub late_interval_ns: i64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Tenant {
    times: Times,
    held: HashMap<TraceId, Held, RandomState>,
    pub seen: Seen,
    closed: ClosedThrough,
    windows: Windows<Observation>,
    minutes: Windows<Operation>,
    pub hours: BTreeMap<i64, Hour>,
    /// By minute.
    late: BTreeMap<i64, Late>,
    /// When minutes were made again, of late.
    made: BTreeMap<i64, i64>,
    /// Longer windows of edges to be added up, with the time when.
    rollups: BTreeMap<(Table, i64), i64>,
    /// Traces to be read back, because spans of them came.
    reload: HashMap<TraceId, Reload>,
    /// Whether memory is short, so that nothing is read back.
    pub is_pressed: bool,
    /// Spans that found no place, by reason, of traces that were let go.
    pub unpaired: BTreeMap<Unpaired, u64>,
    pub dropped: Dropped,
}

/// What bounds cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    /// Spans of traces that are too large.
    pub spans: u64,
    /// Observations, operations and statements beyond the rows of a window.
    pub rows: u64,
    /// Traces let go before their windows closed.
    pub evicted_early: u64,
}

/// What was said of names in an hour.
#[derive(Debug, Default)]
pub(super) struct Hour {
    pub statements: Statements,
    /// What is stored of the hour is in it.
    pub is_loaded: bool,
    /// Something was said that the table does not have.
    pub has_news: bool,
    /// Something was said that has not been shown.
    is_dirty: bool,
    commit_due_ns: i64,
}

impl Hour {
    /// Takes what is stored of the hour.
    pub fn load(&mut self, stored: &[IdentityRow]) {
        let mut statements = Statements::default();
        for IdentityRow { key, values } in stored {
            statements.add(&Statement { key: Interned::new(key.clone()), values: *values });
        }
        self.has_news = statements.add_all(std::mem::take(&mut self.statements));
        self.statements = statements;
        self.is_loaded = true;
        self.is_dirty = self.has_news;
    }
}

/// Closed windows of a minute that are to be made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Late {
    pub windows: BTreeSet<i64>,
    pub has_operations: bool,
    due_ns: i64,
    since_frame: u64,
}

/// A trace to be read back.
#[derive(Debug)]
struct Reload {
    arrived: Vec<Span>,
    since_frame: u64,
}

/// Windows to close, with their rows.
#[derive(Debug, Default)]
pub(super) struct Due {
    pub windows: Vec<(i64, RecordBatch)>,
    pub minutes: Vec<(i64, RecordBatch)>,
    /// Of which memory does not have everything.
    partial_windows: BTreeSet<i64>,
    partial_minutes: BTreeSet<i64>,
    through: ClosedThrough,
}

impl Tenant {
    /// `closed`: up to where windows are closed at the start.
    pub fn new(times: Times, now_ns: i64) -> Self {
        Self {
            times,
            held: HashMap::default(),
            seen: Seen::default(),
            closed: ClosedThrough::at(now_ns, times.close_after_ns),
            windows: Windows::default(),
            minutes: Windows::default(),
            hours: BTreeMap::new(),
            late: BTreeMap::new(),
            made: BTreeMap::new(),
            rollups: BTreeMap::new(),
            reload: HashMap::new(),
            is_pressed: false,
            unpaired: BTreeMap::new(),
            dropped: Dropped::default(),
        }
    }

    pub fn closed(&self) -> ClosedThrough {
        self.closed
    }

    /// Takes the spans of a frame.
    pub fn take(&mut self, frame: u64, now_ns: i64, spans: Vec<Span>) {
        let mut to_come: HashMap<TraceId, usize, RandomState> = HashMap::default();
        spans.iter().for_each(|span| *to_come.entry(span.trace_id).or_default() += 1);
        for span in spans {
            let trace = span.trace_id;
            if let Some(held) = self.held.get_mut(&trace) {
                if let Some(spans) = to_come.remove(&trace) {
                    held.reserve(spans);
                }
                held.push(span, frame, now_ns);
            } else if let Some(reload) = self.reload.get_mut(&trace) {
                reload.arrived.push(span);
            } else if let Some(extent) = self.seen.extent(trace) {
                self.take_known(frame, now_ns, span, extent);
            } else {
                let held = self.held.entry(trace).or_insert_with(Held::new);
                held.reserve(to_come.remove(&trace).unwrap_or(1));
                held.push(span, frame, now_ns);
            }
        }
    }

    /// A span of a trace that was let go.
    fn take_known(&mut self, frame: u64, now_ns: i64, span: Span, extent: Extent) {
        if !self.is_pressed {
            let trace = span.trace_id;
            self.reload.insert(trace, Reload { arrived: vec![span], since_frame: frame });
            return;
        }
        let window_ns = window_of(span.end_ns);
        self.seen.note(span.trace_id, (window_ns, window_ns));
        self.doubt((extent.0.min(window_ns), extent.1.max(window_ns)), frame, now_ns);
    }

    /// Lets all windows of an extent be made from the stored spans.
    pub fn doubt(&mut self, extent: Extent, frame: u64, now_ns: i64) {
        // A span that says 1970 must not make a window of every ten seconds since.
        let mut window_ns = extent.0.max(extent.1.saturating_sub(DOUBTED_MAX * WINDOW_NS));
        while window_ns <= extent.1 {
            self.doubt_window(window_ns, frame, self.late_due(minute_of(window_ns), now_ns));
            window_ns = window_ns.saturating_add(WINDOW_NS);
        }
    }

    /// Lets a window and its minute be made from the stored spans, when they close or, closed, from `due_ns` on.
    pub fn doubt_window(&mut self, window_ns: i64, frame: u64, due_ns: i64) {
        let minute_ns = minute_of(window_ns);
        if self.closed.has_window(window_ns) {
            self.late(minute_ns, frame, due_ns).windows.insert(window_ns);
        } else {
            self.windows.doubt(window_ns);
        }
        if self.closed.has_minute(minute_ns) {
            self.late(minute_ns, frame, due_ns).has_operations = true;
        } else {
            self.minutes.doubt(minute_ns);
        }
    }

    /// When late windows of a minute are made again: soon, and once in an interval.
    fn late_due(&self, minute_ns: i64, now_ns: i64) -> i64 {
        let soon_ns = now_ns.saturating_add(self.times.late_interval_ns / LATE_SOON);
        let made = self.made.get(&minute_ns);
        made.map_or(soon_ns, |made_ns| soon_ns.max(made_ns.saturating_add(self.times.late_interval_ns)))
    }

    fn late(&mut self, minute_ns: i64, frame: u64, due_ns: i64) -> &mut Late {
        let nothing = Late { windows: BTreeSet::new(), has_operations: false, due_ns, since_frame: frame };
        let late = self.late.entry(minute_ns).or_insert(nothing);
        late.since_frame = late.since_frame.min(frame);
        late
    }

    /// Traces to be read back, and the windows in which their spans ended.
    pub fn reloads(&self) -> Vec<(TraceId, Extent)> {
        let extent = |(trace, reload): (&TraceId, &Reload)| {
            let windows = || reload.arrived.iter().map(|span| window_of(span.end_ns));
            let seen = self.seen.extent(*trace).unwrap_or((i64::MAX, i64::MIN));
            let extent = windows().fold(seen, |extent, window_ns| (extent.0.min(window_ns), extent.1.max(window_ns)));
            (*trace, extent)
        };
        self.reload.iter().map(extent).collect()
    }

    /// Takes back a trace with its stored spans, those that came of late among them. A window that was open when the trace
    /// was let go has it already.
    pub fn reloaded(&mut self, trace: TraceId, stored: Vec<Span>, now_ns: i64) {
        let Some(Reload { arrived, since_frame }) = self.reload.remove(&trace) else { return };
        self.hold(trace, Held::reloaded(stored, arrived, since_frame, now_ns));
        let Some((first_ns, last_ns)) = self.seen.extent(trace) else { return };
        self.windows.doubt_all(first_ns, last_ns);
        self.minutes.doubt_all(minute_of(first_ns), last_ns);
    }

    /// Takes a trace that was stored before the start, because windows that are open need it.
    pub fn restore(&mut self, trace: TraceId, stored: Vec<Span>, frame: u64, now_ns: i64) {
        self.hold(trace, Held::reloaded(stored, Vec::new(), frame, now_ns));
    }

    /// Takes a trace in the place of what is held of it.
    fn hold(&mut self, trace: TraceId, held: Held) {
        if let Some(before) = self.held.insert(trace, held) {
            self.windows.change(before.observed(), &Observations::default());
            self.minutes.change(before.observed(), &Observations::default());
        }
    }

    /// Gives up on reading traces back: their windows are made from the stored spans instead.
    pub fn doubt_reloads(&mut self, now_ns: i64) {
        let extents = self.reloads();
        let reloads = std::mem::take(&mut self.reload);
        for (trace, extent) in extents {
            let since_frame = reloads.get(&trace).map_or(0, |reload| reload.since_frame);
            self.seen.note(trace, extent);
            self.doubt(extent, since_frame, now_ns);
        }
    }

    /// Lets a closed window be made again, and its minute if that is closed.
    pub fn redo(&mut self, window_ns: i64, frame: u64, now_ns: i64) {
        let minute_ns = minute_of(window_ns);
        if self.closed.has_window(window_ns) {
            self.late(minute_ns, frame, now_ns).windows.insert(window_ns);
        }
        if self.closed.has_minute(minute_ns) {
            self.late(minute_ns, frame, now_ns).has_operations = true;
        }
    }

    /// Adds what stored spans say of names and nobody had said.
    pub fn learn(&mut self, statements: &[Statement]) {
        for row in statements {
            let hour = self.hours.entry(row.key.window_ns).or_default();
            if hour.statements.learn(row) {
                hour.has_news = true;
                hour.is_dirty = true;
            }
        }
    }

    /// Pairs traces that changed, those of the newest windows first, until `spans_max` spans are paired. Returns whether
    /// there are more.
    pub fn look(&mut self, now_ns: i64, spans_max: usize) -> bool {
        let settled_before_ns = self.settled_before_ns(now_ns);
        let changed = self.held.iter().filter(|(_, held)| held.needs_look(settled_before_ns));
        let mut changed: Vec<_> = changed.map(|(trace, held)| (Reverse(held.extent().1), *trace)).collect();
        changed.sort_unstable();
        let mut room = spans_max;
        for (_, trace) in &changed {
            if room == 0 {
                return true;
            }
            let Some(mut held) = self.held.remove(trace) else { continue };
            room = room.saturating_sub(held.spans());
            self.look_at(&mut held, now_ns);
            self.held.insert(*trace, held);
        }
        false
    }

    /// What ended before has waited long enough for others.
    fn settled_before_ns(&self, now_ns: i64) -> i64 {
        now_ns.saturating_sub(self.times.pairing_wait_ns)
    }

    fn look_at(&mut self, held: &mut Held, now_ns: i64) {
        let look = held.look(self.settled_before_ns(now_ns), self.closed);
        self.dropped.spans += look.dropped;
        for window_ns in &look.windows {
            self.touch(*window_ns);
        }
        self.windows.change(&look.before, held.observed());
        self.minutes.change(&look.before, held.observed());
        self.note_names(&look.before, held.observed());
        let frame = look.since_frame.unwrap_or(u64::MAX);
        for window_ns in look.late_windows {
            let due_ns = self.late_due(minute_of(window_ns), now_ns);
            self.late(minute_of(window_ns), frame, due_ns).windows.insert(window_ns);
        }
        for minute_ns in look.late_minutes {
            let due_ns = self.late_due(minute_ns, now_ns);
            self.late(minute_ns, frame, due_ns).has_operations = true;
        }
    }

    /// Something in a window may have changed.
    fn touch(&mut self, window_ns: i64) {
        if !self.closed.has_window(window_ns) {
            self.windows.touch(window_ns);
        }
        let minute_ns = minute_of(window_ns);
        if !self.closed.has_minute(minute_ns) {
            self.minutes.touch(minute_ns);
        }
    }

    /// Each trace says a thing once, however often it is looked at.
    fn note_names(&mut self, before: &Observations, now: &Observations) {
        let is_new =
            |row: &&Statement| before.statements.binary_search_by(|said| said.key.cmp_hashes(&row.key)).is_err();
        let mut new: Vec<&Statement> = now.statements.iter().filter(is_new).collect();
        // Which of them find a place must not depend on how they are hashed.
        if self.hours.values().any(|hour| !hour.statements.has_room(new.len())) {
            new.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        }
        for row in new {
            let hour = self.hours.entry(row.key.window_ns).or_default();
            if hour.statements.add(row) {
                hour.has_news = true;
                hour.is_dirty = true;
            }
        }
    }

    /// The open windows that changed since this was asked last.
    pub fn shown(&mut self) -> Vec<(Table, i64, RecordBatch)> {
        self.refresh();
        let mut shown: Vec<_> =
            self.windows.changed().map(|(start_ns, sums)| (Table::Edges, start_ns, sums.batch())).collect();
        shown.extend(self.minutes.changed().map(|(start_ns, sums)| (Table::Operations, start_ns, sums.batch())));
        for (hour_ns, hour) in self.hours.iter_mut().filter(|(_, hour)| hour.is_loaded && hour.is_dirty) {
            hour.is_dirty = false;
            shown.push((Table::Identities, *hour_ns, hour.statements.batch()));
        }
        shown
    }

    fn refresh(&mut self) {
        let traces = || self.held.values().map(|held| (held.extent(), held.observed()));
        self.windows.refresh(traces());
        self.minutes.refresh(traces());
    }

    /// Whether what was added up step by step is what comes of adding it up anew.
    #[cfg(test)]
    pub fn assert_in_step(&self) {
        self.windows.assert_in_step(self.held.values().map(Held::observed));
        self.minutes.assert_in_step(self.held.values().map(Held::observed));
    }

    /// The windows whose time has come, with their rows.
    pub fn due(&mut self, now_ns: i64) -> Due {
        let through = ClosedThrough::at(now_ns, self.times.close_after_ns);
        let (partial_windows, mut windows) = self.windows.due(|start_ns| through.has_window(start_ns));
        let (partial_minutes, mut minutes) = self.minutes.due(|start_ns| through.has_minute(start_ns));
        // What still waits has waited long enough.
        let touch = |held: &&Held| windows.has_any_in(held.extent()) || minutes.has_any_in(held.extent());
        let traces: Vec<&Held> = self.held.values().filter(touch).collect();
        for held in traces.iter().filter(|held| held.observed().waiting > 0) {
            let settled = held.settled();
            windows.change(held.observed(), &settled);
            minutes.change(held.observed(), &settled);
        }
        let settled = || traces.iter().map(|held| (held.extent(), held.settled()));
        windows.refresh(settled());
        minutes.refresh(settled());
        let mut due = Due { through, partial_windows, partial_minutes, ..Due::default() };
        for (start_ns, sums) in windows.into_sums() {
            self.dropped.rows += sums.dropped;
            due.windows.push((start_ns, sums.batch()));
        }
        for (start_ns, sums) in minutes.into_sums() {
            self.dropped.rows += sums.dropped;
            due.minutes.push((start_ns, sums.batch()));
        }
        due
    }

    /// Says that the windows of `due` are written. Those of which memory did not have everything are made from the stored
    /// spans next.
    pub fn close(&mut self, due: &Due, frame: u64, now_ns: i64) {
        let through = due.through;
        self.closed.advance(through);
        self.windows.close(|start_ns| through.has_window(start_ns));
        self.minutes.close(|start_ns| through.has_minute(start_ns));
        for window_ns in &due.partial_windows {
            self.late(minute_of(*window_ns), frame, now_ns).windows.insert(*window_ns);
        }
        for minute_ns in &due.partial_minutes {
            self.late(*minute_ns, frame, now_ns).has_operations = true;
        }
        self.roll_up(due.windows.iter().map(|(start_ns, _)| *start_ns));
    }

    /// Lets the longer windows be made of which these are parts.
    pub fn roll_up(&mut self, windows: impl IntoIterator<Item = i64>) {
        for window_ns in windows {
            for (table, length_ns) in [(Table::Edges1m, MINUTE_NS), (Table::Edges10m, TEN_MINUTES_NS)] {
                let start_ns = start_of(window_ns, length_ns);
                let due_ns = start_ns.saturating_add(length_ns).saturating_add(self.times.close_after_ns);
                self.rollups.insert((table, start_ns), due_ns);
            }
        }
    }

    /// Longer windows whose parts are all closed.
    pub fn due_rollups(&self, now_ns: i64) -> Vec<(Table, i64)> {
        let closed_ns = self.closed.edges_ns.saturating_add(self.times.close_after_ns).min(now_ns);
        self.rollups.iter().filter(|(_, due_ns)| **due_ns <= closed_ns).map(|(rollup, _)| *rollup).collect()
    }

    pub fn rolled_up(&mut self, rollup: (Table, i64)) {
        self.rollups.remove(&rollup);
    }

    /// The minute whose late windows have waited longest, if they have waited long enough.
    pub fn next_late(&self, now_ns: i64) -> Option<(i64, Late)> {
        let due = self.late.iter().filter(|(_, late)| late.due_ns <= now_ns);
        due.min_by_key(|(_, late)| late.due_ns).map(|(minute_ns, late)| (*minute_ns, late.clone()))
    }

    /// Says that late windows of a minute are written.
    pub fn made_again(&mut self, minute_ns: i64, windows: &BTreeSet<i64>, now_ns: i64) {
        self.late.remove(&minute_ns);
        let since_ns = now_ns.saturating_sub(self.times.late_interval_ns);
        self.made.retain(|_, made_ns| *made_ns > since_ns);
        self.made.insert(minute_ns, now_ns);
        self.roll_up(windows.iter().copied());
    }

    /// Tries late windows again after a while.
    pub fn put_off(&mut self, minute_ns: i64, now_ns: i64) {
        if let Some(late) = self.late.get_mut(&minute_ns) {
            late.due_ns = now_ns.saturating_add(self.times.late_interval_ns);
        }
    }

    #[cfg(test)]
    pub fn has_rollups(&self) -> bool {
        !self.rollups.is_empty()
    }

    pub fn late_minutes(&self) -> usize {
        self.late.len()
    }

    /// The last frame of which nothing waits to be written into a window that was written before; `frame` is the last one
    /// that was taken.
    pub fn settled_frame(&self, frame: u64) -> u64 {
        let late = self.late.values().map(|late| late.since_frame);
        let reload = self.reload.values().map(|reload| reload.since_frame);
        late.chain(reload).min().map_or(frame, |first| first.saturating_sub(1).min(frame))
    }

    /// Hours to be written, because the table lacks something.
    pub fn due_hours(&self, now_ns: i64) -> Vec<i64> {
        let is_due =
            |hour_ns: i64, hour: &Hour| hour.has_news && (self.is_past(hour_ns) || hour.commit_due_ns <= now_ns);
        self.hours.iter().filter(|(hour_ns, hour)| hour.is_loaded && is_due(**hour_ns, hour)).map(|(h, _)| *h).collect()
    }

    fn is_past(&self, hour_ns: i64) -> bool {
        hour_ns.saturating_add(HOUR_NS) <= self.closed.edges_ns
    }

    /// Says that an hour's names are written.
    pub fn wrote_hour(&mut self, hour_ns: i64, now_ns: i64) {
        if let Some(hour) = self.hours.get_mut(&hour_ns) {
            self.dropped.rows += std::mem::take(&mut hour.statements.dropped);
            hour.has_news = false;
            hour.is_dirty = false;
            hour.commit_due_ns = now_ns.saturating_add(self.times.late_interval_ns);
        }
        let past: Vec<i64> = self.hours.keys().copied().filter(|hour_ns| self.is_past(*hour_ns)).collect();
        for hour_ns in past {
            if self.hours.get(&hour_ns).is_some_and(|hour| !hour.has_news) {
                self.hours.remove(&hour_ns);
            }
        }
    }

    pub fn bytes(&self) -> usize {
        self.held.values().map(Held::bytes).sum()
    }

    pub fn traces(&self) -> usize {
        self.held.len()
    }

    pub fn open_windows(&self) -> usize {
        self.windows.len()
    }

    /// Lets go of traces that are old and quiet, and of as many more as free `bytes`.
    pub fn evict(&mut self, now_ns: i64, bytes: usize) {
        let settled_before_ns = self.settled_before_ns(now_ns);
        let is_over = |held: &Held| {
            let is_quiet = now_ns.saturating_sub(held.arrived_ns()) >= QUIET_NS;
            is_quiet && self.closed.has_minute(minute_of(held.extent().1)) && !held.needs_look(settled_before_ns)
        };
        let over: Vec<TraceId> = self.held.iter().filter(|(_, held)| is_over(held)).map(|(trace, _)| *trace).collect();
        let mut freed: usize = over.iter().map(|trace| self.let_go(*trace)).sum();
        if freed >= bytes {
            return;
        }
        let mut rest: Vec<_> = self.held.iter().map(|(trace, held)| (held.arrived_ns(), *trace)).collect();
        rest.sort_unstable();
        for (_, trace) in rest {
            if freed >= bytes {
                return;
            }
            self.dropped.evicted_early += 1;
            freed += self.let_go(trace);
        }
    }

    /// Returns the bytes that it took.
    fn let_go(&mut self, trace: TraceId) -> usize {
        let Some(held) = self.held.remove(&trace) else { return 0 };
        let settled = held.settled();
        for (reason, spans) in &settled.unpaired {
            *self.unpaired.entry(*reason).or_default() += spans;
        }
        self.windows.let_go(held.observed(), &settled);
        self.minutes.let_go(held.observed(), &settled);
        self.seen.note(trace, held.extent());
        held.bytes()
    }
}
