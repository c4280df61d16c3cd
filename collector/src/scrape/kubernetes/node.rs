//! Role `node`: a target for each node, which is its kubelet.

use std::collections::BTreeSet;

use super::labels::{host_port, set, set_meta};
use super::objects::Node;
use crate::scrape::discovery::{Group, label_name};
use crate::scrape::relabel::LabelSet;
use crate::scrape::target::name::{ADDRESS, INSTANCE};

/// The first of these that a node has is where it is scraped.
const PREFERRED: [&str; 6] = ["InternalIP", "InternalDNS", "ExternalIP", "ExternalDNS", "LegacyHostIP", "Hostname"];

/// The group of a node. One without an address has no targets.
pub(super) fn group(source: String, node: &Node) -> Group {
    let mut labels = LabelSet::default();
    set_meta(&mut labels, "node", &node.metadata);
    set(&mut labels, "node_provider_id", &node.spec.provider_id);
    Group { source, targets: target(node).into_iter().collect(), labels }
}

fn target(node: &Node) -> Option<LabelSet> {
    let addresses = &node.status.addresses;
    let of = |kind: &&str| addresses.iter().find(|address| address.kind == **kind);
    let host = &PREFERRED.iter().find_map(of)?.address;
    let mut target = LabelSet::default();
    target.set(ADDRESS, host_port(host, node.status.daemon_endpoints.kubelet_endpoint.port));
    target.set(INSTANCE, node.metadata.name.as_str());
    let mut kinds = BTreeSet::new();
    for address in addresses.iter().filter(|address| kinds.insert(&address.kind)) {
        set(&mut target, &format!("node_address_{}", label_name(&address.kind)), &address.address);
    }
    Some(target)
}
