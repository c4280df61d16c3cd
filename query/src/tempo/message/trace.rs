//! One trace.

/// `tempopb.TraceByIDResponse`, but for the trace, which is a field before these and too large to be copied; `metrics` (2) is not sent.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TraceByIdResponse {
    #[prost(enumeration = "super::PartialStatus", tag = "3")]
    pub status: i32,
    /// Why it is partial.
    #[prost(string, tag = "4")]
    pub message: String,
}

impl TraceByIdResponse {
    /// The field `trace`, of type `tempopb.Trace`: byte for byte OTLP's `TracesData`. Always there: clients read it without asking.
    pub const TRACE: u32 = 1;
}
