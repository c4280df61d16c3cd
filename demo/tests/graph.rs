//! The graph that pairing makes of a mesh's spans is the mesh: each edge with the requests, tries and errors that there
//! really were, nothing else, and every way of telling included.

use std::collections::BTreeMap;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message as _;
use spanloom_collector::Decoder;
use spanloom_collector::pair::{Observations, Span, observations};
use spanloom_demo::{Calls, Mesh, Simulation, Trace, Truth};
use spanloom_store::identity::{Directory, Identity, Node};
use spanloom_store::ledger::{Observer, Reason};
use spanloom_store::{Decode as _, FrameHeader};

const START_NS: u64 = 1_800_000_000_000_000_000;
/// The order in which a reader prefers observers.
const OBSERVERS: [Observer; 4] =
    [Observer::SourceProxy, Observer::SourceApp, Observer::TargetProxy, Observer::TargetApp];

/// What was so and what the spans say, for the requests of some ticks.
fn play(mesh: Mesh, ticks: impl Iterator<Item = i64>) -> (Truth, Vec<Observations>) {
    let simulation = Simulation::new(mesh, 11, START_NS);
    let mut truth = Truth::default();
    let mut found = Vec::new();
    for request in ticks.flat_map(|tick| simulation.requests(tick)) {
        truth.add(simulation.mesh(), &request);
        let trace = Trace::of(simulation.mesh(), &request);
        found.push(observations(&read(Trace::resource_spans(simulation.mesh(), [trace])), i64::MAX));
    }
    (truth, found)
}

/// By the way that the server takes: protobuf to rows to what pairing reads.
fn read(resource_spans: Vec<opentelemetry_proto::tonic::trace::v1::ResourceSpans>) -> Vec<Span> {
    /// Of the log's format: OTLP traces, as plain protobuf.
    const KIND: u8 = 1;
    const ENCODING: u8 = 1;
    let payload = Bytes::from(ExportTraceServiceRequest { resource_spans }.encode_to_vec());
    let received_ns = START_NS.cast_signed() + 3_600_000_000_000;
    let (tenant, kind, encoding) = ("default".parse().expect("a tenant"), KIND, ENCODING);
    let header = FrameHeader { number: 1, tenant, kind, encoding, received_ns };
    let rows = Decoder::new().decode(&header, &payload).expect("what is sent can be decoded");
    Span::from_batch(&rows.spans.to_batch()).expect("rows can be read")
}

fn name(node: &Node) -> String {
    match node {
        Node::Inferred { id, .. } => id.to_string(),
        Node::Service(Identity { namespace, service, .. }) => {
            let part = |text: &Option<std::sync::Arc<str>>| text.as_deref().unwrap_or("?").to_owned();
            format!("{}.{}", part(service), part(namespace))
        }
    }
}

/// The directory that all traces make.
fn directory(found: &[Observations]) -> Directory {
    let statements = found.iter().flat_map(|found| &found.statements);
    Directory::of_keys(statements.map(|statement| &*statement.key))
}

/// The graph as a reader of the ledger sees it: per edge and number the first observer that has it.
fn graph(found: &[Observations]) -> Truth {
    let directory = directory(found);
    let mut seen: BTreeMap<(String, String), BTreeMap<Observer, Calls>> = BTreeMap::new();
    let mut entered = 0;
    for row in found.iter().flat_map(|found| &found.rows) {
        let node = |side| name(&directory.resolve(side));
        if row.reason == Some(Reason::Root) {
            entered += 1;
            continue;
        }
        assert_eq!(row.reason, None, "{row:?}");
        let calls = Calls { requests: 1, attempts: row.attempts.into(), errors: u64::from(row.outcome.is_error()) };
        *seen.entry((node(&row.source), node(&row.target))).or_default().entry(row.observer).or_default() += calls;
    }
    let first = |by: BTreeMap<Observer, Calls>| OBSERVERS.iter().find_map(|observer| by.get(observer).copied());
    let edges = seen.into_iter().map(|(edge, by)| (edge, first(by).unwrap_or_default())).collect();
    Truth { edges, entered }
}

fn check(mesh: Mesh, ticks: impl Iterator<Item = i64>) {
    let (truth, found) = play(mesh, ticks);
    let graph = graph(&found);
    for (edge, calls) in &truth.edges {
        assert_eq!(graph.edges.get(edge), Some(calls), "{edge:?}");
    }
    assert_eq!(graph, truth);
    assert!(found.iter().all(|found| found.unpaired.is_empty()));
}

/// While all is well, while the database is slow, while payments fail.
#[test]
fn the_shop_is_what_its_spans_say() {
    check(Mesh::shop(), (-80..40).chain(240..320).chain(800..880));
}

#[test]
fn a_generated_mesh_is_what_its_spans_say() {
    check(Mesh::generated(5, 300), (0..40).chain(240..260));
}

/// What proxies saw is seen by the target's side, too, with every try that reached it.
#[test]
fn both_ends_of_a_call_tell_of_it() {
    let (truth, found) = play(Mesh::shop(), 0..80);
    let directory = directory(&found);
    let rows = found.iter().flat_map(|found| &found.rows);
    let of_edge = |row: &&spanloom_collector::pair::Observation| {
        name(&directory.resolve(&row.source)) == "web.shop" && name(&directory.resolve(&row.target)) == "catalogue.shop"
    };
    let mut by_observer: BTreeMap<Observer, u64> = BTreeMap::new();
    rows.filter(of_edge).for_each(|row| *by_observer.entry(row.observer).or_default() += 1);
    let requests = truth.edges[&("web.shop".to_owned(), "catalogue.shop".to_owned())].requests;
    assert_eq!(by_observer, OBSERVERS.map(|observer| (observer, requests)).into());
}
