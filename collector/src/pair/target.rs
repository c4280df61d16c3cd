//! Rule (e): whom a call reached.

use std::collections::BTreeMap;

use spanloom_store::identity::Node;
use spanloom_store::ledger::Side;

use super::calls::{Calls, Unit};
use super::interned::Interned;
use super::queues::Queues;
use super::span::Text;
use super::trace::Trace;
use super::{hints, side};
use crate::mesh::istio;

/// A trace with its calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Calling<'t, 'a> {
    pub trace: &'t Trace<'a>,
    pub calls: &'t Calls,
    pub queues: &'t Queues,
}

/// A target of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub node: Node,
    pub side: Interned<Side>,
    /// Where the call arrived, in order of time; none if no span of the target came.
    pub entries: Vec<usize>,
}

impl Target {
    /// Whether a span of the target came: nothing better can come any more.
    pub fn is_paired(&self) -> bool {
        !self.entries.is_empty()
    }
}

impl Calling<'_, '_> {
    /// The targets of a proxy's request: those whose spans came, else what its configuration says.
    pub fn of_unit(&self, unit: &Unit) -> Vec<Target> {
        let host = self.host(unit).or_else(|| unit.callers().find_map(|caller| self.waypoint_host(caller)));
        let entries = unit.callers().flat_map(|caller| self.calls.entries_of[caller].iter().copied());
        let paired = self.of_entries(entries, host.as_ref());
        if !paired.is_empty() {
            return paired;
        }
        let told = host.as_ref().map(side::of_host);
        let told = told.or_else(|| unit.callers().find_map(|caller| self.passed_through(caller)));
        let told = told.or_else(|| unit.callers().find_map(|caller| self.heard(caller)));
        self.told(unit.lead(), told).into_iter().collect()
    }

    /// The targets of an app's call, as far as spans tell.
    pub fn of_client(&self, client: usize) -> Vec<Target> {
        let host = self.waypoint_host(client);
        let paired = self.of_entries(self.calls.entries_of[client].iter().copied(), host.as_ref());
        if !paired.is_empty() {
            return paired;
        }
        let told = host.as_ref().map(side::of_host).or_else(|| self.heard(client));
        self.told(Some(client), told).into_iter().collect()
    }

    /// What the app spans of one call say of the other side, the outermost first.
    pub fn hinted(&self, callers: &[usize]) -> Option<Target> {
        let spans: Vec<_> = callers.iter().map(|caller| self.trace.spans[*caller]).collect();
        self.told(callers.first().copied(), hints::target(&spans).map(side::intern))
    }

    /// Entries by target; of several entries the last one says what revision answered in the end.
    pub fn of_entries(&self, entries: impl IntoIterator<Item = usize>, host: Option<&Text>) -> Vec<Target> {
        let mut entries = entries.into_iter();
        let Some(first) = entries.next() else { return Vec::new() };
        let Some(second) = entries.next() else { return vec![self.of_entry(first, host)] };
        let mut by_node: BTreeMap<Node, Target> = BTreeMap::new();
        for entry in [first, second].into_iter().chain(entries) {
            let side = self.entry_side(entry, host);
            let node = self.trace.node(&side);
            let first = |node: &Node| Target { node: node.clone(), side: side.clone(), entries: Vec::new() };
            let target = by_node.entry(node).or_insert_with_key(first);
            target.entries.push(entry);
            target.side = side;
        }
        let mut targets: Vec<Target> = by_node.into_values().collect();
        targets.sort_by_key(|target| target.entries.first().copied());
        targets
    }

    fn of_entry(&self, entry: usize, host: Option<&Text>) -> Target {
        let side = self.entry_side(entry, host);
        Target { node: self.trace.node(&side), side, entries: vec![entry] }
    }

    /// The side at which a call arrived: a queue, if the entry took it from one.
    pub fn entry_side(&self, entry: usize, host: Option<&Text>) -> Interned<Side> {
        match self.queues.taken_from(entry) {
            Some(queue) => queue.clone(),
            None => side::called(self.taker_side(entry), host),
        }
    }

    /// Whether an app sent a request by itself, and no proxy of its own passed it on.
    pub fn is_sent_by_app(&self, entry: usize) -> bool {
        self.calls.caller_of[entry].is_some_and(|caller| self.trace.is_app(caller))
    }

    /// The identity that took a request in.
    pub fn taker_side(&self, entry: usize) -> Interned<Side> {
        side::of_entry(self.trace, entry, &self.calls.apps_of[entry])
    }

    /// The host that a unit's `upstream_cluster` leads to.
    pub fn host(&self, unit: &Unit) -> Option<Text> {
        unit.callers().find_map(|caller| self.cluster_host(caller))
    }

    /// The host that a span's `upstream_cluster` leads to; of a waypoint, the service that it stands in for.
    pub fn cluster_host(&self, i: usize) -> Option<Text> {
        self.trace.spans[i].upstream_cluster().and_then(|cluster| cluster.host()).cloned()
    }

    /// The host of the URL of a request that the proxy passed on without knowing a service for it.
    fn passed_through(&self, caller: usize) -> Option<Interned<Side>> {
        let span = self.trace.spans[caller];
        span.upstream_cluster().filter(|cluster| istio::is_passthrough(cluster.name()))?;
        Some(side::intern(hints::external(span.peer.as_ref()?.url_host.as_ref()?)))
    }

    /// The service for which a waypoint stands in on the way of a call.
    fn waypoint_host(&self, caller: usize) -> Option<Text> {
        self.calls.hops_of[caller].iter().find_map(|hop| self.cluster_host(self.calls.hops[*hop].top))
    }

    /// Who called on because of a call: it got there, though no span of getting there is stored.
    fn heard(&self, caller: usize) -> Option<Interned<Side>> {
        Some(self.trace.side(self.calls.heard_of[caller]?).clone())
    }

    /// A target of which no span came. It is not the source itself: rule (l).
    fn told(&self, source: Option<usize>, side: Option<Interned<Side>>) -> Option<Target> {
        let side = side?;
        let node = self.trace.node(&side);
        let is_source = source.is_some_and(|source| self.trace.own_node(source) == node);
        (!is_source).then_some(Target { node, side, entries: Vec::new() })
    }
}
