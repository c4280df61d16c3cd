//! Outcomes in the words of HTTP and gRPC.

use crate::request::Outcome;

/// HTTP's status; `None` if no answer came.
pub fn http(outcome: Outcome) -> Option<u16> {
    match outcome {
        Outcome::Done => Some(200),
        Outcome::Refused => Some(404),
        Outcome::Failed => Some(500),
        Outcome::Unavailable | Outcome::Unreachable => Some(503),
        Outcome::TimedOut => Some(504),
        Outcome::Cancelled => None,
    }
}

/// HTTP's status as a proxy sees it: 0 where no answer came. gRPC's errors are answers of HTTP that went well.
pub fn passed(is_grpc: bool, outcome: Outcome) -> u16 {
    match http(outcome) {
        Some(_) if is_grpc => 200,
        status => status.unwrap_or(0),
    }
}

/// gRPC's status; `None` if no answer came.
pub fn grpc(outcome: Outcome) -> Option<u16> {
    match outcome {
        Outcome::Done => Some(0),
        Outcome::TimedOut => Some(4),
        Outcome::Refused => Some(5),
        Outcome::Failed => Some(13),
        Outcome::Unavailable | Outcome::Unreachable => Some(14),
        Outcome::Cancelled => None,
    }
}
