//! Which traces are read together.
//!
//! One scan for each of a thousand traces would open the same files a thousand times; one for all would hold all their
//! spans. The traces come by start, so those beside each other lie in the same files.

use spanloom_store::TraceId;

use super::TimeRange;

/// Spans of a trace that is read at all.
const TRACE_SPANS_MAX: usize = 100_000;
/// Spans that are read together, but for the last trace's.
const BATCH_SPANS: usize = 50_000;
const BATCH_TRACES_MAX: usize = 256;

/// A trace that is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub id: TraceId,
    /// Its spans start in it.
    pub range: TimeRange,
    pub span_count: usize,
}

/// Traces that are read together, and when their spans start.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub traces: Vec<Wanted>,
    pub range: TimeRange,
}

/// The traces in their order, and how many are too large to be among them.
pub(super) fn batches(wanted: Vec<Wanted>) -> (Vec<Batch>, usize) {
    let wanted_count = wanted.len();
    let mut batches: Vec<Batch> = Vec::new();
    let mut taken_count = 0;
    let mut batch_spans = 0;
    for trace in wanted.into_iter().filter(|trace| trace.span_count <= TRACE_SPANS_MAX) {
        taken_count += 1;
        let open =
            batches.last_mut().filter(|batch| batch_spans < BATCH_SPANS && batch.traces.len() < BATCH_TRACES_MAX);
        match open {
            Some(batch) => {
                batch.range = join(batch.range, trace.range);
                batch.traces.push(trace);
                batch_spans += trace.span_count;
            }
            None => {
                batches.push(Batch { traces: vec![trace], range: trace.range });
                batch_spans = trace.span_count;
            }
        }
    }
    (batches, wanted_count - taken_count)
}

fn join(a: TimeRange, b: TimeRange) -> TimeRange {
    TimeRange { start_ns: a.start_ns.min(b.start_ns), end_ns: a.end_ns.max(b.end_ns) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The span counts of the traces of each batch.
    #[track_caller]
    fn check(span_counts: &[usize], expected: &[&[usize]], too_large: usize) {
        let wanted = |(i, span_count): (usize, &usize)| {
            let range = TimeRange { start_ns: -(i as i64), end_ns: 10 };
            Wanted { id: TraceId::from_halves(0, i as i64), range, span_count: *span_count }
        };
        let (batches, found_too_large) = batches(span_counts.iter().enumerate().map(wanted).collect());
        let counts = |batch: &Batch| batch.traces.iter().map(|trace| trace.span_count).collect::<Vec<_>>();
        assert_eq!(batches.iter().map(counts).collect::<Vec<_>>(), expected);
        assert_eq!(found_too_large, too_large);
        for Batch { traces, range } in &batches {
            assert!(
                traces.iter().all(|trace| range.start_ns <= trace.range.start_ns && trace.range.end_ns <= range.end_ns)
            );
        }
    }

    #[test]
    fn small_traces_are_read_together() {
        check(&[10, 20, 30], &[&[10, 20, 30]], 0);
    }

    #[test]
    fn a_batch_is_full_when_it_has_its_spans() {
        check(&[30_000, 30_000, 30_000], &[&[30_000, 30_000], &[30_000]], 0);
    }

    #[test]
    fn a_batch_is_full_when_it_has_its_traces() {
        check(&[1; 300], &[&[1; 256], &[1; 44]], 0);
    }

    #[test]
    fn a_trace_that_is_too_large_is_counted_and_not_read() {
        check(&[100_000, 100_001, 5], &[&[100_000], &[5]], 1);
    }

    #[test]
    fn without_traces_there_is_nothing_to_read() {
        check(&[], &[], 0);
    }
}
