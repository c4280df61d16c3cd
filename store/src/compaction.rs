//! Makes few large files out of many small ones, so that a table keeps about as many files as it has hours.
//!
//! ```text
//! snapshot -> plan: which files belong together -> merge: rows in the table's order, into new files -> one commit that puts
//! the new files in the place of the old ones -> view
//! ```
//!
//! No row changes. Of windows that were written again the rows that count no longer are left out. Who reads an older version
//! goes on with the old files, which stay on disk longer than any query may run ([`crate::retention`]). What a crash leaves
//! of it are files that no table names; they are deleted as those of a flush are.

/// Rows of many files as those of one.
mod merge;
/// Which files.
mod plan;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use deltalake_core::kernel::Add;
use thiserror::Error;
use tracing::{debug, warn};

use self::merge::{MergeError, Merged, merge};
use self::plan::{Job, plan};
use crate::fault;
use crate::ids::TenantId;
use crate::lake::LakeError;
use crate::metrics::TableLabel;
use crate::schema::Table;
use crate::store::Inner;
use crate::verify::problem_in;

/// Why files were not put together. They stay as they are.
#[derive(Debug, Error)]
pub enum CompactionError {
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error("the merging thread stopped")]
    Merger(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Fault(#[from] fault::Injected),
    #[error("the lake was opened for reading")]
    ReadOnly,
}

/// Puts together what belongs together now. Between two jobs others commit; it ends early when the store is stopping.
///
/// # Errors
/// The first failure; other hours and tables were tried nevertheless.
pub(crate) async fn compact(inner: &Inner) -> Result<(), CompactionError> {
    if !inner.is_writable {
        return Err(CompactionError::ReadOnly);
    }
    let mut failure = None;
    for tenant in inner.views.tenants() {
        for table in Table::ALL {
            // One damaged file must not keep the other hours of its table as they are.
            let mut failed = BTreeSet::new();
            while let Some(job) = next_job(inner, &tenant, table, &failed) {
                if *inner.stopping.borrow() {
                    return Ok(());
                }
                let hour = job.hour.clone();
                if let Err(error) = run(inner, &tenant, table, job).await {
                    inner.metrics.compaction.failures.inc();
                    failure = failure.or(Some(error));
                    failed.insert(hour);
                }
            }
        }
    }
    failure.map_or(Ok(()), Err)
}

fn next_job(inner: &Inner, tenant: &TenantId, table: Table, failed: &BTreeSet<String>) -> Option<Job> {
    let view = inner.views.of(tenant);
    let bytes_max = inner.config.compaction.file_bytes_max.as_u64();
    plan(view.table(table).lake(), failed, inner.clock.now_ns(), bytes_max)
}

async fn run(inner: &Inner, tenant: &TenantId, table: Table, job: Job) -> Result<(), CompactionError> {
    let started = Instant::now();
    let job = Arc::new(job);
    let merged = merge_apart(inner, table, Arc::clone(&job)).await?;
    fault::point("compaction.before_files")?;
    let mut lakes = inner.lakes.lock().await;
    let lake = lakes.tenant(tenant).await?.iter_mut().find(|lake| lake.table() == table);
    let Some(lake) = lake else { return Ok(()) };
    let stores = merged.into_iter().map(|Merged { file, lineage }| lake.store_compacted(file, lineage));
    let added = lake.all_or_none(stores).await?;
    let committed = match fault::point("compaction.before_commit") {
        Ok(()) => lake.replace(&job.files, &added, inner.clock.now_ns()).await,
        Err(fault) => {
            lake.discard(&added).await;
            return Err(fault.into());
        }
    };
    let is_committed = committed?;
    // What came to light may have rows that are hot, too.
    let frame = lake.committed(&inner.app_id).await?;
    inner.views.set_lake(tenant, table, Arc::clone(lake.snapshot()), frame);
    if !is_committed {
        // Retention was here, or another process.
        lake.discard_refused(&added).await;
        return Ok(());
    }
    drop(lakes);
    fault::point("compaction.after_commit")?;
    count(inner, table, &job, &added);
    let elapsed_ms = started.elapsed().as_millis() as u64;
    debug!(%tenant, %table, hour = job.hour, files = job.files.len(), into = added.len(), elapsed_ms, "compacted");
    Ok(())
}

/// Reading, sorting and encoding take seconds of CPU time and stay off the I/O threads.
async fn merge_apart(inner: &Inner, table: Table, job: Arc<Job>) -> Result<Vec<Merged>, CompactionError> {
    let bytes_max = inner.config.compaction.file_bytes_max.as_u64();
    let mut opened = Vec::with_capacity(job.files.len());
    // Those of a bucket are downloaded, if there is no copy of them.
    for file in &job.files {
        let name = || inner.location.name_of_file(&file.path);
        let local = inner.location.open_file(&file.path).await;
        opened.push((name(), local.map_err(|source| MergeError::Open { name: name(), source })?));
    }
    let location = inner.location.clone();
    let merged = tokio::task::spawn_blocking(move || {
        let mut whole = Vec::with_capacity(opened.len());
        for (file, (name, mut local)) in job.files.iter().zip(opened) {
            if let Some(problem) = problem_in(file, &mut local) {
                if location.forget_copy(&file.path) {
                    warn!(path = name, problem, "the copy of a file is damaged, and given up");
                } else {
                    warn!(path = name, problem, "a lake file is damaged; `spanloom repair` sets it aside");
                }
                return Err(MergeError::Damaged { name, problem });
            }
            whole.push(local);
        }
        merge(table, &job, whole, bytes_max)
    });
    Ok(merged.await??)
}

fn count(inner: &Inner, table: Table, job: &Job, added: &[Add]) {
    let metrics = &inner.metrics.compaction;
    let label = TableLabel::from(table);
    metrics.jobs.get_or_create(&label).inc();
    metrics.files_read.get_or_create(&label).inc_by(job.files.len() as u64);
    metrics.files_written.get_or_create(&label).inc_by(added.len() as u64);
    metrics.bytes_read.get_or_create(&label).inc_by(job.files.iter().map(|file| file.size).sum());
    metrics.bytes_written.get_or_create(&label).inc_by(added.iter().map(|add| add.size.unsigned_abs()).sum());
}
