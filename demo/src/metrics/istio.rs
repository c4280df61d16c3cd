//! Istio's standard metrics, as Envoy's filter `istio_stats` makes them: the same labels on both sides of a call, and who
//! tells of it in `reporter`.
//!
//! Source: Istio's "Istio Standard Metrics", and the labels that its Envoys expose.

/// Who is who in the labels.
pub mod peer;

use super::family::{Described, Page, counter, gauge, histogram};
use super::labels::Labels;
use super::proxy::{Proxy, Told};
use crate::chance::scatter;
use crate::mesh::{Mesh, ServiceId, Verb};
use crate::request::{Call, Interval, Outcome, Place, Served};
use crate::spans::{codes, flags};
use peer::{Address, Peer};

/// The upper bounds of Envoy's histograms, of milliseconds and of bytes alike.
pub const ENVOY_BOUNDS: &[f64] = &[
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1000.0,
    2500.0,
    5000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];
const VERSION: &str = "1.30.0";

static REQUESTS: Described = counter("istio_requests_total", "Requests that ended");
static DURATION: Described =
    histogram("istio_request_duration_milliseconds", ENVOY_BOUNDS, "Time of requests as the proxy saw them, in ms");
static REQUEST_BYTES: Described = histogram("istio_request_bytes", ENVOY_BOUNDS, "Size of requests with their headers");
static RESPONSE_BYTES: Described =
    histogram("istio_response_bytes", ENVOY_BOUNDS, "Size of responses with their headers");
static OPENED: Described = counter("istio_tcp_connections_opened_total", "TCP connections that were opened");
static CLOSED: Described = counter("istio_tcp_connections_closed_total", "TCP connections that were closed");
static SENT_BYTES: Described = counter("istio_tcp_sent_bytes_total", "Bytes of responses over TCP connections");
static RECEIVED_BYTES: Described = counter("istio_tcp_received_bytes_total", "Bytes of requests over TCP connections");
static BUILD: Described = gauge("istio_build", "The version of the proxy");

/// One request as one side tells of it.
struct Answer<'a> {
    verb: &'a Verb,
    time: Interval,
    outcome: Outcome,
    flags: &'a str,
    security: &'static str,
}

pub fn build(page: &mut Page) {
    page.set(&BUILD, Labels::of("component", "proxy").and("tag", VERSION), 1.0);
}

/// A call by the caller's proxy. TLS is the business of whoever is called, so that a caller says nothing of it.
pub fn sent(page: &mut Page, mesh: &Mesh, told: &Told, source: Place, call: &Call) {
    let target = &mesh.services[call.target];
    let ends = ends(mesh, source, call.target, call.reached());
    let answer = Answer {
        verb: &target.operations[call.operation].verb,
        time: call.passed,
        outcome: call.outcome,
        flags: flags(call),
        security: "unknown",
    };
    answer.tell(page, told, &labels("source", &ends, &Address::of(target)));
}

/// A try by the proxy that it reached.
pub fn received(page: &mut Page, mesh: &Mesh, told: &Told, source: Place, served: &Served) {
    let target = &mesh.services[served.place.service];
    let mut ends = ends(mesh, source, served.place.service, Some(served.place));
    let is_known = ends.is_mutual;
    if !is_known {
        ends.source = Peer::unknown();
    }
    let answer = Answer {
        verb: &target.operations[served.operation].verb,
        time: served.entered,
        outcome: served.outcome,
        flags: if served.outcome == Outcome::Cancelled { "DC" } else { "-" },
        security: if is_known { "mutual_tls" } else { "none" },
    };
    answer.tell(page, told, &labels("destination", &ends, &Address::of(target)));
}

/// Connections to what is no service of HTTP, by the proxy of who asks: how many were opened and closed since the start.
pub fn connected(page: &mut Page, mesh: &Mesh, source: Place, target: ServiceId, opened: u64, closed: u64) {
    let labels = tcp_labels(mesh, source, target);
    page.set(&OPENED, labels.clone(), opened as f64);
    page.set(&CLOSED, labels, closed as f64);
}

/// A question over such a connection, and its answer.
pub fn transferred(page: &mut Page, mesh: &Mesh, told: &Told, source: Place, call: &Call) {
    let labels = tcp_labels(mesh, source, call.target);
    let seed = scatter(told.seed ^ call.asked.start);
    page.count(&RECEIVED_BYTES, labels.clone(), (90 + seed % 200) as f64);
    page.count(&SENT_BYTES, labels, (60 + (seed >> 16) % 2_000) as f64);
}

impl Answer<'_> {
    fn tell(&self, page: &mut Page, told: &Told, peers: &Labels) {
        let is_grpc = matches!(self.verb, Verb::Grpc { .. });
        let code = codes::passed(is_grpc, self.outcome);
        let grpc = codes::grpc(self.outcome).filter(|_| is_grpc).map(|status| status.to_string());
        let labels = peers
            .clone()
            .and("request_protocol", if is_grpc { "grpc" } else { "http" })
            .and("response_code", &code.to_string())
            .and("grpc_response_status", &grpc.unwrap_or_default())
            .and("response_flags", self.flags)
            .and("connection_security_policy", self.security);
        let end = self.time.end;
        let took_ms = (end - self.time.start) as f64 / 1e6;
        let (request_bytes, response_bytes) = self.bytes(told, code);
        page.count(&REQUESTS, labels.clone(), 1.0);
        page.observe(&DURATION, labels.clone(), told.measured(took_ms, end));
        page.observe(&REQUEST_BYTES, labels.clone(), told.measured(request_bytes as f64, end));
        page.observe(&RESPONSE_BYTES, labels, told.measured(response_bytes as f64, end));
    }

    /// Of request and response, headers included.
    fn bytes(&self, told: &Told, code: u16) -> (u64, u64) {
        let seed = scatter(told.seed ^ self.time.start);
        let is_get = matches!(self.verb, Verb::Http { method, .. } if method == "GET");
        let body = if is_get { 0 } else { 80 + (seed >> 8) % 900 };
        let response = if code == 0 { 0 } else { 330 + (seed >> 32) % 4_000 };
        (380 + seed % 160 + body, response)
    }
}

/// Both ends of a call.
struct Ends {
    source: Peer,
    destination: Peer,
    /// Whether they speak TLS with each other.
    is_mutual: bool,
}

fn ends(mesh: &Mesh, source: Place, target: ServiceId, reached: Option<Place>) -> Ends {
    let is_mutual = mesh.proxy(source.service).is_some_and(|proxy: Proxy| proxy.trusts(mesh.proxy(target)));
    let mut source = Peer::of(mesh, source);
    let mut destination = match reached {
        Some(place) => Peer::of(mesh, place),
        // Envoy had chosen a host, and most are of the main revision.
        None => Peer::of_service(mesh, target),
    };
    if !is_mutual {
        source.hide_principal();
        destination.hide_principal();
    }
    Ends { source, destination, is_mutual }
}

/// Reporter and both ends, in Istio's order.
fn labels(reporter: &str, ends: &Ends, address: &Address) -> Labels {
    let Ends { source, destination, .. } = ends;
    Labels::of("reporter", reporter)
        .and("source_workload", &source.workload)
        .and("source_canonical_service", &source.service)
        .and("source_canonical_revision", &source.revision)
        .and("source_workload_namespace", &source.namespace)
        .and("source_principal", &source.principal)
        .and("source_app", &source.service)
        .and("source_version", &source.version)
        .and("source_cluster", source.cluster)
        .and("destination_workload", &destination.workload)
        .and("destination_workload_namespace", &destination.namespace)
        .and("destination_principal", &destination.principal)
        .and("destination_app", &destination.service)
        .and("destination_version", &destination.version)
        .and("destination_service", &address.host)
        .and("destination_canonical_service", &destination.service)
        .and("destination_canonical_revision", &destination.revision)
        .and("destination_service_name", &address.name)
        .and("destination_service_namespace", &address.namespace)
        .and("destination_cluster", destination.cluster)
}

fn tcp_labels(mesh: &Mesh, source: Place, target: ServiceId) -> Labels {
    let ends = ends(mesh, source, target, None);
    labels("source", &ends, &Address::of(&mesh.services[target]))
        .and("request_protocol", "tcp")
        .and("response_flags", "-")
        .and("connection_security_policy", "unknown")
}
