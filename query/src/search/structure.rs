//! Parents and children in one trace, as far as its spans came.
//!
//! Spans are numbered in depth-first order, on the way down and on the way up (the nested set model): one span is below
//! another if its two numbers lie between the other's. Spans that hang together with no root have the numbers 0.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Int32Type, Int64Type};

use crate::traceql::tree::{Relation, Side};

/// OTLP `SPAN_KIND_SERVER`.
const SERVER: i32 = 2;
/// So many spans with one id leave open which is whose parent.
const SAME_ID_MAX: usize = 2;
/// `nestedSetParent` of a root.
const ROOT_PARENT: i64 = -1;

/// A span's place; `left` and `right` are 0 where it is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Place {
    pub left: i64,
    pub right: i64,
    /// The parent's `left`; -1 of a root.
    pub parent_left: i64,
    pub children: i64,
}

/// The spans of a trace by their position in the trace's list of rows.
#[derive(Debug)]
pub(super) struct Tree {
    places: Vec<Place>,
    /// Of spans that hang together with a root, their parent.
    parents: Vec<Option<usize>>,
    /// Spans that hang together with a root, each after its parent.
    order: Vec<usize>,
}

impl Tree {
    /// `rows` are those of one trace in a batch whose columns are those of [`crate::traces::summary`].
    pub fn new(spans: &RecordBatch, rows: &[usize]) -> Self {
        let ids = spans.column(2).as_primitive::<Int64Type>();
        let parents = spans.column(3).as_primitive::<Int64Type>();
        let starts = spans.column(4).as_primitive::<Int64Type>();
        let kinds = spans.column(6).as_primitive::<Int32Type>();
        let mut by_id: HashMap<i64, Vec<usize>> = HashMap::new();
        let mut by_start: Vec<usize> = (0..rows.len()).collect();
        by_start.sort_by_key(|i| (starts.value(rows[*i]), ids.value(rows[*i])));
        by_start.iter().for_each(|i| by_id.entry(ids.value(rows[*i])).or_default().push(*i));
        let links = Links { by_id, is_server: rows.iter().map(|row| kinds.value(*row) == SERVER).collect() };
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
        let mut roots = Vec::new();
        for i in by_start {
            let parent_id = parents.is_valid(rows[i]).then(|| parents.value(rows[i]));
            match links.parent(i, ids.value(rows[i]), parent_id) {
                Parent::Is(parent) => children[parent].push(i),
                Parent::None => roots.push(i),
                Parent::NotKnown => {}
            }
        }
        number(&roots, &children)
    }

    pub fn place(&self, i: usize) -> Place {
        self.places[i]
    }

    /// The spans that a structural operator gives; sets are marks by position.
    pub fn relate(&self, relation: Relation, side: Side, left: &[bool], right: &[bool]) -> Vec<bool> {
        let related = self.related(relation, left);
        let pick = |i: usize, is_related: bool| right[i] && is_related;
        match side {
            Side::Right => (0..right.len()).map(|i| pick(i, related[i])).collect(),
            Side::RightWithout => (0..right.len()).map(|i| pick(i, !related[i])).collect(),
            Side::Both => {
                let inverse = self.related(inverse(relation), right);
                (0..right.len()).map(|i| pick(i, related[i]) || (left[i] && inverse[i])).collect()
            }
        }
    }

    /// Marks the spans that stand in the relation to one of `left`.
    fn related(&self, relation: Relation, left: &[bool]) -> Vec<bool> {
        let mut related = vec![false; left.len()];
        match relation {
            Relation::Child => self.downwards(|i, parent| related[i] = left[parent]),
            Relation::Descendant => self.downwards(|i, parent| related[i] = left[parent] || related[parent]),
            Relation::Parent => self.upwards(|i, parent| related[parent] |= left[i]),
            Relation::Ancestor => self.upwards(|i, parent| related[parent] |= left[i] || related[i]),
            Relation::Sibling => self.mark_siblings(left, &mut related),
        }
        related
    }

    fn downwards(&self, mut see: impl FnMut(usize, usize)) {
        for i in &self.order {
            if let Some(parent) = self.parents[*i] {
                see(*i, parent);
            }
        }
    }

    fn upwards(&self, mut see: impl FnMut(usize, usize)) {
        for i in self.order.iter().rev() {
            if let Some(parent) = self.parents[*i] {
                see(*i, parent);
            }
        }
    }

    /// Roots are siblings of one another.
    fn mark_siblings(&self, left: &[bool], related: &mut [bool]) {
        let mut of_parent: HashMap<Option<usize>, usize> = HashMap::new();
        self.order.iter().for_each(|i| *of_parent.entry(self.parents[*i]).or_default() += usize::from(left[*i]));
        for i in &self.order {
            let others = of_parent[&self.parents[*i]] - usize::from(left[*i]);
            related[*i] = others > 0;
        }
    }
}

const fn inverse(relation: Relation) -> Relation {
    match relation {
        Relation::Child => Relation::Parent,
        Relation::Parent => Relation::Child,
        Relation::Descendant => Relation::Ancestor,
        Relation::Ancestor => Relation::Descendant,
        Relation::Sibling => Relation::Sibling,
    }
}

enum Parent {
    Is(usize),
    None,
    NotKnown,
}

/// Who has which id.
struct Links {
    /// By id, the earliest first.
    by_id: HashMap<i64, Vec<usize>>,
    is_server: Vec<bool>,
}

impl Links {
    fn parent(&self, i: usize, id: i64, parent_id: Option<i64>) -> Parent {
        let same_id = self.by_id.get(&id).map_or(&[][..], Vec::as_slice);
        if same_id.len() > SAME_ID_MAX {
            return Parent::NotKnown;
        }
        // Zipkin's server half of a call hangs below its client half.
        if let Some(client) = same_id.iter().find(|other| **other != i && self.is_server[i] && !self.is_server[**other])
        {
            return Parent::Is(*client);
        }
        let Some(parent_id) = parent_id else { return Parent::None };
        let halves = self.by_id.get(&parent_id).map_or(&[][..], Vec::as_slice);
        if halves.len() > SAME_ID_MAX {
            return Parent::NotKnown;
        }
        let server = halves.iter().find(|half| self.is_server[**half]);
        match server.or(halves.first()) {
            Some(parent) if *parent != i => Parent::Is(*parent),
            _ => Parent::NotKnown,
        }
    }
}

/// Walks from the roots, without recursion: a trace may be deeper than a stack.
fn number(roots: &[usize], children: &[Vec<usize>]) -> Tree {
    let place = |children: &Vec<usize>| Place { children: children.len() as i64, ..Place::default() };
    let mut tree = Tree {
        places: children.iter().map(place).collect(),
        parents: vec![None; children.len()],
        order: Vec::with_capacity(children.len()),
    };
    let mut next_number = 0;
    for root in roots {
        tree.places[*root].parent_left = ROOT_PARENT;
        let mut path = vec![(*root, 0)];
        while let Some((i, next_child)) = path.last_mut() {
            let i = *i;
            if *next_child == 0 {
                next_number += 1;
                tree.places[i].left = next_number;
                tree.order.push(i);
            }
            match children[i].get(*next_child) {
                Some(child) => {
                    *next_child += 1;
                    tree.parents[*child] = Some(i);
                    tree.places[*child].parent_left = tree.places[i].left;
                    path.push((*child, 0));
                }
                None => {
                    next_number += 1;
                    tree.places[i].right = next_number;
                    path.pop();
                }
            }
        }
    }
    tree
}
