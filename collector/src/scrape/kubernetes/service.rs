//! Role `service`: a target for each port, under the name that the cluster's DNS has.

use super::labels::{NAMESPACE, set, set_meta};
use super::objects::Service;
use crate::scrape::discovery::Group;
use crate::scrape::relabel::LabelSet;
use crate::scrape::target::name::ADDRESS;

pub(super) fn group(source: String, service: &Service) -> Group {
    let mut labels = LabelSet::default();
    let (name, namespace) = (&service.metadata.name, &service.metadata.namespace);
    labels.set(NAMESPACE, namespace.as_str());
    set_meta(&mut labels, "service", &service.metadata);
    let mut targets = Vec::new();
    for port in &service.spec.ports {
        let number = port.port.unwrap_or(0);
        let mut target: LabelSet = [(ADDRESS, format!("{name}.{namespace}.svc:{number}"))].into_iter().collect();
        set(&mut target, "service_port_name", port.name.as_deref().unwrap_or_default());
        set(&mut target, "service_port_number", &number.to_string());
        set(&mut target, "service_port_protocol", &port.protocol);
        set_spec(&mut target, service);
        targets.push(target);
    }
    Group { source, targets, labels }
}

fn set_spec(target: &mut LabelSet, service: &Service) {
    let spec = &service.spec;
    set(target, "service_type", &spec.kind);
    if spec.kind == "ExternalName" {
        set(target, "service_external_name", &spec.external_name);
    } else {
        set(target, "service_cluster_ip", &spec.cluster_ip);
    }
    if spec.kind == "LoadBalancer" {
        set(target, "service_loadbalancer_ip", &spec.load_balancer_ip);
    }
}
