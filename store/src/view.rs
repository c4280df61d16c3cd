//! What readers see: per table the lake snapshot and the hot rows that are not in it, all tenants swapped as one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use arrow::array::RecordBatch;
use parking_lot::Mutex;

use crate::coded::CodedBatch;
use crate::feed::{self, FeedSender, FeedStart, SpanFeed};
use crate::hot::HotRows;
use crate::ids::TenantId;
use crate::lake::{LakeFile, LakeSnapshot};
use crate::schema::{Rows, Table};

/// One consistent picture of a tenant's tables. It stays as it is however long it is held.
#[derive(Debug, Clone)]
pub struct TenantView {
    tenant: TenantId,
    rev: u64,
    tables: [TableView; Table::ALL.len()],
}

impl TenantView {
    pub(crate) fn empty(tenant: TenantId) -> Self {
        Self { tenant, rev: 0, tables: Table::ALL.map(TableView::empty) }
    }

    pub fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub fn table(&self, table: Table) -> &TableView {
        &self.tables[table as usize]
    }

    /// Grows with every change: equal revisions are equal pictures.
    pub fn rev(&self) -> u64 {
        self.rev
    }

    fn table_mut(&mut self, table: Table) -> &mut TableView {
        self.rev += 1;
        &mut self.tables[table as usize]
    }
}

/// A table: what is in the lake, and what is not yet.
#[derive(Debug, Clone)]
pub struct TableView {
    lake: Arc<LakeSnapshot>,
    /// See [`Self::committed`].
    committed: u64,
    hot: HotRows,
    open: Arc<OpenWindows>,
}

/// The windows that are not closed yet, by their start, as their writer sees them now.
#[derive(Debug, Clone, Default)]
struct OpenWindows {
    writer: Arc<str>,
    windows: BTreeMap<i64, RecordBatch>,
}

impl TableView {
    fn empty(table: Table) -> Self {
        let lake = Arc::new(LakeSnapshot::empty(table));
        Self { lake, committed: 0, hot: HotRows::new(table), open: Arc::default() }
    }

    pub fn lake(&self) -> &Arc<LakeSnapshot> {
        &self.lake
    }

    /// Of a table that the log feeds: the last frame whose rows are known to be in [`Self::lake`]. Of a table of windows:
    /// the highest `settled_frame` that this process's writer committed ([`crate::Store::commit_windows`]).
    pub fn committed(&self) -> u64 {
        self.committed
    }

    /// The rows that are not in [`Self::lake`], in batches of exactly the table's schema: of a table that the log feeds the
    /// hot ones, of a table of windows those of open windows.
    pub fn hot(&self) -> Vec<CodedBatch> {
        let open = self.open.windows.values().map(|rows| CodedBatch::from(rows.clone()));
        self.hot.batches().cloned().chain(open).collect()
    }

    /// The open windows with their rows, the oldest first. Each state of a window has columns of its own.
    pub fn open_windows(&self) -> impl Iterator<Item = (i64, &RecordBatch)> {
        self.open.windows.iter().map(|(window_ns, rows)| (*window_ns, rows))
    }

    /// The lake files to read: those that no open window takes the place of.
    pub fn files(&self) -> impl Iterator<Item = &Arc<LakeFile>> {
        self.lake.files.iter().filter(|file| !self.is_open(file))
    }

    /// The windows of a lake file whose rows a reader leaves out: they were written again, or are in [`Self::hot`] as a newer state.
    pub fn windows_left_out(&self, file: &LakeFile) -> Vec<i64> {
        let mut windows = self.lake.superseded_windows_to_read(file).to_vec();
        let held = file.windows.as_ref().filter(|held| held.writer == self.open.writer);
        let has =
            |window_ns: &&i64| held.is_some_and(|held| held.marks.iter().any(|mark| mark.window_ns == **window_ns));
        windows.extend(self.open.windows.keys().filter(has));
        windows
    }

    /// Whether what a lake file holds is in [`Self::hot`] as a newer state, so that a reader leaves the file out.
    pub fn is_open(&self, file: &LakeFile) -> bool {
        let held = file.windows.as_ref().filter(|held| held.writer == self.open.writer);
        held.is_some_and(|held| held.marks.iter().all(|mark| self.open.windows.contains_key(&mark.window_ns)))
    }
}

/// The views of all tenants; one writer at a time, readers never wait.
#[derive(Debug, Default)]
pub(crate) struct Views {
    current: ArcSwap<BTreeMap<TenantId, Arc<TenantView>>>,
    writing: Mutex<Written>,
    /// Bytes that the readers of feeds have not taken yet.
    unread: Arc<AtomicU64>,
}

/// What only writers need to know.
#[derive(Debug, Default)]
struct Written {
    /// The newest frame that was published.
    last: u64,
    feeds: Vec<FeedSender>,
}

/// Memory and rows that are hot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct HotSize {
    pub bytes: u64,
    pub spans: u64,
}

/// What a flush takes: the rows up to frame `last`, of tenants that have any.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub last: u64,
    pub tenants: Vec<(TenantId, Arc<TenantView>)>,
}

impl Sealed {
    /// The rows of a table of a sealed view that come after frame `committed`.
    pub fn batches(&self, view: &TenantView, table: Table, committed: u64) -> Vec<CodedBatch> {
        view.table(table).hot.batches_between(committed, self.last)
    }
}

impl Views {
    /// The tenant's view now.
    pub fn of(&self, tenant: &TenantId) -> Arc<TenantView> {
        self.current.load().get(tenant).cloned().unwrap_or_else(|| Arc::new(TenantView::empty(tenant.clone())))
    }

    /// The tenant's view, with every frame that a feed has yielded: those are sent before they are visible.
    pub fn after_feed(&self, tenant: &TenantId) -> Arc<TenantView> {
        let _until_visible = self.writing.lock();
        self.of(tenant)
    }

    /// The tenants that have data.
    pub fn tenants(&self) -> Vec<TenantId> {
        self.current.load().keys().cloned().collect()
    }

    /// Whether one of some tables lacks the rows of a frame, so that a replay must bring them.
    pub fn lacks(&self, tenant: &TenantId, tables: &[Table], frame: u64) -> bool {
        let view = self.of(tenant);
        tables.iter().any(|table| view.table(*table).committed < frame)
    }

    pub fn hot_size(&self) -> HotSize {
        let current = self.current.load();
        let tables = current.values().flat_map(|view| &view.tables);
        let spans = current.values().map(|view| view.table(Table::Spans).hot.rows());
        HotSize { bytes: tables.map(|table| table.hot.bytes()).sum(), spans: spans.sum() }
    }

    /// Makes the rows of durable frames visible, all at once. A table that has a frame's rows in its lake skips it.
    pub fn publish(&self, frames: impl IntoIterator<Item = (u64, TenantId, Rows)>) {
        self.change(|views, written| {
            for (number, tenant, rows) in frames {
                written.last = written.last.max(number);
                let view = entry(views, tenant.clone());
                if number > view.table(Table::Spans).committed && rows.spans.num_rows() > 0 {
                    written.feeds.retain(|feed| feed.send(number, &tenant, &rows.spans));
                }
                for table in Table::LOGGED {
                    let target = view.table_mut(table);
                    let is_news = |rows: &CodedBatch| number > target.committed && rows.num_rows() > 0;
                    if let Some(rows) = rows.of(table).filter(is_news) {
                        target.hot.push(number, rows);
                    }
                }
            }
        });
    }

    /// Puts the lake's part of a table in, and takes the hot rows that are in it away, in one step.
    pub fn set_lake(&self, tenant: &TenantId, table: Table, lake: Arc<LakeSnapshot>, committed: u64) {
        self.change(|views, _| {
            let target = entry(views, tenant.clone()).table_mut(table);
            target.lake = lake;
            target.committed = target.committed.max(committed);
            let committed = target.committed;
            target.hot.drop_through(committed);
        });
    }

    /// Puts a commit of windows in, which are open no longer.
    pub fn set_closed(
        &self,
        tenant: &TenantId,
        table: Table,
        lake: Arc<LakeSnapshot>,
        committed: u64,
        closed: impl IntoIterator<Item = i64>,
    ) {
        self.change(|views, _| {
            let target = entry(views, tenant.clone()).table_mut(table);
            target.lake = lake;
            target.committed = target.committed.max(committed);
            let open = Arc::make_mut(&mut target.open);
            closed.into_iter().for_each(|window_ns| {
                open.windows.remove(&window_ns);
            });
        });
    }

    /// Shows states of open windows, of several tables at once. A window without rows is shown no longer.
    pub fn set_open(&self, tenant: &TenantId, writer: &str, windows: Vec<(Table, i64, RecordBatch)>) {
        self.change(|views, _| {
            let view = entry(views, tenant.clone());
            for (table, window_ns, rows) in windows {
                let open = Arc::make_mut(&mut view.table_mut(table).open);
                if &*open.writer != writer {
                    open.writer = writer.into();
                }
                match rows.num_rows() {
                    0 => open.windows.remove(&window_ns),
                    _ => open.windows.insert(window_ns, rows),
                };
            }
        });
    }

    /// The picture up to now, and what is published from now on. Frames up to `at_start` are in the picture in any case.
    pub fn feed(&self, at_start: u64) -> (FeedStart, SpanFeed) {
        self.change(|views, written| {
            let (sender, feed) = feed::open(Arc::clone(&self.unread));
            written.feeds.push(sender);
            (FeedStart { last_frame: written.last.max(at_start), views: views.clone() }, feed)
        })
    }

    /// Ends the feeds: their readers get what was published and then nothing more.
    pub fn close_feeds(&self) {
        self.change(|_, written| written.feeds.clear());
    }

    /// Bytes that the readers of feeds have not taken yet.
    pub fn unread_bytes(&self) -> u64 {
        self.unread.load(Ordering::Relaxed)
    }

    /// Closes the hot rows so far for a flush.
    pub fn seal(&self) -> Sealed {
        self.change(|views, written| {
            for view in views.values_mut() {
                Arc::make_mut(view).tables.iter_mut().for_each(|table| table.hot.seal());
            }
            let has_hot = |view: &TenantView| view.tables.iter().any(|table| !table.hot.is_empty());
            let tenants = views.iter().filter(|(_, view)| has_hot(view));
            Sealed { last: written.last, tenants: tenants.map(|(t, v)| (t.clone(), Arc::clone(v))).collect() }
        })
    }

    fn change<T>(&self, change: impl FnOnce(&mut BTreeMap<TenantId, Arc<TenantView>>, &mut Written) -> T) -> T {
        let mut written = self.writing.lock();
        let mut views = BTreeMap::clone(&self.current.load());
        let result = change(&mut views, &mut written);
        self.current.store(Arc::new(views));
        result
    }
}

fn entry(views: &mut BTreeMap<TenantId, Arc<TenantView>>, tenant: TenantId) -> &mut TenantView {
    Arc::make_mut(views.entry(tenant.clone()).or_insert_with(|| Arc::new(TenantView::empty(tenant))))
}
