//! Who may come in: on a loopback address only requests that name this machine as their Host, and where a token is
//! configured only those that bring it.
//!
//! The Host check is against DNS rebinding: a page of another site can make its own name resolve to 127.0.0.1, and the
//! browser then sends that name. Tokens are against everybody else.

/// Host names that mean this machine.
mod hosts;
/// Bearer tokens.
mod token;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

pub use hosts::Hosts;
pub use token::Token;

const GRPC: &str = "application/grpc";
const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const GRPC_PERMISSION_DENIED: HeaderValue = HeaderValue::from_static("7");
const GRPC_UNAUTHENTICATED: HeaderValue = HeaderValue::from_static("16");

/// What the UI's pages may load and do. React Aria places its overlays with style attributes.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                                       frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 3] = [
    (HeaderName::from_static("content-security-policy"), HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
    (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer")),
];

/// Lets a router be reached with the token only; where none is configured it is open.
pub fn with_token(router: Router, token: Option<&Arc<Token>>) -> Router {
    match token {
        None => router,
        Some(token) => router.layer(from_fn_with_state(Arc::clone(token), check_token)),
    }
}

/// Checks the Host of every request.
pub fn with_hosts(router: Router, hosts: Hosts) -> Router {
    match hosts {
        Hosts::Any => router,
        hosts => router.layer(from_fn_with_state(Arc::new(hosts), check_host)),
    }
}

/// Adds to every answer what browsers need to keep a page to itself.
pub fn with_security_headers(router: Router) -> Router {
    router.layer(map_response(async |mut response: Response| {
        response.headers_mut().extend(SECURITY_HEADERS);
        response
    }))
}

async fn check_token(State(token): State<Arc<Token>>, request: Request, next: Next) -> Response {
    if token.admits(request.headers()) { next.run(request).await } else { unauthorized(request.headers()) }
}

async fn check_host(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    match hosts.stranger(&request) {
        None => next.run(request).await,
        Some(host) => misdirected(request.headers(), &host),
    }
}

fn unauthorized(headers: &HeaderMap) -> Response {
    let message = "Authorization is not `Bearer <token>` with the token of auth.token_file";
    if is_grpc(headers) {
        return grpc(StatusCode::OK, GRPC_UNAUTHENTICATED, message);
    }
    let mut response = error(StatusCode::UNAUTHORIZED, "unauthorized", message);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn misdirected(headers: &HeaderMap, host: &str) -> Response {
    let message = format!("{host:?} is not a name of this machine; listen.allowed_hosts can allow it");
    let status = StatusCode::MISDIRECTED_REQUEST;
    if is_grpc(headers) {
        return grpc(status, GRPC_PERMISSION_DENIED, &message);
    }
    error(status, "misdirected", &message)
}

fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(GRPC.as_bytes()))
}

/// A gRPC answer that is only a status ("Trailers-Only").
fn grpc(status: StatusCode, code: HeaderValue, message: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(GRPC));
    headers.insert(GRPC_STATUS, code);
    // Percent-encoded by gRPC's rules; what cannot be said there is left out.
    if let Ok(message) = HeaderValue::from_str(&message.replace('%', "%25")) {
        headers.insert(GRPC_MESSAGE, message);
    }
    response
}

/// An error of our own API.
pub fn error(status: StatusCode, code: &str, message: &str) -> Response {
    (status, axum::Json(json!({ "error": { "code": code, "message": message } }))).into_response()
}

#[cfg(test)]
mod tests;
