//! What a stat is called on Envoy's page `/stats/prometheus`. Source: envoyproxy/envoy
//! `source/server/admin/prometheus_stats.cc` (`sanitizeName`, `metricName`) and
//! `source/common/stats/custom_stat_namespaces_impl.cc`.

use std::borrow::Cow;

const PREFIX: &str = "envoy_";

/// Namespaces whose stats are called as their makers say: those of Wasm filters, of Istio, and of dynamic modules. A
/// proxy knows those that its extensions registered; an Envoy without them has no stats that begin so.
const CUSTOM_NAMESPACES: [&str; 3] = ["wasmcustom", "istiocustom", "dynamicmodulescustom"];

/// The metric of a stat. `None` when a custom one has no name that Prometheus knows: the page leaves it out.
pub fn metric(stat: &str) -> Option<String> {
    let custom = stat.split_once('.').filter(|(namespace, _)| CUSTOM_NAMESPACES.contains(namespace));
    match custom {
        Some((_, name)) if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) => None,
        Some((_, name)) => Some(sanitized(name).into_owned()),
        None => Some([PREFIX, &sanitized(stat)].concat()),
    }
}

/// A name of letters, digits and `_`. Of metrics and of labels alike: no colons.
pub fn sanitized(name: &str) -> Cow<'_, str> {
    let is_other = |char: char| !char.is_ascii_alphanumeric() && char != '_';
    if name.contains(is_other) { Cow::Owned(name.replace(is_other, "_")) } else { Cow::Borrowed(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stat: &str, expected: Option<&str>) {
        assert_eq!(metric(stat).as_deref(), expected, "{stat}");
    }

    #[test]
    fn stats_have_envoys_prefix_and_no_dots() {
        check("cluster.upstream_rq_total", Some("envoy_cluster_upstream_rq_total"));
        check("http.ingress:8080.rq-time", Some("envoy_http_ingress_8080_rq_time"));
        check("listener.0.0.0.0_80.x", Some("envoy_listener_0_0_0_0_80_x"));
        check("1xx", Some("envoy_1xx"));
        check("cluster.é", Some("envoy_cluster__"));
    }

    #[test]
    fn custom_stats_are_called_as_their_makers_say() {
        check("istiocustom.istio_requests_total", Some("istio_requests_total"));
        check("wasmcustom.my.stat", Some("my_stat"));
        check("dynamicmodulescustom.hits", Some("hits"));
        check("wasmcustom", Some("envoy_wasmcustom"));
        check("wasmcustomer.x", Some("envoy_wasmcustomer_x"));
        check("wasmcustom.1x", None);
        check("wasmcustom.", None);
    }

    #[test]
    fn labels_are_sanitized_alike() {
        assert_eq!(sanitized("envoy.cluster_name"), "envoy_cluster_name");
        assert_eq!(sanitized("ok"), "ok");
    }
}
