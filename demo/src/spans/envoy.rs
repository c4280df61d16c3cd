//! Spans of sidecars and gateways, as Istio's Envoys make them with `spawn_upstream_span`: a SERVER per request at the
//! listener, which says who it is, and a CLIENT per try, which does not. Values are strings, numbers too.

use opentelemetry_proto::tonic::common::v1::KeyValue;

use super::attributes::text;
use super::process::Process;
use super::{Asking, Told, codes};
use crate::chance::scatter;
use crate::mesh::{Mesh, Verb};
use crate::request::{Attempt, Call, Ending, Outcome, Place, Served};

const MESH_ID: &str = "cluster.local";
const USER_AGENT: &str = "okhttp/4.12.0";

/// Where a proxy sends what comes in.
pub struct Way {
    /// `outbound|8080|v2|ratings.shop.svc.cluster.local` or `inbound|8080||`.
    cluster: String,
    /// Where the last try went.
    address: String,
}

impl Way {
    /// Away from the app, to a service.
    pub fn out(mesh: &Mesh, asking: &Asking<'_>, reached: Option<&Served>) -> Self {
        let target = asking.service;
        let has_subsets = target.revisions.len() > 1;
        let subset = reached.filter(|_| has_subsets).map_or("", |served| served.place.revision(mesh));
        let cluster = format!("outbound|{}|{subset}|{}", target.port(), target.host());
        let ip = reached.map_or_else(|| outside(&target.host()), |served| served.place.ip());
        Self { cluster, address: format!("{ip}:{}", target.port()) }
    }

    /// To the app beside the proxy.
    pub fn into(mesh: &Mesh, place: Place) -> Self {
        let port = mesh.services[place.service].port();
        Self { cluster: format!("inbound|{port}||"), address: format!("{}:{port}", place.ip()) }
    }
}

/// An address that nobody has (TEST-NET-2).
fn outside(host: &str) -> String {
    let sum = host.bytes().fold(0, |sum, byte| scatter(sum ^ u64::from(byte)));
    format!("198.51.100.{}", 1 + sum % 254)
}

/// What a listener tells of a request.
pub struct Listener<'l> {
    pub mesh: &'l Mesh,
    pub process: Process,
    /// From where the connection came.
    pub peer: Process,
    pub way: &'l Way,
    pub asking: &'l Asking<'l>,
    pub outcome: Outcome,
    pub flags: &'static str,
    pub request_id: &'l str,
}

impl Listener<'_> {
    pub fn tell(&self) -> Told {
        let (host, port) = (self.asking.service.host(), self.asking.service.port());
        let mut attributes = common(self.way, self.asking, self.outcome, self.flags);
        attributes.extend(self.who());
        attributes.extend(self.what(&format!("{host}:{port}")));
        Told { name: format!("{host}:{port}/*"), is_error: is_error(self.asking, self.outcome), attributes }
    }

    fn who(&self) -> [KeyValue; 6] {
        let Process { place, .. } = self.process;
        let service = &self.mesh.services[place.service];
        [
            text("node_id", self.process.node_id(self.mesh)),
            text("istio.canonical_service", &service.name),
            text("istio.canonical_revision", place.revision(self.mesh)),
            text("istio.mesh_id", MESH_ID),
            text("istio.namespace", &service.namespace),
            text("peer.address", self.peer.place.ip()),
        ]
    }

    fn what(&self, authority: &str) -> Vec<KeyValue> {
        let Asking { path, .. } = self.asking;
        let sizes = scatter(path.len() as u64);
        let method = match self.asking.verb {
            Verb::Http { method, .. } => method.as_str(),
            _ => "POST",
        };
        let request_size = if method == "GET" { 0 } else { 80 + sizes % 900 };
        let response_size = if codes::http(self.outcome).is_none() { 0 } else { 120 + scatter(sizes) % 4_000 };
        let mut what = vec![
            text("http.method", method),
            text("http.url", format!("http://{authority}{path}")),
            text("guid:x-request-id", self.request_id),
            text("request_size", request_size.to_string()),
            text("response_size", response_size.to_string()),
            text("downstream_cluster", "-"),
            text("user_agent", if self.asking.is_grpc() { "grpc-go/1.76.0" } else { USER_AGENT }),
            text("zone", ""),
        ];
        if self.asking.is_grpc() {
            what.extend([
                text("grpc.path", path),
                text("grpc.authority", authority),
                text("grpc.content_type", "application/grpc"),
            ]);
        }
        what
    }
}

/// What a proxy tells of one try.
pub fn upstream(way: &Way, asking: &Asking<'_>, attempt: &Attempt, number: usize, is_last: bool) -> Told {
    // Without a connection there is no answer; that of a try that is followed by another is thrown away.
    let is_unreachable = attempt.outcome == Outcome::Unreachable;
    let answer = if is_unreachable { Outcome::Cancelled } else { attempt.outcome };
    let flags = if is_unreachable { "UF" } else { "-" };
    let mut attributes = common(way, asking, answer, flags);
    attributes.extend([text("peer.address", &way.address), text("upstream_address", &way.address)]);
    if is_unreachable {
        attributes.push(text("error.reason", "connection failure"));
    }
    if attempt.outcome == Outcome::Cancelled || !(is_last || is_unreachable) {
        attributes.push(text("canceled", "true"));
    }
    if number > 0 {
        attributes.push(text("retry.count", number.to_string()));
    }
    Told { name: format!("router {} egress", way.cluster), is_error: is_error(asking, answer), attributes }
}

/// What Envoy sets on every span.
fn common(way: &Way, asking: &Asking<'_>, outcome: Outcome, flags: &str) -> Vec<KeyValue> {
    let protocol = if asking.is_grpc() { "HTTP/2" } else { "HTTP/1.1" };
    let mut common = vec![
        text("component", "proxy"),
        text("upstream_cluster", &way.cluster),
        text("upstream_cluster.name", &way.cluster),
        text("response_flags", flags),
        text("http.protocol", protocol),
        text("http.status_code", codes::passed(asking.is_grpc(), outcome).to_string()),
    ];
    if let Some(status) = codes::grpc(outcome).filter(|_| asking.is_grpc()) {
        common.push(text("grpc.status_code", status.to_string()));
    }
    if is_error(asking, outcome) {
        common.push(text("error", "true"));
    }
    common
}

fn is_error(asking: &Asking<'_>, outcome: Outcome) -> bool {
    !(1..500).contains(&codes::passed(asking.is_grpc(), outcome)) || (asking.is_grpc() && outcome.is_error())
}

/// The flags of a call that a proxy sent.
pub fn flags(call: &Call) -> &'static str {
    let is_unreachable = call.attempts.last().is_some_and(|attempt| attempt.outcome == Outcome::Unreachable);
    match (call.ending, is_unreachable) {
        (Ending::Plain, false) => "-",
        (Ending::Plain, true) => "UF",
        (Ending::TriesUsedUp, false) => "URX",
        (Ending::TriesUsedUp, true) => "UF,URX",
        (Ending::TimedOut, _) => "UT",
        (Ending::Left, _) => "DC",
    }
}
