//! Who calls a service and whom it calls: the edges of the graph at one node, each with a series.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::series::{self, Step};
use super::{Question, is_named};
use crate::error::QueryError;
use crate::graph::{
    self, EdgeItem, Graph, Health, HeldGraph, NodeItem, ProtocolWord, part_of, percentile_ms, rate, unknown_node,
};
use crate::ledger::{Grouping, Kind, Places, directory};
use crate::session::Session;

/// A [`CallSeries`] has so many series, and stands in memory beside the answer that it is copied into.
const SERIES: usize = 3;
const ANSWERED: usize = 2;

/// Calls to and from a service.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CallLists {
    /// Names the picture. Opaque; equal texts are equal pictures of one question.
    pub rev: String,
    /// Begin of the first step, RFC 3339.
    pub start: String,
    /// End of the last step, RFC 3339.
    pub end: String,
    pub step_s: i64,
    /// The node of the graph.
    #[schema(example = "shop/web")]
    pub id: String,
    /// Begin of each step, in seconds since the epoch.
    pub times: Vec<i64>,
    /// Edges to the service, those with the most requests first.
    pub inbound: Vec<CallItem>,
    /// Edges from it. One from the service to itself is in both lists.
    pub outbound: Vec<CallItem>,
}

/// An edge as its one end sees it. The numbers are those of the graph.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct CallItem {
    /// Id of the edge in the graph.
    #[schema(example = "shop/web->shop/cart:http")]
    pub edge: String,
    /// Id of the node at the other end.
    pub peer: String,
    #[schema(required, value_type = Option<String>)]
    pub peer_namespace: Option<Arc<str>>,
    #[schema(required, value_type = Option<String>)]
    pub peer_name: Option<Arc<str>>,
    pub peer_kind: Kind,
    pub peer_health: Health,
    pub protocol: ProtocolWord,
    #[schema(required)]
    pub requests: Option<f64>,
    #[schema(required)]
    pub rate: Option<f64>,
    #[schema(required)]
    pub errors: Option<f64>,
    #[schema(required)]
    pub error_rate: Option<f64>,
    #[schema(required)]
    pub p50_ms: Option<f64>,
    #[schema(required)]
    pub p95_ms: Option<f64>,
    #[schema(required)]
    pub p99_ms: Option<f64>,
    /// The part of the calls under mutual TLS; null where nobody who can know it told.
    #[schema(required, minimum = 0, maximum = 1)]
    pub mtls: Option<f64>,
    pub series: CallSeries,
}

/// A value per step; null where nobody can know it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct CallSeries {
    /// Requests per second.
    pub rate: Vec<Option<f64>>,
    pub error_rate: Vec<Option<f64>>,
    pub p95_ms: Vec<Option<f64>>,
}

/// The calls of a service; `graph` asks for the graph of the same range.
///
/// # Errors
/// `NotFound` when nothing in the range, nor any name said in it, is of that service.
pub(crate) async fn calls(
    session: &Session,
    question: &Question,
    graph: &graph::Question,
) -> Result<CallLists, QueryError> {
    let HeldGraph { graph, memory: _of_graph } = graph::graph(session, graph).await?;
    let (directory, _names) = directory(session, question.range).await?;
    let id = question.id();
    let mut places = Places::new(&directory, Grouping::Service, session.reserve("nodes"));
    let seconds = question.step_s() as f64;
    let make = |steps: &[Step]| CallSeries::new(steps, seconds);
    let bytes = ANSWERED * SERIES * size_of::<Option<f64>>() * question.step_count();
    let (series, _of_series) = series::of_edges(session, question, &id, &mut places, make, bytes).await?;
    if places.find(&id).is_none() && !is_named(&directory, &id) {
        return Err(unknown_node(&id, places.ids()));
    }
    let ids: Vec<&str> = places.ids().collect();
    let series = series.into_iter().filter_map(|(call, series)| {
        let (source, target) = (ids[call.source?.index()], ids[call.target?.index()]);
        Some((graph::edge_id(source, target, call.protocol), series))
    });
    Ok(CallLists::new(question, &id, &graph, &series.collect()))
}

impl CallLists {
    fn new(question: &Question, id: &str, graph: &Graph, series: &HashMap<String, CallSeries>) -> Self {
        let nodes: HashMap<&str, &NodeItem> = graph.nodes.iter().map(|node| (node.id.as_str(), &**node)).collect();
        let list = |end: fn(&EdgeItem) -> (&str, &str)| {
            let edges = graph.edges.iter().filter(|edge| end(edge).0 == id);
            let item = |edge: &Arc<EdgeItem>| {
                let series = series.get(&edge.id).cloned().unwrap_or_default();
                Some(CallItem::new(edge, nodes.get(end(edge).1)?, series))
            };
            let mut items: Vec<CallItem> = edges.filter_map(item).collect();
            let requests = |item: &CallItem| item.requests.unwrap_or(-1.0);
            items.sort_by(|a, b| requests(b).total_cmp(&requests(a)).then_with(|| a.edge.cmp(&b.edge)));
            items
        };
        Self {
            rev: question.rev.clone(),
            start: question.range.start_text(),
            end: question.range.end_text(),
            step_s: question.step_s(),
            id: id.to_owned(),
            times: question.times(),
            inbound: list(|edge| (&edge.target, &edge.source)),
            outbound: list(|edge| (&edge.source, &edge.target)),
        }
    }
}

impl CallItem {
    fn new(edge: &EdgeItem, peer: &NodeItem, series: CallSeries) -> Self {
        Self {
            edge: edge.id.clone(),
            peer: peer.id.clone(),
            peer_namespace: peer.namespace.clone(),
            peer_name: peer.name.clone(),
            peer_kind: peer.kind,
            peer_health: peer.health,
            protocol: edge.protocol,
            requests: edge.requests,
            rate: edge.rate,
            errors: edge.errors,
            error_rate: edge.error_rate,
            p50_ms: edge.p50_ms,
            p95_ms: edge.p95_ms,
            p99_ms: edge.p99_ms,
            mtls: edge.mtls,
            series,
        }
    }
}

impl CallSeries {
    fn new(steps: &[Step], step_s: f64) -> Self {
        let error_rate = |step: &Step| part_of(Some(step.outcomes.errors()), step.requests());
        Self {
            rate: steps.iter().map(|step| rate(step.requests(), step_s)).collect(),
            error_rate: steps.iter().map(error_rate).collect(),
            p95_ms: steps.iter().map(|step| percentile_ms(&step.latency, 0.95)).collect(),
        }
    }
}
