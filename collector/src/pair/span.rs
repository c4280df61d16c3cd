//! What pairing reads of a span: compact and owned, because the spans of open windows live in memory.
//!
//! What many spans have in common, which is all but ids, times, names and links, is kept once for all of them.

mod batch;
mod extras;

use std::ops::Deref;
use std::sync::Arc;

use spanloom_store::ledger::{Outcome, Weight};
use spanloom_store::{SpanId, TraceId};

pub use batch::SpanReader;

use super::cluster::Cluster;

/// A string that many spans share.
pub type Text = Arc<str>;

/// A span as the pairing rules see it. All of it takes part in the order, so that any two copies of a span can be told
/// apart or are equal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start_ns: i64,
    pub trace_id: TraceId,
    pub span_id: SpanId,
    /// Never before `start_ns`: a span that claims so took no time.
    pub end_ns: i64,
    pub parent: Option<SpanId>,
    pub name: Option<Text>,
    pub facts: Arc<Facts>,
    pub links: Box<[Link]>,
}

/// What spans have in common; a span is read as if it were its own.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Facts {
    pub kind: Kind,
    pub origin: Arc<Origin>,
    /// OTLP `StatusCode`.
    pub status_code: i32,
    /// Zipkin's `shared`: a server half that has the id of its client half.
    pub is_shared: bool,
    /// Neither a start nor a duration came; a part of a span that Zipkin calls reported late.
    pub is_timeless: bool,
    /// How many spans this one stands for, if the span itself says so.
    pub weight: Option<Weight>,
    pub protocols: Protocols,
    /// 0 is "no response", as Envoy writes it.
    pub http_status: Option<i64>,
    pub grpc_status: Option<i64>,
    /// Set exactly if the span is a proxy's: rule (a).
    pub proxy: Option<Arc<Proxy>>,
    /// What a caller says of the other side.
    pub peer: Option<Arc<Peer>>,
}

/// OTLP `SpanKind`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    #[default]
    Unspecified,
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

/// Who sent a span: what all spans of a process have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The raw `service.name`.
    pub service: Option<Text>,
    /// `k8s.cluster.name`, else `istio.cluster_id`.
    pub cluster: Option<Text>,
    pub k8s_namespace: Option<Text>,
    pub service_namespace: Option<Text>,
    /// Deployment, stateful set, daemon set or job.
    pub workload: Option<Text>,
    pub version: Option<Text>,
}

/// What a proxy's span says beyond an app's.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proxy {
    pub node: Option<Node>,
    pub istio_namespace: Option<Text>,
    /// `istio.canonical_revision`.
    pub revision: Option<Text>,
    pub upstream_cluster: Option<Arc<Cluster>>,
    /// `response_flags` as they came: short codes joined by commas, `-` for none.
    pub response_flags: Option<Text>,
    /// `istio.source_*`, which waypoints add.
    pub source: Option<Box<SourcePeer>>,
}

/// Istio's `node_id`: `type~ip~pod.namespace~namespace.svc.cluster.local`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    pub kind: NodeKind,
    pub namespace: Option<Text>,
    /// By the name of the pod.
    pub workload: Option<Text>,
}

/// The type in a `node_id`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// A node id that is not Istio's.
    #[default]
    Other,
    Sidecar,
    Router,
    Waypoint,
}

/// The caller, as a waypoint names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourcePeer {
    pub cluster: Option<Text>,
    pub namespace: Option<Text>,
    pub service: Option<Text>,
    pub workload: Option<Text>,
    pub revision: Option<Text>,
}

/// What a caller says of the other side. Hosts are lower case and without a port.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    pub service: Option<Text>,
    /// `server.address`, else `net.peer.name`.
    pub address: Option<Text>,
    pub url_host: Option<Text>,
    pub database_system: Option<Text>,
    pub database_name: Option<Text>,
    pub messaging_system: Option<Text>,
    pub destination: Option<Text>,
}

/// A span that this one points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    pub trace_id: TraceId,
    pub span_id: SpanId,
}

/// Which protocols a span's attributes speak of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Protocols(u8);

impl Protocols {
    pub const GRPC: Self = Self(1);
    pub const HTTP: Self = Self(2);
    pub const DATABASE: Self = Self(4);
    pub const MESSAGING: Self = Self(8);

    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Kind {
    /// The kind of an OTLP number; numbers that OTLP does not define yet say nothing.
    pub const fn from_otlp(number: i32) -> Self {
        match number {
            1 => Self::Internal,
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => Self::Unspecified,
        }
    }

    pub const fn as_otlp(self) -> i32 {
        match self {
            Self::Unspecified => 0,
            Self::Internal => 1,
            Self::Server => 2,
            Self::Client => 3,
            Self::Producer => 4,
            Self::Consumer => 5,
        }
    }
}

impl Deref for Span {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl Facts {
    /// Rule (a).
    pub fn is_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    pub fn node_kind(&self) -> Option<NodeKind> {
        Some(self.proxy.as_ref()?.node.as_ref()?.kind)
    }

    pub fn has_node_id(&self) -> bool {
        self.node_kind().is_some()
    }

    pub(super) fn upstream_cluster(&self) -> Option<&Arc<Cluster>> {
        self.proxy.as_ref()?.upstream_cluster.as_ref()
    }

    pub fn response_flags(&self) -> Option<&Text> {
        self.proxy.as_ref()?.response_flags.as_ref()
    }

    /// How what this span saw ended: rule (f) and the design's "Reading".
    pub fn outcome(&self) -> Outcome {
        super::outcome::outcome(self.http_status, self.grpc_status, self.status_code)
    }
}

impl Span {
    /// What it takes in memory, with its part of the facts; texts, which many spans share, are not counted.
    pub fn memory_bytes(&self) -> usize {
        // Whoever reads spans remembers facts twice.
        let holders = Arc::strong_count(&self.facts).saturating_sub(2).max(1);
        size_of::<Self>() + size_of::<Facts>() / holders + self.links.len() * size_of::<Link>()
    }

    pub fn duration_ns(&self) -> i64 {
        self.end_ns.saturating_sub(self.start_ns)
    }
}

#[cfg(test)]
mod tests;
