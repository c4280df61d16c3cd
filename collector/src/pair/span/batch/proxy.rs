//! Rule (a), and what a proxy's span says beyond an app's.

use arrow::array::{RecordBatch, StringViewArray};
use spanloom_store::schema::spans::UnreadableRow;

use super::column::{column, text};
use super::shared::Shared;
use crate::mesh::istio;
use crate::pair::pod;
use crate::pair::span::extras::{Extras, ISTIO_CLUSTER_UNNAMED};
use crate::pair::span::{Node, NodeKind, Proxy, SourcePeer};

pub(super) struct ProxyColumns<'a> {
    component: &'a StringViewArray,
    sdk: &'a StringViewArray,
    node_id: &'a StringViewArray,
    upstream_cluster: &'a StringViewArray,
    upstream_cluster_name: &'a StringViewArray,
    response_flags: &'a StringViewArray,
    namespace: &'a StringViewArray,
    revision: &'a StringViewArray,
}

impl<'a> ProxyColumns<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        Ok(Self {
            component: column(batch, "component")?,
            sdk: column(batch, "telemetry_sdk_name")?,
            node_id: column(batch, "node_id")?,
            upstream_cluster: column(batch, "upstream_cluster")?,
            upstream_cluster_name: column(batch, "upstream_cluster_name")?,
            response_flags: column(batch, "response_flags")?,
            namespace: column(batch, "istio_namespace")?,
            revision: column(batch, "istio_canonical_revision")?,
        })
    }

    /// Rule (a).
    pub(super) fn of_row(
        &self,
        row: usize,
        extras: &Extras<'_>,
        scope: Option<&str>,
        shared: &mut Shared,
    ) -> Option<Box<Proxy>> {
        let node_id = text(self.node_id, row).filter(|id| !id.is_empty());
        let is_proxy = text(self.component, row) == Some("proxy")
            || text(self.sdk, row) == Some("envoy")
            || scope == Some("envoy")
            || node_id.is_some();
        if !is_proxy {
            return None;
        }
        let cluster = text(self.upstream_cluster, row).or_else(|| text(self.upstream_cluster_name, row));
        Some(Box::new(Proxy {
            node: node_id.map(|id| node(id, shared)),
            istio_namespace: shared.known(text(self.namespace, row)),
            revision: shared.known(text(self.revision, row)),
            upstream_cluster: shared.cluster(cluster),
            response_flags: shared.optional(text(self.response_flags, row)),
            source: source_peer(extras, shared).map(Box::new),
        }))
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
