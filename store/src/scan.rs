//! Reads rows of lake files without a query engine: for who makes windows again from stored spans.
//!
//! A scan reads a few columns of the rows that a filter on fewer columns keeps; pages and row groups in which it keeps
//! nothing are not decoded.

mod reader;

use std::sync::Arc;

use arrow::array::{Array as _, BooleanArray, RecordBatch};
use arrow::error::ArrowError;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::ObjectStore;
use object_store::path::Path;
use parquet::arrow::arrow_reader::{ArrowPredicateFn, ArrowReaderOptions, RowFilter};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::arrow::{ProjectionMask, arrow_reader::ArrowPredicate};
use parquet::errors::ParquetError;
use parquet::schema::types::SchemaDescriptor;
use thiserror::Error;

pub(crate) use self::reader::FileReader;
use crate::coded::CodedBatch;
use crate::lake::LakeFile;
use crate::schema::Table;

/// Rows of a batch; small enough that what is kept of it is in memory a moment only.
const BATCH_ROWS: usize = 8192;

/// Which rows a scan keeps.
pub type Keep = Arc<dyn Fn(&RecordBatch) -> Result<BooleanArray, ArrowError> + Send + Sync>;

/// What a scan reads.
#[derive(Clone)]
pub struct Scan {
    pub table: Table,
    /// The columns to read, by name; `None` for all.
    pub columns: Option<&'static [&'static str]>,
    /// The columns that `keep` gets.
    pub keep_columns: &'static [&'static str],
    pub keep: Keep,
}

/// A file that cannot be read: damaged, or not there.
#[derive(Debug, Error)]
#[error("failed to read {path}")]
pub struct ScanError {
    pub path: Path,
    #[source]
    source: ParquetError,
}

impl ScanError {
    pub(crate) fn new(path: Path, source: ParquetError) -> Self {
        Self { path, source }
    }
}

impl Scan {
    /// The kept rows of a file, with columns in the order of the table's schema.
    ///
    /// # Errors
    /// Names the file.
    pub(crate) fn file<'a>(
        &'a self,
        store: Arc<dyn ObjectStore>,
        file: &'a LakeFile,
    ) -> BoxStream<'a, Result<RecordBatch, ScanError>> {
        let failed = |source| ScanError { path: file.path.clone(), source };
        let opened = self.open(store, file);
        futures::stream::once(opened).try_flatten().map_err(failed).boxed()
    }

    /// The rows of a batch that are kept, of which only the columns asked for.
    ///
    /// # Errors
    /// When the batch is not of the table, or the filter fails.
    pub fn batch(&self, batch: &CodedBatch) -> Result<CodedBatch, ArrowError> {
        let places = |names: &[&str]| -> Result<Vec<usize>, ArrowError> {
            names.iter().map(|name| batch.schema().index_of(name)).collect()
        };
        let kept = (self.keep)(&batch.project(&places(self.keep_columns)?, 0..batch.num_rows())?)?;
        let rows: Vec<u32> = (0..batch.num_rows() as u32)
            .filter(|row| kept.is_valid(*row as usize) && kept.value(*row as usize))
            .collect();
        let columns = self.columns.map_or_else(|| Ok((0..batch.schema().fields().len()).collect()), places)?;
        batch.select(&columns, &rows)
    }

    async fn open(
        &self,
        store: Arc<dyn ObjectStore>,
        file: &LakeFile,
    ) -> Result<BoxStream<'static, Result<RecordBatch, ParquetError>>, ParquetError> {
        let reader = FileReader { store, path: file.path.clone(), size: file.size };
        let options = ArrowReaderOptions::new().with_schema(self.table.file_schema());
        let builder = ParquetRecordBatchStreamBuilder::new_with_options(reader, options).await?;
        let schema = builder.parquet_schema();
        let columns = self.columns.map_or_else(ProjectionMask::all, |columns| mask(schema, columns));
        let keep_columns = mask(schema, self.keep_columns);
        let keep = Arc::clone(&self.keep);
        let predicate = ArrowPredicateFn::new(keep_columns, move |batch| keep(&batch));
        let filter = RowFilter::new(vec![Box::new(predicate) as Box<dyn ArrowPredicate>]);
        let rows = builder.with_batch_size(BATCH_ROWS).with_projection(columns).with_row_filter(filter).build()?;
        Ok(rows.boxed())
    }
}

fn mask(schema: &SchemaDescriptor, columns: &[&str]) -> ProjectionMask {
    ProjectionMask::columns(schema, columns.iter().copied())
}
