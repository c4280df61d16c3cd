//! One trace.

use opentelemetry_proto::tonic::trace::v1::TracesData;

/// `tempopb.TraceByIDResponse`; `metrics` (2) is not sent. `tempopb.Trace` is, byte for byte, OTLP's `TracesData`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TraceByIdResponse {
    /// Always there, also when it is empty: clients read it without asking.
    #[prost(message, optional, tag = "1")]
    pub trace: Option<TracesData>,
    #[prost(enumeration = "super::PartialStatus", tag = "3")]
    pub status: i32,
    /// Why it is partial.
    #[prost(string, tag = "4")]
    pub message: String,
}
