//! Columns of files of windows, kept as they were decoded.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arrow::array::{Array as _, ArrayData, ArrayRef};
use arrow::buffer::Buffer;
use datafusion::common::ScalarValue;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Between, BinaryExpr, Expr, Operator};
use moka::sync::Cache;
use spanloom_store::LakeFile;

/// Columns for which nobody asks are given up after this time.
const IDLE_MAX: Duration = Duration::from_mins(15);
/// What an entry takes beside its values, about.
const ENTRY_BYTES: usize = 512;
/// A file of more than this part of what may be kept would take the place of all others: decoded it is some ten times as large.
const FILE_PART_MAX: u64 = 32;
/// A larger file is not decoded whole, whatever may be kept: queries that read at the same time would hold too much.
const FILE_BYTES_MAX: u64 = 8 << 20;
/// Who asks for less than this part of a file's time reads its pages: to decode the rest would cost more than it is likely to save.
const TIME_PART_MAX: i128 = 8;
/// The column of a window's start.
pub(super) const WINDOW: &str = "window_ns";

/// Columns of row groups of files of windows. The minutes and hours that services' graphs, rates and quantiles are made of are few rows,
/// but long lists to decode, and are asked for again whenever somebody looks. Files never change, so that nothing in it becomes wrong.
/// Copies are one cache.
#[derive(Clone)]
pub(crate) struct WindowCache {
    columns: Cache<Key, Column>,
    bytes_max: u64,
}

/// A file, a row group of it, and a column's name.
type Key = (Arc<str>, usize, Arc<str>);

/// Its rows in parts, which are as long in all columns.
type Column = Arc<[ArrayRef]>;

impl fmt::Debug for WindowCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowCache").field("bytes", &self.columns.weighted_size()).finish()
    }
}

impl WindowCache {
    /// At most `bytes_max` are kept; of 0 none. Where more are asked for, a column comes in if it was asked for more often, lately, than
    /// those whose place it takes.
    pub fn new(bytes_max: u64) -> Self {
        let weight = |_: &Key, column: &Column| {
            let mut counted = HashSet::new();
            let bytes: usize = column.iter().map(|part| bytes(&part.to_data(), &mut counted)).sum();
            u32::try_from(ENTRY_BYTES + bytes).unwrap_or(u32::MAX)
        };
        let columns = Cache::builder().max_capacity(bytes_max).weigher(weight).time_to_idle(IDLE_MAX).build();
        Self { columns, bytes_max }
    }

    /// Gives up what has been idle for too long, and returns how many bytes are kept.
    pub fn tend(&self) -> u64 {
        self.columns.run_pending_tasks();
        self.columns.weighted_size()
    }

    /// Whether columns of a file are read whole and kept: of one of ours that is small enough, if at least an eighth of its time is
    /// asked for.
    pub fn keeps(&self, file: &LakeFile, filters: &[Expr]) -> bool {
        if file.crc32.is_none() || file.size > (self.bytes_max / FILE_PART_MAX).min(FILE_BYTES_MAX) {
            return false;
        }
        let (Some(first_ns), Some(last_ns)) = file.int_bounds(WINDOW) else { return false };
        let asked = hull(filters);
        let (start_ns, end_ns) = (asked.0.max(first_ns), asked.1.min(last_ns));
        start_ns <= end_ns
            && i128::from(end_ns) - i128::from(start_ns) >= (i128::from(last_ns) - i128::from(first_ns)) / TIME_PART_MAX
    }

    pub(super) fn get(&self, path: &Arc<str>, group: usize, column: &str) -> Option<Column> {
        self.columns.get(&(Arc::clone(path), group, column.into()))
    }

    pub(super) fn put(&self, path: &Arc<str>, group: usize, column: &str, parts: &Column) {
        self.columns.insert((Arc::clone(path), group, column.into()), Arc::clone(parts));
    }
}

/// The memory behind an array that was not counted before: parts of a column of texts share those of its dictionary.
fn bytes(array: &ArrayData, counted: &mut HashSet<*const u8>) -> usize {
    let nulls = array.nulls().map(|nulls| nulls.inner().inner());
    let buffers = array.buffers().iter().chain(nulls).filter(|buffer| counted.insert(buffer.data_ptr().as_ptr()));
    let own: usize = buffers.map(Buffer::capacity).sum();
    own + array.child_data().iter().map(|child| bytes(child, counted)).sum::<usize>()
}

/// Between which starts windows have to begin for the filters to be true, both included.
fn hull(filters: &[Expr]) -> (i64, i64) {
    let conditions = filters.iter().flat_map(split_conjunction);
    conditions.map(begins).fold(ALL, |a, b| (a.0.max(b.0), a.1.min(b.1)))
}

const ALL: (i64, i64) = (i64::MIN, i64::MAX);

fn begins(condition: &Expr) -> (i64, i64) {
    match condition {
        Expr::Between(Between { expr, negated: false, low, high }) if is_window(expr) => {
            (number(low).unwrap_or(i64::MIN), number(high).unwrap_or(i64::MAX))
        }
        Expr::BinaryExpr(BinaryExpr { left, op: Operator::Or, right }) => {
            let [a, b] = [left, right].map(|side| hull(std::slice::from_ref(side)));
            (a.0.min(b.0), a.1.max(b.1))
        }
        Expr::BinaryExpr(BinaryExpr { left, op, right }) if is_window(left) => match (op, number(right)) {
            (Operator::Eq, Some(number)) => (number, number),
            (Operator::Gt | Operator::GtEq, Some(number)) => (number, i64::MAX),
            (Operator::Lt | Operator::LtEq, Some(number)) => (i64::MIN, number),
            _ => ALL,
        },
        _ => ALL,
    }
}

fn is_window(expr: &Expr) -> bool {
    matches!(expr, Expr::Column(column) if column.name() == WINDOW)
}

fn number(expr: &Expr) -> Option<i64> {
    match expr {
        Expr::Literal(ScalarValue::Int64(number), _) => *number,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::{col, lit};

    use super::*;

    #[test]
    fn the_time_that_filters_ask_for_is_told() {
        let window = || col(WINDOW);
        let run = |start: i64, end: i64| window().gt_eq(lit(start)).and(window().lt_eq(lit(end)));
        assert_eq!(hull(&[]), ALL);
        assert_eq!(hull(&[col("count").gt(lit(5_i64))]), ALL);
        assert_eq!(hull(&[window().between(lit(10_i64), lit(20_i64)).or(window().eq(lit(40_i64)))]), (10, 40));
        assert_eq!(hull(&[window().not_between(lit(10_i64), lit(20_i64))]), ALL);
        assert_eq!(hull(&[run(10, 20), col("service").eq(lit("a"))]), (10, 20));
        assert_eq!(hull(&[run(10, 20).or(run(40, 50))]), (10, 50));
        assert_eq!(hull(&[run(10, 20).or(col("count").gt(lit(5_i64)))]), ALL);
        assert_eq!(hull(&[window().eq(lit(7_i64)), window().not_eq(lit(3_i64))]), (7, 7));
    }
}
