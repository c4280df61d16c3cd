//! Why a scrape failed.

use std::time::Duration;

use thiserror::Error;

use super::sink::AppendFailed;
use crate::exposition::{PageError, UnknownFormat};

/// Why a scrape brought no samples. Its text is the `lastError` of the target.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScrapeFailure {
    /// The client cannot be made: a file of its configuration is missing or wrong.
    #[error("cannot be asked: {0}")]
    Client(String),
    #[error("failed to connect or read: {0}")]
    Transport(String),
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    #[error("server returned HTTP status {0}")]
    Status(String),
    #[error("body size limit exceeded: the page has more than {0} bytes")]
    BodyTooLarge(u64),
    #[error(transparent)]
    Format(#[from] UnknownFormat),
    #[error("failed to read the page: {0}")]
    Page(#[from] PageError),
    #[error("a series has no name after relabelling: {0}")]
    NoName(String),
    #[error("sample limit exceeded: the page has {samples} samples, the most is {max}")]
    SampleLimit { samples: usize, max: usize },
    #[error("label limit exceeded: {0}")]
    LabelLimit(String),
    #[error("target limit exceeded: the job has {targets} targets, the most is {max}")]
    TargetLimit { targets: usize, max: usize },
    #[error(transparent)]
    Append(#[from] AppendFailed),
}

impl ScrapeFailure {
    pub const REASONS: [&str; 12] = [
        "client",
        "transport",
        "timeout",
        "status",
        "body_size_limit",
        "content_type",
        "page",
        "no_name",
        "sample_limit",
        "label_limit",
        "target_limit",
        "append",
    ];

    pub(super) const fn place(&self) -> usize {
        match self {
            Self::Client(_) => 0,
            Self::Transport(_) => 1,
            Self::Timeout(_) => 2,
            Self::Status(_) => 3,
            Self::BodyTooLarge(_) => 4,
            Self::Format(_) => 5,
            Self::Page(_) => 6,
            Self::NoName(_) => 7,
            Self::SampleLimit { .. } => 8,
            Self::LabelLimit(_) => 9,
            Self::TargetLimit { .. } => 10,
            Self::Append(_) => 11,
        }
    }

    pub const fn reason(&self) -> &'static str {
        Self::REASONS[self.place()]
    }
}
