//! Requests to send: all alike, what a simulated mesh tells, or what a file holds.
//!
//! Requests are made once. For each sending only the ids and times in them are made new, which leaves their lengths as they
//! are, so the generator costs little beside the server.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;
use spanloom_demo::{Mesh, Simulation, Trace};

const SPANS_PER_TRACE: u64 = 10;
const SPAN_NS: u64 = 5_000_000;
const SERVICES: [&str; 8] = ["gateway", "cart", "checkout", "payment", "stock", "search", "users", "mail"];
/// Different requests of one client from a mesh, so that many of its services are in them.
const MESH_REQUESTS: usize = 16;
/// As browsers say it.
const USER_AGENTS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.6778.81 Mobile Safari/537.36",
];
/// All clients tell of the same mesh.
const MESH_SEED: u64 = 1;

/// The requests of one client, sent in turn.
pub struct Workload {
    client: u64,
    requests: Vec<Template>,
    /// Of a file: when its last span ends in this round, for all of its requests are moved together.
    round_ends_ns: Option<u64>,
}

/// A request as it was sent last.
struct Template {
    request: ExportTraceServiceRequest,
    spans: u64,
    /// What its ids are mixed with.
    salt: u64,
    /// When its last span ended.
    end_ns: u64,
}

impl Workload {
    /// Traces of ten spans with attributes of HTTP spans, as many as asked for. What they cost can be compared from one
    /// version to the next.
    pub fn uniform(client: u64, batch: u64, attributes: usize) -> Self {
        Self { client, requests: vec![Template::new(uniform(client, batch, attributes))], round_ends_ns: None }
    }

    /// Whole traces of a simulated mesh, about `batch` spans together.
    pub fn mesh(client: u64, batch: u64, services: usize) -> Self {
        let simulation = Simulation::new(Mesh::generated(MESH_SEED, services), client, client);
        let mut traces = (0..).flat_map(|tick| simulation.requests(tick)).map(|r| Trace::of(simulation.mesh(), &r));
        let requests = (0..MESH_REQUESTS).map(|_| Template::new(take(simulation.mesh(), &mut traces, batch)));
        Self { client, requests: requests.collect(), round_ends_ns: None }
    }

    /// Spans with a browser's name each, which are of some 720 bytes instead of 580.
    #[must_use]
    pub fn with_user_agents(mut self) -> Self {
        for (at, span) in self.requests.iter_mut().flat_map(|template| spans(&mut template.request)).enumerate() {
            let agent = &USER_AGENTS[scatter(at as u64) as usize % USER_AGENTS.len()];
            span.attributes.push(text("user_agent.original", agent));
        }
        self
    }

    /// The requests of a file in their order, again and again. Traces that are spread over several of them stay whole in
    /// each round, and from one round to the next have new ids.
    ///
    /// # Errors
    /// When the file is not OTLP: either one request in protobuf, or one in JSON on each line.
    pub fn replayed(client: u64, file: &[u8]) -> Result<Self> {
        let requests = requests_of(file)?;
        let mut requests: Vec<Template> = requests.into_iter().map(Template::new).collect();
        let end_ns = requests.iter().map(|template| template.end_ns).max().unwrap_or_default();
        requests.iter_mut().for_each(|template| template.end_ns = end_ns);
        requests.retain(|template| template.spans > 0);
        ensure!(!requests.is_empty(), "the file has no spans");
        Ok(Self { client, requests, round_ends_ns: Some(end_ns) })
    }

    /// Spans of all requests.
    pub fn spans(&self) -> u64 {
        self.requests.iter().map(|template| template.spans).sum()
    }

    /// A request whose ids no other one has, and how many spans it has.
    pub fn request(&mut self, number: u64) -> (Vec<u8>, u64) {
        let now_ns = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let turn = number as usize % self.requests.len();
        let (salted, end_ns) = match &mut self.round_ends_ns {
            Some(end_ns) => {
                if turn == 0 {
                    *end_ns = now_ns;
                }
                (number / self.requests.len() as u64, *end_ns)
            }
            None => (number, now_ns),
        };
        let template = &mut self.requests[turn];
        template.renew(salt(self.client, salted), end_ns);
        (template.request.encode_to_vec(), template.spans)
    }
}

impl Template {
    fn new(mut request: ExportTraceServiceRequest) -> Self {
        let ends: Vec<u64> = spans(&mut request).map(|span| span.end_time_unix_nano).collect();
        Self { spans: ends.len() as u64, end_ns: ends.into_iter().max().unwrap_or_default(), salt: 0, request }
    }

    /// Gives all ids another salt, so that those that were equal stay equal, and lets the last span end now.
    fn renew(&mut self, salt: u64, now_ns: u64) {
        let mix = (self.salt ^ salt).to_be_bytes();
        let later_ns = now_ns.wrapping_sub(self.end_ns);
        for span in spans(&mut self.request) {
            let of_links = span.links.iter_mut().flat_map(|link| [&mut link.trace_id, &mut link.span_id]);
            for id in [&mut span.trace_id, &mut span.span_id, &mut span.parent_span_id].into_iter().chain(of_links) {
                id.iter_mut().zip(mix.iter().cycle()).for_each(|(byte, salt)| *byte ^= salt);
            }
            for event in &mut span.events {
                event.time_unix_nano = event.time_unix_nano.wrapping_add(later_ns);
            }
            span.start_time_unix_nano = span.start_time_unix_nano.wrapping_add(later_ns);
            span.end_time_unix_nano = span.end_time_unix_nano.wrapping_add(later_ns);
        }
        (self.salt, self.end_ns) = (salt, now_ns);
    }
}

fn requests_of(file: &[u8]) -> Result<Vec<ExportTraceServiceRequest>> {
    if let Ok(request) = ExportTraceServiceRequest::decode(file) {
        return Ok(vec![request]);
    }
    let requests = serde_json::Deserializer::from_slice(file).into_iter();
    requests.map(|request| request.context("neither a request in protobuf nor requests in JSON")).collect()
}

fn spans(request: &mut ExportTraceServiceRequest) -> impl Iterator<Item = &mut Span> {
    request.resource_spans.iter_mut().flat_map(|r| &mut r.scope_spans).flat_map(|s| &mut s.spans)
}

fn take(mesh: &Mesh, traces: &mut impl Iterator<Item = Trace>, batch: u64) -> ExportTraceServiceRequest {
    let mut taken: Vec<Trace> = Vec::new();
    while taken.iter().map(Trace::len).sum::<usize>() < batch as usize {
        taken.extend(traces.next());
    }
    ExportTraceServiceRequest { resource_spans: Trace::resource_spans(mesh, taken) }
}

/// Never zero, which no id may be; nor is a span's.
fn trace_id(client: u64, trace: u64) -> Vec<u8> {
    let number = (client + 1) << 40 | trace;
    [scatter(number).to_be_bytes(), number.to_be_bytes()].concat()
}

fn span_id(client: u64, span: u64) -> Vec<u8> {
    scatter((client + 1) << 40 | span).to_be_bytes().to_vec()
}

/// Of numbers that no id is made of: mixed with one of these an id is neither zero nor another's.
fn salt(client: u64, number: u64) -> u64 {
    scatter(!((client + 1) << 40 | number))
}

/// A bijection that looks random, as ids do (the finaliser of MurmurHash3).
fn scatter(mut x: u64) -> u64 {
    for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
        x ^= x >> 33;
        x = x.wrapping_mul(factor);
    }
    x ^ x >> 33
}

fn uniform(client: u64, batch: u64, attributes: usize) -> ExportTraceServiceRequest {
    let service = SERVICES[client as usize % SERVICES.len()];
    let resource = Resource {
        attributes: vec![text("service.name", service), text("k8s.pod.name", &format!("{service}-{client}"))],
        ..Resource::default()
    };
    let scope = InstrumentationScope { name: "spanloom-bench".to_owned(), ..InstrumentationScope::default() };
    let spans = (0..batch).map(|i| with_ids(client, i, span(i, attributes))).collect();
    let scope_spans = vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }];
    let resource_spans = ResourceSpans { resource: Some(resource), scope_spans, ..ResourceSpans::default() };
    ExportTraceServiceRequest { resource_spans: vec![resource_spans] }
}

fn with_ids(client: u64, index: u64, span: Span) -> Span {
    let is_root = index.is_multiple_of(SPANS_PER_TRACE);
    Span {
        trace_id: trace_id(client, index / SPANS_PER_TRACE),
        span_id: span_id(client, index),
        parent_span_id: if is_root { Vec::new() } else { span_id(client, index - 1) },
        end_time_unix_nano: SPAN_NS,
        ..span
    }
}

fn span(i: u64, attributes: usize) -> Span {
    let peer = SERVICES[i as usize % SERVICES.len()];
    let common = [
        text("http.request.method", "GET"),
        text("url.full", &format!("http://{peer}/api/items/{}", i % 100)),
        number("http.response.status_code", 200),
        text("server.address", peer),
    ];
    let more = (common.len()..attributes).map(|n| text(&format!("app.attribute.{n}"), &format!("value {}", i % 20)));
    Span {
        name: format!("GET /api/items/{}", i % 20),
        kind: if i.is_multiple_of(2) { 2 } else { 3 },
        attributes: common.into_iter().chain(more).take(attributes).collect(),
        ..Span::default()
    }
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, Value::IntValue(value))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sent(workload: &mut Workload, number: u64) -> Vec<Span> {
        let (body, count) = workload.request(number);
        let mut request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        let spans: Vec<Span> = spans(&mut request).map(|span| span.clone()).collect();
        assert_eq!(spans.len() as u64, count);
        spans
    }

    fn workloads() -> [Workload; 4] {
        let mesh = |client| Workload::mesh(client, 20, 50);
        [Workload::uniform(0, 20, 6), Workload::uniform(1, 20, 6), mesh(0), mesh(1)]
    }

    #[test]
    fn no_two_spans_have_the_same_id() {
        let mut workloads = workloads();
        // The third of a mesh's requests is the first one again.
        let numbers = [0, 1, MESH_REQUESTS as u64];
        let all: Vec<Span> =
            workloads.iter_mut().flat_map(|w| numbers.map(|number| sent(w, number)).concat()).collect();
        assert_eq!(all.iter().map(|span| &span.span_id).collect::<BTreeSet<_>>().len(), all.len());
    }

    #[test]
    fn traces_stay_whole_and_end_now() {
        for mut workload in workloads() {
            for number in 0..3 {
                let spans = sent(&mut workload, number);
                let ids: BTreeSet<_> = spans.iter().map(|span| (&span.trace_id, &span.span_id)).collect();
                let is_there = |span: &Span| ids.contains(&(&span.trace_id, &span.parent_span_id));
                assert!(spans.iter().all(|span| span.parent_span_id.is_empty() || is_there(span)));
                let end_ns = spans.iter().map(|span| span.end_time_unix_nano).max().unwrap();
                assert!(end_ns > 1_700_000_000_000_000_000);
            }
        }
    }

    #[test]
    fn a_file_is_sent_whole_and_under_new_ids_in_each_round() {
        let request = |spans: std::ops::Range<u64>| {
            let mut request = uniform(0, spans.end, 3);
            let list = &mut request.resource_spans[0].scope_spans[0].spans;
            list.drain(..spans.start as usize);
            request
        };
        // A trace of ten spans lies in two requests.
        let requests = [request(0..4), request(4..10)];
        let lines: Vec<String> = requests.iter().map(|request| serde_json::to_string(request).unwrap()).collect();
        let mut workload = Workload::replayed(3, lines.join("\n").as_bytes()).unwrap();
        assert_eq!(workload.spans(), 10);
        let rounds: Vec<Vec<Span>> =
            (0..3).map(|round| [2 * round, 2 * round + 1].map(|number| sent(&mut workload, number)).concat()).collect();
        for spans in &rounds {
            assert_eq!(spans.iter().map(|span| &span.trace_id).collect::<BTreeSet<_>>().len(), 1);
            assert_eq!(spans.iter().map(|span| span.end_time_unix_nano).collect::<BTreeSet<_>>().len(), 1);
            assert!(spans[1..].iter().zip(spans).all(|(span, parent)| span.parent_span_id == parent.span_id));
        }
        assert_eq!(rounds.concat().iter().map(|span| &span.span_id).collect::<BTreeSet<_>>().len(), 30);
        let mut one = Workload::replayed(0, &requests[0].encode_to_vec()).unwrap();
        assert_eq!((one.spans(), sent(&mut one, 0).len()), (4, 4));
        for nothing in [&b""[..], b"{}", b"{ \"resourceSpans\": 1 }", b"no request"] {
            assert!(Workload::replayed(0, nothing).is_err());
        }
    }

    #[test]
    fn no_id_is_zero() {
        assert!([trace_id(0, 0), span_id(0, 0)].iter().all(|id| id.iter().any(|byte| *byte != 0)));
    }

    #[test]
    fn spans_have_the_attributes_that_were_asked_for() {
        for count in [0, 3, 12] {
            assert_eq!(span(0, count).attributes.len(), count);
        }
    }
}
