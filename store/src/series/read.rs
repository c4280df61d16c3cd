//! Samples of series, out of hot rows and lake files.
//!
//! Rows of a series are found by order, not by looking at all: files and hot runs are sorted by series. Where the series of a
//! metric lie in a file is remembered, and only the pages that have rows of series asked for are decoded.

/// Rows of series in a lake file.
mod file;
/// Series in sorted rows.
mod join;
/// What is known of files, kept.
mod known;
/// What many sources say of one series, as one.
mod merge;
/// Where series lie in a file.
mod places;

use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use object_store::ObjectStore;
use thiserror::Error;

pub(crate) use self::file::FileRows;
use self::file::{FileBatch, SeriesRows};
pub(crate) use self::known::KnownFiles;
use self::merge::Merged;
pub(crate) use self::places::Places;
use super::{SeriesId, SeriesSamples};
use crate::lake::{LakeFile, StatValue};
use crate::scan::ScanError;
use crate::schema::Table;
use crate::schema::exemplars::{self, ExemplarRow};
use crate::schema::histograms;
use crate::schema::samples::{PointColumns, to_ms, to_ns};
use crate::view::TenantView;

/// Files that are read at the same time.
const FILES_AT_ONCE: usize = 4;

/// Why samples cannot be read.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error(transparent)]
    File(#[from] ScanError),
    #[error("a batch of table {0} is not of its schema")]
    Foreign(Table),
    /// A histogram counts as many samples as its memory would hold.
    #[error("more than {max} series fulfil the conditions")]
    TooManySeries { max: usize },
    #[error("the series have more than {max} samples in that time")]
    TooManySamples { max: usize },
}

/// What is read.
#[derive(Debug, Clone)]
pub struct SampleQuestion<'a> {
    /// Sorted, each once.
    pub ids: &'a [SeriesId],
    pub times_ms: RangeInclusive<i64>,
    /// The most samples that an answer may have.
    pub samples_max: usize,
}

/// Reads series of one view.
pub(crate) struct SeriesReader<'a> {
    pub objects: Arc<dyn ObjectStore>,
    pub known: &'a KnownFiles,
    pub view: &'a TenantView,
}

impl SeriesReader<'_> {
    /// The samples of each series that has any, in the order of ids. Of samples of one series at one time the one that was
    /// stored first counts.
    pub async fn samples(&self, question: &SampleQuestion<'_>) -> Result<Vec<SeriesSamples>, ReadError> {
        let mut merged = Merged::new(question.ids, question.samples_max);
        self.each(Table::Samples, question, |rows, batch| {
            let points = PointColumns::of(batch).ok_or(ReadError::Foreign(Table::Samples))?;
            merged.add_floats(&points, rows, &question.times_ms)
        })
        .await?;
        self.each(Table::Histograms, question, |rows, batch| {
            let histograms = histograms::read(batch).ok_or(ReadError::Foreign(Table::Histograms))?;
            merged.add_histograms(&histograms, rows, &question.times_ms)
        })
        .await?;
        Ok(merged.finish())
    }

    /// The exemplars of series, in the order of ids and times.
    pub async fn exemplars(&self, question: &SampleQuestion<'_>) -> Result<Vec<ExemplarRow>, ReadError> {
        let mut found: Vec<ExemplarRow> = Vec::new();
        let times_ns = to_ns(*question.times_ms.start())..=to_ns(*question.times_ms.end());
        self.each(Table::Exemplars, question, |rows, batch| {
            let read = exemplars::read(batch).ok_or(ReadError::Foreign(Table::Exemplars))?;
            let rows = rows.iter().flat_map(|series| series.rows.clone()).map(|row| &read[row]);
            found.extend(rows.filter(|row| times_ns.contains(&row.time_ns)).cloned());
            let max = question.samples_max;
            if found.len() > max { Err(ReadError::TooManySamples { max }) } else { Ok(()) }
        })
        .await?;
        found.sort_by_key(|row| (row.id, row.time_ns));
        // What was sent twice is one.
        found.dedup();
        Ok(found)
    }

    fn file_rows<'b>(
        &'b self,
        table: Table,
        file: &'b LakeFile,
        ids: &'b [SeriesId],
    ) -> BoxFuture<'b, Result<Vec<FileBatch>, ScanError>> {
        let rows = FileRows { objects: Arc::clone(&self.objects), known: self.known, table, file };
        async move { rows.of_series(ids).await }.boxed()
    }

    /// Hands over the rows of a table in the order in which they were stored, as far as that can be told.
    async fn each(
        &self,
        table: Table,
        question: &SampleQuestion<'_>,
        mut take: impl FnMut(&[SeriesRows], &RecordBatch) -> Result<(), ReadError>,
    ) -> Result<(), ReadError> {
        if question.ids.is_empty() || question.times_ms.is_empty() {
            return Ok(());
        }
        let held = self.view.table(table);
        let mut files: Vec<&LakeFile> =
            held.files().map(AsRef::as_ref).filter(|file| may_hold(file, &question.times_ms)).collect();
        files.sort_by_key(|file| (file.ingested_ns, file.frames.as_ref().map(|frames| frames.last)));
        // Boxed one by one: a closure that gives futures of borrowed files is not general enough for whoever sends this on.
        let reads: Vec<BoxFuture<'_, _>> =
            files.into_iter().map(|file| self.file_rows(table, file, question.ids)).collect();
        let mut batches = futures::stream::iter(reads).buffered(FILES_AT_ONCE);
        while let Some(batches) = batches.try_next().await? {
            batches.iter().try_for_each(|FileBatch { series, rows }| take(series, rows))?;
        }
        held.hot().iter().try_for_each(|batch| take_hot(table, question.ids, &batch.to_batch(), &mut take))
    }
}

fn take_hot(
    table: Table,
    ids: &[SeriesId],
    batch: &RecordBatch,
    take: &mut impl FnMut(&[SeriesRows], &RecordBatch) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let (metric_ids, labels_ids) = join::id_columns(batch).ok_or(ReadError::Foreign(table))?;
    let rows = if table == Table::Exemplars {
        join::unsorted(metric_ids, labels_ids, ids)
    } else {
        join::sorted(metric_ids, labels_ids, ids)
    };
    if rows.is_empty() { Ok(()) } else { take(&rows, batch) }
}

/// Whether a file can hold rows of a time; a file without bounds may.
fn may_hold(file: &LakeFile, times_ms: &RangeInclusive<i64>) -> bool {
    let Some(range) = file.ranges.get("time_ns") else { return true };
    let ms = |bound: &Option<StatValue>| match bound {
        Some(StatValue::Int(time_ns)) => Some(to_ms(*time_ns)),
        _ => None,
    };
    ms(&range.min).is_none_or(|min| min <= *times_ms.end()) && ms(&range.max).is_none_or(|max| max >= *times_ms.start())
}
