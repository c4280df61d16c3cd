//! What pairing says about a trace.

use std::collections::BTreeMap;
use std::fmt;

use spanloom_store::ledger::{Observer, Outcome, Protocol, Reason, Segment, Side, Weight};
use spanloom_store::schema::identities::{IdentityKey, IdentityValues};
use spanloom_store::{SpanId, TraceId};

use super::interned::Interned;
use super::span::{Kind, Text};

/// Length of the ledger's windows.
pub const WINDOW_NS: i64 = 10_000_000_000;
/// Length of the windows of operations.
pub const OPERATION_WINDOW_NS: i64 = 60_000_000_000;

/// All that one trace adds to the ledger.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observations {
    /// What each observer saw of each request, sorted.
    pub rows: Vec<Observation>,
    /// Every span once, sorted.
    pub operations: Vec<Operation>,
    /// What the trace says of names, for the directory: each key once, in the order of [`Interned::cmp_hashes`].
    pub statements: Vec<Statement>,
    /// Spans that found no place, by reason: rule (n).
    pub unpaired: BTreeMap<Unpaired, u64>,
    /// Units that are not in `rows` because what they wait for may still come.
    pub waiting: u64,
    /// The first and the last end of these.
    pub waiting_ns: Option<(i64, i64)>,
}

impl Observations {
    /// What they take in memory, with their part of what traces share; texts are not counted.
    pub fn memory_bytes(&self) -> usize {
        let sides = self.rows.iter().map(|row| row.source.share_bytes() + row.target.share_bytes());
        let names = self.operations.iter().map(|operation| operation.name.share_bytes());
        let keys = self.statements.iter().map(|statement| statement.key.share_bytes());
        size_of_val(&self.rows[..])
            + size_of_val(&self.operations[..])
            + size_of_val(&self.statements[..])
            + sides.chain(names).chain(keys).sum::<usize>()
    }
}

/// One request as one observer saw it. It belongs to the window in which the observer's span ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Observation {
    pub end_ns: i64,
    /// Nothing is known of it where `reason` is root or parent_missing.
    pub source: Interned<Side>,
    /// Nothing is known of it where `reason` is no_target.
    pub target: Interned<Side>,
    pub protocol: Protocol,
    pub observer: Observer,
    pub reason: Option<Reason>,
    /// The requests that this one stands for.
    pub weight: Weight,
    /// Tries of this one request; each has the weight of the request.
    pub attempts: u32,
    pub outcome: Outcome,
    pub latency_ns: i64,
    /// Envoy's flags as they came; see [`Observation::flags`].
    pub response_flags: Option<Text>,
    /// Where the time went; on one row of a request only, that of the first observer.
    pub split: LatencySplit,
    /// The observer's span, to be looked at.
    pub trace_id: TraceId,
    pub span_id: SpanId,
}

/// Nanoseconds per segment, where two neighbouring observers make it known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LatencySplit {
    pub source_app_ns: Option<i64>,
    pub source_proxy_ns: Option<i64>,
    pub network_ns: Option<i64>,
    pub target_proxy_ns: Option<i64>,
    pub target_app_ns: Option<i64>,
}

/// A span as the table `operations` counts it, in the minute in which it ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Operation {
    pub end_ns: i64,
    pub name: Interned<OperationName>,
    pub kind: Kind,
    pub status_code: i32,
    pub weight: Weight,
    pub outcome: Outcome,
    pub latency_ns: i64,
    pub trace_id: TraceId,
    pub span_id: SpanId,
}

/// Whose operation it is, and how it is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationName {
    pub cluster: Option<Text>,
    pub namespace: Option<Text>,
    /// The raw `service.name`.
    pub service: Option<Text>,
    pub operation: Option<Text>,
}

/// What a trace says of a name, a row of the table `identities`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub key: Interned<IdentityKey>,
    pub values: IdentityValues,
}

/// Why a span found no place in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unpaired {
    /// A target saw a request whose source is not stored, or work goes on for a request that is not.
    ParentMissing,
    /// Nothing says whom a unit called.
    NoTarget,
    /// A proxy's CLIENT of which nothing says whether it goes in or out.
    NoDirection,
    /// A producer or consumer of which nothing says what queue, and that has no partner.
    NoQueue,
    /// Its parents go in a circle.
    Circle,
    /// A part of a span that is stored: same id and service, no kind and no time.
    Fragment,
}

impl Unpaired {
    pub const ALL: [Self; 6] =
        [Self::ParentMissing, Self::NoTarget, Self::NoDirection, Self::NoQueue, Self::Circle, Self::Fragment];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ParentMissing => "parent_missing",
            Self::NoTarget => "no_target",
            Self::NoDirection => "no_direction",
            Self::NoQueue => "no_queue",
            Self::Circle => "circle",
            Self::Fragment => "fragment",
        }
    }
}

impl fmt::Display for Unpaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Observation {
    /// Start of the window of the ledger.
    pub fn window_ns(&self) -> i64 {
        self.end_ns.div_euclid(WINDOW_NS) * WINDOW_NS
    }

    /// Envoy's short codes, each by itself.
    pub fn flags(&self) -> impl Iterator<Item = &str> {
        crate::mesh::envoy::flags(self.response_flags.as_deref())
    }
}

impl Operation {
    /// Start of the window of `operations`.
    pub fn window_ns(&self) -> i64 {
        self.end_ns.div_euclid(OPERATION_WINDOW_NS) * OPERATION_WINDOW_NS
    }
}

impl LatencySplit {
    /// The segments that are known.
    pub fn parts(&self) -> impl Iterator<Item = (Segment, i64)> {
        [
            (Segment::SourceApp, self.source_app_ns),
            (Segment::SourceProxy, self.source_proxy_ns),
            (Segment::Network, self.network_ns),
            (Segment::TargetProxy, self.target_proxy_ns),
            (Segment::TargetApp, self.target_app_ns),
        ]
        .into_iter()
        .filter_map(|(segment, ns)| Some((segment, ns?)))
    }
}
