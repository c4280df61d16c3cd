//! Who is who in Istio's labels.

use crate::mesh::{Mesh, Role, Service, ServiceId};
use crate::request::Place;

const UNKNOWN: &str = "unknown";
const CLUSTER: &str = "Kubernetes";
const TRUST_DOMAIN: &str = "cluster.local";

/// One end of a call.
#[derive(Debug, Clone)]
pub struct Peer {
    pub workload: String,
    /// Both the canonical service and the label `app`, which are one here.
    pub service: String,
    pub revision: String,
    pub version: String,
    pub namespace: String,
    pub principal: String,
    pub cluster: &'static str,
}

impl Peer {
    pub fn unknown() -> Self {
        let unknown = || UNKNOWN.to_owned();
        Self {
            workload: unknown(),
            service: unknown(),
            revision: unknown(),
            version: unknown(),
            namespace: unknown(),
            principal: unknown(),
            cluster: UNKNOWN,
        }
    }

    pub fn of(mesh: &Mesh, place: Place) -> Self {
        let service = &mesh.services[place.service];
        let revision = place.revision(mesh).to_owned();
        Self {
            workload: place.workload(mesh),
            service: service.name.clone(),
            version: revision.clone(),
            revision,
            namespace: service.namespace.clone(),
            principal: format!("spiffe://{TRUST_DOMAIN}/ns/{}/sa/{}", service.namespace, service.name),
            cluster: CLUSTER,
        }
    }

    /// As far as the endpoints of a service say.
    pub fn of_service(mesh: &Mesh, id: ServiceId) -> Self {
        let service = &mesh.services[id];
        match &service.role {
            Role::Gateway | Role::Workload => Self::of(mesh, Place { service: id, revision: 0, pod: 0 }),
            Role::Database { .. } => {
                let address = Address::of(service);
                let (workload, name) = (address.name.clone(), address.name);
                // Istio's word for the revision of what has no version.
                let revision = "latest".to_owned();
                let namespace = address.namespace;
                Self { workload, service: name, revision, namespace, cluster: CLUSTER, ..Self::unknown() }
            }
            Role::Queue { .. } | Role::External => Self::unknown(),
        }
    }

    /// A name that no certificate proves.
    pub fn hide_principal(&mut self) {
        UNKNOWN.clone_into(&mut self.principal);
    }
}

/// By which a service is asked.
#[derive(Debug)]
pub struct Address {
    pub host: String,
    pub name: String,
    pub namespace: String,
}

impl Address {
    pub fn of(service: &Service) -> Self {
        let host = cluster_host(service);
        let (name, namespace) = match &service.role {
            Role::Gateway | Role::Workload => (service.name.clone(), service.namespace.clone()),
            Role::Database { .. } => match service.name.split_once('.') {
                Some((name, namespace)) => (name.to_owned(), namespace.to_owned()),
                None => (service.name.clone(), UNKNOWN.to_owned()),
            },
            Role::Queue { .. } | Role::External => (host.clone(), UNKNOWN.to_owned()),
        };
        Self { host, name, namespace }
    }
}

/// The whole name of a service's host, as proxies have it: `orders-db.shop` is a service of Kubernetes.
pub fn cluster_host(service: &Service) -> String {
    match &service.role {
        Role::Database { .. } => format!("{}.svc.cluster.local", service.name),
        _ => service.host(),
    }
}
