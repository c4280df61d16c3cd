//! Against recorded answers: JSON in the form that Consul's API documentation gives, served by a local server that blocks
//! as Consul does, until a test changes what it would answer.

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::watch;

use super::*;
use crate::scrape::discovery::Found;
use crate::scrape::testing::{serve, wait_found as wait};

/// An entry of `/v1/health/service/<name>` as documented, shortened.
const WEB: &str = r#"[{
  "Node": {
    "ID": "40e4a748-2192-161a-0510-9bf59fe950b5", "Node": "t2.320", "Address": "10.1.10.12", "Datacenter": "dc1",
    "TaggedAddresses": {"lan": "10.1.10.12", "wan": "10.1.20.12"}, "Meta": {"instance-type": "t2.medium"}
  },
  "Service": {
    "ID": "web-1", "Service": "web", "Tags": ["primary", "v1"], "Address": "", "Port": 8000,
    "Meta": {"metrics.path": "/m"}, "Namespace": "default", "Partition": "default", "Weights": {"Passing": 10, "Warning": 1}
  },
  "Checks": [
    {"Node": "t2.320", "CheckID": "serfHealth", "Name": "Serf Health Status", "Status": "passing", "Output": ""},
    {"Node": "t2.320", "CheckID": "service:web", "Name": "Service 'web' check", "Status": "warning", "Output": ""}
  ]
}]"#;

/// What the server answers at the moment.
#[derive(Clone, Debug)]
struct State_ {
    index: u64,
    services: &'static str,
    instances: &'static str,
    is_broken: bool,
    asked: Vec<String>,
}

type Server = watch::Sender<State_>;

fn index_of(query: &str) -> u64 {
    query.split('&').find_map(|pair| pair.strip_prefix("index=")).unwrap().parse().unwrap()
}

/// Answers when there is something newer than what the question has.
async fn answer(server: Server, asked: String, query: String, body: fn(&State_) -> &'static str) -> Response {
    server.send_modify(|state| state.asked.push(format!("{asked}?{query}")));
    let known = index_of(&query);
    let mut states = server.subscribe();
    let state = states.wait_for(|state| state.index != known || state.is_broken).await.unwrap().clone();
    if state.is_broken {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    ([("x-consul-index", state.index.to_string())], body(&state)).into_response()
}

async fn consul(keys: &str) -> (Server, watch::Receiver<Found>) {
    let (server, _) = watch::channel(State_ {
        index: 1,
        services: r#"{"consul": [], "web": ["primary", "v1"]}"#,
        instances: WEB,
        is_broken: false,
        asked: Vec::new(),
    });
    let router = Router::new()
        .route(
            "/p/v1/agent/self",
            get(|headers: HeaderMap| async move {
                assert_eq!(headers["x-consul-token"], "secret");
                r#"{"Config": {"Datacenter": "dc1", "NodeName": "n"}, "Member": {}}"#
            }),
        )
        .route(
            "/p/v1/catalog/services",
            get(|State(server): State<Server>, RawQuery(query): RawQuery| async {
                answer(server, "services".to_owned(), query.unwrap(), |state| state.services).await
            }),
        )
        .route(
            "/p/v1/health/service/{name}",
            get(|State(server): State<Server>, Path(name): Path<String>, RawQuery(query): RawQuery| async {
                answer(server, name, query.unwrap(), |state| state.instances).await
            }),
        )
        .with_state(server.clone());
    let address = serve(router).await;
    let yaml = format!("{{server: '{address}', path_prefix: /p, token: secret, refresh_interval: 10ms, {keys}}}");
    let (groups, found) = Groups::new();
    tokio::spawn(run(serde_saphyr::from_str(&yaml).unwrap(), groups));
    (server, found)
}

#[tokio::test]
async fn an_instance_has_all_documented_labels() {
    let (_server, found) = consul("services: [web]").await;
    let found = wait(&found, |found| found.groups.contains_key("web")).await;
    let group = &found.groups["web"];
    assert_eq!((group.labels.get("__meta_consul_service"), group.labels.get("__meta_consul_dc")), ("web", "dc1"));
    let mut target = group.targets[0].clone();
    target.sort();
    let labels: Vec<_> = target.iter().collect();
    assert_eq!(
        labels,
        [
            ("__address__", "10.1.10.12:8000"),
            ("__meta_consul_address", "10.1.10.12"),
            ("__meta_consul_health", "warning"),
            ("__meta_consul_metadata_instance_type", "t2.medium"),
            ("__meta_consul_namespace", "default"),
            ("__meta_consul_node", "t2.320"),
            ("__meta_consul_partition", "default"),
            ("__meta_consul_service_id", "web-1"),
            ("__meta_consul_service_metadata_metrics_path", "/m"),
            ("__meta_consul_service_port", "8000"),
            ("__meta_consul_tagged_address_lan", "10.1.10.12"),
            ("__meta_consul_tagged_address_wan", "10.1.20.12"),
            ("__meta_consul_tags", ",primary,v1,"),
        ]
    );
}

#[tokio::test]
async fn services_come_and_go_with_the_catalog() {
    let (server, found) = consul("").await;
    wait(&found, |found| found.groups.len() == 2).await;
    server.send_modify(|state| (state.index, state.services) = (2, r#"{"web": ["primary"]}"#));
    let after = wait(&found, |found| found.groups.len() == 1).await;
    assert!(after.groups.contains_key("web"));
    server.send_modify(|state| (state.index, state.instances) = (3, "[]"));
    wait(&found, |found| found.groups["web"].targets.is_empty()).await;
}

#[tokio::test]
async fn tags_choose_services_and_instances() {
    let (server, found) = consul("tags: [v1], node_meta: {rack: a}, filter: 'x == y', datacenter: dc2").await;
    let after = wait(&found, |found| !found.groups.is_empty()).await;
    assert_eq!(after.groups.keys().collect::<Vec<_>>(), ["web"]);
    assert_eq!(after.groups["web"].labels.get("__meta_consul_dc"), "dc2");
    let asked = server.borrow().asked.clone();
    assert_eq!(asked[0], "services?filter=x+%3D%3D+y&stale=&dc=dc2&node-meta=rack%3Aa&index=0&wait=120s");
    assert_eq!(
        asked.iter().find(|asked| asked.starts_with("web")).unwrap(),
        "web?tag=v1&stale=&dc=dc2&node-meta=rack%3Aa&index=0&wait=120s"
    );
}

#[tokio::test]
async fn what_was_found_stays_when_the_server_fails() {
    let (server, found) = consul("services: [web]").await;
    wait(&found, |found| found.groups.contains_key("web")).await;
    server.send_modify(|state| state.is_broken = true);
    let broken = wait(&found, |found| !found.problems.is_empty()).await;
    assert_eq!(broken.groups["web"].targets.len(), 1);
    assert_eq!(
        broken.problems["web"],
        "failed to ask Consul for /p/v1/health/service/web: server returned HTTP status 500 Internal Server Error"
    );
    server.send_modify(|state| (state.is_broken, state.index) = (false, 9));
    wait(&found, |found| found.problems.is_empty()).await;
}

#[tokio::test]
async fn a_catalog_that_began_anew_is_followed() {
    let (server, found) = consul("services: [web]").await;
    server.send_modify(|state| state.index = 50);
    wait(&found, |found| found.groups.contains_key("web")).await;
    server.send_modify(|state| (state.index, state.instances) = (5, "[]"));
    wait(&found, |found| found.groups["web"].targets.is_empty()).await;
}
