//! Requests as waypoints saw them: rule (o).

use std::collections::HashMap;

use spanloom_store::ledger::{Observer, Protocol, Reason, Side};

use super::{Way, Writer};
use crate::pair::calls::{From, Hop};
use crate::pair::interned::Interned;
use crate::pair::observation::Unpaired;
use crate::pair::protocol::Spoken;
use crate::pair::side;
use crate::pair::target::Target;

impl Writer<'_, '_> {
    /// The rows of the waypoints through which the requests of callers passed on their way to these targets. A hop from
    /// which nothing arrived was on its way to the first.
    pub(super) fn pass(
        &mut self,
        callers: impl Iterator<Item = usize>,
        targets: &[Target],
        source: &Interned<Side>,
        protocol: Protocol,
    ) {
        let calls = self.calling.calls;
        let hops: Vec<&Hop> = callers.flat_map(|caller| &calls.hops_of[caller]).map(|hop| &calls.hops[*hop]).collect();
        if hops.is_empty() || targets.is_empty() {
            return;
        }
        let places = targets.iter().enumerate();
        let place_of: HashMap<usize, usize> =
            places.flat_map(|(place, target)| target.entries.iter().map(move |entry| (*entry, place))).collect();
        for hop in hops {
            let mut reached: Vec<usize> = hop.entries.iter().filter_map(|entry| place_of.get(entry).copied()).collect();
            reached.sort_unstable();
            reached.dedup();
            if reached.is_empty() {
                reached.push(0);
            }
            for place in reached {
                self.see_hop(hop, &Way { source, target: &targets[place].side, protocol, reason: None });
            }
        }
    }

    /// Requests of which no caller's span came: a waypoint itself says who called.
    pub(super) fn write_hops(&mut self) {
        let calls = self.calling.calls;
        for hop in &calls.hops {
            if !matches!(hop.from, From::Caller(_)) {
                self.write_hop(hop);
            }
        }
    }

    fn write_hop(&mut self, hop: &Hop) {
        let calling = self.calling;
        let (source, reason) = self.hop_source(hop);
        let mut targets = calling.of_entries(hop.entries.iter().copied(), calling.cluster_host(hop.top).as_ref());
        let waits_for_source = reason == Some(Reason::ParentMissing);
        if (targets.is_empty() || waits_for_source) && self.waits(hop.top) {
            return;
        }
        if targets.is_empty()
            && let Some(host) = calling.cluster_host(hop.top)
        {
            let side = side::of_host(&host);
            targets.push(Target { node: calling.trace.node(&side), side, entries: Vec::new() });
        }
        let apps = hop.entries.iter().flat_map(|entry| calling.calls.apps_of[*entry].iter().copied());
        let spans = hop.spans().chain(hop.entries.iter().copied()).chain(apps);
        let protocol = Spoken::of(calling.trace, spans).protocol();
        if targets.is_empty() {
            self.count(Unpaired::NoTarget, 1);
        }
        if waits_for_source {
            self.count(Unpaired::ParentMissing, 1);
        }
        for target in &targets {
            let way = Way { source: &source, target: &target.side, protocol, reason };
            self.see_hop(hop, &way);
            target.entries.iter().for_each(|entry| self.arrive(*entry, &way));
        }
    }

    /// The nearest ancestor that is no waypoint, else whom the waypoint names.
    fn hop_source(&self, hop: &Hop) -> (Interned<Side>, Option<Reason>) {
        let trace = self.calling.trace;
        let told = || side::of_waypoint_source(trace.spans[hop.top]);
        match hop.from {
            From::Caller(other) | From::Other(other) => (trace.side(other).clone(), None),
            From::Nobody => told().map_or((side::unknown(), Some(Reason::Root)), |side| (side, None)),
            From::Missing => told().map_or((side::unknown(), Some(Reason::ParentMissing)), |side| (side, None)),
        }
    }

    fn see_hop(&mut self, hop: &Hop, way: &Way<'_>) {
        let tries = if hop.attempts.is_empty() { hop.entries.len() } else { hop.attempts.len() };
        self.see(hop.top, Observer::Waypoint, way, tries.max(1));
    }
}
