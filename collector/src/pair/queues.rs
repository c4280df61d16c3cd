//! Rule (m): producers and consumers meet at a queue.
//!
//! Either may know less of the queue than the other: Zipkin's clients name the broker on one side and the queue on the
//! other. Of a pair, what the producer says counts, and the consumer's words fill in what is missing, so that both are
//! drawn to one node. A consumer whose producer is in another trace has its own words only.

use std::collections::HashMap;

use spanloom_store::SpanId;
use spanloom_store::ledger::Side;

use super::calls::{Calls, From};
use super::hints;
use super::span::{Kind, Span, Text};
use super::trace::Trace;

/// The queues of a trace.
#[derive(Debug)]
pub(super) struct Queues {
    /// By sender of messages, and by entry that takes one: the queue's side.
    sides: Vec<Option<Side>>,
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
        let mut words = vec![Words::default(); trace.len()];
        let is_producer = |i: usize| trace.is_app(i) && trace.spans[i].kind == Kind::Producer;
        let producers: Vec<usize> = (0..trace.len()).filter(|i| is_producer(*i)).collect();
        let by_id: HashMap<SpanId, usize> = producers.iter().map(|i| (trace.spans[*i].span_id, *i)).collect();
        producers.iter().for_each(|i| words[*i] = Words::of(trace.spans[*i]));
        let mut pairs: Vec<(Option<usize>, usize)> = Vec::new();
        for entry in &calls.entries {
            let span = trace.spans[entry.span];
            let sender = match entry.from {
                From::Caller(caller) if is_producer(caller) || span.kind == Kind::Consumer => Some(caller),
                _ if span.kind == Kind::Consumer => linked(span, &by_id),
                _ => continue,
            };
            pairs.push((sender, entry.span));
        }
        for (sender, taker) in &pairs {
            let own = Words::of(trace.spans[*taker]);
            words[*taker] = own;
            if let Some(sender) = sender {
                words[*sender] = words[*sender].or(Words::of(trace.spans[*sender])).or(own);
            }
        }
        for (sender, taker) in &pairs {
            words[*taker] = sender.map(|sender| words[sender]).unwrap_or_default().or(words[*taker]);
        }
        Self { sides: words.into_iter().map(Words::side).collect() }
    }

    /// The queue that a span sends to or takes from.
    pub fn side(&self, i: usize) -> Option<&Side> {
        self.sides[i].as_ref()
    }
}

/// The producer of this trace that a consumer points at.
fn linked(consumer: &Span, producers: &HashMap<SpanId, usize>) -> Option<usize> {
    let own_trace = consumer.links.iter().filter(|link| link.trace_id == consumer.trace_id);
    own_trace.filter_map(|link| producers.get(&link.span_id).copied()).next()
}
