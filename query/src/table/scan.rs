//! Plans that read lake files.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::Session;
use datafusion::common::config::TableParquetOptions;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, Result, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::memory::DataSourceExec;
use datafusion::datasource::object_store::ObjectStoreUrl;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, FileSource, ParquetSource};
use datafusion::datasource::table_schema::TableSchema;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, Operator};
use datafusion::physical_expr::expressions;
use datafusion::physical_plan::filter::FilterExecBuilder;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};
use object_store::ObjectMeta;
use spanloom_store::{ColumnRange, LakeFile, StatValue};

use super::Caches;
use super::numbers::is_one_of;
use super::pages::{self, PagesSource, Reading};
use super::windows::WINDOW;

/// The name under which the store's object store is known to DataFusion.
pub(crate) const LAKE_URL: &str = "spanloom://lake";
/// The partition column; it stands in the path and the log, not in the file.
const PARTITION: &str = "hour";
/// Columns of ids: an equality on one of them picks a handful of rows out of everything.
const NEEDLE_COLUMNS: [&str; 4] = ["trace_hi", "trace_lo", "span_id", "parent_span_id"];

/// True if the filters pick few rows by id. Then decoding is best led by the filter (2.5 to 13 times cheaper), which for
/// a filter that keeps many rows is dearer (1.4 to 2.2 times; storage lab, decision 3).
fn is_needle(filters: &[Expr]) -> bool {
    filters.iter().flat_map(split_conjunction).any(picks_by_id)
}

fn picks_by_id(filter: &Expr) -> bool {
    let is_id = |expr: &Expr| matches!(expr, Expr::Column(column) if NEEDLE_COLUMNS.contains(&column.name()));
    match filter {
        Expr::BinaryExpr(binary) if binary.op == Operator::Eq => is_id(&binary.left) || is_id(&binary.right),
        Expr::BinaryExpr(binary) if binary.op == Operator::Or => {
            picks_by_id(&binary.left) && picks_by_id(&binary.right)
        }
        Expr::InList(list) => !list.negated && is_id(&list.expr),
        Expr::ScalarFunction(function) => is_one_of(function) && function.args.iter().all(is_id),
        _ => false,
    }
}

/// Scans lake files; `table` is the table's schema, in which columns may be [coded](spanloom_store::pages::coded_type) if all files are ours. Parquet options are set on the source: those of the session would not reach it.
pub(super) fn lake(
    files: &[Arc<LakeFile>],
    state: &dyn Session,
    table: &SchemaRef,
    projection: Option<&Vec<usize>>,
    filters: &[Expr],
    limit: Option<usize>,
    caches: &Caches,
) -> Result<Arc<dyn ExecutionPlan>> {
    let url = ObjectStoreUrl::parse(LAKE_URL)?;
    let scanned = scanned(table);
    let projection = lake_projection(table, scanned.table_schema(), projection)?;
    // Without filters the library's reader may learn from operators above which rows are too old or too many.
    let leads = !filters.is_empty() || table.fields().iter().any(|field| pages::is_coded(field.data_type()));
    let is_kept = files.iter().all(|file| caches.windows.keeps(file, filters));
    let reading = if is_kept {
        Some(Reading::Whole(caches.windows.clone()))
    } else if leads && is_read_by_pages(files, &scanned, &projection) {
        Some(Reading::Pages(caches.pages.clone()))
    } else {
        None
    };
    let source: Arc<dyn FileSource> = match reading {
        Some(reading) => Arc::new(PagesSource::new(scanned.clone(), readers(state)?, reading)),
        None => Arc::new(parquet(state, &scanned, is_needle(filters))?),
    };
    let groups = FileGroup::new(files.iter().map(|file| partitioned(file)).collect());
    let config = FileScanConfigBuilder::new(url, source)
        .with_file_groups(groups.split_files(state.config().target_partitions()))
        .with_statistics(statistics(files, scanned.table_schema()))
        .with_projection_indices(Some(projection))?
        .with_limit(limit)
        .build();
    Ok(DataSourceExec::from_data_source(config))
}

/// Scans a lake file of a table of windows, without the rows of some windows.
pub(super) fn part(
    file: Arc<LakeFile>,
    windows: &[i64],
    state: &dyn Session,
    table: &SchemaRef,
    projection: Option<&Vec<usize>>,
    filters: &[Expr],
    caches: &Caches,
) -> Result<Arc<dyn ExecutionPlan>> {
    let mut columns = projection.cloned().unwrap_or_else(|| (0..table.fields().len()).collect());
    let wanted: Vec<usize> = (0..columns.len()).collect();
    let window = table.index_of(WINDOW)?;
    let place = columns.iter().position(|column| *column == window).unwrap_or_else(|| {
        columns.push(window);
        columns.len() - 1
    });
    let rows = lake(&[file], state, table, Some(&columns), filters, None, caches)?;
    let windows = windows.iter().map(|window_ns| expressions::lit(*window_ns)).collect();
    let column: Arc<dyn PhysicalExpr> = Arc::new(expressions::Column::new(WINDOW, place));
    let counts = expressions::in_list(column, windows, &true, &rows.schema())?;
    let rows = FilterExecBuilder::new(counts, rows).apply_projection(Some(wanted))?.build()?;
    Ok(Arc::new(rows))
}

/// True if all files are ours, and the columns of types whose pages we read.
fn is_read_by_pages(files: &[Arc<LakeFile>], schema: &TableSchema, projection: &[usize]) -> bool {
    let is_read = |i: &usize| pages::reads(schema.table_schema().field(*i).data_type());
    files.iter().all(|file| file.crc32.is_some()) && projection.iter().all(is_read)
}

/// Files as the Parquet library reads them.
fn parquet(state: &dyn Session, schema: &TableSchema, is_needle: bool) -> Result<ParquetSource> {
    let options =
        TableParquetOptions { global: state.config_options().execution.parquet.clone(), ..Default::default() };
    let pushes_filters = is_needle || options.global.pushdown_filters;
    let source = ParquetSource::new(schema.clone())
        .with_table_parquet_options(options.clone())
        .with_parquet_file_reader_factory(Arc::new(readers(state)?))
        .with_pushdown_filters(pushes_filters)
        .with_reorder_filters(pushes_filters)
        .with_bloom_filter_on_read(true)
        .with_enable_page_index(true);
    Ok(match options.global.metadata_size_hint {
        Some(hint) => source.with_metadata_size_hint(hint),
        None => source,
    })
}

/// Reads files with the footers that all queries share.
pub(super) fn readers(state: &dyn Session) -> Result<CachedParquetFileReaderFactory> {
    let runtime = state.runtime_env();
    let footers = runtime.cache_manager.get_file_metadata_cache();
    Ok(CachedParquetFileReaderFactory::new(runtime.object_store(&ObjectStoreUrl::parse(LAKE_URL)?)?, footers))
}

/// The file's columns, then the partition column: where DataFusion wants it.
fn scanned(table: &SchemaRef) -> TableSchema {
    let in_file: Vec<_> = table.fields().iter().filter(|field| field.name() != PARTITION).cloned().collect();
    let partition = Arc::new(Field::new(PARTITION, DataType::Utf8View, false));
    TableSchema::builder(Arc::new(Schema::new(in_file))).with_table_partition_cols(vec![partition]).build()
}

/// Positions in the scan's schema of the columns that are asked for, in the order of the table's schema.
fn lake_projection(table: &SchemaRef, scan: &SchemaRef, projection: Option<&Vec<usize>>) -> Result<Vec<usize>> {
    let all: Vec<usize> = (0..table.fields().len()).collect();
    let wanted = projection.unwrap_or(&all);
    wanted.iter().map(|i| Ok(scan.index_of(table.field(*i).name())?)).collect()
}

pub(super) fn partitioned(file: &LakeFile) -> PartitionedFile {
    // Files never change, so that a constant time serves the cache of footers.
    let last_modified = chrono::DateTime::UNIX_EPOCH;
    let meta = ObjectMeta { location: file.path.clone(), last_modified, size: file.size, e_tag: None, version: None };
    let hour = ScalarValue::Utf8View(Some(file.hour.clone()));
    PartitionedFile::new_from_meta(meta).with_partition_values(vec![hour])
}

/// What is known of all files together; `count(*)` is answered from it without a scan, so it must be exact.
fn statistics(files: &[Arc<LakeFile>], schema: &SchemaRef) -> Statistics {
    let rows = files.iter().map(|file| file.rows as usize).sum();
    let columns = schema.fields().iter().map(|field| column_statistics(files, field)).collect();
    Statistics { num_rows: Precision::Exact(rows), total_byte_size: Precision::Absent, column_statistics: columns }
}

/// Bounds of integers and counts of nulls. Bounds of texts may be cut off by other writers, so they serve pruning only.
fn column_statistics(files: &[Arc<LakeFile>], field: &Field) -> ColumnStatistics {
    let mut statistics = ColumnStatistics::new_unknown();
    let ranges: Option<Vec<&ColumnRange>> = files.iter().map(|file| file.ranges.get(field.name())).collect();
    let Some(ranges) = ranges else { return statistics };
    if let Some(nulls) = ranges.iter().map(|range| range.null_count).sum::<Option<u64>>() {
        statistics.null_count = Precision::Exact(nulls as usize);
    }
    let mins: Option<Vec<i64>> = ranges.iter().map(|range| int(range.min.as_ref())).collect();
    let maxs: Option<Vec<i64>> = ranges.iter().map(|range| int(range.max.as_ref())).collect();
    let exact =
        |bound: Option<i64>| bound.and_then(|bound| scalar(bound, field)).map_or(Precision::Absent, Precision::Exact);
    statistics.min_value = exact(mins.and_then(|mins| mins.into_iter().min()));
    statistics.max_value = exact(maxs.and_then(|maxs| maxs.into_iter().max()));
    statistics
}

fn int(bound: Option<&StatValue>) -> Option<i64> {
    match bound {
        Some(StatValue::Int(bound)) => Some(*bound),
        _ => None,
    }
}

/// The bound in the column's type.
fn scalar(bound: i64, field: &Field) -> Option<ScalarValue> {
    match field.data_type() {
        DataType::Int64 => Some(ScalarValue::Int64(Some(bound))),
        DataType::Int32 => i32::try_from(bound).ok().map(|bound| ScalarValue::Int32(Some(bound))),
        _ => None,
    }
}
