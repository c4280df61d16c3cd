use axum::Router;
use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt as _;

use super::*;

const TOKEN: &str = "open-sesame-0123456789";

/// The routes of a server whose log is not replayed yet; nothing is bound.
struct Site {
    routes: Routes,
    _dir: tempfile::TempDir,
}

async fn site() -> Site {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    std::fs::write(&file, TOKEN).unwrap();
    let mut config = Config { data_dir: dir.path().join("data"), ..Config::default() };
    config.auth.token_file = Some(file);
    let (_store, health, collector, query, _stop) = open(&config, Registry::default()).await.unwrap();
    let routes = Routes::new(&collector, &query, axum::Router::new(), &health, token(&config).unwrap(), &config.listen);
    Site { routes, _dir: dir }
}

async fn status(router: &Router, path: &str, headers: &[(&str, &str)]) -> u16 {
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn without_the_token_only_health_and_the_ui_are_open() {
    let site = site().await;
    for path in ["/-/healthy", "/", "/traces/00ff"] {
        assert_eq!(status(&site.routes.api, path, &[]).await, 200, "{path}");
    }
    assert_eq!(status(&site.routes.api, "/-/ready", &[]).await, 503);
    let closed = [
        "/metrics",
        "/api/v1/status",
        "/api/v1/openapi.json",
        "/api/v1/sql",
        "/api/v1/traces",
        "/api/v1/ingest",
        "/api/none",
        "/tempo/api/echo",
        "/tempo/none",
    ];
    for path in closed {
        assert_eq!(status(&site.routes.api, path, &[]).await, 401, "{path}");
        assert_ne!(
            status(&site.routes.api, path, &[("authorization", &format!("Bearer {TOKEN}"))]).await,
            401,
            "{path}"
        );
    }
    for (router, path) in [
        (&site.routes.otlp_http, "/v1/traces"),
        (&site.routes.otlp_http, "/api/v2/spans"),
        (&site.routes.zipkin, "/api/v2/spans"),
        (&site.routes.zipkin, "/api/v1/spans"),
        (&site.routes.zipkin, "/none"),
    ] {
        assert_eq!(status(router, path, &[]).await, 401, "{path}");
    }
    assert_eq!(status(&site.routes.zipkin, "/-/healthy", &[]).await, 200);
}

#[tokio::test]
async fn a_stranger_is_sent_away_from_every_port() {
    let site = site().await;
    for router in [&site.routes.api, &site.routes.otlp_http, &site.routes.otlp_grpc, &site.routes.zipkin] {
        for path in ["/", "/v1/traces", "/api/v2/spans", "/-/healthy"] {
            assert_eq!(status(router, path, &[("host", "evil.example")]).await, 421, "{path}");
        }
    }
}

#[tokio::test]
async fn what_is_no_api_is_an_error_and_no_page() {
    let site = site().await;
    let token = format!("Bearer {TOKEN}");
    for path in ["/api/none", "/api/v1/traces/a/b", "/tempo/api/none", "/prometheus/api/v1/query"] {
        assert_eq!(status(&site.routes.api, path, &[("authorization", &token)]).await, 404, "{path}");
    }
}
