//! Which lake files a filter needs, from the statistics batch of the snapshot alone.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, RecordBatch, UInt64Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, Result, ScalarValue};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use spanloom_store::{LakeFile, LakeSnapshot};

/// The partition column: known of every file, the same for all its rows.
const PARTITION: &str = "hour";

/// The files that may hold rows for which `filter` is true; all of them where the filter says nothing about statistics.
pub(super) fn files(lake: &LakeSnapshot, filter: Arc<dyn PhysicalExpr>, schema: SchemaRef) -> Vec<Arc<LakeFile>> {
    match keep(&lake.statistics, filter, schema) {
        Ok(keep) => lake.files.iter().zip(keep).filter(|(_, keep)| *keep).map(|(file, _)| Arc::clone(file)).collect(),
        Err(error) => {
            // A filter that pruning cannot evaluate is no error of the query: the scan evaluates it on every row.
            tracing::debug!(%error, "failed to prune files");
            lake.files.clone()
        }
    }
}

fn keep(statistics: &RecordBatch, filter: Arc<dyn PhysicalExpr>, schema: SchemaRef) -> Result<Vec<bool>> {
    let predicate = PruningPredicateBuilder::new().with_file_schema(schema).try_build(filter)?;
    predicate.prune(&FileStatistics(statistics))
}

/// The snapshot's statistics batch as DataFusion asks for it.
struct FileStatistics<'a>(&'a RecordBatch);

impl FileStatistics<'_> {
    fn bound(&self, column: &Column, suffix: &str) -> Option<ArrayRef> {
        if column.name() == PARTITION {
            return self.0.column_by_name(PARTITION).cloned();
        }
        self.0.column_by_name(&format!("{}.{suffix}", column.name())).cloned()
    }

    fn count(&self, name: &str) -> Option<ArrayRef> {
        cast(self.0.column_by_name(name)?, &DataType::UInt64).ok()
    }
}

impl PruningStatistics for FileStatistics<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bound(column, "min")
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bound(column, "max")
    }

    fn num_containers(&self) -> usize {
        self.0.num_rows()
    }

    fn null_counts(&self, column: &Column) -> Option<ArrayRef> {
        if column.name() == PARTITION {
            return Some(Arc::new(UInt64Array::from(vec![0; self.0.num_rows()])));
        }
        self.count(&format!("{}.null_count", column.name()))
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        self.count("row_count")
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
