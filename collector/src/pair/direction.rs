//! Rule (b): which way a proxy's span goes.

use super::cluster::Direction;
use super::span::{Kind, Span};
use super::trace::Trace;

/// The direction of each span; `None` for apps and waypoints, which have none, and where nothing tells.
pub(super) fn directions(trace: &Trace<'_>) -> Vec<Option<Direction>> {
    let mut directions = vec![None; trace.len()];
    for i in &trace.tree.order {
        directions[*i] = direction(trace, &directions, *i);
    }
    directions
}

/// `known` holds the directions of all ancestors.
fn direction(trace: &Trace<'_>, known: &[Option<Direction>], i: usize) -> Option<Direction> {
    let span = trace.spans[i];
    if !span.is_proxy() || trace.waypoints[i] {
        return None;
    }
    let by_word = span.upstream_cluster().and_then(|cluster| cluster.direction());
    let by_node = || trace.is_gateway(i).then_some(Direction::Outbound);
    by_word.or_else(by_node).or_else(|| match span.kind {
        Kind::Client if span.has_node_id() => Some(Direction::Outbound),
        Kind::Client => of_upstream(trace, known, i),
        Kind::Server => Some(of_listener(trace, known, i)),
        Kind::Internal | Kind::Unspecified | Kind::Producer | Kind::Consumer => {
            trace.own_parent(i).and_then(|parent| known[parent])
        }
    })
}

/// A CLIENT without a node id goes the way of the listener above it, unless it asks somebody else on the side. Where the
/// listener's span is lost, the target tells.
fn of_upstream(trace: &Trace<'_>, known: &[Option<Direction>], i: usize) -> Option<Direction> {
    if let Some(parent) = trace.tree.stored_parent(i).filter(|parent| trace.spans[*parent].is_proxy()) {
        let is_aside = is_side_call(trace.spans[i], trace.spans[parent], known[parent]);
        return if is_aside { Some(Direction::Outbound) } else { known[parent] };
    }
    let mut targets = trace.tree.children(i).iter().filter(|child| trace.spans[**child].kind == Kind::Server);
    let is_own = |target: &usize| trace.is_same(*target, i);
    targets.next().map(|target| if is_own(target) { Direction::Inbound } else { Direction::Outbound })
}

/// Whether a proxy's upstream span leads elsewhere than the request that the listener's span above it is about: to a
/// service for authorisation or rate limits, or to a mirror. Below a listener that names no cluster, an inbound one, a
/// cluster without a word is the app.
pub(super) fn is_side_call(upstream: &Span, listener: &Span, way: Option<Direction>) -> bool {
    let Some(cluster) = upstream.upstream_cluster() else { return false };
    match listener.upstream_cluster() {
        Some(main) => main != cluster,
        None => way == Some(Direction::Outbound) || cluster.direction() == Some(Direction::Outbound),
    }
}

fn of_listener(trace: &Trace<'_>, known: &[Option<Direction>], i: usize) -> Direction {
    if let Some(parent) = trace.own_parent(i) {
        // Who comes from its own app goes out; who comes from its own outbound proxy comes in again.
        return match known[parent] {
            Some(Direction::Outbound) => Direction::Inbound,
            Some(Direction::Inbound) | None => Direction::Outbound,
        };
    }
    if reaches_others_only(trace, i) { Direction::Outbound } else { Direction::Inbound }
}

/// Whether there is an upstream CLIENT or a SERVER right below, and all of them reach another identity.
fn reaches_others_only(trace: &Trace<'_>, i: usize) -> bool {
    let mut reached = trace.tree.children(i).iter().filter_map(|child| {
        let span = trace.spans[*child];
        match span.kind {
            Kind::Client if span.is_proxy() && !span.has_node_id() => Some(reaches_others(trace, i, *child)),
            Kind::Server => Some(!trace.is_same(i, *child)),
            _ => None,
        }
    });
    reached.next().is_some_and(|first| first && reached.all(|reaches| reaches))
}

fn reaches_others(trace: &Trace<'_>, i: usize, client: usize) -> bool {
    let mut targets = trace.tree.children(client).iter().filter(|child| trace.spans[**child].kind == Kind::Server);
    targets.next().is_some_and(|first| !trace.is_same(i, *first)) && targets.all(|target| !trace.is_same(i, *target))
}
