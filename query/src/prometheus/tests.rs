//! The API as its clients see it: bytes in, bytes out. Exact bodies for every route and every error, the probes of
//! Grafana, and two that were not written here: `promtool` as a client, and a real Prometheus that is asked the same.

/// Names of clients' programs, and what they say.
mod client;
/// Who no longer waits.
mod disconnect;
/// Every error.
mod errors;
/// What Grafana asks when it starts.
mod grafana;
/// Text to trees and lines.
mod language;
/// Labels, series, metadata, exemplars.
mod lists;
/// Answers that are long.
mod long;
/// `promtool` as a client.
mod promtool;
/// Queries and their values.
mod query;
/// A real Prometheus is asked the same.
mod reference;
/// What the server says of itself.
mod status;
/// A store in memory.
mod store;
/// The series that are stored.
mod world;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::About;
use crate::promql::ParseOptions;
use store::Memory;

const FORM: &str = "application/x-www-form-urlencoded";

fn about() -> About {
    About {
        version: "3.5.0".to_owned(),
        revision: "spanloom-0.1.0".to_owned(),
        branch: "main".to_owned(),
        build_user: "spanloom".to_owned(),
        build_date: "20260101-00:00:00".to_owned(),
        compiler: "rustc 1.95".to_owned(),
        parse: ParseOptions::all(),
    }
}

fn api() -> Router {
    super::router(Memory::new(world::series()), about())
}

/// Asks and returns the status and the body.
async fn exchange(router: Router, request: Request<Body>) -> (StatusCode, String) {
    let response = router.oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

async fn get(path: &str) -> (StatusCode, String) {
    exchange(api(), Request::get(format!("/prometheus{path}")).body(Body::empty()).unwrap()).await
}

async fn post(path: &str, form: &str) -> (StatusCode, String) {
    let request = Request::post(format!("/prometheus{path}")).header("content-type", FORM);
    exchange(api(), request.body(Body::from(form.to_owned())).unwrap()).await
}

/// What a path answers, to the last byte.
async fn check(path: &str, expected: &str) {
    assert_eq!(get(path).await, (StatusCode::OK, expected.to_owned()), "{path}");
}

/// A path that answers `data`.
async fn check_data(path: &str, data: &str) {
    check(path, &format!(r#"{{"status":"success","data":{data}}}"#)).await;
}

/// How a path is refused.
async fn check_refused(path: &str, status: u16, error_type: &str, error: &str) {
    let (got, body) = get(path).await;
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let expected = serde_json::json!({"status": "error", "errorType": error_type, "error": error});
    assert_eq!((got.as_u16(), body), (status, expected), "{path}");
}

/// A text as it stands in a URL.
fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The path of an instant query at the end of the stored series.
fn instant(text: &str) -> String {
    format!("/api/v1/query?query={}&time={}", encoded(text), world::END_SECONDS)
}
