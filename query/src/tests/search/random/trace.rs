use std::ops::Range;

use proptest::prelude::*;
use spanloom_store::schema::spans::{Event, Link};
use spanloom_store::value::{Attributes, Value};
use spanloom_store::{SpanId, TraceId};

use super::super::super::harness::{MINUTE_NS, NOW_NS, Sample, sample};
use super::KEYS;

/// When the first trace starts.
pub const START_NS: i64 = NOW_NS - 40 * MINUTE_NS;
/// In how many parts traces are sent.
const BATCHES: usize = 4;
/// A span that nobody sent.
const MISSING: u64 = 99;

/// Values by the place of their keys in [`KEYS`].
type Numbered = Vec<(usize, Value<'static>)>;

/// What is sent one after the other.
pub fn batches(traces: Range<usize>) -> impl Strategy<Value = Vec<Vec<Sample>>> {
    prop::collection::vec(trace(), traces).prop_map(|traces| {
        let mut batches = vec![Vec::new(); BATCHES];
        for (number, trace) in traces.iter().enumerate() {
            for (i, span) in trace.spans.iter().enumerate() {
                let sample = span.sample(number as u64 + 1, trace, i);
                if let Some((batch, resent)) = span.resent(&sample) {
                    batches[batch].push(resent);
                }
                batches[span.batch].push(sample);
            }
        }
        batches
    })
}

#[derive(Debug, Clone)]
struct Trace {
    start_ns: i64,
    spans: Vec<Span>,
}

/// Traces lie in several buckets of five minutes; some start in the same instant.
fn trace() -> impl Strategy<Value = Trace> {
    let minutes = prop::sample::select(&[0, 1, 1, 4, 5, 9, 12, 20, 24][..]);
    (minutes, prop::collection::vec(span(), 1..=12))
        .prop_map(|(minutes, spans)| Trace { start_ns: START_NS + minutes * MINUTE_NS, spans })
}

/// A span, where it hangs and how it is sent.
#[derive(Debug, Clone)]
struct Span {
    place: Place,
    core: Core,
    attributes: Numbered,
    of_resource: Numbered,
    /// Milliseconds after the span's start, and the name.
    events: Vec<(i64, &'static str, Numbered)>,
    /// Trace and span.
    links: Vec<(u64, u64, Numbered)>,
    of_scope: Option<Value<'static>>,
    batch: usize,
    /// The batch of the copy, and by how much longer that one is.
    resend: Option<(usize, i64)>,
}

#[derive(Debug, Clone)]
struct Core {
    name: &'static str,
    service: Option<&'static str>,
    kind: i32,
    status: i32,
    message: &'static str,
    after_ns: i64,
    duration_ns: i64,
}

/// Where a span hangs.
#[derive(Debug, Clone, Copy)]
enum Place {
    Root,
    /// Below one of the spans before it.
    Below(usize),
    /// Below any span, also one that is below itself.
    BelowAny(usize),
    Orphan,
    Itself,
    /// The other half of a call: the id and the parent of one of the spans before it.
    Twin(usize),
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        4 => Just(Place::Root),
        24 => (0..12_usize).prop_map(Place::Below),
        2 => (0..12_usize).prop_map(Place::BelowAny),
        2 => Just(Place::Orphan),
        1 => Just(Place::Itself),
        3 => (0..12_usize).prop_map(Place::Twin),
    ]
}

fn core() -> impl Strategy<Value = Core> {
    let name = prop::sample::select(&["a", "b", "span 2", ""][..]);
    let service = prop::sample::select(&[Some("a"), Some("b"), Some("a"), Some(""), None][..]);
    let kind = prop::sample::select(&[2, 2, 3, 3, 1, 0, 4, 5, 7][..]);
    let status = prop::sample::select(&[0, 0, 0, 1, 2, 2, 9][..]);
    let message = prop::sample::select(&["", "", "a", "boom"][..]);
    let after_ns = prop::sample::select(&[0, 0, 1_000_000, 2_000_000, 60_000_000_000, 400_000_000_000][..]);
    let duration_ns = prop::sample::select(&[0, 1, 2, 1_000_000, 2_000_000_000, -1_000][..]);
    (name, service, kind, status, message, after_ns, duration_ns).prop_map(
        |(name, service, kind, status, message, after_ns, duration_ns)| Core {
            name,
            service,
            kind,
            status,
            message,
            after_ns,
            duration_ns,
        },
    )
}

fn span() -> impl Strategy<Value = Span> {
    let event = (0..4_i64, prop::sample::select(&["a", "b", ""][..]), attributes(2));
    let link = (1..4_u64, 1..4_u64, attributes(2));
    let resend = prop::option::weighted(0.1, (0..BATCHES, prop::sample::select(&[0, 0, 5, 1_000_000][..])));
    (
        place(),
        core(),
        attributes(4),
        attributes(4),
        seldom(event),
        seldom(link),
        prop::option::weighted(0.3, plain_value()),
        0..BATCHES,
        resend,
    )
        .prop_map(|(place, core, attributes, of_resource, events, links, of_scope, batch, resend)| Span {
            place,
            core,
            attributes,
            of_resource,
            events,
            links,
            of_scope,
            batch,
            resend,
        })
}

/// Nothing, or one to three.
fn seldom<S: Strategy + Clone>(one: S) -> impl Strategy<Value = Vec<S::Value>> {
    prop_oneof![3 => prop::collection::vec(one.clone(), 0), 1 => prop::collection::vec(one, 1..4)]
}

/// Values of the first `keys` of [`KEYS`], not of all of them.
fn attributes(keys: usize) -> impl Strategy<Value = Numbered> + Clone {
    prop::collection::vec((0..keys).prop_flat_map(|key| (Just(key), value(key))), 0..5)
}

/// What is present but says nothing is not sent for promoted keys.
fn value(key: usize) -> BoxedStrategy<Value<'static>> {
    let nested = prop_oneof![
        4 => prop::collection::vec(plain_value(), 0..3).prop_map(Value::Array),
        1 => Just(Value::Map(vec![("x".into(), Value::Int(1))])),
        1 => Just(Value::Bytes(vec![1].into())),
    ];
    match key {
        0 | 1 => prop_oneof![30 => plain_value(), 4 => nested, 1 => Just(Value::Empty)].boxed(),
        _ => prop_oneof![8 => plain_value(), 1 => nested].boxed(),
    }
}

/// One of the values that constants of queries are near to.
fn plain_value() -> impl Strategy<Value = Value<'static>> {
    prop_oneof![
        3 => prop::sample::select(&["a", "b", "", "2", "A"][..]).prop_map(|text| Value::String(text.into())),
        3 => prop::sample::select(&[1, 2, 3, -2, 0, 200][..]).prop_map(Value::Int),
        2 => prop::sample::select(&[2.0, 2.5, -0.5, 1e18][..]).prop_map(Value::Double),
        1 => any::<bool>().prop_map(Value::Bool),
    ]
}

impl Span {
    fn sample(&self, number: u64, trace: &Trace, i: usize) -> Sample {
        let core = &self.core;
        // No two spans of a trace start together, so that their order says itself.
        let start_ns = trace.start_ns + core.after_ns + i as i64;
        let mut sample = sample(number, trace.id(i), core.service, start_ns);
        let span = &mut sample.span;
        span.parent_span_id = trace.parent(i).map(|id| SpanId::from_int(id as i64));
        span.name = core.name.into();
        span.kind = core.kind;
        span.status_code = core.status;
        span.status_message = core.message.into();
        span.end_ns = start_ns + core.duration_ns;
        span.attributes = named(&self.attributes);
        let event = |(after_ms, name, attributes): &(i64, &'static str, Numbered)| Event {
            time_ns: start_ns + after_ms * 1_000_000,
            name: (*name).into(),
            attributes: named(attributes),
            dropped_attributes_count: 0,
        };
        span.events = self.events.iter().map(event).collect();
        span.links = self.links.iter().map(|(trace, span, attributes)| link(*trace, *span, attributes)).collect();
        sample.resource.attributes.extend(named(&self.of_resource));
        sample.scope.attributes = self.of_scope.iter().map(|value| ("x".into(), value.clone())).collect();
        sample
    }

    /// The copy that is sent as well, longer or the same.
    fn resent(&self, sample: &Sample) -> Option<(usize, Sample)> {
        let (batch, longer_ns) = self.resend?;
        let mut copy = sample.clone();
        copy.span.end_ns += longer_ns;
        if longer_ns > 0 {
            copy.span.status_code = 2;
            copy.span.attributes.push(("y".into(), Value::Int(2)));
        }
        Some((batch, copy))
    }
}

impl Trace {
    fn id(&self, i: usize) -> u64 {
        match self.spans[i].place {
            Place::Twin(of) if i > 0 => self.id(of % i),
            _ => i as u64 + 1,
        }
    }

    fn parent(&self, i: usize) -> Option<u64> {
        match self.spans[i].place {
            Place::Root => None,
            Place::Below(of) => (i > 0).then(|| self.id(of % i)),
            Place::BelowAny(of) => Some(self.id(of % self.spans.len())),
            Place::Orphan => Some(MISSING),
            Place::Itself => Some(self.id(i)),
            Place::Twin(of) => (i > 0).then(|| self.parent(of % i))?,
        }
    }
}

fn link(trace: u64, span: u64, attributes: &[(usize, Value<'static>)]) -> Link<'static> {
    Link {
        trace_id: TraceId::from_halves(1, trace as i64),
        span_id: SpanId::from_int(span as i64),
        trace_state: "".into(),
        attributes: named(attributes),
        dropped_attributes_count: 0,
        flags: 0,
    }
}

fn named(attributes: &[(usize, Value<'static>)]) -> Attributes<'static> {
    attributes.iter().map(|(key, value)| (KEYS[*key].into(), value.clone())).collect()
}
