//! What the series of a mesh are called, as Istio's proxies, Envoy and kubelets expose them.

use super::group::BOUNDS;
use super::pod::{Pod, Workload};

/// Name and value.
pub type Label = (&'static str, String);

/// The metrics of a cluster of an Envoy; see `Group::cluster`. With the class of the response where there is one.
pub const CLUSTER_METRICS: [(&str, Option<&str>); super::group::CLUSTER] = [
    ("envoy_cluster_upstream_rq_total", None),
    ("envoy_cluster_upstream_rq_xx", Some("2")),
    ("envoy_cluster_upstream_cx_total", None),
    ("envoy_cluster_upstream_rq_xx", Some("5")),
    ("envoy_cluster_upstream_cx_tx_bytes_total", None),
    ("envoy_cluster_upstream_cx_rx_bytes_total", None),
    ("envoy_cluster_upstream_cx_active", None),
    ("envoy_cluster_upstream_rq_active", None),
    ("envoy_cluster_upstream_rq_pending_active", None),
    ("envoy_cluster_upstream_rq_retry", None),
    ("envoy_cluster_membership_healthy", None),
    ("envoy_cluster_membership_total", None),
    ("envoy_cluster_circuit_breakers_default_remaining_rq", None),
    ("envoy_cluster_circuit_breakers_default_remaining_cx", None),
    ("envoy_cluster_circuit_breakers_default_remaining_retries", None),
    ("envoy_cluster_outlier_detection_ejections_active", None),
];

/// The metrics of a pod; see `Group::pod`.
pub const POD_METRICS: [&str; super::group::POD] = [
    "envoy_server_memory_allocated",
    "envoy_server_memory_heap_size",
    "envoy_server_total_connections",
    "envoy_server_uptime",
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "container_memory_working_set_bytes",
    "container_cpu_usage_seconds_total",
];

/// Who tells of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reporter {
    Source,
    Destination,
}

/// A call with one outcome, as one of its proxies tells it.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    pub reporter: Reporter,
    pub source: Workload,
    pub destination: Workload,
    pub code: &'static str,
    pub flags: &'static str,
}

impl Call {
    /// The labels that all series of the call share, without those of the target.
    fn common(self) -> Vec<Label> {
        let (reporter, policy) = match self.reporter {
            // A client's proxy does not tell whether the connection was secured.
            Reporter::Source => ("source", "unknown"),
            Reporter::Destination => ("destination", "mutual_tls"),
        };
        let Self { source, destination, .. } = self;
        vec![
            ("connection_security_policy", policy.to_owned()),
            ("destination_app", destination.name()),
            ("destination_canonical_revision", "v1".to_owned()),
            ("destination_canonical_service", destination.name()),
            ("destination_cluster", "Kubernetes".to_owned()),
            ("destination_principal", destination.principal()),
            ("destination_service", destination.host()),
            ("destination_service_name", destination.name()),
            ("destination_service_namespace", destination.namespace()),
            ("destination_version", "v1".to_owned()),
            ("destination_workload", destination.name()),
            ("destination_workload_namespace", destination.namespace()),
            ("reporter", reporter.to_owned()),
            ("request_protocol", "http".to_owned()),
            ("response_code", self.code.to_owned()),
            ("response_flags", self.flags.to_owned()),
            ("source_app", source.name()),
            ("source_canonical_revision", "v1".to_owned()),
            ("source_canonical_service", source.name()),
            ("source_cluster", "Kubernetes".to_owned()),
            ("source_principal", source.principal()),
            ("source_version", "v1".to_owned()),
            ("source_workload", source.name()),
            ("source_workload_namespace", source.namespace()),
        ]
    }

    /// The series of the call at a pod's proxy, in the order of `Group::call`, each sorted by name.
    pub fn series(self, pod: Pod) -> Vec<Vec<Label>> {
        let shared: Vec<Label> = self.common().into_iter().chain(pod.target()).collect();
        let named = |name: &str, le: Option<String>| {
            let own = le.map(|le| ("le", le)).into_iter().chain([("__name__", name.to_owned())]);
            sorted(shared.iter().cloned().chain(own))
        };
        let mut series = vec![named("istio_requests_total", None)];
        for family in ["istio_request_duration_milliseconds", "istio_request_bytes", "istio_response_bytes"] {
            let bounds = BOUNDS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
            series.extend(bounds.map(|le| named(&format!("{family}_bucket"), Some(le))));
            series.extend(["sum", "count"].map(|part| named(&format!("{family}_{part}"), None)));
        }
        series
    }
}

/// The series of a pod's cluster that reaches `destination`.
pub fn cluster(pod: Pod, destination: Workload) -> Vec<Vec<Label>> {
    let name = format!("outbound|8080||{}", destination.host());
    let of = |(metric, class): &(&str, Option<&str>)| {
        let class = class.map(|class| ("response_code_class", class.to_owned()));
        let own = [("__name__", (*metric).to_owned()), ("cluster_name", name.clone())];
        sorted(pod.target().into_iter().chain(own).chain(class))
    };
    CLUSTER_METRICS.iter().map(of).collect()
}

/// The series of a pod itself.
pub fn pod(pod: Pod) -> Vec<Vec<Label>> {
    let of = |metric: &&str| sorted(pod.target().into_iter().chain([("__name__", (*metric).to_owned())]));
    POD_METRICS.iter().map(of).collect()
}

fn sorted(labels: impl Iterator<Item = Label>) -> Vec<Label> {
    let mut labels: Vec<Label> = labels.collect();
    labels.sort_unstable_by_key(|(name, _)| *name);
    labels
}
