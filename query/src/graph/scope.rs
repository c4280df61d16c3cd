//! A part of a graph: a namespace with its neighbours, or what is near one node.

use std::collections::HashSet;

use super::answer::Graph;
use super::near::near;
use super::shape::Shape;
use crate::error::QueryError;

/// The farthest that a focus may reach.
pub(crate) const DEPTH_MAX: usize = 16;

/// Which part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Nodes of this namespace and those that they call or are called by; edges between two of the latter are not of it.
    pub namespace: Option<String>,
    /// This node and what is reached from it within a number of calls, along the calls and against them.
    pub focus: Option<(String, usize)>,
}

impl Scope {
    /// Leaves out what is not asked for. The numbers of what stays are those of the whole graph.
    ///
    /// # Errors
    /// `NotFound` when there is no node to focus on.
    pub fn cut(&self, mut graph: Graph) -> Result<Graph, QueryError> {
        if let Some(namespace) = &self.namespace {
            cut_namespace(&mut graph, namespace);
        }
        if let Some((focus, depth)) = &self.focus {
            cut_focus(&mut graph, focus, *depth)?;
        }
        Ok(graph)
    }
}

fn cut_namespace(graph: &mut Graph, namespace: &str) {
    let inside = graph.nodes.iter().filter(|node| node.namespace.as_deref() == Some(namespace));
    let inside: HashSet<String> = inside.map(|node| node.id.clone()).collect();
    graph.edges.retain(|edge| inside.contains(&edge.source) || inside.contains(&edge.target));
    let mut kept = inside;
    for edge in &graph.edges {
        kept.insert(edge.source.clone());
        kept.insert(edge.target.clone());
    }
    keep_nodes(graph, &kept);
}

fn cut_focus(graph: &mut Graph, focus: &str, depth: usize) -> Result<(), QueryError> {
    let ids = || graph.nodes.iter().map(|node| node.id.as_str());
    let shape = Shape::new(ids(), graph.edges.iter().map(AsRef::as_ref));
    let Some(place) = shape.place(focus) else { return Err(unknown_node(focus, ids())) };
    let is_near = shape.around(place, depth);
    let kept: HashSet<String> =
        ids().zip(is_near).filter(|(_, is_near)| *is_near).map(|(id, _)| id.to_owned()).collect();
    graph.edges.retain(|edge| kept.contains(&edge.source) && kept.contains(&edge.target));
    keep_nodes(graph, &kept);
    Ok(())
}

/// Nobody has the id in the range; those who have one like it are named.
pub(crate) fn unknown_node<'a>(id: &str, known: impl Iterator<Item = &'a str>) -> QueryError {
    let near = near(id, known);
    let id: String = id.chars().take(200).collect();
    let hint = if near.is_empty() { String::new() } else { format!("; near it: {}", near.join(", ")) };
    QueryError::NotFound(format!("there is no node {id:?} in this range{hint}"))
}

/// A circle is shown if all of it is.
fn keep_nodes(graph: &mut Graph, kept: &HashSet<String>) {
    graph.nodes.retain(|node| kept.contains(&node.id));
    graph.entry_points.retain(|id| kept.contains(id));
    graph.cycles.retain(|cycle| cycle.iter().all(|id| kept.contains(id)));
}
