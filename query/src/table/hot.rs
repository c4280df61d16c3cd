//! Plans that read hot rows. They are codes in memory: what a filter asks of a batch is looked at first, and of the rows that
//! it keeps the columns that are asked for become Arrow arrays, some thousand rows at a time.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array as _, AsArray as _, BooleanArray, RecordBatch};
use arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::memory::{DataSourceExec, MemorySourceConfig};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_expr::utils::{collect_columns, reassign_expr_columns};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use spanloom_store::CodedBatch;
use spanloom_store::pages::Coder;

/// What a scan of hot rows reads.
pub(super) struct HotScan<'a> {
    /// The table's schema.
    pub schema: &'a SchemaRef,
    /// The same, in which columns may be [coded](spanloom_store::pages::coded_type).
    pub coded: &'a SchemaRef,
    pub projection: Option<&'a Vec<usize>>,
    pub filters: &'a [Expr],
    pub limit: Option<usize>,
}

/// Scans hot batches, spread over partitions. A filter above checks each row.
pub(super) fn scan(
    batches: Vec<CodedBatch>,
    state: &dyn Session,
    scan: &HotScan<'_>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let columns = scan.projection.cloned().unwrap_or_else(|| (0..scan.schema.fields().len()).collect());
    let schema = Arc::new(scan.coded.project(&columns)?);
    let count = state.config().target_partitions().min(batches.len()).max(1);
    let mut partitions = vec![Vec::new(); count];
    batches.into_iter().enumerate().for_each(|(at, batch)| partitions[at % count].push(batch));
    if columns.is_empty() {
        return counted(&partitions, schema, scan.limit);
    }
    let filter = Filter::of(scan, state)?.map(Arc::new);
    let partition = |batches: Vec<CodedBatch>| -> Arc<dyn PartitionStream> {
        let (schema, columns, filter) = (Arc::clone(&schema), columns.clone(), filter.clone());
        Arc::new(Partition { schema, batches, columns, filter })
    };
    let partitions = partitions.into_iter().map(partition).collect();
    // Which rows a filter above keeps is not known here.
    let limit = scan.limit.filter(|_| scan.filters.is_empty());
    Ok(Arc::new(StreamingTableExec::try_new(Arc::clone(&schema), partitions, None, [], false, limit)?))
}

/// Rows without columns: such a source knows their number, so that they are counted without being read.
fn counted(partitions: &[Vec<CodedBatch>], schema: SchemaRef, limit: Option<usize>) -> Result<Arc<dyn ExecutionPlan>> {
    let rows = |batch: &CodedBatch| batch.project(&[], 0..batch.num_rows());
    let partitions = partitions.iter().map(|batches| batches.iter().map(rows).collect::<Result<Vec<_>, _>>());
    let partitions: Vec<Vec<RecordBatch>> = partitions.collect::<Result<_, _>>()?;
    let source = MemorySourceConfig::try_new(&partitions, schema, None)?.with_limit(limit);
    Ok(DataSourceExec::from_data_source(source))
}

/// A condition, and the columns that it is about.
#[derive(Debug)]
struct Filter {
    columns: Vec<usize>,
    condition: Arc<dyn PhysicalExpr>,
}

impl Filter {
    fn of(scan: &HotScan<'_>, state: &dyn Session) -> Result<Option<Self>> {
        let Some(filter) = conjunction(scan.filters.to_vec()) else { return Ok(None) };
        let condition = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(scan.schema))?)?;
        let mut columns: Vec<usize> = collect_columns(&condition).iter().map(|column| column.index()).collect();
        columns.sort_unstable();
        let condition = reassign_expr_columns(condition, &scan.schema.project(&columns)?)?;
        Ok(Some(Self { columns, condition }))
    }

    /// The rows for which the condition holds.
    fn kept(&self, batch: &CodedBatch, rows: &Range<usize>) -> Result<Vec<u32>> {
        let asked = batch.project(&self.columns, rows.clone())?;
        let kept = self.condition.evaluate(&asked)?.into_array(rows.len())?;
        let Some(kept) = kept.as_boolean_opt() else { return Ok(rows.clone().map(|row| row as u32).collect()) };
        let holds = |at: &usize| is_true(kept, *at);
        Ok((0..rows.len()).filter(holds).map(|at| (rows.start + at) as u32).collect())
    }
}

fn is_true(values: &BooleanArray, at: usize) -> bool {
    values.is_valid(at) && values.value(at)
}

/// Some of the batches.
#[derive(Debug)]
struct Partition {
    /// Of what it yields.
    schema: SchemaRef,
    batches: Vec<CodedBatch>,
    columns: Vec<usize>,
    filter: Option<Arc<Filter>>,
}

impl PartitionStream for Partition {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (columns, filter) = (self.columns.clone(), self.filter.clone());
        let pieces = |batch: CodedBatch| {
            let (rows, at_once) = (batch.num_rows(), batch.rows_at_once(&self.columns));
            (0..rows).step_by(at_once).map(move |start| (batch.clone(), start..rows.min(start + at_once)))
        };
        let pieces: Vec<(CodedBatch, Range<usize>)> = self.batches.iter().cloned().flat_map(pieces).collect();
        let (schema, mut coder) = (Arc::clone(&self.schema), Coder::default());
        let of_schema = Arc::clone(&schema);
        // Also of a piece in which the filter keeps nothing there is a batch, so that whoever asks for more takes turns.
        let batches = pieces.into_iter().map(move |(batch, rows)| {
            let read = read(&batch, rows, &columns, filter.as_deref(), &of_schema, &mut coder)?;
            Ok(read.unwrap_or_else(|| RecordBatch::new_empty(Arc::clone(&of_schema))))
        });
        Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches)))
    }
}

/// `None` where the filter keeps nothing.
fn read(
    batch: &CodedBatch,
    rows: Range<usize>,
    columns: &[usize],
    filter: Option<&Filter>,
    schema: &SchemaRef,
    coder: &mut Coder,
) -> Result<Option<RecordBatch>> {
    let batch = match filter.map(|filter| filter.kept(batch, &rows)).transpose()? {
        Some(kept) if kept.is_empty() => return Ok(None),
        Some(kept) if kept.len() < rows.len() => batch.select(columns, &kept)?.to_batch(),
        _ => batch.project(columns, rows)?,
    };
    Ok(Some(coded(batch, schema, coder)?))
}

/// A batch with those columns coded that are in the schema.
fn coded(batch: RecordBatch, schema: &SchemaRef, coder: &mut Coder) -> Result<RecordBatch> {
    if batch.schema_ref() == schema {
        return Ok(batch);
    }
    let columns = batch.columns().iter().zip(schema.fields()).map(|(column, field)| match column.data_type() {
        plain if plain == field.data_type() => Ok(Arc::clone(column)),
        _ => coder.coded(column),
    });
    let columns = columns.collect::<Result<_, _>>()?;
    Ok(RecordBatch::try_new(Arc::clone(schema), columns)?)
}
