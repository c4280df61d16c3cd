//! Messages of Tempo's API, in protobuf and in the JSON of protobuf.
//!
//! Integers of 64 bits are strings in JSON, enums are names, and what has its default value may be left out.
//! Source: grafana/tempo `pkg/tempopb/tempo.proto` (Apache-2.0). Fields that only Tempo's own parts send to each other are
//! not here; protobuf skips what it does not know.

/// Fields as JSON has them.
mod json;
/// `QueryRange…`, `QueryInstant…`.
mod metrics;
/// `Search…`.
mod search;
/// `SearchTags…`, `SearchTagValues…`.
mod tags;
/// `TraceByIDResponse`.
mod trace;
/// Values of attributes.
mod value;

pub(crate) use metrics::{
    Exemplar, InstantSeries, QueryInstantRequest, QueryInstantResponse, QueryRangeRequest, QueryRangeResponse, Sample,
    TimeSeries,
};
pub(crate) use search::{
    SearchMetrics, SearchRequest, SearchResponse, SearchSpan, ServiceStats, SpanSet, TraceSearchMetadata,
};
pub(crate) use tags::{
    MetadataMetrics, SearchTagValuesRequest, SearchTagValuesResponse, SearchTagValuesV2Response, SearchTagsRequest,
    SearchTagsResponse, SearchTagsV2Response, SearchTagsV2Scope, TypedValue,
};
pub(crate) use trace::TraceByIdResponse;
pub(crate) use value::key_values;

/// Whether an answer has everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, prost::Enumeration)]
#[repr(i32)]
pub(crate) enum PartialStatus {
    Complete = 0,
    Partial = 1,
}

impl PartialStatus {
    /// Of an answer that says why it is not whole, if it is not.
    pub fn of(partial: Option<&String>) -> Self {
        if partial.is_some() { Self::Partial } else { Self::Complete }
    }
}
