//! What Grafana's Service Graph tab asks of its Prometheus, word by word; `$__range` is three minutes.

/// Each `M` stands for [`METRICS`].
const OF_METRICS: [&str; 4] = [
    "sum by (client, server) (rate(M{}[180s]))",
    "sum by (client, server, client_service_namespace, server_service_namespace) (rate(M{}[180s]))",
    "group by (client, connection_type, server) (M{})",
    "group by (client, connection_type, server, client_service_namespace, server_service_namespace) (M{})",
];

const METRICS: [&str; 4] = [
    "traces_service_graph_request_server_seconds_sum",
    "traces_service_graph_request_total",
    "traces_service_graph_request_failed_total",
    "traces_service_graph_request_server_seconds_bucket",
];

const OTHERS: [&str; 6] = [
    r#"topk(5, sum(rate(traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}[180s])) by (span_name))"#,
    r#"topk(5, sum(rate(traces_spanmetrics_calls_total{status_code="STATUS_CODE_ERROR",span_name=~"GET /cart|GET /stock"}[180s])) by (span_name))"#,
    r#"histogram_quantile(.9, sum(rate(traces_spanmetrics_latency_bucket{span_name=~"GET /cart"}[180s])) by (le))"#,
    r#"sum by (client, server)(rate(traces_service_graph_request_total{client="web",server="cart"}[60s]))"#,
    r#"sum by (client, server)(rate(traces_service_graph_request_failed_total{client="web",server="cart"}[60s]))"#,
    r#"histogram_quantile(0.9, sum(rate(traces_service_graph_request_server_seconds_bucket{client="web",server="cart"}[60s])) by (le, client, server))"#,
];

/// All of them.
pub fn queries() -> Vec<String> {
    let of_metrics = OF_METRICS.iter().flat_map(|query| METRICS.iter().map(|metric| query.replace('M', metric)));
    of_metrics.chain(OTHERS.map(str::to_owned)).collect()
}
