//! What changed between two pictures of one subject.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::graph::{EdgeItem, Graph, NodeItem};

/// What makes the next graph of the one that the client has.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct GraphPatch {
    /// Names the picture that comes out.
    pub rev: String,
    pub start: String,
    pub end: String,
    pub nodes: NodeChanges,
    pub edges: EdgeChanges,
    /// As they are now.
    pub entry_points: Vec<String>,
    /// As they are now.
    pub cycles: Vec<Vec<String>>,
    /// As they are now.
    pub unpaired: BTreeMap<String, i64>,
}

/// Changes of nodes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct NodeChanges {
    /// New ones, and changed ones as they are now.
    #[schema(value_type = Vec<NodeItem>)]
    pub upsert: Vec<Arc<NodeItem>>,
    /// Ids of those that are gone.
    pub remove: Vec<String>,
}

/// Changes of edges.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct EdgeChanges {
    /// New ones, and changed ones as they are now.
    #[schema(value_type = Vec<EdgeItem>)]
    pub upsert: Vec<Arc<EdgeItem>>,
    /// Ids of those that are gone.
    pub remove: Vec<String>,
}

/// Something that is known by its id.
trait Item: PartialEq {
    fn id(&self) -> &str;
}

impl Item for NodeItem {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Item for EdgeItem {
    fn id(&self) -> &str {
        &self.id
    }
}

impl GraphPatch {
    pub fn between(old: &Graph, new: &Graph) -> Self {
        let (upsert, remove) = changes(&old.nodes, &new.nodes);
        let nodes = NodeChanges { upsert, remove };
        let (upsert, remove) = changes(&old.edges, &new.edges);
        Self {
            rev: new.rev.clone(),
            start: new.start.clone(),
            end: new.end.clone(),
            nodes,
            edges: EdgeChanges { upsert, remove },
            entry_points: new.entry_points.clone(),
            cycles: new.cycles.clone(),
            unpaired: new.unpaired.clone(),
        }
    }
}

fn changes<T: Item>(old: &[Arc<T>], new: &[Arc<T>]) -> (Vec<Arc<T>>, Vec<String>) {
    let known = by_id(old);
    let is_known = |item: &Arc<T>| known.get(item.id()).is_some_and(|known| Arc::ptr_eq(known, item) || *known == item);
    let upsert = new.iter().filter(|item| !is_known(item)).cloned().collect();
    let kept: HashSet<&str> = new.iter().map(|item| item.id()).collect();
    let remove = old.iter().filter(|item| !kept.contains(item.id())).map(|item| item.id().to_owned()).collect();
    (upsert, remove)
}

fn by_id<T: Item>(items: &[Arc<T>]) -> HashMap<&str, &Arc<T>> {
    items.iter().map(|item| (item.id(), item)).collect()
}

/// Lets a new graph have its unchanged parts in common with an old one.
pub(super) fn share(old: &Graph, new: &mut Graph) {
    share_items(&old.nodes, &mut new.nodes);
    share_items(&old.edges, &mut new.edges);
}

fn share_items<T: Item>(old: &[Arc<T>], new: &mut [Arc<T>]) {
    let known = by_id(old);
    for item in new {
        if let Some(known) = known.get(item.id()).filter(|known| **known == item) {
            *item = Arc::clone(known);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
