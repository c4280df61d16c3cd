//! Point 3: every OTLP field survives. Random requests come back equal bit for bit: from memory, from the log after a
//! `kill -9`, and from the lake.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, TracesData};
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use prost::Message as _;

use crate::harness::{Server, Site};
use crate::otlp::{self, Encoding, Outcome, Protocol, trace_id};

/// Random requests.
mod arbitrary;

const REQUESTS: u64 = 120;
/// Nothing is flushed before the end.
const CONFIG: &str = "hot: { age_max: 1h }";

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_random_requests_survives() {
    let mut runner = TestRunner::default();
    let strategy = arbitrary::request();
    let site = Site::new(CONFIG);
    let server = site.start().await;
    let mut sent = BTreeMap::new();
    for n in 0..REQUESTS {
        let request = strategy.new_tree(&mut runner).expect("make a request").current();
        let request = with_ids(request, n);
        let ways = [(Protocol::HttpProtobuf, Encoding::Plain), (Protocol::Grpc, Encoding::Gzip)];
        let (protocol, encoding) = ways[n as usize % 2];
        let outcome = otlp::send(&server.http, &server.endpoints, protocol, encoding, &request).await;
        assert_eq!(outcome, Outcome::Acknowledged, "{request:#?}");
        sent.insert(n, spans(request.resource_spans));
    }
    check(&server, "from memory", &sent).await;
    server.kill();
    let server = site.start().await;
    check(&server, "from the log", &sent).await;
    server.stop().await;
    let server = site.start().await;
    check(&server, "from the lake", &sent).await;
    assert_eq!(server.metric("spanloom_hot_spans").await, 0.0, "the lake alone has answered");
    server.stop().await;
}

/// One trace per request, and ids that no other span has.
fn with_ids(mut request: ExportTraceServiceRequest, n: u64) -> ExportTraceServiceRequest {
    let groups = request.resource_spans.iter_mut().flat_map(|group| &mut group.scope_spans);
    for (index, span) in (1..).zip(groups.flat_map(|scoped| &mut scoped.spans)) {
        span.trace_id = trace_id(n);
        span.span_id = u64::to_be_bytes((n << 16) | index).to_vec();
    }
    request
}

/// Spans by their ids, each with its resource and scope.
type Spans = BTreeMap<Vec<u8>, Whole>;

/// A span, the scope without spans and the resource without scopes. Compared by their bytes, which tell `0.0` from `-0.0`.
#[derive(Debug)]
struct Whole {
    resource: ResourceSpans,
    scope: ScopeSpans,
    span: Span,
}

impl Whole {
    fn bytes(&self) -> [Vec<u8>; 3] {
        [self.resource.encode_to_vec(), self.scope.encode_to_vec(), self.span.encode_to_vec()]
    }
}

fn spans(groups: Vec<ResourceSpans>) -> Spans {
    let mut spans = Spans::new();
    for mut group in groups {
        let scopes = std::mem::take(&mut group.scope_spans);
        sort(&mut group.resource.get_or_insert_default().attributes);
        for mut scoped in scopes {
            let own = std::mem::take(&mut scoped.spans);
            sort(&mut scoped.scope.get_or_insert_default().attributes);
            for span in own {
                let whole = Whole { resource: group.clone(), scope: scoped.clone(), span: normal(span) };
                assert!(spans.insert(whole.span.span_id.clone(), whole).is_none(), "a span is there twice");
            }
        }
    }
    spans
}

/// In OTLP an absent status is an unset one, and attributes have no order.
fn normal(mut span: Span) -> Span {
    span.status.get_or_insert_default();
    sort(&mut span.attributes);
    span.events.iter_mut().for_each(|event| sort(&mut event.attributes));
    span.links.iter_mut().for_each(|link| sort(&mut link.attributes));
    span
}

fn sort(attributes: &mut [KeyValue]) {
    attributes.sort_by(|a, b| a.key.cmp(&b.key));
}

async fn check(server: &Server, whence: &str, sent: &BTreeMap<u64, Spans>) {
    for (n, sent) in sent {
        let found = found(server, *n).await;
        assert_eq!(found.keys().collect::<Vec<_>>(), sent.keys().collect::<Vec<_>>(), "{whence}: request {n}");
        for (sent, found) in sent.values().zip(found.values()) {
            let difference = difference(sent, found);
            assert!(sent.bytes() == found.bytes(), "{whence}: {difference}\nsent:\n{sent:#?}\nfound:\n{found:#?}");
        }
    }
}

/// Where two spans differ first, as text.
fn difference(sent: &Whole, found: &Whole) -> String {
    let (sent, found) = (format!("{sent:#?}"), format!("{found:#?}"));
    let differ = sent.lines().zip(found.lines()).zip(1..).find(|((sent, found), _)| sent != found);
    differ.map_or_else(String::new, |((sent, found), line)| format!("{found} in place of {sent} in line {line}"))
}

/// The spans of a request as protobuf; none for a request that had none.
async fn found(server: &Server, n: u64) -> Spans {
    let request = server.http.get(server.url(&format!("/tempo/api/traces/{}", otlp::hex_id(n))));
    let answer = request.header("accept", "application/protobuf").send().await.expect("ask for a trace");
    if answer.status() == 404 {
        return Spans::new();
    }
    assert_eq!(answer.status(), 200);
    let mut trace = TracesData::decode(answer.bytes().await.expect("read a trace")).expect("decode a trace");
    // Tempo's API gives a name to a resource without attributes, which Grafana needs.
    let given = [otlp::attribute("service.name", "unnamed")];
    for resource in trace.resource_spans.iter_mut().filter_map(|group| group.resource.as_mut()) {
        if resource.attributes == given {
            resource.attributes.clear();
        }
    }
    spans(trace.resource_spans)
}
