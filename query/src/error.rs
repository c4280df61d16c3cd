//! The one error of this crate's door, and what it is in HTTP.
//!
//! | variant | status | code |
//! | --- | --- | --- |
//! | `BadRequest` | 400 | `bad_request` |
//! | `Sql` | 400 | `bad_request`, with a position where one is known |
//! | `TraceQl` | 400 | `bad_request`, with a position |
//! | `Unauthorized` | 401 | `unauthorized` |
//! | `NotFound` | 404 | `not_found` |
//! | `TooLarge` | 413 | `too_large` |
//! | `Memory` | 422 | `resource_exhausted` |
//! | `Busy`, `TooManyStreams` | 429 | `resource_exhausted` |
//! | `DamagedFile`, `Internal` | 500 | `internal` |
//! | `NotReady`, `Stopping` | 503 | `unavailable` |
//! | `Timeout` | 504 | `timeout` |

use std::time::Duration;

use axum::http::StatusCode;
use datafusion::common::DataFusionError;
use serde::Serialize;
use spanloom_store::schema::measures::InvalidRow;
use spanloom_store::schema::spans::UnreadableRow;
use thiserror::Error;
use utoipa::ToSchema;

use crate::traceql::Invalid;
use crate::traceql::eval::MissingColumn;

/// Where in a query's text something is wrong; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Position {
    pub line: u64,
    pub column: u64,
}

/// Why a question got no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QueryError {
    #[error("{0}")]
    BadRequest(String),
    #[error("{message}")]
    Sql { message: String, position: Option<Position> },
    #[error("{message}")]
    TraceQl { message: String, position: Position },
    #[error("{0}")]
    Unauthorized(String),
    #[error("{0}")]
    NotFound(String),
    #[error("{0}")]
    TooLarge(String),
    /// The query needs more memory or spill space than it may have.
    #[error("the query needs more than query.memory_bytes_max allows: {0}")]
    Memory(String),
    #[error("too many queries run and wait already, which is query.concurrency_max")]
    Busy,
    #[error("as many streams are open as query.streams_max allows, which is {0}")]
    TooManyStreams(usize),
    #[error("the server is stopping")]
    Stopping,
    #[error("the server is still replaying its log and cannot answer in full yet")]
    NotReady,
    #[error("the query took longer than query.timeout, which is {0:?}")]
    Timeout(Duration),
    /// A Parquet file of the lake cannot be decoded; run `spanloom verify`.
    #[error("lake file {path} is damaged or unreadable: {reason}")]
    DamagedFile { path: String, reason: String },
    #[error("{0}")]
    Internal(String),
}

impl QueryError {
    /// The table of the module's description.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) | Self::Sql { .. } | Self::TraceQl { .. } => StatusCode::BAD_REQUEST,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Memory(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy | Self::TooManyStreams(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::DamagedFile { .. } | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NotReady | Self::Stopping => StatusCode::SERVICE_UNAVAILABLE,
            Self::Timeout(_) => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    /// The `code` of the error body, also the outcome that is counted.
    pub fn code(&self) -> &'static str {
        match self {
            Self::BadRequest(_) | Self::Sql { .. } | Self::TraceQl { .. } => "bad_request",
            Self::Unauthorized(_) => "unauthorized",
            Self::NotFound(_) => "not_found",
            Self::TooLarge(_) => "too_large",
            Self::Memory(_) | Self::Busy | Self::TooManyStreams(_) => "resource_exhausted",
            Self::DamagedFile { .. } | Self::Internal(_) => "internal",
            Self::NotReady | Self::Stopping => "unavailable",
            Self::Timeout(_) => "timeout",
        }
    }

    pub fn position(&self) -> Option<Position> {
        match self {
            Self::Sql { position, .. } => *position,
            Self::TraceQl { position, .. } => Some(*position),
            _ => None,
        }
    }
}

/// A failure of DataFusion outside of a user's text: planning or running what we built, or running what they wrote.
impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        let message = error.find_root().strip_backtrace();
        match error.find_root() {
            DataFusionError::ResourcesExhausted(why) => Self::Memory(why.clone()),
            DataFusionError::Execution(why) => Self::Sql { message: why.clone(), position: None },
            DataFusionError::ArrowError(..)
            | DataFusionError::Plan(_)
            | DataFusionError::SchemaError(..)
            | DataFusionError::NotImplemented(_)
            | DataFusionError::SQL(..) => Self::Sql { message, position: None },
            _ => Self::Internal(message),
        }
    }
}

impl From<Invalid> for QueryError {
    fn from(Invalid { message, position }: Invalid) -> Self {
        Self::TraceQl { message, position }
    }
}

impl From<MissingColumn> for QueryError {
    fn from(error: MissingColumn) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<UnreadableRow> for QueryError {
    fn from(error: UnreadableRow) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<InvalidRow> for QueryError {
    fn from(error: InvalidRow) -> Self {
        Self::Internal(error.to_string())
    }
}
