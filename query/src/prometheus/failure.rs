//! What is answered when there is no answer.
//!
//! | refusal | status | `errorType` |
//! | --- | --- | --- |
//! | `BadData` | 400 | `bad_data` |
//! | `Unauthorized` | 401 | `unauthorized` |
//! | `TooLarge` | 413 | `bad_data` |
//! | `Execution` | 422 | `execution` |
//! | `Canceled` | 499 | `canceled` |
//! | `Internal` | 500 | `internal` |
//! | `Timeout` | 503 | `timeout` |
//! | `Unavailable` | 503 | `unavailable`, with `Retry-After` |
//!
//! Grafana shows the text of a 400, 422 or 503 only. So a busy server answers 503 here, and not 429.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use thiserror::Error;

use super::answer::JSON;
use super::answer::json::Object;
use crate::promql::engine::QueryFailure;

/// When to come back after a refusal for load or start-up.
const RETRY_AFTER_SECONDS: &str = "1";
/// The client has gone. No standard names it; Prometheus answers it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// Why a store has no answer.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Failure {
    #[error(transparent)]
    Query(#[from] QueryFailure),
    /// More is asked for than one may ask for: what, and how much that is.
    #[error("{0}")]
    TooMuch(String),
    /// Not one of the tenants, or no name of one.
    #[error("{0}")]
    Unauthorized(String),
    #[error("too many queries run and wait already")]
    Busy,
    #[error("the server is still replaying its log and cannot answer in full yet")]
    NotReady,
    #[error("the server is stopping")]
    Stopping,
    #[error("{0}")]
    Internal(String),
}

/// An error as it is answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub(super) struct Refusal {
    kind: Kind,
    message: String,
}

/// The table of the module's description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    BadData,
    Unauthorized,
    TooLarge,
    Execution,
    Canceled,
    Internal,
    Timeout,
    Unavailable,
}

impl Refusal {
    pub fn bad_data(message: impl Into<String>) -> Self {
        Self { kind: Kind::BadData, message: message.into() }
    }

    /// `invalid parameter "x": why`.
    pub fn parameter(name: &str, why: impl std::fmt::Display) -> Self {
        Self::bad_data(format!("invalid parameter \"{name}\": {why}"))
    }

    pub fn too_large(message: impl Into<String>) -> Self {
        Self { kind: Kind::TooLarge, message: message.into() }
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self { kind: Kind::Internal, message: message.into() }
    }

    pub fn status(&self) -> StatusCode {
        match self.kind {
            Kind::BadData => StatusCode::BAD_REQUEST,
            Kind::Unauthorized => StatusCode::UNAUTHORIZED,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::Execution => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::Canceled => StatusCode::from_u16(CLIENT_CLOSED_REQUEST).unwrap_or(StatusCode::REQUEST_TIMEOUT),
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Kind::Timeout | Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn error_type(&self) -> &'static str {
        match self.kind {
            Kind::BadData | Kind::TooLarge => "bad_data",
            Kind::Unauthorized => "unauthorized",
            Kind::Execution => "execution",
            Kind::Canceled => "canceled",
            Kind::Internal => "internal",
            Kind::Timeout => "timeout",
            Kind::Unavailable => "unavailable",
        }
    }

    fn body(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let mut object = Object::open(&mut body);
        object.text("status", "error");
        object.text("errorType", self.error_type());
        object.text("error", &self.message);
        object.close();
        body
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let kind = match &failure {
            Failure::Query(QueryFailure::Parse(error)) => return Self::parameter("query", error),
            Failure::Query(failure) => kind(failure),
            Failure::TooMuch(_) => Kind::Execution,
            Failure::Unauthorized(_) => Kind::Unauthorized,
            Failure::Busy | Failure::NotReady | Failure::Stopping => Kind::Unavailable,
            Failure::Internal(_) => Kind::Internal,
        };
        Self { kind, message: failure.to_string() }
    }
}

fn kind(failure: &QueryFailure) -> Kind {
    match failure {
        QueryFailure::Parse(_) | QueryFailure::BadRange(_) => Kind::BadData,
        QueryFailure::Execution(_) | QueryFailure::TooManySamples => Kind::Execution,
        QueryFailure::TimedOut => Kind::Timeout,
        QueryFailure::Canceled => Kind::Canceled,
        QueryFailure::Source(_) => Kind::Internal,
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.body()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        if self.kind == Kind::Unavailable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        response
    }
}
