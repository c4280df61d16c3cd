//! Rule (c): outbound proxy spans to units, one per request.

use std::collections::HashMap;
use std::sync::Arc;

use spanloom_store::SpanId;

use crate::pair::cluster::Cluster;
use crate::pair::direction::is_side_call;
use crate::pair::identities::Who;
use crate::pair::span::Kind;
use crate::pair::trace::Trace;
use crate::pair::tree::Parent;

/// A request as an outbound proxy sent it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::pair) struct Unit {
    /// The listener's span; lost, if only upstream spans came: rule (g).
    pub top: Option<usize>,
    /// Upstream spans below it.
    pub attempts: Vec<usize>,
    /// Whether it is no request of the app's but one that the proxy makes itself, beside it.
    pub is_aside: bool,
}

/// The units of a trace.
#[derive(Debug)]
pub(in crate::pair) struct Units {
    pub all: Vec<Unit>,
    /// By span.
    unit_of: Vec<Option<usize>>,
    /// Units without a listener's span, by its id.
    orphans: HashMap<(SpanId, Who, Option<Arc<Cluster>>), usize>,
}

impl Unit {
    /// The span that stands for the unit's source.
    pub fn lead(&self) -> Option<usize> {
        self.top.or(self.attempts.first().copied())
    }

    /// All its spans.
    pub fn callers(&self) -> impl Iterator<Item = usize> {
        let only_top = self.top.filter(|top| !self.attempts.contains(top));
        only_top.into_iter().chain(self.attempts.iter().copied())
    }
}

impl Units {
    pub fn of(trace: &Trace<'_>) -> Self {
        let mut units = Self { all: Vec::new(), unit_of: vec![None; trace.len()], orphans: HashMap::new() };
        let outbound = trace.tree.order.iter().filter(|i| trace.is_outbound(**i));
        outbound.for_each(|i| units.place(trace, *i));
        units
    }

    fn place(&mut self, trace: &Trace<'_>, i: usize) {
        let span = trace.spans[i];
        match span.kind {
            Kind::Server => self.begin(i, Unit { top: Some(i), ..Unit::default() }),
            Kind::Client if span.has_node_id() => self.begin(i, Unit { top: Some(i), ..Unit::default() }),
            Kind::Client => self.place_upstream(trace, i),
            Kind::Internal | Kind::Unspecified | Kind::Producer | Kind::Consumer => {}
        }
    }

    fn place_upstream(&mut self, trace: &Trace<'_>, i: usize) {
        let listener = trace.tree.stored_parent(i).filter(|parent| trace.spans[*parent].is_proxy());
        let Some(listener) = listener else { return self.place_orphan(trace, i) };
        if is_side_call(trace.spans[i], trace.spans[listener], trace.directions[listener]) {
            return self.begin(i, Unit { top: Some(i), attempts: vec![i], is_aside: true });
        }
        match self.unit_of[listener] {
            Some(unit) => self.attempt(unit, i),
            None => self.place_orphan(trace, i),
        }
    }

    /// Tries of one request have one listener and one cluster, even if the listener's span is lost.
    fn place_orphan(&mut self, trace: &Trace<'_>, i: usize) {
        let span = trace.spans[i];
        let listener = match trace.tree.parent(i) {
            Parent::Of(parent) => trace.spans[parent].span_id,
            Parent::Missing(id) => id,
            Parent::Root | Parent::Circle => span.span_id,
        };
        let key = (listener, trace.who(i), span.upstream_cluster().cloned());
        match self.orphans.get(&key) {
            Some(unit) => self.attempt(*unit, i),
            None => {
                self.orphans.insert(key, self.all.len());
                self.begin(i, Unit { attempts: vec![i], ..Unit::default() });
            }
        }
    }

    fn begin(&mut self, i: usize, unit: Unit) {
        self.unit_of[i] = Some(self.all.len());
        self.all.push(unit);
    }

    fn attempt(&mut self, unit: usize, i: usize) {
        self.unit_of[i] = Some(unit);
        self.all[unit].attempts.push(i);
    }
}
