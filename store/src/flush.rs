//! Moves hot rows into the lake: one contiguous range of frames, each table exactly once.
//!
//! Order is what makes a crash harmless: files, then the commit that names them and the range, then the view, and the log
//! is trimmed only after every table has the range. Whatever a crash leaves undone is done again from the log, and each
//! table skips what its own commits say it has.

use std::time::Instant;

use arrow::array::RecordBatch;
use thiserror::Error;
use tracing::{debug, info};

use crate::fault;
use crate::ids::TenantId;
use crate::lake::LakeError;
use crate::lake::file::{EncodeError, EncodedFile, encode, prepare};
use crate::lake::table::{LakeTable, WalRange};
use crate::schema::Table;
use crate::store::Inner;
use crate::view::{Sealed, TenantView};

/// Why a flush did not end. What was hot stays hot; the next flush takes it up.
#[derive(Debug, Error)]
pub enum FlushError {
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error("failed to trim the WAL")]
    Trim(#[source] std::io::Error),
    #[error("the encoder stopped")]
    Encoder(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Fault(#[from] fault::Injected),
}

/// Flushes everything that is hot now. When this returns all of it is in the lake and the log is trimmed.
pub(crate) async fn flush(inner: &Inner) -> Result<(), FlushError> {
    let started = Instant::now();
    let mut lakes = inner.lakes.lock().await;
    let sealed = inner.views.seal();
    if sealed.tenants.is_empty() {
        // Another flush may have taken everything and not have said so yet.
        inner.note_hot_size();
        return Ok(());
    }
    let mut spans = 0;
    for (tenant, view) in &sealed.tenants {
        let lake = lakes.tenant(tenant).await?;
        for table in lake.iter_mut().filter(|table| Table::LOGGED.contains(&table.table())) {
            let rows = flush_table(inner, &sealed, tenant, view, table).await?;
            spans += if table.table() == Table::Spans { rows } else { 0 };
        }
    }
    drop(lakes);
    fault::point("flush.before_trim")?;
    inner.trim_wal(sealed.last).await.map_err(FlushError::Trim)?;
    inner.note_hot_size();
    let metrics = &inner.metrics.flush;
    metrics.flushes.inc();
    metrics.seconds.observe(started.elapsed().as_secs_f64());
    info!(through = sealed.last, spans, elapsed_ms = started.elapsed().as_millis() as u64, "flushed");
    Ok(())
}

/// Returns the number of rows that went into the table.
async fn flush_table(
    inner: &Inner,
    sealed: &Sealed,
    tenant: &TenantId,
    view: &TenantView,
    lake: &mut LakeTable,
) -> Result<u64, FlushError> {
    let table = lake.table();
    // A commit whose success did not reach us is found here, before its rows could be written again.
    lake.refresh().await?;
    let committed = lake.committed(&inner.app_id).await?;
    inner.views.set_lake(tenant, table, lake.snapshot().clone(), committed);
    let batches = sealed.batches(view, table, committed);
    let rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    if rows == 0 {
        return Ok(0);
    }
    let now_ns = inner.clock.now_ns();
    let files = encode_apart(table, batches, now_ns).await?;
    let range = WalRange { app_id: inner.app_id.clone(), first: committed + 1, last: sealed.last };
    count_files(inner, table, rows, &files);
    fault::point("flush.before_files")?;
    let mut added = Vec::with_capacity(files.len());
    for file in files {
        added.push(lake.store(file, &range, now_ns).await?);
    }
    fault::point("flush.before_commit")?;
    debug!(%tenant, %table, files = added.len(), rows, through = sealed.last, "committing");
    lake.commit(&range, added).await?;
    inner.views.set_lake(tenant, table, lake.snapshot().clone(), sealed.last);
    inner.metrics.flush.commits.get_or_create(&table.into()).inc();
    fault::point("flush.after_commit")?;
    Ok(rows)
}

/// Sorting and encoding take seconds of CPU time and stay off the I/O threads.
async fn encode_apart(
    table: Table,
    batches: Vec<RecordBatch>,
    now_ns: i64,
) -> Result<Vec<EncodedFile>, FlushError> {
    let encoded = tokio::task::spawn_blocking(move || encode(table, &prepare(table, batches), now_ns)).await?;
    Ok(encoded?)
}

pub(crate) fn count_files(inner: &Inner, table: Table, rows: u64, files: &[EncodedFile]) {
    let metrics = &inner.metrics.flush;
    metrics.rows.get_or_create(&table.into()).inc_by(rows);
    metrics.files.get_or_create(&table.into()).inc_by(files.len() as u64);
    let bytes = files.iter().map(|file| file.bytes.len() as u64).sum();
    metrics.file_bytes.get_or_create(&table.into()).inc_by(bytes);
}
