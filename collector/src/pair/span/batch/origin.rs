//! Who sent a span.

use std::sync::Arc;

use arrow::array::MapArray;
use spanloom_store::CodedBatch;
use spanloom_store::coded::Coded;
use spanloom_store::schema::columns::map_entries;
use spanloom_store::schema::spans::UnreadableRow;

use super::column::column;
use super::known::Known;
use super::shared::Shared;
use crate::pair::span::extras::{self, Extras, ISTIO_CLUSTER_UNNAMED};
use crate::pair::span::{Origin, Text};

pub(super) struct OriginColumns<'a> {
    service: Known<'a, Option<Text>>,
    service_namespace: Known<'a, Option<Text>>,
    version: Known<'a, Option<Text>>,
    cluster: Known<'a, Option<Text>>,
    namespace: Known<'a, Option<Text>>,
    deployment: Known<'a, Option<Text>>,
    resource_attrs: Coded<'a, MapArray>,
}

impl<'a> OriginColumns<'a> {
    pub(super) fn new(batch: &'a CodedBatch) -> Result<Self, UnreadableRow> {
        Ok(Self {
            service: Known::new(batch, "service_name")?,
            service_namespace: Known::new(batch, "service_namespace")?,
            version: Known::new(batch, "service_version")?,
            cluster: Known::new(batch, "k8s_cluster_name")?,
            namespace: Known::new(batch, "k8s_namespace_name")?,
            deployment: Known::new(batch, "k8s_deployment_name")?,
            resource_attrs: column(batch, "resource_attrs")?,
        })
    }

    /// `before`: that of the row before.
    pub(super) fn of_row(
        &mut self,
        row: usize,
        before: Option<&Arc<Origin>>,
        extras: &Extras<'_>,
        shared: &mut Shared,
    ) -> Arc<Origin> {
        let istio_cluster = extras.istio_cluster.filter(|name| *name != ISTIO_CLUSTER_UNNAMED);
        // An attribute of the span may say it, and differ within a resource.
        let cluster = match self.cluster.is_valid(row) {
            true => self.cluster.known(row, shared),
            false => shared.known(istio_cluster),
        };
        if let Some(before) = before.filter(|before| before.cluster == cluster && self.is_resource_before(row)) {
            return Arc::clone(before);
        }
        let workload = match self.deployment.is_valid(row) {
            true => self.deployment.known(row, shared),
            false => shared.known(extras::workload(self.resource_attrs, row)),
        };
        let origin = Origin {
            service: self.service.known(row, shared),
            cluster,
            k8s_namespace: self.namespace.known(row, shared),
            service_namespace: self.service_namespace.known(row, shared),
            workload,
            version: self.version.known(row, shared),
        };
        shared.origin(origin)
    }

    /// Whether the resource of a row is sure to be that of the row before, as most are: texts of one resource are the same
    /// in memory.
    fn is_resource_before(&self, row: usize) -> bool {
        let texts =
            [&self.service, &self.cluster, &self.namespace, &self.deployment, &self.service_namespace, &self.version];
        let is_same = |texts: &Known<'_, Option<Text>>| {
            let texts = texts.column();
            let (before, at) = (texts.places.of(row - 1), texts.places.of(row));
            let views = texts.values.views();
            before == at || views[before] == views[at] && texts.is_valid(row - 1) == texts.is_valid(row)
        };
        let attrs = self.resource_attrs;
        let entries = |row: usize| map_entries(attrs.values, attrs.places.of(row));
        let is_same_map = || attrs.places.of(row - 1) == attrs.places.of(row) || entries(row - 1).eq(entries(row));
        row > 0 && texts.into_iter().all(is_same) && (self.deployment.is_valid(row) || is_same_map())
    }
}
