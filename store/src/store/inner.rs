//! What all handles, threads and tasks of a store share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::{AppendError, Decode, RETRY_AFTER};
use crate::config::Config;
use crate::flush::series::hot_series;
use crate::ids::TenantId;
use crate::lake::location::Location;
use crate::lakes::Lakes;
use crate::lock::DataLock;
use crate::metrics::Metrics;
use crate::schema::Rows;
use crate::series::ReadError;
use crate::series::catalog::Catalogs;
use crate::series::read::KnownFiles;
use crate::time::Clock;
use crate::view::Views;
use crate::wal::{PAYLOAD_BYTES_MAX, RecoverError, Recovery, SegmentReport, WalHandle, read_frames};

/// Hot rows, and those that the reader of a feed has not taken, may grow to this many times `hot.bytes_max`, while a flush
/// is on its way.
const HOT_BOUND: u64 = 2;

pub(crate) struct Inner {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
    pub decode: Arc<dyn Decode>,
    pub metrics: Metrics,
    pub views: Views,
    pub lakes: tokio::sync::Mutex<Lakes>,
    /// Where all of them lie.
    pub location: Location,
    /// The name under which this log's frames are committed.
    pub app_id: String,
    /// What the series of all tenants are called.
    pub catalogs: Catalogs,
    pub known_files: KnownFiles,
    /// Wakes the flusher.
    pub flush_wanted: Notify,
    /// False for a lake that is only read.
    pub is_writable: bool,
    /// Turns true when the tasks shall end.
    pub stopping: watch::Sender<bool>,
    pub(super) wal: Mutex<Option<(WalHandle, std::thread::JoinHandle<()>)>>,
    pub(super) recovery: Recovery,
    /// The newest frame that any table has, or has taken into account, at the start.
    pub(super) committed_at_start: u64,
    pub(super) ready: AtomicBool,
    pub(super) in_flight: AtomicU64,
    pub(super) in_flight_ended: Notify,
    pub(super) tasks: Mutex<Vec<JoinHandle<()>>>,
    pub(super) _lock: DataLock,
}

impl Inner {
    /// Whether a request can be taken now.
    pub fn admit(&self, payload_bytes: usize) -> Result<(), AppendError> {
        if *self.stopping.borrow() || !self.is_writable {
            return Err(AppendError::Stopping);
        }
        if !self.ready.load(Ordering::Acquire) {
            return Err(AppendError::NotReady);
        }
        let overloaded = |what| AppendError::Overloaded { what, retry_after: RETRY_AFTER };
        let unread = self.views.unread_bytes();
        self.metrics.hot.unread.set(unread);
        if self.metrics.hot.bytes.get() + unread >= HOT_BOUND * self.config.hot.bytes_max.as_u64() {
            return Err(overloaded("twice hot.bytes_max"));
        }
        if self.backlog_bytes() >= self.config.wal.backlog_bytes_max.as_u64() {
            return Err(overloaded("wal.backlog_bytes_max"));
        }
        if payload_bytes > PAYLOAD_BYTES_MAX {
            return Err(AppendError::Wal(format!(
                "a frame holds at most {PAYLOAD_BYTES_MAX} bytes, not {payload_bytes}"
            )));
        }
        Ok(())
    }

    /// Makes rows visible and wakes the flusher if they are enough.
    pub fn publish(&self, frames: impl IntoIterator<Item = (u64, TenantId, Rows)>) {
        self.views.publish(frames);
        if self.note_hot_size() >= self.config.hot.bytes_max.as_u64() || self.backlog_is_half_full() {
            self.flush_wanted.notify_one();
        }
    }

    fn backlog_is_half_full(&self) -> bool {
        self.backlog_bytes() >= self.config.wal.backlog_bytes_max.as_u64() / 2
    }

    /// Returns the bytes that are hot.
    pub fn note_hot_size(&self) -> u64 {
        let size = self.views.hot_size();
        self.metrics.hot.bytes.set(size.bytes);
        self.metrics.hot.rows.set(size.spans);
        size.bytes
    }

    pub fn backlog_bytes(&self) -> u64 {
        self.wal.lock().as_ref().map_or(0, |(handle, _)| handle.backlog_bytes())
    }

    /// Removes log segments up to a frame; without a running log there is nothing to remove.
    pub async fn trim_wal(&self, through: u64) -> std::io::Result<()> {
        let handle = self.wal.lock().as_ref().map(|(handle, _)| handle.clone());
        match handle {
            Some(handle) => handle.trim(through).await,
            None => Ok(()),
        }
    }

    /// When the first frames of the log came in; `None` when there is none.
    pub async fn recovered_oldest_ns(&self) -> Result<Option<i64>, RecoverError> {
        let Some(segment) = self.recovery.segments.iter().find(|segment| segment.frames > 0).cloned() else {
            return Ok(None);
        };
        let wal = self.recovery.wal;
        let frames = tokio::task::spawn_blocking(move || read_frames(&segment, &wal)).await;
        let frames = frames.unwrap_or_else(|_| Ok(Vec::new()))?;
        Ok(frames.iter().map(|(header, _)| header.received_ns).min())
    }

    /// Loads what recent series are called, as far as the lake says, and frames that came in since `oldest_ns` need.
    pub async fn load_series(&self, oldest_ns: i64) -> Result<(), ReadError> {
        for tenant in self.views.tenants() {
            let view = self.views.of(&tenant);
            self.catalogs.load(&tenant, &view, &self.location, &self.known_files, oldest_ns).await?;
        }
        self.catalogs.begin(oldest_ns);
        Ok(())
    }

    pub fn recovered_segments(&self) -> &[SegmentReport] {
        &self.recovery.segments
    }

    pub fn recovered_last(&self) -> u64 {
        self.recovery.last()
    }

    pub fn recovered_wal(&self) -> uuid::Uuid {
        self.recovery.wal
    }

    /// Forgets series that nobody sends any more, once an hour; says how many there are.
    pub fn sweep_series(&self) {
        self.catalogs.set_now(self.clock.now_ns(), |tenant| hot_series(&self.views.of(tenant)));
        let (active, collisions) = self.catalogs.totals();
        self.metrics.series.active.set(active as u64);
        self.metrics.series.collisions.set(collisions);
    }

    /// Waits until no append is under way.
    pub async fn until_idle(&self) {
        loop {
            let ended = self.in_flight_ended.notified();
            if self.in_flight.load(Ordering::SeqCst) == 0 {
                return;
            }
            ended.await;
        }
    }
}

/// An append that is under way.
pub(super) struct InFlight<'a>(&'a Inner);

impl<'a> InFlight<'a> {
    pub fn begin(inner: &'a Inner) -> Self {
        inner.in_flight.fetch_add(1, Ordering::SeqCst);
        Self(inner)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        if self.0.in_flight.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.in_flight_ended.notify_waiters();
        }
    }
}
