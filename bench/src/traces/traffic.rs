//! Spans of a mesh, spread over hours, in the order of time.
//!
//! A simulated mesh tells of more or fewer spans a second than are wanted: requests are moved apart or together, each as it is, so that
//! durations stay what they are.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message as _;
use spanloom_demo::{Mesh, Request, Simulation, TICK, Trace};

/// All clients tell of the same mesh.
const MESH_SEED: u64 = 1;
/// Ticks whose spans are counted at most to know how many there are in a second: a whole wave of the mesh's traffic, which goes up and down. Spans that
/// end in the future leave windows open.
const COUNTED_TICKS: i64 = 600;

/// The spans of one client.
pub struct Traffic {
    simulation: Simulation,
    start_ns: u64,
    /// How much slower time passes than in the simulation.
    stretch: f64,
    /// As time passes here.
    spans_per_s: f64,
    batch: usize,
    spans_left: u64,
    tick: i64,
    /// Requests of the tick that were not told of yet, the next one last.
    waiting: Vec<Request>,
}

/// Something to look for.
#[derive(Debug, Clone)]
pub struct Known {
    /// Two services, of which the first asks the second.
    pub source: String,
    pub target: String,
    /// An attribute's value that one trace has.
    pub request_id: String,
    /// That trace, in hexadecimal digits.
    pub trace_id: String,
}

impl Traffic {
    pub fn new(client: u64, services: usize, (start_ns, end_ns): (u64, u64), spans: u64, batch: usize) -> Self {
        let simulation = Simulation::new(Mesh::generated(MESH_SEED, services), client, start_ns);
        let (mut counted, mut ticks) = (0, 0);
        while counted < spans && ticks < COUNTED_TICKS {
            let requests = simulation.requests(ticks);
            counted += requests.map(|request| Trace::of(simulation.mesh(), &request).len() as u64).sum::<u64>();
            ticks += 1;
        }
        let simulated_spans_per_s = counted as f64 / (ticks as f64 * TICK.as_secs_f64());
        let spans_per_s = spans as f64 / ((end_ns - start_ns) as f64 / 1e9);
        let stretch = simulated_spans_per_s / spans_per_s;
        Self { simulation, start_ns, stretch, spans_per_s, batch, spans_left: spans, tick: 0, waiting: Vec::new() }
    }

    /// The next request's body, and how many spans it has; none when all are told.
    pub fn next_request(&mut self) -> Option<(Vec<u8>, u64)> {
        if self.spans_left == 0 {
            return None;
        }
        let (mut traces, mut spans) = (Vec::new(), 0);
        while spans < self.batch {
            let trace = self.next_trace();
            spans += trace.len();
            traces.push(trace);
        }
        self.spans_left = self.spans_left.saturating_sub(spans as u64);
        let resource_spans = Trace::resource_spans(self.simulation.mesh(), traces);
        Some((ExportTraceServiceRequest { resource_spans }.encode_to_vec(), spans as u64))
    }

    fn next_trace(&mut self) -> Trace {
        loop {
            if let Some(mut request) = self.waiting.pop() {
                let since_ns = request.begin_ns.saturating_sub(self.start_ns) as f64;
                request.begin_ns = self.start_ns + (since_ns * self.stretch) as u64;
                return Trace::of(self.simulation.mesh(), &request);
            }
            self.waiting = self.simulation.requests(self.tick).collect();
            self.waiting.sort_by_key(|request| std::cmp::Reverse(request.begin_ns));
            self.tick += 1;
        }
    }

    /// What is told of a little before the end.
    pub fn known(&self) -> Known {
        const BEFORE_S: f64 = 600.0;
        let duration_s = self.spans_left as f64 / self.spans_per_s;
        let tick = ((duration_s - BEFORE_S).max(0.0) / self.stretch / TICK.as_secs_f64()) as i64;
        let later = (tick..).flat_map(|tick| self.simulation.requests(tick));
        let told = later.map(|request| Trace::of(self.simulation.mesh(), &request));
        let found = told.filter_map(|trace| self.known_of(trace)).next();
        found.unwrap_or_else(|| unreachable!("a mesh never ends, and its gateway gives requests an id"))
    }

    /// Of a trace whose second service asks another.
    fn known_of(&self, trace: Trace) -> Option<Known> {
        let resources = Trace::resource_spans(self.simulation.mesh(), [trace]);
        let request_id = attribute(&resources, "guid:x-request-id")?;
        let service_of = |id: &[u8]| {
            let has_it = |resource: &&ResourceSpans| spans(resource).any(|span| span.span_id == id);
            resources.iter().find(has_it).and_then(service)
        };
        let (mut chosen, mut trace_id) = (None, Vec::new());
        for span in resources.iter().flat_map(spans) {
            let (Some(source), Some(target)) = (service_of(&span.parent_span_id), service_of(&span.span_id)) else {
                continue;
            };
            if source != target {
                chosen = Some((source, target));
                trace_id.clone_from(&span.trace_id);
            }
        }
        let (source, target) = chosen?;
        let trace_id = trace_id.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Known { source, target, request_id, trace_id })
    }
}

fn spans(resource: &ResourceSpans) -> impl Iterator<Item = &opentelemetry_proto::tonic::trace::v1::Span> {
    resource.scope_spans.iter().flat_map(|scope| &scope.spans)
}

fn service(resource: &ResourceSpans) -> Option<String> {
    let attributes = &resource.resource.as_ref()?.attributes;
    text(attributes.iter().find(|attribute| attribute.key == "service.name")?)
}

fn attribute(resources: &[ResourceSpans], key: &str) -> Option<String> {
    resources.iter().flat_map(spans).flat_map(|span| &span.attributes).find(|one| one.key == key).and_then(text)
}

fn text(attribute: &opentelemetry_proto::tonic::common::v1::KeyValue) -> Option<String> {
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_NS: u64 = 3_600_000_000_000;

    fn all(mut traffic: Traffic) -> Vec<ExportTraceServiceRequest> {
        let bodies = std::iter::from_fn(|| traffic.next_request());
        bodies.map(|(body, _)| ExportTraceServiceRequest::decode(body.as_slice()).unwrap()).collect()
    }

    #[test]
    fn spans_are_spread_over_the_time() {
        let requests = all(Traffic::new(0, 20, (HOUR_NS, 2 * HOUR_NS), 20_000, 500));
        let starts = |request: &ExportTraceServiceRequest| {
            request.resource_spans.iter().flat_map(spans).map(|span| span.start_time_unix_nano).min().unwrap()
        };
        let starts: Vec<u64> = requests.iter().map(starts).collect();
        assert!(starts.is_sorted());
        let last_ns = starts[starts.len() - 1];
        assert!((1.9 * HOUR_NS as f64..2.02 * HOUR_NS as f64).contains(&(last_ns as f64)), "{last_ns}");
        let count: usize = requests.iter().flat_map(|request| &request.resource_spans).flat_map(spans).count();
        assert!((20_000..21_000).contains(&count), "{count}");
    }

    #[test]
    fn what_is_known_is_told_of() {
        let traffic = || Traffic::new(0, 20, (HOUR_NS, 2 * HOUR_NS), 20_000, 500);
        let known = traffic().known();
        let resources: Vec<ResourceSpans> =
            all(traffic()).into_iter().flat_map(|request| request.resource_spans).collect();
        let has = |value: &str| {
            let mut attributes = resources.iter().flat_map(spans).flat_map(|span| &span.attributes);
            attributes.any(|attribute| text(attribute).as_deref() == Some(value))
        };
        assert!(has(&known.request_id), "{known:?}");
        assert!(resources.iter().any(|resource| service(resource).as_deref() == Some(known.source.as_str())));
        assert_ne!(known.source, known.target);
    }
}
