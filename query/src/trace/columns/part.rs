//! Which rows of a tree are shown: level by level from the top, until there are enough.

use super::{Planted, Wanted};
use crate::trace::tree::Tree;

/// Rows that are not shown, below one that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// The row above them; none for tops.
    pub row: Option<usize>,
    pub span_count: usize,
    pub error_count: usize,
    /// So many of its first children are shown, or were left out because they were asked to be.
    pub skip: usize,
}

/// Spans in the order of the tree, parents before their children and siblings by start.
pub(super) struct Part {
    pub spans: Vec<usize>,
    /// The row above each; none of those at the top.
    pub parents: Vec<Option<usize>>,
    /// In the order of their rows, that of the tops first.
    pub cut: Vec<Cut>,
    /// Levels of the whole trace.
    pub depth: usize,
}

/// What is below each span, itself included.
struct Below {
    spans: Vec<u32>,
    errors: Vec<u32>,
    depth: usize,
}

impl Below {
    fn new(planted: &Planted<'_>) -> Self {
        let tree = &planted.tree;
        let order = by_level(tree);
        let mut levels = vec![1_u32; planted.spans.len()];
        for span in &order {
            tree.children(*span).iter().for_each(|child| levels[*child] = levels[*span] + 1);
        }
        let depth = levels.iter().max().map_or(0, |depth| *depth as usize);
        let mut spans = vec![1; planted.spans.len()];
        let mut errors: Vec<u32> = planted.spans.iter().map(|span| u32::from(span.is_error)).collect();
        for span in order.iter().rev() {
            spans[*span] += tree.children(*span).iter().map(|child| spans[*child]).sum::<u32>();
            errors[*span] += tree.children(*span).iter().map(|child| errors[*child]).sum::<u32>();
        }
        Self { spans, errors, depth }
    }

    fn cut(&self, row: Option<usize>, hidden: &[usize], skip: usize) -> Option<Cut> {
        let sum = |counts: &[u32]| hidden.iter().map(|span| counts[*span] as usize).sum();
        let cut = Cut { row, span_count: sum(&self.spans), error_count: sum(&self.errors), skip };
        (!hidden.is_empty()).then_some(cut)
    }
}

/// All spans, parents before their children.
fn by_level(tree: &Tree) -> Vec<usize> {
    let mut order: Vec<usize> = tree.tops.iter().map(|top| top.span).collect();
    let mut next = 0;
    while let Some(span) = order.get(next).copied() {
        order.extend_from_slice(tree.children(span));
        next += 1;
    }
    order
}

/// Which children of a span are shown.
#[derive(Clone, Copy, Default)]
struct Shown {
    from: usize,
    until: usize,
}

impl Part {
    /// The rows of `wanted`, of which `under` is the place; no more than `rows_max`.
    pub fn new(planted: &Planted<'_>, under: Option<usize>, wanted: &Wanted, rows_max: usize) -> Self {
        let tops: Vec<usize> = match under {
            Some(under) => vec![under],
            None => planted.tree.tops.iter().map(|top| top.span).collect(),
        };
        let skipped = if under.is_none() { wanted.skip.min(tops.len()) } else { 0 };
        let until = tops.len().min(skipped + rows_max);
        let below = Below::new(planted);
        let tops_shown = &tops[skipped..until];
        let room = rows_max.saturating_sub(tops_shown.len());
        let skip = under.map_or(0, |_| wanted.skip);
        let shown = shown(&planted.tree, tops_shown, Limits { room, skip, depth: wanted.depth });
        let mut part = Self { spans: Vec::new(), parents: Vec::new(), cut: Vec::new(), depth: below.depth };
        part.cut.extend(below.cut(None, &tops[until..], until));
        part.write(&planted.tree, tops_shown, &shown, &below);
        part
    }

    /// Rows from the top down, without recursion.
    fn write(&mut self, tree: &Tree, tops: &[usize], shown: &[Shown], below: &Below) {
        let mut waiting: Vec<(usize, Option<usize>)> = tops.iter().rev().map(|top| (*top, None)).collect();
        while let Some((span, parent)) = waiting.pop() {
            let row = self.spans.len();
            self.spans.push(span);
            self.parents.push(parent);
            let children = tree.children(span);
            let Shown { from, until } = shown[span];
            self.cut.extend(below.cut(Some(row), &children[until..], until));
            waiting.extend(children[from..until].iter().rev().map(|child| (*child, Some(row))));
        }
    }
}

struct Limits {
    /// Rows below the tops.
    room: usize,
    /// Of the first children of the first top.
    skip: usize,
    /// Levels.
    depth: Option<usize>,
}

/// Which children of each span are shown below `tops`.
fn shown(tree: &Tree, tops: &[usize], limits: Limits) -> Vec<Shown> {
    let Limits { mut room, mut skip, depth } = limits;
    let mut shown = vec![Shown::default(); tree.len()];
    let mut level = tops.to_vec();
    for _ in 1..depth.unwrap_or(usize::MAX) {
        let mut next = Vec::new();
        for span in level {
            let children = tree.children(span);
            let from = std::mem::take(&mut skip).min(children.len());
            let until = children.len().min(from + room);
            room -= until - from;
            shown[span] = Shown { from, until };
            next.extend_from_slice(&children[from..until]);
        }
        if next.is_empty() {
            break;
        }
        level = next;
    }
    shown
}
