//! Rule (a), and what a proxy's span says beyond an app's.

use std::sync::Arc;

use spanloom_store::CodedBatch;
use spanloom_store::schema::spans::UnreadableRow;

use super::known::Known;
use super::shared::Shared;
use crate::mesh::istio;
use crate::pair::cluster::Cluster;
use crate::pair::pod;
use crate::pair::span::extras::{Extras, ISTIO_CLUSTER_UNNAMED};
use crate::pair::span::{Node, NodeKind, Proxy, SourcePeer, Text};

pub(super) struct ProxyColumns<'a> {
    /// Whether it is "proxy".
    component: Known<'a, bool>,
    /// Whether it is Envoy's.
    sdk: Known<'a, bool>,
    /// `None` where it is empty.
    node_id: Known<'a, Option<Node>>,
    upstream_cluster: Known<'a, Option<Arc<Cluster>>>,
    upstream_cluster_name: Known<'a, Option<Arc<Cluster>>>,
    response_flags: Known<'a, Option<Text>>,
    namespace: Known<'a, Option<Text>>,
    revision: Known<'a, Option<Text>>,
}

impl<'a> ProxyColumns<'a> {
    pub(super) fn new(batch: &'a CodedBatch) -> Result<Self, UnreadableRow> {
        Ok(Self {
            component: Known::new(batch, "component")?,
            sdk: Known::new(batch, "telemetry_sdk_name")?,
            node_id: Known::new(batch, "node_id")?,
            upstream_cluster: Known::new(batch, "upstream_cluster")?,
            upstream_cluster_name: Known::new(batch, "upstream_cluster_name")?,
            response_flags: Known::new(batch, "response_flags")?,
            namespace: Known::new(batch, "istio_namespace")?,
            revision: Known::new(batch, "istio_canonical_revision")?,
        })
    }

    /// Rule (a).
    pub(super) fn of_row(
        &mut self,
        row: usize,
        extras: &Extras<'_>,
        scope: Option<&str>,
        shared: &mut Shared,
    ) -> Option<Arc<Proxy>> {
        let node = self.node_id.of_row(row, |id| (!id.is_empty()).then(|| node(id, shared))).flatten();
        let is_proxy = node.is_some()
            || self.component.of_row(row, |component| component == "proxy") == Some(true)
            || self.sdk.of_row(row, |sdk| sdk == "envoy") == Some(true)
            || scope == Some("envoy");
        if !is_proxy {
            return None;
        }
        let cluster = match self.upstream_cluster.is_valid(row) {
            true => &mut self.upstream_cluster,
            false => &mut self.upstream_cluster_name,
        };
        let proxy = Proxy {
            node,
            istio_namespace: self.namespace.known(row, shared),
            revision: self.revision.known(row, shared),
            upstream_cluster: cluster.of_row(row, |name| shared.cluster(Some(name))).flatten(),
            response_flags: self.response_flags.optional(row, shared),
            source: source_peer(extras, shared).map(Box::new),
        };
        Some(shared.proxy(proxy))
    }
}

fn node(id: &str, shared: &mut Shared) -> Node {
    let Some(id) = istio::node_id(id) else {
        return Node { kind: NodeKind::Other, namespace: None, workload: None };
    };
    let kind = match id.node_type {
        "router" => NodeKind::Router,
        "waypoint" => NodeKind::Waypoint,
        "sidecar" => NodeKind::Sidecar,
        _ => NodeKind::Other,
    };
    Node { kind, namespace: Some(shared.text(id.namespace)), workload: shared.optional(pod::workload(id.pod)) }
}

fn source_peer(extras: &Extras<'_>, shared: &mut Shared) -> Option<SourcePeer> {
    let source = SourcePeer {
        cluster: shared.known(extras.source_cluster.filter(|name| *name != ISTIO_CLUSTER_UNNAMED)),
        namespace: shared.known(extras.source_namespace),
        service: shared.known(extras.source_service),
        workload: shared.known(extras.source_workload),
        revision: shared.known(extras.source_revision),
    };
    (source != SourcePeer::default()).then_some(source)
}
