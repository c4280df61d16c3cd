use std::io::Write as _;

use anyhow::{Result, bail};
use serde::Serialize;

use super::server::Server;

const EXPORT: &str = "opentelemetry.proto.collector.trace.v1.TraceService/Export";
const RESOURCE_EXHAUSTED: &str = "8";
const UNAVAILABLE: &str = "14";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Grpc,
    Http,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    Plain,
    Gzip,
    Zstd,
}

impl Compression {
    fn encoding(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Gzip => Some("gzip"),
            Self::Zstd => Some("zstd"),
        }
    }

    fn of(self, body: Vec<u8>) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Plain => body,
            Self::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(&body)?;
                encoder.finish()?
            }
            Self::Zstd => zstd::bulk::compress(&body, 1)?,
        })
    }
}

/// How spans are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Way {
    pub protocol: Protocol,
    pub compression: Compression,
    /// Spans of a request, about.
    pub batch: u64,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Acknowledged,
    /// It is to come again later.
    Deferred,
}

impl Way {
    pub fn name(&self) -> String {
        let protocol = if self.protocol == Protocol::Grpc { "gRPC" } else { "HTTP" };
        format!("{protocol}, {}, {}", self.compression.encoding().unwrap_or("plain"), self.batch)
    }

    /// A client of the protocol.
    pub fn client(&self) -> Result<reqwest::Client> {
        let builder = reqwest::Client::builder().no_proxy();
        Ok(match self.protocol {
            Protocol::Grpc => builder.http2_prior_knowledge().build()?,
            Protocol::Http => builder.build()?,
        })
    }

    /// A request's body out of its message.
    pub fn body(&self, message: Vec<u8>) -> Result<Vec<u8>> {
        let message = self.compression.of(message)?;
        Ok(match self.protocol {
            Protocol::Http => message,
            Protocol::Grpc => {
                let mut frame = vec![u8::from(self.compression != Compression::Plain)];
                frame.extend_from_slice(&u32::try_from(message.len())?.to_be_bytes());
                frame.extend_from_slice(&message);
                frame
            }
        })
    }

    /// # Errors
    /// When the server refuses the request for good, or does not answer.
    pub async fn send(&self, http: &reqwest::Client, server: &Target, body: Vec<u8>) -> Result<Answer> {
        let (url, media, encoding) = match self.protocol {
            Protocol::Grpc => (format!("{}/{EXPORT}", server.grpc_url), "application/grpc", "grpc-encoding"),
            Protocol::Http => (format!("{}/v1/traces", server.http_url), "application/x-protobuf", "content-encoding"),
        };
        let mut request = http.post(url).header("content-type", media).header("te", "trailers");
        if let Some(name) = self.compression.encoding() {
            request = request.header(encoding, name);
        }
        let answer = request.body(body).send().await?;
        let status = answer.status().as_u16();
        // A call that fails says so in its headers; what is acknowledged has a message.
        let code = answer.headers().get("grpc-status").and_then(|code| code.to_str().ok()).map(str::to_owned);
        match (status, code.as_deref()) {
            (429 | 503, _) | (200, Some(RESOURCE_EXHAUSTED | UNAVAILABLE)) => Ok(Answer::Deferred),
            (200, None | Some("0")) => {
                let message = answer.bytes().await?;
                if self.protocol == Protocol::Grpc && message.is_empty() {
                    bail!("a call ended without a message");
                }
                Ok(Answer::Acknowledged)
            }
            _ => bail!("the server refused a request: {status} {code:?}"),
        }
    }
}

/// Where to send.
#[derive(Debug, Clone)]
pub struct Target {
    grpc_url: String,
    http_url: String,
}

impl Target {
    pub fn of(server: &Server) -> Self {
        Self { grpc_url: server.grpc_url.clone(), http_url: server.otlp_url.clone() }
    }
}
