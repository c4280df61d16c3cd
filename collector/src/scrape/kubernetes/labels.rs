//! Labels that several roles have. Source: Prometheus' documentation of `kubernetes_sd_config`.

use super::objects::{Container, ContainerPort, Meta, Pod};
use crate::scrape::discovery::label_name;
use crate::scrape::relabel::LabelSet;

pub(super) const NAMESPACE: &str = "__meta_kubernetes_namespace";

/// Sets `__meta_kubernetes_<name>`.
pub(super) fn set(labels: &mut LabelSet, name: &str, value: &str) {
    labels.set(&format!("__meta_kubernetes_{name}"), value);
}

/// Name, labels and annotations of an object.
pub(super) fn set_meta(labels: &mut LabelSet, kind: &str, meta: &Meta) {
    set(labels, &format!("{kind}_name"), &meta.name);
    for (word, values) in [("label", &meta.labels), ("annotation", &meta.annotations)] {
        for (name, value) in values {
            let name = label_name(name);
            set(labels, &format!("{kind}_{word}_{name}"), value);
            set(labels, &format!("{kind}_{word}present_{name}"), "true");
        }
    }
}

/// What is said of a pod, whatever container or port of it becomes a target.
pub(super) fn set_pod(labels: &mut LabelSet, pod: &Pod) {
    set_meta(labels, "pod", &pod.metadata);
    set(labels, "pod_ip", &pod.status.pod_ip);
    set(labels, "pod_ready", &pod.ready());
    set(labels, "pod_phase", &pod.status.phase);
    set(labels, "pod_node_name", &pod.spec.node_name);
    set(labels, "pod_host_ip", &pod.status.host_ip);
    set(labels, "pod_uid", &pod.metadata.uid);
    if let Some(owner) = pod.metadata.owner_references.iter().find(|owner| owner.controller) {
        set(labels, "pod_controller_kind", &owner.kind);
        set(labels, "pod_controller_name", &owner.name);
    }
}

/// What is said of a container of a pod, and of a port of it.
pub(super) fn set_container(labels: &mut LabelSet, pod: &Pod, container: &Container, port: Option<&ContainerPort>) {
    let is_init = pod.spec.init_containers.iter().any(|init| init.name == container.name);
    set(labels, "pod_container_name", &container.name);
    set(labels, "pod_container_image", &container.image);
    set(labels, "pod_container_init", if is_init { "true" } else { "false" });
    set(labels, "pod_container_id", pod.container_id(&container.name));
    if let Some(port) = port {
        set(labels, "pod_container_port_name", &port.name);
        set(labels, "pod_container_port_number", &port.container_port.to_string());
        set(labels, "pod_container_port_protocol", &port.protocol);
    }
}

impl Pod {
    /// `true`, `false` or `unknown`.
    fn ready(&self) -> String {
        let ready = self.status.conditions.iter().find(|condition| condition.kind == "Ready");
        ready.map_or_else(|| "unknown".to_owned(), |condition| condition.status.to_lowercase())
    }

    fn container_id(&self, name: &str) -> &str {
        let statuses = self.status.container_statuses.iter().chain(&self.status.init_container_statuses);
        statuses.into_iter().find(|status| status.name == name).map_or("", |status| &status.container_id)
    }

    /// Containers that start first come last; one that goes on running may be a proxy.
    pub(super) fn containers(&self) -> impl Iterator<Item = &Container> {
        self.spec.containers.iter().chain(&self.spec.init_containers)
    }

    /// Whether none of its containers will run again.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.status.phase.as_str(), "Succeeded" | "Failed")
    }
}

/// An address as URLs have it.
pub(super) fn host_port(host: &str, port: u16) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
