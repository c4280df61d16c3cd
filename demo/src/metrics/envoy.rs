//! Envoy's own stats of what it sends and takes.
//!
//! Source: Envoy's "Cluster manager statistics", "Circuit breaker statistics", "HTTP connection manager statistics" and
//! "Server statistics". Istio's bootstrap takes labels out of the names in another way than Envoy by itself.

/// Names.
mod families;

use super::cluster::{Cluster, ClusterId};
use super::family::{Described, Page};
use super::labels::Labels;
use super::proxy::{Proxy, Told};
use crate::mesh::{Mesh, Service, Verb};
use crate::request::{Attempt, Call, Ending, Outcome, Served};
use crate::spans::codes;
use families as f;

/// What Istio allows where nobody says otherwise.
const UNLIMITED: f64 = 4_294_967_295.0;
const DOWNSTREAM: &str = "outbound_0.0.0.0_8080";
/// What an Envoy takes before it has connections, and for each of them.
const BASE_BYTES: f64 = 14_680_064.0;
const CONNECTION_BYTES: f64 = 131_072.0;
/// Of what it got from the system, beside what it uses.
const HEAP_PART: f64 = 1.25;
const RESIDENT_PART: f64 = 1.6;

impl Attempt {
    /// Whether there was a connection for it.
    pub(super) fn is_connected(&self) -> bool {
        self.outcome != Outcome::Unreachable
    }
}

/// How a proxy labels its clusters.
pub fn labels(proxy: Proxy, name: &str) -> Labels {
    match proxy {
        Proxy::Gateway => Labels::of("envoy_cluster_name", name),
        Proxy::Istio | Proxy::Linkerd => Labels::of("cluster_name", name),
    }
}

/// A call that was sent.
pub fn sent(page: &mut Page, proxy: Proxy, told: &Told, labels: &Labels, verb: &Verb, call: &Call) {
    let attempts = call.attempts.len() as f64;
    let unconnected = call.attempts.iter().filter(|attempt| !attempt.is_connected()).count() as f64;
    let retries = attempts - 1.0;
    let is_used_up = call.ending == Ending::TriesUsedUp;
    let has_helped = retries > 0.0 && !call.outcome.is_error();
    for (described, by) in [
        (&f::RQ_TOTAL, attempts),
        (&f::RQ_PENDING_TOTAL, attempts),
        (&f::CX_CONNECT_FAIL, unconnected),
        (&f::RQ_PENDING_FAILURE_EJECT, unconnected),
        (&f::RQ_RETRY, retries),
        (&f::RQ_RETRY_BACKOFF_EXPONENTIAL, retries),
        (&f::RQ_RETRY_SUCCESS, f64::from(u8::from(has_helped))),
        (&f::RQ_RETRY_LIMIT_EXCEEDED, f64::from(u8::from(is_used_up))),
        (&f::RQ_TIMEOUT, f64::from(u8::from(call.ending == Ending::TimedOut))),
        (&f::RQ_CANCELLED, f64::from(u8::from(call.ending == Ending::Left))),
    ] {
        page.count(described, labels.clone(), by);
    }
    completed(page, proxy, labels, codes::passed(is_grpc(verb), call.outcome));
    if let Some(last) = call.attempts.last().filter(|attempt| attempt.is_connected()) {
        let took_ms = (last.sent.end - last.sent.start) as f64 / 1e6;
        page.observe(&f::RQ_TIME, labels.clone(), told.measured(took_ms, last.sent.end));
    }
}

/// A request that was handed to the app.
pub fn handed(page: &mut Page, proxy: Proxy, told: &Told, labels: &Labels, verb: &Verb, served: &Served) {
    let is_cut = served.outcome == Outcome::Cancelled;
    page.count(&f::RQ_TOTAL, labels.clone(), 1.0);
    page.count(&f::RQ_PENDING_TOTAL, labels.clone(), 1.0);
    page.count(&f::RQ_CANCELLED, labels.clone(), f64::from(u8::from(is_cut)));
    completed(page, proxy, labels, codes::passed(is_grpc(verb), served.outcome));
    let took_ms = (served.handed.end - served.handed.start) as f64 / 1e6;
    page.observe(&f::RQ_TIME, labels.clone(), told.measured(took_ms, served.handed.end));
}

/// A request that came in at a gateway.
pub fn entered(page: &mut Page, told: &Told, verb: &Verb, call: &Call) {
    let labels = downstream();
    let code = codes::passed(is_grpc(verb), call.outcome);
    page.count(&f::DOWNSTREAM_RQ_TOTAL, labels.clone(), 1.0);
    page.count(&f::DOWNSTREAM_RQ_COMPLETED, labels.clone(), f64::from(u8::from(code > 0)));
    if code > 0 {
        let class = labels.clone().and("envoy_response_code_class", &(code / 100).to_string());
        page.count(&f::DOWNSTREAM_RQ_XX, class, 1.0);
    }
    let took_ms = (call.passed.end - call.passed.start) as f64 / 1e6;
    page.observe(&f::DOWNSTREAM_RQ_TIME, labels, told.measured(took_ms, call.passed.end));
}

/// An answer with this status; 0 where none came.
fn completed(page: &mut Page, proxy: Proxy, labels: &Labels, code: u16) {
    page.count(&f::RQ_COMPLETED, labels.clone(), f64::from(u8::from(code > 0)));
    let class = code / 100;
    match proxy {
        _ if class == 0 => {}
        Proxy::Gateway => {
            page.count(&f::RQ_XX, labels.clone().and("envoy_response_code_class", &class.to_string()), 1.0);
        }
        Proxy::Istio | Proxy::Linkerd => {
            page.count(&f::RQ, labels.clone().and("response_code_class", &format!("{class}xx")), 1.0);
        }
    }
}

/// How full a cluster is now. Connections that were opened and closed are counted since the start.
pub fn settled(page: &mut Page, labels: &Labels, cluster: &Cluster) {
    let Cluster { pool, outlier, hosts, is_tcp } = cluster;
    let connections = pool.connections() as f64;
    let max = pool.max.map_or(UNLIMITED, |max| max as f64);
    let is_full = pool.max.is_some_and(|max| pool.connections() >= max);
    let (active, waiting) = if *is_tcp { (0.0, 0.0) } else { (pool.in_use as f64, pool.waiting as f64) };
    let ejected = outlier.as_ref().map_or(0, |outlier| outlier.active()) as f64;
    let ejections = outlier.as_ref().map_or(0, |outlier| outlier.ejections) as f64;
    let hosts = *hosts as f64;
    let now: [(&'static Described, f64); 23] = [
        (&f::CX_TOTAL, pool.opened as f64),
        (&f::CX_DESTROY, pool.closed as f64),
        (&f::CX_OVERFLOW, pool.overflows as f64),
        (&f::CX_ACTIVE, connections),
        (&f::RQ_ACTIVE, active),
        (&f::RQ_PENDING_ACTIVE, waiting),
        (&f::RQ_PENDING_OVERFLOW, 0.0),
        (&f::RQ_RETRY_OVERFLOW, 0.0),
        (&f::CX_OPEN, f64::from(u8::from(is_full))),
        (&f::CX_POOL_OPEN, 0.0),
        (&f::RQ_OPEN, 0.0),
        (&f::RQ_PENDING_OPEN, 0.0),
        (&f::RQ_RETRY_OPEN, 0.0),
        (&f::REMAINING_CX, max - connections),
        (&f::REMAINING_CX_POOLS, UNLIMITED),
        (&f::REMAINING_RQ, UNLIMITED - active),
        (&f::REMAINING_PENDING, UNLIMITED - waiting),
        (&f::REMAINING_RETRIES, UNLIMITED),
        (&f::EJECTIONS_ACTIVE, ejected),
        (&f::EJECTIONS_ENFORCED, ejections),
        (&f::MEMBERSHIP_HEALTHY, hosts - ejected),
        (&f::MEMBERSHIP_TOTAL, hosts),
        (&f::HEALTHY_PANIC, 0.0),
    ];
    now.into_iter().for_each(|(described, to)| page.set(described, labels.clone(), to));
}

/// A call that a gateway still has in hand, and who is connected to it.
pub fn downstream_settled(page: &mut Page, cluster: &Cluster) {
    let pool = &cluster.pool;
    page.set(&f::DOWNSTREAM_RQ_ACTIVE, downstream(), pool.in_use as f64);
    page.set(&f::DOWNSTREAM_CX_ACTIVE, downstream(), pool.connections() as f64);
    page.set(&f::DOWNSTREAM_CX_TOTAL, downstream(), pool.opened as f64);
}

/// The process itself.
pub fn server(page: &mut Page, uptime_s: u64, connections: usize) {
    let allocated = BASE_BYTES + CONNECTION_BYTES * connections as f64;
    for (described, to) in [
        (&f::SERVER_LIVE, 1.0),
        (&f::SERVER_UPTIME, uptime_s as f64),
        (&f::SERVER_CONCURRENCY, 2.0),
        (&f::SERVER_CONNECTIONS, connections as f64),
        (&f::SERVER_MEMORY_ALLOCATED, allocated),
        (&f::SERVER_MEMORY_HEAP, allocated * HEAP_PART),
        (&f::SERVER_MEMORY_PHYSICAL, allocated * RESIDENT_PART),
    ] {
        page.set(described, Labels::none(), to);
    }
}

/// The labels of each cluster that a proxy has.
pub fn clusters(mesh: &Mesh, proxy: Proxy, own: &Service) -> Vec<(ClusterId, Labels)> {
    let ids = ClusterId::all(mesh, own).into_iter();
    ids.map(|id| (id, labels(proxy, &id.name(mesh, own)))).collect()
}

fn downstream() -> Labels {
    Labels::of("envoy_http_conn_manager_prefix", DOWNSTREAM)
}

fn is_grpc(verb: &Verb) -> bool {
    matches!(verb, Verb::Grpc { .. })
}
