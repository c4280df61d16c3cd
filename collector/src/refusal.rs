//! Why a request was refused: the one error of this crate's door.
//!
//! | variant | HTTP | gRPC | reason | worth a retry |
//! | --- | --- | --- | --- | --- |
//! | `Tenant` | 401 | UNAUTHENTICATED | `tenant` | no |
//! | `OldVersion` | 404 | UNIMPLEMENTED | `old_version` | no |
//! | `ContentType` | 415 | HTTP 415 | `content_type` | no |
//! | `Media` | 415 | - | `content_type` | no |
//! | `ContentEncoding` | 415 | UNIMPLEMENTED | `content_encoding` | no |
//! | `TooLarge` | 413 | RESOURCE_EXHAUSTED without RetryInfo | `too_large` | no |
//! | `Undecodable` | 400 | INVALID_ARGUMENT | `undecodable` | no |
//! | `Interrupted` | 400 | CANCELLED | `interrupted` | - |
//! | `Slow` | 408 | DEADLINE_EXCEEDED | `slow` | yes |
//! | `Overloaded` | 503 + Retry-After | UNAVAILABLE + RetryInfo | `overloaded` | yes |
//! | `Store` | 503 + Retry-After | UNAVAILABLE + RetryInfo | `not_ready`, `overloaded`, `wal`, `stopping` | yes |
//! | `Internal` | 500 | INTERNAL | `internal` | no |

use std::time::Duration;

use axum::http::StatusCode;
use bytesize::ByteSize;
use spanloom_store::{AppendError, TenantRefused};
use thiserror::Error;

use crate::decode::MEMORY_KEY;
use crate::remote_write::{RemoteWriteError, UnsupportedMedia};
use crate::rpc::Code;

const RETRY_AFTER: Duration = Duration::from_secs(2);

/// See the module's table.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error(transparent)]
    Tenant(#[from] TenantRefused),
    /// A protocol has an older version of itself at this path, which is not taken.
    #[error("{0}")]
    OldVersion(&'static str),
    #[error("content type {named:?} is not {taken}")]
    ContentType { named: String, taken: &'static str },
    /// What remote write takes is named by two headers.
    #[error(transparent)]
    Media(#[from] UnsupportedMedia),
    #[error("content encoding {0:?} is not one of identity, gzip and zstd")]
    ContentEncoding(String),
    #[error("the request is larger than {} ({key})", ByteSize::b(*bytes_max))]
    TooLarge { key: &'static str, bytes_max: u64 },
    #[error("the request cannot be decoded: {0}")]
    Undecodable(String),
    #[error("the request ended early: {0}")]
    Interrupted(String),
    #[error("the request took longer than {} s to arrive", .0.as_secs())]
    Slow(Duration),
    #[error("{what} is reached")]
    Overloaded { what: &'static str },
    #[error(transparent)]
    Store(#[from] AppendError),
    #[error("an internal error: {0}")]
    Internal(String),
}

impl From<RemoteWriteError> for Refusal {
    fn from(error: RemoteWriteError) -> Self {
        match error {
            RemoteWriteError::Snappy(_) | RemoteWriteError::Malformed(_) => Self::Undecodable(error.to_string()),
            RemoteWriteError::InflatedTooLarge { bytes_max, .. } => {
                Self::TooLarge { key: "ingest.decoded_bytes_max", bytes_max }
            }
            RemoteWriteError::DecodedTooLarge { bytes_max } => Self::TooLarge { key: MEMORY_KEY, bytes_max },
            RemoteWriteError::NoMemory => Self::Overloaded { what: "ingest.inflight_bytes_max" },
        }
    }
}

impl Refusal {
    /// The reason under which it is counted; a closed set.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Tenant(_) => "tenant",
            Self::OldVersion(_) => "old_version",
            Self::ContentType { .. } | Self::Media(_) => "content_type",
            Self::ContentEncoding(_) => "content_encoding",
            Self::TooLarge { .. } => "too_large",
            Self::Undecodable(_) => "undecodable",
            Self::Interrupted(_) => "interrupted",
            Self::Slow(_) => "slow",
            Self::Overloaded { .. } | Self::Store(AppendError::Overloaded { .. }) => "overloaded",
            Self::Store(AppendError::NotReady) => "not_ready",
            Self::Store(AppendError::Wal(_)) => "wal",
            Self::Store(AppendError::Stopping) => "stopping",
            Self::Internal(_) => "internal",
        }
    }

    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Tenant(_) => StatusCode::UNAUTHORIZED,
            Self::OldVersion(_) => StatusCode::NOT_FOUND,
            Self::ContentType { .. } | Self::Media(_) | Self::ContentEncoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Undecodable(_) | Self::Interrupted(_) => StatusCode::BAD_REQUEST,
            Self::Slow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Overloaded { .. } | Self::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub const fn code(&self) -> Code {
        match self {
            Self::Tenant(_) => Code::Unauthenticated,
            Self::ContentEncoding(_) | Self::OldVersion(_) => Code::Unimplemented,
            Self::TooLarge { .. } => Code::ResourceExhausted,
            Self::ContentType { .. } | Self::Media(_) | Self::Undecodable(_) => Code::InvalidArgument,
            Self::Interrupted(_) => Code::Cancelled,
            Self::Slow(_) => Code::DeadlineExceeded,
            Self::Overloaded { .. } | Self::Store(_) => Code::Unavailable,
            Self::Internal(_) => Code::Internal,
        }
    }

    /// When to try again; `None` where a retry would be refused again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Overloaded { .. } => Some(RETRY_AFTER),
            Self::Store(error) => Some(error.retry_after()),
            _ => None,
        }
    }
}
