use spanloom_store::TraceId;
use spanloom_store::value::Value;

use super::super::super::harness::Sample;
use super::structure;

/// A trace as far as its spans came, each span once.
pub struct Trace<'a> {
    pub id: TraceId,
    pub nodes: Vec<Node<'a>>,
    pub start_ns: i64,
    /// The latest end; a span that ends before it starts counts with its start.
    pub end_ns: i64,
}

/// A span and its place in the trace.
pub struct Node<'a> {
    pub sample: &'a Sample,
    pub place: Place,
}

/// The place in the nested set model.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// Of spans that hang together with a root.
    pub parent: Option<usize>,
    pub left: i64,
    pub right: i64,
    pub parent_left: i64,
    pub children: i64,
}

impl Node<'_> {
    pub fn id(&self) -> i64 {
        self.sample.span.span_id.as_int()
    }

    /// The earliest first.
    pub fn order(&self) -> (i64, i64) {
        (self.sample.span.start_ns, self.id())
    }

    pub fn service(&self) -> Option<String> {
        service(self.sample)
    }
}

impl Trace<'_> {
    /// The earliest span that has no parent.
    pub fn root(&self) -> Option<&Node<'_>> {
        self.nodes.iter().filter(|node| node.sample.span.parent_span_id.is_none()).min_by_key(|node| node.order())
    }
}

pub fn traces(sent: &[Sample]) -> Vec<Trace<'_>> {
    let mut ids: Vec<TraceId> = sent.iter().map(|sample| sample.span.trace_id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter().map(|id| trace(id, sent.iter().filter(|sample| sample.span.trace_id == id).collect())).collect()
}

fn trace(id: TraceId, sent: Vec<&Sample>) -> Trace<'_> {
    let start_ns = sent.iter().map(|sample| sample.span.start_ns).min().unwrap_or_default();
    let ends = sent.iter().map(|sample| sample.span.end_ns.max(sample.span.start_ns));
    let end_ns = ends.max().unwrap_or_default();
    let spans = without_resends(sent);
    let places = structure::places(&spans);
    let nodes = spans.into_iter().zip(places).map(|(sample, place)| Node { sample, place }).collect();
    Trace { id, nodes, start_ns, end_ns }
}

/// Same id, kind, start and service is the same span; the copy that ended last is the one.
fn without_resends(sent: Vec<&Sample>) -> Vec<&Sample> {
    let identity = |sample: &Sample| (sample.span.span_id, sample.span.kind, sample.span.start_ns, service(sample));
    let mut kept: Vec<&Sample> = Vec::new();
    for sample in sent {
        match kept.iter_mut().find(|known| identity(known) == identity(sample)) {
            None => kept.push(sample),
            Some(known) if sample.span.end_ns > known.span.end_ns => *known = sample,
            Some(_) => {}
        }
    }
    kept
}

fn service(sample: &Sample) -> Option<String> {
    let name = sample.resource.attributes.iter().find(|(key, _)| key == "service.name");
    name.map(|(_, value): &(_, Value<'_>)| value.encode().0.into_owned())
}
