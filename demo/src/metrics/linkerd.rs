//! What Linkerd's proxies tell: requests by direction and endpoint, balancers, TCP. Who calls is in no label of an outbound
//! series: only the scrape knows the pod.
//!
//! Source: Linkerd's "Proxy metrics".

/// Who is who.
pub mod peer;

use super::cluster::Cluster;
use super::family::{Described, Page, counter, gauge, histogram};
use super::labels::Labels;
use super::proxy::Told;
use crate::chance::scatter;
use crate::mesh::{Mesh, ServiceId, Verb};
use crate::request::{Call, Outcome, Place, Served};
use crate::spans::codes;

/// The upper bounds of the latencies, in milliseconds.
const BOUNDS: &[f64] = &[
    1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 100.0, 200.0, 300.0, 400.0, 500.0, 1_000.0, 2_000.0,
    3_000.0, 4_000.0, 5_000.0, 10_000.0, 20_000.0, 30_000.0, 40_000.0, 50_000.0,
];

static REQUESTS: Described = counter("request_total", "Requests that were begun");
static RESPONSES: Described = counter("response_total", "Responses that ended");
static LATENCY: Described = histogram("response_latency_ms", BOUNDS, "Time to the first byte of responses, in ms");
static ENDPOINTS: Described = gauge("outbound_http_balancer_endpoints", "Endpoints of a load balancer by state");
static RETRIES: Described = counter("outbound_http_route_retry_requests_total", "Retries");
static RETRY_SUCCESSES: Described =
    counter("outbound_http_route_retry_successes_total", "Requests that a retry helped");
static RETRY_LIMITS: Described =
    counter("outbound_http_route_retry_limit_exceeded_total", "Requests that failed with their last retry");
static RETRY_OVERFLOWS: Described =
    counter("outbound_http_route_retry_overflow_total", "Retries that the budget did not allow");
static TCP_OPENED: Described = counter("tcp_open_total", "Connections that were opened");
static TCP_CLOSED: Described = counter("tcp_close_total", "Connections that were closed");
static TCP_CONNECTIONS: Described = gauge("tcp_open_connections", "Connections");
static TCP_READ: Described = counter("tcp_read_bytes_total", "Bytes that were read from the peer");
static TCP_WRITTEN: Described = counter("tcp_write_bytes_total", "Bytes that were written to the peer");

/// One request as a proxy tells of it.
struct Response<'a> {
    verb: &'a Verb,
    outcome: Outcome,
    took_ns: u64,
    /// In the time of the request.
    end: u64,
}

/// A call by the caller's proxy: each try by itself, as the endpoints are told apart.
pub fn sent(page: &mut Page, mesh: &Mesh, told: &Told, source: Place, call: &Call) {
    let verb = &mesh.services[call.target].operations[call.operation].verb;
    for attempt in &call.attempts {
        let place = attempt.served.as_ref().map(|served| served.place);
        let labels = peer::outbound(mesh, source.service, call.target, place);
        let took_ns = attempt.sent.end - attempt.sent.start;
        Response { verb, outcome: attempt.outcome, took_ns, end: attempt.sent.end }.tell(page, told, labels);
    }
}

/// A request by the proxy that it reached.
pub fn received(page: &mut Page, mesh: &Mesh, told: &Told, source: Place, served: &Served) {
    let verb = &mesh.services[served.place.service].operations[served.operation].verb;
    let labels = peer::inbound(mesh, source.service, served.place);
    let took_ns = served.worked.end - served.worked.start;
    Response { verb, outcome: served.outcome, took_ns, end: served.worked.end }.tell(page, told, labels);
}

/// A question over TCP, and its answer.
pub fn transferred(page: &mut Page, mesh: &Mesh, told: &Told, source: Place, call: &Call) {
    let labels = tcp(peer::outbound(mesh, source.service, call.target, None), "dst");
    let seed = scatter(told.seed ^ call.asked.start);
    page.count(&TCP_WRITTEN, labels.clone(), (90 + seed % 200) as f64);
    page.count(&TCP_READ, labels, (60 + (seed >> 16) % 2_000) as f64);
}

impl Response<'_> {
    fn tell(&self, page: &mut Page, told: &Told, labels: Labels) {
        let is_grpc = matches!(self.verb, Verb::Grpc { .. });
        page.count(&REQUESTS, labels.clone(), 1.0);
        let class = if self.outcome.is_error() { "failure" } else { "success" };
        let code = codes::passed(is_grpc, self.outcome);
        if code == 0 {
            let total = labels.and("classification", class).and("error", "cancelled");
            page.count(&RESPONSES, total, 1.0);
            return;
        }
        let labels = labels.and("status_code", &code.to_string());
        let mut total = labels.clone().and("classification", class);
        if let Some(status) = codes::grpc(self.outcome).filter(|_| is_grpc) {
            total = total.and("grpc_status", &status.to_string());
        }
        page.count(&RESPONSES, total, 1.0);
        page.observe(&LATENCY, labels, told.measured(self.took_ns as f64 / 1e6, self.end));
    }
}

/// What a proxy has of a target now.
pub fn settled(page: &mut Page, mesh: &Mesh, source: Place, target: ServiceId, cluster: &Cluster) {
    connections(page, tcp(peer::outbound(mesh, source.service, target, None), "dst"), cluster);
    if cluster.is_tcp {
        return;
    }
    let route = peer::route(mesh, target);
    for retry in [&RETRIES, &RETRY_SUCCESSES, &RETRY_LIMITS, &RETRY_OVERFLOWS] {
        page.count(retry, route.clone(), 0.0);
    }
    let pending = cluster.outlier.as_ref().map_or(0, |outlier| outlier.active() as u64);
    let balancer = peer::backend(mesh, target);
    for (state, endpoints) in [("ready", cluster.hosts - pending), ("pending", pending)] {
        page.set(&ENDPOINTS, balancer.clone().and("endpoint_state", state), endpoints as f64);
    }
}

/// Who is connected to a proxy, and the proxy to its app.
pub fn inbound_settled(page: &mut Page, cluster: &Cluster) {
    let inbound = Labels::of("direction", "inbound");
    connections(page, tcp(inbound.clone(), "src"), cluster);
    connections(page, tcp(inbound, "dst"), cluster);
}

fn connections(page: &mut Page, labels: Labels, cluster: &Cluster) {
    page.set(&TCP_CONNECTIONS, labels.clone(), cluster.pool.connections() as f64);
    page.set(&TCP_CLOSED, labels.clone(), cluster.pool.closed as f64);
    page.set(&TCP_OPENED, labels, cluster.pool.opened as f64);
}

fn tcp(labels: Labels, peer: &str) -> Labels {
    labels.and("peer", peer)
}
