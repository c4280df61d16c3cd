//! A mesh: many proxies, each with the same metrics about the services that it calls.

use super::*;

const PODS_PER_SERVICE: usize = 10;
const CALLED: usize = 10;
/// Buckets of a histogram, and the series of counters besides.
const SERIES_PER_EDGE: usize = 25;

/// Labels of a standard metric of Istio (istio.io, "Istio Standard Metrics") as Prometheus scrapes it from a proxy.
fn mesh_labels(number: usize) -> Labels {
    let (edge, of_edge) = (number / SERIES_PER_EDGE, number % SERIES_PER_EDGE);
    let (pod, called) = (edge / CALLED, edge % CALLED);
    let source = pod / PODS_PER_SERVICE;
    let target = (source + called + 1) * 7 % 97;
    let (from, to) = (format!("service-{source}"), format!("service-{target}"));
    let principal = |name: &str| format!("spiffe://cluster.local/ns/shop-{}/sa/{name}", name.len());
    let metric = if of_edge < 20 { "istio_request_duration_milliseconds_bucket" } else { "istio_requests_total" };
    let pairs = [
        ("__name__", metric.to_owned()),
        ("reporter", "source".to_owned()),
        ("source_workload", from.clone()),
        ("source_workload_namespace", "shop".to_owned()),
        ("source_canonical_service", from.clone()),
        ("source_canonical_revision", "v1".to_owned()),
        ("source_principal", principal(&from)),
        ("source_app", from.clone()),
        ("source_version", "v1".to_owned()),
        ("source_cluster", "Kubernetes".to_owned()),
        ("destination_workload", to.clone()),
        ("destination_workload_namespace", "shop".to_owned()),
        ("destination_canonical_service", to.clone()),
        ("destination_canonical_revision", format!("v{}", target % 3)),
        ("destination_principal", principal(&to)),
        ("destination_app", to.clone()),
        ("destination_version", format!("v{}", target % 3)),
        ("destination_cluster", "Kubernetes".to_owned()),
        ("destination_service", format!("{to}.shop.svc.cluster.local")),
        ("destination_service_name", to),
        ("destination_service_namespace", "shop".to_owned()),
        ("request_protocol", "http".to_owned()),
        ("response_code", if of_edge < 20 { 200 } else { 200 + of_edge % 20 * 100 }.to_string()),
        ("response_flags", "-".to_owned()),
        ("grpc_response_status", (of_edge % 2).to_string()),
        ("connection_security_policy", "unknown".to_owned()),
        ("le", if of_edge < 20 { (1 << of_edge).to_string() } else { String::new() }),
        ("pod", format!("{from}-7d9f8b6c5d-{pod:05}")),
        ("namespace", format!("shop-{}", source % 20)),
        ("instance", format!("10.{}.{}.{}:15020", pod >> 16, pod >> 8 & 255, pod & 255)),
        ("job", "istio-proxies".to_owned()),
    ];
    Labels::new(pairs)
}

#[test]
fn a_series_of_a_mesh_takes_less_than_half_a_kilobyte() {
    const SERIES: usize = 100_000;
    let index = index(&[]);
    for start in (0..SERIES).step_by(1000) {
        let piece: Vec<_> =
            (start..start + 1000).map(mesh_labels).map(|labels| (SeriesId::of(&labels), labels)).collect();
        assert_eq!(index.insert(&piece, 0).added, 1000);
    }
    let bytes = index.memory_bytes() / SERIES;
    println!("{bytes} bytes per series of {SERIES}");
    assert!((200..500).contains(&bytes), "{bytes}");
}
