//! What windows say, as plain rows: of an edge, of an operation, of a service.

use std::sync::Arc;

use spanloom_store::ledger::{Histogram, Weight};

use super::metric::{Family, Rows};

type Text = Arc<str>;

/// A number of a window.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number<'w> {
    Calls(Weight),
    Latency(&'w Histogram),
    /// There is something.
    Present,
}

/// A row of one kind. Rows of equal labels and equal ends are added up.
pub(crate) trait Window {
    type Labels: Ord + Clone;
    const ROWS: Rows;
    const LENGTH_MS: i64;

    fn end_ms(&self) -> i64;
    fn labels(&self) -> &Self::Labels;
    /// Adds a row of the same labels and the same end.
    fn merge(&mut self, other: &Self);
    /// None where nobody can know it: there is no row for the series then.
    fn number(&self, family: Family) -> Option<Number<'_>>;
    /// Names and values, besides the metric's name and `le`; an empty value is no label.
    fn pairs(labels: &Self::Labels) -> Vec<(&'static str, Text)>;
}

/// What an edge is to Grafana. Source: Tempo's documentation, "Service graphs", label `connection_type`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Connection {
    /// Both ends sent spans or metrics.
    #[default]
    Services,
    Messaging,
    Database,
    /// The other end is known by name only.
    Virtual,
}

impl Connection {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Services => "",
            Self::Messaging => "messaging_system",
            Self::Database => "database",
            Self::Virtual => "virtual_node",
        }
    }
}

/// What tells edges apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EdgeLabels {
    /// The most seen raw `service.name` of the node.
    pub client: Text,
    pub client_namespace: Option<Text>,
    pub server: Text,
    pub server_namespace: Option<Text>,
    pub connection: Connection,
}

/// Ten seconds of an edge, by the views that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct EdgeWindow {
    /// Milliseconds since the epoch.
    pub end_ms: i64,
    pub labels: EdgeLabels,
    /// None where nobody counted any.
    pub requests: Option<Weight>,
    pub failed: Option<Weight>,
    /// As seen where requests arrive.
    pub server_latency: Histogram,
    /// As seen where they are made.
    pub client_latency: Histogram,
}

impl Window for EdgeWindow {
    type Labels = EdgeLabels;
    const ROWS: Rows = Rows::Edges;
    const LENGTH_MS: i64 = 10_000;

    fn end_ms(&self) -> i64 {
        self.end_ms
    }

    fn labels(&self) -> &EdgeLabels {
        &self.labels
    }

    fn merge(&mut self, other: &Self) {
        add(&mut self.requests, other.requests);
        add(&mut self.failed, other.failed);
        self.server_latency.merge(&other.server_latency);
        self.client_latency.merge(&other.client_latency);
    }

    fn number(&self, family: Family) -> Option<Number<'_>> {
        match family {
            Family::Requests => self.requests.map(Number::Calls),
            Family::Failed => self.failed.map(Number::Calls),
            Family::ServerLatency => latency(&self.server_latency),
            Family::ClientLatency => latency(&self.client_latency),
            Family::Calls | Family::Latency | Family::TargetInfo => None,
        }
    }

    fn pairs(labels: &EdgeLabels) -> Vec<(&'static str, Text)> {
        vec![
            ("client", Text::clone(&labels.client)),
            ("client_service_namespace", text(labels.client_namespace.as_ref())),
            ("connection_type", labels.connection.as_str().into()),
            ("server", Text::clone(&labels.server)),
            ("server_service_namespace", text(labels.server_namespace.as_ref())),
        ]
    }
}

/// Who did something.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ServiceLabels {
    /// The raw `service.name`.
    pub service: Option<Text>,
    pub namespace: Option<Text>,
    pub cluster: Option<Text>,
}

impl ServiceLabels {
    fn pairs(&self) -> Vec<(&'static str, Text)> {
        vec![
            ("service", text(self.service.as_ref())),
            ("service_namespace", text(self.namespace.as_ref())),
            ("k8s_cluster_name", text(self.cluster.as_ref())),
        ]
    }

    /// As OpenTelemetry's compatibility rules make it: `namespace/name`, or the name alone.
    fn job(&self) -> Text {
        match (&self.namespace, &self.service) {
            (Some(namespace), Some(service)) => format!("{namespace}/{service}").into(),
            (_, service) => text(service.as_ref()),
        }
    }
}

/// What tells operations apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct OperationLabels {
    pub service: ServiceLabels,
    /// The span's name; None of those beyond the bound of the table.
    pub operation: Option<Text>,
    /// OTLP `SpanKind`.
    pub kind: i32,
    /// OTLP `StatusCode`.
    pub status_code: i32,
}

/// A minute of an operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct OperationWindow {
    /// Milliseconds since the epoch.
    pub end_ms: i64,
    pub labels: OperationLabels,
    pub calls: Weight,
    pub latency: Histogram,
}

/// Length of the windows of `operations`.
const MINUTE_MS: i64 = 60_000;

impl Window for OperationWindow {
    type Labels = OperationLabels;
    const ROWS: Rows = Rows::Operations;
    const LENGTH_MS: i64 = MINUTE_MS;

    fn end_ms(&self) -> i64 {
        self.end_ms
    }

    fn labels(&self) -> &OperationLabels {
        &self.labels
    }

    fn merge(&mut self, other: &Self) {
        self.calls += other.calls;
        self.latency.merge(&other.latency);
    }

    fn number(&self, family: Family) -> Option<Number<'_>> {
        match family {
            Family::Calls => Some(Number::Calls(self.calls)),
            Family::Latency => latency(&self.latency),
            _ => None,
        }
    }

    fn pairs(labels: &OperationLabels) -> Vec<(&'static str, Text)> {
        let mut pairs = labels.service.pairs();
        pairs.push(("span_name", text(labels.operation.as_ref())));
        pairs.push(("span_kind", kind_text(labels.kind).into()));
        pairs.push(("status_code", status_text(labels.status_code).into()));
        pairs
    }
}

/// A minute in which a service did something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TargetWindow {
    /// Milliseconds since the epoch.
    pub end_ms: i64,
    pub labels: ServiceLabels,
}

impl Window for TargetWindow {
    type Labels = ServiceLabels;
    const ROWS: Rows = Rows::Targets;
    const LENGTH_MS: i64 = MINUTE_MS;

    fn end_ms(&self) -> i64 {
        self.end_ms
    }

    fn labels(&self) -> &ServiceLabels {
        &self.labels
    }

    fn merge(&mut self, _: &Self) {}

    fn number(&self, family: Family) -> Option<Number<'_>> {
        (family == Family::TargetInfo).then_some(Number::Present)
    }

    fn pairs(labels: &ServiceLabels) -> Vec<(&'static str, Text)> {
        let mut pairs = labels.pairs();
        pairs.push(("job", labels.job()));
        pairs
    }
}

fn add(known: &mut Option<Weight>, other: Option<Weight>) {
    if let Some(other) = other {
        *known.get_or_insert_default() += other;
    }
}

fn latency(latency: &Histogram) -> Option<Number<'_>> {
    (!latency.is_empty()).then_some(Number::Latency(latency))
}

fn text(text: Option<&Text>) -> Text {
    text.map_or_else(|| "".into(), Text::clone)
}

/// The names of OTLP's enum `SpanKind`.
const fn kind_text(kind: i32) -> &'static str {
    match kind {
        1 => "SPAN_KIND_INTERNAL",
        2 => "SPAN_KIND_SERVER",
        3 => "SPAN_KIND_CLIENT",
        4 => "SPAN_KIND_PRODUCER",
        5 => "SPAN_KIND_CONSUMER",
        _ => "SPAN_KIND_UNSPECIFIED",
    }
}

/// The names of OTLP's enum `StatusCode`.
const fn status_text(status_code: i32) -> &'static str {
    match status_code {
        1 => "STATUS_CODE_OK",
        2 => "STATUS_CODE_ERROR",
        _ => "STATUS_CODE_UNSET",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_labels_that_their_kind_promises() {
        let check = |pairs: Vec<(&'static str, Text)>, rows: Rows| {
            let mut names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
            names.sort_unstable();
            assert_eq!(names, rows.labels(), "{rows:?}");
        };
        check(EdgeWindow::pairs(&EdgeLabels::default()), EdgeWindow::ROWS);
        check(OperationWindow::pairs(&OperationLabels::default()), OperationWindow::ROWS);
        check(TargetWindow::pairs(&ServiceLabels::default()), TargetWindow::ROWS);
    }

    #[test]
    fn a_job_is_named_with_its_namespace() {
        let job = |namespace: Option<&str>, service: Option<&str>| {
            let labels =
                ServiceLabels { namespace: namespace.map(Into::into), service: service.map(Into::into), cluster: None };
            labels.job().to_string()
        };
        assert_eq!((job(Some("shop"), Some("web")), job(None, Some("web"))), ("shop/web".into(), "web".into()));
        assert_eq!(job(Some("shop"), None), "");
    }
}
