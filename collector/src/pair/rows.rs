//! Requests to rows: one per request, target and observer.

mod arrivals;
mod clients;
mod hops;
mod messages;
mod units;

use spanloom_store::ledger::{Observer, Protocol, Reason, Side};

use super::interned::Interned;
use super::observation::{LatencySplit, Observation, Observations, Unpaired};
use super::requests::Requests;
use super::span::Kind;
use super::target::Calling;
use super::tree::Parent;

/// Between whom a request was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'w> {
    pub source: &'w Interned<Side>,
    pub target: &'w Interned<Side>,
    pub protocol: Protocol,
    pub reason: Option<Reason>,
}

/// Writes the rows of a trace.
pub(super) struct Writer<'t, 'a> {
    calling: Calling<'t, 'a>,
    requests: &'t Requests,
    settled_before_ns: i64,
    found: Observations,
}

impl<'t, 'a> Writer<'t, 'a> {
    pub fn new(calling: Calling<'t, 'a>, requests: &'t Requests, settled_before_ns: i64) -> Self {
        Self { calling, requests, settled_before_ns, found: Observations::default() }
    }

    pub fn write(mut self) -> Observations {
        self.write_units();
        self.write_clients();
        self.write_messages();
        self.write_arrivals();
        self.write_hops();
        self.write_lost();
        self.found
    }

    /// What one observer saw, in its own span.
    fn see(&mut self, i: usize, observer: Observer, way: &Way<'_>, attempts: usize) -> &mut Observation {
        let span = self.calling.trace.spans[i];
        self.found.rows.push(Observation {
            end_ns: span.end_ns,
            source: way.source.clone(),
            target: way.target.clone(),
            protocol: way.protocol,
            observer,
            reason: way.reason,
            weight: self.calling.trace.weights[i],
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            outcome: span.outcome(),
            latency_ns: span.duration_ns(),
            response_flags: span.response_flags().cloned(),
            split: LatencySplit::default(),
            trace_id: span.trace_id,
            span_id: span.span_id,
        });
        let last = self.found.rows.len() - 1;
        &mut self.found.rows[last]
    }

    /// Whether what a span waits for may still come; counts it if so.
    fn waits(&mut self, i: usize) -> bool {
        self.waits_until(self.calling.trace.spans[i].end_ns)
    }

    fn waits_until(&mut self, end_ns: i64) -> bool {
        let waits = end_ns >= self.settled_before_ns;
        if waits {
            self.found.waiting += 1;
            let (first_ns, last_ns) = self.found.waiting_ns.unwrap_or((end_ns, end_ns));
            self.found.waiting_ns = Some((first_ns.min(end_ns), last_ns.max(end_ns)));
        }
        waits
    }

    fn count(&mut self, reason: Unpaired, spans: u64) {
        if spans > 0 {
            *self.found.unpaired.entry(reason).or_default() += spans;
        }
    }

    /// Spans that are in nobody's request: rule (n).
    fn write_lost(&mut self) {
        let trace = self.calling.trace;
        let is_lost = |i: &usize| trace.spans[*i].is_proxy() && !trace.waypoints[*i] && trace.directions[*i].is_none();
        let lost = (0..trace.len()).filter(is_lost).count();
        let loose = (0..trace.len()).filter(|i| self.is_loose(*i)).count();
        self.count(Unpaired::NoDirection, lost as u64);
        self.count(Unpaired::ParentMissing, loose as u64);
        self.count(Unpaired::Circle, trace.tree.circles());
    }

    /// Work, or a proxy's handing over to its app, of which nobody knows what request it belongs to. It is no request
    /// itself and draws nothing.
    fn is_loose(&self, i: usize) -> bool {
        let trace = self.calling.trace;
        let span = trace.spans[i];
        let is_work = match span.kind {
            Kind::Internal | Kind::Unspecified => trace.is_app(i),
            Kind::Client => trace.is_inbound(i),
            Kind::Server | Kind::Producer | Kind::Consumer => false,
        };
        is_work && matches!(trace.tree.parent(i), Parent::Missing(_)) && span.end_ns < self.settled_before_ns
    }
}
