//! The names under which windows are served, and what each of them says.

use spanloom_store::series::{MetricKind, MetricMetadata};

use super::buckets::Grid;

/// Of which rows a family is made; those of one kind share their labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rows {
    /// Windows of edges.
    Edges,
    /// Windows of operations.
    Operations,
    /// Windows in which a service did anything at all, whatever it was.
    Targets,
}

/// Metrics that are one thing to whoever looks at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Family {
    Requests,
    Failed,
    ServerLatency,
    ClientLatency,
    Calls,
    Latency,
    TargetInfo,
}

/// Which series of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Part {
    /// A counter of calls.
    Total,
    /// 1 while there is something.
    Gauge,
    /// Calls that took at most `le` seconds.
    Bucket,
    /// Seconds that the calls took.
    Sum,
    /// Calls whose time is known.
    Count,
    /// The whole histogram in one sample.
    Native,
}

/// A name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Metric {
    pub name: &'static str,
    pub family: Family,
    pub part: Part,
}

const fn metric(name: &'static str, family: Family, part: Part) -> Metric {
    Metric { name, family, part }
}

/// All of them. Names are those of the metrics generator of Tempo, which the Grafana data source asks for.
pub(crate) const METRICS: [Metric; 16] = [
    metric("traces_service_graph_request_total", Family::Requests, Part::Total),
    metric("traces_service_graph_request_failed_total", Family::Failed, Part::Total),
    metric("traces_service_graph_request_server_seconds", Family::ServerLatency, Part::Native),
    metric("traces_service_graph_request_server_seconds_bucket", Family::ServerLatency, Part::Bucket),
    metric("traces_service_graph_request_server_seconds_sum", Family::ServerLatency, Part::Sum),
    metric("traces_service_graph_request_server_seconds_count", Family::ServerLatency, Part::Count),
    metric("traces_service_graph_request_client_seconds", Family::ClientLatency, Part::Native),
    metric("traces_service_graph_request_client_seconds_bucket", Family::ClientLatency, Part::Bucket),
    metric("traces_service_graph_request_client_seconds_sum", Family::ClientLatency, Part::Sum),
    metric("traces_service_graph_request_client_seconds_count", Family::ClientLatency, Part::Count),
    metric("traces_spanmetrics_calls_total", Family::Calls, Part::Total),
    metric("traces_spanmetrics_latency", Family::Latency, Part::Native),
    metric("traces_spanmetrics_latency_bucket", Family::Latency, Part::Bucket),
    metric("traces_spanmetrics_latency_sum", Family::Latency, Part::Sum),
    metric("traces_spanmetrics_latency_count", Family::Latency, Part::Count),
    metric("traces_target_info", Family::TargetInfo, Part::Gauge),
];

impl Family {
    pub const ALL: [Self; 7] = [
        Self::Requests,
        Self::Failed,
        Self::ServerLatency,
        Self::ClientLatency,
        Self::Calls,
        Self::Latency,
        Self::TargetInfo,
    ];

    pub const fn rows(self) -> Rows {
        match self {
            Self::Requests | Self::Failed | Self::ServerLatency | Self::ClientLatency => Rows::Edges,
            Self::Calls | Self::Latency => Rows::Operations,
            Self::TargetInfo => Rows::Targets,
        }
    }

    /// Whether the histograms of rows are looked at.
    pub const fn is_latency(self) -> bool {
        matches!(self, Self::ServerLatency | Self::ClientLatency | Self::Latency)
    }

    /// The classic buckets of its histograms.
    pub const fn grid(self) -> Grid {
        match self.rows() {
            Rows::Edges => Grid::SERVICE_GRAPH,
            Rows::Operations | Rows::Targets => Grid::SPAN_METRICS,
        }
    }

    /// Name, kind, unit and a line for people, as a metadata API has them.
    pub fn metadata(self) -> MetricMetadata {
        let (family, kind, unit, help) = match self {
            Self::Requests => {
                ("traces_service_graph_request_total", MetricKind::Counter, "", "Requests between two nodes")
            }
            Self::Failed => (
                "traces_service_graph_request_failed_total",
                MetricKind::Counter,
                "",
                "Failed requests between two nodes",
            ),
            Self::ServerLatency => (
                "traces_service_graph_request_server_seconds",
                MetricKind::Histogram,
                "seconds",
                "Time of requests between two nodes, as seen by the server",
            ),
            Self::ClientLatency => (
                "traces_service_graph_request_client_seconds",
                MetricKind::Histogram,
                "seconds",
                "Time of requests between two nodes, as seen by the client",
            ),
            Self::Calls => ("traces_spanmetrics_calls_total", MetricKind::Counter, "", "Spans of an operation"),
            Self::Latency => (
                "traces_spanmetrics_latency",
                MetricKind::Histogram,
                "seconds",
                "Duration of the spans of an operation",
            ),
            Self::TargetInfo => ("traces_target_info", MetricKind::Gauge, "", "A service of which spans came"),
        };
        MetricMetadata { family: family.into(), kind, help: help.into(), unit: unit.into() }
    }
}

impl Rows {
    /// The labels that series of these rows may have besides name and `le`.
    pub const fn labels(self) -> &'static [&'static str] {
        match self {
            Self::Edges => {
                &["client", "client_service_namespace", "connection_type", "server", "server_service_namespace"]
            }
            Self::Operations => {
                &["k8s_cluster_name", "service", "service_namespace", "span_kind", "span_name", "status_code"]
            }
            Self::Targets => &["job", "k8s_cluster_name", "service", "service_namespace"],
        }
    }
}

impl Metric {
    /// Whether a series of it may have a label.
    pub fn may_have(&self, label: &str) -> bool {
        label == spanloom_store::series::label::NAME
            || (label == spanloom_store::series::label::LE && self.part == Part::Bucket)
            || self.family.rows().labels().contains(&label)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_is_there_once_and_begins_as_its_family() {
        let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS {
            let metadata = metric.family.metadata();
            assert!(metric.name.starts_with(&*metadata.family), "{metric:?}");
            assert_eq!(metric.family.is_latency(), metadata.kind == MetricKind::Histogram, "{metric:?}");
        }
    }

    #[test]
    fn every_family_has_a_name() {
        for family in Family::ALL {
            assert!(METRICS.iter().any(|metric| metric.family == family), "{family:?}");
        }
    }
}
