//! A scan of files that Spanloom wrote: conditions lead the decoding, and are asked of dictionaries rather than of rows
//! ([`spanloom_store::pages`]).

/// Where columns are in a file.
mod columns;
/// What is asked of rows.
mod condition;
/// Files to rows.
mod opener;
/// Rows as bits.
mod wanted;
/// Columns of whole row groups to rows.
mod whole;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileOpener, FileScanConfig, FileScanConfigBuilder, FileSource};
use datafusion::datasource::projection::{ProjectionOpener, SplitProjection};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::physical_expr::DynamicFilterTracking;
use datafusion::physical_expr::expressions::{CastExpr, Column};
use datafusion::physical_expr::projection::ProjectionExprs;
use datafusion::physical_expr::utils::{collect_columns, conjunction, split_conjunction};
use datafusion::physical_expr_common::physical_expr::is_volatile;
use datafusion::physical_plan::filter_pushdown::{FilterPushdownPropagation, PushedDown};
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::physical_plan::{DisplayFormatType, ExecutionPlan, PhysicalExpr};
use object_store::ObjectStore;
use spanloom_store::pages::{PageCache, coded_type};

use self::condition::Condition;
use self::opener::{Asked, Opener, Readers};
use self::whole::WholeOpener;
use super::windows::WindowCache;

/// True if columns of this type are read.
pub(super) fn reads(data_type: &DataType) -> bool {
    match data_type {
        DataType::Int64 | DataType::Int32 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => reads(value),
        DataType::List(_) => columns::tells_lists(data_type).is_some(),
        DataType::Map(entries, _) => parts(entries).is_some_and(|parts| {
            let is_text = |part: &Arc<Field>| match part.data_type() {
                DataType::Dictionary(_, value) => **value == DataType::Utf8,
                plain => *plain == DataType::Utf8,
            };
            parts.iter().all(is_text)
        }),
        _ => false,
    }
}

/// True if filters may ask for what is in a column of this type: not of lists, nor of codes.
fn answers_for(data_type: &DataType) -> bool {
    reads(data_type) && !is_coded(data_type) && !matches!(data_type, DataType::List(_))
}

/// True if a column of this type is [coded](spanloom_store::pages::coded_type).
pub(super) fn is_coded(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(..) => true,
        DataType::Map(entries, _) => {
            parts(entries).is_some_and(|parts| parts.iter().any(|part| is_coded(part.data_type())))
        }
        _ => false,
    }
}

/// Key and value of a map's entries.
fn parts(entries: &Field) -> Option<&Fields> {
    match entries.data_type() {
        DataType::Struct(parts) if parts.len() == 2 => Some(parts),
        _ => None,
    }
}

/// How rows are read, and what is kept of that.
#[derive(Clone)]
pub(super) enum Reading {
    /// Those pages that have wanted rows: of columns whose types [`reads`] is true of.
    Pages(PageCache),
    /// Whole columns, of any types.
    Whole(WindowCache),
}

/// Rows of a table's files.
#[derive(Clone)]
pub(super) struct PagesSource {
    table: TableSchema,
    projection: SplitProjection,
    /// The file's columns of texts that are given as [codes](coded_type).
    codes: BTreeSet<usize>,
    readers: Arc<CachedParquetFileReaderFactory>,
    reading: Reading,
    conditions: Vec<Arc<dyn PhysicalExpr>>,
    metrics: ExecutionPlanMetricsSet,
}

impl PagesSource {
    pub fn new(table: TableSchema, readers: CachedParquetFileReaderFactory, reading: Reading) -> Self {
        Self {
            projection: SplitProjection::unprojected(&table),
            codes: BTreeSet::new(),
            table,
            readers: Arc::new(readers),
            reading,
            conditions: Vec::new(),
            metrics: ExecutionPlanMetricsSet::new(),
        }
    }

    fn file_schema(&self) -> &SchemaRef {
        self.table.file_schema()
    }

    /// True if a filter can be answered by files' columns alone, whenever it is asked.
    fn answers(&self, filter: &Arc<dyn PhysicalExpr>) -> bool {
        let schema = self.file_schema();
        let is_read = |column: &Column| {
            let field = schema.fields().get(column.index());
            field.is_some_and(|field| matches!(self.reading, Reading::Whole(_)) || answers_for(field.data_type()))
        };
        !DynamicFilterTracking::classify(filter).contains_dynamic_filter()
            && !is_volatile(filter)
            && collect_columns(filter).iter().all(is_read)
    }

    /// The file's columns as they are given.
    fn given(&self) -> SchemaRef {
        let fields = self.projection.file_indices.iter().map(|index| {
            let field = &self.file_schema().fields()[*index];
            match self.codes.contains(index) {
                true => Arc::new(field.as_ref().clone().with_data_type(coded_type(field.data_type()))),
                false => Arc::clone(field),
            }
        });
        Arc::new(Schema::new(fields.collect::<Fields>()))
    }

    /// The same, of which those of some columns are given as codes that are a file's columns of texts and wanted once.
    /// `None` if there are none.
    fn with_codes(&self, columns: &BTreeSet<usize>) -> Option<Self> {
        let schema = self.file_schema();
        let mut exprs = self.projection.source.as_ref().to_vec();
        let uses = |index: usize| exprs.iter().filter(move |projected| reads_column(&projected.expr, index)).count();
        let coded = columns.iter().filter_map(|column| {
            let index = exprs.get(*column)?.expr.downcast_ref::<Column>()?.index();
            let is_text = *schema.fields().get(index)?.data_type() == DataType::Utf8View;
            (is_text && uses(index) == 1).then_some((*column, index))
        });
        let coded: Vec<(usize, usize)> = coded.collect();
        for (column, _) in &coded {
            // The type that the scan says it has; nothing is cast, for what is read is of that type.
            let projected = &mut exprs[*column];
            let text = Arc::clone(&projected.expr);
            projected.expr = Arc::new(CastExpr::new(text, coded_type(&DataType::Utf8View), None));
        }
        let projection = SplitProjection::new(schema, &ProjectionExprs::new(exprs));
        let codes: BTreeSet<usize> = coded.into_iter().map(|(_, index)| index).collect();
        (!codes.is_empty()).then(|| Self { projection, codes, ..self.clone() })
    }
}

fn reads_column(expr: &Arc<dyn PhysicalExpr>, index: usize) -> bool {
    collect_columns(expr).iter().any(|column| column.index() == index)
}

/// The same scan, of which some columns of texts are [codes](coded_type). `None` if none of these can be: what is no scan of pages
/// has no codes.
pub(crate) fn with_codes(scan: &Arc<dyn ExecutionPlan>, columns: &BTreeSet<usize>) -> Option<Arc<dyn ExecutionPlan>> {
    let (config, source) = scan.downcast_ref::<DataSourceExec>()?.downcast_to_file_source::<PagesSource>()?;
    let Reading::Pages(_) = source.reading else { return None };
    let source = Arc::new(source.with_codes(columns)?);
    Some(DataSourceExec::from_data_source(FileScanConfigBuilder::from(config.clone()).with_source(source).build()))
}

impl FileSource for PagesSource {
    fn create_file_opener(
        &self,
        _store: Arc<dyn ObjectStore>,
        _config: &FileScanConfig,
        partition: usize,
    ) -> Result<Arc<dyn FileOpener>> {
        let schema = self.given();
        let conditions = self.conditions.iter().map(|expr| Condition::new(expr, self.file_schema()));
        let asked = Asked { conditions: conditions.collect::<Result<_>>()?, schema };
        let readers = Readers { partition, factory: Arc::clone(&self.readers), metrics: self.metrics.clone() };
        let opener: Arc<dyn FileOpener> = match &self.reading {
            Reading::Pages(cache) => Arc::new(Opener::new(readers, cache.clone(), asked)),
            Reading::Whole(cache) => Arc::new(WholeOpener::new(readers, cache.clone(), asked)),
        };
        ProjectionOpener::try_new(self.projection.clone(), opener, self.file_schema())
    }

    fn table_schema(&self) -> &TableSchema {
        &self.table
    }

    fn with_batch_size(&self, _batch_size: usize) -> Arc<dyn FileSource> {
        // Parts of a row group; what is longer than a batch is split above.
        Arc::new(self.clone())
    }

    fn filter(&self) -> Option<Arc<dyn PhysicalExpr>> {
        (!self.conditions.is_empty()).then(|| conjunction(self.conditions.iter().cloned()))
    }

    fn projection(&self) -> Option<&ProjectionExprs> {
        Some(&self.projection.source)
    }

    fn metrics(&self) -> &ExecutionPlanMetricsSet {
        &self.metrics
    }

    fn file_type(&self) -> &'static str {
        match self.reading {
            Reading::Pages(_) => "pages",
            Reading::Whole(_) => "columns",
        }
    }

    fn fmt_extra(&self, _format: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.filter() {
            Some(filter) => write!(f, ", predicate={filter}"),
            None => Ok(()),
        }
    }

    fn try_pushdown_filters(
        &self,
        filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterPushdownPropagation<Arc<dyn FileSource>>> {
        let answered: Vec<bool> = filters.iter().map(|filter| self.answers(filter)).collect();
        let pushed = answered.iter().map(|answered| if *answered { PushedDown::Yes } else { PushedDown::No });
        let result = FilterPushdownPropagation::with_parent_pushdown_result(pushed.collect());
        if !answered.contains(&true) {
            return Ok(result);
        }
        let mut source = self.clone();
        for filter in filters.iter().zip(answered).filter_map(|(filter, answered)| answered.then_some(filter)) {
            source.conditions.extend(split_conjunction(filter).into_iter().cloned());
        }
        Ok(result.with_updated_node(Arc::new(source) as Arc<dyn FileSource>))
    }

    fn try_pushdown_projection(&self, projection: &ProjectionExprs) -> Result<Option<Arc<dyn FileSource>>> {
        let mut source = self.clone();
        let merged = self.projection.source.try_merge(projection)?;
        source.projection = SplitProjection::new(self.file_schema(), &merged);
        // What was merged may ask for texts as they are; then codes are made of them, as the projection says.
        source.codes.clear();
        Ok(Some(Arc::new(source)))
    }

    fn apply_expressions(
        &self,
        f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        for expr in self.conditions.iter().chain(self.projection.source.iter().map(|projected| &projected.expr)) {
            if f(expr)? == TreeNodeRecursion::Stop {
                return Ok(TreeNodeRecursion::Stop);
            }
        }
        Ok(TreeNodeRecursion::Continue)
    }
}
