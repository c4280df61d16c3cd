//! From an instance of a service to a target.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::label_name;
use crate::scrape::config::discovery::CONSUL_TAG_SEPARATOR;
use crate::scrape::relabel::LabelSet;
use crate::scrape::target::name::ADDRESS;

pub(super) const SERVICE: &str = "__meta_consul_service";
pub(super) const DATACENTER: &str = "__meta_consul_dc";

const NODE_MAINTENANCE: &str = "_node_maintenance";
const SERVICE_MAINTENANCE: &str = "_service_maintenance:";

/// An entry of `/v1/health/service/<name>`, of which only this is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    node: Node,
    service: Service,
    checks: Vec<Check>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Node {
    node: String,
    address: String,
    meta: Option<BTreeMap<String, String>>,
    tagged_addresses: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Service {
    #[serde(rename = "ID")]
    id: String,
    address: String,
    port: u16,
    tags: Option<Vec<String>>,
    meta: Option<BTreeMap<String, String>>,
    namespace: String,
    partition: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Check {
    #[serde(rename = "CheckID")]
    id: String,
    status: String,
}

impl Entry {
    /// The target with its own labels; `separator` stands around and between tags.
    pub fn target(&self, separator: Option<&str>) -> LabelSet {
        let (node, service) = (&self.node, &self.service);
        let mut labels = LabelSet::default();
        let host = if service.address.is_empty() { &node.address } else { &service.address };
        labels.set(ADDRESS, host_port(host, service.port));
        labels.set("__meta_consul_address", node.address.as_str());
        labels.set("__meta_consul_node", node.node.as_str());
        labels.set("__meta_consul_namespace", service.namespace.as_str());
        labels.set("__meta_consul_partition", service.partition.as_str());
        labels.set("__meta_consul_service_address", service.address.as_str());
        labels.set("__meta_consul_service_port", service.port.to_string());
        labels.set("__meta_consul_service_id", service.id.as_str());
        labels.set("__meta_consul_health", self.health());
        labels
            .set("__meta_consul_tags", surrounded(service.tags.as_deref(), separator.unwrap_or(CONSUL_TAG_SEPARATOR)));
        set_all(&mut labels, "__meta_consul_metadata_", &node.meta);
        set_all(&mut labels, "__meta_consul_service_metadata_", &service.meta);
        set_all(&mut labels, "__meta_consul_tagged_address_", &node.tagged_addresses);
        labels
    }

    /// The worst of all checks, and maintenance before any.
    fn health(&self) -> &'static str {
        let is_maintenance = |check: &Check| check.id == NODE_MAINTENANCE || check.id.starts_with(SERVICE_MAINTENANCE);
        if self.checks.iter().any(is_maintenance) {
            return "maintenance";
        }
        let worst = ["critical", "warning"].into_iter();
        worst.into_iter().find(|status| self.checks.iter().any(|check| check.status == *status)).unwrap_or("passing")
    }
}

/// Tags with the separator around them too, so that a rule can look for `,tag,`.
fn surrounded(tags: Option<&[String]>, separator: &str) -> String {
    match tags {
        Some(tags) if !tags.is_empty() => format!("{separator}{}{separator}", tags.join(separator)),
        _ => String::new(),
    }
}

fn set_all(labels: &mut LabelSet, prefix: &str, values: &Option<BTreeMap<String, String>>) {
    for (name, value) in values.iter().flatten() {
        labels.set(&format!("{prefix}{}", label_name(name)), value.as_str());
    }
}

fn host_port(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}
