//! Which ways critical paths take through services.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};

use spanloom_store::TraceId;

use super::answer::FrequentPath;
use super::tally::clamped;
use crate::trace::assembled::Assembled;

/// Ways that are told apart.
const WAYS_MAX: usize = 1000;
const LISTED_MAX: usize = 20;
/// Services of a way that are named.
const SERVICES_MAX: usize = 32;
/// What a way takes besides the names of its services.
const WAY_BYTES: usize = 256;

/// The services that a path comes by, and how many there are beyond these.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    services: Vec<Option<String>>,
    more_services: usize,
}

/// The traces that went it.
struct Traces {
    count: usize,
    total_ns: i128,
    slowest: (i64, TraceId),
}

#[derive(Default)]
pub(super) struct Ways {
    traces: BTreeMap<Way, Traces>,
    held_bytes: usize,
}

impl Ways {
    pub fn add(&mut self, id: TraceId, trace: &Assembled<'_>) {
        let way = way(trace);
        let duration_ns = trace.root_duration_ns();
        if let Some(traces) = self.traces.get_mut(&way) {
            traces.count += 1;
            traces.total_ns += i128::from(duration_ns);
            traces.slowest = traces.slowest.max((duration_ns, id));
        } else if self.traces.len() < WAYS_MAX {
            let names = way.services.iter().map(|name| size_of_val(name) + name.as_ref().map_or(0, String::len));
            self.held_bytes += WAY_BYTES + names.sum::<usize>();
            let traces = Traces { count: 1, total_ns: i128::from(duration_ns), slowest: (duration_ns, id) };
            self.traces.insert(way, traces);
        }
    }

    pub fn held_bytes(&self) -> usize {
        self.held_bytes
    }

    /// The most frequent ways, and how many were told apart.
    pub fn finish(self) -> (Vec<FrequentPath>, usize) {
        let way_count = self.traces.len();
        let mut ways: Vec<(Way, Traces)> = self.traces.into_iter().collect();
        // A stable sort: among equals the order is that of the names.
        ways.sort_by_key(|(_, traces)| (Reverse(traces.count), Reverse(traces.total_ns)));
        ways.truncate(LISTED_MAX);
        (ways.into_iter().map(frequent_path).collect(), way_count)
    }
}

fn frequent_path((way, traces): (Way, Traces)) -> FrequentPath {
    let Way { services, more_services } = way;
    FrequentPath {
        services,
        more_services,
        trace_count: traces.count,
        mean_ns: clamped(traces.total_ns / traces.count as i128),
        slowest_trace_id: traces.slowest.1.to_string(),
        slowest_ns: traces.slowest.0,
    }
}

/// The root's service, then the others in the order in which the path first comes to them: the root may begin with a call,
/// and so have no time of its own before it.
fn way(trace: &Assembled<'_>) -> Way {
    let on_path = trace.segments.iter().map(|segment| segment.span);
    let mut seen: HashSet<Option<&str>> = HashSet::new();
    let mut way = Way { services: Vec::new(), more_services: 0 };
    for span in std::iter::once(trace.root.span).chain(on_path) {
        let service = trace.spans[span].service;
        if !seen.insert(service) {
            continue;
        }
        if way.services.len() < SERVICES_MAX {
            way.services.push(service.map(str::to_owned));
        } else {
            way.more_services += 1;
        }
    }
    way
}
