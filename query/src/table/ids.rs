//! Which lake files may have a trace: the bloom filters of `trace_lo` of every file that was asked for, kept in memory.
//!
//! A scan reads the filters of each row group again, one by one. Kept, they are some 5 kB for 100,000 spans, and what is left
//! to read of a lake for one trace are the one or two files that have it.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::ParquetFileReaderFactory;
use datafusion::error::Result;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, Operator};
use datafusion::parquet::bloom_filter::Sbbf;
use datafusion::physical_plan::metrics::ExecutionPlanMetricsSet;
use datafusion::scalar::ScalarValue;
use futures::{StreamExt as _, stream};
use object_store::path::Path;
use parking_lot::Mutex;
use spanloom_store::LakeFile;

use super::scan;

const TRACE_LO: &str = "trace_lo";
/// Traces in one filter that are looked up; of more, most files have some.
const IDS_MAX: usize = 16;
/// Files whose filters are fetched at a time.
const FETCHED_TOGETHER: usize = 16;
/// What is kept, over a thousand million spans. Beyond that everything is fetched again.
const KEPT_BYTES_MAX: usize = 64 << 20;
/// A filter is made of blocks of 32 bytes.
const BLOCK_BYTES: usize = 32;

/// The filters of files. Files never change, so that these stay true as long as there are the files.
#[derive(Debug, Default)]
pub(crate) struct IdFilters(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    files: HashMap<Path, Arc<FileFilter>>,
    bytes: usize,
}

/// A filter for each row group; `None` if one has none, and the file may have any trace.
#[derive(Debug)]
struct FileFilter(Option<Vec<Sbbf>>);

impl FileFilter {
    fn may_have(&self, ids: &[i64]) -> bool {
        let Some(groups) = &self.0 else { return true };
        groups.iter().any(|group| ids.iter().any(|id| group.check(id)))
    }

    fn bytes(&self) -> usize {
        let groups = self.0.iter().flatten().map(|group| size_of::<Sbbf>() + group.num_blocks() * BLOCK_BYTES);
        size_of::<Self>() + size_of::<Path>() + groups.sum::<usize>()
    }
}

impl IdFilters {
    /// Those of the files that may have rows of the traces. A file whose filters cannot be read may have some: reading its
    /// rows will tell what is wrong with it.
    pub async fn keep(
        &self,
        files: Vec<Arc<LakeFile>>,
        ids: &[i64],
        readers: &dyn ParquetFileReaderFactory,
    ) -> Vec<Arc<LakeFile>> {
        let may_have = |file: Arc<LakeFile>| async move {
            match self.filter(&file, readers).await {
                Ok(filter) => filter.may_have(ids).then_some(file),
                Err(error) => {
                    tracing::debug!(file = %file.path, %error, "failed to read the filters of a file");
                    Some(file)
                }
            }
        };
        stream::iter(files).map(may_have).buffered(FETCHED_TOGETHER).filter_map(std::future::ready).collect().await
    }

    async fn filter(&self, file: &LakeFile, readers: &dyn ParquetFileReaderFactory) -> Result<Arc<FileFilter>> {
        if let Some(known) = self.0.lock().files.get(&file.path) {
            return Ok(Arc::clone(known));
        }
        let filter = Arc::new(read(scan::partitioned(file), readers).await?);
        let mut kept = self.0.lock();
        if kept.bytes + filter.bytes() > KEPT_BYTES_MAX {
            *kept = Kept::default();
        }
        kept.bytes += filter.bytes();
        kept.files.insert(file.path.clone(), Arc::clone(&filter));
        Ok(filter)
    }
}

async fn read(file: PartitionedFile, readers: &dyn ParquetFileReaderFactory) -> Result<FileFilter> {
    let mut reader = readers.create_reader(0, file, None, &ExecutionPlanMetricsSet::new())?;
    let metadata = reader.get_metadata(None).await?;
    let mut groups = Vec::with_capacity(metadata.num_row_groups());
    for group in metadata.row_groups() {
        let column = group.columns().iter().find(|column| column.column_path().string() == TRACE_LO);
        let place = column.and_then(|column| Some((column.bloom_filter_offset()?, column.bloom_filter_length()?)));
        let place = place.and_then(|(offset, length)| Some((u64::try_from(offset).ok()?, u64::try_from(length).ok()?)));
        let Some((offset, length)) = place else { return Ok(FileFilter(None)) };
        groups.push(Sbbf::from_bytes(&reader.get_bytes(offset..offset + length).await?)?);
    }
    Ok(FileFilter(Some(groups)))
}

/// The ids of the few traces of which all rows are that the filters want; `None` if they want others as well.
pub(super) fn wanted(filters: &[Expr]) -> Option<Vec<i64>> {
    filters.iter().flat_map(split_conjunction).find_map(ids).filter(|ids| ids.len() <= IDS_MAX)
}

fn ids(filter: &Expr) -> Option<Vec<i64>> {
    let is_trace_lo = |expr: &Expr| matches!(expr, Expr::Column(column) if column.name() == TRACE_LO);
    match filter {
        Expr::BinaryExpr(binary) if binary.op == Operator::Eq && is_trace_lo(&binary.left) => {
            Some(vec![int(&binary.right)?])
        }
        Expr::BinaryExpr(binary) if binary.op == Operator::Eq && is_trace_lo(&binary.right) => {
            Some(vec![int(&binary.left)?])
        }
        Expr::BinaryExpr(binary) if binary.op == Operator::Or => {
            let (mut left, right) = (ids(&binary.left)?, ids(&binary.right)?);
            left.extend(right);
            Some(left)
        }
        Expr::InList(list) if !list.negated && is_trace_lo(&list.expr) => list.list.iter().map(int).collect(),
        _ => None,
    }
}

fn int(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::Int64(Some(int)), _) => Some(*int),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{col, lit};

    use super::*;

    #[test]
    fn only_filters_that_leave_no_other_trace_name_ids() {
        let is = |id: i64| col("trace_lo").eq(lit(id));
        assert_eq!(wanted(&[is(7).and(col("kind").eq(lit(1)))]), Some(vec![7]));
        assert_eq!(wanted(&[col("kind").eq(lit(1)), lit(7_i64).eq(col("trace_lo"))]), Some(vec![7]));
        assert_eq!(wanted(&[is(7).or(is(8))]), Some(vec![7, 8]));
        assert_eq!(wanted(&[col("trace_lo").in_list(vec![lit(1_i64), lit(2_i64)], false)]), Some(vec![1, 2]));
        assert_eq!(wanted(&[col("trace_lo").in_list(vec![lit(1_i64)], true)]), None);
        assert_eq!(wanted(&[is(7).or(col("kind").eq(lit(1)))]), None);
        assert_eq!(wanted(&[col("trace_lo").gt(lit(7_i64)), col("trace_hi").eq(lit(7_i64))]), None);
        let many = (0..=IDS_MAX as i64).map(lit).collect();
        assert_eq!(wanted(&[col("trace_lo").in_list(many, false)]), None);
    }
}
