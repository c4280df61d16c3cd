//! What an answer looks like. A number that nobody can know is null, which is not zero.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use spanloom_store::ledger::{
    Evidence, Exemplar, Exemplars, Histogram, Observer, Outcome, Protocol, Segment, Split, Weight,
};
use spanloom_store::schema::edges::EdgeValues;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::ledger::{Grouping, Kind, View};

/// Who calls whom, how often, how well and how fast, over a range of time.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Graph {
    /// Names this picture. Opaque; equal texts are equal pictures.
    pub rev: String,
    /// Begin of the range, RFC 3339: what was asked for, widened to whole windows of 10 s.
    #[schema(example = "2026-01-01T00:00:00Z")]
    pub start: String,
    /// End of the range, RFC 3339.
    #[schema(example = "2026-01-01T00:05:10Z")]
    pub end: String,
    pub by: Grouping,
    /// Sorted by id.
    #[schema(value_type = Vec<NodeItem>)]
    pub nodes: Vec<Arc<NodeItem>>,
    /// Sorted by id.
    #[schema(value_type = Vec<EdgeItem>)]
    pub edges: Vec<Arc<EdgeItem>>,
    /// Ids of nodes that nobody in the graph calls and that have traffic.
    pub entry_points: Vec<String>,
    /// Sets of nodes that call each other in a circle, and nodes that call themselves.
    pub cycles: Vec<Vec<String>>,
    /// Calls that found no edge, by reason: `no_target`, nothing says whom the source called; `parent_missing`, the source
    /// is not stored. As many as were seen, of the whole mesh whatever part is shown.
    pub unpaired: BTreeMap<String, i64>,
}

/// A node. Its numbers are of the calls that reached it: of every edge into it, of the requests that begin at it, and of
/// those whose source is not stored; each call once, from the view that counts.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct NodeItem {
    /// `namespace/name`, or `name` without a namespace; `database:…`, `queue:…`, `external:…` of those that sent no span.
    #[schema(example = "shop/web")]
    pub id: String,
    /// Null if it has none.
    #[schema(required, value_type = Option<String>)]
    pub name: Option<Arc<str>>,
    #[schema(required, value_type = Option<String>)]
    pub namespace: Option<Arc<str>>,
    pub kind: Kind,
    /// The raw names under which it was seen, the most seen first; none of a namespace or a cluster.
    #[schema(value_type = Vec<String>)]
    pub aliases: Vec<Arc<str>>,
    /// The clusters in which it was seen, as far as they are known.
    #[schema(value_type = Vec<String>)]
    pub clusters: Vec<Arc<str>>,
    /// Calls, corrected for sampling; null if they were seen and nobody counted them.
    #[schema(required)]
    pub requests: Option<f64>,
    #[schema(required)]
    pub errors: Option<f64>,
    /// Requests per second of the range.
    #[schema(required)]
    pub rate: Option<f64>,
    /// Errors per request; null without requests.
    #[schema(required)]
    pub error_rate: Option<f64>,
    /// The same in the last minute of the range; null if there were fewer than 10 requests in it.
    #[schema(required)]
    pub recent_error_rate: Option<f64>,
    #[schema(required)]
    pub p50_ms: Option<f64>,
    #[schema(required)]
    pub p90_ms: Option<f64>,
    #[schema(required)]
    pub p95_ms: Option<f64>,
    #[schema(required)]
    pub p99_ms: Option<f64>,
    pub health: Health,
}

/// How a node or an edge does, by the worse of its error rates: over the range, and in its last minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Health {
    Healthy,
    /// From `query.health.degraded_error_rate` on.
    Degraded,
    /// From `query.health.failing_error_rate` on.
    Failing,
    /// No calls: of a node, neither to it nor from it.
    Idle,
}

/// Calls of one protocol from one node to another.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct EdgeItem {
    #[schema(example = "shop/web->shop/cart:http")]
    pub id: String,
    /// Id of a node.
    pub source: String,
    /// Id of a node.
    pub target: String,
    pub protocol: ProtocolWord,
    /// Calls after retries, corrected for sampling; null if nobody counted them.
    #[schema(required)]
    pub requests: Option<f64>,
    /// Tries; more than requests where there were retries.
    #[schema(required)]
    pub attempts: Option<f64>,
    /// No response, HTTP 500 and above, gRPC 2, 4, 12, 13, 14, 15, or without any code a span's status ERROR.
    #[schema(required)]
    pub errors: Option<f64>,
    #[schema(required)]
    pub rate: Option<f64>,
    #[schema(required)]
    pub error_rate: Option<f64>,
    /// The same in the last minute of the range; null if there were fewer than 10 requests in it.
    #[schema(required)]
    pub recent_error_rate: Option<f64>,
    #[schema(required)]
    pub p50_ms: Option<f64>,
    #[schema(required)]
    pub p90_ms: Option<f64>,
    #[schema(required)]
    pub p95_ms: Option<f64>,
    #[schema(required)]
    pub p99_ms: Option<f64>,
    /// The part of the calls under mutual TLS; null where nobody who can know it told.
    #[schema(required, minimum = 0, maximum = 1)]
    pub mtls: Option<f64>,
    /// Whose requests and errors these are.
    pub observer: ObserverWord,
    pub evidence: EvidenceWord,
    /// Up to three calls: the slowest error, the slowest, and the one with the lowest trace id.
    pub exemplars: Vec<ExemplarItem>,
    /// What each observer saw by each kind of evidence, in the order in which they are asked. Views of the same calls.
    pub observers: Vec<ObserverItem>,
    #[schema(required)]
    pub latency_split_ms: Option<SplitItem>,
    pub health: Health,
}

/// A call to be looked at.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ExemplarItem {
    /// 32 hexadecimal digits.
    pub trace_id: String,
    /// 16 hexadecimal digits.
    pub span_id: String,
    pub duration_ms: f64,
    pub class: OutcomeWord,
}

/// One view of an edge.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct ObserverItem {
    pub observer: ObserverWord,
    pub evidence: EvidenceWord,
    #[schema(required)]
    pub requests: Option<f64>,
    /// What was in fact seen, not corrected for sampling.
    pub observed: i64,
    #[schema(required)]
    pub attempts: Option<f64>,
    #[schema(required)]
    pub errors: Option<f64>,
    #[schema(required)]
    pub p50_ms: Option<f64>,
    #[schema(required)]
    pub p95_ms: Option<f64>,
    #[schema(required)]
    pub p99_ms: Option<f64>,
}

/// Mean time per part of the way, each over the requests in which it was measured.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct SplitItem {
    #[schema(required)]
    pub source_app: Option<f64>,
    #[schema(required)]
    pub source_proxy: Option<f64>,
    #[schema(required)]
    pub network: Option<f64>,
    #[schema(required)]
    pub target_proxy: Option<f64>,
    #[schema(required)]
    pub target_app: Option<f64>,
}

impl ObserverItem {
    pub fn new(view: View, values: &EdgeValues) -> Self {
        let errors = values.requests.map(|_| values.outcomes.errors().as_f64());
        Self {
            observer: ObserverWord(view.observer),
            evidence: EvidenceWord(view.evidence),
            requests: values.requests.map(Weight::as_f64),
            observed: values.observed,
            attempts: values.attempts.map(Weight::as_f64),
            errors,
            p50_ms: percentile_ms(&values.latency, 0.50),
            p95_ms: percentile_ms(&values.latency, 0.95),
            p99_ms: percentile_ms(&values.latency, 0.99),
        }
    }
}

impl SplitItem {
    pub fn new(split: &Split) -> Self {
        let mean_ms = |segment: Segment| {
            let part = split.part(segment)?;
            Some(milliseconds(part.sum_ns as f64 / part.requests.as_f64()))
        };
        Self {
            source_app: mean_ms(Segment::SourceApp),
            source_proxy: mean_ms(Segment::SourceProxy),
            network: mean_ms(Segment::Network),
            target_proxy: mean_ms(Segment::TargetProxy),
            target_app: mean_ms(Segment::TargetApp),
        }
    }
}

impl ExemplarItem {
    pub fn all(exemplars: &Exemplars) -> Vec<Self> {
        exemplars.calls().into_iter().map(Self::from).collect()
    }
}

impl From<Exemplar> for ExemplarItem {
    fn from(call: Exemplar) -> Self {
        Self {
            trace_id: call.trace_id.to_string(),
            span_id: call.span_id.to_string(),
            duration_ms: milliseconds(call.duration_ns as f64),
            class: OutcomeWord(call.outcome),
        }
    }
}

/// Nanoseconds as milliseconds, to the microsecond.
pub(crate) fn milliseconds(ns: f64) -> f64 {
    (ns / 1e3).round() / 1e3
}

pub(crate) fn percentile_ms(latency: &Histogram, q: f64) -> Option<f64> {
    latency.quantile_ns(q).map(milliseconds)
}

/// Requests per second.
pub(crate) fn rate(requests: Option<Weight>, seconds: f64) -> Option<f64> {
    requests.map(|requests| requests.as_f64() / seconds)
}

/// Errors per request; None without requests.
pub(crate) fn part_of(errors: Option<Weight>, requests: Option<Weight>) -> Option<f64> {
    let requests = requests.filter(|requests| !requests.is_zero())?;
    Some(errors?.as_f64() / requests.as_f64())
}

/// A word of a closed set of the ledger in an answer, described with all words of its set.
macro_rules! word {
    (#[doc = $doc:literal] $name:ident, $set:ty) => {
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) struct $name(pub $set);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.0.as_str())
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = <$set>::ALL.iter().map(|word| word.as_str());
                let schema = ObjectBuilder::new().schema_type(Type::String).description(Some($doc.trim()));
                schema.enum_values(Some(words)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

word!(
    /// Where a call was seen.
    ObserverWord,
    Observer
);
word!(
    /// How a call was seen.
    EvidenceWord,
    Evidence
);
word!(
    /// What a call spoke.
    ProtocolWord,
    Protocol
);
word!(
    /// How a call ended.
    OutcomeWord,
    Outcome
);
