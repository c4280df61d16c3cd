//! How a Prometheus is told to scrape the pages: as if it had found the pods in Kubernetes.

use std::fmt::Write as _;
use std::net::SocketAddr;

use super::linkerd;
use super::proxy::Proxy;
use crate::mesh::Mesh;
use crate::request::Place;

/// Whoever looks at a demo does not wait for a minute.
const INTERVAL: &str = "15s";

/// `scrape_configs` with a job per kind of proxy, and a target with its own labels per pod.
pub fn yaml(mesh: &Mesh, address: SocketAddr, places: impl Iterator<Item = (Place, Proxy)>) -> String {
    let places: Vec<(Place, Proxy)> = places.collect();
    let mut yaml = "scrape_configs:\n".to_owned();
    for proxy in [Proxy::Gateway, Proxy::Istio, Proxy::Linkerd] {
        let mut of_kind = places.iter().filter(|(_, kind)| *kind == proxy).map(|(place, _)| *place).peekable();
        if of_kind.peek().is_none() {
            continue;
        }
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(yaml, "- job_name: {:?}", job(proxy));
        let _ = writeln!(yaml, "  scrape_interval: {INTERVAL}\n  scrape_timeout: {INTERVAL}\n  static_configs:");
        of_kind.for_each(|place| write_target(&mut yaml, mesh, address, place, proxy));
    }
    yaml
}

/// As the configurations that the meshes come with name them.
fn job(proxy: Proxy) -> &'static str {
    match proxy {
        Proxy::Gateway => "gateway",
        Proxy::Istio => "envoy-stats",
        Proxy::Linkerd => "linkerd-proxy",
    }
}

fn write_target(yaml: &mut String, mesh: &Mesh, address: SocketAddr, place: Place, proxy: Proxy) {
    let _ = writeln!(yaml, "  - targets: [\"{address}\"]\n    labels:");
    for (name, value) in labels(mesh, place, proxy) {
        let _ = writeln!(yaml, "      {name}: {value:?}");
    }
}

/// What Kubernetes knows of a pod. All pods are at one address here, so that the instance is said, too.
fn labels(mesh: &Mesh, place: Place, proxy: Proxy) -> Vec<(&'static str, String)> {
    let service = &mesh.services[place.service];
    let pod = place.pod(mesh);
    let port = if proxy == Proxy::Linkerd { 4191 } else { 15020 };
    let mut labels = vec![
        ("__metrics_path__", format!("/{}/{pod}/metrics", service.namespace)),
        ("instance", format!("{}:{port}", place.ip())),
        ("namespace", service.namespace.clone()),
        ("pod", pod),
        ("app", service.name.clone()),
        ("version", place.revision(mesh).to_owned()),
    ];
    if proxy == Proxy::Linkerd {
        labels.extend(linkerd::peer::scraped(&place.workload(mesh)));
    }
    labels
}
