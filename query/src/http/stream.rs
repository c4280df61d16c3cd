//! `GET /api/v1/stream`: server-sent events.

use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query as Params, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use spanloom_store::TenantId;
use utoipa::IntoParams;

use super::{ErrorBody, TENANT_HEADER, tenant_header};
use crate::error::QueryError;
use crate::ledger::{Grouping, WINDOW_NS};
use crate::live::{Live, Subject};
use crate::query::Query;

/// What a stream can tell of.
const TOPICS: [&str; 1] = ["graph"];
const RANGE: &str = "5m";
const WINDOW: Duration = Duration::from_nanos(WINDOW_NS as u64);
const RANGE_MIN: Duration = WINDOW;
/// What moves every few seconds and is read anew each time cannot be long.
const RANGE_MAX: Duration = Duration::from_hours(24);
/// By this header a browser's `EventSource` says what it has when it comes back.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Tells proxies not to hold events back.
pub(super) const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What to tell of.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct StreamParams {
    /// Joined by commas; there is `graph`.
    #[param(required, example = "graph")]
    topics: Option<String>,
    /// What a node stands for. Default `service`.
    #[serde(default)]
    #[param(inline)]
    by: Grouping,
    /// How far back from now, 10s to 24h. Default `5m`.
    range: Option<String>,
    /// The `rev` that the client has. The header `Last-Event-ID` wins over it.
    since: Option<String>,
    /// The tenant, for clients that cannot send a header.
    tenant: Option<String>,
}

impl StreamParams {
    fn check_topics(&self) -> Result<(), QueryError> {
        let topics = self.topics.as_deref().unwrap_or_default();
        match topics.split(',').find(|topic| !TOPICS.contains(topic)) {
            None => Ok(()),
            Some(unknown) => {
                let unknown: String = unknown.chars().take(64).collect();
                let known = TOPICS.join(", ");
                Err(QueryError::BadRequest(format!("topics: there is no topic {unknown:?}, there is: {known}")))
            }
        }
    }

    fn range(&self) -> Result<Duration, QueryError> {
        let text = self.range.as_deref().unwrap_or(RANGE);
        let range = humantime::parse_duration(text).ok().filter(|range| (RANGE_MIN..=RANGE_MAX).contains(range));
        // Whole windows, so that streams that ask nearly the same share their pictures.
        let whole =
            |range: Duration| WINDOW * u32::try_from(range.as_nanos().div_ceil(WINDOW.as_nanos())).unwrap_or(u32::MAX);
        range.map(whole).ok_or_else(|| {
            let text: String = text.chars().take(64).collect();
            QueryError::BadRequest(format!("range: a range is 10s to 24h, as in `5m`, not {text:?}"))
        })
    }

    /// The tenant by header, by parameter, or by both if they agree.
    fn tenant(&self, query: &Query, headers: &HeaderMap) -> Result<TenantId, QueryError> {
        let header = tenant_header(headers)?;
        let given = self.tenant.as_deref().filter(|tenant| !tenant.is_empty());
        if header.is_some() && given.is_some() && header != given {
            return Err(QueryError::BadRequest(format!("tenant and {TENANT_HEADER} name two tenants")));
        }
        query.admit(header.or(given))
    }
}

/// What changes, as it changes: a snapshot, then patches at most once a second, and a heartbeat every 15 s.
///
/// The data of a `snapshot` is a `Graph`, that of a `patch` a `GraphPatch` against what the client has, that of a
/// `heartbeat` a `Heartbeat`; the id of the first two is `rev`. A client that comes back with a `rev` which is still known
/// gets a patch, else a snapshot.
#[utoipa::path(
    get,
    path = "/api/v1/stream",
    tag = "graph",
    params(StreamParams, ("X-Scope-OrgID" = Option<String>, Header, description = "Tenant, `default` when absent")),
    responses(
        (status = 200, description = "Server-sent events", body = String, content_type = "text/event-stream"),
        (status = 400, description = "A parameter is not understood", body = ErrorBody),
        (status = 401, description = "The tenant is not allowed", body = ErrorBody),
        (status = 422, description = "The graph is too large for a query's memory", body = ErrorBody),
        (status = 429, description = "Too many streams or queries at a time", body = ErrorBody),
        (status = 503, description = "The server is replaying its log, or stops", body = ErrorBody),
    )
)]
pub(super) async fn stream(
    State(query): State<Query>,
    headers: HeaderMap,
    params: Result<Params<StreamParams>, QueryRejection>,
) -> Result<Response, QueryError> {
    let Params(params) = params.map_err(|rejection| QueryError::BadRequest(rejection.body_text()))?;
    params.check_topics()?;
    let subject = Subject { tenant: params.tenant(&query, &headers)?, by: params.by, range: params.range()? };
    let last = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).map(str::to_owned);
    let stream = Live::open(query, subject, last.or(params.since)).await?;
    let headers = [(CONTENT_TYPE, "text/event-stream"), (CACHE_CONTROL, "no-store"), (ACCEL_BUFFERING, "no")];
    Ok((headers, Body::from_stream(stream.into_texts())).into_response())
}
