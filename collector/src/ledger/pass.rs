//! The work of the ledger: from the feed of published spans to windows that are shown and windows that are written.
//!
//! One task does all of it, in turns. A turn brings everything up to date that came by then, so that what it writes takes
//! every frame into account that it says it does.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use spanloom_store::schema::{edges, identities};
use spanloom_store::{Clock, PublishedSpans, SpanFeed, Store, Table, TenantId, TenantView, WindowRows, WindowsError};
use thiserror::Error;
use tracing::{debug, error, warn};

use super::config::LedgerConfig;
use super::late;
use super::metrics::{Metrics, ReasonLabel};
use super::read::{ReadError, Reader};
use super::sums::EdgeSums;
use super::tenant::{Dropped, Tenant, Times};
use super::windows::{MINUTE_NS, TEN_MINUTES_NS};
use crate::pair::{SpanReader, WINDOW_NS};

/// Longer windows that one turn makes at most, so that a turn stays short.
const ROLLUPS_PER_TURN: usize = 8;
/// How long a turn goes on to write late windows.
const LATE_PER_TURN_MAX: Duration = Duration::from_secs(1);
/// Spans that are paired before what they say is shown.
const SPANS_AT_ONCE: usize = 10_000;
/// Memory is short above this part of its bound.
const PRESSED_PERCENT: u64 = 90;

/// Why a step failed; it is tried again.
#[derive(Debug, Error)]
pub(super) enum PassError {
    #[error(transparent)]
    Windows(#[from] WindowsError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("a stored row of the ledger cannot be read: {0}")]
    Row(String),
}

/// The ledger of all tenants.
pub(super) struct Pass {
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub config: LedgerConfig,
    pub metrics: Metrics,
    pub tenants: BTreeMap<TenantId, Tenant>,
    /// The last frame that was taken.
    pub frame: u64,
    spans: SpanReader,
}

/// A tenant in a turn.
pub(super) struct Turn<'a> {
    pub name: &'a TenantId,
    pub view: Arc<TenantView>,
    /// A frame up to which the view has everything; what came later may be in it.
    pub view_frame: u64,
    pub now_ns: i64,
}

impl Pass {
    pub fn new(store: Store, clock: Arc<dyn Clock>, config: LedgerConfig, metrics: Metrics) -> Self {
        Self { store, clock, config, metrics, tenants: BTreeMap::new(), frame: 0, spans: SpanReader::default() }
    }

    pub fn times(&self) -> Times {
        let ns = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        Times {
            pairing_wait_ns: ns(self.config.pairing_wait),
            close_after_ns: ns(self.config.close_after),
            late_interval_ns: ns(self.config.late_interval),
        }
    }

    pub fn trace_span_max_ns(&self) -> i64 {
        i64::try_from(self.config.trace_span_max.as_nanos()).unwrap_or(i64::MAX)
    }

    /// Takes a frame's spans.
    pub fn take(&mut self, published: &PublishedSpans) {
        let PublishedSpans { frame, tenant, spans } = published;
        self.frame = self.frame.max(*frame);
        let now_ns = self.clock.now_ns();
        match self.spans.read(spans) {
            Ok(spans) => {
                self.metrics.spans.inc_by(spans.len() as u64);
                let times = self.times();
                let state = self.tenants.entry(tenant.clone()).or_insert_with(|| Tenant::new(times, now_ns));
                state.take(*frame, now_ns, spans);
            }
            // Rows are of our own making; if they cannot be read the code is wrong, and saying so is all that can be done.
            Err(error) => {
                self.metrics.drop("unreadable", spans.num_rows() as u64);
                error!(%error, frame, "published spans cannot be read");
            }
        }
    }

    /// Brings everything up to date. What fails is logged, counted and left for a later turn.
    pub async fn turn(&mut self, feed: &mut SpanFeed) {
        let view_frame = self.frame;
        let views: BTreeMap<TenantId, Arc<TenantView>> =
            self.tenants.keys().map(|name| (name.clone(), self.store.view_after_feed(name))).collect();
        while let Some(published) = feed.try_next() {
            self.take(&published);
        }
        let now_ns = self.clock.now_ns();
        for name in self.tenants.keys().cloned().collect::<Vec<_>>() {
            let Some(mut tenant) = self.tenants.remove(&name) else { continue };
            let view = views.get(&name).cloned().unwrap_or_else(|| self.store.view_after_feed(&name));
            let turn = Turn { name: &name, view, view_frame, now_ns };
            self.turn_of(&turn, &mut tenant).await;
            self.tenants.insert(name, tenant);
        }
        self.bound_memory(now_ns);
        self.measure();
    }

    async fn turn_of(&self, turn: &Turn<'_>, tenant: &mut Tenant) {
        let step = self.read_back(turn, tenant).await;
        if self.note("read traces back", step) {
            tenant.doubt_reloads(turn.now_ns);
        }
        // What comes in masses is shown by and by, and before anything is written all of it is paired.
        while tenant.look(turn.now_ns, SPANS_AT_ONCE) {
            self.show(turn, tenant).await;
        }
        self.show(turn, tenant).await;
        // What is to be written stays due; what is shown must not stand still while a flush takes its time.
        if !self.store.is_writing() {
            self.write_due(turn, tenant).await;
        }
    }

    async fn write_due(&self, turn: &Turn<'_>, tenant: &mut Tenant) {
        let step = self.close(turn, tenant).await;
        self.note("write windows", step);
        self.write_late(turn, tenant).await;
        let step = self.roll_up(turn, tenant).await;
        self.note("add up windows", step);
        let step = self.write_hours(turn, tenant).await;
        self.note("write names", step);
    }

    /// Spans of hours may come at once: then a turn writes late windows for a while, but not so long that what is shown
    /// stands still.
    async fn write_late(&self, turn: &Turn<'_>, tenant: &mut Tenant) {
        let began = Instant::now();
        while let Some((minute_ns, late)) = tenant.next_late(turn.now_ns) {
            let step = late::make_again(self, turn, tenant, minute_ns, &late).await;
            if self.note("write late windows", step) {
                tenant.put_off(minute_ns, turn.now_ns);
            }
            if began.elapsed() > LATE_PER_TURN_MAX || self.store.is_writing() {
                return;
            }
        }
    }

    async fn show(&self, turn: &Turn<'_>, tenant: &mut Tenant) {
        let step = self.load_hours(turn, tenant).await;
        self.note("read the names of an hour", step);
        self.store.show_open_windows(turn.name, tenant.shown());
    }

    /// Returns whether the step failed.
    fn note(&self, what: &'static str, step: Result<(), PassError>) -> bool {
        match step {
            Ok(()) => false,
            // The store is stopping; what was not written is made again at the next start.
            Err(PassError::Windows(WindowsError::NotRunning)) => true,
            Err(error) => {
                self.metrics.failures.inc();
                let error: &dyn std::error::Error = &error;
                warn!(error, "failed to {what}, it will be tried again");
                true
            }
        }
    }

    /// Reads the traces back of which spans came after they had left memory.
    async fn read_back(&self, turn: &Turn<'_>, tenant: &mut Tenant) -> Result<(), PassError> {
        let reloads = tenant.reloads();
        let extents = reloads.iter().map(|(_, extent)| *extent);
        let Some(extent) = extents.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else { return Ok(()) };
        let traces: HashSet<_> = reloads.iter().map(|(trace, _)| *trace).collect();
        let mut found = self.reader(turn).traces(&traces, extent).await?;
        self.metrics.traces_read_back.inc_by(traces.len() as u64);
        for trace in traces {
            tenant.reloaded(trace, found.remove(&trace).unwrap_or_default(), turn.now_ns);
        }
        Ok(())
    }

    pub fn reader(&self, turn: &Turn<'_>) -> Reader<'_> {
        Reader { store: &self.store, view: Arc::clone(&turn.view) }
    }

    async fn load_hours(&self, turn: &Turn<'_>, tenant: &mut Tenant) -> Result<(), PassError> {
        let table = Table::Identities;
        let lake = turn.view.table(table).lake();
        for (hour_ns, hour) in tenant.hours.iter_mut().filter(|(_, hour)| !hour.is_loaded) {
            let mut stored = Vec::new();
            if lake.window(self.store.writer(), *hour_ns).is_some() {
                for batch in self.reader(turn).rows(table, *hour_ns, hour_ns.saturating_add(1)).await? {
                    stored.extend(identities::read(&batch).map_err(|error| PassError::Row(error.to_string()))?);
                }
            }
            hour.load(&stored);
        }
        Ok(())
    }

    /// Writes the windows whose time has come.
    async fn close(&self, turn: &Turn<'_>, tenant: &mut Tenant) -> Result<(), PassError> {
        let due = tenant.due(turn.now_ns);
        let settled_frame = tenant.settled_frame(self.frame);
        for (table, windows) in [(Table::Edges, &due.windows), (Table::Operations, &due.minutes)] {
            let rows = |(window_ns, rows): &(i64, arrow::array::RecordBatch)| WindowRows {
                window_ns: *window_ns,
                last_frame: self.frame,
                rows: rows.clone(),
            };
            self.write(turn, table, windows.iter().map(rows).collect(), settled_frame).await?;
        }
        tenant.close(&due, self.frame, turn.now_ns);
        Ok(())
    }

    pub async fn write(
        &self,
        turn: &Turn<'_>,
        table: Table,
        windows: Vec<WindowRows>,
        settled_frame: u64,
    ) -> Result<(), PassError> {
        if windows.is_empty() {
            return Ok(());
        }
        let count = windows.len();
        let committed = self.store.commit_windows(turn.name, table, windows, settled_frame).await?;
        debug!(tenant = %turn.name, %table, count, stale = committed.stale.len(), "wrote windows");
        self.metrics.wrote(table, committed.written.len());
        Ok(())
    }

    /// Makes the longer windows whose parts are closed.
    async fn roll_up(&self, turn: &Turn<'_>, tenant: &mut Tenant) -> Result<(), PassError> {
        let due: Vec<_> = tenant.due_rollups(turn.now_ns).into_iter().take(ROLLUPS_PER_TURN).collect();
        if due.is_empty() {
            return Ok(());
        }
        // The parts may have been written in this very turn.
        let view = self.store.view(turn.name);
        let reader = Reader { store: &self.store, view: Arc::clone(&view) };
        let writer = self.store.writer();
        for (table, start_ns) in due {
            let end_ns = start_ns.saturating_add(if table == Table::Edges1m { MINUTE_NS } else { TEN_MINUTES_NS });
            let parts = view.table(Table::Edges).lake();
            let starts = (start_ns..end_ns).step_by(WINDOW_NS as usize);
            let last_frame =
                starts.filter_map(|part_ns| parts.window(writer, part_ns)).map(|mark| mark.last_frame).max();
            if let Some(last_frame) = last_frame {
                let mut sums = EdgeSums::default();
                for batch in reader.rows(Table::Edges, start_ns, end_ns).await? {
                    let rows = edges::read(&batch).map_err(|error| PassError::Row(error.to_string()))?;
                    sums.merge_into_window(start_ns, rows);
                }
                self.metrics.drop("rows", sums.dropped);
                let rows = WindowRows { window_ns: start_ns, last_frame, rows: sums.batch() };
                let settled_frame = tenant.settled_frame(self.frame);
                self.write(turn, table, vec![rows], settled_frame).await?;
            }
            tenant.rolled_up((table, start_ns));
        }
        Ok(())
    }

    async fn write_hours(&self, turn: &Turn<'_>, tenant: &mut Tenant) -> Result<(), PassError> {
        for hour_ns in tenant.due_hours(turn.now_ns) {
            let Some(hour) = tenant.hours.get(&hour_ns) else { continue };
            let rows = WindowRows { window_ns: hour_ns, last_frame: self.frame, rows: hour.statements.batch() };
            let settled_frame = tenant.settled_frame(self.frame);
            self.write(turn, Table::Identities, vec![rows], settled_frame).await?;
            tenant.wrote_hour(hour_ns, turn.now_ns);
        }
        Ok(())
    }

    /// Lets go of traces; of the tenant that has most first.
    fn bound_memory(&mut self, now_ns: i64) {
        let bytes_max = self.config.memory_bytes_max.as_u64();
        let generation_ns = self.trace_span_max_ns();
        for tenant in self.tenants.values_mut() {
            tenant.evict(now_ns, 0);
            let forgot_early = tenant.seen.turn(now_ns, generation_ns);
            self.metrics.drop("seen_traces", u64::from(forgot_early));
        }
        let total = |tenants: &BTreeMap<TenantId, Tenant>| tenants.values().map(Tenant::bytes).sum::<usize>() as u64;
        let over = total(&self.tenants).saturating_sub(bytes_max);
        if over > 0
            && let Some(largest) = self.tenants.values_mut().max_by_key(|tenant| tenant.bytes())
        {
            largest.evict(now_ns, usize::try_from(over).unwrap_or(usize::MAX));
        }
        let is_pressed = total(&self.tenants) > bytes_max / 100 * PRESSED_PERCENT;
        self.tenants.values_mut().for_each(|tenant| tenant.is_pressed = is_pressed);
    }

    fn measure(&mut self) {
        let metrics = &self.metrics;
        let sum = |of: fn(&Tenant) -> usize| self.tenants.values().map(of).sum::<usize>() as u64;
        metrics.traces.set(sum(Tenant::traces));
        metrics.traces_seen.set(sum(|tenant| tenant.seen.len()));
        metrics.memory.set(sum(Tenant::bytes));
        metrics.open_windows.set(sum(Tenant::open_windows));
        metrics.late_minutes.set(sum(Tenant::late_minutes));
        for tenant in self.tenants.values_mut() {
            for (reason, spans) in std::mem::take(&mut tenant.unpaired) {
                metrics.unpaired.get_or_create(&ReasonLabel { reason: reason.as_str() }).inc_by(spans);
            }
            let Dropped { spans, rows, evicted_early } = std::mem::take(&mut tenant.dropped);
            metrics.drop("trace_too_large", spans);
            metrics.drop("rows", rows);
            metrics.drop("evicted_early", evicted_early);
        }
    }
}
