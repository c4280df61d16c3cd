//! Who sent a span.

use std::sync::Arc;

use arrow::array::{MapArray, RecordBatch, StringViewArray};
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
        })
    }

    pub(super) fn of_row(
        &self,
        row: usize,
        extras: &Extras<'_>,
        resource_attrs: &MapArray,
        shared: &mut Shared,
    ) -> Arc<Origin> {
        let istio_cluster = extras.istio_cluster.filter(|name| *name != ISTIO_CLUSTER_UNNAMED);
        let workload = text(self.deployment, row).or_else(|| extras::workload(resource_attrs, row));
        let origin = Origin {
            service: shared.known(text(self.service, row)),
            cluster: shared.known(text(self.cluster, row).or(istio_cluster)),
            k8s_namespace: shared.known(text(self.namespace, row)),
            service_namespace: shared.known(text(self.service_namespace, row)),
            workload: shared.known(workload),
            version: shared.known(text(self.version, row)),
        };
        shared.origin(origin)
    }
}
