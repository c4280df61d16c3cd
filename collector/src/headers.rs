//! What the headers of HTTP say of a body, ours and theirs.

use axum::http::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName};
use axum::response::Response;

use crate::codes::Compression;
use crate::refusal::Refusal;

/// What a message repeats of a header.
const SHOWN_CHARS_MAX: usize = 100;

/// Whether a request's content type is this one, with or without parameters.
pub fn is_content_type(headers: &HeaderMap, media_type: &str) -> bool {
    let named = text(headers, CONTENT_TYPE);
    named.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(media_type)
}

/// The refusal of a content type that is none of `taken`.
pub fn wrong_content_type(headers: &HeaderMap, taken: &'static str) -> Refusal {
    Refusal::ContentType { named: shown(&text(headers, CONTENT_TYPE)), taken }
}

/// How a request's body is compressed.
///
/// # Errors
/// [`Refusal::ContentEncoding`].
pub fn compression(headers: &HeaderMap) -> Result<Compression, Refusal> {
    let named = text(headers, CONTENT_ENCODING);
    Compression::named(&named).ok_or_else(|| Refusal::ContentEncoding(shown(&named)))
}

/// Tells the client when to come again, if that is of any use.
pub fn add_retry_after(response: &mut Response, refusal: &Refusal) {
    if let Some(after) = refusal.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, after.as_secs().max(1).into());
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

fn shown(named: &str) -> String {
    named.chars().take(SHOWN_CHARS_MAX).collect()
}
