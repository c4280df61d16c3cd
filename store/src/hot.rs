//! Hot rows: acknowledged and not in the lake yet.
//!
//! Rows are kept as runs in the order of frames. Small runs are merged sixteen at a time, as in a log-structured tree, so
//! that a stream of tiny requests costs neither memory nor scan time; each row is copied a few times at most. Runs on
//! two sides of a seal are never merged, because a flush takes the older ones away.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::concat;

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
/// Buffers of texts that a column of a run has: those of the requests of one merge, or its own.
const BUFFERS_MAX: usize = 2 * FAN_IN;

/// The rows of one or several neighbouring frames.
#[derive(Debug)]
struct Run {
    /// Number of the newest frame in it.
    last: u64,
    /// How often its rows were merged.
    level: u32,
    bytes: u64,
    rows: RecordBatch,
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
    pub fn push(&mut self, frame: u64, rows: RecordBatch) {
        self.append(Run { last: frame, level: 0, bytes: memory_bytes(&rows), rows });
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
        let batches: Vec<RecordBatch> = tail.iter().map(|run| run.rows.clone()).collect();
        let rows = self.merge(&batches)?;
        Some(Run { last: newest.last, level: newest.level + 1, bytes: memory_bytes(&rows), rows })
    }

    const fn rows_max(&self) -> usize {
        match self.table {
            Table::Samples | Table::Histograms => METRIC_RUN_ROWS_MAX,
            _ => RUN_ROWS_MAX,
        }
    }

    /// Equal schemas cannot fail to merge; if they did, the runs would simply stay apart.
    fn merge(&self, batches: &[RecordBatch]) -> Option<RecordBatch> {
        match self.table {
            Table::Samples => samples::merge(batches),
            Table::Histograms => histograms::merge(batches),
            _ => concatenated(batches),
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

    pub fn batches(&self) -> impl Iterator<Item = &RecordBatch> {
        self.runs.iter().map(|run| &run.rows)
    }

    /// The batches of frames after `frame`, itself the end of a sealed run, up to and with `last`.
    pub fn batches_between(&self, frame: u64, last: u64) -> Vec<RecordBatch> {
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

/// Batches of one schema as one; `None` if they do not fit together. Columns of one type that have no value are one column,
/// as they were before.
fn concatenated(batches: &[RecordBatch]) -> Option<RecordBatch> {
    let schema = batches.first()?.schema();
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(schema.fields().len());
    for at in 0..schema.fields().len() {
        let parts: Vec<&dyn Array> = batches.iter().map(|batch| batch.column(at).as_ref()).collect();
        let is_same = |other: &&ArrayRef| is_blank(&***other) && other.data_type() == parts[0].data_type();
        let known = if parts.iter().all(|part| is_blank(*part)) { columns.iter().find(is_same) } else { None };
        let column = match known {
            Some(known) => Arc::clone(known),
            None => compact(concat(&parts).ok()?),
        };
        columns.push(column);
    }
    RecordBatch::try_new(schema, columns).ok()
}

fn is_blank(column: &dyn Array) -> bool {
    column.null_count() == column.len()
}

/// Concatenated views share the buffers of all their parts, which is right until these are many: then the column gets one
/// of its own.
fn compact(column: ArrayRef) -> ArrayRef {
    match column.as_string_view_opt() {
        Some(views) if views.data_buffers().len() > BUFFERS_MAX => Arc::new(views.gc()),
        _ => column,
    }
}

/// What a batch takes, its own structures included: in small batches they outweigh the data.
fn memory_bytes(rows: &RecordBatch) -> u64 {
    (rows.get_array_memory_size() + rows.num_columns() * size_of::<ArrayRef>()) as u64
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringViewArray};
    use arrow::compute::concat_batches;
    use arrow::datatypes::{DataType, Field, Int64Type, Schema};

    use super::*;

    fn batch(value: i64) -> RecordBatch {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        RecordBatch::try_new(schema, vec![Arc::new(Int64Array::from(vec![value]))]).unwrap()
    }

    fn values(rows: &HotRows) -> Vec<i64> {
        rows.batches().flat_map(|b| b.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
    }

    #[test]
    fn texts_stay_what_they_are() {
        let texts =
            |n: usize| (0..n % 5).map(move |i| Some("text ".repeat(n * i)).filter(|_| !(n + i).is_multiple_of(3)));
        let fields = ["texts", "blank", "blank too"].map(|name| Field::new(name, DataType::Utf8View, true));
        let schema = Arc::new(Schema::new(fields.to_vec()));
        let batch = |n: usize| {
            let column: StringViewArray = texts(n).collect();
            let blank: StringViewArray = texts(n).map(|_| None::<String>).collect();
            let columns: [ArrayRef; 3] = [Arc::new(column), Arc::new(blank.clone()), Arc::new(blank)];
            RecordBatch::try_new(Arc::clone(&schema), columns.to_vec()).unwrap()
        };
        for count in [1, FAN_IN, 40, 200] {
            let batches: Vec<RecordBatch> = (0..count).map(batch).collect();
            let merged = concatenated(&batches).unwrap();
            assert_eq!(merged, concat_batches(&schema, &batches).unwrap());
            assert!(merged.column(0).as_string_view().data_buffers().len() <= BUFFERS_MAX);
            assert!(Arc::ptr_eq(merged.column(1), merged.column(2)));
        }
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
            let flushed: usize = rows.batches_between(0, sealed_at).iter().map(RecordBatch::num_rows).sum();
            assert_eq!(flushed as u64, sealed_at);
            rows.drop_through(sealed_at);
            assert_eq!(values(&rows), (sealed_at as i64 + 1..=600).collect::<Vec<_>>());
        }
    }
}
