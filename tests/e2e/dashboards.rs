//! Every query of every dashboard is asked of a server with the simulated mesh, and has an answer.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Server, Site, eventually};

/// What stands for the variables of dashboards, longer names first: one contains another. The scrapes of the mesh are
/// seconds apart, so that a minute holds several.
const VARIABLES: [(&str, &str); 24] = [
    ("${namespace:pipe}", ".*"),
    ("$__rate_interval", "1m"),
    ("$__range", "60s"),
    ("$__interval", "15s"),
    ("$client_app", "checkout"),
    ("$server_app", "payment"),
    ("${client_app}", "checkout"),
    ("${server_app}", "payment"),
    ("${namespace}", ".*"),
    ("${service}", "inventory"),
    ("${client}", "checkout"),
    ("${server}", "payment"),
    ("${workload}", "catalogue-v1"),
    ("${canonical}", "catalogue"),
    ("$namespace", ".*"),
    ("$instance", ".*"),
    ("$canonical", "catalogue"),
    ("$workload", "catalogue-v1"),
    ("$service", "inventory"),
    ("$client", "checkout"),
    ("$server", "payment"),
    ("${app}", ".*"),
    ("$app", ".*"),
    ("${instance}", ".*"),
];
/// Of the queries that can have data in a calm mesh, the part that must have some; the rest look for trouble, or for
/// proxies that the mesh does not have between these services.
const FULL_MIN: f64 = 0.6;

struct Asked {
    dashboard: String,
    query: String,
}

fn filled(text: &str) -> String {
    VARIABLES.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
}

fn dashboards() -> Vec<(String, Value)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards");
    let entries = std::fs::read_dir(&directory).expect("there are dashboards");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).expect("a dashboard is a text");
            (name, serde_json::from_str(&text).expect("a dashboard is JSON"))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

fn panels(dashboards: &[(String, Value)]) -> Vec<Asked> {
    let mut asked = Vec::new();
    for (name, dashboard) in dashboards {
        for panel in dashboard["panels"].as_array().expect("a dashboard has panels") {
            for target in panel["targets"].as_array().into_iter().flatten() {
                if let Some(expr) = target["expr"].as_str() {
                    asked.push(Asked { dashboard: name.clone(), query: filled(expr) });
                }
            }
        }
    }
    asked
}

async fn ask(server: &Server, path: &str, parameters: &[(&str, &str)]) -> Value {
    let request = crate::harness::http_client().get(server.url(path)).query(parameters);
    let answer = request.send().await.expect("the server answers");
    answer.json().await.expect("the answer is JSON")
}

async fn is_full(server: &Server, asked: &Asked) -> bool {
    let answer = ask(server, "/prometheus/api/v1/query", &[("query", &asked.query)]).await;
    assert_eq!(answer["status"], "success", "{}: {}\n{answer}", asked.dashboard, asked.query);
    !answer["data"]["result"].as_array().expect("a result").is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_every_dashboard_is_answered() {
    let dashboards = dashboards();
    let asked = panels(&dashboards);
    assert!(asked.len() > 100, "{} queries", asked.len());
    let site = Site::new("");
    let server = site.start_demo().await;
    let rates = "sum(rate(istio_requests_total[1m])) and on () sum(rate(traces_service_graph_request_total[1m])) \
                 and on () sum(rate(spanloom_ingest_spans_total[1m]))";
    eventually("the mesh has rates, and the server", async || {
        let answer = ask(&server, "/prometheus/api/v1/query", &[("query", rates)]).await;
        answer["data"]["result"].get(0).map(|_| ())
    })
    .await;
    let mut empty = Vec::new();
    for one in &asked {
        if !is_full(&server, one).await {
            empty.push(format!("{}: {}", one.dashboard, one.query));
        }
    }
    let full = asked.len() - empty.len();
    println!("{full} of {} queries have data; without:\n{}", asked.len(), empty.join("\n"));
    assert!(full as f64 >= asked.len() as f64 * FULL_MIN, "{full} of {} have data", asked.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_variable_of_every_dashboard_has_values() {
    let site = Site::new("");
    let server = site.start_demo().await;
    for (name, dashboard) in dashboards() {
        for variable in dashboard["templating"]["list"].as_array().into_iter().flatten() {
            let Some(query) = variable["query"]["query"].as_str().filter(|_| variable["type"] == "query") else {
                continue;
            };
            let inside = query.strip_prefix("label_values(").and_then(|text| text.strip_suffix(')'));
            let inside = filled(inside.unwrap_or_else(|| panic!("{name}: {query}")));
            let (selector, label) = inside.rsplit_once(',').map_or((None, inside.as_str()), |(s, l)| (Some(s), l));
            let path = format!("/prometheus/api/v1/label/{}/values", label.trim());
            let matches: Vec<(&str, &str)> =
                selector.map(|selector| ("match[]", selector.trim())).into_iter().collect();
            eventually(&format!("{name}: {query} has values"), async || {
                let answer = ask(&server, &path, &matches).await;
                assert_eq!(answer["status"], "success", "{name}: {query}\n{answer}");
                (!answer["data"].as_array().expect("values").is_empty()).then_some(())
            })
            .await;
        }
    }
}
