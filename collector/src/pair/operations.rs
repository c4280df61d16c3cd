//! Spans as the table `operations` counts them: every span once, of proxies, too.

use super::observation::Operation;
use super::trace::Trace;

pub(super) fn operations(trace: &Trace<'_>) -> Vec<Operation> {
    let mut operations: Vec<Operation> = (0..trace.len()).map(|i| operation(trace, i)).collect();
    operations.sort_unstable();
    operations
}

fn operation(trace: &Trace<'_>, i: usize) -> Operation {
    let (span, place) = (trace.spans[i], trace.places[i]);
    let service = span.origin.service.as_ref();
    Operation {
        end_ns: span.end_ns,
        cluster: place.cluster.cloned(),
        namespace: trace.namespace(i).cloned(),
        service: service.cloned(),
        operation: span.name.clone(),
        kind: span.kind,
        status_code: span.status_code,
        weight: trace.weights[i],
        outcome: span.outcome(),
        latency_ns: span.duration_ns(),
        trace_id: span.trace_id,
        span_id: span.span_id,
    }
}
