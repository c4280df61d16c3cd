//! Traces by TraceQL or tags: what is asked in parameters or a message, and what was found as messages.

/// What was found as messages.
mod answer;
/// A search as a stream of messages.
mod stream;
/// Tags in logfmt, the search before TraceQL.
pub(crate) mod tags;

pub(crate) use answer::{metrics, response};
pub(super) use stream::messages;

use super::message::SearchRequest;
use crate::error::QueryError;
use crate::search::Searched;
use crate::trace::TimeRange;

const LIMIT: usize = 20;
const LIMIT_MAX: usize = 1_000;
/// Spans of each spanset.
const SPANS: usize = 3;
const SPANS_MAX: usize = 100;
const NS_PER_S: i64 = 1_000_000_000;
const NS_PER_MS: i64 = 1_000_000;

/// A search as it was asked.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct SearchAsked {
    /// TraceQL; everything when empty.
    pub text: String,
    /// Unix seconds; 0 for no bound.
    pub start_s: u32,
    pub end_s: u32,
    pub duration_min_ns: Option<i64>,
    pub duration_max_ns: Option<i64>,
    /// Traces; 20 when absent.
    pub limit: Option<usize>,
    /// Spans of each spanset; 3 when absent, and 0 stands for as many as there may be.
    pub spans_max: Option<usize>,
}

impl SearchAsked {
    /// # Errors
    /// `BadRequest` that names what cannot be.
    pub fn searched(self) -> Result<Searched, QueryError> {
        let range = self.range()?;
        let limit = self.limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(QueryError::BadRequest(format!("invalid limit: {limit}, it must be from 1 to {LIMIT_MAX}")));
        }
        let spans_max = self.spans_max.unwrap_or(SPANS);
        if spans_max > SPANS_MAX {
            return Err(QueryError::BadRequest(format!("invalid spss: {spans_max}, the most is {SPANS_MAX}")));
        }
        Ok(Searched {
            text: if self.text.trim().is_empty() { "{}".to_owned() } else { self.text },
            range,
            service: None,
            duration_min_ns: self.duration_min_ns,
            duration_max_ns: self.duration_max_ns,
            limit,
            spans_max: if spans_max == 0 { SPANS_MAX } else { spans_max },
        })
    }

    fn range(&self) -> Result<TimeRange, QueryError> {
        let (start_s, end_s) = (self.start_s, self.end_s);
        if (start_s, end_s) != (0, 0) && end_s <= start_s {
            return Err(QueryError::BadRequest("invalid range: end must be greater than start".to_owned()));
        }
        let given = |seconds: u32, absent: i64| if seconds == 0 { absent } else { i64::from(seconds) * NS_PER_S };
        Ok(TimeRange { start_ns: given(start_s, i64::MIN), end_ns: given(end_s, i64::MAX) })
    }
}

impl TryFrom<SearchRequest> for SearchAsked {
    type Error = QueryError;

    /// In protobuf a number that was not set is 0, so 0 is the default of each.
    fn try_from(request: SearchRequest) -> Result<Self, QueryError> {
        let given = |number: u32| (number > 0).then_some(number);
        let duration_ns = |milliseconds| given(milliseconds).map(|number| i64::from(number) * NS_PER_MS);
        Ok(Self {
            start_s: request.start,
            end_s: request.end,
            duration_min_ns: duration_ns(request.min_duration_ms),
            duration_max_ns: duration_ns(request.max_duration_ms),
            limit: given(request.limit).map(|limit| limit as usize),
            spans_max: given(request.spans_per_span_set).map(|spans| spans as usize),
            text: text(request)?,
        })
    }
}

fn text(request: SearchRequest) -> Result<String, QueryError> {
    match (request.query.trim().is_empty(), request.tags.is_empty()) {
        (false, false) => Err(both()),
        (true, false) => tags::query_of(request.tags.into_iter().collect()),
        (_, true) => Ok(request.query),
    }
}

/// A query and tags.
pub(crate) fn both() -> QueryError {
    QueryError::BadRequest("q and tags cannot be given together".to_owned())
}

#[cfg(test)]
mod tests;
