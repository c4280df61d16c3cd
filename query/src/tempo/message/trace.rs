//! One trace.

/// `tempopb.TraceByIDResponse`; `metrics` (2) is not sent. `tempopb.Trace` is, byte for byte, OTLP's `TracesData`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct TraceByIdResponse {
    /// The encoding of `Trace`, a message. Never empty: clients read it without asking.
    #[prost(bytes = "vec", tag = "1")]
    pub trace: Vec<u8>,
    #[prost(enumeration = "super::PartialStatus", tag = "3")]
    pub status: i32,
    /// Why it is partial.
    #[prost(string, tag = "4")]
    pub message: String,
}
