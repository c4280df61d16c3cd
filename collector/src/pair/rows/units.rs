//! Requests that an outbound proxy sent.

use spanloom_store::ledger::{Observer, Reason};

use super::{Way, Writer};
use crate::mesh::envoy;
use crate::pair::calls::Unit;
use crate::pair::observation::Unpaired;
use crate::pair::requests::UnitRequest;
use crate::pair::side;
use crate::pair::split::{Durations, split};
use crate::pair::target::Target;

impl Writer<'_, '_> {
    pub(super) fn write_units(&mut self) {
        let (calls, requests) = (self.calling.calls, self.requests);
        for (unit, request) in calls.units.all.iter().zip(&requests.units) {
            self.write_unit(unit, request);
            self.write_door(unit, request);
        }
    }

    fn write_unit(&mut self, unit: &Unit, request: &UnitRequest) {
        let Some(lead) = unit.lead() else { return };
        let is_paired = request.targets.iter().any(Target::is_paired);
        if !is_paired && self.waits_until(self.end_ns(unit)) {
            return;
        }
        let source = self.calling.trace.side(lead);
        let protocol = request.spoken.protocol();
        if request.targets.is_empty() {
            let way = Way { source, target: &side::unknown(), protocol, reason: Some(Reason::NoTarget) };
            let attempts = self.attempts_of(unit);
            self.see_unit(unit, &way, attempts);
            self.count(Unpaired::NoTarget, 1);
        }
        for (place, target) in request.targets.iter().enumerate() {
            let way = Way { source, target: &target.side, protocol, reason: None };
            let is_only = request.targets.len() == 1;
            let attempts = if is_only { self.attempts_of(unit) } else { self.attempts_at(unit, target, place == 0) };
            self.see_unit(unit, &way, attempts);
            self.split_last(unit, request, target);
            target.entries.iter().for_each(|entry| self.arrive(*entry, &way));
        }
        self.pass(unit.callers(), &request.targets, source, protocol);
    }

    /// Rule (f): the request ends as its listener's span does, after retries. Without that span it ends as the last try
    /// does, and takes as long as all of them: one proxy sent them, by one clock.
    fn see_unit(&mut self, unit: &Unit, way: &Way<'_>, attempts: usize) {
        if let Some(top) = unit.top {
            self.see(top, Observer::SourceProxy, way, attempts);
            return;
        }
        let spans = &self.calling.trace.spans;
        let Some(last) = unit.attempts.iter().copied().max_by_key(|i| (spans[*i].end_ns, *i)) else { return };
        let start_ns = unit.attempts.iter().map(|i| spans[*i].start_ns).min().unwrap_or_default();
        let latency_ns = spans[last].end_ns.saturating_sub(start_ns);
        self.see(last, Observer::SourceProxy, way, attempts).latency_ns = latency_ns;
    }

    fn end_ns(&self, unit: &Unit) -> i64 {
        let spans = &self.calling.trace.spans;
        unit.callers().map(|i| spans[i].end_ns).max().unwrap_or_default()
    }

    /// Rule (d).
    fn attempts_of(&self, unit: &Unit) -> usize {
        if !unit.attempts.is_empty() {
            return unit.attempts.len();
        }
        let Some(top) = unit.top else { return 0 };
        let arrived = self.calling.calls.entries_of[top].len();
        let flags = self.calling.trace.spans[top].response_flags();
        if arrived == 0 && envoy::tried_nobody(flags.map(AsRef::as_ref)) { 0 } else { arrived.max(1) }
    }

    /// The attempts that reached one of several targets; those that reached nobody were meant for the first.
    fn attempts_at(&self, unit: &Unit, target: &Target, is_first: bool) -> usize {
        let calls = self.calling.calls;
        let mut callers: Vec<usize> = target.entries.iter().filter_map(|entry| calls.caller_of[*entry]).collect();
        callers.sort_unstable();
        callers.dedup();
        let without_listener = callers.iter().filter(|caller| unit.attempts.binary_search(caller).is_ok()).count();
        let lost = unit.attempts.iter().filter(|attempt| is_first && calls.entries_of[**attempt].is_empty()).count();
        if unit.attempts.is_empty() { target.entries.len().max(1) } else { (without_listener + lost).max(1) }
    }

    /// Puts the latency split on the row of the proxy, which is the last one.
    fn split_last(&mut self, unit: &Unit, request: &UnitRequest, target: &Target) {
        let calling = self.calling;
        let duration = |i: usize| calling.trace.spans[i].duration_ns();
        let Some(entry) = target.entries.last().copied() else { return };
        let attempt = calling.calls.caller_of[entry].filter(|caller| Some(*caller) != unit.top);
        let client = request.client.map(|client| self.requests.clients[client].observer);
        let parts = split(Durations {
            source_app_ns: client.map(duration),
            source_proxy_ns: unit.top.map(duration),
            attempt_ns: attempt.map(duration),
            ..self.durations_at(entry)
        });
        if let Some(row) = self.found.rows.last_mut() {
            row.split = parts;
        }
    }

    /// How long the target took by its proxy and by its app.
    pub(super) fn durations_at(&self, entry: usize) -> Durations {
        let trace = self.calling.trace;
        let duration = |i: usize| trace.spans[i].duration_ns();
        if !trace.spans[entry].is_proxy() {
            return Durations { target_app_ns: Some(duration(entry)), ..Durations::default() };
        }
        let app = self.calling.calls.apps_of[entry].last().copied();
        Durations { target_proxy_ns: Some(duration(entry)), target_app_ns: app.map(duration), ..Durations::default() }
    }
}
