use arrow::array::AsArray;
use arrow::compute::{max, min};
use arrow::datatypes::Int64Type;
use spanloom_store::{Table, TenantView};

use crate::trace::TimeRange;

/// When the first and the last span start, as far as the log's statistics and hot rows say; `None` without spans. A file
/// without statistics may hold any time.
pub(super) fn of_spans(view: &TenantView) -> Option<TimeRange> {
    let table = view.table(Table::Spans);
    let of_files = table.files().map(|file| {
        let (first_ns, last_ns) = file.int_bounds("start_ns");
        TimeRange { start_ns: first_ns.unwrap_or(i64::MIN), end_ns: last_ns.unwrap_or(i64::MAX) }
    });
    let hot = table.hot();
    let of_hot = hot.iter().filter_map(|batch| {
        let starts = batch.column_by_name("start_ns")?;
        let starts = starts.as_primitive_opt::<Int64Type>()?;
        Some(TimeRange { start_ns: min(starts)?, end_ns: max(starts)? })
    });
    of_files
        .chain(of_hot)
        .reduce(|a, b| TimeRange { start_ns: a.start_ns.min(b.start_ns), end_ns: a.end_ns.max(b.end_ns) })
}
