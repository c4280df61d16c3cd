//! What an answer looks like.

use serde::Serialize;
use utoipa::ToSchema;

use crate::trace::item::OperationRef;

/// What many traces waited for: their critical paths, added up.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct AggregatePath {
    /// Traces whose path is in it.
    pub trace_count: usize,
    /// Of these, traces none of whose spans is without a parent: their path is that of the longest tree that came.
    pub rootless_count: usize,
    /// Of the roots.
    pub duration: PathTime,
    /// The most time first; at most 500.
    pub services: Vec<ServicePathTime>,
    /// Services that were told apart, at most 1,000.
    pub service_count: usize,
    /// The services that are not in `services`.
    pub other_services: OtherPathTime,
    /// The most time first; at most 500.
    pub operations: Vec<OperationPathTime>,
    /// Operations that were told apart, at most 2,000: those that came first.
    pub operation_count: usize,
    /// The operations that are not in `operations`.
    pub other_operations: OtherPathTime,
    /// The most frequent paths first; at most 20.
    pub paths: Vec<FrequentPath>,
    /// Different paths.
    pub path_count: usize,
    pub left_out: LeftOutTraces,
    /// Why there may be newer traces that match than these; absent if there are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
}

/// Time on the critical paths, one number for each trace that has any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct PathTime {
    /// Traces that it is on the path of. The other numbers are of these traces only.
    pub trace_count: usize,
    pub total_ns: i64,
    /// Of the time of all roots together, 0 to 1.
    pub share: f64,
    pub mean_ns: i64,
    /// Half of the traces have no more than this.
    pub p50_ns: i64,
    pub p95_ns: i64,
    pub max_ns: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ServicePathTime {
    /// Null for spans without `service.name`.
    #[schema(required)]
    pub service: Option<String>,
    pub time: PathTime,
}

#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct OperationPathTime {
    pub operation: OperationRef,
    pub time: PathTime,
}

/// What a bounded list leaves out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct OtherPathTime {
    pub total_ns: i64,
    /// Of the time of all roots together, 0 to 1.
    pub share: f64,
}

/// Traces whose critical path comes by the same services.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct FrequentPath {
    /// In the order in which the path first comes to them, each once; null for spans without `service.name`. At most 32.
    pub services: Vec<Option<String>>,
    /// Services of the path beyond these.
    pub more_services: usize,
    pub trace_count: usize,
    /// Mean duration of the roots.
    pub mean_ns: i64,
    /// The slowest of these traces, 32 hexadecimal digits.
    pub slowest_trace_id: String,
    pub slowest_ns: i64,
}

/// Traces that the query found and whose path is not in the answer, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct LeftOutTraces {
    /// The root lasted no time.
    pub without_length: usize,
    /// The trace has more than 100,000 spans.
    pub too_large: usize,
    /// The time for one question was used up before they were read; these are the oldest.
    pub out_of_time: usize,
    /// None of its spans was there any more.
    pub gone: usize,
}
