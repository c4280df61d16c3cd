//! The queries that Tempo's clients send (Traces Drilldown, Grafana's data source, Kiali), asked of a server with the simulated mesh.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::corpora;
use crate::harness::{Server, Site, eventually, http_client};

/// What the examples are called in the mesh.
const NAMES: [(&str, &str); 4] = [
    ("reviews.bookinfo", "catalogue.shop"),
    ("\"frontend\"", "\"web\""),
    ("\"orders\"", "\"kafka\""),
    ("GET /cart", "POST /checkout"),
];
/// What asks for the first span of a trace, which is never a checkout's.
const ROOT: &str = "nestedSetParent<0";
const ROOT_SERVICE: &str = "\"ingress.edge\"";
/// What the mesh does not tell of, or not at all times: queries with one of these need not find something.
const ABSENT: [&str; 5] =
    ["event.exception.message=", "service.namespace", "traceDuration>1s", ".error = \"true\"", "duration > 500ms"];

/// A query, and where it is sent.
struct Asked {
    endpoint: String,
    query: String,
}

fn asked(text: &str) -> Vec<Asked> {
    let between = |line: &str, before: &str, after: char| {
        let (found, _) = line.split_once(before)?.1.split_once(after)?;
        Some(found.trim().to_owned())
    };
    let one = |line: &str| {
        let (_, query) = line.split_once("query: '")?;
        let (query, _) = query.split_once('\'')?;
        let query = NAMES.iter().fold(query.to_owned(), |query, (name, here)| query.replace(name, here));
        let query = if query.contains(ROOT) { query.replace("\"checkout\"", ROOT_SERVICE) } else { query };
        Some(Asked { endpoint: between(line, "endpoint:", ',')?, query })
    };
    text.lines().filter_map(one).collect()
}

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// How much there is in the answer.
async fn found(server: &Server, asked: &Asked) -> usize {
    let (start, end) = ((now_s() - 600).to_string(), (now_s() + 1).to_string());
    let times = [("start", start.as_str()), ("end", end.as_str()), ("q", asked.query.as_str())];
    let (path, more, list): (_, &[(&str, &str)], _) = match asked.endpoint.as_str() {
        "range" => ("/tempo/api/metrics/query_range", &[("step", "600s")], "series"),
        "search" => ("/tempo/api/search", &[("limit", "200"), ("spss", "20")], "traces"),
        "values" => ("/tempo/api/v2/search/tag/resource.service.name/values", &[], "tagValues"),
        other => panic!("{other} is no endpoint: {}", asked.query),
    };
    let request = http_client().get(server.url(path)).query(&times).query(more);
    let answer = request.send().await.expect("the server answers");
    let (status, text) = (answer.status(), answer.text().await.expect("a text"));
    assert!(status.is_success(), "{}: {status}: {text}", asked.query);
    let answer: Value = serde_json::from_str(&text).expect("the answer is JSON");
    answer[list].as_array().map_or(0, Vec::len)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_clients_is_answered() {
    let Some(corpus) = corpora::directory("queries of clients", "traceql") else { return };
    let text = std::fs::read_to_string(corpus.join("client-queries.yaml")).expect("the queries are there");
    let asked = asked(&text);
    assert_eq!(asked.len(), 36);
    let site = Site::new("");
    let server = site.start_demo().await;
    for one in &asked {
        let may_be_empty = ABSENT.iter().any(|absent| one.query.contains(absent));
        if may_be_empty {
            found(&server, one).await;
        } else {
            eventually(&format!("{} finds something", one.query), async || {
                (found(&server, one).await > 0).then_some(())
            })
            .await;
        }
    }
    let checked = asked.iter().filter(|one| ABSENT.iter().all(|absent| !one.query.contains(absent))).count();
    assert!(checked >= 30, "{checked}");
    server.stop().await;
}
