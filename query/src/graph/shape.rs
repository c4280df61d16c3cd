//! Ways through a graph: who is called by nobody, who calls in a circle, who is near.

use std::collections::HashMap;

use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::answer::EdgeItem;

/// Nodes by their place in the list, and who calls whom.
pub(super) struct Shape<'a> {
    ids: Vec<&'a str>,
    places: HashMap<&'a str, NodeIndex>,
    graph: DiGraph<(), ()>,
}

impl<'a> Shape<'a> {
    /// An edge to a node that is not in the list is left out.
    pub fn new(ids: impl Iterator<Item = &'a str>, edges: impl Iterator<Item = &'a EdgeItem>) -> Self {
        let ids: Vec<&str> = ids.collect();
        let mut graph = DiGraph::with_capacity(ids.len(), 0);
        let places: HashMap<&str, NodeIndex> = ids.iter().map(|id| (*id, graph.add_node(()))).collect();
        for edge in edges {
            if let Some((source, target)) = places.get(edge.source.as_str()).zip(places.get(edge.target.as_str())) {
                graph.add_edge(*source, *target, ());
            }
        }
        Self { ids, places, graph }
    }

    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).map(|place| place.index())
    }

    /// The nodes that nobody calls but perhaps they themselves, in order.
    pub fn uncalled(&self) -> impl Iterator<Item = usize> {
        let is_called = |node: NodeIndex| self.callers(node).any(|caller| caller != node);
        self.graph.node_indices().filter(move |node| !is_called(*node)).map(NodeIndex::index)
    }

    fn callers(&self, node: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        self.graph.neighbors_directed(node, Direction::Incoming)
    }

    /// Nodes that reach each other, and nodes that call themselves: ids in order.
    pub fn cycles(&self) -> Vec<Vec<String>> {
        let is_cycle = |nodes: &Vec<NodeIndex>| match nodes[..] {
            [only] => self.graph.contains_edge(only, only),
            _ => true,
        };
        let names = |mut nodes: Vec<NodeIndex>| {
            nodes.sort_unstable();
            nodes.into_iter().map(|node| self.ids[node.index()].to_owned()).collect()
        };
        let mut cycles: Vec<Vec<String>> = kosaraju_scc(&self.graph).into_iter().filter(is_cycle).map(names).collect();
        cycles.sort_unstable();
        cycles
    }

    /// Whether each node is reached from `focus` within `depth` calls, with the stream or against it.
    pub fn around(&self, focus: usize, depth: usize) -> Vec<bool> {
        let mut is_near = vec![false; self.ids.len()];
        for direction in [Direction::Outgoing, Direction::Incoming] {
            self.walk(focus, depth, direction).into_iter().for_each(|node| is_near[node] = true);
        }
        is_near
    }

    fn walk(&self, focus: usize, depth: usize, direction: Direction) -> Vec<usize> {
        let mut is_met = vec![false; self.ids.len()];
        let mut met = vec![focus];
        is_met[focus] = true;
        let mut begin = 0;
        for _ in 0..depth {
            let end = met.len();
            for place in begin..end {
                for next in self.graph.neighbors_directed(NodeIndex::new(met[place]), direction) {
                    if !std::mem::replace(&mut is_met[next.index()], true) {
                        met.push(next.index());
                    }
                }
            }
            begin = end;
        }
        met
    }
}
