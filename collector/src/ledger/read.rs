//! Reads spans back from what is stored.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use arrow::error::ArrowError;
use foldhash::fast::RandomState;
use futures::TryStreamExt as _;
use spanloom_store::schema::spans::UnreadableRow;
use spanloom_store::{CodedBatch, LakeFile, Scan, ScanError, Store, Table, TenantView, TraceId};
use thiserror::Error;

use super::held;
use super::seen::Extent;
use crate::pair::{Span, SpanReader, WINDOW_NS};

/// Why stored rows could not be read.
#[derive(Debug, Error)]
pub(super) enum ReadError {
    #[error(transparent)]
    Scan(#[from] ScanError),
    #[error("failed to filter rows")]
    Filter(#[from] ArrowError),
    #[error(transparent)]
    Row(#[from] UnreadableRow),
}

/// When a span of a trace ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    pub trace: TraceId,
    pub end_ns: i64,
}

const END_COLUMNS: &[&str] = &["trace_hi", "trace_lo", "start_ns", "duration_ns"];

/// The spans of a tenant that came through this process's log, as one view has them.
pub(super) struct Reader<'a> {
    pub store: &'a Store,
    pub view: Arc<TenantView>,
}

impl Reader<'_> {
    /// The lake files that a flush of this log wrote.
    pub fn files(&self) -> impl Iterator<Item = &Arc<LakeFile>> {
        let writer = self.store.writer();
        let is_own = move |file: &&Arc<LakeFile>| file.frames.as_ref().is_some_and(|frames| &*frames.wal == writer);
        self.view.table(Table::Spans).lake().files.iter().filter(is_own)
    }

    /// The ends of hot spans that lie in the extent's windows.
    pub fn hot_ends(&self, extent: Extent) -> Result<Vec<End>, ReadError> {
        let scan = ends_in(extent);
        let mut ends = Vec::new();
        for batch in self.view.table(Table::Spans).hot() {
            ends.extend(ends_of(&scan.batch(&batch)?.to_batch())?);
        }
        Ok(ends)
    }

    /// The ends of a file's spans that lie in the extent's windows.
    pub async fn file_ends(&self, file: &LakeFile, extent: Extent) -> Result<Vec<End>, ReadError> {
        if !may_end_in(file, extent) {
            return Ok(Vec::new());
        }
        let scan = ends_in(extent);
        let mut ends = Vec::new();
        let mut rows = self.store.scan(&scan, file);
        while let Some(batch) = rows.try_next().await? {
            ends.extend(ends_of(&batch)?);
        }
        Ok(ends)
    }

    /// The ends of all spans in the extent's windows.
    pub async fn ends(&self, extent: Extent) -> Result<Vec<End>, ReadError> {
        let mut ends = self.hot_ends(extent)?;
        for file in self.files() {
            ends.extend(self.file_ends(file, extent).await?);
        }
        Ok(ends)
    }

    /// The spans of traces, of each those that ended in the extent's windows; a trace of which nothing is stored is left
    /// out.
    pub async fn traces(
        &self,
        traces: &HashSet<TraceId>,
        extent: Extent,
    ) -> Result<HashMap<TraceId, Vec<Span>>, ReadError> {
        let mut found: HashMap<TraceId, Vec<Span>> = HashMap::new();
        if traces.is_empty() {
            return Ok(found);
        }
        let scan = spans_of(traces);
        let mut reader = SpanReader::default();
        for batch in self.view.table(Table::Spans).hot() {
            add(&mut found, &mut reader, &scan.batch(&batch)?)?;
        }
        for file in self.files().filter(|file| may_end_in(file, extent)) {
            let mut rows = self.store.scan(&scan, file);
            while let Some(batch) = rows.try_next().await? {
                add(&mut found, &mut reader, &batch.into())?;
            }
        }
        Ok(found)
    }

    /// All rows of a table that count and lie in windows from `from_ns` to before `to_ns`.
    pub async fn rows(&self, table: Table, from_ns: i64, to_ns: i64) -> Result<Vec<RecordBatch>, ReadError> {
        let lake = self.view.table(table).lake();
        let mut batches = Vec::new();
        for file in lake.files.iter().filter(|file| holds_window(file, from_ns, to_ns)) {
            if file.windows.as_ref().is_some_and(|held| &*held.writer == self.store.writer()) {
                let left_out = lake.superseded_windows(file);
                let counts = move |start_ns: &i64| (from_ns..to_ns).contains(start_ns) && !left_out.contains(start_ns);
                let keep = move |batch: &RecordBatch| {
                    Ok(ints(batch, "window_ns")?.values().iter().map(|start_ns| Some(counts(start_ns))).collect())
                };
                let scan = Scan { table, columns: None, keep_columns: &["window_ns"], keep: Arc::new(keep) };
                let rows: Vec<RecordBatch> = self.store.scan(&scan, file).try_collect().await?;
                batches.extend(rows);
            }
        }
        Ok(batches)
    }
}

fn holds_window(file: &LakeFile, from_ns: i64, to_ns: i64) -> bool {
    let marks = file.windows.iter().flat_map(|held| &held.marks);
    marks.into_iter().any(|mark| (from_ns..to_ns).contains(&mark.window_ns))
}

/// Whether spans of a file may end in the extent's windows, by the statistics of its commit.
fn may_end_in(file: &LakeFile, (first_ns, last_ns): Extent) -> bool {
    let (start_min, start_max) = file.int_bounds("start_ns");
    let (_, duration_max) = file.int_bounds("duration_ns");
    let end_max = start_max.unwrap_or(i64::MAX).saturating_add(duration_max.unwrap_or(i64::MAX).max(0));
    start_min.unwrap_or(i64::MIN) < last_ns.saturating_add(WINDOW_NS) && end_max >= first_ns
}

fn ends_in((first_ns, last_ns): Extent) -> Scan {
    let end_ns = last_ns.saturating_add(WINDOW_NS);
    let keep = move |batch: &RecordBatch| {
        let (starts, durations) = (ints(batch, "start_ns")?, ints(batch, "duration_ns")?);
        let ends = starts.values().iter().zip(durations.values());
        Ok(ends
            .map(|(start, duration)| Some((first_ns..end_ns).contains(&start.saturating_add(*duration.max(&0)))))
            .collect())
    };
    Scan {
        table: Table::Spans,
        columns: Some(END_COLUMNS),
        keep_columns: &["start_ns", "duration_ns"],
        keep: Arc::new(keep),
    }
}

fn spans_of(traces: &HashSet<TraceId>) -> Scan {
    let traces: HashSet<(i64, i64), RandomState> = traces.iter().map(|trace| (trace.hi(), trace.lo())).collect();
    let keep = move |batch: &RecordBatch| {
        let (hi, lo) = (ints(batch, "trace_hi")?, ints(batch, "trace_lo")?);
        let ids = hi.values().iter().zip(lo.values());
        Ok(ids.map(|(hi, lo)| Some(traces.contains(&(*hi, *lo)))).collect::<BooleanArray>())
    };
    Scan {
        table: Table::Spans,
        columns: Some(Span::COLUMNS),
        keep_columns: &["trace_hi", "trace_lo"],
        keep: Arc::new(keep),
    }
}

fn ends_of(batch: &RecordBatch) -> Result<Vec<End>, ArrowError> {
    let [hi, lo, starts, durations] = ["trace_hi", "trace_lo", "start_ns", "duration_ns"].map(|name| ints(batch, name));
    let (hi, lo, starts, durations) = (hi?, lo?, starts?, durations?);
    let end = |row: usize| End {
        trace: TraceId::from_halves(hi.value(row), lo.value(row)),
        end_ns: starts.value(row).saturating_add(durations.value(row).max(0)),
    };
    Ok((0..batch.num_rows()).map(end).collect())
}

fn add(found: &mut HashMap<TraceId, Vec<Span>>, reader: &mut SpanReader, batch: &CodedBatch) -> Result<(), ReadError> {
    for span in reader.read(batch)? {
        let spans = found.entry(span.trace_id).or_default();
        spans.push(span);
        if spans.len() > 2 * held::TRACE_SPANS_MAX {
            held::bound(spans);
        }
    }
    Ok(())
}

fn ints<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a Int64Array, ArrowError> {
    let column = batch.column_by_name(name).filter(|column| column.data_type() == &arrow::datatypes::DataType::Int64);
    let missing = || ArrowError::SchemaError(format!("column {name} is missing or no Int64"));
    Ok(column.ok_or_else(missing)?.as_primitive::<Int64Type>())
}
