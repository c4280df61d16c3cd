//! A trace put together from the rows of its spans: what all that is said of traces begins with.
//!
//! ```text
//! rows -> span: resends folded -> parents: who is whose -> tree: one root chosen -> place: clocks, and who was waited for
//!      -> critical::walk: the path -> answers
//! ```
//!
//! Each step takes time and memory linear in the number of spans, but for sorting, and none recurses: a trace may be a
//! chain of a hundred thousand spans, or one span with as many children, or all of them with one id.

use super::critical::{self, Segment};
use super::place::{self, Place};
use super::span::{self, Span};
use super::tree::{Top, Tree};

pub(super) struct Assembled<'a> {
    /// Copies of spans that were sent again.
    pub resent_count: usize,
    /// Each once, by start; all else says by its place in here which span it means.
    pub spans: Vec<Span<'a>>,
    pub tree: Tree,
    /// One for each span.
    pub places: Vec<Place>,
    /// The top whose time is explained.
    pub root: Top,
    /// What the root's time went to, in order of time: they touch each other, and add up to its duration.
    pub segments: Vec<Segment>,
}

impl<'a> Assembled<'a> {
    /// The trace of spans in any order, resends among them; none where there are no spans.
    pub fn new(rows: Vec<Span<'a>>) -> Option<Self> {
        let row_count = rows.len();
        let spans = span::fold_resends(rows);
        let tree = Tree::new(&spans);
        let root = tree.root(&spans)?;
        let places = place::places(&spans, &tree);
        let segments = critical::walk(&tree, &places, root.span);
        Some(Self { resent_count: row_count - spans.len(), spans, tree, places, root, segments })
    }

    /// How long the trace's root lasted.
    pub fn root_duration_ns(&self) -> i64 {
        self.spans[self.root.span].time.length_ns()
    }
}
