//! A gRPC client over HTTP/2 in clear text, as Grafana's plugin is one, against the real router on loopback.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{HeaderMap, Request};
use bytes::{BufMut as _, Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::Query;

/// What does not come in this time does not come.
pub const PATIENCE: Duration = Duration::from_secs(30);
const FRAME_BYTES: usize = 5;

/// Serves on a free port of this machine until the runtime ends.
pub async fn serve(query: &Query) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = query.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A connection, on which calls can run beside each other.
pub struct Client {
    sender: SendRequest<Full<Bytes>>,
}

/// A call under way; dropping it cancels it.
pub struct Call {
    body: Incoming,
    buffered: BytesMut,
    /// Headers, and trailers when they have come.
    pub headers: HeaderMap,
}

/// A message of a request as it is sent.
pub struct Sent {
    pub headers: Vec<(&'static str, &'static str)>,
    pub framed: Bytes,
}

impl Sent {
    pub fn plain(message: &impl Message) -> Self {
        Self { headers: Vec::new(), framed: framed(0, &message.encode_to_vec()) }
    }

    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }
}

pub fn framed(flag: u8, message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(FRAME_BYTES + message.len());
    framed.put_u8(flag);
    framed.put_u32(message.len() as u32);
    framed.extend_from_slice(message);
    framed.freeze()
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        Self { sender }
    }

    /// Returns when the head of the answer is there.
    pub async fn call(&mut self, method: &str, sent: Sent) -> Call {
        let mut request = Request::post(format!("http://localhost/tempopb.StreamingQuerier/{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers");
        for (name, value) in &sent.headers {
            request = request.header(*name, *value);
        }
        let answer = self.sender.send_request(request.body(Full::new(sent.framed)).unwrap());
        let (parts, body) = timeout(PATIENCE, answer).await.expect("a head in time").unwrap().into_parts();
        assert_eq!(parts.status, 200, "{method}: gRPC says in the trailers what is wrong");
        assert_eq!(parts.headers["content-type"], "application/grpc");
        Call { body, buffered: BytesMut::new(), headers: parts.headers }
    }

    /// Every message of a call, its status and what is said of it.
    pub async fn all<M: Message + Default>(&mut self, method: &str, sent: Sent) -> (Vec<M>, u16, String) {
        let mut call = self.call(method, sent).await;
        let mut messages = Vec::new();
        while let Some(message) = call.next().await {
            messages.push(message);
        }
        let (code, message) = call.status();
        (messages, code, message)
    }
}

impl Call {
    /// The next message; `None` at the end.
    pub async fn next<M: Message + Default>(&mut self) -> Option<M> {
        loop {
            if let Some(message) = self.buffered_message() {
                return Some(M::decode(message).unwrap());
            }
            let frame = timeout(PATIENCE, self.body.frame()).await.expect("a frame in time")?.unwrap();
            match frame.into_data() {
                Ok(data) => self.buffered.extend_from_slice(&data),
                Err(frame) => self.headers.extend(frame.into_trailers().unwrap()),
            }
        }
    }

    fn buffered_message(&mut self) -> Option<Bytes> {
        let (&[flag, a, b, c, d], rest) = self.buffered.split_first_chunk::<FRAME_BYTES>()?;
        assert_eq!(flag, 0, "nothing is compressed");
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if rest.len() < length {
            return None;
        }
        let frame = self.buffered.split_to(FRAME_BYTES + length).freeze();
        Some(frame.slice(FRAME_BYTES..))
    }

    /// Code and message, as they are on the wire.
    pub fn status(&self) -> (u16, String) {
        let text = |name: &str| self.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        (text("grpc-status").expect("a status").parse().unwrap(), text("grpc-message").unwrap_or_default())
    }
}
