//! Requests that an app sent.

use std::collections::BTreeMap;

use spanloom_store::identity::Node;
use spanloom_store::ledger::{Observer, Reason, Side};

use super::{Way, Writer};
use crate::pair::interned::Interned;
use crate::pair::observation::Unpaired;
use crate::pair::requests::{ClientRequest, Requests};
use crate::pair::side;
use crate::pair::split::{Durations, split};
use crate::pair::target::Target;

/// How many of a request's units were meant for each target.
struct Meant<'r>(BTreeMap<&'r Node, usize>);

impl<'r> Meant<'r> {
    fn of(requests: &'r Requests, request: &ClientRequest) -> Self {
        let mut meant = BTreeMap::new();
        let targets = request.units().flat_map(|unit| &requests.units[unit].targets);
        targets.for_each(|target| *meant.entry(&target.node).or_default() += 1);
        Self(meant)
    }
}

impl Writer<'_, '_> {
    pub(super) fn write_clients(&mut self) {
        let requests = self.requests;
        for request in &requests.clients {
            self.write_client(request);
        }
    }

    fn write_client(&mut self, request: &ClientRequest) {
        let is_paired = request.targets.iter().any(Target::is_paired);
        if !is_paired && self.waits(request.observer) {
            return;
        }
        let source = self.client_source(request);
        let protocol = request.spoken.protocol();
        if request.targets.is_empty() {
            let way = Way { source: &source, target: &side::unknown(), protocol, reason: Some(Reason::NoTarget) };
            self.see(request.observer, Observer::SourceApp, &way, self.tries_of(request));
            // The proxy's unit has been counted already, if there is one.
            self.count(Unpaired::NoTarget, u64::from(request.units().count() == 0));
        }
        for target in &request.targets {
            let way = Way { source: &source, target: &target.side, protocol, reason: None };
            let is_only = request.targets.len() == 1;
            let attempts = if is_only {
                self.tries_of(request)
            } else {
                self.tries_at(&Meant::of(self.requests, request), target)
            };
            self.see(request.observer, Observer::SourceApp, &way, attempts);
            self.split_client(request, target);
            let calling = self.calling;
            let own = target.entries.iter().filter(|entry| calling.is_sent_by_app(**entry));
            own.for_each(|entry| self.arrive(*entry, &way));
        }
        let clients = request.legs.iter().map(|leg| leg.client);
        self.pass(clients, &request.targets, &source, protocol);
    }

    /// The same side as in the proxy's rows of the request.
    fn client_source(&self, request: &ClientRequest) -> Interned<Side> {
        let units = &self.calling.calls.units.all;
        let lead = request.units().find_map(|unit| units[unit].lead());
        self.calling.trace.side(lead.unwrap_or(request.observer)).clone()
    }

    /// Rule (d) for an app: its innermost CLIENTs, each with as many tries as it was sent or arrived.
    fn tries_of(&self, request: &ClientRequest) -> usize {
        let tries = |client: usize, units: usize| (units + self.calling.calls.entries_of[client].len()).max(1);
        request.legs.iter().map(|leg| tries(leg.client, leg.units.len())).sum()
    }

    /// The tries that were meant for one of several targets.
    fn tries_at(&self, meant: &Meant<'_>, target: &Target) -> usize {
        let arrived = target.entries.iter().filter(|entry| self.calling.is_sent_by_app(**entry)).count();
        (meant.0.get(&target.node).copied().unwrap_or_default() + arrived).max(1)
    }

    /// Without a proxy the split stands on the app's row.
    fn split_client(&mut self, request: &ClientRequest, target: &Target) {
        let is_direct = request.units().next().is_none() && target.side.inferred.is_none();
        let Some(entry) = target.entries.last().copied().filter(|_| is_direct) else { return };
        let source_app_ns = Some(self.calling.trace.spans[request.observer].duration_ns());
        let parts = split(Durations { source_app_ns, ..self.durations_at(entry) });
        if let Some(row) = self.found.rows.last_mut() {
            row.split = parts;
        }
    }
}
