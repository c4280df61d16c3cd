//! How a call ended, from what its span says.

use spanloom_store::ledger::Outcome;

const STATUS_ERROR: i32 = 2;
/// gRPC codes that put the blame on the server: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
const GRPC_SERVER_ERRORS: [i64; 6] = [2, 4, 12, 13, 14, 15];
/// The names of the codes, by number.
const GRPC_NAMES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// A code speaks before the span's status, which many instrumentations set to ERROR for a 404. A gRPC answer is an HTTP
/// 200 with the code inside; where HTTP itself failed, there was no gRPC answer to believe.
pub fn outcome(http_status: Option<i64>, grpc_status: Option<i64>, status_code: i32) -> Outcome {
    match (http_status, grpc_status) {
        (Some(0), None) => Outcome::NoResponse,
        (Some(500..), _) => Outcome::Http5xx,
        (Some(400..500), _) => Outcome::Http4xx,
        (_, Some(code)) if GRPC_SERVER_ERRORS.contains(&code) => Outcome::Grpc,
        (None, None) if status_code == STATUS_ERROR => Outcome::StatusError,
        _ => Outcome::Ok,
    }
}

/// A gRPC code written as a number or as its name.
pub fn grpc_code(text: &str) -> Option<i64> {
    let by_name = || GRPC_NAMES.iter().position(|name| text.eq_ignore_ascii_case(name)).map(|code| code as i64);
    text.parse().ok().or_else(by_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_speaks_before_the_status() {
        let check = |http, grpc, status, expected| {
            assert_eq!(outcome(http, grpc, status), expected, "http {http:?} grpc {grpc:?} status {status}");
        };
        check(Some(200), None, STATUS_ERROR, Outcome::Ok);
        check(Some(404), None, STATUS_ERROR, Outcome::Http4xx);
        check(Some(503), None, 0, Outcome::Http5xx);
        check(Some(0), None, 0, Outcome::NoResponse);
        check(Some(200), Some(14), 0, Outcome::Grpc);
        check(Some(200), Some(5), STATUS_ERROR, Outcome::Ok);
        check(Some(503), Some(14), 0, Outcome::Http5xx);
        check(None, Some(0), STATUS_ERROR, Outcome::Ok);
        check(None, None, STATUS_ERROR, Outcome::StatusError);
        check(None, None, 0, Outcome::Ok);
    }

    #[test]
    fn every_server_side_code_is_an_error_and_no_other() {
        let errors: Vec<i64> = (0..=16).filter(|code| outcome(None, Some(*code), 0).is_error()).collect();
        assert_eq!(errors, GRPC_SERVER_ERRORS);
    }

    #[test]
    fn a_grpc_code_comes_as_number_or_name() {
        assert_eq!(grpc_code("14"), Some(14));
        assert_eq!(grpc_code("UNAVAILABLE"), Some(14));
        assert_eq!(grpc_code("ok"), Some(0));
        assert_eq!(grpc_code("maybe"), None);
    }
}
