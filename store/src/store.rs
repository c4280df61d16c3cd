//! The store's front door: append, view, flush, shut down.

/// What all handles, threads and tasks share.
mod inner;

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::RecordBatch;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::ObjectStore;
use parking_lot::Mutex;
use prometheus_client::registry::Registry;
use thiserror::Error;
use tokio::sync::{Notify, oneshot, watch};

use self::inner::InFlight;
pub(crate) use self::inner::Inner;
use crate::compaction::{self, CompactionError};
use crate::config::Config;
use crate::feed::{FeedStart, SpanFeed};
use crate::flush::{self, FlushError};
use crate::ids::TenantId;
use crate::lake::location::Location;
use crate::lake::{LakeError, LakeFile};
use crate::lakes::Lakes;
use crate::lock::{DataLock, LockError};
use crate::metrics::Metrics;
use crate::replay::{self, ReplayFailed};
use crate::scan::{Scan, ScanError};
use crate::schema::exemplars::ExemplarRow;
use crate::schema::{Rows, Table};
use crate::series::catalog::{Catalog, Catalogs};
use crate::series::read::{KnownFiles, SeriesReader};
use crate::series::{Labels, Matcher, ReadError, SampleQuestion, SeriesId, SeriesIndex, SeriesSamples};
use crate::tasks;
use crate::time::{Clock, SystemClock};
use crate::view::{TenantView, Views};
use crate::wal::{
    FrameHeader, Pending, QueueRefusal, RecoverError, Recovery, WalRequest, WalWriter, inspect, recover, spawn,
};
use crate::windows::{self, CommittedWindows, WindowRows, WindowsError};

/// The one shard of a process.
const SHARD: &str = "0";
const WAL_DIR: &str = "wal";
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Decodes a WAL frame again as it was decoded when it came.
pub trait Decode: Send + Sync + 'static {
    /// A pure function of its arguments: `header.received_ns` is "now".
    ///
    /// # Errors
    /// When the payload is not what the header says. Only decoded requests are appended, so this stops a replay.
    fn decode(&self, header: &FrameHeader, payload: &Bytes) -> Result<Rows, DecodeFailed>;

    /// The tables that frames of a kind put rows into: a frame that all of them have need not be decoded again.
    fn feeds(&self, _kind: u8) -> &'static [Table] {
        &[Table::Spans, Table::Traces]
    }
}

/// A frame that cannot be decoded, and why.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct DecodeFailed(pub String);

/// A request that is decoded and not stored yet.
#[derive(Debug, Clone)]
pub struct Append {
    pub tenant: TenantId,
    /// What the payload is, as the decoder numbers it; 0 is the store's own.
    pub kind: u8,
    /// How the payload is encoded, as the decoder numbers it.
    pub encoding: u8,
    pub received_ns: i64,
    /// The request as received.
    pub payload: Bytes,
    /// What `Decode` makes of it.
    pub rows: Rows,
}

/// Why a request was not stored. All are worth a retry: HTTP 503 with `Retry-After`, gRPC `UNAVAILABLE` with `RetryInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppendError {
    #[error("the log is still being replayed")]
    NotReady,
    #[error("{what} is reached")]
    Overloaded { what: &'static str, retry_after: Duration },
    #[error("failed to write the log: {0}")]
    Wal(String),
    #[error("the server is stopping")]
    Stopping,
}

impl AppendError {
    /// When to try again.
    pub fn retry_after(&self) -> Duration {
        match self {
            Self::Overloaded { retry_after, .. } => *retry_after,
            _ => RETRY_AFTER,
        }
    }
}

/// Why a store cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    #[error("{0}")]
    Config(String),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Wal(#[from] RecoverError),
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Replay(#[from] ReplayFailed),
    #[error("failed to access {}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
}

/// A handle to the store; clones are the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

impl Store {
    /// Locks the directory, opens the tables and finds the end of the log. Nothing is appended before [`Self::start`].
    ///
    /// # Errors
    /// When another process has the directory, or something in it cannot be read; the message names it.
    pub async fn open(
        config: Config,
        decode: Arc<dyn Decode>,
        clock: Arc<dyn Clock>,
        registry: &mut Registry,
    ) -> Result<Self, OpenError> {
        let config = absolute(config)?;
        let lock = DataLock::acquire(&config.data_dir)?;
        let wal_dir = wal_dir(&config.data_dir);
        let recovery = blocking(move || recover(&wal_dir)).await?;
        Self::assemble(config, decode, clock, Metrics::new(registry), recovery, lock, true).await
    }

    /// Opens a stopped lake for reading: takes the lock, replays the log into memory, writes nothing. When this returns the
    /// views are complete and [`Self::is_ready`] is true; requests and flushes are refused.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_read_only(config: Config, decode: Arc<dyn Decode>) -> Result<Self, OpenError> {
        let config = absolute(config)?;
        if !config.data_dir.is_dir() {
            let source = std::io::ErrorKind::NotFound.into();
            return Err(OpenError::Io { path: config.data_dir, source });
        }
        let lock = DataLock::acquire(&config.data_dir)?;
        let wal_dir = wal_dir(&config.data_dir);
        let recovery = blocking(move || inspect(&wal_dir)).await?;
        let metrics = Metrics::new(&mut Registry::default());
        let store = Self::assemble(config, decode, Arc::new(SystemClock), metrics, recovery, lock, false).await?;
        replay::replay(&store.inner, false).await?;
        store.inner.ready.store(true, Ordering::Release);
        Ok(store)
    }

    async fn assemble(
        config: Config,
        decode: Arc<dyn Decode>,
        clock: Arc<dyn Clock>,
        metrics: Metrics,
        recovery: Recovery,
        lock: DataLock,
        is_writable: bool,
    ) -> Result<Self, OpenError> {
        let location = if is_writable { Location::cached(&config, &metrics.cache)? } else { Location::of(&config)? };
        let lakes = Lakes::open(location.clone()).await?;
        let app_id = format!("{}/{SHARD}", recovery.wal);
        let views = Views::default();
        let mut committed_at_start = 0;
        for (tenant, lake) in lakes.iter() {
            for table in lake {
                let committed = table.committed(&app_id).await?;
                let seen = table.snapshot().windows(&app_id).map(|mark| mark.last_frame).max().unwrap_or_default();
                committed_at_start = committed_at_start.max(committed).max(seen);
                views.set_lake(tenant, table.table(), Arc::clone(table.snapshot()), committed);
            }
        }
        let catalogs = Catalogs::new(&config.metrics, clock.now_ns());
        let inner = Inner {
            config,
            clock,
            decode,
            metrics,
            views,
            lakes: tokio::sync::Mutex::new(lakes),
            location,
            app_id,
            catalogs,
            known_files: KnownFiles::default(),
            flush_wanted: Notify::new(),
            is_writable,
            stopping: watch::Sender::new(false),
            wal: Mutex::new(None),
            recovery,
            committed_at_start,
            ready: AtomicBool::new(false),
            in_flight: AtomicU64::new(0),
            in_flight_ended: Notify::new(),
            tasks: Mutex::new(Vec::new()),
            _lock: lock,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Replays the log, then takes requests. When this returns [`Self::is_ready`] is true.
    ///
    /// # Errors
    /// When the log cannot be replayed or the flushes on the way fail.
    pub async fn start(&self) -> Result<(), OpenError> {
        let inner = &self.inner;
        inner.location.check_conditional_puts().await?;
        inner.lakes.lock().await.sync()?;
        let dir = wal_dir(&inner.config.data_dir);
        let segment_bytes = inner.config.wal.segment_bytes.as_u64();
        let writer = WalWriter::new(&dir, &inner.recovery, inner.committed_at_start, segment_bytes);
        let publisher = Arc::downgrade(inner);
        let published = Box::new(move |group: Vec<(u64, Pending, Rows)>| {
            if let Some(inner) = publisher.upgrade() {
                inner.publish(group.into_iter().map(|(number, pending, rows)| (number, pending.tenant, rows)));
            }
        });
        let interval = inner.config.wal.commit_interval;
        let thread = spawn(writer, interval, published, inner.metrics.wal.clone())
            .map_err(|source| OpenError::Io { path: dir, source })?;
        *inner.wal.lock() = Some(thread);
        replay::replay(inner, true).await?;
        inner.ready.store(true, Ordering::Release);
        inner.tasks.lock().extend(tasks::spawn(inner));
        Ok(())
    }

    /// Whether the log is replayed and requests are taken.
    pub fn is_ready(&self) -> bool {
        self.inner.ready.load(Ordering::Acquire)
    }

    /// Stores a request. When this returns `Ok` its payload is on disk (in the log, synced with the group commit) and its
    /// rows are in every view taken from then on. After an error, or when the future is dropped, it may or may not be
    /// stored; a sender that resends it makes it stored twice at most, and reading folds the copies.
    ///
    /// # Errors
    /// See [`AppendError`]; nothing was acknowledged.
    pub async fn append(&self, append: Append) -> Result<(), AppendError> {
        let inner = &self.inner;
        let _in_flight = InFlight::begin(inner);
        inner.admit(append.payload.len())?;
        // Whoever sees a sample must find what it is called, so that this comes before.
        inner.catalogs.note(&append.tenant, &append.rows, append.received_ns);
        let (done, durable) = oneshot::channel();
        let Append { tenant, kind, encoding, received_ns, payload, rows } = append;
        let request = WalRequest { pending: Pending { tenant, kind, encoding, received_ns, payload }, rows, done };
        let wal = inner.wal.lock().as_ref().map(|(handle, _)| handle.clone()).ok_or(AppendError::Stopping)?;
        wal.append(request).map_err(|refusal| match refusal {
            QueueRefusal::Full => AppendError::Overloaded { what: "the queue of the log", retry_after: RETRY_AFTER },
            QueueRefusal::Stopped => AppendError::Stopping,
        })?;
        drop(wal);
        match durable.await {
            Ok(Ok(_number)) => Ok(()),
            Ok(Err(error)) => Err(AppendError::Wal(error.to_string())),
            Err(_) => Err(AppendError::Stopping),
        }
    }

    /// What a tenant's tables hold now: hot and lake, as one consistent picture.
    pub fn view(&self, tenant: &TenantId) -> Arc<TenantView> {
        self.inner.views.of(tenant)
    }

    /// As [`Self::view`], with every frame that a feed has yielded by now; and every frame that it has, feeds will yield
    /// without waiting. It may wait for a writer of views, which takes microseconds.
    pub fn view_after_feed(&self, tenant: &TenantId) -> Arc<TenantView> {
        self.inner.views.after_feed(tenant)
    }

    /// The tenants that have data.
    pub fn tenants(&self) -> Vec<TenantId> {
        self.inner.views.tenants()
    }

    /// The index of a tenant's active series.
    pub fn series_index(&self, tenant: &TenantId) -> Arc<SeriesIndex> {
        self.inner.catalogs.of(tenant)
    }

    /// The series that fulfil all conditions and may have samples in a time, by id. Series that were active in the last
    /// hours are among them whenever their samples are.
    ///
    /// # Errors
    /// When a file cannot be read, or they are more than `series_max`.
    pub async fn select_series(
        &self,
        tenant: &TenantId,
        view: &TenantView,
        matchers: &[Matcher],
        times_ms: RangeInclusive<i64>,
        series_max: usize,
    ) -> Result<Vec<(SeriesId, Labels)>, ReadError> {
        self.catalog(tenant, view).select(matchers, times_ms, series_max).await
    }

    /// The names of labels of such series, ascending. See [`Self::select_series`].
    ///
    /// # Errors
    /// When a file cannot be read.
    pub async fn label_names(
        &self,
        tenant: &TenantId,
        view: &TenantView,
        matchers: &[Matcher],
        times_ms: RangeInclusive<i64>,
    ) -> Result<BTreeSet<Arc<str>>, ReadError> {
        self.catalog(tenant, view).label_names(matchers, times_ms).await
    }

    /// The values that such series have of a label, ascending. See [`Self::select_series`].
    ///
    /// # Errors
    /// When a file cannot be read.
    pub async fn label_values(
        &self,
        tenant: &TenantId,
        view: &TenantView,
        name: &str,
        matchers: &[Matcher],
        times_ms: RangeInclusive<i64>,
    ) -> Result<BTreeSet<Arc<str>>, ReadError> {
        self.catalog(tenant, view).label_values(name, matchers, times_ms).await
    }

    fn catalog<'a>(&'a self, tenant: &TenantId, view: &'a TenantView) -> Catalog<'a> {
        let inner = &self.inner;
        Catalog {
            active: inner.catalogs.of(tenant),
            active_from: inner.catalogs.active_from(),
            objects: self.object_store(),
            known: &inner.known_files,
            view,
        }
    }

    /// The samples of series that have any in a time, in the order of ids. Of samples of one series at one time the one
    /// that was stored first counts.
    ///
    /// # Errors
    /// When a file cannot be read, or they are more than the question allows.
    pub async fn read_samples(
        &self,
        view: &TenantView,
        question: &SampleQuestion<'_>,
    ) -> Result<Vec<SeriesSamples>, ReadError> {
        SeriesReader { objects: self.object_store(), known: &self.inner.known_files, view }.samples(question).await
    }

    /// The exemplars of series in a time, in the order of ids and times.
    ///
    /// # Errors
    /// As [`Self::read_samples`].
    pub async fn read_exemplars(
        &self,
        view: &TenantView,
        question: &SampleQuestion<'_>,
    ) -> Result<Vec<ExemplarRow>, ReadError> {
        SeriesReader { objects: self.object_store(), known: &self.inner.known_files, view }.exemplars(question).await
    }

    /// The rows of a lake file that a scan keeps.
    pub fn scan<'a>(&self, scan: &'a Scan, file: &'a LakeFile) -> BoxStream<'a, Result<RecordBatch, ScanError>> {
        scan.file(self.object_store(), file)
    }

    /// The object store that the paths of lake files refer to.
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(self.inner.location.objects())
    }

    /// Flushes what is hot now. When this returns it is in the lake and the log is trimmed.
    ///
    /// # Errors
    /// When a step fails; everything stays hot or in the log and the next flush takes it up.
    pub async fn flush(&self) -> Result<(), FlushError> {
        flush::flush(&self.inner).await
    }

    /// Puts files of the lake together that belong together now; it is done again and again without being asked.
    ///
    /// # Errors
    /// When a step fails; the files stay as they are.
    pub async fn compact(&self) -> Result<(), CompactionError> {
        compaction::compact(&self.inner).await
    }

    /// The name of this process among those that write windows: its log and shard. The frames in a window's mark are
    /// frames of that log.
    pub fn writer(&self) -> &str {
        &self.inner.app_id
    }

    /// Whether somebody is writing tables just now: then [`Store::commit_windows`] waits, as long as a flush may take.
    pub fn is_writing(&self) -> bool {
        self.inner.lakes.try_lock().is_err()
    }

    /// Writes windows of a table, each in place of what this writer wrote of it before. When this returns `Ok` all of them
    /// are in the lake and in every view taken from then on; after an error, or when the future is dropped, all are or
    /// none is, and it may be called again with the same windows.
    ///
    /// `settled_frame` says: of spans up to that frame, every window of the table that they touch is written as they want
    /// it, or has never been written. The table keeps the highest such frame ([`TableView::committed`]); after a start only
    /// later spans can touch windows that were written.
    ///
    /// [`TableView::committed`]: crate::TableView::committed
    ///
    /// # Errors
    /// When the rows are not those of the windows, or a step fails.
    pub async fn commit_windows(
        &self,
        tenant: &TenantId,
        table: Table,
        windows: Vec<WindowRows>,
        settled_frame: u64,
    ) -> Result<CommittedWindows, WindowsError> {
        if *self.inner.stopping.borrow() || !self.inner.is_writable || !self.is_ready() {
            return Err(WindowsError::NotRunning);
        }
        windows::commit(&self.inner, tenant, table, windows, settled_frame).await
    }

    /// Shows states of windows that are not closed yet, those of all tables in one step; [`TableView::hot`] has them until
    /// they are shown anew or [`Self::commit_windows`] writes them. A window without rows is shown no longer. The rows are of
    /// the table's schema, and what `revision` and `writer` say in them is 0 and null.
    ///
    /// [`TableView::hot`]: crate::TableView::hot
    pub fn show_open_windows(&self, tenant: &TenantId, windows: Vec<(Table, i64, RecordBatch)>) {
        self.inner.views.set_open(tenant, &self.inner.app_id, windows);
    }

    /// The picture of what is published, and every span that is published after it: in the order of frames, each exactly
    /// once. To be called when [`Self::start`] has returned, so that what is replayed is in the picture.
    pub fn span_feed(&self) -> (FeedStart, SpanFeed) {
        let inner = &self.inner;
        // Frames that every table has are not replayed, and yet they are in the picture.
        let at_start = inner.recovery.last().max(inner.committed_at_start);
        inner.views.feed(if self.is_ready() { at_start } else { 0 })
    }

    /// Forgets series that nobody sends any more, drops old hours and deletes what no reader can hold any more; the store
    /// does this by itself every minute.
    ///
    /// # Errors
    /// When a table cannot be changed.
    pub async fn retain(&self) -> Result<(), LakeError> {
        self.inner.sweep_series();
        crate::retention::retain(&self.inner).await
    }

    /// Refuses new requests, waits for those that are under way, flushes, and stops the threads.
    ///
    /// # Errors
    /// When the flush fails; the log still holds everything and the next start replays it.
    pub async fn shutdown(&self) -> Result<(), FlushError> {
        let inner = &self.inner;
        inner.stopping.send_replace(true);
        inner.until_idle().await;
        let tasks = std::mem::take(&mut *inner.tasks.lock());
        for task in tasks {
            // A task that panicked has nothing left to wait for.
            let _ = task.await;
        }
        let flushed = if self.is_ready() && inner.is_writable { self.flush().await } else { Ok(()) };
        let wal = inner.wal.lock().take();
        if let Some((handle, thread)) = wal {
            drop(handle);
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        inner.views.close_feeds();
        flushed
    }
}

pub(crate) fn wal_dir(data_dir: &Path) -> PathBuf {
    data_dir.join(WAL_DIR).join(SHARD)
}

/// Delta wants absolute locations.
pub(crate) fn absolute(mut config: Config) -> Result<Config, OpenError> {
    config.validate().map_err(OpenError::Config)?;
    let absolute = std::path::absolute(&config.data_dir);
    config.data_dir = absolute.map_err(|source| OpenError::Io { path: config.data_dir.clone(), source })?;
    Ok(config)
}

async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, RecoverError> + Send + 'static,
) -> Result<T, OpenError> {
    match tokio::task::spawn_blocking(read).await {
        Ok(result) => Ok(result?),
        Err(error) => Err(OpenError::Io { path: PathBuf::from(WAL_DIR), source: std::io::Error::other(error) }),
    }
}

/// `Table::ALL` is in the order in which views and lakes keep their tables.
const _: () = {
    let mut at = 0;
    while at < Table::ALL.len() {
        assert!(Table::ALL[at] as usize == at);
        at += 1;
    }
};
