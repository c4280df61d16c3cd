//! Traces in, sum of their paths out.

mod properties;
mod sums;
mod ways;

use spanloom_store::TraceId;

use super::answer::PathTime;
use super::*;
use crate::trace::lines::assembled;

/// The sum of some traces; they are numbered from 1.
fn answer(traces: &[&[&str]]) -> AggregatePath {
    let assembled: Vec<Assembled<'_>> = traces.iter().map(|lines| self::assembled(lines)).collect();
    sum(assembled.iter())
}

fn sum<'a>(traces: impl Iterator<Item = &'a Assembled<'a>>) -> AggregatePath {
    let mut all = AggregateCriticalPath::new();
    for (number, trace) in traces.enumerate() {
        all.observe(TraceId::from_halves(0, number as i64 + 1), trace);
    }
    all.finish(None)
}

/// `traces total share mean p50 p95 max`.
fn shown(time: &PathTime) -> String {
    let PathTime { trace_count, total_ns, share, mean_ns, p50_ns, p95_ns, max_ns } = time;
    format!("{trace_count} {total_ns} {share:.3} {mean_ns} {p50_ns} {p95_ns} {max_ns}")
}
