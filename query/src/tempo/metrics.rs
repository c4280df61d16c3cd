//! TraceQL metrics: what is asked in parameters or a message, and what was found as messages.
//!
//! Nothing is aligned here: the evaluation decides of which intervals a range consists.

/// What was found as messages.
mod answer;
/// Metrics as a stream of messages.
mod stream;

pub(crate) use answer::{instant, range};
pub(super) use stream::{instant_messages, range_messages};

use super::message::{QueryInstantRequest, QueryRangeRequest};
use crate::error::QueryError;
use crate::time;
use crate::trace_metrics::{Evaluation, MetricsAsked};
use crate::traceql;

/// Of one answer, and how many there are where nothing is said.
const EXEMPLARS_MAX: usize = 100;
/// How far back from the end where no start is given.
const SINCE_NS: i64 = 3_600 * 1_000_000_000;
const NS_PER_S: f64 = 1e9;

/// Parameters as texts; 0 and the empty text stand for what is not given.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct MetricsTexts {
    pub text: String,
    pub start: String,
    pub end: String,
    /// Instead of a start: a duration before the end.
    pub since: String,
    pub step: String,
    pub exemplars: Option<usize>,
}

impl MetricsTexts {
    /// # Errors
    /// `BadRequest` that names the parameter that cannot be.
    pub fn asked(self, evaluation: Evaluation, now_ns: i64) -> Result<MetricsAsked, QueryError> {
        let end_ns = time_ns("end", &self.end, now_ns)?.unwrap_or(now_ns);
        let start_ns = match time_ns("start", &self.start, now_ns)? {
            Some(start_ns) => start_ns,
            None => end_ns.saturating_sub(self.since_ns()?),
        };
        let step_ns = step_ns(&self.step)?;
        let exemplars_max = self.exemplars.unwrap_or(EXEMPLARS_MAX);
        asked(MetricsAsked { text: self.text, start_ns, end_ns, step_ns, exemplars_max, evaluation })
    }

    fn since_ns(&self) -> Result<i64, QueryError> {
        match self.since.as_str() {
            "" => Ok(SINCE_NS),
            since => traceql::duration_ns(since).ok_or_else(|| invalid("since", "a duration is 1h or 1h30m", since)),
        }
    }
}

/// What every metrics query must have.
fn asked(asked: MetricsAsked) -> Result<MetricsAsked, QueryError> {
    if asked.text.trim().is_empty() {
        return Err(QueryError::BadRequest("q is missing".to_owned()));
    }
    if asked.end_ns <= asked.start_ns {
        return Err(QueryError::BadRequest("invalid range: end must be greater than start".to_owned()));
    }
    // An answer of one point has no place for exemplars, and its step is the range.
    let (step_ns, exemplars_max) = match asked.evaluation {
        Evaluation::Range => (asked.step_ns, asked.exemplars_max.min(EXEMPLARS_MAX)),
        Evaluation::Instant => (None, 0),
    };
    Ok(MetricsAsked { step_ns, exemplars_max, ..asked })
}

fn time_ns(name: &str, text: &str, now_ns: i64) -> Result<Option<i64>, QueryError> {
    match text {
        "" | "0" => Ok(None),
        text => time::parse(text, now_ns)
            .map(Some)
            .map_err(|problem| QueryError::BadRequest(format!("invalid {name}: {problem}"))),
    }
}

/// `15s`, `1m30s`, or seconds such as `15` and `0.5`.
fn step_ns(text: &str) -> Result<Option<i64>, QueryError> {
    if matches!(text, "" | "0") {
        return Ok(None);
    }
    // A cast of a float saturates, and makes 0 of what is no number.
    let seconds = || text.parse().ok().map(|seconds: f64| (seconds * NS_PER_S) as i64);
    let step_ns = traceql::duration_ns(text).or_else(seconds).filter(|step_ns| *step_ns > 0);
    step_ns.map(Some).ok_or_else(|| invalid("step", "a step is 15s, or seconds above 0", text))
}

fn invalid(name: &str, expected: &str, text: &str) -> QueryError {
    let text: String = text.chars().take(64).collect();
    QueryError::BadRequest(format!("invalid {name}: {expected}, not {text:?}"))
}

impl QueryRangeRequest {
    /// In protobuf a number that was not set is 0, so 0 is the default of each.
    ///
    /// # Errors
    /// `BadRequest` that names what cannot be.
    pub fn asked(self, now_ns: i64) -> Result<MetricsAsked, QueryError> {
        let exemplars_max = if self.exemplars == 0 { EXEMPLARS_MAX } else { self.exemplars as usize };
        let (start_ns, end_ns) = bounds(self.start, self.end, now_ns);
        asked(MetricsAsked {
            text: self.query,
            start_ns,
            end_ns,
            step_ns: (self.step > 0).then(|| clamped(self.step)),
            exemplars_max,
            evaluation: Evaluation::Range,
        })
    }
}

impl QueryInstantRequest {
    /// # Errors
    /// As those of a range.
    pub fn asked(self, now_ns: i64) -> Result<MetricsAsked, QueryError> {
        let (start_ns, end_ns) = bounds(self.start, self.end, now_ns);
        let evaluation = Evaluation::Instant;
        asked(MetricsAsked { text: self.query, start_ns, end_ns, step_ns: None, exemplars_max: 0, evaluation })
    }
}

fn bounds(start: u64, end: u64, now_ns: i64) -> (i64, i64) {
    let end_ns = if end == 0 { now_ns } else { clamped(end) };
    let start_ns = if start == 0 { end_ns.saturating_sub(SINCE_NS) } else { clamped(start) };
    (start_ns, end_ns)
}

fn clamped(nanos: u64) -> i64 {
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
