//! `tempopb.StreamingQuerier`: Tempo's API with answers that come while they are found, on the port of the HTTP API.
//!
//! A call is a POST over HTTP/2: one message in, messages out, a status in the trailers. Written by hand on axum, as the
//! receivers of the other crate are (decision 6): the same guards, tenants and bounds hold. A client that cancels
//! resets its stream, which drops the body of the answer, and with it the query.
//! Source: gRPC over HTTP2 (grpc/grpc `doc/PROTOCOL-HTTP2.md`), compression (`doc/compression.md`); the service in
//! grafana/tempo `pkg/tempopb/tempo.proto` (Apache-2.0).

/// One call: its request, and the stream of its answers.
mod call;
/// The frame around a message.
mod frame;
/// Codes and trailers.
mod status;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::{any, post};

use self::call::answer;
use self::status::{Code, Status};
use super::message::{
    QueryInstantRequest, QueryRangeRequest, SearchRequest, SearchTagValuesRequest, SearchTagsRequest,
};
use super::search::SearchAsked;
use super::{metrics, search, tags};
use crate::query::Query;

pub(crate) fn routes() -> Router<Query> {
    Router::new()
        .route("/tempopb.StreamingQuerier/Search", post(search))
        .route("/tempopb.StreamingQuerier/SearchTags", post(search_tags))
        .route("/tempopb.StreamingQuerier/SearchTagsV2", post(search_tags_v2))
        .route("/tempopb.StreamingQuerier/SearchTagValues", post(search_tag_values))
        .route("/tempopb.StreamingQuerier/SearchTagValuesV2", post(search_tag_values_v2))
        .route("/tempopb.StreamingQuerier/MetricsQueryRange", post(metrics_query_range))
        .route("/tempopb.StreamingQuerier/MetricsQueryInstant", post(metrics_query_instant))
        .route("/tempopb.StreamingQuerier/{method}", any(unimplemented))
}

async fn search(State(query): State<Query>, request: Request) -> Response {
    answer(query, request, |query, tenant, request: SearchRequest| {
        let searched = SearchAsked::try_from(request)?.searched()?;
        Ok(search::messages(query, tenant, searched))
    })
    .await
}

async fn search_tags(State(query): State<Query>, request: Request) -> Response {
    answer(query, request, |query, tenant, request: SearchTagsRequest| {
        let (asked, scope) = request.asked();
        Ok(tags::messages(async move { tags::names_v1(&query, &tenant, &asked, &scope).await }))
    })
    .await
}

async fn search_tags_v2(State(query): State<Query>, request: Request) -> Response {
    answer(query, request, |query, tenant, request: SearchTagsRequest| {
        let (asked, scope) = request.asked();
        Ok(tags::messages(async move { tags::names_v2(&query, &tenant, &asked, &scope).await }))
    })
    .await
}

async fn search_tag_values(State(query): State<Query>, request: Request) -> Response {
    answer(query, request, |query, tenant, request: SearchTagValuesRequest| {
        let (asked, tag) = request.asked();
        Ok(tags::messages(async move { tags::values_v1(&query, &tenant, &asked, &tag).await }))
    })
    .await
}

async fn search_tag_values_v2(State(query): State<Query>, request: Request) -> Response {
    answer(query, request, |query, tenant, request: SearchTagValuesRequest| {
        let (asked, tag) = request.asked();
        Ok(tags::messages(async move { tags::values_v2(&query, &tenant, &asked, &tag).await }))
    })
    .await
}

async fn metrics_query_range(State(query): State<Query>, request: Request) -> Response {
    answer(query, request, |query, tenant, request: QueryRangeRequest| {
        let series_max = request.max_series as usize;
        let asked = request.asked(query.now_ns())?;
        Ok(metrics::range_messages(query, tenant, asked, series_max))
    })
    .await
}

async fn metrics_query_instant(State(query): State<Query>, request: Request) -> Response {
    answer(query, request, |query, tenant, request: QueryInstantRequest| {
        let asked = request.asked(query.now_ns())?;
        Ok(metrics::instant_messages(query, tenant, asked))
    })
    .await
}

async fn unimplemented(request: Request) -> Response {
    if !call::is_grpc(request.headers()) {
        return call::not_grpc();
    }
    Status::new(Code::Unimplemented, format!("there is no {}", request.uri().path())).into_response()
}
