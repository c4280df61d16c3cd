use super::super::super::harness::Sample;
use super::trace::{Place, Trace};
use crate::traceql::tree::Relation;

const SERVER: i32 = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Above {
    Span(usize),
    Nothing,
    NotKnown,
}

/// The place of each span.
pub fn places(spans: &[&Sample]) -> Vec<Place> {
    let above: Vec<Above> = (0..spans.len()).map(|i| above(spans, i)).collect();
    let count = |i: usize| above.iter().filter(|one| **one == Above::Span(i)).count() as i64;
    let mut places: Vec<Place> = (0..spans.len()).map(|i| Place { children: count(i), ..Place::default() }).collect();
    let mut last = 0;
    for root in earliest_first(spans, &above, Above::Nothing) {
        places[root].parent_left = -1;
        number(root, spans, &above, &mut places, &mut last);
    }
    places
}

fn earliest_first(spans: &[&Sample], above: &[Above], wanted: Above) -> Vec<usize> {
    let mut found: Vec<usize> = (0..spans.len()).filter(|i| above[*i] == wanted).collect();
    found.sort_by_key(|i| (spans[*i].span.start_ns, spans[*i].span.span_id.as_int()));
    found
}

/// Depth first, on the way down and on the way up.
fn number(i: usize, spans: &[&Sample], above: &[Above], places: &mut [Place], last: &mut i64) {
    *last += 1;
    places[i].left = *last;
    for child in earliest_first(spans, above, Above::Span(i)) {
        places[child].parent = Some(i);
        places[child].parent_left = places[i].left;
        number(child, spans, above, places, last);
    }
    *last += 1;
    places[i].right = *last;
}

fn above(spans: &[&Sample], i: usize) -> Above {
    let with_id = |id| -> Vec<usize> { (0..spans.len()).filter(|i| spans[*i].span.span_id == id).collect() };
    let is_server = |i: &usize| spans[*i].span.kind == SERVER;
    let twins = with_id(spans[i].span.span_id);
    if twins.len() > 2 {
        return Above::NotKnown;
    }
    if let Some(client) = twins.into_iter().find(|twin| *twin != i && is_server(&i) && !is_server(twin)) {
        return Above::Span(client);
    }
    let Some(parent_id) = spans[i].span.parent_span_id else { return Above::Nothing };
    let mut parents = with_id(parent_id);
    if parents.len() > 2 {
        return Above::NotKnown;
    }
    // A call's server half did what is below the call.
    parents.sort_by_key(|parent| (!is_server(parent), spans[*parent].span.start_ns));
    match parents.first() {
        Some(parent) if *parent != i => Above::Span(*parent),
        _ => Above::NotKnown,
    }
}

/// Whether `b` stands in the relation to `a`.
pub fn relates(trace: &Trace<'_>, relation: Relation, a: usize, b: usize) -> bool {
    let place = |i: usize| trace.nodes[i].place;
    match relation {
        Relation::Child => place(b).parent == Some(a),
        Relation::Descendant => is_below(trace, b, a),
        Relation::Parent => place(a).parent == Some(b),
        Relation::Ancestor => is_below(trace, a, b),
        Relation::Sibling => {
            let hangs_together = place(a).left > 0 && place(b).left > 0;
            a != b && hangs_together && place(a).parent == place(b).parent
        }
    }
}

fn is_below(trace: &Trace<'_>, low: usize, high: usize) -> bool {
    let (low, high) = (trace.nodes[low].place, trace.nodes[high].place);
    high.left < low.left && low.right < high.right
}
