//! Role `pod`: a target for each port of each container, and one for a container without ports.

use super::labels::{NAMESPACE, host_port, set_container, set_pod};
use super::objects::Pod;
use crate::scrape::discovery::Group;
use crate::scrape::relabel::LabelSet;
use crate::scrape::target::name::ADDRESS;

/// The group of a pod. One that has no address yet has no targets.
pub(super) fn group(source: String, pod: &Pod) -> Group {
    let mut labels = LabelSet::default();
    labels.set(NAMESPACE, pod.metadata.namespace.as_str());
    set_pod(&mut labels, pod);
    let ip = &pod.status.pod_ip;
    let mut targets = Vec::new();
    for container in pod.containers().filter(|_| !ip.is_empty()) {
        if container.ports.is_empty() {
            let host = if ip.contains(':') { format!("[{ip}]") } else { ip.clone() };
            let mut target: LabelSet = [(ADDRESS, host)].into_iter().collect();
            set_container(&mut target, pod, container, None);
            targets.push(target);
        }
        for port in &container.ports {
            let mut target: LabelSet = [(ADDRESS, host_port(ip, port.container_port))].into_iter().collect();
            set_container(&mut target, pod, container, Some(port));
            targets.push(target);
        }
    }
    Group { source, targets, labels }
}
