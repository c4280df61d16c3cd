//! Rule (m): producers and consumers meet at a queue.
//!
//! Either may know less of the queue than the other: Zipkin's clients name the broker on one side and the queue on the
//! other. Of a pair, what the producer says counts, and the consumer's words fill in what is missing, so that both are
//! drawn to one node. A consumer whose producer is in another trace has its own words only.

use std::collections::HashMap;

use spanloom_store::SpanId;
use spanloom_store::ledger::Side;

use super::calls::{Calls, Entry, From};
use super::interned::Interned;
use super::span::{Kind, Span, Text};
use super::trace::Trace;
use super::{hints, side};

/// The queues of a trace.
#[derive(Debug)]
pub(super) struct Queues {
    /// By sender.
    sent_to: Vec<Option<Interned<Side>>>,
    /// By entry.
    taken_from: Vec<Option<Interned<Side>>>,
}

/// What is known of a queue.
#[derive(Debug, Clone, Copy, Default)]
struct Words<'a> {
    system: Option<&'a Text>,
    destination: Option<&'a Text>,
}

impl<'a> Words<'a> {
    /// What a span says. On a PRODUCER or CONSUMER the other side is the broker, whatever word names it.
    fn of(span: &'a Span) -> Self {
        let Some(peer) = span.peer.as_deref() else { return Self::default() };
        let is_message = matches!(span.kind, Kind::Producer | Kind::Consumer);
        Self {
            system: peer.messaging_system.as_ref().or_else(|| peer.service.as_ref().filter(|_| is_message)),
            destination: peer.destination.as_ref(),
        }
    }

    fn or(self, other: Self) -> Self {
        Self { system: self.system.or(other.system), destination: self.destination.or(other.destination) }
    }

    fn side(self) -> Option<Side> {
        let is_known = self.system.is_some() || self.destination.is_some();
        is_known.then(|| hints::queue(self.system, self.destination))
    }
}

impl Queues {
    pub fn of(trace: &Trace<'_>, calls: &Calls) -> Self {
        let producers: Vec<usize> = (0..trace.len()).filter(|i| trace.is_producer(*i)).collect();
        let pairs = pairs(trace, calls, &producers);
        let mut sent = vec![Words::default(); trace.len()];
        let mut taken = vec![Words::default(); trace.len()];
        producers.iter().for_each(|i| sent[*i] = Words::of(trace.spans[*i]));
        for (sender, taker) in &pairs {
            taken[*taker] = Words::of(trace.spans[*taker]);
            if let Some(sender) = sender {
                sent[*sender] = sent[*sender].or(Words::of(trace.spans[*sender])).or(taken[*taker]);
            }
        }
        for (sender, taker) in &pairs {
            taken[*taker] = sender.map(|sender| sent[sender]).unwrap_or_default().or(taken[*taker]);
        }
        let sides = |words: Vec<Words<'_>>| words.into_iter().map(|words| words.side().map(side::intern)).collect();
        Self { sent_to: sides(sent), taken_from: sides(taken) }
    }

    /// The queue to which a span sends.
    pub fn sent_to(&self, sender: usize) -> Option<&Interned<Side>> {
        self.sent_to[sender].as_ref()
    }

    /// The queue from which an entry took its message.
    pub fn taken_from(&self, entry: usize) -> Option<&Interned<Side>> {
        self.taken_from[entry].as_ref()
    }
}

/// Who takes messages, with who sent them if that is known.
fn pairs(trace: &Trace<'_>, calls: &Calls, producers: &[usize]) -> Vec<(Option<usize>, usize)> {
    let by_id: HashMap<SpanId, usize> = producers.iter().map(|i| (trace.spans[*i].span_id, *i)).collect();
    let pair = |entry: &Entry| {
        let span = trace.spans[entry.span];
        let is_consumer = span.kind == Kind::Consumer;
        match entry.from {
            From::Caller(caller) if is_consumer || trace.is_producer(caller) => Some((Some(caller), entry.span)),
            _ => is_consumer.then(|| (linked(span, &by_id), entry.span)),
        }
    };
    calls.entries.iter().filter_map(pair).collect()
}

/// The producer of this trace that a consumer points at.
fn linked(consumer: &Span, producers: &HashMap<SpanId, usize>) -> Option<usize> {
    let own_trace = consumer.links.iter().filter(|link| link.trace_id == consumer.trace_id);
    own_trace.filter_map(|link| producers.get(&link.span_id).copied()).next()
}
