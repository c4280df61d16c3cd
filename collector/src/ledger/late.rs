//! Closed windows made again from the stored spans.
//!
//! A minute at a time: who has a span that ended in it, then those traces whole, then what they say of its windows. The
//! same functions make the rows as while the stream flows, so a window is the same whichever way it was made.

use std::collections::{BTreeMap, HashMap, HashSet};

use spanloom_store::{Table, TraceId, WindowRows};

use super::held;
use super::pass::{Pass, PassError, Turn};
use super::read::End;
use super::seen::Extent;
use super::sums::{EdgeSums, OperationSums};
use super::tenant::{Late, Tenant};
use super::windows::{MINUTE_NS, window_of};
use crate::pair::WINDOW_NS;

/// Spans that are in memory at a time, by their number in the minute.
const SPANS_AT_ONCE: usize = 200_000;

/// What a minute's windows hold.
#[derive(Debug, Default)]
struct Made {
    windows: BTreeMap<i64, EdgeSums>,
    operations: OperationSums,
}

/// Writes late windows of a minute.
pub(super) async fn make_again(
    pass: &Pass,
    turn: &Turn<'_>,
    tenant: &mut Tenant,
    minute_ns: i64,
    late: &Late,
) -> Result<(), PassError> {
    let made = make(pass, turn, tenant, minute_ns, late).await?;
    let settled_frame = tenant.settled_frame(pass.frame);
    let mut windows = Vec::new();
    for (window_ns, sums) in &made.windows {
        pass.metrics.drop("rows", sums.dropped);
        if !sums.is_empty() || is_known(pass, turn, Table::Edges, *window_ns) {
            windows.push(WindowRows { window_ns: *window_ns, last_frame: turn.view_frame, rows: sums.batch() });
        }
    }
    pass.write(turn, Table::Edges, windows, settled_frame).await?;
    pass.metrics.drop("rows", made.operations.dropped);
    let has_any = !made.operations.is_empty() || is_known(pass, turn, Table::Operations, minute_ns);
    if late.has_operations && has_any {
        let rows = made.operations.batch();
        let rows = WindowRows { window_ns: minute_ns, last_frame: turn.view_frame, rows };
        pass.write(turn, Table::Operations, vec![rows], settled_frame).await?;
    }
    tenant.made_again(minute_ns, &late.windows, turn.now_ns);
    Ok(())
}

/// Whether the table has a state of a window, so that a window in which nothing is left must be written.
fn is_known(pass: &Pass, turn: &Turn<'_>, table: Table, window_ns: i64) -> bool {
    turn.view.table(table).lake().window(pass.store.writer(), window_ns).is_some()
}

async fn make(
    pass: &Pass,
    turn: &Turn<'_>,
    tenant: &mut Tenant,
    minute_ns: i64,
    late: &Late,
) -> Result<Made, PassError> {
    let reader = pass.reader(turn);
    let ends = reader.ends((minute_ns, minute_ns + MINUTE_NS - WINDOW_NS)).await?;
    let is_wanted = |end: &End| late.has_operations || late.windows.contains(&window_of(end.end_ns));
    let mut made = Made::default();
    made.windows.extend(late.windows.iter().map(|window_ns| (*window_ns, EdgeSums::default())));
    for traces in parts(ends.into_iter().filter(is_wanted)) {
        let extent = extent_of(pass, tenant, &traces, minute_ns);
        for mut spans in reader.traces(&traces, extent).await?.into_values() {
            held::bound(&mut spans);
            let observed = held::observed(&spans, i64::MAX);
            for row in &observed.rows {
                if let Some(sums) = made.windows.get_mut(&row.window_ns()) {
                    sums.add(row);
                }
            }
            for row in observed.operations.iter().filter(|row| row.window_ns() == minute_ns) {
                made.operations.add(row);
            }
            tenant.learn(&observed.statements);
        }
    }
    Ok(made)
}

/// Traces in parts that memory can hold.
fn parts(ends: impl Iterator<Item = End>) -> Vec<HashSet<TraceId>> {
    let mut spans: HashMap<TraceId, usize> = HashMap::new();
    ends.for_each(|end| *spans.entry(end.trace).or_default() += 1);
    let mut parts = vec![HashSet::new()];
    let mut room = SPANS_AT_ONCE;
    for (trace, spans) in spans {
        if room < spans && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(HashSet::new());
            room = SPANS_AT_ONCE;
        }
        room = room.saturating_sub(spans);
        if let Some(part) = parts.last_mut() {
            part.insert(trace);
        }
    }
    parts
}

/// Where spans of the traces may have ended: as far around the minute as a trace is long, and where they are known to have.
fn extent_of(pass: &Pass, tenant: &Tenant, traces: &HashSet<TraceId>, minute_ns: i64) -> Extent {
    let span_ns = pass.trace_span_max_ns();
    let around = (window_of(minute_ns.saturating_sub(span_ns)), window_of(minute_ns.saturating_add(span_ns)));
    let known = traces.iter().filter_map(|trace| tenant.seen.extent(*trace));
    known.fold(around, |extent, known| (extent.0.min(known.0), extent.1.max(known.1)))
}
