//! What is chosen for the variables of the dashboards: what the recorded pages have, with most to see.

/// All that there are.
pub const ALL: &str = ".*";

/// A dashboard, a variable, and its value. `*` is any dashboard; the first that fits counts.
const VALUES: [(&str, &str, &str); 28] = [
    ("*", "__rate_interval", "1m"),
    ("istio-service-dashboard.json", "service", "reviews.default.svc.cluster.local"),
    ("istio-workload-dashboard.json", "workload", "productpage-v1"),
    ("istio-workload-dashboard.json", "namespace", "default"),
    ("*", "qrep", "destination"),
    ("*", "srccluster", ALL),
    ("*", "srcns", ALL),
    ("*", "srcwl", ALL),
    ("*", "dstcluster", ALL),
    ("*", "dstns", ALL),
    ("*", "dstwl", ALL),
    ("*", "dstsvc", ALL),
    ("daemonset.json", "namespace", "emojivoto"),
    ("statefulset.json", "namespace", "emojivoto"),
    ("job.json", "namespace", "emojivoto"),
    ("*", "namespace", "linkerd"),
    ("*", "authority", "linkerd-controller-api.linkerd.svc.cluster.local:8085"),
    ("*", "daemonset", "node-agent"),
    ("*", "statefulset", "votes"),
    ("*", "job", "count"),
    ("*", "pod", "linkerd-prometheus-84df7f64c-bb6l4"),
    ("*", "deployment", "linkerd-prometheus"),
    ("*", "service", "linkerd-prometheus"),
    ("*", "inbound", "linkerd-controller"),
    ("*", "outbound", "linkerd-prometheus"),
    ("*", "component", ALL),
    // What Grafana puts in where there is nothing to choose: the pod has no service profile, and no other cluster.
    ("*", "rt_route", ""),
    ("*", "cluster", ""),
];

/// What stands for a variable, if something does.
pub fn chosen(dashboard: &str, variable: &str) -> Option<&'static str> {
    let mut found = VALUES.iter().filter(|(of, name, _)| *name == variable && (*of == "*" || *of == dashboard));
    found.next().map(|(_, _, value)| *value)
}

/// What stands for a variable.
///
/// # Panics
/// When nothing does.
pub fn value(dashboard: &str, variable: &str) -> &'static str {
    chosen(dashboard, variable).unwrap_or_else(|| panic!("{dashboard}: nothing stands for ${variable}"))
}
