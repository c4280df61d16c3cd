//! The rows of series in a lake file, and no others.
//!
//! Where series lie is found out once per file and metric, by their ids; then only what else is wanted of their rows is
//! decoded, and of that only the pages that have them.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use futures::TryStreamExt as _;
use object_store::ObjectStore;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, RowSelection};
use parquet::arrow::async_reader::{AsyncFileReader as _, ParquetRecordBatchStream, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::join::ID_COLUMNS;
use super::known::KnownFiles;
use super::places::{Places, PlacesBuilder, START_COLUMN};
use crate::lake::LakeFile;
use crate::scan::{FileReader, ScanError};
use crate::schema::Table;
use crate::series::SeriesId;

const BATCH_ROWS: usize = 16 * 1024;

/// The rows of one of the series asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeriesRows {
    /// Which of the ids asked for.
    pub series: usize,
    pub rows: Range<usize>,
}

/// Rows of a file, and whose they are.
pub(super) struct FileBatch {
    pub series: Vec<SeriesRows>,
    pub rows: RecordBatch,
}

/// A file of a table whose rows are of series and sorted by them.
pub(crate) struct FileRows<'a> {
    pub objects: Arc<dyn ObjectStore>,
    pub known: &'a KnownFiles,
    pub table: Table,
    pub file: &'a LakeFile,
}

impl FileRows<'_> {
    /// The rows of series, with all columns; of samples only what they say and when.
    ///
    /// # Errors
    /// Names the file.
    pub(super) async fn of_series(&self, ids: &[SeriesId]) -> Result<Vec<FileBatch>, ScanError> {
        self.naming(self.read_series(ids).await)
    }

    /// Where the series of a metric lie, or all series.
    ///
    /// # Errors
    /// Names the file.
    pub async fn places(&self, metric: Option<i64>) -> Result<Arc<Places>, ScanError> {
        let places = match metric {
            Some(metric) => self.places_of(&[metric]).await.map(|mut places| places.swap_remove(0)),
            None => self.places_of_all().await,
        };
        self.naming(places)
    }

    /// Some columns of some rows, which ascend.
    ///
    /// # Errors
    /// Names the file.
    pub async fn some(&self, rows: &[Range<usize>], columns: &[&str]) -> Result<Vec<RecordBatch>, ScanError> {
        let read = async { self.read(&self.footer().await?, Some(rows), Some(columns)).await };
        self.naming(read.await)
    }

    /// Some columns of all rows.
    ///
    /// # Errors
    /// Names the file.
    pub async fn all(&self, columns: &[&str]) -> Result<Vec<RecordBatch>, ScanError> {
        let read = async { self.read(&self.footer().await?, None, Some(columns)).await };
        self.naming(read.await)
    }

    fn naming<T>(&self, read: Result<T, ParquetError>) -> Result<T, ScanError> {
        read.map_err(|source| ScanError::new(self.file.path.clone(), source))
    }

    async fn read_series(&self, ids: &[SeriesId]) -> Result<Vec<FileBatch>, ParquetError> {
        let of_metrics: Vec<&[SeriesId]> = ids.chunk_by(|a, b| a.metric == b.metric).collect();
        let metrics: Vec<i64> = of_metrics.iter().filter_map(|ids| Some(ids.first()?.metric)).collect();
        let (mut series, mut first, mut has_starts) = (Vec::new(), 0, false);
        for (ids, places) in of_metrics.into_iter().zip(self.places_of(&metrics).await?) {
            has_starts |= places.has_starts;
            series.extend(places.find(ids, first));
            first += ids.len();
        }
        if series.is_empty() {
            return Ok(Vec::new());
        }
        let columns: Option<&[&str]> = match self.table {
            Table::Samples if has_starts => Some(&["time_ns", START_COLUMN, "value"]),
            Table::Samples => Some(&["time_ns", "value"]),
            _ => None,
        };
        let rows: Vec<Range<usize>> = series.iter().map(|series| series.rows.clone()).collect();
        let batches = self.read(&self.footer().await?, Some(&rows), columns).await?;
        Ok(shared_out(series, batches))
    }

    /// Where series lie, metric by metric. `metrics` are sorted.
    async fn places_of(&self, metrics: &[i64]) -> Result<Vec<Arc<Places>>, ParquetError> {
        let path = &self.file.path;
        let mut known: Vec<Option<Arc<Places>>> =
            metrics.iter().map(|metric| self.known.places(path, Some(*metric))).collect();
        let each = || metrics.iter().zip(&known);
        let missing: Vec<i64> = each().filter(|(_, known)| known.is_none()).map(|(metric, _)| *metric).collect();
        if !missing.is_empty() {
            let footer = self.footer().await?;
            let found = self.find_places(&footer, &candidates(footer.metadata(), &missing)).await?;
            for (metric, known) in metrics.iter().zip(&mut known).filter(|(_, known)| known.is_none()) {
                let places = Arc::new(found.of_metric(*metric));
                self.known.put_places(path, Some(*metric), &places);
                *known = Some(places);
            }
        }
        Ok(known.into_iter().flatten().collect())
    }

    async fn places_of_all(&self) -> Result<Arc<Places>, ParquetError> {
        if let Some(places) = self.known.places(&self.file.path, None) {
            return Ok(places);
        }
        let footer = self.footer().await?;
        let rows = usize::try_from(footer.metadata().file_metadata().num_rows()).unwrap_or_default();
        let places = Arc::new(self.find_places(&footer, std::slice::from_ref(&(0..rows))).await?);
        self.known.put_places(&self.file.path, None, &places);
        Ok(places)
    }

    async fn find_places(&self, footer: &ArrowReaderMetadata, rows: &[Range<usize>]) -> Result<Places, ParquetError> {
        let mut places = PlacesBuilder::new(rows);
        let columns = [ID_COLUMNS[0], ID_COLUMNS[1], START_COLUMN];
        let mut batches = self.open(footer, Some(rows), Some(&columns))?;
        // One at a time: they are of all series of the metric.
        while let Some(batch) = batches.try_next().await? {
            let added = places.add(&batch);
            added.ok_or_else(|| ParquetError::General("rows are not sorted by series".to_owned()))?;
        }
        Ok(places.finish())
    }

    async fn footer(&self) -> Result<ArrowReaderMetadata, ParquetError> {
        if let Some(footer) = self.known.footer(&self.file.path) {
            return Ok(footer);
        }
        let options = ArrowReaderOptions::new().with_schema(self.table.file_schema());
        let footer = ArrowReaderMetadata::try_new(self.reader().get_metadata(None).await?, options)?;
        self.known.put_footer(&self.file.path, &footer);
        Ok(footer)
    }

    fn reader(&self) -> FileReader {
        FileReader { store: Arc::clone(&self.objects), path: self.file.path.clone(), size: self.file.size }
    }

    async fn read(
        &self,
        footer: &ArrowReaderMetadata,
        rows: Option<&[Range<usize>]>,
        columns: Option<&[&str]>,
    ) -> Result<Vec<RecordBatch>, ParquetError> {
        self.open(footer, rows, columns)?.try_collect().await
    }

    /// Rows, which ascend, or all; columns by name, or all.
    fn open(
        &self,
        footer: &ArrowReaderMetadata,
        rows: Option<&[Range<usize>]>,
        columns: Option<&[&str]>,
    ) -> Result<ParquetRecordBatchStream<FileReader>, ParquetError> {
        let mut builder = ParquetRecordBatchStreamBuilder::new_with_metadata(self.reader(), footer.clone());
        if let Some(rows) = rows {
            let (groups, selection) = selected(footer.metadata(), rows);
            builder = builder.with_row_groups(groups).with_row_selection(selection);
        }
        if let Some(columns) = columns {
            let columns = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
            builder = builder.with_projection(columns);
        }
        builder.with_batch_size(BATCH_ROWS).build()
    }
}

/// Whose the rows of batches are, which have the rows of `series` one after the other.
fn shared_out(series: Vec<SeriesRows>, batches: Vec<RecordBatch>) -> Vec<FileBatch> {
    let mut waiting = series.into_iter().map(|series| (series.series, series.rows.len())).peekable();
    let share = |rows: RecordBatch| {
        let (mut series, mut row) = (Vec::new(), 0);
        while let Some((of, left)) = waiting.peek_mut().filter(|_| row < rows.num_rows()) {
            let end = rows.num_rows().min(row + *left);
            series.push(SeriesRows { series: *of, rows: row..end });
            *left -= end - row;
            if *left == 0 {
                waiting.next();
            }
            row = end;
        }
        FileBatch { series, rows }
    };
    batches.into_iter().map(share).collect()
}

/// The row groups that have some of `rows`, which ascend, and these rows as rows of those groups.
fn selected(footer: &ParquetMetaData, rows: &[Range<usize>]) -> (Vec<usize>, RowSelection) {
    let (mut groups, mut ranges) = (Vec::new(), Vec::with_capacity(rows.len()));
    let mut waiting = rows.iter().cloned().peekable();
    // Rows of the file, and of chosen groups, before the current group.
    let (mut passed, mut chosen) = (0, 0);
    for (group, metadata) in footer.row_groups().iter().enumerate() {
        let group_rows = metadata.num_rows() as usize;
        let end = passed + group_rows;
        let before = ranges.len();
        while let Some(next) = waiting.peek_mut().filter(|next| next.start < end) {
            let until = next.end.min(end);
            ranges.push(next.start - passed + chosen..until - passed + chosen);
            if next.end > end {
                next.start = end;
                break;
            }
            waiting.next();
        }
        if ranges.len() > before {
            groups.push(group);
            chosen += group_rows;
        }
        passed = end;
    }
    (groups, RowSelection::from_consecutive_ranges(ranges.into_iter(), chosen))
}

/// The rows, in pieces, whose pages can hold one of some metrics. `metrics` are sorted.
fn candidates(footer: &ParquetMetaData, metrics: &[i64]) -> Vec<Range<usize>> {
    let (mut pieces, mut passed) = (Vec::new(), 0);
    for group in 0..footer.num_row_groups() {
        let pages = pages(footer, group, metrics).into_iter();
        pieces.extend(pages.map(|page| passed + page.start..passed + page.end));
        passed += footer.row_group(group).num_rows() as usize;
    }
    pieces
}

/// Rows of a row group, in pieces, that can hold a metric; all where nothing is known.
fn pages(footer: &ParquetMetaData, group: usize, metrics: &[i64]) -> Vec<Range<usize>> {
    let metadata = footer.row_group(group);
    let all = 0..metadata.num_rows() as usize;
    let Some(column) = metadata.columns().iter().position(|column| column.column_path().string() == ID_COLUMNS[0])
    else {
        return vec![all];
    };
    let bounds = match metadata.column(column).statistics() {
        Some(Statistics::Int64(bounds)) => bounds.min_opt().copied().zip(bounds.max_opt().copied()),
        _ => None,
    };
    if bounds.is_some_and(|(min, max)| !holds(metrics, min, max)) {
        return Vec::new();
    }
    let index = footer.column_index().and_then(|index| index.get(group)?.get(column));
    let places = footer.offset_index().and_then(|index| index.get(group)?.get(column));
    let (Some(ColumnIndexMetaData::INT64(index)), Some(places)) = (index, places) else { return vec![all] };
    let starts: Vec<usize> = places.page_locations().iter().map(|page| page.first_row_index as usize).collect();
    let mut pieces: Vec<Range<usize>> = Vec::new();
    for (page, start) in starts.iter().enumerate() {
        let end = starts.get(page + 1).copied().unwrap_or(all.end);
        let bounds = index.min_value(page).zip(index.max_value(page));
        if bounds.is_some_and(|(min, max)| !holds(metrics, *min, *max)) {
            continue;
        }
        match pieces.last_mut() {
            Some(last) if last.end == *start => last.end = end,
            _ => pieces.push(*start..end),
        }
    }
    pieces
}

/// Whether one of sorted numbers lies between two, these included.
fn holds(sorted: &[i64], min: i64, max: i64) -> bool {
    sorted.get(sorted.partition_point(|number| *number < min)).is_some_and(|number| *number <= max)
}

#[cfg(test)]
mod tests;
