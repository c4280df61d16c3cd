//! Who is whose parent. Spans are numbered by their place, which is the order of their start.
//!
//! Several spans may have one id: the client and server halves of Zipkin. Of these the CLIENT half is the parent of the
//! SERVER half; the parent of other spans is the half of their own service, else the SERVER half, else the first.

use std::collections::HashMap;
use std::hash::Hash;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use spanloom_store::SpanId;

use super::span::Span;

/// Why a span is at the top; the better root is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    NoParent,
    ParentMissing,
    Circle,
}

/// What is above a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Above {
    Parent(usize),
    Nothing(Reason),
}

/// What is above each span. Every span leads to a top: circles are cut above their earliest span.
pub(super) fn above(spans: &[Span<'_>]) -> Vec<Above> {
    let halves = Halves::new(spans);
    let mut above: Vec<Above> = (0..spans.len()).map(|span| above_one(spans, &halves, span)).collect();
    cut_circles(&mut above);
    above
}

fn above_one(spans: &[Span<'_>], halves: &Halves<'_>, number: usize) -> Above {
    let span = &spans[number];
    let client = || halves.of_kind.find(&(span.id, SpanKind::Client as i32), number);
    if span.kind == SpanKind::Server as i32
        && let Some(client) = client()
    {
        return Above::Parent(client);
    }
    let Some(parent) = span.parent else { return Above::Nothing(Reason::NoParent) };
    match halves.parent(parent, span.service, number) {
        Some(parent) => Above::Parent(parent),
        None if parent == span.id => Above::Nothing(Reason::Circle),
        None => Above::Nothing(Reason::ParentMissing),
    }
}

/// Takes the parent of the earliest span of each circle.
fn cut_circles(above: &mut [Above]) {
    /// In which walk a span was met; a span met for the second time in one walk is in a circle.
    const NEVER: usize = usize::MAX;
    let mut walks = vec![NEVER; above.len()];
    for walk in 0..above.len() {
        let mut at = walk;
        while walks[at] == NEVER {
            walks[at] = walk;
            let Above::Parent(parent) = above[at] else { break };
            at = parent;
        }
        if walks[at] == walk
            && let Some(first) = earliest_of_circle(above, at)
        {
            above[first] = Above::Nothing(Reason::Circle);
        }
    }
}

/// The earliest span of the circle that `member` is in; none where the way up ends.
fn earliest_of_circle(above: &[Above], member: usize) -> Option<usize> {
    let (mut first, mut at) = (member, member);
    loop {
        let Above::Parent(parent) = above[at] else { return None };
        if parent == member {
            return Some(first);
        }
        at = parent;
        first = first.min(at);
    }
}

/// Spans by what they are looked for.
struct Halves<'a> {
    any: Firsts<SpanId>,
    of_service: Firsts<(SpanId, Option<&'a str>)>,
    of_kind: Firsts<(SpanId, i32)>,
}

impl<'a> Halves<'a> {
    fn new(spans: &[Span<'a>]) -> Self {
        Self {
            any: Firsts::new(spans, |span| span.id),
            of_service: Firsts::new(spans, |span| (span.id, span.service)),
            of_kind: Firsts::new(spans, |span| (span.id, span.kind)),
        }
    }

    fn parent(&self, id: SpanId, service: Option<&'a str>, child: usize) -> Option<usize> {
        let own = self.of_service.find(&(id, service), child);
        own.or_else(|| self.of_kind.find(&(id, SpanKind::Server as i32), child)).or_else(|| self.any.find(&id, child))
    }
}

/// The first two spans of each key: the second is for the first, which is not its own parent. A list of all would be
/// searched again and again where a hundred thousand spans share an id.
struct Firsts<K>(HashMap<K, (u32, u32)>);

/// The second span of a key that one span alone has. A trace of so many spans fits into no query's memory.
const NO_SECOND: u32 = u32::MAX;

impl<K: Eq + Hash> Firsts<K> {
    fn new<'a>(spans: &[Span<'a>], key: impl Fn(&Span<'a>) -> K) -> Self {
        let mut firsts = HashMap::with_capacity(spans.len());
        for (number, span) in (0_u32..).zip(spans) {
            let (first, second) = firsts.entry(key(span)).or_insert((number, NO_SECOND));
            if *first != number {
                *second = number.min(*second);
            }
        }
        Self(firsts)
    }

    /// The first span of a key that is not `other_than`.
    fn find(&self, key: &K, other_than: usize) -> Option<usize> {
        let (first, second) = *self.0.get(key)?;
        let found = if first as usize == other_than { second } else { first };
        (found != NO_SECOND).then_some(found as usize)
    }
}
