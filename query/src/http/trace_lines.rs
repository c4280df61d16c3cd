//! `GET /api/v1/traces` line by line: what is found, while it is found.
//!
//! What is wrong from the start is an ordinary error. What goes wrong later is a line of its own, for the status is sent by
//! then. A client that goes away ends the search.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt as _, stream};
use serde::Serialize;
use spanloom_store::TenantId;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::task::JoinHandle;
use utoipa::ToSchema;

use super::ErrorBody;
use super::stream::ACCEL_BUFFERING;
use super::traces::trace_item;
use crate::error::QueryError;
use crate::query::Query;
use crate::search::{Found, Inspected, Progress, Searched};
use crate::traces::TraceItem;

const LINES: &str = "application/x-ndjson";

/// A line of a search: what was found since the line before it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TraceLine {
    /// Those among the newest `limit` of all found until now. The newest `limit` of all lines, by start and then by id, are
    /// the answer.
    traces: Vec<TraceItem>,
    /// What starts at this time or later is found; decimal digits. Absent in the last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    searched_from: Option<String>,
    /// How far back the search goes if nothing ends it before; decimal digits. Absent in the last line.
    #[serde(skip_serializing_if = "Option::is_none")]
    range_start: Option<String>,
    inspected: InspectedItem,
    /// True in the last line. A body that ends without it is cut short.
    done: bool,
    /// In the last line: why there may be more traces, or newer ones, than those sent; absent if there are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    partial: Option<String>,
}

/// What a search has cost so far.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct InspectedItem {
    /// Traces that were read as a whole, and the spans of them.
    traces: u64,
    spans: u64,
    /// Parquet files that were opened, and their size.
    files: u64,
    bytes: u64,
}

impl From<Inspected> for InspectedItem {
    fn from(Inspected { traces, spans, files, bytes, slices: _ }: Inspected) -> Self {
        Self { traces, spans, files, bytes }
    }
}

pub(super) fn are_wanted(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|accept| accept.to_str().is_ok_and(|accept| accept.contains(LINES)))
}

/// Answers once there is anything to say.
pub(super) async fn answer(query: Query, tenant: TenantId, searched: Searched) -> Result<Response, QueryError> {
    let (listener, steps) = mpsc::unbounded_channel();
    let spans_max = searched.spans_max;
    // A task of its own, so that a client that reads slowly does not hold the query's turn.
    let search = tokio::spawn(async move {
        query.search(&tenant, searched, Some(listener)).await.map(|answer| Found { traces: Vec::new(), ..answer.value })
    });
    let mut lines = Lines { steps, search: Search(search), spans_max, has_ended: false };
    let first = lines.next().await.unwrap_or(Err(QueryError::Internal("a search said nothing".to_owned())))?;
    let headers = [(CONTENT_TYPE, LINES), (CACHE_CONTROL, "no-store"), (ACCEL_BUFFERING, "no")];
    Ok((headers, Body::from_stream(texts(first, lines))).into_response())
}

/// The search under way; it ends when this is dropped.
struct Search(JoinHandle<Result<Found, QueryError>>);

impl Drop for Search {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Lines {
    steps: UnboundedReceiver<Progress>,
    search: Search,
    spans_max: usize,
    has_ended: bool,
}

impl Lines {
    /// The next line; none after the last one, or after an error.
    async fn next(&mut self) -> Option<Result<TraceLine, QueryError>> {
        if self.has_ended {
            return None;
        }
        // The channel is closed when the search has ended, and not before everything was taken out of it.
        if let Some(step) = self.steps.recv().await {
            return Some(Ok(self.line(step)));
        }
        self.has_ended = true;
        Some(match (&mut self.search.0).await {
            Ok(found) => found.map(last_line),
            Err(error) => Err(QueryError::Internal(error.to_string())),
        })
    }

    fn line(&self, step: Progress) -> TraceLine {
        TraceLine {
            traces: step.traces.into_iter().map(|trace| trace_item(trace, self.spans_max)).collect(),
            searched_from: Some(step.searched_from_ns.to_string()),
            range_start: Some(step.range_start_ns.to_string()),
            inspected: step.inspected.into(),
            done: false,
            partial: None,
        }
    }
}

fn last_line(found: Found) -> TraceLine {
    TraceLine {
        traces: Vec::new(),
        searched_from: None,
        range_start: None,
        inspected: found.inspected.into(),
        done: true,
        partial: found.partial,
    }
}

fn texts(first: TraceLine, lines: Lines) -> impl Stream<Item = Result<Bytes, serde_json::Error>> {
    let rest = stream::unfold(lines, async |mut lines| Some((lines.next().await?, lines)));
    stream::once(async { Ok(first) }).chain(rest).map(text)
}

fn text(line: Result<TraceLine, QueryError>) -> Result<Bytes, serde_json::Error> {
    let mut text = match line {
        Ok(line) => serde_json::to_vec(&line),
        Err(error) => serde_json::to_vec(&ErrorBody::from(&error)),
    }?;
    text.push(b'\n');
    Ok(text.into())
}
