//! Where a proxy sends what comes to it, and what it knows of that.

use std::ops::Range;

use super::hop::Hop;
use super::istio::peer::cluster_host;
use super::outlier::Outlier;
use super::pool::Pool;
use crate::mesh::{Mesh, Role, Service, ServiceId};
use crate::request::{Call, Place};

/// What one database lets one pod open, and as many requests a pod that asks it takes at a time. It is little, as the mesh
/// is small: so a database that is slow is seen in full pools.
const DATABASE_CONNECTIONS: usize = 3;
/// Hosts of an outside provider.
const PROVIDER_HOSTS: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterId {
    /// The app beside the proxy; of a gateway who connects to it.
    Inbound,
    /// The revision where a service has several and one was reached.
    Outbound { target: ServiceId, revision: Option<usize> },
}

#[derive(Debug)]
pub struct Cluster {
    pub pool: Pool,
    /// Only where there is a rule for it.
    pub outlier: Option<Outlier>,
    pub hosts: u64,
    /// Whether it is of connections with bytes and not of requests.
    pub is_tcp: bool,
}

/// Times of calls, since the epoch: from and to.
pub type Times = Vec<(u64, u64)>;

impl ClusterId {
    pub fn of(mesh: &Mesh, call: &Call) -> Self {
        let has_subsets = mesh.services[call.target].revisions.len() > 1;
        let revision = call.reached().filter(|_| has_subsets).map(|place| place.revision);
        Self::Outbound { target: call.target, revision }
    }

    /// All to which a service may send requests or connections; no broker has an address here.
    pub fn all(mesh: &Mesh, service: &Service) -> Vec<Self> {
        let mut all = vec![Self::Inbound];
        for target in super::hop::targets(service) {
            let of = &mesh.services[target];
            if matches!(of.role, Role::Queue { .. }) {
                continue;
            }
            all.push(Self::Outbound { target, revision: None });
            let subsets = 0..if of.revisions.len() > 1 { of.revisions.len() } else { 0 };
            all.extend(subsets.map(|revision| Self::Outbound { target, revision: Some(revision) }));
        }
        all
    }

    /// As Istio names it.
    pub fn name(self, mesh: &Mesh, own: &Service) -> String {
        match self {
            Self::Inbound => format!("inbound|{}||", own.port()),
            Self::Outbound { target, revision } => {
                let target = &mesh.services[target];
                let subset = revision.map_or("", |revision| &target.revisions[revision]);
                format!("outbound|{}|{subset}|{}", target.port(), cluster_host(target))
            }
        }
    }
}

impl Cluster {
    pub fn new(mesh: &Mesh, own: &Service, id: ClusterId) -> Self {
        let ClusterId::Outbound { target, revision } = id else {
            let asks_database =
                super::hop::targets(own).iter().any(|id| matches!(mesh.services[*id].role, Role::Database { .. }));
            let pool = Pool::new(asks_database.then_some(DATABASE_CONNECTIONS));
            return Self { pool, outlier: None, hosts: 1, is_tcp: false };
        };
        let target = &mesh.services[target];
        let revisions = if revision.is_some() { 1 } else { target.revisions.len() as u64 };
        match target.role {
            Role::Database { .. } => {
                Self { pool: Pool::new(Some(DATABASE_CONNECTIONS)), outlier: None, hosts: 1, is_tcp: true }
            }
            Role::External => {
                let outlier = Some(Outlier::new(PROVIDER_HOSTS));
                Self { pool: Pool::default(), outlier, hosts: PROVIDER_HOSTS as u64, is_tcp: false }
            }
            _ => Self { pool: Pool::default(), outlier: None, hosts: target.pods * revisions, is_tcp: false },
        }
    }

    pub fn settle(&mut self, window: Range<u64>, calls: &[(u64, u64)]) {
        let now_ns = window.end;
        self.pool.settle(window, calls);
        if let Some(outlier) = &mut self.outlier {
            outlier.settle(now_ns);
        }
    }
}

/// The connections that a hop of a request that began at `begin_ns` took, each with its pod and cluster.
pub fn used(mesh: &Mesh, begin_ns: u64, hop: Hop<'_>) -> Vec<((Place, ClusterId), (u64, u64))> {
    let absolute = |time: crate::request::Interval| (begin_ns + time.start, begin_ns + time.end);
    match hop {
        Hop::Out { source, call } => {
            let id = ClusterId::of(mesh, call);
            let connected = call.attempts.iter().filter(|attempt| attempt.is_connected());
            let mut used: Vec<_> = connected.map(|attempt| ((source, id), absolute(attempt.sent))).collect();
            if source.service == mesh.gateway() {
                used.push(((source, ClusterId::Inbound), absolute(call.passed)));
            }
            used
        }
        Hop::In { served, .. } => vec![((served.place, ClusterId::Inbound), absolute(served.handed))],
        Hop::Took { .. } => Vec::new(),
    }
}
