//! Codes and trailers of gRPC.
//!
//! | error | code |
//! | --- | --- |
//! | `BadRequest`, `Sql`, `TraceQl` | 3 `InvalidArgument` |
//! | `Timeout` | 4 `DeadlineExceeded` |
//! | `NotFound` | 5 `NotFound` |
//! | `TooLarge`, `Memory`, `Busy`, `TooManyStreams` | 8 `ResourceExhausted` |
//! | `DamagedFile`, `Internal` | 13 `Internal` |
//! | `NotReady`, `Stopping` | 14 `Unavailable` |
//! | `Unauthorized` | 16 `Unauthenticated` |
//!
//! `Canceled` is what a client says to itself: who has cancelled a call reads no status.
//! Source: grpc/grpc `doc/statuscodes.md`.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::error::QueryError;

pub(super) const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const ACCEPTED: HeaderValue = HeaderValue::from_static("identity,gzip");
/// All but printable ASCII without `%`.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');
/// The longest message that is sent: a client bounds the headers that it takes, and in them three bytes stand for one.
const MESSAGE_CHARS_MAX: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    Ok = 0,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Status {
    code: Code,
    message: String,
}

impl Status {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub fn ok() -> Self {
        Self::new(Code::Ok, "")
    }

    #[cfg(test)]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What follows the last message of a call.
    pub fn trailers(&self) -> HeaderMap {
        let mut trailers = HeaderMap::from_iter([(STATUS, HeaderValue::from(self.code as u16))]);
        let message: String = self.message.chars().take(MESSAGE_CHARS_MAX).collect();
        let message = utf8_percent_encode(&message, ENCODED).to_string();
        // The text is printable ASCII, which every header value may be.
        if let Ok(message) = HeaderValue::from_str(&message)
            && !message.is_empty()
        {
            trailers.insert(MESSAGE, message);
        }
        trailers
    }

    /// An answer that is this status and nothing else ("Trailers-Only": all of it is in the headers).
    pub fn into_response(self) -> Response {
        let mut response = with_headers(Body::empty());
        response.headers_mut().extend(self.trailers());
        response
    }
}

/// An answer whose body holds frames and trailers.
pub(super) fn with_headers(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, GRPC);
    headers.insert(ACCEPT_ENCODING, ACCEPTED);
    response
}

impl From<QueryError> for Status {
    fn from(error: QueryError) -> Self {
        let code = match &error {
            QueryError::BadRequest(_) | QueryError::Sql { .. } | QueryError::TraceQl { .. } => Code::InvalidArgument,
            QueryError::Timeout(_) => Code::DeadlineExceeded,
            QueryError::NotFound(_) => Code::NotFound,
            QueryError::TooLarge(_) | QueryError::Memory(_) | QueryError::Busy | QueryError::TooManyStreams(_) => {
                Code::ResourceExhausted
            }
            QueryError::DamagedFile { .. } | QueryError::Internal(_) => Code::Internal,
            QueryError::NotReady | QueryError::Stopping => Code::Unavailable,
            QueryError::Unauthorized(_) => Code::Unauthenticated,
        };
        Self::new(code, crate::tempo::text_of(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Position;

    fn check(error: QueryError, code: u16, message: &str) {
        let trailers = Status::from(error).trailers();
        assert_eq!(trailers[STATUS], HeaderValue::from(code));
        assert_eq!(trailers[MESSAGE], message);
    }

    #[test]
    fn errors_have_their_codes() {
        check(QueryError::BadRequest("limit".to_owned()), 3, "limit");
        check(QueryError::NotFound("none".to_owned()), 5, "none");
        check(QueryError::TooLarge("much".to_owned()), 8, "much");
        check(QueryError::Internal("broken".to_owned()), 13, "broken");
        check(QueryError::Unauthorized("who".to_owned()), 16, "who");
        let position = Position { line: 1, column: 3 };
        let message = "invalid TraceQL query: parse error at line 1, col 3: unexpected";
        check(QueryError::TraceQl { message: "unexpected".to_owned(), position }, 3, message);
        assert_eq!(Status::from(QueryError::Busy).code(), Code::ResourceExhausted);
        assert_eq!(Status::from(QueryError::NotReady).code(), Code::Unavailable);
        assert_eq!(Status::from(QueryError::Timeout(std::time::Duration::ZERO)).code(), Code::DeadlineExceeded);
    }

    #[test]
    fn messages_are_percent_encoded_and_bounded() {
        check(QueryError::BadRequest("100 % \"ü\"\n".to_owned()), 3, "100 %25 \"%C3%BC\"%0A");
        let trailers = Status::new(Code::Internal, "x".repeat(100_000)).trailers();
        assert_eq!(trailers[MESSAGE].len(), MESSAGE_CHARS_MAX);
    }

    #[test]
    fn a_status_alone_is_all_in_the_headers() {
        let response = Status::new(Code::Unimplemented, "no").into_response();
        assert_eq!(response.headers()[STATUS], "12");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/grpc");
        assert!(Status::ok().trailers().get(MESSAGE).is_none());
    }
}
