//! Moves hot rows into the lake: one contiguous range of frames, each table exactly once.
//!
//! Order is what makes a crash harmless: files, then the commit that names them and the range, then the view, and the log
//! is trimmed only after every table has the range. Whatever a crash leaves undone is done again from the log, and each
//! table skips what its own commits say it has.

/// What the series of flushed samples are called.
pub(crate) mod series;

use std::time::Instant;

use deltalake_core::kernel::Add;
use futures::future::try_join_all;
use thiserror::Error;
use tracing::{debug, info};

use crate::coded::CodedBatch;
use crate::fault;
use crate::ids::TenantId;
use crate::lake::LakeError;
use crate::lake::file::{EncodeError, EncodedFile, encode, prepare};
use crate::lake::table::{LakeTable, WalRange};
use crate::lakes::Lakes;
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
    #[error("the lake was opened for reading")]
    ReadOnly,
}

/// Flushes everything that is hot now. When this returns all of it is in the lake and the log is trimmed.
pub(crate) async fn flush(inner: &Inner) -> Result<(), FlushError> {
    if !inner.is_writable {
        return Err(FlushError::ReadOnly);
    }
    let started = Instant::now();
    let mut lakes = inner.lakes.lock().await;
    let sealed = inner.views.seal();
    if sealed.tenants.is_empty() {
        // Another flush may have taken everything and not have said so yet.
        inner.note_hot_size();
        return Ok(());
    }
    let flushed = flush_tenants(inner, &sealed, &mut lakes).await;
    inner.note_hot_size();
    let spans = flushed?;
    fault::point("flush.before_trim")?;
    inner.trim_wal(sealed.last).await.map_err(FlushError::Trim)?;
    // Who waited for it finds nothing to flush, and the log trimmed.
    drop(lakes);
    let metrics = &inner.metrics.flush;
    metrics.flushes.inc();
    metrics.seconds.observe(started.elapsed().as_secs_f64());
    info!(through = sealed.last, spans, elapsed_ms = started.elapsed().as_millis() as u64, "flushed");
    Ok(())
}

/// Returns the number of spans. A tenant whose tables fail does not hold up the others; the first failure is reported, and
/// the log keeps what was not flushed.
async fn flush_tenants(inner: &Inner, sealed: &Sealed, lakes: &mut Lakes) -> Result<u64, FlushError> {
    let (mut spans, mut failure) = (0, None);
    for (tenant, view) in &sealed.tenants {
        match flush_tenant(inner, sealed, lakes, tenant, view).await {
            Ok(rows) => spans += rows,
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    failure.map_or(Ok(spans), Err)
}

async fn flush_tenant(
    inner: &Inner,
    sealed: &Sealed,
    lakes: &mut Lakes,
    tenant: &TenantId,
    view: &TenantView,
) -> Result<u64, FlushError> {
    let mut spans = 0;
    let tables = lakes.tenant(tenant).await?;
    // A commit whose success did not reach us is found here, before its rows could be written again.
    try_join_all(tables.iter_mut().filter(|lake| Table::FLUSHED.contains(&lake.table())).map(LakeTable::refresh))
        .await?;
    for table in Table::FLUSHED {
        let Some(lake) = tables.iter_mut().find(|lake| lake.table() == table) else { continue };
        let rows = if table == Table::Series {
            series::flush(inner, sealed, tenant, view, lake).await?
        } else {
            flush_table(inner, sealed, tenant, view, lake).await?
        };
        spans += if table == Table::Spans { rows } else { 0 };
    }
    Ok(spans)
}

/// Returns the number of rows that went into the table, which is as new as it can be.
async fn flush_table(
    inner: &Inner,
    sealed: &Sealed,
    tenant: &TenantId,
    view: &TenantView,
    lake: &mut LakeTable,
) -> Result<u64, FlushError> {
    let table = lake.table();
    let committed = lake.committed(&inner.app_id).await?;
    if committed > view.table(table).committed() {
        // It may have failed in the last step, the sync that makes it durable.
        lake.sync_log()?;
    }
    inner.views.set_lake(tenant, table, lake.snapshot().clone(), committed);
    let batches = if table == Table::Attributes {
        // Its rows are made of hot spans, which do not say which of them it has if it alone has some: those count twice then.
        sealed.batches(view, Table::Spans, view.table(Table::Spans).committed())
    } else {
        sealed.batches(view, table, committed)
    };
    let batches = if committed >= sealed.last { Vec::new() } else { batches };
    let rows: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
    if rows == 0 && !marks_range(sealed, view, table, committed) {
        return Ok(0);
    }
    let now_ns = inner.clock.now_ns();
    let files = encode_apart(table, batches, now_ns).await?;
    let range = WalRange { app_id: inner.app_id.clone(), first: committed + 1, last: sealed.last };
    fault::point("flush.before_files")?;
    let added = store_all(lake, files, &range, now_ns).await?;
    fault::point("flush.before_commit")?;
    debug!(%tenant, %table, files = added.len(), rows, through = sealed.last, "committing");
    lake.commit(&range, added.clone()).await?;
    inner.views.set_lake(tenant, table, lake.snapshot().clone(), sealed.last);
    count(inner, table, rows, &added);
    fault::point("flush.after_commit")?;
    Ok(rows)
}

/// Whether a table without rows has to say that it has the range: a frame of metrics is replayed until all of their tables
/// say that they have it.
fn marks_range(sealed: &Sealed, view: &TenantView, table: Table, committed: u64) -> bool {
    let has_rows = |table: &Table| !sealed.batches(view, *table, view.table(*table).committed()).is_empty();
    Table::METRICS.contains(&table) && committed < sealed.last && Table::METRICS.iter().any(has_rows)
}

/// Sorting and encoding take seconds of CPU time and stay off the I/O threads.
async fn encode_apart(table: Table, batches: Vec<CodedBatch>, now_ns: i64) -> Result<Vec<EncodedFile>, FlushError> {
    let encoded = tokio::task::spawn_blocking(move || encode(table, &prepare(table, batches)?, now_ns)).await?;
    Ok(encoded?)
}

/// Stores all files or none.
async fn store_all(
    lake: &LakeTable,
    files: Vec<EncodedFile>,
    range: &WalRange,
    now_ns: i64,
) -> Result<Vec<Add>, LakeError> {
    lake.all_or_none(files.into_iter().map(|file| lake.store(file, range, now_ns))).await
}

pub(crate) fn count(inner: &Inner, table: Table, rows: u64, added: &[Add]) {
    let metrics = &inner.metrics.flush;
    metrics.commits.get_or_create(&table.into()).inc();
    metrics.rows.get_or_create(&table.into()).inc_by(rows);
    metrics.files.get_or_create(&table.into()).inc_by(added.len() as u64);
    let bytes = added.iter().map(|add| add.size.unsigned_abs()).sum();
    metrics.file_bytes.get_or_create(&table.into()).inc_by(bytes);
}
