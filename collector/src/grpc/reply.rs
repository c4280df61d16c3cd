//! Answers of a unary call.

use std::convert::Infallible;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use http_body_util::{BodyExt as _, Full};
use prost::Message as _;

use super::frame;
use crate::rpc::Status;

const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");
const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const ACCEPTED: HeaderValue = HeaderValue::from_static("identity,gzip,zstd");

/// A message, and OK in the trailers.
pub fn message(message: &[u8]) -> Response {
    let trailers = HeaderMap::from_iter([(STATUS, HeaderValue::from_static("0"))]);
    let body = Full::new(frame::wrap(message)).with_trailers(async { Some(Ok::<_, Infallible>(trailers)) });
    with_headers(Body::new(body))
}

/// A status and nothing else ("Trailers-Only": all of it is in the headers).
pub fn status(status: &Status) -> Response {
    let mut response = with_headers(Body::empty());
    let headers = response.headers_mut();
    headers.insert(STATUS, status.code.into());
    insert(headers, MESSAGE, &percent_encoded(&status.message));
    insert(headers, DETAILS, &STANDARD_NO_PAD.encode(status.encode_to_vec()));
    response
}

fn with_headers(body: Body) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, GRPC);
    headers.insert(ACCEPT_ENCODING, ACCEPTED);
    response
}

fn insert(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    // Both texts are plain ASCII by construction, which every header value may be.
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

/// `grpc-message`: everything but printable ASCII without `%` is percent-encoded.
fn percent_encoded(message: &str) -> String {
    let mut encoded = String::with_capacity(message.len());
    for byte in message.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(byte.into()),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_percent_encoded() {
        assert_eq!(percent_encoded("100 % \"ü\"\n"), "100 %25 \"%C3%BC\"%0A");
    }

    #[tokio::test]
    async fn a_message_ends_with_its_status() {
        let body = message(b"abc").into_body().collect().await.unwrap();
        assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
        assert_eq!(body.to_bytes(), &b"\0\0\0\0\x03abc"[..]);
    }

    #[test]
    fn a_status_is_all_in_the_headers() {
        let response = status(&Status { code: 3, message: "no".to_owned(), details: Vec::new() });
        assert_eq!(response.headers()["grpc-status"], "3");
        assert_eq!(response.headers()["grpc-message"], "no");
        let details = STANDARD_NO_PAD.decode(&response.headers()["grpc-status-details-bin"]).unwrap();
        assert_eq!(Status::decode(&details[..]).unwrap().code, 3);
    }
}
