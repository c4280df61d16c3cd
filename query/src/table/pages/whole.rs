use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{filter, filter_record_batch};
use arrow::datatypes::{Field, SchemaRef};
use datafusion::common::Result;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileOpenFuture, FileOpener};
use datafusion::parquet::errors::ParquetError;
use datafusion::parquet::file::metadata::ParquetMetaData;
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _, stream};

use super::condition::Condition;
use super::opener::{Asked, Readers, groups, metadata, parquet};
use super::wanted::{narrowed, true_rows};
use crate::table::windows::WindowCache;

/// Rows that are given together.
const PART_ROWS: usize = 8 * 1024;

/// Opens files of one partition of a scan, of which whole columns are kept.
pub(super) struct WholeOpener {
    readers: Readers,
    cache: WindowCache,
    asked: Arc<Asked>,
}

impl WholeOpener {
    pub fn new(readers: Readers, cache: WindowCache, asked: Asked) -> Self {
        Self { readers, cache, asked: Arc::new(asked) }
    }
}

impl FileOpener for WholeOpener {
    fn open(&self, file: PartitionedFile) -> Result<FileOpenFuture> {
        let (readers, cache, asked) = (self.readers.clone(), self.cache.clone(), Arc::clone(&self.asked));
        let open = async move {
            let metadata = metadata(&mut readers.open(file.clone())?).await?;
            let groups = groups(&metadata, file.range.as_ref());
            let path = file.object_meta.location.as_ref().into();
            let whole = Arc::new(Whole { readers, file, metadata, path, cache, asked });
            let batches = stream::iter(groups).then(move |group| {
                let whole = Arc::clone(&whole);
                async move { Ok::<_, datafusion::common::DataFusionError>(stream::iter(whole.group(group).await?)) }
            });
            Ok(batches.try_flatten().boxed())
        };
        Ok(open.boxed())
    }
}

struct Whole {
    readers: Readers,
    file: PartitionedFile,
    metadata: Arc<ParquetMetaData>,
    path: Arc<str>,
    cache: WindowCache,
    asked: Arc<Asked>,
}

/// A column of a row group; `None` if the file is older than it.
type Column = Option<Arc<[ArrayRef]>>;

impl Whole {
    /// The rows of a row group for which all conditions are true.
    async fn group(&self, group: usize) -> Result<impl Iterator<Item = Result<RecordBatch>> + use<>> {
        let rows = usize::try_from(self.metadata.row_group(group).num_rows()).unwrap_or_default();
        let mut fields: Vec<&Arc<Field>> = self.asked.schema.fields().iter().collect();
        let of_conditions = self.asked.conditions.iter().flat_map(|condition| condition.schema.fields());
        for field in of_conditions {
            if !fields.iter().any(|known| known.name() == field.name()) {
                fields.push(field);
            }
        }
        let columns = self.columns(group, rows, &fields).await?;
        let names: Vec<String> = fields.iter().map(|field| field.name().clone()).collect();
        let asked = Arc::clone(&self.asked);
        let parts = (0..rows).step_by(PART_ROWS).enumerate();
        let part = move |(i, first): (usize, usize)| {
            let part_rows = PART_ROWS.min(rows - first);
            let column = |field: &Arc<Field>| {
                let place = names.iter().position(|name| name == field.name());
                let found = place.and_then(|place| columns[place].as_ref()?.get(i));
                found.cloned().unwrap_or_else(|| new_null_array(field.data_type(), part_rows))
            };
            wanted(&asked, part_rows, column)
        };
        Ok(parts.map(part).filter(|batch| batch.as_ref().map_or(true, |batch| batch.num_rows() > 0)))
    }

    /// Columns of a row group; what is not kept is read.
    async fn columns(&self, group: usize, rows: usize, fields: &[&Arc<Field>]) -> Result<Vec<Column>> {
        let of_file = self.metadata.file_metadata().schema_descr().root_schema().get_fields();
        let kept = |field: &&Arc<Field>| self.cache.get(&self.path, group, field.name());
        let mut columns: Vec<Column> = fields.iter().map(kept).collect();
        let is_missing = |(i, field): &(usize, &&Arc<Field>)| {
            columns[*i].is_none() && of_file.iter().any(|column| column.name() == field.name())
        };
        let missing: Vec<usize> = fields.iter().enumerate().filter(is_missing).map(|(i, _)| i).collect();
        if missing.is_empty() {
            return Ok(columns);
        }
        let wanted: Vec<&Arc<Field>> = missing.iter().map(|i| fields[*i]).collect();
        let reader = self.readers.open(self.file.clone())?;
        let batches = parquet(reader, &self.metadata, group, &wanted)?.with_batch_size(PART_ROWS).build()?;
        let batches: Vec<RecordBatch> = batches.try_collect().await?;
        let is_whole =
            |(first, batch): (usize, &RecordBatch)| batch.num_rows() == PART_ROWS.min(rows - first.min(rows));
        let parts = rows.div_ceil(PART_ROWS);
        if batches.len() != parts || !(0..rows).step_by(PART_ROWS).zip(&batches).all(is_whole) {
            return Err(
                ParquetError::General("damaged page: another number of rows than the file says".to_owned()).into()
            );
        }
        for (i, field) in missing.into_iter().zip(wanted) {
            let parts = batches.iter().map(|batch| match batch.column_by_name(field.name()) {
                Some(part) => Ok(Arc::clone(part)),
                None => Err(ParquetError::General(format!("column {} is not in the file", field.name()))),
            });
            let column: Arc<[ArrayRef]> = parts.collect::<Result<_, _>>()?;
            self.cache.put(&self.path, group, field.name(), &column);
            columns[i] = Some(column);
        }
        Ok(columns)
    }
}

/// Some rows, without those for which a condition is not true. What fails for a row that other conditions leave out does not fail.
fn wanted(asked: &Asked, rows: usize, column: impl Fn(&Arc<Field>) -> ArrayRef) -> Result<RecordBatch> {
    let schema: &SchemaRef = &asked.schema;
    let mut wanted = BooleanBuffer::new_set(rows);
    let columns = |condition: &Condition| condition.schema.fields().iter().map(&column).collect::<Vec<ArrayRef>>();
    let mut failed = Vec::new();
    for condition in &asked.conditions {
        match condition.truths(columns(condition), rows) {
            Ok(truths) => wanted = &wanted & &true_rows(&truths),
            Err(_) => failed.push(condition),
        }
    }
    for condition in failed {
        let mask = BooleanArray::new(wanted.clone(), None);
        let these = columns(condition).iter().map(|column| filter(column, &mask)).collect::<Result<_, _>>()?;
        let truths = condition.truths(these, wanted.count_set_bits())?;
        wanted = narrowed(&wanted, &truths);
    }
    if !wanted.has_true() {
        return Ok(RecordBatch::new_empty(Arc::clone(schema)));
    }
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    let columns = schema.fields().iter().map(&column).collect();
    let batch = RecordBatch::try_new_with_options(Arc::clone(schema), columns, &options)?;
    if wanted.has_false() {
        return Ok(filter_record_batch(&batch, &BooleanArray::new(wanted, None))?);
    }
    Ok(batch)
}
