//! Spans as the table `operations` counts them: every span once, of proxies, too.

use std::cell::RefCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::interned::{Interned, VALUES_MAX, is_short};
use super::names::at;
use super::observation::{Operation, OperationName};
use super::span::Text;
use super::trace::Trace;

pub(super) fn operations(trace: &Trace<'_>) -> Vec<Operation> {
    let mut operations: Vec<Operation> = (0..trace.len()).map(|i| operation(trace, i)).collect();
    operations.sort_unstable();
    operations
}

fn operation(trace: &Trace<'_>, i: usize) -> Operation {
    let span = trace.spans[i];
    Operation {
        end_ns: span.end_ns,
        name: name(trace, i),
        kind: span.kind,
        status_code: span.status_code,
        weight: trace.weights[i],
        outcome: span.outcome(),
        latency_ns: span.duration_ns(),
        trace_id: span.trace_id,
        span_id: span.span_id,
    }
}

/// By where the texts lie, which a name holds in their place.
type Names = HashMap<[usize; 4], Interned<OperationName>, RandomState>;

fn name(trace: &Trace<'_>, i: usize) -> Interned<OperationName> {
    thread_local! {
        static NAMES: RefCell<Names> = RefCell::default();
    }
    let span = trace.spans[i];
    let texts: [Option<&Text>; 4] =
        [trace.places[i].cluster, trace.namespace(i), span.origin.service.as_ref(), span.name.as_ref()];
    NAMES.with_borrow_mut(|names| {
        let places = texts.map(at);
        if let Some(known) = names.get(&places) {
            return known.clone();
        }
        if names.len() >= VALUES_MAX {
            names.clear();
        }
        let [cluster, namespace, service, operation] = texts.map(Option::<&Text>::cloned);
        let name = Interned::new(OperationName { cluster, namespace, service, operation });
        if is_short(texts.into_iter().flatten()) {
            names.insert(places, name.clone());
        }
        name
    })
}
