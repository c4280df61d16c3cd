//! Lets a request happen.

use std::time::Duration;

use super::{Attempt, Call, Ending, Interval, Outcome, Place, Request, Served};
use crate::chance::Chance;
use crate::mesh::{self, Mesh, Operation, Role, Tells};

const US: u64 = 1_000;
/// What a proxy needs for a request on its way in, and as much for the answer.
const PROXY_NS: f64 = 110.0 * US as f64;
/// Between an app and the proxy beside it.
const LOCAL_NS: f64 = 45.0 * US as f64;
/// Between two pods.
const NETWORK_NS: f64 = 190.0 * US as f64;
const WAY_SIGMA: f64 = 0.3;
/// What a connection that is refused takes.
const REFUSED_NS: f64 = 900.0 * US as f64;
/// Envoy's base interval between tries; each pause is drawn below twice as much as the one before.
const BACKOFF_NS: u64 = 25_000 * US;
/// From a message's sending to its taking.
const QUEUE_NS: f64 = 14_000.0 * US as f64;
const QUEUE_SIGMA: f64 = 0.7;

/// Plays one request.
pub struct Player<'m> {
    pub mesh: &'m Mesh,
    pub chance: Chance,
    /// Since the mesh's start, when the request came in; what goes wrong then goes wrong for all of it.
    pub elapsed_ns: i64,
}

impl Player<'_> {
    /// One request of the kind that the entry says.
    pub fn request(&mut self, entry: usize, begin_ns: u64, ids: &mut Chance) -> Request {
        let gateway = self.place(self.mesh.gateway());
        let operation = &self.mesh.services[gateway.service].operations[entry];
        // A gateway's operation is one call.
        let call = self.call(&operation.steps[0][0], self.tells(gateway), 0);
        Request { trace_id: trace_id(ids), span_seed: ids.next(), begin_ns, gateway, call }
    }

    fn call(&mut self, call: &mesh::Call, source: Tells, start: u64) -> Call {
        let target = &self.mesh.services[call.target.service];
        let is_passed = source.proxy && target.is_seen_by_proxies();
        let local = if is_passed && source.app { self.way(LOCAL_NS) } else { 0 };
        let work = if is_passed { self.way(PROXY_NS) } else { 0 };
        let tries = if is_passed { call.retries + 1 } else { 1 };
        let attempts = self.attempts(call, tries, start + local + work);
        let end = attempts.last().map_or(start, |attempt| attempt.sent.end);
        let outcome = attempts.last().map_or(Outcome::Done, |attempt| attempt.outcome);
        let passed = Interval { start: start + local, end: end + work };
        let is_used_up = call.retries > 0 && is_passed && outcome.is_retriable();
        let mut made = Call {
            target: call.target.service,
            operation: call.target.operation,
            asked: Interval { start, end: passed.end + local },
            passed,
            outcome,
            attempts,
            ending: if is_used_up { Ending::TriesUsedUp } else { Ending::Plain },
            taken: Vec::new(),
        };
        made.give_up(call.timeout, local);
        if matches!(target.role, Role::Queue { .. }) {
            made.taken = self.take(call, made.asked.end);
        }
        made
    }

    /// Tries until one goes well or none is left.
    fn attempts(&mut self, call: &mesh::Call, tries: u32, start: u64) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        let mut at = start;
        for number in 1..=tries {
            let attempt = self.attempt(call, at);
            let is_over = !attempt.outcome.is_retriable();
            at = attempt.sent.end + 1 + self.chance.below(BACKOFF_NS << (number - 1).min(8));
            attempts.push(attempt);
            if is_over {
                break;
            }
        }
        attempts
    }

    fn attempt(&mut self, call: &mesh::Call, start: u64) -> Attempt {
        let target = &self.mesh.services[call.target.service];
        let operation = &target.operations[call.target.operation];
        let failing = self.mesh.failing(call.target.service, self.elapsed_ns);
        let is_failing = self.chance.happens(failing);
        if self.chance.happens(call.flaky) || (is_failing && self.chance.happens(0.5)) {
            let sent = Interval { start, end: start + self.way(REFUSED_NS) };
            return Attempt { sent, outcome: Outcome::Unreachable, served: None };
        }
        if target.role != Role::Workload {
            let sent = Interval { start, end: start + self.takes(call.target.service, operation) };
            let outcome = if is_failing { Outcome::Unavailable } else { self.own_outcome(operation, operation.fails) };
            return Attempt { sent, outcome, served: None };
        }
        let way = self.way(NETWORK_NS);
        let served = self.serve(call, start + way);
        let sent = Interval { start, end: served.entered.end + way };
        Attempt { sent, outcome: served.outcome, served: Some(served) }
    }

    /// The target's part of a call that reached it.
    fn serve(&mut self, call: &mesh::Call, start: u64) -> Served {
        let place = self.place(call.target.service);
        let service = &self.mesh.services[place.service];
        let (work, local) = if service.tells.proxy { (self.way(PROXY_NS), self.way(LOCAL_NS)) } else { (0, 0) };
        let handed = start + work;
        let (worked, outcome, calls) = self.work(place, call.target.operation, handed + local);
        Served {
            place,
            operation: call.target.operation,
            entered: Interval { start, end: worked.end + local + work },
            handed: Interval { start: handed, end: worked.end + local },
            worked,
            outcome,
            calls,
        }
    }

    /// The app's own work, in equal parts before, between and after its steps. It ends early when it cannot go on.
    fn work(&mut self, place: Place, operation: usize, start: u64) -> (Interval, Outcome, Vec<Call>) {
        let operation = &self.mesh.services[place.service].operations[operation];
        let part = self.takes(place.service, operation) / (operation.steps.len() as u64 + 1);
        let own = self.own_outcome(operation, self.fails(place, operation));
        let mut at = start + part;
        let mut calls = Vec::new();
        // Who refuses sees that before it asks others.
        let steps = if own == Outcome::Refused { &[] } else { operation.steps.as_slice() };
        for step in steps {
            let (step, is_stopped) = self.step(step, self.tells(place), at);
            at = step.iter().map(|call| call.asked.end).fold(at, u64::max) + part;
            calls.extend(step);
            if is_stopped {
                return (Interval { start, end: at }, Outcome::Unavailable, calls);
            }
        }
        (Interval { start, end: at }, own, calls)
    }

    /// Calls at the same time, and whether one failed without which it does not go on.
    fn step(&mut self, step: &[mesh::Call], source: Tells, at: u64) -> (Vec<Call>, bool) {
        let mut calls = Vec::new();
        let mut is_stopped = false;
        for call in step {
            if self.chance.happens(call.chance) {
                let made = self.call(call, source, at);
                is_stopped |= made.outcome.is_error() && !call.is_optional;
                calls.push(made);
            }
        }
        (calls, is_stopped)
    }

    /// What happens to a message after it was sent.
    fn take(&mut self, call: &mesh::Call, sent: u64) -> Vec<Served> {
        let queue = &self.mesh.services[call.target.service].operations[call.target.operation];
        let mut taken = Vec::new();
        for consumer in queue.steps.iter().flatten() {
            let start = sent + self.chance.log_normal(QUEUE_NS, QUEUE_SIGMA) as u64;
            let place = self.place(consumer.target.service);
            let (worked, outcome, calls) = self.work(place, consumer.target.operation, start);
            let operation = consumer.target.operation;
            taken.push(Served { place, operation, entered: worked, handed: worked, worked, outcome, calls });
        }
        taken
    }

    fn own_outcome(&mut self, operation: &Operation, fails: f64) -> Outcome {
        let draw = self.chance.unit();
        if draw < fails {
            return Outcome::Failed;
        }
        if draw < fails + operation.refuses { Outcome::Refused } else { Outcome::Done }
    }

    fn fails(&self, place: Place, operation: &Operation) -> f64 {
        let service = &self.mesh.services[place.service];
        let canary = self.mesh.canary(place.service, self.elapsed_ns).map(|(canary, _)| canary);
        let canary = canary.filter(|canary| canary.revision == service.revisions[place.revision]);
        canary.map_or(operation.fails, |canary| canary.fails)
    }

    fn takes(&mut self, service: usize, operation: &Operation) -> u64 {
        let slowness = self.mesh.slowness(service, self.elapsed_ns);
        let ms = self.chance.log_normal(operation.takes.median_ms, operation.takes.sigma);
        (ms * slowness * 1e6) as u64
    }

    fn tells(&self, place: Place) -> Tells {
        self.mesh.services[place.service].tells
    }

    fn way(&mut self, median_ns: f64) -> u64 {
        self.chance.log_normal(median_ns, WAY_SIGMA) as u64
    }

    fn place(&mut self, service: usize) -> Place {
        let share = self.mesh.canary(service, self.elapsed_ns).map_or(0.0, |(_, share)| share);
        let revision = usize::from(self.chance.happens(share));
        Place { service, revision, pod: self.chance.below(self.mesh.services[service].pods) }
    }
}

impl Call {
    /// Ends the call when its caller no longer waits.
    fn give_up(&mut self, timeout: Duration, local: u64) {
        let at = self.passed.start + timeout.as_nanos() as u64;
        if self.passed.end <= at {
            return;
        }
        self.cut_attempts(at);
        self.passed.end = at;
        self.asked.end = at + local;
        self.outcome = Outcome::TimedOut;
        self.ending = Ending::TimedOut;
    }
}

/// Never zero, which no id may be.
fn trace_id(ids: &mut Chance) -> [u8; 16] {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&ids.next().to_be_bytes());
    id[8..].copy_from_slice(&(ids.next() | 1).to_be_bytes());
    id
}
