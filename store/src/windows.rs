//! Writes windows into the lake: one file per window, one commit per call.
//!
//! The revision of a window is part of its rows and of its file's tags, so it is chosen first, under a snapshot, and the
//! commit holds only if nothing was committed since; else it is chosen again. A crash before the commit leaves files that
//! no table names, which are deleted in time; a commit is there as a whole or not at all.

use std::collections::{HashMap, HashSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use deltalake_core::kernel::Add;
use thiserror::Error;
use tracing::debug;

use crate::fault;
use crate::flush::count;
use crate::ids::TenantId;
use crate::lake::file::{EncodeError, EncodedFile, encode_window};
use crate::lake::table::windows::WindowsCommit;
use crate::lake::table::{CONFLICTS_MAX, LakeTable};
use crate::lake::{LakeError, WindowMark};
use crate::schema::{Table, window};
use crate::store::Inner;

/// All rows of one window, from one writer.
#[derive(Debug, Clone)]
pub struct WindowRows {
    /// Start of the window.
    pub window_ns: i64,
    /// The last frame that the rows take into account.
    pub last_frame: u64,
    /// Of the table's schema, all of this window; what `revision` and `writer` say is replaced. No rows are a window in
    /// which nothing is left.
    pub rows: RecordBatch,
}

/// What became of the windows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommittedWindows {
    /// The states that were written.
    pub written: Vec<WindowMark>,
    /// Windows that were left alone, because the table has them as of a later frame.
    pub stale: Vec<WindowMark>,
}

/// Why windows were not written.
#[derive(Debug, Error)]
pub enum WindowsError {
    #[error("the store is not running, or was opened for reading")]
    NotRunning,
    #[error("table {0} has no windows")]
    NotWindowed(Table),
    #[error("the rows are not those of window {window_ns} of {table}: {problem}")]
    InvalidRows { table: Table, window_ns: i64, problem: &'static str },
    #[error(transparent)]
    Lake(#[from] LakeError),
    #[error(transparent)]
    Encode(#[from] EncodeError),
    #[error("the encoder stopped")]
    Encoder(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Fault(#[from] fault::Injected),
}

/// See [`crate::Store::commit_windows`].
pub(crate) async fn commit(
    inner: &Inner,
    tenant: &TenantId,
    table: Table,
    windows: Vec<WindowRows>,
    settled_frame: u64,
) -> Result<CommittedWindows, WindowsError> {
    check(table, &windows)?;
    let mut lakes = inner.lakes.lock().await;
    let lake = lakes.tenant(tenant).await?;
    let lake = lake.iter_mut().find(|lake| lake.table() == table).ok_or(WindowsError::NotWindowed(table))?;
    let committed = commit_to(inner, lake, windows, settled_frame).await?;
    let settled_frame = lake.committed(&inner.app_id).await?;
    let closed = committed.written.iter().chain(&committed.stale).map(|mark| mark.window_ns);
    inner.views.set_closed(tenant, table, lake.snapshot().clone(), settled_frame, closed);
    debug!(%tenant, %table, windows = committed.written.len(), settled_frame, "committed windows");
    fault::point("windows.after_commit")?;
    Ok(committed)
}

fn check(table: Table, windows: &[WindowRows]) -> Result<(), WindowsError> {
    let length_ns = table.window_length_ns().ok_or(WindowsError::NotWindowed(table))?;
    let mut seen = HashSet::new();
    for window in windows {
        let window_ns = window.window_ns;
        let invalid = |problem| Err(WindowsError::InvalidRows { table, window_ns, problem });
        if window_ns.rem_euclid(length_ns) != 0 {
            return invalid("no window of the table begins there");
        }
        if !seen.insert(window_ns) {
            return invalid("the window comes twice");
        }
        if window.rows.schema() != table.schema() {
            return invalid("they have another schema");
        }
        let starts = window.rows.column_by_name("window_ns").and_then(|column| column.as_primitive_opt::<Int64Type>());
        if !starts.is_some_and(|starts| starts.values().iter().all(|start| *start == window_ns)) {
            return invalid("some are of another window");
        }
    }
    Ok(())
}

async fn commit_to(
    inner: &Inner,
    lake: &mut LakeTable,
    windows: Vec<WindowRows>,
    settled_frame: u64,
) -> Result<CommittedWindows, WindowsError> {
    let (writer, now_ns) = (inner.app_id.as_str(), inner.clock.now_ns());
    lake.ensure().await?;
    for _ in 0..CONFLICTS_MAX {
        let decided = decide(lake, writer, &windows);
        if decided.written.is_empty() && settled_frame <= lake.committed(writer).await? {
            // What was found may be of a commit that failed in its last step, the sync that makes it durable.
            lake.sync_log()?;
            return Ok(decided);
        }
        fault::point("windows.before_files")?;
        let encoded = encode_apart(lake.table(), writer, with_rows(&decided.written, &windows)).await?;
        let rows = encoded.iter().map(|(_, file)| file.rows).sum();
        let files = store_all(lake, encoded, writer, now_ns).await?;
        fault::point("windows.before_commit")?;
        if lake.try_commit_windows(&WindowsCommit { writer, files: &files, settled_frame }, now_ns).await? {
            count(inner, lake.table(), rows, &adds(files));
            return Ok(decided);
        }
        lake.discard_refused(&adds(files)).await;
    }
    Err(lake.gave_up().into())
}

fn adds(files: Vec<(WindowMark, Add)>) -> Vec<Add> {
    files.into_iter().map(|(_, add)| add).collect()
}

/// The states to write, under the table's snapshot.
fn decide(lake: &LakeTable, writer: &str, windows: &[WindowRows]) -> CommittedWindows {
    let mut decided = CommittedWindows::default();
    for WindowRows { window_ns, last_frame, .. } in windows {
        let (window_ns, last_frame) = (*window_ns, *last_frame);
        match lake.snapshot().window(writer, window_ns) {
            Some(known) if known.last_frame > last_frame => decided.stale.push(known),
            known => {
                let revision = known.map_or(0, |known| known.revision) + 1;
                decided.written.push(WindowMark { window_ns, revision, last_frame });
            }
        }
    }
    decided
}

/// The states to write with their rows.
fn with_rows(written: &[WindowMark], windows: &[WindowRows]) -> Vec<(WindowMark, RecordBatch)> {
    let rows: HashMap<i64, &RecordBatch> = windows.iter().map(|window| (window.window_ns, &window.rows)).collect();
    written.iter().filter_map(|mark| Some((*mark, RecordBatch::clone(rows.get(&mark.window_ns)?)))).collect()
}

/// Stores all files or none.
async fn store_all(
    lake: &LakeTable,
    encoded: Vec<(WindowMark, EncodedFile)>,
    writer: &str,
    now_ns: i64,
) -> Result<Vec<(WindowMark, Add)>, LakeError> {
    let marks: Vec<WindowMark> = encoded.iter().map(|(mark, _)| *mark).collect();
    let stores = encoded.into_iter().map(|(mark, file)| lake.store_window(file, writer, mark, now_ns));
    Ok(marks.into_iter().zip(lake.all_or_none(stores).await?).collect())
}

/// Sorting and encoding stay off the I/O threads.
async fn encode_apart(
    table: Table,
    writer: &str,
    windows: Vec<(WindowMark, RecordBatch)>,
) -> Result<Vec<(WindowMark, EncodedFile)>, WindowsError> {
    let writer = writer.to_owned();
    let encode = move |(mark, rows): (WindowMark, RecordBatch)| -> Result<_, EncodeError> {
        Ok((mark, encode_window(table, stamped(&rows, mark.revision, &writer)?, mark.window_ns)?))
    };
    let encoded =
        tokio::task::spawn_blocking(move || windows.into_iter().map(encode).collect::<Result<_, _>>()).await?;
    Ok(encoded?)
}

/// The rows with their revision and writer.
fn stamped(rows: &RecordBatch, revision: i64, writer: &str) -> Result<RecordBatch, ArrowError> {
    let schema = rows.schema();
    let mut columns = rows.columns().to_vec();
    for (name, column) in window::written(rows.num_rows(), revision, writer) {
        columns[schema.index_of(name)?] = column;
    }
    RecordBatch::try_new(schema, columns)
}
