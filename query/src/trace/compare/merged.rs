//! Traces as one tree of operations.

use std::collections::HashMap;

use crate::trace::analysis::{Work, works};
use crate::trace::assembled::Assembled;
use crate::trace::item::Operation;

/// Which of the two traces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// The spans with one way of operations from the top.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub operation: Operation<'a>,
    pub parent: Option<usize>,
    /// Without spans if it is in the right trace only.
    pub left: Work,
    /// Without spans if it is in the left trace only.
    pub right: Work,
}

impl Node<'_> {
    /// The time of its spans in both traces.
    pub fn total_ns(&self) -> i64 {
        self.left.total_ns.saturating_add(self.right.total_ns)
    }
}

#[derive(Debug, Default)]
pub(super) struct Merged<'a> {
    /// Parents before their children; no more than there are spans.
    pub nodes: Vec<Node<'a>>,
    by_way: HashMap<(Option<usize>, Operation<'a>), usize>,
}

impl<'a> Merged<'a> {
    pub fn add(&mut self, trace: &Assembled<'a>, side: Side) {
        let works = works(trace);
        let mut node_of: Vec<Option<usize>> = vec![None; trace.spans.len()];
        for top in &trace.tree.tops {
            node_of[top.span] = Some(self.node(None, (&trace.spans[top.span]).into()));
            for span in trace.tree.with_all_below(top.span) {
                let node = node_of[span];
                for &child in trace.tree.children(span) {
                    node_of[child] = Some(self.node(node, (&trace.spans[child]).into()));
                }
            }
        }
        // Every span is in one of the trees, so each has its node now.
        for (node, work) in node_of.into_iter().zip(works).filter_map(|(node, work)| Some((node?, work))) {
            let node = &mut self.nodes[node];
            match side {
                Side::Left => node.left += work,
                Side::Right => node.right += work,
            }
        }
    }

    fn node(&mut self, parent: Option<usize>, operation: Operation<'a>) -> usize {
        *self.by_way.entry((parent, operation)).or_insert_with(|| {
            self.nodes.push(Node { operation, parent, left: Work::default(), right: Work::default() });
            self.nodes.len() - 1
        })
    }
}
