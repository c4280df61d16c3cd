//! Who is who in Linkerd's labels.

use crate::mesh::{Mesh, Role, Service, ServiceId};
use crate::metrics::istio::peer::{Address, cluster_host};
use crate::metrics::labels::Labels;
use crate::metrics::proxy::Proxy;
use crate::request::Place;

const IDENTITY: &str = "serviceaccount.identity.linkerd.cluster.local";
const CONTROL_PLANE: &str = "linkerd";

/// A call from a service to another, and to which pod if it reached one.
pub fn outbound(mesh: &Mesh, source: ServiceId, target: ServiceId, reached: Option<Place>) -> Labels {
    let service = &mesh.services[target];
    let authority = format!("{}:{}", cluster_host(service), service.port());
    let labels = Labels::of("direction", "outbound").and("authority", &authority);
    let is_mutual = trusts(mesh, source, target);
    let labels = if is_mutual {
        labels.and("tls", "true").and("server_id", &identity(service))
    } else {
        labels.and("tls", "no_identity").and("no_tls_reason", "not_provided_by_service_discovery")
    };
    match reached {
        Some(place) => endpoint(labels, mesh, place),
        None => destination(labels, service),
    }
}

/// A request to a pod.
pub fn inbound(mesh: &Mesh, source: ServiceId, place: Place) -> Labels {
    let service = &mesh.services[place.service];
    let labels = target(Labels::of("direction", "inbound"), mesh, place);
    let labels = if trusts(mesh, source, place.service) {
        labels.and("tls", "true").and("client_id", &identity(&mesh.services[source]))
    } else {
        labels.and("tls", "no_identity").and("no_tls_reason", "no_tls_from_remote")
    };
    labels
        .and("srv_group", "")
        .and("srv_kind", "default")
        .and("srv_name", "all-unauthenticated")
        .and("srv_port", &service.port().to_string())
        .and("route_group", "")
        .and("route_kind", "default")
        .and("route_name", "default")
        .and("authz_group", "")
        .and("authz_kind", "default")
        .and("authz_name", "all-unauthenticated")
}

/// The default route to a service.
pub fn route(mesh: &Mesh, target: ServiceId) -> Labels {
    let namespace = Address::of(&mesh.services[target]).namespace;
    parent(mesh, target)
        .and("route_group", "")
        .and("route_kind", "default")
        .and("route_namespace", &namespace)
        .and("route_name", "http")
}

/// A service as that to which a route leads.
pub fn backend(mesh: &Mesh, target: ServiceId) -> Labels {
    reference(parent(mesh, target), "backend", &mesh.services[target])
}

fn parent(mesh: &Mesh, target: ServiceId) -> Labels {
    reference(Labels::none(), "parent", &mesh.services[target])
}

fn reference(labels: Labels, prefix: &str, service: &Service) -> Labels {
    let address = Address::of(service);
    let name = |part: &str| format!("{prefix}_{part}");
    labels
        .and(&name("group"), "core")
        .and(&name("kind"), "Service")
        .and(&name("namespace"), &address.namespace)
        .and(&name("name"), &address.name)
        .and(&name("port"), &service.port().to_string())
        .and(&name("section_name"), "")
}

fn endpoint(labels: Labels, mesh: &Mesh, place: Place) -> Labels {
    let labels = destination(target(labels, mesh, place), &mesh.services[place.service]);
    labels.and("dst_deployment", &place.workload(mesh)).and("dst_pod", &place.pod(mesh))
}

/// The service that a call is for; an outside provider is no service of Kubernetes.
fn destination(labels: Labels, service: &Service) -> Labels {
    if matches!(service.role, Role::External | Role::Queue { .. }) {
        return labels;
    }
    let address = Address::of(service);
    let labels = labels.and("dst_namespace", &address.namespace).and("dst_service", &address.name);
    labels.and("dst_serviceaccount", &address.name)
}

fn target(labels: Labels, mesh: &Mesh, place: Place) -> Labels {
    let (ip, port) = (place.ip(), mesh.services[place.service].port());
    labels.and("target_addr", &format!("{ip}:{port}")).and("target_ip", &ip).and("target_port", &port.to_string())
}

fn identity(service: &Service) -> String {
    format!("{}.{}.{IDENTITY}", service.name, service.namespace)
}

fn trusts(mesh: &Mesh, source: ServiceId, target: ServiceId) -> bool {
    mesh.proxy(source).is_some_and(|proxy| proxy == Proxy::Linkerd && proxy.trusts(mesh.proxy(target)))
}

/// The labels that Linkerd's own scrape configuration adds.
pub fn scraped(workload: &str) -> [(&'static str, String); 2] {
    [("deployment", workload.to_owned()), ("control_plane_ns", CONTROL_PLANE.to_owned())]
}
