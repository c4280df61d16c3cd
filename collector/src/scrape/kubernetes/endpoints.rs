//! Roles `endpoints` and `endpointslice`: a target for each address and port, and for the other ports of the pods behind.

use std::collections::{BTreeMap, BTreeSet};

use super::labels::{NAMESPACE, host_port, set, set_container, set_meta, set_pod};
use super::objects::{Address, Endpoint, EndpointSlice, Endpoints, Pod, Port, Reference, Service};
use super::world::{Key, World};
use crate::scrape::discovery::{Group, label_name};
use crate::scrape::relabel::LabelSet;
use crate::scrape::target::name::ADDRESS;

/// The label by which a slice names its service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";

/// Targets as they are gathered.
struct Targets<'a> {
    world: &'a World,
    namespace: &'a str,
    targets: Vec<LabelSet>,
    /// The pods behind addresses, with the ports that became targets.
    pods: BTreeMap<Key, BTreeSet<u16>>,
}

pub(super) fn group(source: String, endpoints: &Endpoints, world: &World) -> Group {
    let meta = &endpoints.metadata;
    let mut labels = LabelSet::default();
    labels.set(NAMESPACE, meta.namespace.as_str());
    set_meta(&mut labels, "endpoints", meta);
    set_service(&mut labels, world.services.get(&Key::new(&meta.namespace, &meta.name)));
    let mut targets = Targets::new(world, &meta.namespace);
    for subset in &endpoints.subsets {
        for port in &subset.ports {
            subset.addresses.iter().for_each(|address| targets.address(address, port, "true"));
            subset.not_ready_addresses.iter().for_each(|address| targets.address(address, port, "false"));
        }
    }
    Group { source, targets: targets.finish(), labels }
}

pub(super) fn group_of_slice(source: String, slice: &EndpointSlice, world: &World) -> Group {
    let meta = &slice.metadata;
    let mut labels = LabelSet::default();
    labels.set(NAMESPACE, meta.namespace.as_str());
    set_meta(&mut labels, "endpointslice", meta);
    set(&mut labels, "endpointslice_address_type", &slice.address_type);
    if let Some(name) = meta.labels.get(SERVICE_NAME) {
        set_service(&mut labels, world.services.get(&Key::new(&meta.namespace, name)));
    }
    let mut targets = Targets::new(world, &meta.namespace);
    for port in &slice.ports {
        for endpoint in &slice.endpoints {
            endpoint.addresses.iter().for_each(|ip| targets.endpoint(ip, endpoint, port));
        }
    }
    Group { source, targets: targets.finish(), labels }
}

fn set_service(labels: &mut LabelSet, service: Option<&std::sync::Arc<Service>>) {
    if let Some(service) = service {
        set_meta(labels, "service", &service.metadata);
    }
}

impl<'a> Targets<'a> {
    fn new(world: &'a World, namespace: &'a str) -> Self {
        Self { world, namespace, targets: Vec::new(), pods: BTreeMap::new() }
    }

    fn address(&mut self, address: &Address, port: &Port, ready: &str) {
        let number = port.port.unwrap_or(0);
        let mut target: LabelSet = [(ADDRESS, host_port(&address.ip, number))].into_iter().collect();
        set(&mut target, "endpoint_ready", ready);
        set(&mut target, "endpoint_port_name", port.name.as_deref().unwrap_or_default());
        set(&mut target, "endpoint_port_protocol", &port.protocol);
        set(&mut target, "endpoint_node_name", &address.node_name);
        set(&mut target, "endpoint_hostname", &address.hostname);
        if let Some(reference) = &address.target_ref {
            set(&mut target, "endpoint_address_target_kind", &reference.kind);
            set(&mut target, "endpoint_address_target_name", &reference.name);
        }
        self.push(target, address.target_ref.as_ref(), number);
    }

    fn endpoint(&mut self, ip: &str, endpoint: &Endpoint, port: &Port) {
        let number = port.port.unwrap_or(0);
        let host = if port.port.is_some() { host_port(ip, number) } else { ip.to_owned() };
        let mut target: LabelSet = [(ADDRESS, host)].into_iter().collect();
        let mut of = |name: &str, value: Option<&str>| {
            set(&mut target, &format!("endpointslice_{name}"), value.unwrap_or_default());
        };
        let number_text = port.port.map(|number| number.to_string());
        of("port", number_text.as_deref());
        of("port_name", port.name.as_deref());
        of("port_protocol", Some(&port.protocol));
        of("port_app_protocol", port.app_protocol.as_deref());
        let conditions = &endpoint.conditions;
        of("endpoint_conditions_ready", conditions.ready.map(text));
        of("endpoint_conditions_serving", conditions.serving.map(text));
        of("endpoint_conditions_terminating", conditions.terminating.map(text));
        of("endpoint_hostname", endpoint.hostname.as_deref());
        of("endpoint_node_name", endpoint.node_name.as_deref());
        of("endpoint_zone", endpoint.zone.as_deref());
        if let Some(reference) = &endpoint.target_ref {
            of("address_target_kind", Some(&reference.kind));
            of("address_target_name", Some(&reference.name));
        }
        for (topology, value) in &endpoint.deprecated_topology {
            let topology = label_name(topology);
            of(&format!("endpoint_topology_{topology}"), Some(value));
            of(&format!("endpoint_topology_present_{topology}"), Some("true"));
        }
        self.push(target, endpoint.target_ref.as_ref(), number);
    }

    /// Adds a target, with what is known of the pod behind it.
    fn push(&mut self, mut target: LabelSet, reference: Option<&Reference>, number: u16) {
        if let Some((key, pod)) = self.pod(reference) {
            set_pod(&mut target, pod);
            let ports =
                pod.containers().flat_map(|container| container.ports.iter().map(move |port| (container, port)));
            for (container, port) in ports.filter(|(_, port)| port.container_port == number) {
                set_container(&mut target, pod, container, Some(port));
            }
            self.pods.entry(key).or_default().insert(number);
        }
        self.targets.push(target);
    }

    fn pod(&self, reference: Option<&Reference>) -> Option<(Key, &'a Pod)> {
        let reference = reference.filter(|reference| reference.kind == "Pod")?;
        let namespace = if reference.namespace.is_empty() { self.namespace } else { &reference.namespace };
        let key = Key::new(namespace, &reference.name);
        let pod = self.world.pods.get(&key)?;
        Some((key, pod))
    }

    /// All targets, with the ports of pods that no endpoint has: they may be those of metrics.
    fn finish(mut self) -> Vec<LabelSet> {
        for (key, ports) in std::mem::take(&mut self.pods) {
            let Some(pod) = self.world.pods.get(&key).filter(|pod| !pod.is_over() && !pod.status.pod_ip.is_empty())
            else {
                continue;
            };
            for container in pod.containers() {
                for port in container.ports.iter().filter(|port| !ports.contains(&port.container_port)) {
                    let address = host_port(&pod.status.pod_ip, port.container_port);
                    let mut target: LabelSet = [(ADDRESS, address)].into_iter().collect();
                    set_pod(&mut target, pod);
                    set_container(&mut target, pod, container, Some(port));
                    self.targets.push(target);
                }
            }
        }
        self.targets
    }
}

const fn text(is_so: bool) -> &'static str {
    if is_so { "true" } else { "false" }
}
