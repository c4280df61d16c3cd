//! Where the ledger goes on after a start.
//!
//! Open windows were in memory only, and a crash may have come between spans and the windows that they touch. What is to be
//! made again follows from the tables alone: windows touched by spans of frames that no commit of windows settled, and
//! windows after the last one that was written.

use std::collections::HashSet;
use std::sync::Arc;

use spanloom_store::{FeedStart, LakeFile, Table, TenantView, TraceId};
use tracing::{info, warn};

use super::pass::{Pass, PassError, Turn};
use super::read::{End, Reader};
use super::seen::Extent;
use super::tenant::Tenant;
use super::windows::{MINUTE_NS, TEN_MINUTES_NS, minute_of, start_of, window_of};

/// Spans of files that came in longer ago are not made into windows that no ledger wrote.
const REBUILD_NS: i64 = 24 * 3_600_000_000_000;
/// Traces with spans that no window has settled, of which earlier windows are looked for.
const TRACES_MAX: usize = 4_000_000;
const EVERYTHING: Extent = (i64::MIN / 4, i64::MAX / 4);

/// Brings all tenants to where the feed begins.
pub(super) async fn restore(pass: &mut Pass, start: FeedStart) {
    pass.frame = start.last_frame;
    let now_ns = pass.clock.now_ns();
    for (name, view) in start.views {
        let mut tenant = Tenant::new(pass.times(), now_ns);
        let turn = Turn { name: &name, view, view_frame: start.last_frame, now_ns };
        if let Err(error) = restore_tenant(pass, &turn, &mut tenant).await {
            let error: &dyn std::error::Error = &error;
            pass.metrics.failures.inc();
            warn!(error, tenant = %name, "failed to read back what windows were open; they close from what comes now");
        }
        pass.tenants.insert(name.clone(), tenant);
    }
}

async fn restore_tenant(pass: &Pass, turn: &Turn<'_>, tenant: &mut Tenant) -> Result<(), PassError> {
    let reader = pass.reader(turn);
    let known = Known::of(&reader, turn, pass.trace_span_max_ns());
    let mut begun = Begun { unsettled: HashSet::new(), open: HashSet::new(), frame: known.settled_frame + 1 };
    let mut spans = 0;
    for file in &known.unsettled {
        let ends = reader.file_ends(file, EVERYTHING).await.map_err(PassError::from)?;
        spans += ends.len();
        ends.iter().for_each(|end| begun.note(end, true, tenant, turn.now_ns));
    }
    for end in reader.hot_ends(EVERYTHING).map_err(PassError::from)? {
        spans += 1;
        begun.note(&end, true, tenant, turn.now_ns);
    }
    for file in &known.settled {
        for end in reader.file_ends(file, EVERYTHING).await.map_err(PassError::from)? {
            spans += 1;
            begun.note(&end, known.is_after_written(&end), tenant, turn.now_ns);
        }
    }
    let open = begun.open.len();
    restore_open(pass, turn, tenant, &reader, begun).await?;
    roll_up_stale(turn, tenant, pass.store.writer());
    let late_minutes = tenant.late_minutes();
    info!(tenant = %turn.name, spans, open_traces = open, late_minutes, "the ledger goes on");
    Ok(())
}

/// What the tables tell.
struct Known {
    /// Up to this frame every window is written as its spans want it, or has never been written.
    settled_frame: u64,
    /// Files with spans of later frames.
    unsettled: Vec<Arc<LakeFile>>,
    /// Other files that came in of late.
    settled: Vec<Arc<LakeFile>>,
    /// The last windows that were written.
    last_window_ns: Option<i64>,
    last_minute_ns: Option<i64>,
}

impl Known {
    fn of(reader: &Reader<'_>, turn: &Turn<'_>, trace_span_max_ns: i64) -> Self {
        let (view, writer) = (&turn.view, reader.store.writer());
        let settled_frame = settled_frame(view);
        let is_recent = |file: &Arc<LakeFile>, age_ns: i64| turn.now_ns.saturating_sub(file.ingested_ns) <= age_ns;
        let (unsettled, settled): (Vec<_>, Vec<_>) = reader
            .files()
            .cloned()
            .partition(|file| file.frames.as_ref().is_some_and(|frames| frames.last > settled_frame));
        let last = |table: Table| view.table(table).lake().windows(writer).map(|mark| mark.window_ns).max();
        Self {
            settled_frame,
            unsettled: unsettled.into_iter().filter(|file| is_recent(file, REBUILD_NS)).collect(),
            settled: settled.into_iter().filter(|file| is_recent(file, trace_span_max_ns)).collect(),
            last_window_ns: last(Table::Edges),
            last_minute_ns: last(Table::Operations),
        }
    }

    /// Whether a span ended in a window that may never have been written.
    fn is_after_written(&self, end: &End) -> bool {
        self.last_window_ns.is_none_or(|last_ns| window_of(end.end_ns) > last_ns)
            || self.last_minute_ns.is_none_or(|last_ns| minute_of(end.end_ns) > last_ns)
    }
}

fn settled_frame(view: &TenantView) -> u64 {
    [Table::Edges, Table::Operations].iter().map(|table| view.table(*table).committed()).min().unwrap_or_default()
}

/// Traces that are not done with.
struct Begun {
    /// With spans that no window has settled.
    unsettled: HashSet<TraceId>,
    /// With spans that ended in open windows.
    open: HashSet<TraceId>,
    frame: u64,
}

impl Begun {
    fn note(&mut self, end: &End, is_unsettled: bool, tenant: &mut Tenant, now_ns: i64) {
        let window_ns = window_of(end.end_ns);
        tenant.seen.note(end.trace, (window_ns, window_ns));
        if is_unsettled && self.unsettled.len() < TRACES_MAX {
            self.unsettled.insert(end.trace);
        }
        if is_unsettled || self.unsettled.contains(&end.trace) {
            tenant.redo(window_ns, self.frame, now_ns);
        }
        if end.end_ns >= tenant.closed().minutes_ns {
            self.open.insert(end.trace);
        }
    }
}

/// Takes the traces of open windows into memory, as far as they fit.
async fn restore_open(
    pass: &Pass,
    turn: &Turn<'_>,
    tenant: &mut Tenant,
    reader: &Reader<'_>,
    begun: Begun,
) -> Result<(), PassError> {
    let bytes_max = usize::try_from(pass.config.memory_bytes_max.as_u64()).unwrap_or(usize::MAX);
    let first_ns = tenant.closed().minutes_ns.saturating_sub(pass.trace_span_max_ns());
    let mut bytes = 0;
    for (trace, spans) in reader.traces(&begun.open, (window_of(first_ns), EVERYTHING.1)).await? {
        bytes += spans.iter().map(crate::pair::Span::memory_bytes).sum::<usize>();
        if bytes <= bytes_max {
            tenant.restore(trace, spans, begun.frame, turn.now_ns);
        } else {
            let windows = spans.iter().map(|span| window_of(span.end_ns));
            windows.for_each(|window_ns| tenant.doubt_window(window_ns, begun.frame, turn.now_ns));
        }
    }
    Ok(())
}

/// Lets longer windows be made anew that are missing or older than their parts.
fn roll_up_stale(turn: &Turn<'_>, tenant: &mut Tenant, writer: &str) {
    for mark in turn.view.table(Table::Edges).lake().windows(writer) {
        let is_stale = |(table, length_ns): (Table, i64)| {
            let whole = turn.view.table(table).lake().window(writer, start_of(mark.window_ns, length_ns));
            whole.is_none_or(|whole| whole.last_frame < mark.last_frame)
        };
        if [(Table::Edges1m, MINUTE_NS), (Table::Edges10m, TEN_MINUTES_NS)].into_iter().any(is_stale) {
            tenant.roll_up([mark.window_ns]);
        }
    }
}
