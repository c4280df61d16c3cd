//! Who sent a span.

use std::sync::Arc;

use arrow::array::{Array, MapArray, RecordBatch, StringViewArray};
use spanloom_store::schema::columns::map_entries;
use spanloom_store::schema::spans::UnreadableRow;

use super::column::{column, text};
use super::shared::Shared;
use crate::pair::span::Origin;
use crate::pair::span::extras::{self, Extras, ISTIO_CLUSTER_UNNAMED};

pub(super) struct OriginColumns<'a> {
    service: &'a StringViewArray,
    service_namespace: &'a StringViewArray,
    version: &'a StringViewArray,
    cluster: &'a StringViewArray,
    namespace: &'a StringViewArray,
    deployment: &'a StringViewArray,
    resource_attrs: &'a MapArray,
}

impl<'a> OriginColumns<'a> {
    pub(super) fn new(batch: &'a RecordBatch) -> Result<Self, UnreadableRow> {
        Ok(Self {
            service: column(batch, "service_name")?,
            service_namespace: column(batch, "service_namespace")?,
            version: column(batch, "service_version")?,
            cluster: column(batch, "k8s_cluster_name")?,
            namespace: column(batch, "k8s_namespace_name")?,
            deployment: column(batch, "k8s_deployment_name")?,
            resource_attrs: column(batch, "resource_attrs")?,
        })
    }

    /// `before`: that of the row before.
    pub(super) fn of_row(
        &self,
        row: usize,
        before: Option<&Arc<Origin>>,
        extras: &Extras<'_>,
        shared: &mut Shared,
    ) -> Arc<Origin> {
        let istio_cluster = extras.istio_cluster.filter(|name| *name != ISTIO_CLUSTER_UNNAMED);
        // An attribute of the span may say it, and differ within a resource.
        let cluster = shared.known(text(self.cluster, row).or(istio_cluster));
        if let Some(before) = before.filter(|before| before.cluster == cluster && self.is_resource_before(row)) {
            return Arc::clone(before);
        }
        let workload = text(self.deployment, row).or_else(|| extras::workload(self.resource_attrs, row));
        let origin = Origin {
            service: shared.known(text(self.service, row)),
            cluster,
            k8s_namespace: shared.known(text(self.namespace, row)),
            service_namespace: shared.known(text(self.service_namespace, row)),
            workload: shared.known(workload),
            version: shared.known(text(self.version, row)),
        };
        shared.origin(origin)
    }

    /// Whether the resource of a row is sure to be that of the row before, as most are: texts of one resource are the same
    /// in memory.
    fn is_resource_before(&self, row: usize) -> bool {
        let texts = [self.service, self.cluster, self.namespace, self.deployment, self.service_namespace, self.version];
        let is_same = |texts: &StringViewArray| {
            texts.views()[row - 1] == texts.views()[row] && texts.is_valid(row - 1) == texts.is_valid(row)
        };
        let entries = |row: usize| map_entries(self.resource_attrs, row);
        row > 0
            && texts.into_iter().all(is_same)
            && (self.deployment.is_valid(row) || entries(row - 1).eq(entries(row)))
    }
}
