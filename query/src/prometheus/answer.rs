//! Bodies of answers. What may be long is written piece by piece, while the client reads.

/// A body that is made while it is sent.
mod body;
/// Native histograms.
mod histogram;
/// Objects and texts.
pub(super) mod json;
/// What is said beside a result.
mod notice;
/// Values and times as Go writes them.
pub(super) mod number;
/// How long a query took and how much it read.
mod stats;
/// Results of queries.
mod value;

use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::failure::Refusal;
use super::store::Answered;
use body::Progress;
pub(super) use notice::Notices;

/// The type of every body.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What is said beside a list that was cut.
const TRUNCATED: &str = "results truncated due to limit";

/// Whether an answer says how it came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Statistics {
    Hidden,
    Shown,
}

#[derive(Serialize)]
struct Success<'a, T> {
    status: &'static str,
    data: &'a T,
}

/// `{"status":"success","data":…}`.
///
/// # Errors
/// Data that cannot be JSON.
pub(super) fn data(data: &impl Serialize) -> Result<Response, Refusal> {
    let body = serde_json::to_vec(&Success { status: "success", data });
    body.map(whole).map_err(|error| Refusal::internal(format!("the answer cannot be written: {error}")))
}

/// The same of data that are JSON already.
pub(super) fn written(data: &[u8]) -> Response {
    let mut body = br#"{"status":"success","data":"#.to_vec();
    body.extend_from_slice(data);
    body.push(b'}');
    whole(body)
}

fn whole(body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, JSON)], body).into_response()
}

/// A list of which no more than `results_max` are answered, each written by `write`.
pub(super) fn list<T: Send + 'static>(
    mut items: Vec<T>,
    results_max: usize,
    write: impl Fn(&mut Vec<u8>, &T) + Send + 'static,
) -> Response {
    let mut notices = Notices::default();
    if items.len() > results_max {
        items.truncate(results_max);
        notices.warnings.push(TRUNCATED.to_owned());
    }
    let mut tail = b"]".to_vec();
    notices.write(&mut tail);
    let (mut items, mut separator) = (items.into_iter(), "");
    let next = move |out: &mut Vec<u8>| {
        let Some(item) = items.next() else { return Progress::Done };
        out.extend_from_slice(separator.as_bytes());
        separator = ",";
        write(out, &item);
        Progress::More
    };
    body::respond(br#"{"status":"success","data":["#.to_vec(), next, tail)
}

/// The answer to the query of a text, with no more than `limit` series.
pub(super) fn query(answered: Answered, text: &str, limit: Option<usize>, statistics: Statistics) -> Response {
    let Answered { mut answer, timings } = answered;
    let mut notices = Notices::of(&answer.annotations, text);
    if limit.is_some_and(|limit| value::truncate(&mut answer.value, limit)) {
        notices.warnings.push(TRUNCATED.to_owned());
    }
    let mut tail = Vec::new();
    if statistics == Statistics::Shown {
        stats::write(&mut tail, timings, answer.samples_read, answer.samples_peak);
    }
    tail.push(b'}');
    notices.write(&mut tail);
    let mut head = br#"{"status":"success","data":{"resultType":"#.to_vec();
    json::string(&mut head, value::type_name(&answer.value));
    head.extend_from_slice(br#","result":"#);
    let mut elements = value::Elements::of(answer.value);
    body::respond(head, move |out: &mut Vec<u8>| elements.write_next(out), tail)
}
