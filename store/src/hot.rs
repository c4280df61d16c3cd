//! Hot rows: acknowledged and not in the lake yet.
//!
//! Rows are kept as runs in the order of frames. Small runs are merged sixteen at a time, as in a log-structured tree, so
//! that a stream of tiny requests costs neither memory nor scan time; each row is copied a few times at most. Runs on
//! two sides of a seal are never merged, because a flush takes the older ones away.

use std::sync::Arc;

use arrow::array::RecordBatch;

use crate::coded::CodedBatch;
use crate::schema::{Table, histograms, samples};

/// Runs that are merged into one.
const FAN_IN: usize = 16;
/// A merge that would make a longer run is not made.
const RUN_ROWS_MAX: usize = 32 * 1024;
/// Rows of metrics are narrow, and sorted runs are what queries find a series in.
const METRIC_RUN_ROWS_MAX: usize = 1024 * 1024;
/// Nor one that would make a larger run: copying it again would cost more than it saves, and the texts of one nested column
/// must stay below 2 GiB.
const RUN_BYTES_MAX: u64 = 64 << 20;

/// The rows of one or several neighbouring frames.
#[derive(Debug)]
struct Run {
    /// Number of the newest frame in it.
    last: u64,
    /// How often its rows were merged.
    level: u32,
    bytes: u64,
    rows: CodedBatch,
}

/// The hot rows of one table of one tenant. Cheap to clone: runs are shared.
///
/// Runs of samples and histograms are sorted by series and time, whether merged or not.
#[derive(Debug, Clone)]
pub(crate) struct HotRows {
    table: Table,
    runs: Vec<Arc<Run>>,
    /// Runs before this one are not merged any more.
    sealed: usize,
    bytes: u64,
}

impl HotRows {
    pub fn new(table: Table) -> Self {
        Self { table, runs: Vec::new(), sealed: 0, bytes: 0 }
    }

    /// Adds the rows of a frame; frames come in ascending order.
    pub fn push(&mut self, frame: u64, rows: CodedBatch) {
        self.append(Run { last: frame, level: 0, bytes: rows.memory_bytes() as u64, rows });
        while let Some(merged) = self.merged_tail() {
            self.runs.truncate(self.runs.len() - FAN_IN);
            self.bytes = self.runs.iter().map(|run| run.bytes).sum();
            self.append(merged);
        }
    }

    fn append(&mut self, run: Run) {
        self.bytes += run.bytes;
        self.runs.push(Arc::new(run));
    }

    /// The newest runs as one, if they are as many as a merge takes, all of one level and not too long.
    fn merged_tail(&self) -> Option<Run> {
        let from = self.runs.len().checked_sub(FAN_IN).filter(|from| *from >= self.sealed)?;
        let tail = &self.runs[from..];
        let newest = tail.last()?;
        let rows: usize = tail.iter().map(|run| run.rows.num_rows()).sum();
        let bytes: u64 = tail.iter().map(|run| run.bytes).sum();
        if rows > self.rows_max() || bytes > RUN_BYTES_MAX || tail.iter().any(|run| run.level != newest.level) {
            return None;
        }
        let batches: Vec<CodedBatch> = tail.iter().map(|run| run.rows.clone()).collect();
        let rows = self.merge(&batches)?;
        Some(Run { last: newest.last, level: newest.level + 1, bytes: rows.memory_bytes() as u64, rows })
    }

    const fn rows_max(&self) -> usize {
        match self.table {
            Table::Samples | Table::Histograms => METRIC_RUN_ROWS_MAX,
            _ => RUN_ROWS_MAX,
        }
    }

    /// Equal schemas cannot fail to merge; if they did, the runs would simply stay apart.
    fn merge(&self, batches: &[CodedBatch]) -> Option<CodedBatch> {
        let plain = || batches.iter().map(CodedBatch::to_batch).collect::<Vec<RecordBatch>>();
        match self.table {
            Table::Samples => samples::merge(&plain()).map(CodedBatch::from),
            Table::Histograms => histograms::merge(&plain()).map(CodedBatch::from),
            _ => CodedBatch::concat(batches).ok(),
        }
    }

    /// Closes the runs so far: a flush can take them away while others come.
    pub fn seal(&mut self) {
        self.sealed = self.runs.len();
    }

    /// Takes away the rows of frames up to `frame`, the end of a sealed run.
    pub fn drop_through(&mut self, frame: u64) {
        let kept = self.runs.partition_point(|run| run.last <= frame);
        self.runs.drain(..kept);
        self.sealed = self.sealed.saturating_sub(kept);
        self.bytes = self.runs.iter().map(|run| run.bytes).sum();
    }

    pub fn batches(&self) -> impl Iterator<Item = &CodedBatch> {
        self.runs.iter().map(|run| &run.rows)
    }

    /// The batches of frames after `frame`, itself the end of a sealed run, up to and with `last`.
    pub fn batches_between(&self, frame: u64, last: u64) -> Vec<CodedBatch> {
        let runs = self.runs.iter().filter(|run| run.last > frame && run.last <= last);
        runs.map(|run| run.rows.clone()).collect()
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn rows(&self) -> u64 {
        self.runs.iter().map(|run| run.rows.num_rows() as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{AsArray as _, Int64Array};
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};

    use super::*;

    fn batch(value: i64) -> CodedBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![value]))]).unwrap().into()
    }

    fn values(rows: &HotRows) -> Vec<i64> {
        let column = |b: &CodedBatch| b.to_batch().column(0).as_primitive::<Int64Type>().values().to_vec();
        rows.batches().flat_map(column).collect()
    }

    #[test]
    fn many_small_batches_become_few_and_lose_nothing() {
        let mut rows = HotRows::new(Table::Spans);
        (1..=1000).for_each(|n| rows.push(n, batch(n as i64)));
        assert_eq!(values(&rows), (1..=1000).collect::<Vec<_>>());
        assert!(rows.runs.len() < 3 * FAN_IN, "{} runs", rows.runs.len());
        assert_eq!(rows.bytes(), rows.runs.iter().map(|run| run.bytes).sum::<u64>());
    }

    #[test]
    fn a_flush_takes_what_was_sealed_and_nothing_else() {
        for sealed_at in [1, 15, 16, 17, 255, 256, 300] {
            let mut rows = HotRows::new(Table::Spans);
            for n in 1..=600 {
                rows.push(n, batch(n as i64));
                if n == sealed_at {
                    rows.seal();
                }
            }
            let flushed: usize = rows.batches_between(0, sealed_at).iter().map(CodedBatch::num_rows).sum();
            assert_eq!(flushed as u64, sealed_at);
            rows.drop_through(sealed_at);
            assert_eq!(values(&rows), (sealed_at as i64 + 1..=600).collect::<Vec<_>>());
        }
    }
}
