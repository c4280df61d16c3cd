//! What many traces waited for: their critical paths, added up.
//!
//! Each trace adds the time that its path spent in each service and each operation, and the way that it went through the
//! services. Of every service and operation the times are kept, one number for each trace, so that quantiles are exact; how
//! many are told apart is bounded, and so is what a trace can add. Shares are of the time of all roots together: those of
//! the operations, with what is in none of the lists, add up to 1.

mod answer;
/// Times by key.
mod tally;
/// Which ways paths take through services.
mod ways;

use std::collections::HashMap;
use std::hash::Hash;

use spanloom_store::TraceId;

use super::assembled::Assembled;
use super::item::{Operation, OperationRef};
use super::parents::Reason;
use super::span::Span;

pub(crate) use answer::{AggregatePath, LeftOutTraces};

use answer::{OperationPathTime, ServicePathTime};
use tally::{Tally, path_time};
use ways::Ways;

const SERVICES_MAX: usize = 1000;
const OPERATIONS_MAX: usize = 2000;
/// Services, and operations, that are listed.
const LISTED_MAX: usize = 500;

/// Takes in one trace after another.
pub(super) struct AggregateCriticalPath {
    durations_ns: Vec<i64>,
    rootless_count: usize,
    services: Tally<Option<String>>,
    operations: Tally<OperationRef>,
    ways: Ways,
    pub left_out: LeftOutTraces,
}

impl AggregateCriticalPath {
    pub fn new() -> Self {
        let name_bytes = |name: &Option<String>| name.as_ref().map_or(0, String::len);
        Self {
            durations_ns: Vec::new(),
            rootless_count: 0,
            services: Tally::new(SERVICES_MAX, name_bytes),
            operations: Tally::new(OPERATIONS_MAX, |key| key.name.len() + key.service.as_ref().map_or(0, String::len)),
            ways: Ways::default(),
            left_out: LeftOutTraces::default(),
        }
    }

    /// Adds the critical path of a trace. A root of no length has none, and is counted as left out.
    pub fn observe(&mut self, id: TraceId, trace: &Assembled<'_>) {
        let duration_ns = trace.root_duration_ns();
        if trace.segments.is_empty() {
            self.left_out.without_length += 1;
            return;
        }
        self.durations_ns.push(duration_ns);
        self.rootless_count += usize::from(trace.root.reason != Reason::NoParent);
        for (service, time_ns) in times(trace, |span| span.service) {
            self.services.add(service.map(str::to_owned), time_ns);
        }
        for (operation, time_ns) in times(trace, |span| Operation::from(span)) {
            self.operations.add(operation.into(), time_ns);
        }
        self.ways.add(id, trace);
    }

    /// What is held of the traces so far; the answer that is made of it takes no more.
    pub fn held_bytes(&self) -> usize {
        let keyed_bytes = self.services.held_bytes() + self.operations.held_bytes() + self.ways.held_bytes();
        keyed_bytes + size_of_val(self.durations_ns.as_slice())
    }

    /// The sum; `partial` says why there may be newer traces than those that were observed.
    pub fn finish(self, partial: Option<String>) -> AggregatePath {
        let whole_ns = self.durations_ns.iter().copied().map(i128::from).sum();
        let services = self.services.finish(LISTED_MAX, whole_ns);
        let operations = self.operations.finish(LISTED_MAX, whole_ns);
        let (paths, path_count) = self.ways.finish();
        AggregatePath {
            trace_count: self.durations_ns.len(),
            rootless_count: self.rootless_count,
            duration: path_time(self.durations_ns, whole_ns),
            service_count: services.key_count,
            other_services: services.other,
            services: services.listed.into_iter().map(|(service, time)| ServicePathTime { service, time }).collect(),
            operation_count: operations.key_count,
            other_operations: operations.other,
            operations: operations
                .listed
                .into_iter()
                .map(|(operation, time)| OperationPathTime { operation, time })
                .collect(),
            paths,
            path_count,
            left_out: self.left_out,
            partial,
        }
    }
}

/// The time on the path of each key, in an order that depends on the keys only.
fn times<'a, K: Eq + Hash + Ord>(trace: &Assembled<'a>, key: impl Fn(&Span<'a>) -> K) -> Vec<(K, i64)> {
    let mut times: HashMap<K, i64> = HashMap::new();
    for segment in &trace.segments {
        *times.entry(key(&trace.spans[segment.span])).or_default() += segment.time.length_ns();
    }
    let mut times: Vec<(K, i64)> = times.into_iter().collect();
    times.sort_unstable();
    times
}

#[cfg(test)]
mod tests;
