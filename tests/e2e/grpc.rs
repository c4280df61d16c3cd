//! One gRPC call over an HTTP/2 connection of its own: one message in, one or several out, and with all that the server says
//! in view.

use anyhow::{Context as _, Result};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The gRPC status; 0 is OK.
    pub status: u32,
    pub message: String,
    /// Headers and trailers together.
    pub headers: HeaderMap,
    /// The message of a unary call, without its frame.
    pub body: Bytes,
    /// All messages of a call.
    pub messages: Vec<Bytes>,
}

impl Reply {
    /// Whether the server said that the same request may come again.
    pub fn has_retry_info(&self) -> bool {
        let details = self.headers.get("grpc-status-details-bin").map(|value| value.as_bytes().to_vec());
        let bytes = details.and_then(|text| {
            use base64::Engine as _;
            let engine = base64::engine::GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
            engine.decode(text).ok()
        });
        bytes.is_some_and(|bytes| bytes.windows(RETRY_INFO.len()).any(|window| window == RETRY_INFO))
    }
}

const RETRY_INFO: &[u8] = b"google.rpc.RetryInfo";
/// Binary metadata may or may not be padded.
const LENIENT: base64::engine::GeneralPurposeConfig = base64::engine::GeneralPurposeConfig::new()
    .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent);

/// Calls `path` at `address` in plain text. `encoding` is the `grpc-encoding` of `message`, if it is compressed.
pub async fn call(
    address: &str,
    path: &str,
    headers: &[(&str, &str)],
    encoding: Option<&str>,
    message: &[u8],
) -> Result<Reply> {
    call_on(TcpStream::connect(address).await?, "http", path, headers, encoding, message).await
}

/// The same on a connection that is there already, under TLS for example.
pub async fn call_on(
    connection: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    scheme: &str,
    path: &str,
    headers: &[(&str, &str)],
    encoding: Option<&str>,
    message: &[u8],
) -> Result<Reply> {
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(connection)).await?;
    let driver = tokio::spawn(connection);
    let mut request = Request::post(format!("{scheme}://localhost{path}"))
        .header("content-type", "application/grpc+proto")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(encoding) = encoding {
        request = request.header("grpc-encoding", encoding);
    }
    let answer = sender.send_request(request.body(Full::new(frame(encoding.is_some(), message)))?).await?;
    let mut headers = answer.headers().clone();
    let collected = answer.into_body().collect().await?;
    headers.extend(collected.trailers().cloned().unwrap_or_default());
    driver.abort();
    let status = headers.get("grpc-status").context("an answer without grpc-status")?.to_str()?.parse()?;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let body = collected.to_bytes();
    let messages = messages(body.clone());
    let body = body.slice(body.len().min(FRAME_BYTES)..);
    Ok(Reply { status, message: text("grpc-message"), body, messages, headers })
}

fn messages(mut body: Bytes) -> Vec<Bytes> {
    let mut messages = Vec::new();
    while body.len() >= FRAME_BYTES {
        let head = body.split_to(FRAME_BYTES);
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        messages.push(body.split_to(length.min(body.len())));
    }
    messages
}

const FRAME_BYTES: usize = 5;

fn frame(compressed: bool, message: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(FRAME_BYTES + message.len());
    frame.put_u8(compressed.into());
    frame.put_u32(message.len() as u32);
    frame.put_slice(message);
    frame.freeze()
}
