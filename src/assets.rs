//! The web UI's files, embedded in the binary and served as the build compressed them. A path that is no file is a page
//! of the UI, which its own router finds.

use axum::body::{Body, Bytes};
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use rust_embed::RustEmbed;

/// What `ui/dist` held when the binary was built; empty if the UI was not.
#[derive(RustEmbed)]
#[folder = "$SPANLOOM_UI_DIST"]
struct Dist;

const INDEX: &str = "index.html";
/// Files under it carry a hash of their content in their name.
const HASHED: &str = "assets/";
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const REVALIDATED: HeaderValue = HeaderValue::from_static("no-cache");
/// By preference, with the ending of the file that holds the compressed form.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
const HTML: &str = "text/html; charset=utf-8";
/// The page of a binary without a UI.
const NO_UI: &str = include_str!("assets/no_ui.html");

/// Serves a file of the UI.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    answer(&embedded, uri.path(), &headers)
}

struct File {
    bytes: Bytes,
    /// Of the bytes.
    sha256: [u8; 32],
}

/// A source of files by their path without a leading slash.
type Files<'a> = &'a dyn Fn(&str) -> Option<File>;

fn embedded(path: &str) -> Option<File> {
    let file = Dist::get(path)?;
    Some(File { bytes: Bytes::from_owner(file.data), sha256: file.metadata.sha256_hash() })
}

fn answer(files: Files<'_>, path: &str, headers: &HeaderMap) -> Response {
    let path = path.trim_start_matches('/');
    if !path.is_empty()
        && let Some(file) = files(path)
    {
        return file_response(files, path, file, headers);
    }
    if path.starts_with(HASHED) || has_extension(path) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match files(INDEX) {
        Some(file) => file_response(files, INDEX, file, headers),
        None => ([(CONTENT_TYPE, HTML)], NO_UI).into_response(),
    }
}

fn has_extension(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.contains('.'))
}

fn file_response(files: Files<'_>, path: &str, plain: File, headers: &HeaderMap) -> Response {
    let (file, encoding) = compressed(files, path, headers).unwrap_or((plain, None));
    let etag = format!("\"{}\"", &hex::encode(file.sha256)[..32]);
    let mut response = if names(headers, &etag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(file.bytes).into_response()
    };
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, content_type(path));
    answer.insert(VARY, HeaderValue::from_name(ACCEPT_ENCODING));
    answer.insert(CACHE_CONTROL, if path.starts_with(HASHED) { IMMUTABLE } else { REVALIDATED });
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        answer.insert(ETAG, etag);
    }
    if let Some(encoding) = encoding {
        answer.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The smallest form that the client takes, if the build made one.
fn compressed(files: Files<'_>, path: &str, headers: &HeaderMap) -> Option<(File, Option<&'static str>)> {
    let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let taken = ENCODINGS.iter().filter(|(encoding, _)| accepts(accepted, encoding));
    taken.into_iter().find_map(|(encoding, ending)| Some((files(&format!("{path}{ending}"))?, Some(*encoding))))
}

/// Whether an `Accept-Encoding` names an encoding without refusing it (`br;q=0`).
fn accepts(accepted: &str, encoding: &str) -> bool {
    accepted.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Ok(1.0), str::parse::<f32>);
        is_named && quality.is_ok_and(|quality| quality > 0.0)
    })
}

fn names(headers: &HeaderMap, etag: &str) -> bool {
    let values = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|value| value.trim().trim_start_matches("W/") == etag)
}

fn content_type(path: &str) -> HeaderValue {
    let mime = mime_guess::from_path(path).first_or_octet_stream();
    let is_text = mime.type_() == mime_guess::mime::TEXT || mime.subtype() == mime_guess::mime::JAVASCRIPT;
    let text = if is_text { format!("{}; charset=utf-8", mime.essence_str()) } else { mime.essence_str().to_owned() };
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("application/octet-stream"))
}

#[cfg(test)]
mod tests;
