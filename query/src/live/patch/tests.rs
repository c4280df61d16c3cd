use proptest::prelude::*;
use serde_json::Value as Json;
use spanloom_store::ledger::{Evidence, Observer, Protocol};

use super::*;
use crate::graph::{EvidenceWord, Health, ObserverWord, ProtocolWord};
use crate::ledger::{Grouping, Kind};

fn node(id: u8, requests: u8) -> NodeItem {
    NodeItem {
        id: format!("n{id:03}"),
        name: None,
        namespace: None,
        kind: Kind::Service,
        aliases: Vec::new(),
        clusters: Vec::new(),
        requests: Some(f64::from(requests)),
        errors: None,
        rate: None,
        error_rate: None,
        recent_error_rate: None,
        p50_ms: None,
        p90_ms: None,
        p95_ms: None,
        p99_ms: None,
        health: Health::Healthy,
    }
}

fn edge(id: u8, requests: u8) -> EdgeItem {
    EdgeItem {
        id: format!("e{id:03}"),
        source: String::new(),
        target: String::new(),
        protocol: ProtocolWord(Protocol::Http),
        requests: Some(f64::from(requests)),
        attempts: None,
        errors: None,
        rate: None,
        error_rate: None,
        recent_error_rate: None,
        p50_ms: None,
        p90_ms: None,
        p95_ms: None,
        p99_ms: None,
        mtls: None,
        observer: ObserverWord(Observer::SourceApp),
        evidence: EvidenceWord(Evidence::Span),
        exemplars: Vec::new(),
        observers: Vec::new(),
        latency_split_ms: None,
        health: Health::Healthy,
    }
}

fn graph() -> impl Strategy<Value = Graph> {
    let items = || prop::collection::btree_map(0..12_u8, 0..3_u8, 0..10);
    (items(), items(), any::<u16>(), 0..3_i64).prop_map(|(nodes, edges, rev, count)| Graph {
        rev: rev.to_string(),
        start: "then".to_owned(),
        end: format!("now {count}"),
        by: Grouping::Service,
        entry_points: nodes.keys().take(2).map(|id| format!("n{id:03}")).collect(),
        cycles: nodes.keys().skip(4).map(|id| vec![format!("n{id:03}")]).collect(),
        nodes: nodes.into_iter().map(|(id, requests)| Arc::new(node(id, requests))).collect(),
        edges: edges.into_iter().map(|(id, requests)| Arc::new(edge(id, requests))).collect(),
        unpaired: BTreeMap::from([("no_target".to_owned(), count)]),
    })
}

/// As a client does it, on JSON alone.
pub(crate) fn apply(state: &mut Json, patch: &Json) {
    for list in ["nodes", "edges"] {
        let id = |item: &Json| item["id"].as_str().unwrap().to_owned();
        let old = state[list].as_array().unwrap();
        let mut items: BTreeMap<String, Json> = old.iter().map(|item| (id(item), item.clone())).collect();
        for removed in patch[list]["remove"].as_array().unwrap() {
            assert!(items.remove(removed.as_str().unwrap()).is_some(), "{removed} was not there");
        }
        for item in patch[list]["upsert"].as_array().unwrap() {
            assert_ne!(items.insert(id(item), item.clone()).as_ref(), Some(item), "nothing changed");
        }
        state[list] = items.into_values().collect();
    }
    for name in ["rev", "start", "end", "entry_points", "cycles", "unpaired"] {
        state[name] = patch[name].clone();
    }
}

proptest! {
    #[test]
    fn a_patch_makes_the_next_snapshot_of_the_last(old in graph(), mut new in graph()) {
        let json = |value: &Graph| serde_json::to_value(value).unwrap();
        let (mut state, expected) = (json(&old), json(&new));
        share(&old, &mut new);
        prop_assert_eq!(&json(&new), &expected, "sharing changes nothing");
        apply(&mut state, &serde_json::to_value(GraphPatch::between(&old, &new)).unwrap());
        prop_assert_eq!(state, expected);
    }

    #[test]
    fn what_is_equal_is_held_once(graph in graph()) {
        let mut again = graph.clone();
        again.nodes.iter_mut().for_each(|node| *node = Arc::new(NodeItem::clone(node)));
        share(&graph, &mut again);
        prop_assert!(graph.nodes.iter().zip(&again.nodes).all(|(a, b)| Arc::ptr_eq(a, b)));
        let patch = GraphPatch::between(&graph, &again);
        prop_assert!(patch.nodes.upsert.is_empty() && patch.edges.upsert.is_empty());
    }
}
