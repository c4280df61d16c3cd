//! Parents and children.
//!
//! A parent is found by its id. In Zipkin's model two halves of a call may share one id, and clients exist that give one
//! id to unrelated spans; then the parent of a span is the half with its own service, else the SERVER half, and a SERVER
//! half is the child of its CLIENT half.
//!
//! An app that hands on the headers it was given lets its proxy give one id to all of its calls: the proxy's listener joins
//! the app's id each time. Then its upstream span belongs to the call with its cluster, and of several such calls to the
//! last one that began before it; the times are of one clock.

use spanloom_store::SpanId;

use super::span::{Kind, Span};

/// Where a span hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parent {
    /// It has no parent.
    Root,
    /// Its parent is not stored.
    Missing(SpanId),
    /// Following its parents leads back to it; the circle is cut here.
    Circle,
    /// Its parent is this one.
    Of(usize),
}

/// The spans of a trace as a forest, by their place in the folded list.
#[derive(Debug)]
pub(super) struct Tree {
    parents: Vec<Parent>,
    /// Parents before their children.
    pub order: Vec<usize>,
    /// The children of `i` are `children[child_starts[i]..child_starts[i + 1]]`.
    child_starts: Vec<usize>,
    children: Vec<usize>,
}

impl Tree {
    pub fn of(spans: &[&Span]) -> Self {
        let by_id = ById::of(spans);
        let mut parents: Vec<Parent> = (0..spans.len()).map(|i| by_id.parent(spans, i)).collect();
        cut_circles(&mut parents);
        let (child_starts, children) = children_of(&parents);
        let mut tree = Self { parents, order: Vec::with_capacity(spans.len()), child_starts, children };
        tree.sort();
        tree
    }

    pub fn parent(&self, i: usize) -> Parent {
        self.parents[i]
    }

    /// The parent, if it is stored.
    pub fn stored_parent(&self, i: usize) -> Option<usize> {
        match self.parents[i] {
            Parent::Of(parent) => Some(parent),
            Parent::Root | Parent::Missing(_) | Parent::Circle => None,
        }
    }

    pub fn children(&self, i: usize) -> &[usize] {
        &self.children[self.child_starts[i]..self.child_starts[i + 1]]
    }

    /// How many circles were cut.
    pub fn circles(&self) -> u64 {
        self.parents.iter().filter(|parent| **parent == Parent::Circle).count() as u64
    }

    fn sort(&mut self) {
        self.order = (0..self.parents.len()).filter(|i| self.stored_parent(*i).is_none()).collect();
        let mut next = 0;
        while let Some(i) = self.order.get(next).copied() {
            self.order.extend_from_slice(&self.children[self.child_starts[i]..self.child_starts[i + 1]]);
            next += 1;
        }
    }
}

/// Places of spans sorted by span id, the CLIENT halves of an id first.
struct ById(Vec<(SpanId, bool, usize)>);

impl ById {
    /// How many spans of one id are looked at: an id has two halves, and a broken client must not make this a loop over
    /// the trace for each of its spans.
    const HALVES_MAX: usize = 64;

    fn of(spans: &[&Span]) -> Self {
        let place = |(i, span): (usize, &&Span)| (span.span_id, span.kind != Kind::Client, i);
        let mut by_id: Vec<_> = spans.iter().enumerate().map(place).collect();
        by_id.sort_unstable();
        Self(by_id)
    }

    fn places(&self, id: SpanId) -> impl Iterator<Item = usize> {
        let start = self.0.partition_point(|(known, ..)| *known < id);
        let of_id = self.0[start..].iter().take_while(move |(known, ..)| *known == id);
        of_id.map(|(.., i)| *i).take(Self::HALVES_MAX)
    }

    fn parent(&self, spans: &[&Span], i: usize) -> Parent {
        let span = spans[i];
        let client_half = self.places(span.span_id).next().filter(|half| spans[*half].kind == Kind::Client);
        if let (Kind::Server, Some(client)) = (span.kind, client_half) {
            return Parent::Of(client);
        }
        let Some(id) = span.parent else { return Parent::Root };
        let strangeness = |candidate: &usize| {
            let candidate = spans[*candidate];
            let is_own = candidate.origin.service == span.origin.service;
            let call = is_own.then(|| (has_other_cluster(candidate, span), before_ns(candidate, span)));
            (!is_own, candidate.kind != Kind::Server, candidate.kind != Kind::Client, call)
        };
        let mut others = self.places(id).filter(|other| *other != i);
        let Some(first) = others.next() else { return Parent::Missing(id) };
        // Mostly there is no choice, and nothing to be weighed.
        let Some(second) = others.next() else { return Parent::Of(first) };
        let candidates = [first, second].into_iter().chain(others);
        candidates.min_by_key(strangeness).map_or(Parent::Missing(id), Parent::Of)
    }
}

/// Whether two spans of a proxy are about different clusters.
fn has_other_cluster(parent: &Span, child: &Span) -> bool {
    let both = parent.upstream_cluster().zip(child.upstream_cluster());
    both.is_some_and(|(parent, child)| parent != child)
}

/// How long one span began before another; longer than any time if it did not.
fn before_ns(parent: &Span, child: &Span) -> i64 {
    child.start_ns.checked_sub(parent.start_ns).filter(|ns| *ns >= 0).unwrap_or(i64::MAX)
}

/// Cuts each circle of parents at its first span. Every span is walked over once.
fn cut_circles(parents: &mut [Parent]) {
    const UNSEEN: usize = usize::MAX;
    let mut seen_by = vec![UNSEEN; parents.len()];
    for start in 0..parents.len() {
        let mut at = start;
        while seen_by[at] == UNSEEN {
            seen_by[at] = start;
            match parents[at] {
                Parent::Of(parent) => at = parent,
                Parent::Root | Parent::Missing(_) | Parent::Circle => break,
            }
        }
        // Back at a span of this very walk, and it has a parent.
        if seen_by[at] == start && matches!(parents[at], Parent::Of(_)) {
            cut_circle(parents, at);
        }
    }
}

fn cut_circle(parents: &mut [Parent], on_circle: usize) {
    let mut first = on_circle;
    let mut at = on_circle;
    while let Parent::Of(parent) = parents[at] {
        first = first.min(parent);
        at = parent;
        if at == on_circle {
            parents[first] = Parent::Circle;
            return;
        }
    }
}

fn children_of(parents: &[Parent]) -> (Vec<usize>, Vec<usize>) {
    let mut starts = vec![0; parents.len() + 1];
    let parent_of = |parent: &Parent| if let Parent::Of(i) = parent { Some(*i) } else { None };
    parents.iter().filter_map(parent_of).for_each(|parent| starts[parent + 1] += 1);
    for i in 0..parents.len() {
        starts[i + 1] += starts[i];
    }
    let mut next = starts.clone();
    let mut children = vec![0; starts[parents.len()]];
    for (child, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent_of(parent) {
            children[next[parent]] = child;
            next[parent] += 1;
        }
    }
    (starts, children)
}
