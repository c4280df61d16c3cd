//! The walk from the root's end back to its start.

use std::cmp::Reverse;
use std::vec::IntoIter;

use crate::trace::place::Place;
use crate::trace::span::Interval;
use crate::trace::tree::Tree;

/// A time that a span spent itself, waiting for nobody that we know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::trace) struct Segment {
    pub span: usize,
    pub time: Interval,
}

/// A span on the way from the root to where we stand.
struct Frame {
    span: usize,
    window: Interval,
    /// Those not looked at yet, the last to end first.
    children: IntoIter<(usize, Interval)>,
}

/// What the time of `root` went to, in order of time: segments that touch each other, from its start to its end.
///
/// Nobody's window reaches beyond that of its parent, which is what makes them touch.
pub(in crate::trace) fn walk(tree: &Tree, places: &[Place], root: usize) -> Vec<Segment> {
    let Some(window) = places[root].window else { return Vec::new() };
    let mut segments = Vec::new();
    let mut cursor_ns = window.end_ns;
    let mut way = vec![frame(tree, places, root, window)];
    while let Some(at) = way.last_mut() {
        // The cursor only goes back, so a child that ends after it is done with for good.
        let child = at.children.find(|(_, child)| child.end_ns <= cursor_ns);
        let own_from_ns = child.map_or(at.window.start_ns, |(_, child)| child.end_ns);
        if own_from_ns < cursor_ns {
            segments.push(Segment { span: at.span, time: Interval { start_ns: own_from_ns, end_ns: cursor_ns } });
        }
        cursor_ns = own_from_ns;
        match child {
            Some((span, window)) => way.push(frame(tree, places, span, window)),
            None => drop(way.pop()),
        }
    }
    segments.reverse();
    segments
}

/// Of children that end together the longest explains the most, so it comes first. Those of no length explain nothing.
fn frame(tree: &Tree, places: &[Place], span: usize, window: Interval) -> Frame {
    let placed = tree.children(span).iter().filter_map(|&child| Some((child, places[child].window?)));
    let mut children: Vec<_> = placed.filter(|(_, window)| window.length_ns() > 0).collect();
    children.sort_unstable_by_key(|(child, window)| (Reverse(window.end_ns), window.start_ns, *child));
    Frame { span, window, children: children.into_iter() }
}
