use axum::http::StatusCode;
use url::form_urlencoded::byte_serialize;

use super::super::harness::Harness;

async fn check_refused(harness: &Harness, params: &str, expected: &str) {
    for path in ["query_range", "query"] {
        let reply = harness.get(&format!("/tempo/api/metrics/{path}?{params}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}?{params}");
        assert!(reply.headers["content-type"].to_str().unwrap().starts_with("text/plain"), "{path}?{params}");
        assert!(reply.text().starts_with(expected), "{path}?{params}: {}", reply.text());
    }
}

#[tokio::test]
async fn errors_are_text() {
    let harness = Harness::new().await;
    let escaped = |query: &str| byte_serialize(query.as_bytes()).collect::<String>();
    let rate = escaped("{ } | rate()");
    let unfinished = escaped("{ } | rate(");
    check_refused(&harness, "", "q is missing").await;
    check_refused(&harness, "q=", "q is missing").await;
    for name in ["q", "query"] {
        let params = format!("{name}={unfinished}");
        check_refused(&harness, &params, "invalid TraceQL query: parse error at line 1, col 12").await;
    }
    check_refused(&harness, &format!("q={rate}&start=20&end=10"), "invalid range").await;
    check_refused(&harness, &format!("q={rate}&start=10&end=10"), "invalid range").await;
    check_refused(&harness, &format!("q={rate}&start=noon"), "invalid start").await;
    check_refused(&harness, &format!("q={rate}&since=long"), "invalid since").await;
    check_refused(&harness, &format!("q={rate}&step=-1"), "invalid step").await;
    check_refused(&harness, &format!("q={rate}&exemplars=many"), "Failed to deserialize").await;
}
