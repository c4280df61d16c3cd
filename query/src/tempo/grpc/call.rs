//! One call: its request, and the stream of its answers.

use std::convert::Infallible;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures::{Stream, StreamExt as _, stream};
use http_body::Frame;
use http_body_util::{BodyExt as _, LengthLimitError, Limited, StreamBody};
use prost::Message;
use spanloom_store::TenantId;

use super::frame::{self, Encoding};
use super::status::{Code, Status, with_headers};
use crate::error::QueryError;
use crate::http::tenant_header;
use crate::query::Query;
use crate::traceql::TEXT_BYTES_MAX;

/// The largest request, also when it is inflated: the longest query, and room for tags.
const REQUEST_BYTES_MAX: usize = 2 * TEXT_BYTES_MAX;
const MEDIA_TYPE: &str = "application/grpc";
/// What may follow [`MEDIA_TYPE`]: nothing, the message format, parameters.
const SUFFIXES: [&str; 2] = ["", "+proto"];

/// Answers a call by what `messages` makes of its request. The head of the answer is sent at once, and each message when it is
/// there; what goes wrong is the status after the last of them.
pub(super) async fn answer<A, M, S>(
    query: Query,
    request: Request,
    messages: impl FnOnce(Query, TenantId, A) -> Result<S, QueryError>,
) -> Response
where
    A: Message + Default,
    M: Message,
    S: Stream<Item = Result<M, QueryError>> + Send + 'static,
{
    let (parts, body) = request.into_parts();
    if !is_grpc(&parts.headers) {
        return not_grpc();
    }
    let opened = async {
        let tenant = query.admit(tenant_header(&parts.headers)?)?;
        let asked = read(&parts.headers, body).await?;
        Ok::<_, Status>(messages(query, tenant, asked)?)
    };
    match opened.await {
        Ok(messages) => streamed(messages),
        Err(status) => status.into_response(),
    }
}

async fn read<A: Message + Default>(headers: &HeaderMap, body: Body) -> Result<A, Status> {
    let encoding = encoding(headers)?;
    let limited = Limited::new(body, REQUEST_BYTES_MAX + frame::HEAD_BYTES);
    let framed = limited.collect().await.map_err(|error| match error.downcast_ref::<LengthLimitError>() {
        Some(_) => frame::too_large(REQUEST_BYTES_MAX as u64),
        None => Status::new(Code::InvalidArgument, format!("the request broke off: {error}")),
    })?;
    frame::unwrap(&framed.to_bytes(), encoding, REQUEST_BYTES_MAX as u64)
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Status> {
    match headers.get("grpc-encoding").map(|value| value.as_bytes()) {
        None | Some(b"" | b"identity") => Ok(Encoding::Identity),
        Some(b"gzip") => Ok(Encoding::Gzip),
        Some(other) => {
            let other: String = String::from_utf8_lossy(other).chars().take(64).collect();
            Err(Status::new(Code::Unimplemented, format!("grpc-encoding is identity or gzip, not {other:?}")))
        }
    }
}

/// Messages as frames, and the status as trailers.
fn streamed<M: Message>(messages: impl Stream<Item = Result<M, QueryError>> + Send + 'static) -> Response {
    let frames = stream::unfold(Some(Box::pin(messages)), async |messages| {
        let mut messages = messages?;
        Some(match messages.next().await {
            Some(Ok(message)) => (Frame::data(frame::wrap(&message)), Some(messages)),
            Some(Err(error)) => (Frame::trailers(Status::from(error).trailers()), None),
            None => (Frame::trailers(Status::ok().trailers()), None),
        })
    });
    with_headers(Body::new(StreamBody::new(frames.map(Ok::<_, Infallible>))))
}

pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let Some(named) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let media_type = named.split(';').next().unwrap_or_default().trim();
    media_type.strip_prefix(MEDIA_TYPE).is_some_and(|suffix| SUFFIXES.contains(&suffix))
}

pub(super) fn not_grpc() -> Response {
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "this path speaks gRPC; over HTTP the same is under /tempo/api\n")
        .into_response()
}
