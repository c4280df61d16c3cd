//! Which nodes of a merged tree are in the answer, and in which order.
//!
//! The bound is filled from the tops down, always with the node that most time was spent in of those whose parent is in
//! already: so what is shown is one piece, and what is cut off are branches with little time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::answer::ComparedNode;
use super::merged::{Merged, Node};
use crate::trace::analysis::Work;

const NODES_MAX: usize = 5000;

/// The nodes with most time, in the order of rows of a tree.
pub(super) fn shown(merged: &Merged<'_>) -> Vec<ComparedNode> {
    let children = Children::new(&merged.nodes);
    let kept = kept(&merged.nodes, &children);
    let cut = cut_below(&merged.nodes, &kept);
    let mut rows: Vec<ComparedNode> = Vec::new();
    let mut waiting: Vec<Row> = children.tops.iter().rev().map(|top| Row { node: *top, parent: None }).collect();
    // The last one in is the first one out: a node's children come before its next sibling.
    while let Some(Row { node: number, parent }) = waiting.pop() {
        if !kept[number] {
            continue;
        }
        let node = &merged.nodes[number];
        let place = rows.len();
        rows.push(ComparedNode {
            operation: node.operation.into(),
            parent,
            depth: parent.map_or(0, |parent| rows[parent].depth + 1),
            left: side(node.left),
            right: side(node.right),
            cut_count: cut[number],
        });
        waiting.extend(children.of[number].iter().rev().map(|child| Row { node: *child, parent: Some(place) }));
    }
    rows
}

/// A node that is to be shown below the row of its parent.
struct Row {
    node: usize,
    parent: Option<usize>,
}

fn side(work: Work) -> Option<Work> {
    (work.span_count > 0).then_some(work)
}

/// The children of each node, those with most time first.
struct Children {
    tops: Vec<usize>,
    of: Vec<Vec<usize>>,
}

impl Children {
    fn new(nodes: &[Node<'_>]) -> Self {
        let mut children = Self { tops: Vec::new(), of: vec![Vec::new(); nodes.len()] };
        for (number, node) in nodes.iter().enumerate() {
            match node.parent {
                Some(parent) => children.of[parent].push(number),
                None => children.tops.push(number),
            }
        }
        let by_time = |number: &usize| (Reverse(nodes[*number].total_ns()), nodes[*number].operation);
        children.tops.sort_by_key(by_time);
        children.of.iter_mut().for_each(|siblings| siblings.sort_by_key(by_time));
        children
    }
}

/// For each node whether it is shown.
fn kept(nodes: &[Node<'_>], children: &Children) -> Vec<bool> {
    let weighed = |number: usize| (nodes[number].total_ns(), Reverse(number));
    let mut kept = vec![false; nodes.len()];
    let mut next: BinaryHeap<(i64, Reverse<usize>)> = children.tops.iter().map(|top| weighed(*top)).collect();
    for _ in 0..NODES_MAX {
        let Some((_, Reverse(heaviest))) = next.pop() else { break };
        kept[heaviest] = true;
        next.extend(children.of[heaviest].iter().map(|child| weighed(*child)));
    }
    kept
}

/// For each node how many below it are not shown.
fn cut_below(nodes: &[Node<'_>], kept: &[bool]) -> Vec<usize> {
    let mut cut = vec![0; nodes.len()];
    // From the last one up: children come after their parents, so a node is complete before its parent adds it.
    for number in (0..nodes.len()).rev() {
        if let Some(parent) = nodes[number].parent {
            cut[parent] += cut[number] + usize::from(!kept[number]);
        }
    }
    cut
}
