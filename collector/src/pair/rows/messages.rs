//! Messages: sent to a queue, taken from a queue.

use spanloom_store::ledger::{Observer, Protocol, Reason, Side};

use super::{Way, Writer};
use crate::pair::calls::{Entry, From};
use crate::pair::interned::Interned;
use crate::pair::observation::Unpaired;
use crate::pair::protocol::Spoken;
use crate::pair::side;
use crate::pair::span::Kind;
use crate::pair::target::Target;

impl Writer<'_, '_> {
    pub(super) fn write_messages(&mut self) {
        let calling = self.calling;
        let producers = (0..calling.trace.len()).filter(|i| calling.trace.is_producer(*i));
        producers.for_each(|i| self.write_producer(i));
        for entry in &calling.calls.entries {
            if calling.trace.spans[entry.span].kind == Kind::Consumer {
                self.write_consumer(entry);
            }
        }
    }

    /// Sent to a queue; if none is known, to who took it, or to whom the producer names.
    fn write_producer(&mut self, i: usize) {
        let calling = self.calling;
        let entries = &calling.calls.entries_of[i];
        let queue = calling.queues.sent_to(i);
        if queue.is_none() && entries.is_empty() && self.waits(i) {
            return;
        }
        let source = calling.trace.side(i);
        let protocol = protocol(Spoken::of(calling.trace, [i].into_iter().chain(entries.iter().copied())), queue);
        let way = Way { source, target: &side::unknown(), protocol, reason: None };
        let targets = self.targets_of(i, queue);
        for target in &targets {
            self.see(i, Observer::SourceApp, &Way { target: &target.side, ..way }, 1);
        }
        if targets.is_empty() {
            self.see(i, Observer::SourceApp, &Way { reason: Some(Reason::NoTarget), ..way }, 1);
            self.count(Unpaired::NoQueue, 1);
        }
        for entry in entries.iter().filter(|entry| calling.trace.spans[**entry].kind != Kind::Consumer) {
            self.arrive(*entry, &way);
        }
        self.pass([i].into_iter(), &targets, source, protocol);
    }

    fn targets_of(&self, producer: usize, queue: Option<&Interned<Side>>) -> Vec<Target> {
        if let Some(queue) = queue {
            let entries = self.calling.calls.entries_of[producer].clone();
            return vec![Target { node: self.calling.trace.node(queue), side: queue.clone(), entries }];
        }
        let told = self.calling.of_client(producer);
        let hinted = if told.is_empty() { self.calling.hinted(&[producer]) } else { None };
        told.into_iter().chain(hinted).collect()
    }

    /// Taken from a queue; if none is known, from who sent it.
    fn write_consumer(&mut self, entry: &Entry) {
        let calling = self.calling;
        let queue = calling.queues.taken_from(entry.span);
        let other = match entry.from {
            // A call's own rows bring its arrivals along.
            From::Caller(caller) if !calling.trace.is_producer(caller) => return,
            From::Caller(other) | From::Other(other) => Some(other),
            From::Nobody | From::Missing => None,
        };
        if queue.is_none() && other.is_none() {
            return self.count(Unpaired::NoQueue, 1);
        }
        let sender = other.filter(|other| calling.trace.is_producer(*other));
        let protocol = protocol(Spoken::of(calling.trace, [entry.span].into_iter().chain(sender)), queue);
        let source = other.map_or_else(side::unknown, |other| calling.trace.side(other).clone());
        let way = Way { source: &source, target: &side::unknown(), protocol, reason: None };
        self.arrive(entry.span, &way);
        if let (From::Other(_), Some(queue)) = (entry.from, queue) {
            // Who sent it has no span of sending: that, too, is seen from the target alone.
            let is_proxy = calling.trace.spans[entry.span].is_proxy();
            let observer = if is_proxy { Observer::TargetProxy } else { Observer::TargetApp };
            self.see(entry.span, observer, &Way { target: queue, ..way }, 1);
        }
    }
}

/// What goes through a queue is a message, even if no attribute says so.
fn protocol(spoken: Spoken, queue: Option<&Interned<Side>>) -> Protocol {
    match spoken.protocol() {
        Protocol::Unknown if queue.is_some() => Protocol::Messaging,
        protocol => protocol,
    }
}
