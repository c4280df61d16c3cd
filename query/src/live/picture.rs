//! A graph and the events that tell of it. Texts are made once, however many streams send them.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use datafusion::execution::memory_pool::MemoryReservation;
use serde::Serialize;
use utoipa::ToSchema;

use super::patch::{GraphPatch, share};
use crate::graph::{Graph, HeldGraph};

/// Pictures that a feed keeps besides the newest: a client that has one of them gets a patch.
const EARLIER_MAX: usize = 4;

/// What a stream that has nothing to tell says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Heartbeat<'a> {
    /// The picture that the client has.
    rev: Option<&'a str>,
}

/// A server-sent event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub name: &'static str,
    pub text: Bytes,
}

impl Event {
    fn new(name: &'static str, rev: Option<&str>, data: &impl Serialize) -> Self {
        let id = rev.map(|rev| format!("id: {rev}\n")).unwrap_or_default();
        let mut text = format!("event: {name}\n{id}data: ").into_bytes();
        // Compact JSON has no line breaks, which would end the data.
        serde_json::to_writer(&mut text, data).expect("an answer has only texts for keys, and memory takes all bytes");
        text.extend_from_slice(b"\n\n");
        Self { name, text: Bytes::from(text) }
    }
}

/// Says that the stream lives.
pub(super) fn heartbeat(rev: Option<&str>) -> Event {
    Event::new("heartbeat", None, &Heartbeat { rev })
}

/// A graph as it was at one time.
#[derive(Debug)]
struct Picture {
    graph: Graph,
    /// What it takes in the memory of all queries.
    _memory: MemoryReservation,
}

/// The newest picture, and a few earlier ones. Texts are made when they are first needed.
#[derive(Debug)]
pub(super) struct Pictures {
    newest: Arc<Picture>,
    snapshot: OnceLock<Event>,
    /// Each with the event that leads from it to the newest.
    earlier: Vec<(Arc<Picture>, OnceLock<Event>)>,
}

impl Pictures {
    /// The pictures with one more; None if it is the same as the newest that is there.
    pub fn with(known: Option<Arc<Self>>, held: HeldGraph) -> Option<Self> {
        let HeldGraph { mut graph, memory } = held;
        let mut earlier = Vec::new();
        if let Some(known) = known {
            if is_same(&known.newest.graph, &graph) {
                return None;
            }
            share(&known.newest.graph, &mut graph);
            let pictures = std::iter::once(&known.newest).chain(known.earlier.iter().map(|(picture, _)| picture));
            let pictures = pictures.take(EARLIER_MAX).cloned();
            earlier = pictures.map(|picture| (picture, OnceLock::new())).collect();
        }
        let newest = Arc::new(Picture { graph, _memory: memory });
        Some(Self { newest, snapshot: OnceLock::new(), earlier })
    }

    pub fn rev(&self) -> &str {
        &self.newest.graph.rev
    }

    /// What to tell a client that has the picture `rev`: nothing if it is the newest, what changed if it is known, else all.
    /// Takes long for a large graph, the first time.
    pub fn event_since(&self, rev: Option<&str>) -> Option<Event> {
        let graph = &self.newest.graph;
        if rev == Some(&graph.rev) {
            return None;
        }
        let known = self.earlier.iter().find(|(picture, _)| Some(picture.graph.rev.as_str()) == rev);
        let event = match known {
            Some((old, text)) => {
                text.get_or_init(|| Event::new("patch", Some(&graph.rev), &GraphPatch::between(&old.graph, graph)))
            }
            None => self.snapshot.get_or_init(|| Event::new("snapshot", Some(&graph.rev), graph)),
        };
        Some(event.clone())
    }
}

/// Whether two pictures show the same: rows were added somewhere else.
fn is_same(a: &Graph, b: &Graph) -> bool {
    let Graph { rev: _, start, end, by, nodes, edges, entry_points, cycles, unpaired } = a;
    (start, end, by, nodes, edges) == (&b.start, &b.end, &b.by, &b.nodes, &b.edges)
        && (entry_points, cycles, unpaired) == (&b.entry_points, &b.cycles, &b.unpaired)
}
