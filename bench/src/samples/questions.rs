//! What dashboards ask: ten panels and variables, as Istio's dashboards for mesh, service and workload have them, and our own for
//! proxies.

/// `$__rate_interval` of Grafana: the greater of step and interval, and four times the interval, where samples come each 15 s.
const RATE_OF_15S: &str = "1m";
const RATE_OF_60S: &str = "1m15s";

/// For what times it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Instant,
    LastHour,
    SixHours,
    /// The values of a label, over the last hour.
    Values(&'static str),
}

/// A panel's or a variable's question.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    pub name: &'static str,
    pub when: When,
    text: &'static str,
}

impl Question {
    /// The query as a dashboard sends it: of this service of this workload.
    pub fn query(&self, workload: &str, namespace: &str) -> String {
        let interval = if self.when == When::SixHours { RATE_OF_60S } else { RATE_OF_15S };
        let text = self.text.replace("$__rate_interval", interval).replace("$qrep", "source|destination");
        let text = text.replace("$service", &format!("{workload}.{namespace}.svc.cluster.local"));
        text.replace("$workload", workload).replace("$namespace", namespace).replace("$src", ".*")
    }
}

/// All of them.
pub const QUESTIONS: [Question; 10] = [
    Question {
        name: "mesh: requests",
        when: When::LastHour,
        text: r#"round(sum(rate(istio_requests_total{reporter=~"source|waypoint"}[$__rate_interval])), 0.01)"#,
    },
    Question {
        name: "mesh: success rate",
        when: When::SixHours,
        text: r#"sum(rate(istio_requests_total{reporter=~"source|waypoint",response_code!~"5.."}[$__rate_interval])) / sum(rate(istio_requests_total{reporter=~"source|waypoint"}[$__rate_interval]))"#,
    },
    Question {
        name: "mesh: table of requests",
        when: When::Instant,
        text: r#"label_join(sum by (destination_workload,destination_workload_namespace,destination_service) (rate(istio_requests_total{reporter=~"source|waypoint"}[$__rate_interval])), "destination_workload_var", ".", "destination_workload", "destination_workload_namespace")"#,
    },
    Question {
        name: "mesh: table of p99",
        when: When::Instant,
        text: r#"label_join(histogram_quantile(0.99, sum by (le,destination_workload,destination_workload_namespace) (rate(istio_request_duration_milliseconds_bucket{reporter=~"source|waypoint"}[$__rate_interval]))), "destination_workload_var", ".", "destination_workload", "destination_workload_namespace")"#,
    },
    Question {
        name: "service: p90",
        when: When::LastHour,
        text: r#"(histogram_quantile(0.90, sum(irate(istio_request_duration_milliseconds_bucket{reporter=~"$qrep",destination_service="$service"}[$__rate_interval])) by (le)) / 1000) or histogram_quantile(0.90, sum(irate(istio_request_duration_seconds_bucket{reporter=~"$qrep",destination_service="$service"}[$__rate_interval])) by (le))"#,
    },
    Question {
        name: "service: by source and code",
        when: When::SixHours,
        text: r#"round(sum(irate(istio_requests_total{connection_security_policy="mutual_tls",destination_service="$service",reporter=~"$qrep",source_workload=~"$src",source_workload_namespace=~"$src"}[$__rate_interval])) by (source_workload, source_workload_namespace, response_code), 0.001)"#,
    },
    Question {
        name: "workload: p99 by source",
        when: When::SixHours,
        text: r#"(histogram_quantile(0.99, sum(irate(istio_request_duration_milliseconds_bucket{reporter=~"$qrep", connection_security_policy="mutual_tls", destination_workload=~"$workload", destination_workload_namespace=~"$namespace", source_workload=~"$src", source_workload_namespace=~"$src"}[$__rate_interval])) by (source_workload, source_workload_namespace, le)) / 1000)"#,
    },
    Question {
        name: "proxies: connections by cluster",
        when: When::LastHour,
        text: "sum by (cluster_name) (envoy_cluster_upstream_cx_active)",
    },
    Question {
        name: "workloads: memory by namespace",
        when: When::SixHours,
        text: "sum by (namespace) (container_memory_working_set_bytes)",
    },
    Question {
        name: "variable: services",
        when: When::Values("destination_service"),
        text: r#"istio_requests_total{reporter="destination"}"#,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_variable_is_left() {
        for question in QUESTIONS {
            let query = question.query("cart-0", "shop-0");
            assert!(!query.contains('$'), "{query}");
        }
    }
}
