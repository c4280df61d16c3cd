//! Every ready-made job can be read, and finds what its mesh runs.

use super::*;
use crate::scrape::config::{GlobalConfig, ScrapeConfig};
use crate::scrape::discovery::Group;
use crate::scrape::relabel::LabelSet;
use crate::scrape::target::{Resolved, Template};

/// Pods are `port=… label:x=… annotation:y=…`; the result is the address and what becomes labels, or `None`.
fn check(job: ReadyJob, found: &str, expected: Option<(&str, &str)>) {
    let mut target = LabelSet::default();
    target.set("__address__", "10.0.0.1:1");
    target.set("__meta_kubernetes_pod_ip", "10.0.0.1");
    target.set("__meta_kubernetes_namespace", "shop");
    target.set("__meta_kubernetes_pod_name", "cart-1");
    target.set("__meta_kubernetes_pod_phase", "Running");
    for (name, value) in found.split_whitespace().map(|pair| pair.split_once('=').unwrap()) {
        let (kind, of) = name.split_once(':').unwrap_or((name, ""));
        let separator = if of.is_empty() { "" } else { "_" };
        target.set(&format!("__meta_kubernetes_{kind}{separator}{of}"), value);
    }
    let config = job.configs().remove(0);
    let template = Template::new(&config, &GlobalConfig::default()).unwrap();
    let group = Group { source: String::new(), targets: Vec::new(), labels: LabelSet::default() };
    let found = match template.resolve(&group, &target).unwrap() {
        Resolved::Active(target) => {
            let mut labels = target.id.labels.clone();
            labels.retain(|name| !matches!(name, "instance" | "job" | "namespace" | "pod"));
            assert_eq!((target.id.labels.get("namespace"), target.id.labels.get("pod")), ("shop", "cart-1"));
            let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
            Some((target.id.url.to_string(), labels.join(" ")))
        }
        Resolved::Dropped(_) => None,
    };
    let expected = expected.map(|(url, labels)| (url.to_owned(), labels.to_owned()));
    assert_eq!(found, expected, "{job:?}");
}

#[test]
fn all_can_be_read_and_keep_their_names() {
    for job in ReadyJob::ALL {
        let configs = job.configs();
        let name = serde_json::to_value(job).unwrap();
        assert_eq!(name.as_str(), Some(configs[0].job_name.as_str()));
        for config in configs {
            config.validate(&GlobalConfig::default()).unwrap();
        }
    }
    let all = ScrapeConfig { jobs: ReadyJob::ALL.to_vec(), ..ScrapeConfig::default() };
    all.validate().unwrap();
}

#[test]
fn sidecars_and_gateways_of_istio_are_told_apart() {
    let sidecar = "pod_container_port_name=http-envoy-prom pod_label:app=cart";
    check(ReadyJob::IstioSidecars, sidecar, Some(("http://10.0.0.1:1/stats/prometheus", "app=cart")));
    check(ReadyJob::IstioGateways, sidecar, None);
    check(ReadyJob::IstioSidecars, "pod_container_port_name=http", None);
    for (gateway, labels) in [
        ("pod_label:istio=ingressgateway", "istio=ingressgateway"),
        ("pod_annotation:inject_istio_io_templates=gateway", ""),
        ("pod_labelpresent:gateway_networking_k8s_io_gateway_name=true", ""),
    ] {
        let gateway = format!("pod_container_port_name=http-envoy-prom {gateway}");
        check(ReadyJob::IstioSidecars, &gateway, None);
        check(ReadyJob::IstioGateways, &gateway, Some(("http://10.0.0.1:1/stats/prometheus", labels)));
    }
}

#[test]
fn the_parts_of_istio_itself() {
    let ztunnel = "pod_label:app=ztunnel pod_container_port_name=ztunnel-stats";
    check(ReadyJob::Ztunnel, ztunnel, Some(("http://10.0.0.1:1/metrics", "app=ztunnel")));
    for name in ["istiod", "istiod-1-30"] {
        let istiod = format!("service_name={name} endpoint_port_name=http-monitoring service_label:app=istiod");
        check(ReadyJob::Istiod, &istiod, Some(("http://10.0.0.1:1/metrics", "app=istiod")));
    }
    check(ReadyJob::Istiod, "service_name=istiod endpoint_port_name=https-dns", None);
}

#[test]
fn proxies_of_linkerd_have_the_labels_of_its_dashboards() {
    let proxy = "pod_container_name=linkerd-proxy pod_container_port_name=linkerd-admin \
                 pod_label:linkerd_io_control_plane_ns=linkerd pod_label:linkerd_io_proxy_deployment=cart \
                 pod_label:linkerd_io_proxy_job=batch pod_label:app=cart";
    let labels = "app=cart control_plane_ns=linkerd deployment=cart k8s_job=batch";
    check(ReadyJob::LinkerdProxy, proxy, Some(("http://10.0.0.1:1/metrics", labels)));
    check(ReadyJob::LinkerdProxy, "pod_container_name=app pod_container_port_name=http", None);
}

#[test]
fn ports_are_those_of_the_documentation() {
    let consul = "pod_annotation:consul_hashicorp_com_connect_inject_status=injected";
    check(ReadyJob::ConsulDataplane, consul, Some(("http://10.0.0.1:20200/metrics", "")));
    check(ReadyJob::ConsulDataplane, &format!("{consul} pod_ip=fd00::1"), Some(("http://[fd00::1]:20200/metrics", "")));
    check(ReadyJob::ConsulDataplane, &format!("{consul} pod_phase=Pending"), None);
    let gateway = "pod_label:app_kubernetes_io_managed_by=envoy-gateway pod_label:app_kubernetes_io_component=proxy \
                   pod_label:gateway_envoyproxy_io_owning_gateway_name=eg";
    check(ReadyJob::EnvoyGateway, gateway, Some(("http://10.0.0.1:19001/stats/prometheus", "gateway=eg")));
    let nginx = "pod_label:app_kubernetes_io_name=ingress-nginx pod_label:app_kubernetes_io_component=controller";
    check(ReadyJob::IngressNginx, nginx, Some(("http://10.0.0.1:10254/metrics", "")));
    let envoy = "pod_container_port_name=envoy-admin";
    check(ReadyJob::Envoy, envoy, Some(("http://10.0.0.1:1/stats/prometheus", "")));
}
