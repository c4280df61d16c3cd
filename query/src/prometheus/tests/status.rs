use axum::http::StatusCode;

use super::{check_data, get};

#[tokio::test]
async fn buildinfo_has_no_features() {
    let info = r#"{"version":"3.5.0","revision":"spanloom-0.1.0","branch":"main","buildUser":"spanloom","buildDate":"20260101-00:00:00","goVersion":"rustc 1.95"}"#;
    check_data("/api/v1/status/buildinfo", info).await;
}

#[tokio::test]
async fn the_configuration_has_the_intervals() {
    let yaml = r#"global:\n  scrape_interval: 15s\n  scrape_timeout: 10s\n  evaluation_interval: 1m\n"#;
    check_data("/api/v1/status/config", &format!(r#"{{"yaml":"{yaml}"}}"#)).await;
}

#[tokio::test]
async fn flags_are_texts() {
    check_data("/api/v1/status/flags", r#"{"query.timeout":"2m"}"#).await;
}

#[tokio::test]
async fn runtimeinfo_says_how_long_samples_are_kept() {
    let (status, body) = get("/api/v1/status/runtimeinfo").await;
    assert_eq!(status, StatusCode::OK);
    let mut answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    let info = &mut answer["data"];
    // What depends on the machine.
    assert!(info["GOMAXPROCS"].take().as_u64().is_some_and(|threads| threads > 0));
    assert!(info["goroutineCount"].take().is_u64());
    let expected = serde_json::json!({
        "startTime": "2023-11-14T22:13:20Z", "CWD": "/data", "hostname": "mesh-1", "serverTime": "2023-11-14T22:23:20Z",
        "reloadConfigSuccess": true, "lastConfigTime": "2023-11-14T22:13:20.250Z", "corruptionCount": 0,
        "goroutineCount": null, "GOMAXPROCS": null, "GOMEMLIMIT": 1 << 30, "GOGC": "", "GODEBUG": "",
        "storageRetention": "14d or 80%"
    });
    assert_eq!(*info, expected);
}

#[tokio::test]
async fn tsdb_lists_the_largest() {
    let head = r#""headStats":{"numSeries":13,"numLabelPairs":19,"chunkCount":2,"minTime":1700000000000,"maxTime":1700000600000}"#;
    let metrics = r#""seriesCountByMetricName":[{"name":"odd","value":5},{"name":"latency","value":2}]"#;
    let labels = r#""labelValueCountByLabelName":[{"name":"kind","value":5}],"memoryInBytesByLabelName":[{"name":"kind","value":20}]"#;
    let pairs = r#""seriesCountByLabelValuePair":[{"name":"job=api","value":4}]"#;
    check_data("/api/v1/status/tsdb?limit=2", &format!("{{{head},{metrics},{labels},{pairs}}}")).await;
    let (_, body) = get("/api/v1/status/tsdb").await;
    assert!(body.contains(r#"{"name":"utf8.metric","value":1}"#), "{body}");
}

#[tokio::test]
async fn there_are_no_rules_and_no_alerts() {
    for path in
        ["", "?type=alert", "?type=record", "?exclude_alerts=true", "?group_limit=5", "?match[]=up", "?type=ALERT"]
    {
        check_data(&format!("/api/v1/rules{path}"), r#"{"groups":[]}"#).await;
    }
    check_data("/api/v1/alerts", r#"{"alerts":[]}"#).await;
    check_data("/api/v1/alertmanagers", r#"{"activeAlertmanagers":[],"droppedAlertmanagers":[]}"#).await;
}

const API: &str = r#"{"discoveredLabels":{"__address__":"a:1"},"labels":{"instance":"a:1","job":"api"},"scrapePool":"api","scrapeUrl":"http://a:1/metrics","globalUrl":"http://a:1/metrics","lastError":"","lastScrape":"2023-11-14T22:23:20Z","lastScrapeDuration":0.25,"health":"up","scrapeInterval":"15s","scrapeTimeout":"10s"}"#;
const WEB: &str = r#"{"discoveredLabels":{"__address__":"b:1"},"labels":{"instance":"b:1","job":"web"},"scrapePool":"web","scrapeUrl":"http://b:1/metrics","globalUrl":"http://b:1/metrics","lastError":"connection refused","lastScrape":"0001-01-01T00:00:00Z","lastScrapeDuration":0.0,"health":"down","scrapeInterval":"15s","scrapeTimeout":"10s"}"#;
const DROPPED: &str = r#"{"discoveredLabels":{"__address__":"c:1"},"scrapePool":"web"}"#;

async fn check_targets(query: &str, active: &str, dropped: &str, counts: &str) {
    let data =
        format!(r#"{{"activeTargets":[{active}],"droppedTargets":[{dropped}],"droppedTargetCounts":{{{counts}}}}}"#);
    check_data(&format!("/api/v1/targets{query}"), &data).await;
}

#[tokio::test]
async fn targets_are_sorted_by_pool() {
    check_targets("", &format!("{API},{WEB}"), DROPPED, r#""web":3"#).await;
    check_targets("?state=any", &format!("{API},{WEB}"), DROPPED, r#""web":3"#).await;
    check_targets("?state=active", &format!("{API},{WEB}"), "", "").await;
    check_targets("?state=dropped", "", DROPPED, r#""web":3"#).await;
    check_targets("?scrapePool=api", API, "", "").await;
    check_data("/api/v1/scrape_pools", r#"{"scrapePools":["api","web"]}"#).await;
}

#[tokio::test]
async fn it_is_healthy_and_ready() {
    assert_eq!(get("/-/healthy").await, (StatusCode::OK, "Spanloom is healthy.\n".to_owned()));
    assert_eq!(get("/-/ready").await, (StatusCode::OK, "Spanloom is ready.\n".to_owned()));
}

#[test]
fn every_route_is_described() {
    use utoipa::OpenApi;
    let described = crate::prometheus::ApiDoc::openapi();
    let paths: Vec<&String> = described.paths.paths.keys().collect();
    assert_eq!(paths.len(), 21, "{paths:?}");
    assert!(paths.iter().all(|path| path.starts_with("/prometheus/")), "{paths:?}");
    let described = serde_json::to_value(&described).unwrap();
    let operations = described["paths"].as_object().unwrap().values().map(|path| &path["get"]["operationId"]);
    let names: std::collections::BTreeSet<&str> = operations.map(|name| name.as_str().unwrap()).collect();
    assert_eq!(names.len(), 21, "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("prometheus_")), "{names:?}");
}
