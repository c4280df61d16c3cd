//! Against recorded answers: objects, lists and watch events in the form that the Kubernetes API reference gives, served by
//! a local server that follows the protocol of lists and watches: pages, versions, bookmarks, 410.

use std::collections::HashMap;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State as Shared};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

use super::*;
use crate::scrape::discovery::Found;
use crate::scrape::relabel::LabelSet;
use crate::scrape::testing::{eventually, serve, wait_found as wait};

/// An API server: lists by path, and what open watches are sent.
#[derive(Clone, Default)]
struct Cluster(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    lists: HashMap<String, Vec<Value>>,
    /// Answers instead of the next ones, by path: status and body.
    refusals: HashMap<String, Vec<(u16, Value)>>,
    watches: HashMap<String, Vec<mpsc::UnboundedSender<Bytes>>>,
    asked: Vec<String>,
    version: u64,
}

impl Cluster {
    fn with(lists: &[(&str, Vec<Value>)]) -> Self {
        let cluster = Self::default();
        for (path, objects) in lists {
            cluster.0.lock().lists.insert((*path).to_owned(), objects.clone());
        }
        cluster
    }

    fn refuse_next(&self, path: &str, status: u16, body: Value) {
        self.0.lock().refusals.entry(path.to_owned()).or_default().push((status, body));
    }

    /// Sends an event to whoever watches.
    fn send(&self, path: &str, event: &Value) {
        let line = Bytes::from(format!("{event}\n"));
        let inner = self.0.lock();
        for watch in inner.watches.get(path).into_iter().flatten() {
            // In two pieces, as networks do.
            let _ = watch.send(line.slice(..7));
            let _ = watch.send(line.slice(7..));
        }
    }

    fn end_watches(&self, path: &str) {
        self.0.lock().watches.remove(path);
    }

    async fn watched(&self, path: &str) {
        eventually(|| self.0.lock().watches.get(path).is_some_and(|watches| !watches.is_empty())).await;
    }

    fn asked(&self, part: &str) -> Vec<String> {
        self.0.lock().asked.iter().filter(|asked| asked.contains(part)).cloned().collect()
    }

    fn answer(&self, uri: &Uri, query: &HashMap<String, String>) -> Response {
        let path = uri.path().to_owned();
        let mut inner = self.0.lock();
        inner.asked.push(uri.to_string());
        if let Some((status, body)) = inner.refusals.get_mut(&path).and_then(Vec::pop) {
            return (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response();
        }
        if query.contains_key("watch") {
            let (sender, receiver) = mpsc::unbounded_channel();
            inner.watches.entry(path).or_default().push(sender);
            let pieces = futures::stream::unfold(receiver, |mut receiver| async {
                receiver.recv().await.map(|piece| (Ok::<_, std::io::Error>(piece), receiver))
            });
            return Response::new(Body::from_stream(pieces));
        }
        inner.version += 100;
        let objects = inner.lists.get(&path).cloned().unwrap_or_default();
        // One object on each page, whatever the limit.
        let at: usize = query.get("continue").map_or(0, |next| next.parse().unwrap());
        let next = if at + 1 < objects.len() { (at + 1).to_string() } else { String::new() };
        let items: Vec<_> = objects.get(at).into_iter().collect();
        let version = inner.version.to_string();
        json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": version, "continue": next}, "items": items})
            .to_string()
            .into_response()
    }

    async fn start(&self, config: &str) -> watch::Receiver<Found> {
        let answer = |Shared(cluster): Shared<Self>, uri: Uri, Query(query): Query<HashMap<String, String>>| async move {
            cluster.answer(&uri, &query)
        };
        let address = serve(Router::new().fallback(answer).with_state(self.clone())).await;
        let yaml = format!("{{api_server: 'http://{address}', {config}}}");
        let (groups, found) = Groups::new();
        tokio::spawn(run(serde_saphyr::from_str(&yaml).unwrap(), groups));
        found
    }
}

const PODS: &str = "/api/v1/pods";

fn pod(name: &str, ip: &str) -> Value {
    json!({
        "metadata": {
            "name": name, "namespace": "shop", "uid": "u-1", "resourceVersion": "7",
            "labels": {"app.kubernetes.io/name": "cart"}, "annotations": {"prometheus.io/port": "15020"},
            "managedFields": [{"manager": "kubelet"}],
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "cart-5d", "uid": "x", "controller": true}]
        },
        "spec": {
            "nodeName": "node-a",
            "initContainers": [{"name": "istio-proxy", "image": "proxyv2", "restartPolicy": "Always",
                "ports": [{"containerPort": 15090, "name": "http-envoy-prom", "protocol": "TCP"}]}],
            "containers": [
                {"name": "cart", "image": "cart:1", "ports": [{"containerPort": 8080, "name": "http"}]},
                {"name": "sleep", "image": "sleep:1"}
            ]
        },
        "status": {
            "phase": "Running", "podIP": ip, "hostIP": "10.1.0.1",
            "conditions": [{"type": "Initialized", "status": "True"}, {"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "cart", "containerID": "containerd://abc", "ready": true}]
        }
    })
}

/// All labels of a target, its group's among them, without the common beginning.
fn all(found: &Found, source: &str, at: usize) -> Vec<(String, String)> {
    let group = &found.groups[source];
    let mut labels: LabelSet = group.targets[at].clone();
    group.labels.iter().for_each(|(name, value)| labels.set_default(name, value));
    labels.sort();
    labels.iter().map(|(name, value)| (name.replace("__meta_kubernetes_", ""), value.to_owned())).collect()
}

fn check(found: &Found, source: &str, at: usize, expected: &[(&str, &str)]) {
    let labels = all(found, source, at);
    let labels: Vec<_> = labels.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(labels, expected);
}

fn addresses(found: &Found, source: &str) -> Vec<String> {
    found.groups[source].targets.iter().map(|target| target.get("__address__").to_owned()).collect()
}

#[tokio::test]
async fn each_port_of_a_pod_is_a_target() {
    let cluster = Cluster::with(&[(PODS, vec![pod("cart-1", "10.0.0.1"), pod("cart-2", "")])]);
    let found = wait(&cluster.start("role: pod").await, |found| found.groups.len() == 2).await;
    assert_eq!(addresses(&found, "pod/shop/cart-1"), ["10.0.0.1:8080", "10.0.0.1", "10.0.0.1:15090"]);
    assert!(found.groups["pod/shop/cart-2"].targets.is_empty());
    check(
        &found,
        "pod/shop/cart-1",
        0,
        &[
            ("__address__", "10.0.0.1:8080"),
            ("namespace", "shop"),
            ("pod_annotation_prometheus_io_port", "15020"),
            ("pod_annotationpresent_prometheus_io_port", "true"),
            ("pod_container_id", "containerd://abc"),
            ("pod_container_image", "cart:1"),
            ("pod_container_init", "false"),
            ("pod_container_name", "cart"),
            ("pod_container_port_name", "http"),
            ("pod_container_port_number", "8080"),
            ("pod_container_port_protocol", "TCP"),
            ("pod_controller_kind", "ReplicaSet"),
            ("pod_controller_name", "cart-5d"),
            ("pod_host_ip", "10.1.0.1"),
            ("pod_ip", "10.0.0.1"),
            ("pod_label_app_kubernetes_io_name", "cart"),
            ("pod_labelpresent_app_kubernetes_io_name", "true"),
            ("pod_name", "cart-1"),
            ("pod_node_name", "node-a"),
            ("pod_phase", "Running"),
            ("pod_ready", "true"),
            ("pod_uid", "u-1"),
        ],
    );
    let proxy = all(&found, "pod/shop/cart-1", 2);
    assert!(proxy.contains(&("pod_container_init".to_owned(), "true".to_owned())));
}

#[tokio::test]
async fn a_watch_adds_changes_and_removes() {
    let cluster = Cluster::with(&[(PODS, vec![pod("a", "10.0.0.1")])]);
    let found = cluster.start("role: pod").await;
    wait(&found, |found| found.groups.len() == 1).await;
    cluster.watched(PODS).await;
    cluster.send(PODS, &json!({"type": "ADDED", "object": pod("b", "10.0.0.2")}));
    wait(&found, |found| found.groups.len() == 2).await;
    cluster.send(PODS, &json!({"type": "MODIFIED", "object": pod("b", "10.0.0.3")}));
    wait(&found, |found| addresses(found, "pod/shop/b")[0] == "10.0.0.3:8080").await;
    cluster.send(PODS, &json!({"type": "DELETED", "object": pod("a", "10.0.0.1")}));
    wait(&found, |found| found.groups.keys().eq(["pod/shop/b"])).await;
}

/// A watch that ends is begun again where it was, a bookmark's version being the newest.
#[tokio::test]
async fn a_watch_goes_on_from_the_last_version() {
    let cluster = Cluster::with(&[(PODS, vec![pod("a", "10.0.0.1")])]);
    let _found = cluster.start("role: pod").await;
    cluster.watched(PODS).await;
    assert!(cluster.asked("watch=1")[0].contains("resourceVersion=100"));
    cluster
        .send(PODS, &json!({"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": "12746"}}}));
    cluster.end_watches(PODS);
    cluster.watched(PODS).await;
    assert!(cluster.asked("watch=1")[1].contains("resourceVersion=12746"));
    assert!(cluster.asked("watch=1")[1].contains("allowWatchBookmarks=true"));
    assert_eq!(cluster.asked("limit=500").len(), 1);
}

/// Both ways in which the API says it: as an event of a watch, and as an answer.
#[tokio::test]
async fn a_version_that_is_gone_is_listed_anew() {
    let cluster = Cluster::with(&[(PODS, vec![pod("a", "10.0.0.1"), pod("b", "10.0.0.2")])]);
    let found = cluster.start("role: pod").await;
    wait(&found, |found| found.groups.len() == 2).await;
    cluster.watched(PODS).await;
    let gone = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "too old resource version",
        "reason": "Expired", "code": 410});
    cluster.0.lock().lists.insert(PODS.to_owned(), vec![pod("b", "10.0.0.2")]);
    cluster.refuse_next(PODS, 410, gone.clone());
    cluster.send(PODS, &json!({"type": "ERROR", "object": gone}));
    let after = wait(&found, |found| found.groups.len() == 1).await;
    assert!(after.groups.contains_key("pod/shop/b") && after.problems.is_empty());
}

#[tokio::test]
async fn what_is_forbidden_says_so_and_is_tried_again() {
    let cluster = Cluster::with(&[(PODS, vec![pod("a", "10.0.0.1")])]);
    let message = "pods is forbidden: User \"system:serviceaccount:x:y\" cannot list resource \"pods\"";
    for _ in 0..3 {
        cluster.refuse_next(PODS, 403, json!({"kind": "Status", "code": 403, "message": message}));
    }
    let found = cluster.start("role: pod").await;
    let refused = wait(&found, |found| !found.problems.is_empty()).await;
    let problem = &refused.problems["pods of all namespaces"];
    assert!(problem.contains("403 Forbidden") && problem.contains(message), "{problem}");
    wait(&found, |found| found.groups.len() == 1 && found.problems.is_empty()).await;
}

#[tokio::test]
async fn what_was_found_stays_when_a_watch_breaks() {
    let cluster = Cluster::with(&[(PODS, vec![pod("a", "10.0.0.1")])]);
    let found = cluster.start("role: pod").await;
    cluster.watched(PODS).await;
    cluster.refuse_next(PODS, 500, json!({}));
    cluster.send(PODS, &json!({"type": "NONSENSE", "object": {}}));
    let broken = wait(&found, |found| !found.problems.is_empty()).await;
    assert_eq!(broken.groups.len(), 1);
    wait(&found, |found| found.problems.is_empty()).await;
}

#[tokio::test]
async fn namespaces_and_selectors_narrow_what_is_asked() {
    let cluster = Cluster::with(&[
        ("/api/v1/namespaces/one/pods", vec![pod("a", "10.0.0.1")]),
        ("/api/v1/namespaces/two/pods", vec![]),
    ]);
    let config = "role: pod, namespaces: {names: [two, one]}, selectors: [{role: pod, label: 'a in (b,c)', field: spec.nodeName=n}]";
    wait(&cluster.start(config).await, |found| found.groups.len() == 1).await;
    let asked = cluster.asked("/namespaces/one/pods?");
    assert!(asked[0].contains("labelSelector=a+in+%28b%2Cc%29&fieldSelector=spec.nodeName%3Dn"), "{asked:?}");
    assert_eq!(cluster.asked("/api/v1/pods").len(), 0);
}

fn service() -> Value {
    json!({
        "metadata": {"name": "cart", "namespace": "shop", "labels": {"team": "a"}},
        "spec": {"type": "LoadBalancer", "clusterIP": "10.96.0.1", "loadBalancerIP": "1.2.3.4",
            "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": "http"}]}
    })
}

#[tokio::test]
async fn each_port_of_a_service_is_a_target() {
    let cluster = Cluster::with(&[("/api/v1/services", vec![service()])]);
    let found = wait(&cluster.start("role: service").await, |found| found.groups.len() == 1).await;
    check(
        &found,
        "service/shop/cart",
        0,
        &[
            ("__address__", "cart.shop.svc:80"),
            ("namespace", "shop"),
            ("service_cluster_ip", "10.96.0.1"),
            ("service_label_team", "a"),
            ("service_labelpresent_team", "true"),
            ("service_loadbalancer_ip", "1.2.3.4"),
            ("service_name", "cart"),
            ("service_port_name", "http"),
            ("service_port_number", "80"),
            ("service_port_protocol", "TCP"),
            ("service_type", "LoadBalancer"),
        ],
    );
}

fn has(found: &Found, source: &str, at: usize, expected: &[(&str, &str)]) {
    let labels = all(found, source, at);
    for (name, value) in expected {
        assert!(labels.contains(&((*name).to_owned(), (*value).to_owned())), "{name}={value} is not among {labels:?}");
    }
}

#[tokio::test]
async fn endpoints_know_service_pod_and_other_ports() {
    let endpoints = json!({
        "metadata": {"name": "cart", "namespace": "shop", "labels": {"team": "a"}},
        "subsets": [{
            "addresses": [{"ip": "10.0.0.1", "nodeName": "node-a", "hostname": "h",
                "targetRef": {"kind": "Pod", "name": "cart-1", "namespace": "shop"}}],
            "notReadyAddresses": [{"ip": "10.0.0.9"}],
            "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}]
        }]
    });
    let cluster = Cluster::with(&[
        ("/api/v1/endpoints", vec![endpoints]),
        ("/api/v1/services", vec![service()]),
        (PODS, vec![pod("cart-1", "10.0.0.1")]),
    ]);
    let found = cluster.start("role: endpoints").await;
    let first = wait(&found, |found| found.groups.len() == 1).await;
    let source = "endpoints/shop/cart";
    assert_eq!(addresses(&first, source), ["10.0.0.1:8080", "10.0.0.9:8080", "10.0.0.1:15090"]);
    has(
        &first,
        source,
        0,
        &[
            ("endpoints_name", "cart"),
            ("endpoints_label_team", "a"),
            ("service_name", "cart"),
            ("service_label_team", "a"),
            ("endpoint_ready", "true"),
            ("endpoint_port_name", "http"),
            ("endpoint_port_protocol", "TCP"),
            ("endpoint_node_name", "node-a"),
            ("endpoint_hostname", "h"),
            ("endpoint_address_target_kind", "Pod"),
            ("endpoint_address_target_name", "cart-1"),
            ("pod_name", "cart-1"),
            ("pod_container_name", "cart"),
            ("pod_container_port_number", "8080"),
        ],
    );
    has(&first, source, 1, &[("endpoint_ready", "false")]);
    has(&first, source, 2, &[("pod_container_name", "istio-proxy"), ("pod_container_port_name", "http-envoy-prom")]);
    cluster.watched(PODS).await;
    cluster.send(PODS, &json!({"type": "DELETED", "object": pod("cart-1", "10.0.0.1")}));
    wait(&found, |found| addresses(found, source) == ["10.0.0.1:8080", "10.0.0.9:8080"]).await;
}

#[tokio::test]
async fn slices_know_conditions_and_zones() {
    let slice = json!({
        "metadata": {"name": "cart-x1", "namespace": "shop", "labels": {"kubernetes.io/service-name": "cart"}},
        "addressType": "IPv6",
        "endpoints": [{"addresses": ["fd00::1"], "conditions": {"ready": true, "serving": true, "terminating": false},
            "nodeName": "node-a", "zone": "z1", "targetRef": {"kind": "Pod", "name": "cart-1", "namespace": "shop"}}],
        "ports": [{"name": "http", "port": 8080, "protocol": "TCP", "appProtocol": "grpc"}]
    });
    let cluster = Cluster::with(&[
        ("/apis/discovery.k8s.io/v1/endpointslices", vec![slice]),
        ("/api/v1/services", vec![service()]),
        (PODS, vec![pod("cart-1", "fd00::1")]),
    ]);
    let found = wait(&cluster.start("role: endpointslice").await, |found| found.groups.len() == 1).await;
    let source = "endpointslice/shop/cart-x1";
    assert_eq!(addresses(&found, source), ["[fd00::1]:8080", "[fd00::1]:15090"]);
    has(
        &found,
        source,
        0,
        &[
            ("endpointslice_name", "cart-x1"),
            ("endpointslice_address_type", "IPv6"),
            ("endpointslice_address_target_name", "cart-1"),
            ("endpointslice_endpoint_conditions_ready", "true"),
            ("endpointslice_endpoint_conditions_terminating", "false"),
            ("endpointslice_endpoint_zone", "z1"),
            ("endpointslice_port", "8080"),
            ("endpointslice_port_app_protocol", "grpc"),
            ("service_name", "cart"),
            ("pod_name", "cart-1"),
        ],
    );
}

fn node() -> Value {
    json!({
        "metadata": {"name": "node-a", "labels": {"topology.kubernetes.io/zone": "z1"}},
        "spec": {"providerID": "kind://a"},
        "status": {
            "addresses": [{"type": "Hostname", "address": "host-a"}, {"type": "InternalIP", "address": "10.1.0.1"}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}}
        }
    })
}

#[tokio::test]
async fn a_node_is_its_kubelet() {
    let cluster = Cluster::with(&[("/api/v1/nodes", vec![node()])]);
    let found = wait(&cluster.start("role: node").await, |found| found.groups.len() == 1).await;
    check(
        &found,
        "node/node-a",
        0,
        &[
            ("__address__", "10.1.0.1:10250"),
            ("node_address_Hostname", "host-a"),
            ("node_address_InternalIP", "10.1.0.1"),
            ("node_label_topology_kubernetes_io_zone", "z1"),
            ("node_labelpresent_topology_kubernetes_io_zone", "true"),
            ("node_name", "node-a"),
            ("node_provider_id", "kind://a"),
            ("instance", "node-a"),
        ],
    );
}

#[tokio::test]
async fn metadata_of_node_and_namespace_are_attached() {
    let namespace = json!({"metadata": {"name": "shop", "labels": {"istio-injection": "enabled"}}});
    let cluster = Cluster::with(&[
        (PODS, vec![pod("a", "10.0.0.1")]),
        ("/api/v1/nodes", vec![node()]),
        ("/api/v1/namespaces", vec![namespace]),
    ]);
    let config = "role: pod, attach_metadata: {node: true, namespace: true}";
    let found = cluster.start(config).await;
    let first = wait(&found, |found| found.groups.len() == 1).await;
    has(
        &first,
        "pod/shop/a",
        0,
        &[
            ("node_name", "node-a"),
            ("node_label_topology_kubernetes_io_zone", "z1"),
            ("namespace_label_istio_injection", "enabled"),
        ],
    );
    cluster.watched("/api/v1/namespaces").await;
    let changed = json!({"metadata": {"name": "shop", "labels": {"istio-injection": "disabled"}}});
    cluster.send("/api/v1/namespaces", &json!({"type": "MODIFIED", "object": changed}));
    let label = "__meta_kubernetes_namespace_label_istio_injection";
    wait(&found, |found| found.groups["pod/shop/a"].labels.get(label) == "disabled").await;
}
