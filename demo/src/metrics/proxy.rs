//! Which proxy is beside a pod.

use crate::mesh::{Mesh, Role, Service, ServiceId};
use crate::request::{Place, Request};

use super::family::Exemplar;

/// A proxy that can be scraped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proxy {
    /// Envoy that lets the world in. It is one of Istio's, and names its own stats as Envoy does without Istio.
    Gateway,
    /// Envoy beside an app, with Istio's names of labels.
    Istio,
    /// Linkerd's, which makes no spans here.
    Linkerd,
}

impl Proxy {
    /// `None` beside what is no workload of the mesh.
    pub fn of(service: &Service) -> Option<Self> {
        match (&service.role, service.tells.proxy, service.tells.app) {
            (Role::Gateway, _, _) => Some(Self::Gateway),
            (Role::Workload, true, _) => Some(Self::Istio),
            (Role::Workload, false, true) => Some(Self::Linkerd),
            _ => None,
        }
    }

    /// Whether two proxies know each other's certificates.
    pub fn trusts(self, other: Option<Self>) -> bool {
        other.is_some_and(|other| (self == Self::Linkerd) == (other == Self::Linkerd))
    }
}

impl Mesh {
    pub(super) fn proxy(&self, service: ServiceId) -> Option<Proxy> {
        Proxy::of(&self.services[service])
    }

    /// Pods with a proxy, of all revisions.
    pub(super) fn proxied(&self) -> impl Iterator<Item = (Place, Proxy)> {
        self.services.iter().enumerate().flat_map(|(service, of)| {
            let places = move |proxy: Proxy| {
                let revisions = 0..of.revisions.len();
                let pods = move |revision| (0..of.pods).map(move |pod| Place { service, revision, pod });
                revisions.flat_map(pods).map(move |place| (place, proxy))
            };
            Proxy::of(of).into_iter().flat_map(places)
        })
    }
}

/// The request that is told of.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    trace_id: [u8; 16],
    begin_ns: u64,
    /// From which sizes are drawn.
    pub seed: u64,
}

impl Told {
    pub fn of(request: &Request) -> Self {
        Self { trace_id: request.trace_id, begin_ns: request.begin_ns, seed: request.span_seed }
    }

    /// Since the epoch, of a time of the request.
    pub fn at_ns(&self, time: u64) -> u64 {
        self.begin_ns + time
    }

    /// What was measured when something ended, at `end` of the request.
    pub fn measured(&self, value: f64, end: u64) -> Exemplar {
        Exemplar { trace_id: self.trace_id, value, time_ns: self.at_ns(end) }
    }
}
