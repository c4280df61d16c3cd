use axum::http::StatusCode;
use serde_json::Value as Json;

use super::super::harness::{Harness, Reply};
use crate::Config;

fn check_text(reply: &Reply, expected: &str) {
    assert_eq!((reply.status, reply.text().as_str()), (StatusCode::OK, expected));
    assert!(reply.headers["content-type"].to_str().unwrap().starts_with("text/plain"));
}

#[tokio::test]
async fn echo_is_what_grafana_tests() {
    check_text(&Harness::new().await.get("/tempo/api/echo").await, "echo\n");
}

#[tokio::test]
async fn buildinfo_is_not_wrapped() {
    let info = Harness::new().await.get("/tempo/api/status/buildinfo").await.json();
    let fields: Vec<&String> = info.as_object().unwrap().keys().collect();
    let mut expected = ["version", "revision", "branch", "buildUser", "buildDate", "goVersion"];
    expected.sort_unstable();
    assert_eq!(fields, expected);
    assert!(info.as_object().unwrap().values().all(Json::is_string));
    let major: u32 = info["version"].as_str().unwrap().split('.').next().unwrap().parse().unwrap();
    assert!(major >= 2, "from 2 on clients ask by TraceQL");
}

#[tokio::test]
async fn services_are_a_table_for_people() {
    let running = "SERVICE NAME    STATUS     FAILURE CASE\n\
                   store           Running\n\
                   query           Running\n";
    check_text(&Harness::new().await.get("/tempo/status/services").await, running);
    let starting = Harness::not_started(Config::default()).await.get("/tempo/status/services").await;
    check_text(&starting, &running.replace("Running", "Starting"));
}
