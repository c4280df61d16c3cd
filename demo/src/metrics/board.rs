//! What all proxies of a mesh count.

use std::collections::BTreeMap;
use std::ops::Range;

use super::cluster::{Cluster, ClusterId, Times, used};
use super::family::Page;
use super::hop::{Hop, hops};
use super::labels::Labels;
use super::process::{self, Usage};
use super::proxy::{Proxy, Told};
use super::{envoy, istio, linkerd};
use crate::mesh::{Mesh, ServiceId};
use crate::request::{Call, Outcome, Place, Request, Served};

/// The pages of all pods. They grow with the pairs of services and the ways in which calls end, and not with time.
#[derive(Debug)]
pub struct Board {
    mesh: Mesh,
    /// Since the epoch.
    start_ns: u64,
    settled_ns: u64,
    pods: BTreeMap<Place, Pod>,
}

/// A pod with a proxy.
#[derive(Debug)]
struct Pod {
    proxy: Proxy,
    page: Page,
    clusters: BTreeMap<ClusterId, (Labels, Cluster)>,
    cpu_s: f64,
}

impl Board {
    /// Of a mesh that starts now.
    pub fn new(mesh: Mesh, start_ns: u64) -> Self {
        let pods = mesh.proxied().map(|(place, proxy)| (place, Pod::new(&mesh, place, proxy))).collect();
        Self { mesh, start_ns, settled_ns: start_ns, pods }
    }

    pub fn mesh(&self) -> &Mesh {
        &self.mesh
    }

    /// The page of a pod as it is since the last time that anything was told; `None` if it has no proxy.
    pub fn page(&mut self, place: Place) -> Option<&Page> {
        let pod = self.pods.get_mut(&place)?;
        pod.write(&self.mesh, place, self.start_ns..self.settled_ns);
        Some(&pod.page)
    }

    pub fn places(&self) -> impl Iterator<Item = (Place, Proxy)> {
        self.pods.iter().map(|(place, pod)| (*place, pod.proxy))
    }

    /// Counts requests that have ended since the last time, and looks at how full everything is, of which those say
    /// something, too, that are still under way.
    pub fn tell<'r>(&mut self, now_ns: u64, ended: &'r [Request], begun: impl Iterator<Item = &'r Request>) {
        ended.iter().for_each(|request| self.count(request));
        let mut times: BTreeMap<(Place, ClusterId), Times> = BTreeMap::new();
        for request in ended.iter().chain(begun) {
            let used = hops(request).into_iter().flat_map(|hop| used(&self.mesh, request.begin_ns, hop));
            used.for_each(|(key, time)| times.entry(key).or_default().push(time));
        }
        self.settle(now_ns, times);
    }

    fn count(&mut self, request: &Request) {
        let told = Told::of(request);
        for hop in hops(request) {
            if let Some(pod) = self.pods.get_mut(&hop.place()) {
                pod.count(&self.mesh, &told, hop);
            }
        }
    }

    fn settle(&mut self, now_ns: u64, mut times: BTreeMap<(Place, ClusterId), Times>) {
        let window = self.settled_ns..now_ns.max(self.settled_ns);
        self.settled_ns = window.end;
        for (place, pod) in &mut self.pods {
            for (id, (_, cluster)) in &mut pod.clusters {
                cluster.settle(window.clone(), &times.remove(&(*place, *id)).unwrap_or_default());
            }
        }
    }
}

impl Pod {
    fn new(mesh: &Mesh, place: Place, proxy: Proxy) -> Self {
        let own = &mesh.services[place.service];
        let clusters = envoy::clusters(mesh, proxy, own).into_iter();
        let clusters = clusters.map(|(id, labels)| (id, (labels, Cluster::new(mesh, own, id)))).collect();
        let mut page = Page::default();
        if proxy != Proxy::Linkerd {
            istio::build(&mut page);
        }
        Self { proxy, page, clusters, cpu_s: 0.0 }
    }

    fn count(&mut self, mesh: &Mesh, told: &Told, hop: Hop<'_>) {
        match hop {
            Hop::Out { source, call } if mesh.services[call.target].is_seen_by_proxies() => {
                self.sent(mesh, told, source, call);
            }
            Hop::Out { source, call } => self.transferred(mesh, told, source, call),
            Hop::In { source, served } => {
                self.work(served);
                self.received(mesh, told, source, served);
            }
            Hop::Took { served } => self.work(served),
        }
    }

    fn sent(&mut self, mesh: &Mesh, told: &Told, source: Place, call: &Call) {
        if self.proxy == Proxy::Linkerd {
            self.cpu_s += process::linkerd_cpu_s();
            return linkerd::sent(&mut self.page, mesh, told, source, call);
        }
        let verb = &mesh.services[call.target].operations[call.operation].verb;
        istio::sent(&mut self.page, mesh, told, source, call);
        if self.proxy == Proxy::Gateway {
            envoy::entered(&mut self.page, told, verb, call);
        }
        if let Some((labels, cluster)) = self.clusters.get_mut(&ClusterId::of(mesh, call)) {
            envoy::sent(&mut self.page, self.proxy, told, labels, verb, call);
            if let Some(outlier) = &mut cluster.outlier {
                for attempt in &call.attempts {
                    let has_failed = attempt.outcome.is_error() && attempt.outcome != Outcome::Cancelled;
                    outlier.tried(told.seed, has_failed, told.at_ns(attempt.sent.end));
                }
            }
        }
    }

    fn received(&mut self, mesh: &Mesh, told: &Told, source: Place, served: &Served) {
        if self.proxy == Proxy::Linkerd {
            self.cpu_s += process::linkerd_cpu_s();
            return linkerd::received(&mut self.page, mesh, told, source, served);
        }
        let verb = &mesh.services[served.place.service].operations[served.operation].verb;
        istio::received(&mut self.page, mesh, told, source, served);
        if let Some((labels, _)) = self.clusters.get(&ClusterId::Inbound) {
            envoy::handed(&mut self.page, self.proxy, told, labels, verb, served);
        }
    }

    /// A question to a database; what goes to a broker has no address here.
    fn transferred(&mut self, mesh: &Mesh, told: &Told, source: Place, call: &Call) {
        if !self.clusters.contains_key(&ClusterId::of(mesh, call)) {
            return;
        }
        match self.proxy {
            Proxy::Linkerd => linkerd::transferred(&mut self.page, mesh, told, source, call),
            Proxy::Gateway | Proxy::Istio => istio::transferred(&mut self.page, mesh, told, source, call),
        }
    }

    /// The page of Linkerd's proxy is its own, and says nothing of the app.
    fn work(&mut self, served: &Served) {
        if self.proxy == Proxy::Istio {
            self.cpu_s += process::app_cpu_s(served.own_ns());
        }
    }

    /// Writes what is so now, at the end of `life`, beside what was counted.
    fn write(&mut self, mesh: &Mesh, place: Place, life: Range<u64>) {
        let pools = || self.clusters.values().map(|(_, cluster)| &cluster.pool);
        let connections = pools().map(super::pool::Pool::connections).sum();
        let active = pools().map(|pool| pool.in_use + pool.waiting).sum();
        let usage = Usage { cpu_s: self.cpu_s, start_ns: life.start, connections, active };
        let page = &mut self.page;
        match self.proxy {
            Proxy::Linkerd => process::linkerd(page, usage),
            Proxy::Istio if mesh.services[place.service].tells.app => process::app(page, usage),
            Proxy::Gateway | Proxy::Istio => {}
        }
        if self.proxy != Proxy::Linkerd {
            envoy::server(page, (life.end - life.start) / 1_000_000_000, connections);
        }
        for (id, (labels, cluster)) in &self.clusters {
            settled(page, mesh, place, (self.proxy, *id), labels, cluster);
        }
    }
}

/// How full one cluster is, in the words of its proxy.
fn settled(page: &mut Page, mesh: &Mesh, place: Place, whose: (Proxy, ClusterId), labels: &Labels, cluster: &Cluster) {
    match whose {
        (Proxy::Linkerd, ClusterId::Inbound) => linkerd::inbound_settled(page, cluster),
        // Linkerd's balancers know no revisions.
        (Proxy::Linkerd, ClusterId::Outbound { revision: Some(_), .. }) => {}
        (Proxy::Linkerd, ClusterId::Outbound { target, .. }) => linkerd::settled(page, mesh, place, target, cluster),
        (Proxy::Gateway, ClusterId::Inbound) => envoy::downstream_settled(page, cluster),
        (_, ClusterId::Outbound { target, .. }) if cluster.is_tcp => {
            tcp_settled(page, mesh, place, target, cluster);
            envoy::settled(page, labels, cluster);
        }
        _ => envoy::settled(page, labels, cluster),
    }
}

/// Istio's counters of connections follow those of the pool.
fn tcp_settled(page: &mut Page, mesh: &Mesh, place: Place, target: ServiceId, cluster: &Cluster) {
    istio::connected(page, mesh, place, target, cluster.pool.opened, cluster.pool.closed);
}
