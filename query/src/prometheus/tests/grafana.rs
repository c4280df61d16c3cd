//! What Grafana's data source for Prometheus asks when it starts and when its editor opens. Each decides what it shows.

use super::{check, check_data, get, post};

#[tokio::test]
async fn its_health_check_is_answered() {
    let expected = r#"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#;
    check("/api/v1/query?query=1%2B1&time=4", expected).await;
    // By default it posts, and the rest of its parameters stand in the URL.
    let (status, body) = post("/api/v1/query?stats=", "query=1%2B1&time=4").await;
    assert_eq!((status.as_u16(), body.as_str()), (200, expected));
}

#[tokio::test]
async fn it_takes_us_for_prometheus() {
    let (_, body) = get("/api/v1/status/buildinfo").await;
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    let fields = answer["data"].as_object().unwrap();
    assert!(fields.values().all(serde_json::Value::is_string), "{body}");
    assert!(!fields.contains_key("features"), "with features it takes us for Mimir");
    assert!(fields["version"].as_str().unwrap().starts_with("3."));
}

#[tokio::test]
async fn it_finds_that_there_are_no_rules() {
    check_data("/api/v1/rules", r#"{"groups":[]}"#).await;
}

#[tokio::test]
async fn its_probe_of_exemplars_in_milliseconds_succeeds() {
    check_data("/api/v1/query_exemplars?query=test&start=1699998800000&end=1700000600000", "[]").await;
}

#[tokio::test]
async fn its_editor_finds_metrics_and_labels() {
    let (status, body) = get("/api/v1/metadata?limit=40000").await;
    assert!(status.is_success() && body.contains("requests_total"), "{body}");
    let (status, body) = post("/api/v1/labels", "start=1700000000&end=1700000600&limit=40000").await;
    assert!(status.is_success() && body.contains("instance"), "{body}");
    let (status, body) = get("/api/v1/label/__name__/values?limit=40000&start=1700000000&end=1700000600").await;
    assert!(status.is_success() && body.contains("requests_total"), "{body}");
}

/// Its reader of streams wants to know the type before the values come.
#[tokio::test]
async fn the_type_stands_before_the_result() {
    let (_, body) = post("/api/v1/query_range?stats=all", "query=up&start=1700000000&end=1700000030&step=15").await;
    assert!(body.starts_with(r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric""#), "{body}");
}
