//! Answers line by line.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::Value as Json;
use tower::ServiceExt as _;

use crate::Config;

use super::super::harness::{HOUR_NS, Harness, MINUTE_NS, NOW_NS, Reply, SECOND_NS, hex, sample};
use super::escaped;

const LINES: &str = "application/x-ndjson";
const ALL: &str = "&start=now-12h";

async fn reply(harness: &Harness, query: &str, more: &str) -> Reply {
    let path = format!("/api/v1/traces?q={}{more}", escaped(query));
    harness.send(Request::get(path).header("accept", LINES).body(Body::empty()).unwrap()).await
}

async fn lines(harness: &Harness, query: &str, more: &str) -> Vec<Json> {
    let reply = reply(harness, query, more).await;
    assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.text());
    assert_eq!(reply.headers["content-type"], LINES);
    reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Traces over ten hours, the older half in the lake.
async fn harness() -> Harness {
    let harness = Harness::new().await;
    for i in 0..60 {
        let start_ns = NOW_NS - 10 * HOUR_NS + i as i64 * 10 * MINUTE_NS;
        let root = sample(i, 1000 + i, Some("a"), start_ns).lasting(30 * MINUTE_NS);
        let child = sample(i, 2000 + i, Some("b"), start_ns + 20 * MINUTE_NS).child_of(1000 + i);
        harness.append(&[root, if i % 3 == 0 { child.failed() } else { child }]).await;
        if i == 30 {
            harness.flush().await;
        }
    }
    harness
}

/// The newest of all traces that lines told of, as a client puts them together.
fn newest(lines: &[Json], limit: usize) -> Vec<Json> {
    let mut traces: Vec<Json> = lines.iter().flat_map(|line| line["traces"].as_array().unwrap().clone()).collect();
    traces.sort_by_key(|trace| std::cmp::Reverse(int(&trace["start_time_unix_nano"])));
    traces.truncate(limit);
    traces
}

fn int(digits: &Json) -> i64 {
    digits.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn lines_add_up_to_the_answer() {
    let harness = harness().await;
    for (query, limit) in
        [("{ status = error }", 1), ("{ status = error }", 7), ("{ }", 1000), ("{ name = \"none\" }", 5)]
    {
        let more = format!("{ALL}&limit={limit}");
        let lines = lines(&harness, query, &more).await;
        let whole = harness.get(&format!("/api/v1/traces?q={}{more}", escaped(query))).await.json();
        assert_eq!(&Json::Array(newest(&lines, limit)), &whole["traces"], "{query} {limit}");
        let (last, steps) = lines.split_last().unwrap();
        assert_eq!((&last["done"], &last["partial"]), (&Json::Bool(true), &Json::Null));
        assert!(steps.iter().all(|line| line["done"] == false && line["partial"].is_null()));
        assert!(!steps.is_empty());
    }
}

#[tokio::test]
async fn each_line_tells_how_far_the_search_has_come() {
    let harness = harness().await;
    let lines = lines(&harness, "{ status = error }", &format!("{ALL}&limit=100")).await;
    let (last, steps) = lines.split_last().unwrap();
    assert!(steps.len() > 2, "{} steps", steps.len());
    let froms: Vec<i64> = steps.iter().map(|line| int(&line["searched_from"])).collect();
    assert!(froms.windows(2).all(|pair| pair[1] < pair[0]), "{froms:?}");
    assert!(steps.iter().all(|line| int(&line["range_start"]) == NOW_NS - 10 * HOUR_NS), "no data lies before");
    assert_eq!(froms.last(), Some(&(NOW_NS - 10 * HOUR_NS)));
    let told = |line: &Json| line["traces"].as_array().unwrap().len();
    assert!(steps.iter().filter(|line| told(line) > 0).count() > 2, "what is found is not kept back");
    let spans: Vec<u64> = lines.iter().map(|line| line["inspected"]["spans"].as_u64().unwrap()).collect();
    assert!(spans.is_sorted() && last["inspected"]["traces"].as_u64() >= Some(20), "{spans:?}");
    assert!(last["inspected"]["files"].as_u64() > Some(0) && last["inspected"]["bytes"].as_u64() > Some(0));
}

#[tokio::test]
async fn traces_that_begin_after_the_range_are_not_judged() {
    let harness = Harness::new().await;
    let end_ns = NOW_NS - HOUR_NS;
    harness.append(&[sample(1, 1, Some("a"), end_ns - SECOND_NS)]).await;
    harness.append(&[sample(1, 2, Some("b"), end_ns + SECOND_NS).child_of(1).failed()]).await;
    for i in 10..60 {
        harness.append(&[sample(i, i, Some("a"), end_ns + i as i64 * SECOND_NS).failed()]).await;
    }
    harness.flush().await;
    let range = format!("&start={}&end={end_ns}", end_ns - HOUR_NS);
    let lines = lines(&harness, "{ status = error }", &range).await;
    let found = newest(&lines, 10);
    assert_eq!(found.iter().map(|trace| trace["trace_id"].clone()).collect::<Vec<_>>(), [hex(1)]);
    assert_eq!(lines.last().unwrap()["inspected"]["traces"], 1);
}

#[tokio::test]
async fn what_is_wrong_from_the_start_is_an_ordinary_error() {
    let harness = harness().await;
    let refused = reply(&harness, "{ status = }", "").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()["error"]["position"]["column"], 12);
    assert_eq!(reply(&harness, "{ }", "&limit=0").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_goes_wrong_later_is_the_last_line() {
    let harness = Harness::new().await;
    harness.append(&[sample(1, 1, Some("a"), NOW_NS - 10 * HOUR_NS)]).await;
    harness.flush().await;
    harness.append(&[sample(2, 2, Some("a"), NOW_NS - SECOND_NS)]).await;
    for file in harness.lake_files("spans") {
        let length = std::fs::metadata(&file).unwrap().len();
        std::fs::write(file, vec![0; usize::try_from(length).unwrap()]).unwrap();
    }
    let lines = lines(&harness, "{ name =~ \"span.*\" }", ALL).await;
    let (last, steps) = lines.split_last().unwrap();
    assert_eq!(newest(steps, 10).len(), 1, "what was found before is there");
    assert_eq!(last["error"]["code"], "internal");
    assert!(last["error"]["message"].as_str().unwrap().contains("damaged"), "{last}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_read_on_lets_others_ask() {
    let harness = Harness::with(Config { concurrency_max: 1, ..Config::default() }).await;
    for i in 0..40 {
        harness.append(&[sample(i, i + 1, Some("a"), NOW_NS - i as i64 * 10 * MINUTE_NS)]).await;
    }
    let path = format!("/api/v1/traces?q={}{ALL}&limit=1000", escaped("{ }"));
    let request = Request::get(path).header("accept", LINES).body(Body::empty()).unwrap();
    let mut body = harness.query.router().oneshot(request).await.unwrap().into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(serde_json::from_slice::<Json>(&first).unwrap()["done"], false);
    assert_eq!(harness.rows("select 1 as one").await, serde_json::json!([[1]]));
    let rest = body.collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&rest).trim_end().ends_with('}'), "and the answer is still whole");
}

#[tokio::test]
async fn an_empty_store_has_a_last_line() {
    let lines = lines(&Harness::new().await, "{ }", "").await;
    assert_eq!((lines.len(), &lines[0]["done"]), (1, &Json::Bool(true)));
}
