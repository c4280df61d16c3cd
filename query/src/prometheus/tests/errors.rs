use axum::body::Body;
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

use super::store::Memory;
use super::{FORM, about, api, check_refused, encoded, exchange, instant, post};
use crate::prometheus::{Failure, router};
use crate::promql::engine::QueryFailure;
use crate::promql::source::SourceError;

async fn check_bad_data(path: &str, error: &str) {
    check_refused(path, 400, "bad_data", error).await;
}

#[tokio::test]
async fn what_is_no_promql_is_refused_with_its_place() {
    let no_expression = r#"invalid parameter "query": unknown position: parse error: no expression found in input"#;
    let open = r#"invalid parameter "query": 1:3: parse error: unclosed left parenthesis"#;
    for path in ["query?x=1", "query_range?start=0&end=1&step=1", "format_query?x=1", "parse_query?x=1"] {
        check_bad_data(&format!("/api/v1/{path}"), no_expression).await;
        check_bad_data(&format!("/api/v1/{path}&query=(1"), open).await;
    }
    check_bad_data("/api/v1/query_exemplars?query=(1", "1:3: parse error: unclosed left parenthesis").await;
}

#[tokio::test]
async fn times_that_are_none_are_refused() {
    let invalid = |name: &str| {
        format!(r#"invalid parameter "{name}": invalid time value for '{name}': cannot parse "x" to a valid timestamp"#)
    };
    check_bad_data("/api/v1/query?query=up&time=x", &invalid("time")).await;
    for path in ["labels?a=b", "label/job/values?a=b", "series?match[]=up", "query_exemplars?query=up"] {
        check_bad_data(&format!("/api/v1/{path}&start=x"), &invalid("start")).await;
        check_bad_data(&format!("/api/v1/{path}&end=x"), &invalid("end")).await;
    }
}

#[tokio::test]
async fn ranges_are_checked() {
    let of = |times: &str| format!("/api/v1/query_range?query=up{times}");
    check_bad_data(&of(""), r#"invalid parameter "start": cannot parse "" to a valid timestamp"#).await;
    let order = r#"invalid parameter "end": end timestamp must not be before start time"#;
    check_bad_data(&of("&start=2&end=1&step=1"), order).await;
    let step = r#"invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer"#;
    check_bad_data(&of("&start=1&end=2&step=0"), step).await;
    let many =
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)";
    check_bad_data(&of("&start=0&end=11001&step=1"), many).await;
    let exemplars = "end timestamp must not be before start timestamp";
    check_bad_data("/api/v1/query_exemplars?query=up&start=2&end=1", exemplars).await;
}

#[tokio::test]
async fn other_parameters_are_checked() {
    let timeout = r#"invalid parameter "timeout": cannot parse "x" to a valid duration"#;
    check_bad_data("/api/v1/query?query=up&timeout=x", timeout).await;
    let lookback = r#"error parsing lookback delta duration: cannot parse "x" to a valid duration"#;
    check_bad_data("/api/v1/query?query=up&lookback_delta=x", lookback).await;
    let limit = r#"invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax"#;
    let negative = r#"invalid parameter "limit": limit must be non-negative"#;
    for path in ["query?query=up", "labels?a=b", "label/job/values?a=b", "series?match[]=up"] {
        check_bad_data(&format!("/api/v1/{path}&limit=x"), limit).await;
        check_bad_data(&format!("/api/v1/{path}&limit=-1"), negative).await;
    }
    check_bad_data("/api/v1/metadata?limit=x", "limit must be a number").await;
    check_bad_data("/api/v1/metadata?limit_per_metric=x", "limit_per_metric must be a number").await;
    check_bad_data("/api/v1/status/tsdb?limit=0", "limit must be a positive number").await;
    check_bad_data("/api/v1/status/tsdb?limit=x", "limit must be a positive number").await;
    check_bad_data("/api/v1/status/tsdb?limit=10001", "limit must not exceed 10000").await;
}

#[tokio::test]
async fn selectors_are_checked() {
    check_bad_data("/api/v1/series", "no match[] parameter provided").await;
    let empty = "match[] must contain at least one non-empty matcher";
    check_bad_data("/api/v1/series?match[]={}", &format!(r#"invalid parameter "match[]": {empty}"#)).await;
    let all = encoded(r#"{job=~".*"}"#);
    for path in ["labels", "label/job/values", "rules"] {
        check_bad_data(&format!("/api/v1/{path}?match[]={all}"), empty).await;
    }
    check_bad_data(
        "/api/v1/label/%20/values?limit=x",
        r#"invalid parameter "limit": strconv.Atoi: parsing "x": invalid syntax"#,
    )
    .await;
    check_bad_data("/api/v1/label/U__/values", r#"invalid label name: """#).await;
}

#[tokio::test]
async fn pages_of_rules_are_checked() {
    check_bad_data("/api/v1/rules?type=x", r#"invalid parameter "type": not supported value "x""#).await;
    let exclusion = r#"invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "x": invalid syntax"#;
    check_bad_data("/api/v1/rules?exclude_alerts=x", exclusion).await;
    let limit = r#"invalid parameter "group_limit": group_limit needs to be greater than 0"#;
    check_bad_data("/api/v1/rules?group_limit=0", limit).await;
    let number = r#"invalid parameter "group_limit": group_limit needs to be a valid number: strconv.Atoi: parsing "x": invalid syntax"#;
    check_bad_data("/api/v1/rules?group_limit=x", number).await;
    let token =
        r#"invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the groups"#;
    check_bad_data("/api/v1/rules?group_next_token=t", token).await;
    let unknown = r#"invalid parameter "group_next_token": invalid group_next_token 't'. were rule groups changed?"#;
    check_bad_data("/api/v1/rules?group_limit=1&group_next_token=t", unknown).await;
}

#[tokio::test]
async fn what_cannot_be_evaluated_is_unprocessable() {
    let twice = "vector cannot contain metrics with the same labelset";
    check_refused(
        &instant(r#"label_replace(label_replace(up, "job", "", "", ""), "instance", "", "", "")"#),
        422,
        "execution",
        twice,
    )
    .await;
}

#[tokio::test]
async fn what_takes_too_long_times_out() {
    let late = "query timed out in expression evaluation";
    check_refused(&(instant("sum(up)") + "&timeout=-1"), 503, "timeout", late).await;
}

#[tokio::test]
async fn trees_and_forms_are_bounded() {
    let long = format!("query={}", "a".repeat(65_537));
    let why = r#"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": the query has 65537 bytes, the most is 65536"}"#;
    for path in ["/api/v1/format_query", "/api/v1/parse_query"] {
        assert_eq!(post(path, &long).await, (StatusCode::BAD_REQUEST, why.to_owned()));
    }
    let (status, body) = post("/api/v1/query", &"a=b&".repeat(1_025)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    let (status, body) = post("/api/v1/query", &"a".repeat((4 << 20) + 1)).await;
    let why = r#"{"status":"error","errorType":"bad_data","error":"error parsing form values: the form has more than 4194304 bytes"}"#;
    assert_eq!((status, body), (StatusCode::PAYLOAD_TOO_LARGE, why.to_owned()));
}

#[tokio::test]
async fn bodies_of_other_types_are_not_read() {
    let request = Request::post("/prometheus/api/v1/query?query=1&time=4").header("content-type", "application/json");
    let (status, body) = exchange(api(), request.body(Body::from("query=2")).unwrap()).await;
    let expected = r#"{"status":"success","data":{"resultType":"scalar","result":[4,"1"]}}"#;
    assert_eq!((status, body), (StatusCode::OK, expected.to_owned()));
}

#[tokio::test]
async fn types_of_forms_may_have_parameters() {
    let content_type = format!("{}; charset=UTF-8", FORM.to_uppercase());
    let request = Request::post("/prometheus/api/v1/query?time=4").header("content-type", content_type);
    let (_, body) = exchange(api(), request.body(Body::from("query=2")).unwrap()).await;
    assert_eq!(body, r#"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#);
}

#[tokio::test]
async fn other_tenants_are_not_served() {
    let request = |tenant: &[u8]| {
        let request = Request::get("/prometheus/api/v1/query?query=1").header("X-Scope-OrgID", tenant);
        request.body(Body::empty()).unwrap()
    };
    assert_eq!(exchange(api(), request(b"default")).await.0, StatusCode::OK);
    let refused = |error: &str| format!(r#"{{"status":"error","errorType":"unauthorized","error":"{error}"}}"#);
    let other = exchange(api(), request(b"other")).await;
    assert_eq!(other, (StatusCode::UNAUTHORIZED, refused("tenant other is not served")));
    let no_text = exchange(api(), request(b"\xff")).await;
    assert_eq!(no_text, (StatusCode::UNAUTHORIZED, refused("x-scope-orgid is not text")));
}

#[tokio::test]
async fn unknown_paths_and_methods_are_not_served() {
    let request = |method: &str, path: &str| Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    assert_eq!(exchange(api(), request("GET", "/prometheus/api/v1/features")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(exchange(api(), request("GET", "/api/v1/query")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(exchange(api(), request("PUT", "/prometheus/api/v1/query")).await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(exchange(api(), request("POST", "/prometheus/api/v1/rules")).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

/// The status, the type and whether one is to come back, of every route that asks the store.
async fn check_failure(failure: Failure, status: u16, error_type: &str, comes_back: bool) {
    let paths = [
        "query?query=up",
        "query_range?query=up&start=0&end=1&step=1",
        "labels",
        "label/job/values",
        "series?match[]=up",
        "metadata",
        "query_exemplars?query=up",
        "targets",
        "scrape_pools",
        "status/config",
        "status/flags",
        "status/runtimeinfo",
        "status/tsdb",
    ];
    let message = failure.to_string();
    let router = router(Memory::failing(failure), about());
    for path in paths {
        let request = Request::get(format!("/prometheus/api/v1/{path}")).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/json", "{path}");
        assert_eq!(response.headers().contains_key("retry-after"), comes_back, "{path}");
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let expected = serde_json::json!({"status": "error", "errorType": error_type, "error": message});
        assert_eq!(body, expected, "{path}");
    }
}

#[tokio::test]
async fn every_failure_of_the_store_has_a_status() {
    check_failure(Failure::Busy, 503, "unavailable", true).await;
    check_failure(Failure::NotReady, 503, "unavailable", true).await;
    check_failure(Failure::Stopping, 503, "unavailable", true).await;
    check_failure(Failure::TooMuch("more than 3 series".to_owned()), 422, "execution", false).await;
    check_failure(Failure::Unauthorized("no".to_owned()), 401, "unauthorized", false).await;
    check_failure(Failure::Internal("a file is damaged".to_owned()), 500, "internal", false).await;
}

#[tokio::test]
async fn every_failure_of_a_query_has_a_status() {
    let check = async |failure: QueryFailure, status, error_type| {
        check_failure(failure.into(), status, error_type, false).await;
    };
    check(QueryFailure::BadRange("no steps".to_owned()), 400, "bad_data").await;
    check(QueryFailure::TooManySamples, 422, "execution").await;
    check(QueryFailure::Execution("no".to_owned()), 422, "execution").await;
    check(QueryFailure::Canceled, 499, "canceled").await;
    check(QueryFailure::TimedOut, 503, "timeout").await;
    check(QueryFailure::Source(SourceError("a file is damaged".to_owned())), 500, "internal").await;
}

#[tokio::test]
async fn a_server_that_starts_is_healthy_but_not_ready() {
    let router = router(Memory::failing(Failure::NotReady), about());
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert_eq!(exchange(router.clone(), get("/prometheus/-/healthy")).await.0, StatusCode::OK);
    let (status, body) = exchange(router, get("/prometheus/-/ready")).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(body, "the server is still replaying its log and cannot answer in full yet\n");
}
