//! What each port serves, behind its guard.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use axum::routing::any;
use spanloom_collector::Collector;
use spanloom_query::Query;

use crate::assets;
use crate::config::ListenConfig;
use crate::guard::{self, Hosts, Token};
use crate::health::Health;

/// Beginnings of paths that are never a page of the UI.
const API_PREFIXES: [&str; 5] = ["/api/", "/tempo/", "/prometheus/", "/jaeger/", "/zipkin/"];

/// A router for each listener.
pub struct Routes {
    pub otlp_grpc: Router,
    pub otlp_http: Router,
    pub zipkin: Router,
    pub api: Router,
}

impl Routes {
    pub fn new(
        collector: &Collector,
        query: &Query,
        prometheus: Router,
        health: &Health,
        token: Option<Arc<Token>>,
        listen: &ListenConfig,
    ) -> Self {
        let token = token.as_ref();
        let hosts = |address| Hosts::of(address, &listen.allowed_hosts);
        let otlp_grpc = guard::with_token(collector.otlp_grpc_router(), token);
        let otlp_http = guard::with_token(collector.otlp_http_router(), token);
        let zipkin = guard::with_token(collector.zipkin_router(), token);
        let guarded =
            collector.api_router().merge(query.router()).merge(prometheus).merge(health.api_router()).merge(unknown());
        let api = guard::with_token(guarded, token).merge(health.open_router()).fallback(assets::serve);
        Self {
            otlp_grpc: guard::with_hosts(otlp_grpc, hosts(listen.otlp_grpc)),
            otlp_http: guard::with_hosts(otlp_http.merge(health.open_router()), hosts(listen.otlp_http)),
            zipkin: guard::with_hosts(zipkin.merge(health.open_router()), hosts(listen.zipkin)),
            api: guard::with_security_headers(guard::with_hosts(api, hosts(listen.api))),
        }
    }
}

/// A path of an API that is not there is an error of the API, not a page.
fn unknown() -> Router {
    API_PREFIXES
        .iter()
        .fold(Router::new(), |router, prefix| router.route(&format!("{prefix}{{*rest}}"), any(not_found)))
}

async fn not_found(uri: Uri) -> Response {
    guard::error(StatusCode::NOT_FOUND, "not_found", &format!("there is no {}", uri.path()))
}
