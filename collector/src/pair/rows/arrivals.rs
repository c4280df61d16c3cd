//! Requests as their targets saw them.

use spanloom_store::ledger::{Observer, Reason, Side};

use super::{Way, Writer};
use crate::pair::calls::{Entry, From, Unit};
use crate::pair::interned::Interned;
use crate::pair::observation::Unpaired;
use crate::pair::protocol::Spoken;
use crate::pair::requests::UnitRequest;
use crate::pair::side;
use crate::pair::span::Kind;
use crate::pair::split::split;
use crate::pair::tree::Parent;

impl Writer<'_, '_> {
    /// The target's rows of one arrival: that of its proxy and those of the apps below, or that of the app. Of the target
    /// that the caller saw they keep the host by which it was called; the rest is what the target says of itself. A
    /// message is taken from its queue.
    pub(super) fn arrive(&mut self, entry: usize, way: &Way<'_>) {
        let calling = self.calling;
        let queue = calling.queues.taken_from(entry);
        let host = way.target.host.as_ref().filter(|_| queue.is_none());
        let target = side::called(calling.taker_side(entry), host);
        let way = Way { source: queue.unwrap_or(way.source), target: &target, ..*way };
        if !calling.trace.spans[entry].is_proxy() {
            self.see(entry, Observer::TargetApp, &way, 1);
            return;
        }
        self.see(entry, Observer::TargetProxy, &way, 1);
        for app in &calling.calls.apps_of[entry] {
            self.see(*app, Observer::TargetApp, &way, 1);
        }
    }

    /// Arrivals without a caller.
    pub(super) fn write_arrivals(&mut self) {
        let calling = self.calling;
        for entry in &calling.calls.entries {
            let is_message = calling.trace.spans[entry.span].kind == Kind::Consumer;
            // A waypoint's request without a caller brings its arrivals along.
            if !is_message && entry.hop.is_none() {
                self.write_arrival(entry);
            }
        }
    }

    fn write_arrival(&mut self, entry: &Entry) {
        match entry.from {
            From::Caller(_) => {}
            From::Other(other) => {
                let source = self.calling.trace.side(other);
                self.arrive_from(entry.span, source, None);
            }
            From::Nobody => self.arrive_from(entry.span, &side::unknown(), Some(Reason::Root)),
            From::Missing => {
                if !self.waits(entry.span) {
                    self.count(Unpaired::ParentMissing, 1);
                    self.arrive_from(entry.span, &side::unknown(), Some(Reason::ParentMissing));
                }
            }
        }
    }

    fn arrive_from(&mut self, entry: usize, source: &Interned<Side>, reason: Option<Reason>) {
        let calling = self.calling;
        let spans = [entry].into_iter().chain(calling.calls.apps_of[entry].iter().copied());
        let protocol = Spoken::of(calling.trace, spans).protocol();
        let first = self.found.rows.len();
        self.arrive(entry, &Way { source, target: &side::unknown(), protocol, reason });
        self.found.rows[first].split = split(self.durations_at(entry));
    }

    /// Rule (i): a gateway's own request that begins here arrived there from outside. Whether a proxy that is no router is
    /// a gateway is known only from all that it sends and gets: its request is kept apart, for the reader to decide.
    pub(super) fn write_door(&mut self, unit: &Unit, request: &UnitRequest) {
        let trace = self.calling.trace;
        let Some(top) = unit.top.filter(|_| !unit.is_aside) else { return };
        let is_router = trace.is_gateway(top);
        let reason = match trace.tree.parent(top) {
            Parent::Root if is_router => Reason::Root,
            Parent::Root => Reason::RootOutbound,
            Parent::Missing(_) | Parent::Circle if is_router => Reason::ParentMissing,
            _ => return,
        };
        if reason == Reason::ParentMissing {
            if self.waits(top) {
                return;
            }
            self.count(Unpaired::ParentMissing, 1);
        }
        let target = trace.side(top);
        let way = Way { source: &side::unknown(), target, protocol: request.spoken.protocol(), reason: Some(reason) };
        self.see(top, Observer::TargetProxy, &way, 1);
    }
}
