//! Calls to nodes and edges, with their numbers.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use spanloom_store::ledger::{Protocol, Reason, Weight};

use super::Question;
use super::answer::{
    EdgeItem, EvidenceWord, ExemplarItem, Graph, Health, NodeItem, ObserverItem, ObserverWord, ProtocolWord, SplitItem,
    part_of, percentile_ms, rate,
};
use super::seen::Seen;
use super::shape::Shape;
use super::tally::{Recent, Tally};
use crate::config::HealthConfig;
use crate::ledger::{Between, Group, Grouping, Kind, Place, Views};

/// What becomes of a node while calls are gone through.
#[derive(Default)]
struct Drawn {
    tally: Tally,
    /// Whether it is drawn: what only has calls of which nobody knows whom they reached is not.
    is_there: bool,
    /// Whether it calls anybody.
    calls: bool,
    is_gateway: bool,
}

pub(super) fn draw(question: &Question, seen: Seen) -> Graph {
    let Seen { groups, calls, recent } = seen;
    let mut drawn: Vec<Drawn> = groups.iter().map(|_| Drawn::default()).collect();
    let called: HashSet<usize> = calls.keys().filter(|call| call.reason.is_none()).filter_map(target).collect();
    let mut unpaired: BTreeMap<String, i64> = BTreeMap::new();
    let mut edges: Vec<(&Between, &Views, Recent)> = Vec::new();
    for (call, views) in &calls {
        let recent = Recent::of(views, recent.views.get(call));
        note_ends(&mut drawn, &called, call, views, recent);
        note_unpaired(&mut unpaired, call, views);
        if is_edge(call, question.by) {
            edges.push((call, views, recent));
        }
    }
    let mut edges: Vec<EdgeItem> =
        edges.into_iter().filter_map(|(call, views, recent)| edge(question, &groups, call, views, recent)).collect();
    edges.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    let nodes = groups.into_iter().zip(drawn).filter(|(_, drawn)| drawn.is_there);
    let mut nodes: Vec<(NodeItem, bool)> =
        nodes.map(|(group, drawn)| (node(question, group, &drawn), drawn.calls || drawn.tally.is_active)).collect();
    nodes.sort_unstable_by(|a, b| a.0.id.cmp(&b.0.id));
    let shape = Shape::new(nodes.iter().map(|(node, _)| node.id.as_str()), edges.iter());
    let entries = shape.uncalled().filter(|i| nodes[*i].1);
    Graph {
        rev: question.rev.clone(),
        start: question.range.start_text(),
        end: question.range.end_text(),
        by: question.by,
        entry_points: entries.map(|i| nodes[i].0.id.clone()).collect(),
        cycles: shape.cycles(),
        nodes: nodes.into_iter().map(|(node, _)| Arc::new(node)).collect(),
        edges: edges.into_iter().map(Arc::new).collect(),
        unpaired,
    }
}

fn target(call: &Between) -> Option<usize> {
    call.target.map(|place| place.index())
}

/// A service that calls itself is drawn so. What happens inside of a workload's, a namespace's or a cluster's walls is not;
/// it counts in the node.
fn is_edge(call: &Between, by: Grouping) -> bool {
    call.reason.is_none() && (call.source != call.target || by == Grouping::Service)
}

fn note_ends(drawn: &mut [Drawn], called: &HashSet<usize>, call: &Between, views: &Views, recent: Recent) {
    if let Some(source) = call.source.filter(|_| call.reason.is_none()) {
        drawn[source.index()].is_there = true;
        drawn[source.index()].calls |= views.is_active();
    }
    let Some(target) = target(call) else { return };
    // A service whose proxy sends what begins with it is a gateway if nobody calls it; else its app began it.
    if call.reason == Some(Reason::RootOutbound) {
        if called.contains(&target) {
            return;
        }
        drawn[target].is_gateway = true;
    }
    drawn[target].is_there = true;
    drawn[target].tally.add(views, recent);
}

fn note_unpaired(unpaired: &mut BTreeMap<String, i64>, call: &Between, views: &Views) {
    let Some(reason) = call.reason.filter(|reason| matches!(reason, Reason::NoTarget | Reason::ParentMissing)) else {
        return;
    };
    let observed = views.leading().map_or(0, |(_, values)| values.observed);
    let known = unpaired.entry(reason.to_string()).or_default();
    *known = known.saturating_add(observed);
}

/// The id of an edge by those of its nodes.
pub(crate) fn edge_id(source: &str, target: &str, protocol: Protocol) -> String {
    format!("{source}->{target}:{protocol}")
}

/// None of what is no edge.
fn edge(question: &Question, groups: &[Group], call: &Between, views: &Views, recent: Recent) -> Option<EdgeItem> {
    let id = |place: Place| groups[place.index()].id.clone();
    let (source, target) = (id(call.source?), id(call.target?));
    let (leading, _) = views.leading()?;
    let (requests, errors) = (views.requests(), views.errors());
    let rates = Rates { range: part_of(errors, requests), recent: recent.error_rate() };
    let percentile = |q| views.latency().and_then(|latency| percentile_ms(latency, q));
    Some(EdgeItem {
        id: edge_id(&source, &target, call.protocol),
        source,
        target,
        protocol: ProtocolWord(call.protocol),
        requests: requests.map(Weight::as_f64),
        attempts: views.attempts().map(Weight::as_f64),
        errors: errors.map(Weight::as_f64),
        rate: rate(requests, question.range.seconds()),
        error_rate: rates.range,
        recent_error_rate: rates.recent,
        p50_ms: percentile(0.50),
        p90_ms: percentile(0.90),
        p95_ms: percentile(0.95),
        p99_ms: percentile(0.99),
        mtls: views.mtls(),
        observer: ObserverWord(leading.observer),
        evidence: EvidenceWord(leading.evidence),
        exemplars: views.exemplars().map(ExemplarItem::all).unwrap_or_default(),
        observers: views.iter().map(|(view, values)| ObserverItem::new(view, values)).collect(),
        latency_split_ms: views.split().map(SplitItem::new),
        health: rates.health(&question.health, views.is_active()),
    })
}

fn node(question: &Question, group: Group, drawn: &Drawn) -> NodeItem {
    let Tally { latency, .. } = &drawn.tally;
    let (requests, errors) = (drawn.tally.requests(), drawn.tally.errors());
    let rates = Rates { range: part_of(errors, requests), recent: drawn.tally.recent.error_rate() };
    let is_service = group.kind == Kind::Service && matches!(question.by, Grouping::Service | Grouping::Workload);
    NodeItem {
        aliases: group.aliases(),
        kind: if drawn.is_gateway && is_service { Kind::Gateway } else { group.kind },
        id: group.id,
        name: group.name,
        namespace: group.namespace,
        clusters: group.clusters.into_iter().collect(),
        requests: requests.map(Weight::as_f64),
        errors: errors.map(Weight::as_f64),
        rate: rate(requests, question.range.seconds()),
        error_rate: rates.range,
        recent_error_rate: rates.recent,
        p50_ms: percentile_ms(latency, 0.50),
        p90_ms: percentile_ms(latency, 0.90),
        p95_ms: percentile_ms(latency, 0.95),
        p99_ms: percentile_ms(latency, 0.99),
        health: rates.health(&question.health, drawn.calls || drawn.tally.is_active),
    }
}

/// Errors per request over the range and in its last minute.
struct Rates {
    range: Option<f64>,
    recent: Option<f64>,
}

impl Rates {
    /// By the worse of both: neither an incident that began just now nor one that just ended may be missed.
    fn health(&self, bounds: &HealthConfig, is_active: bool) -> Health {
        let worse = self.range.into_iter().chain(self.recent).reduce(f64::max);
        match worse {
            _ if !is_active => Health::Idle,
            Some(rate) if rate >= bounds.failing_error_rate => Health::Failing,
            Some(rate) if rate >= bounds.degraded_error_rate => Health::Degraded,
            _ => Health::Healthy,
        }
    }
}
