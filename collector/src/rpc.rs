//! `google.rpc.Status`, the body of OTLP errors: in gRPC as trailer details, in HTTP as the response body.
//! Source: OTLP specification, "Failures"; googleapis `google/rpc/{status,code,error_details}.proto`.

use std::time::Duration;

use prost::Message;

use crate::refusal::Refusal;

/// Codes of `google/rpc/code.proto` that we answer with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    Cancelled = 1,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// `google.rpc.Status`.
#[derive(Clone, PartialEq, Message)]
pub struct Status {
    #[prost(int32, tag = "1")]
    pub code: i32,
    #[prost(string, tag = "2")]
    pub message: String,
    #[prost(message, repeated, tag = "3")]
    pub details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, Message)]
pub struct Any {
    #[prost(string, tag = "1")]
    pub type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// `google.rpc.RetryInfo`: without it an OTLP client must not resend after RESOURCE_EXHAUSTED.
#[derive(Clone, PartialEq, Message)]
pub struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    pub retry_delay: Option<RetryDelay>,
}

/// `google.protobuf.Duration`.
#[derive(Clone, PartialEq, Message)]
pub struct RetryDelay {
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

const RETRY_INFO_URL: &str = "type.googleapis.com/google.rpc.RetryInfo";

impl From<&Refusal> for Status {
    fn from(refusal: &Refusal) -> Self {
        Self {
            code: refusal.code() as i32,
            message: refusal.to_string(),
            details: refusal.retry_after().map(retry_info).into_iter().collect(),
        }
    }
}

fn retry_info(after: Duration) -> Any {
    let delay = RetryDelay { seconds: after.as_secs() as i64, nanos: after.subsec_nanos() as i32 };
    Any { type_url: RETRY_INFO_URL.to_owned(), value: RetryInfo { retry_delay: Some(delay) }.encode_to_vec() }
}
