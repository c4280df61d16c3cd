//! What the labels of all points of a resource or a scope have in common.
//!
//! Source: "Prometheus and OpenMetrics Compatibility", "Resource Attributes" and "Instrumentation Scope".

use opentelemetry_proto::tonic::common::v1::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, ScopeMetrics};

use super::labels::LabelSet;
use super::point::BadPoint;
use super::{IdentifyingAttributes, Options, ScopeLabels, text};

const SERVICE_NAME: &str = "service.name";
const SERVICE_NAMESPACE: &str = "service.namespace";
const SERVICE_INSTANCE: &str = "service.instance.id";

/// Labels of a resource.
#[derive(Debug, Clone, Default)]
pub struct Target {
    /// `job` and `instance`, where the resource names them.
    pub identity: LabelSet,
    /// Attributes that go to every series.
    pub promoted: LabelSet,
    /// The labels of `target_info`; empty when there is none.
    pub info: LabelSet,
}

impl Target {
    /// # Errors
    /// Attributes that are no labels.
    pub fn of(metrics: &ResourceMetrics, options: &Options) -> Result<Self, BadPoint> {
        let attributes: &[KeyValue] = metrics.resource.as_ref().map_or(&[], |resource| &resource.attributes);
        let identity = identity(attributes)?;
        let promote = |attribute: &&KeyValue| options.promoted_attributes.contains(&attribute.key);
        let promoted = LabelSet::of(attributes.iter().filter(promote))?;
        let info = info(attributes, &identity, options.identifying_attributes)?;
        Ok(Self { identity, promoted, info })
    }
}

fn identity(attributes: &[KeyValue]) -> Result<LabelSet, BadPoint> {
    let value = |key: &str| {
        let attribute = attributes.iter().find(|attribute| attribute.key == key);
        attribute.map_or(Some(String::new()), |attribute| text::text(attribute.value.as_ref())).ok_or(BadPoint::Nesting)
    };
    let (name, namespace, instance) = (value(SERVICE_NAME)?, value(SERVICE_NAMESPACE)?, value(SERVICE_INSTANCE)?);
    let mut labels = LabelSet::default();
    if !name.is_empty() {
        labels.set("job", &if namespace.is_empty() { name } else { format!("{namespace}/{name}") });
    }
    if !instance.is_empty() {
        labels.set("instance", &instance);
    }
    Ok(labels)
}

/// A resource that says nothing but who it is has no info, and neither has one that does not say who it is.
fn info(attributes: &[KeyValue], identity: &LabelSet, kept: IdentifyingAttributes) -> Result<LabelSet, BadPoint> {
    let is_identifying = |key: &str| matches!(key, SERVICE_NAME | SERVICE_NAMESPACE | SERVICE_INSTANCE);
    let says_more = attributes.iter().any(|attribute| !is_identifying(&attribute.key));
    if identity.is_empty() || !says_more {
        return Ok(LabelSet::default());
    }
    let keeps_all = kept == IdentifyingAttributes::Kept;
    let mut labels = LabelSet::of(attributes.iter().filter(|attribute| keeps_all || !is_identifying(&attribute.key)))?;
    labels.set_all(identity);
    Ok(labels)
}

/// Labels of a scope: `otel_scope_name`, `_version`, `_schema_url` and its attributes.
///
/// # Errors
/// Attributes that are no labels.
pub fn scope_labels(metrics: &ScopeMetrics, options: &Options) -> Result<LabelSet, BadPoint> {
    if options.scope_labels == ScopeLabels::LeftOut {
        return Ok(LabelSet::default());
    }
    let mut labels = LabelSet::default();
    if let Some(InstrumentationScope { name, version, attributes, .. }) = &metrics.scope {
        for (label, value) in LabelSet::of(attributes)?.iter() {
            labels.set(&format!("otel_scope_{label}"), value);
        }
        labels.set("otel_scope_name", name);
        labels.set("otel_scope_version", version);
    }
    labels.set("otel_scope_schema_url", &metrics.schema_url);
    Ok(labels)
}
