//! Drops old hours, by age and by disk budget, and deletes files when no reader can hold them any more.
//!
//! An hour's age counts from the newest *ingest* time of its files, so that imported old data stays as long as any.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path as FsPath;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt as _, stream};
use tokio::sync::MutexGuard;
use tracing::info;

use crate::config::DiskBudget;
use crate::fault;
use crate::ids::TenantId;
use crate::lake::location::{FoundFile, Location};
use crate::lake::table::LakeTable;
use crate::lake::{LakeError, LakeFile};
use crate::lakes::Lakes;
use crate::metrics::{RetentionLabel, RetentionReason};
use crate::store::Inner;

/// How long a file that was taken out of its table stays on disk; longer than any query may run.
pub(crate) const DELETE_AFTER: Duration = Duration::from_mins(90);

/// Files that are deleted at a time.
const DELETIONS_MAX: usize = 8;

/// An hour of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Hour {
    tenant: TenantId,
    name: String,
    /// When its newest row came in.
    ingested_ns: i64,
    bytes: u64,
}

/// Drops the hours that are too old or too many, and deletes files dropped long enough ago.
pub(crate) async fn retain(inner: &Inner) -> Result<(), LakeError> {
    let mut lakes = inner.lakes.lock().await;
    let hours = hours(&lakes);
    let bytes: u64 = hours.iter().map(|hour| hour.bytes).sum();
    inner.metrics.retention.lake_bytes.set(bytes);
    let budget = budget_bytes(inner, lakes.location())?;
    let oldest_ns = inner.clock.now_ns().saturating_sub(inner.config.retention.max_age.as_nanos() as i64);
    let used = bytes + lakes.location().dir().map_or(0, |_| inner.backlog_bytes());
    for (hour, reason) in to_drop(hours, oldest_ns, used, budget) {
        drop_hour(inner, &mut lakes, &hour).await?;
        info!(tenant = %hour.tenant, hour = hour.name, bytes = hour.bytes, ?reason, "dropped an hour");
        inner.metrics.retention.hours_dropped.get_or_create(&RetentionLabel { reason }).inc();
    }
    delete_removed(inner, lakes).await
}

fn hours(lakes: &Lakes) -> Vec<Hour> {
    let mut hours: BTreeMap<(TenantId, String), Hour> = BTreeMap::new();
    for (tenant, lake) in lakes.iter() {
        for file in lake.iter().flat_map(|table| table.snapshot().all_files()) {
            let hour = hours.entry((tenant.clone(), file.hour.clone())).or_insert_with(|| Hour {
                tenant: tenant.clone(),
                name: file.hour.clone(),
                ingested_ns: i64::MIN,
                bytes: 0,
            });
            hour.ingested_ns = hour.ingested_ns.max(file.ingested_ns);
            hour.bytes += file.size;
        }
    }
    hours.into_values().collect()
}

/// The hours to drop and why: first those too old, then the oldest ones until what is left fits.
fn to_drop(mut hours: Vec<Hour>, oldest_ns: i64, used: u64, budget: u64) -> Vec<(Hour, RetentionReason)> {
    hours.sort_by(|a, b| (a.ingested_ns, &a.name).cmp(&(b.ingested_ns, &b.name)));
    let mut left = used;
    let mut dropped = Vec::new();
    for hour in hours {
        let reason = if hour.ingested_ns < oldest_ns {
            RetentionReason::Age
        } else if left > budget {
            RetentionReason::DiskBudget
        } else {
            break;
        };
        left = left.saturating_sub(hour.bytes);
        dropped.push((hour, reason));
    }
    dropped
}

async fn drop_hour(inner: &Inner, lakes: &mut Lakes, hour: &Hour) -> Result<(), LakeError> {
    let now_ns = inner.clock.now_ns();
    inner.catalogs.forget_hour(&hour.tenant, &hour.name);
    for table in lakes.tenant(&hour.tenant).await? {
        let files: Vec<Arc<LakeFile>> =
            table.snapshot().all_files().filter(|file| file.hour == hour.name).cloned().collect();
        if files.is_empty() {
            continue;
        }
        fault::point("retention.before_commit")?;
        table.remove(&files, now_ns).await?;
        let frame = table.committed(&inner.app_id).await?;
        inner.views.set_lake(&hour.tenant, table.table(), Arc::clone(table.snapshot()), frame);
        fault::point("retention.after_commit")?;
    }
    Ok(())
}

/// Deletes what was removed from its table longer than [`DELETE_AFTER`] ago. What is left when a file cannot be deleted is an orphan.
async fn delete_removed(inner: &Inner, mut lakes: MutexGuard<'_, Lakes>) -> Result<(), LakeError> {
    let now_ns = inner.clock.now_ns();
    let until_ns = now_ns.saturating_sub(DELETE_AFTER.as_nanos() as i64);
    let mut due = Vec::new();
    for (_, lake) in lakes.iter_mut() {
        for table in lake {
            let paths = table.take_removed(until_ns, now_ns);
            due.extend(paths.into_iter().map(|path| (table.location().clone(), path)));
        }
    }
    drop(lakes);
    delete_all(inner, due).await
}

/// Deletes files that no table names and nobody is writing: left by a flush that a crash ended, or removed by retention
/// before the last stop.
pub(crate) async fn delete_orphans(inner: &Inner) -> Result<(), LakeError> {
    let locations: Vec<Location> = {
        let lakes = inner.lakes.lock().await;
        lakes.iter().flat_map(|(_, lake)| lake).map(|table| table.location().clone()).collect()
    };
    // To list a bucket takes its time, in which others write.
    let mut found = HashMap::new();
    for location in locations {
        let mut files = location.files().await?;
        files.retain(|file| file.modified.elapsed().is_ok_and(|age| age > DELETE_AFTER));
        found.insert(location.to_string(), files);
    }
    found.retain(|_, files| !files.is_empty());
    let mut orphans = Vec::new();
    let mut lakes = inner.lakes.lock().await;
    for (tenant, lake) in lakes.iter_mut() {
        for table in lake {
            let Some(files) = found.remove(&table.location().to_string()) else { continue };
            orphans.extend(named_by_nobody(inner, tenant, table, files).await?);
        }
    }
    drop(lakes);
    delete_all(inner, orphans).await
}

/// Those of the files that the table does not name when it is read again, and did not name before: they may still be read then.
async fn named_by_nobody(
    inner: &Inner,
    tenant: &TenantId,
    table: &mut LakeTable,
    files: Vec<FoundFile>,
) -> Result<Vec<(Location, String)>, LakeError> {
    let before = Arc::clone(table.snapshot());
    table.refresh().await?;
    if table.snapshot().version < 0 {
        // Files without a table are of somebody who has lost its log.
        return Ok(Vec::new());
    }
    let frame = table.committed(&inner.app_id).await?;
    inner.views.set_lake(tenant, table.table(), Arc::clone(table.snapshot()), frame);
    let named: HashSet<&str> = before.all_files().map(|file| file.relative_path.as_str()).collect();
    let mut files = unnamed(table, files);
    files.retain(|file| !named.contains(file.relative_path.as_str()));
    Ok(files.into_iter().map(|file| (table.location().clone(), file.relative_path)).collect())
}

/// Files of a table that its snapshot does not name, unfinished uploads among them.
pub(crate) async fn orphans(table: &LakeTable) -> Result<Vec<FoundFile>, LakeError> {
    Ok(unnamed(table, table.location().files().await?))
}

/// Files that were taken out since the start are none: however old they are, a reader may have begun with them a moment ago.
fn unnamed(table: &LakeTable, mut found: Vec<FoundFile>) -> Vec<FoundFile> {
    let named = table.snapshot().all_files().map(|file| file.relative_path.as_str());
    let live: HashSet<&str> = named.chain(table.removed()).collect();
    found.retain(|file| !live.contains(file.relative_path.as_str()));
    found
}

/// Deletes all that can be; the first failure is returned.
async fn delete_all(inner: &Inner, files: Vec<(Location, String)>) -> Result<(), LakeError> {
    let delete = |(location, path): (Location, String)| async move { delete(inner, &location, &path).await };
    let results: Vec<_> = stream::iter(files).map(delete).buffered(DELETIONS_MAX).collect().await;
    results.into_iter().collect()
}

async fn delete(inner: &Inner, location: &Location, relative_path: &str) -> Result<(), LakeError> {
    fault::point("vacuum.before_delete")?;
    if location.delete(relative_path).await? {
        inner.metrics.retention.files_deleted.inc();
        fault::point("vacuum.after_delete")?;
    }
    Ok(())
}

/// A part of a file system says nothing where the lake lies in a bucket, which has no end.
fn budget_bytes(inner: &Inner, lake: &Location) -> Result<u64, LakeError> {
    let data_dir = &inner.config.data_dir;
    match inner.config.retention.disk_budget {
        DiskBudget::Bytes(bytes) => Ok(bytes.as_u64()),
        DiskBudget::Percent(_) if lake.dir().is_none() => Ok(u64::MAX),
        DiskBudget::Percent(percent) => file_system_bytes(data_dir)
            .map(|bytes| bytes / 100 * u64::from(percent))
            .map_err(|source| LakeError::Io { path: data_dir.clone(), source }),
    }
}

/// The size of the file system that holds a directory.
fn file_system_bytes(dir: &FsPath) -> io::Result<u64> {
    let path = CString::new(dir.as_os_str().as_bytes())?;
    // SAFETY: all bits zero are a valid `statvfs`, a struct of integers.
    #[allow(unsafe_code)]
    let mut answer: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: the path is a C string and `answer` a place for the result; both outlive the call.
    #[allow(unsafe_code)]
    let code = unsafe { libc::statvfs(path.as_ptr(), &mut answer) };
    if code != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(answer.f_blocks * answer.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(name: &str, ingested_ns: i64, bytes: u64) -> Hour {
        Hour { tenant: TenantId::default(), name: name.to_owned(), ingested_ns, bytes }
    }

    fn dropped(hours: Vec<Hour>, oldest_ns: i64, budget: u64) -> Vec<(String, RetentionReason)> {
        let used = hours.iter().map(|hour| hour.bytes).sum();
        to_drop(hours, oldest_ns, used, budget).into_iter().map(|(hour, why)| (hour.name, why)).collect()
    }

    #[test]
    fn old_hours_go_by_ingest_time_not_by_event_time() {
        let hours = vec![hour("2001-01-01-00", 100, 1), hour("2026-01-01-00", 10, 1)];
        assert_eq!(dropped(hours, 50, 100), [("2026-01-01-00".to_owned(), RetentionReason::Age)]);
    }

    #[test]
    fn the_oldest_hours_go_until_the_rest_fits() {
        let hours = vec![hour("c", 30, 10), hour("a", 10, 10), hour("b", 20, 10)];
        let expected = [("a".to_owned(), RetentionReason::DiskBudget), ("b".to_owned(), RetentionReason::DiskBudget)];
        assert_eq!(dropped(hours, 0, 10), expected);
    }

    #[test]
    fn the_file_system_has_a_size() {
        assert!(file_system_bytes(FsPath::new("/")).unwrap() > 0);
    }
}
