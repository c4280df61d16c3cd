//! The rows of series in a lake file, as few pages decoded as its statistics allow.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray as _, BooleanArray, RecordBatch};
use arrow::datatypes::Int64Type;
use futures::TryStreamExt as _;
use object_store::ObjectStore;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicate, ArrowPredicateFn, ArrowReaderMetadata, ArrowReaderOptions, RowFilter, RowSelection,
};
use parquet::arrow::async_reader::{AsyncFileReader as _, ParquetRecordBatchStreamBuilder};
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::page_index::column_index::ColumnIndexMetaData;
use parquet::file::statistics::Statistics;

use super::footers::Footers;
use super::join;
use crate::lake::LakeFile;
use crate::scan::{FileReader, ScanError};
use crate::schema::Table;
use crate::series::SeriesId;

/// The columns that say of which series a row is.
const ID_COLUMNS: [&str; 2] = ["metric_id", "labels_id"];
const BATCH_ROWS: usize = 16 * 1024;

/// The rows of one of the series asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SeriesRows {
    /// Which of the ids asked for.
    pub series: usize,
    pub rows: Range<usize>,
}

/// A file of a table whose rows are of series and sorted by them.
pub(crate) struct FileRows<'a> {
    pub objects: Arc<dyn ObjectStore>,
    pub footers: &'a Footers,
    pub table: Table,
    pub file: &'a LakeFile,
}

impl FileRows<'_> {
    /// The rows of the series, in batches of the file's columns; a few rows of others may be among them.
    ///
    /// # Errors
    /// Names the file.
    pub async fn of_series(&self, ids: &[SeriesId]) -> Result<Vec<RecordBatch>, ScanError> {
        self.read(ids).await.map_err(|source| ScanError::new(self.file.path.clone(), source))
    }

    /// Some columns of the rows of a metric's series; rows of other metrics may be among them.
    ///
    /// # Errors
    /// Names the file.
    pub async fn of_metric(&self, metric: i64, columns: &[&str]) -> Result<Vec<RecordBatch>, ScanError> {
        self.read_columns(Some(metric), columns).await.map_err(|source| ScanError::new(self.file.path.clone(), source))
    }

    /// Some columns of all rows.
    ///
    /// # Errors
    /// Names the file.
    pub async fn all(&self, columns: &[&str]) -> Result<Vec<RecordBatch>, ScanError> {
        self.read_columns(None, columns).await.map_err(|source| ScanError::new(self.file.path.clone(), source))
    }

    async fn read_columns(&self, metric: Option<i64>, columns: &[&str]) -> Result<Vec<RecordBatch>, ParquetError> {
        let mut builder = self.open().await?;
        if let Some(metric) = metric {
            let (groups, selection) = candidates(builder.metadata(), &[metric]);
            builder = builder.with_row_groups(groups).with_row_selection(selection);
        }
        let columns = ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied());
        builder.with_projection(columns).with_batch_size(BATCH_ROWS).build()?.try_collect().await
    }

    async fn open(&self) -> Result<ParquetRecordBatchStreamBuilder<FileReader>, ParquetError> {
        let mut reader =
            FileReader { store: Arc::clone(&self.objects), path: self.file.path.clone(), size: self.file.size };
        let footer = match self.footers.get(&self.file.path) {
            Some(footer) => footer,
            None => {
                let footer = reader.get_metadata(None).await?;
                self.footers.put(&self.file.path, &footer);
                footer
            }
        };
        let options = ArrowReaderOptions::new().with_schema(self.table.file_schema());
        let metadata = ArrowReaderMetadata::try_new(footer, options)?;
        Ok(ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata))
    }

    async fn read(&self, ids: &[SeriesId]) -> Result<Vec<RecordBatch>, ParquetError> {
        let builder = self.open().await?;
        let (groups, selection) = candidates(builder.metadata(), &distinct_metrics(ids));
        if groups.is_empty() {
            return Ok(Vec::new());
        }
        let id_columns = ProjectionMask::columns(builder.parquet_schema(), ID_COLUMNS);
        let wanted: Arc<[SeriesId]> = ids.into();
        let keep = ArrowPredicateFn::new(id_columns, move |batch| Ok(is_wanted(&batch, &wanted)));
        let rows = builder
            .with_row_groups(groups)
            .with_row_selection(selection)
            .with_row_filter(RowFilter::new(vec![Box::new(keep) as Box<dyn ArrowPredicate>]))
            .with_batch_size(BATCH_ROWS)
            .build()?;
        rows.try_collect().await
    }
}

/// The ids of a batch; `None` when it has none.
pub(super) fn id_columns(batch: &RecordBatch) -> Option<(&[i64], &[i64])> {
    let ints = |column: &'_ ArrayRef| column.as_primitive_opt::<Int64Type>().is_some();
    let [metric, labels] = ID_COLUMNS.map(|name| batch.column_by_name(name).filter(|column| ints(column)));
    Some((metric?.as_primitive::<Int64Type>().values(), labels?.as_primitive::<Int64Type>().values()))
}

fn is_wanted(batch: &RecordBatch, ids: &[SeriesId]) -> BooleanArray {
    let mut kept = vec![false; batch.num_rows()];
    if let Some((metric_ids, labels_ids)) = id_columns(batch) {
        for found in join::sorted(metric_ids, labels_ids, ids) {
            kept[found.rows].fill(true);
        }
    }
    kept.into()
}

fn distinct_metrics(ids: &[SeriesId]) -> Vec<i64> {
    let mut metrics: Vec<i64> = ids.iter().map(|id| id.metric).collect();
    metrics.dedup();
    metrics
}

/// The row groups, and of them the rows, whose pages can hold a metric. `metrics` are sorted.
fn candidates(footer: &ParquetMetaData, metrics: &[i64]) -> (Vec<usize>, RowSelection) {
    let (mut groups, mut ranges, mut rows) = (Vec::new(), Vec::new(), 0);
    for group in 0..footer.num_row_groups() {
        let group_rows = footer.row_group(group).num_rows() as usize;
        let pages = pages(footer, group, metrics);
        if pages.is_empty() {
            continue;
        }
        groups.push(group);
        ranges.extend(pages.into_iter().map(|page| rows + page.start..rows + page.end));
        rows += group_rows;
    }
    (groups, RowSelection::from_consecutive_ranges(ranges.into_iter(), rows))
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
