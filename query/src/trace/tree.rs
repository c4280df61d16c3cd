//! The spans as trees, and which of them the path is of.

use std::cmp::Reverse;

use super::parents::{self, Above, Reason};
use super::span::Span;

/// A span with nothing above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Top {
    pub span: usize,
    pub reason: Reason,
}

pub(super) struct Tree {
    /// In the order of their start.
    pub tops: Vec<Top>,
    /// The children of all spans, those of one beside each other, by start.
    children: Vec<usize>,
    /// Where the children of each span begin; one more, for where the last ones end.
    begins: Vec<usize>,
}

impl Tree {
    /// Trees of spans that are in the order of their start.
    pub fn new(spans: &[Span<'_>]) -> Self {
        let above = parents::above(spans);
        let mut tops = Vec::new();
        let mut begins = vec![0; spans.len() + 1];
        for (span, above) in above.iter().enumerate() {
            match above {
                Above::Parent(parent) => begins[parent + 1] += 1,
                Above::Nothing(reason) => tops.push(Top { span, reason: *reason }),
            }
        }
        for span in 0..spans.len() {
            begins[span + 1] += begins[span];
        }
        Self { tops, children: place_children(&above, &begins), begins }
    }

    /// Spans in all trees.
    pub fn len(&self) -> usize {
        self.begins.len() - 1
    }

    pub fn children(&self, span: usize) -> &[usize] {
        &self.children[self.begins[span]..self.begins[span + 1]]
    }

    /// All spans from the tops down: parents before their children, siblings by start.
    pub fn each_down(&self, mut each: impl FnMut(usize)) {
        let mut waiting: Vec<usize> = self.tops.iter().rev().map(|top| top.span).collect();
        while let Some(span) = waiting.pop() {
            each(span);
            waiting.extend(self.children(span).iter().rev());
        }
    }

    /// A span and all below it, parents before their children.
    pub fn with_all_below(&self, span: usize) -> Vec<usize> {
        let mut found = vec![span];
        let mut next = 0;
        while let Some(&span) = found.get(next) {
            found.extend_from_slice(self.children(span));
            next += 1;
        }
        found
    }

    /// Whose path is looked for: of the spans without a parent the one that lasted longest; where all have one, of those
    /// whose parent did not come; else of those at which a circle was cut. Among equals the first.
    pub fn root(&self, spans: &[Span<'_>]) -> Option<Top> {
        self.tops.iter().copied().min_by_key(|top| (top.reason, Reverse(spans[top.span].time.length_ns()), top.span))
    }
}

/// Counting sort: each child into the next free place of its parent.
fn place_children(above: &[Above], begins: &[usize]) -> Vec<usize> {
    let mut free = begins.to_vec();
    let mut children = vec![0; begins[above.len()]];
    for (span, above) in above.iter().enumerate() {
        if let Above::Parent(parent) = *above {
            children[free[parent]] = span;
            free[parent] += 1;
        }
    }
    children
}
