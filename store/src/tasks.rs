//! The store's background work: flushing, compaction, checkpoints, retention, scrubbing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{error, warn};

use crate::retention;
use crate::scrub::Scrub;
use crate::store::Inner;
use crate::time::bucket_start_ns;
use crate::{compaction, flush};

/// How often it is looked whether a flush is due by age or by the clock.
const TICK: Duration = Duration::from_millis(500);
const RETRY_MIN: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(30);
const HOUSEKEEPING_INTERVAL: Duration = Duration::from_mins(1);
/// Looking for files that no table names reads every directory of the lake.
const ORPHANS_INTERVAL: Duration = Duration::from_hours(1);

/// Starts the tasks; they end when the store is stopping.
pub(crate) fn spawn(inner: &Arc<Inner>) -> Vec<JoinHandle<()>> {
    let mut tasks = vec![tokio::spawn(flush_when_due(Arc::clone(inner))), tokio::spawn(keep_house(Arc::clone(inner)))];
    if inner.config.compaction.enabled {
        tasks.push(tokio::spawn(compact_when_due(Arc::clone(inner))));
    }
    tasks
}

async fn flush_when_due(inner: Arc<Inner>) {
    let mut stopping = inner.stopping.subscribe();
    let mut retry = RETRY_MIN;
    let mut due = Due::new(&inner);
    while !is_stopping(&stopping) {
        tokio::select! {
            () = inner.flush_wanted.notified() => due.wanted = true,
            () = tokio::time::sleep(TICK) => {}
            _ = stopping.changed() => return,
        }
        if !due.is_due(&inner) {
            continue;
        }
        match flush::flush(&inner).await {
            Ok(()) => {
                retry = RETRY_MIN;
                due = Due::new(&inner);
            }
            Err(failure) => {
                inner.metrics.flush.failures.inc();
                error!(error = %chain(&failure), retry_s = retry.as_secs(), "failed to flush, everything stays in the log");
                tokio::select! {
                    () = tokio::time::sleep(retry) => {}
                    _ = stopping.changed() => return,
                }
                retry = (retry * 2).min(RETRY_MAX);
                due.wanted = true;
            }
        }
    }
}

/// When the next flush is due.
struct Due {
    wanted: bool,
    hot_since: Option<Instant>,
    bucket_ns: i64,
}

impl Due {
    fn new(inner: &Inner) -> Self {
        Self { wanted: false, hot_since: None, bucket_ns: bucket_start_ns(inner.clock.now_ns()) }
    }

    fn is_due(&mut self, inner: &Inner) -> bool {
        let bucket_ns = bucket_start_ns(inner.clock.now_ns());
        if inner.metrics.hot.bytes.get() == 0 {
            *self = Self { wanted: false, hot_since: None, bucket_ns };
            return false;
        }
        let hot_since = *self.hot_since.get_or_insert_with(Instant::now);
        self.wanted || bucket_ns != self.bucket_ns || hot_since.elapsed() >= inner.config.hot.age_max
    }
}

async fn keep_house(inner: Arc<Inner>) {
    let mut stopping = inner.stopping.subscribe();
    let mut checkpoints: HashMap<String, u64> = HashMap::new();
    let mut scrub = Scrub::default();
    let mut orphans_due = Instant::now();
    while !is_stopping(&stopping) {
        if Instant::now() >= orphans_due {
            orphans_due += ORPHANS_INTERVAL;
            if let Err(failure) = retention::delete_orphans(&inner).await {
                warn!(error = %chain(&failure), "failed to delete files that no table names");
            }
        }
        sweep_series(&inner).await;
        if let Err(failure) = retention::retain(&inner).await {
            warn!(error = %chain(&failure), "failed to drop old data");
        }
        write_checkpoints(&inner, &mut checkpoints).await;
        scrub.turn(&inner).await;
        tokio::select! {
            () = tokio::time::sleep(HOUSEKEEPING_INTERVAL) => {}
            _ = stopping.changed() => return,
        }
    }
}

async fn compact_when_due(inner: Arc<Inner>) {
    let mut stopping = inner.stopping.subscribe();
    while !is_stopping(&stopping) {
        tokio::select! {
            () = tokio::time::sleep(inner.config.compaction.interval) => {}
            _ = stopping.changed() => return,
        }
        if let Err(failure) = compaction::compact(&inner).await {
            warn!(error = %chain(&failure), "failed to put files together, they stay as they are");
        }
    }
}

/// Forgetting series may take a second where there are a million.
async fn sweep_series(inner: &Arc<Inner>) {
    let sweeper = Arc::clone(inner);
    if let Err(failure) = tokio::task::spawn_blocking(move || sweeper.sweep_series()).await {
        warn!(%failure, "failed to forget old series");
    }
}

async fn write_checkpoints(inner: &Inner, written: &mut HashMap<String, u64>) {
    let lakes = inner.lakes.lock().await;
    for table in lakes.iter().flat_map(|(_, lake)| lake) {
        let name = table.location().to_string();
        let last = match written.get(&name) {
            Some(last) => *last,
            None => table.checkpointed().await,
        };
        match table.checkpoint_if_due(last).await {
            Ok(version) => _ = written.insert(name, version),
            Err(failure) => warn!(error = %chain(&failure), "failed to write a checkpoint"),
        }
    }
}

fn is_stopping(stopping: &watch::Receiver<bool>) -> bool {
    *stopping.borrow()
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
