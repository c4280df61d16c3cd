//! Sides to nodes: who a side is by the directory, and what a node stands for by the grouping that was asked for.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::common::Result;
use datafusion::execution::memory_pool::MemoryReservation;
use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};
use spanloom_store::identity::{Directory, Identity, Node};
use spanloom_store::ledger::{Side, SideKind};
use utoipa::ToSchema;

type Text = Arc<str>;

/// What a node of the graph stands for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grouping {
    /// A service in its namespace, in whatever clusters it runs.
    #[default]
    Service,
    /// A workload in its namespace; the service where the workload is not known.
    Workload,
    Namespace,
    Cluster,
}

impl Grouping {
    /// The word by which it is asked for.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::Workload => "workload",
            Self::Namespace => "namespace",
            Self::Cluster => "cluster",
        }
    }
}

/// What a node is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Also a workload, a namespace or a cluster, as asked.
    #[default]
    Service,
    Gateway,
    Database,
    Queue,
    External,
}

/// The number of a node, in the order in which nodes were met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place(u32);

impl Place {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A node: everybody that the grouping takes for one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Group {
    pub id: String,
    /// None if it has none.
    pub name: Option<Text>,
    pub namespace: Option<Text>,
    pub kind: Kind,
    pub clusters: BTreeSet<Text>,
    /// Raw names with the number of spans that had them.
    raw_names: BTreeMap<Text, i64>,
}

/// The id of what is named by hand: a service, or as a name without a namespace somebody of whom no span came.
pub(crate) fn named_id(namespace: Option<&str>, name: Option<&str>) -> String {
    match (namespace, name) {
        (None, Some(name)) if INFERRED.iter().any(|(prefix, _)| name.starts_with(prefix)) => inferred_id(name),
        _ => service_id(namespace, name),
    }
}

impl Group {
    /// Its raw names, the most seen first.
    pub fn aliases(&self) -> Vec<Text> {
        let mut names: Vec<(&Text, i64)> = self.raw_names.iter().map(|(name, observed)| (name, *observed)).collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        names.into_iter().map(|(name, _)| Arc::clone(name)).collect()
    }
}

/// The nodes met so far.
pub(crate) struct Places<'d> {
    directory: &'d Directory,
    grouping: Grouping,
    by_side: HashMap<Side, Place, RandomState>,
    by_id: HashMap<String, Place, RandomState>,
    groups: Vec<Group>,
    memory: MemoryReservation,
}

impl<'d> Places<'d> {
    pub fn new(directory: &'d Directory, grouping: Grouping, memory: MemoryReservation) -> Self {
        let (by_side, by_id) = (HashMap::default(), HashMap::default());
        Self { directory, grouping, by_side, by_id, groups: Vec::new(), memory }
    }

    /// The node that a side is.
    ///
    /// # Errors
    /// When there is no memory for another node, or another way to name one.
    pub fn place(&mut self, side: &Side) -> Result<Place> {
        if let Some(place) = self.by_side.get(side) {
            return Ok(*place);
        }
        let met = self.group(side);
        let place = match self.by_id.get(&met.id) {
            Some(place) => *place,
            None => self.add(Group { id: met.id.clone(), ..Group::default() })?,
        };
        self.groups[place.index()].join(met);
        self.memory.try_grow(side_bytes(side))?;
        self.by_side.insert(side.clone(), place);
        Ok(place)
    }

    /// The ids of all nodes.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.groups.iter().map(|group| group.id.as_str())
    }

    /// A node by its id.
    pub fn find(&self, id: &str) -> Option<Place> {
        self.by_id.get(id).copied()
    }

    /// All nodes, by [`Place::index`], with the raw names that the directory knows of them, and the memory they take.
    pub fn into_groups(mut self) -> (Vec<Group>, MemoryReservation) {
        if self.grouping == Grouping::Service {
            for (identity, names) in self.directory.aliases() {
                let id = service_id(identity.namespace.as_deref(), identity.service.as_deref());
                let Some(place) = self.by_id.get(&id) else { continue };
                let raw_names = &mut self.groups[place.index()].raw_names;
                for (name, observed) in names {
                    let known = raw_names.entry(name).or_default();
                    *known = known.saturating_add(observed);
                }
            }
        }
        (self.groups, self.memory)
    }

    fn add(&mut self, group: Group) -> Result<Place> {
        self.memory.try_grow(size_of::<Group>() + 3 * group.id.len())?;
        // More than four billion nodes would not have fit into memory before.
        let place = Place(u32::try_from(self.groups.len()).unwrap_or(u32::MAX));
        self.by_id.insert(group.id.clone(), place);
        self.groups.push(group);
        Ok(place)
    }

    /// What a side says of the node that it is.
    fn group(&self, side: &Side) -> Group {
        match self.directory.resolve(side) {
            Node::Inferred { kind, id } => inferred(kind, &id),
            Node::Service(identity) => self.known(identity, side),
        }
    }

    fn known(&self, identity: Identity, side: &Side) -> Group {
        let Identity { cluster, namespace, service } = identity;
        let clusters = cluster.iter().cloned().collect();
        let kind = if side.kind == Some(SideKind::Gateway) { Kind::Gateway } else { Kind::Service };
        let raw_names = side.service.iter().map(|raw| (Arc::clone(raw), 0)).collect();
        match self.grouping {
            Grouping::Service => {
                let id = service_id(namespace.as_deref(), service.as_deref());
                Group { id, name: service, namespace, kind, clusters, raw_names }
            }
            Grouping::Workload => {
                let name = side.workload.clone().or(service);
                let id = service_id(namespace.as_deref(), name.as_deref());
                Group { id, name, namespace, kind, clusters, raw_names }
            }
            Grouping::Namespace => {
                let id = service_id(None, namespace.as_deref());
                Group { id, name: namespace.clone(), namespace, clusters, ..Group::default() }
            }
            Grouping::Cluster => {
                Group { id: service_id(None, cluster.as_deref()), name: cluster, clusters, ..Group::default() }
            }
        }
    }
}

impl Group {
    /// Takes over what another side says of the same node. Any hint makes it a gateway.
    fn join(&mut self, met: Self) {
        self.name = self.name.take().or(met.name);
        self.namespace = self.namespace.take().or(met.namespace);
        self.kind = self.kind.max(met.kind);
        self.clusters.extend(met.clusters);
        for (name, observed) in met.raw_names {
            *self.raw_names.entry(name).or_default() += observed;
        }
    }
}

fn side_bytes(side: &Side) -> usize {
    let text = |text: &Text| text.len() + 2 * size_of::<usize>();
    2 * size_of::<(Side, Place)>() + side.texts().map(text).sum::<usize>()
}

/// Beginnings of the ids of those of whom no span came.
const INFERRED: [(&str, Kind); 3] =
    [("database:", Kind::Database), ("queue:", Kind::Queue), ("external:", Kind::External)];

fn inferred(kind: SideKind, id: &str) -> Group {
    let by_hint = match kind {
        SideKind::Database => Kind::Database,
        SideKind::Queue => Kind::Queue,
        SideKind::Gateway | SideKind::External => Kind::External,
    };
    let by_prefix = INFERRED.iter().find_map(|(prefix, kind)| Some((id.strip_prefix(prefix)?, *kind)));
    let (name, kind) = by_prefix.unwrap_or((id, by_hint));
    Group { id: inferred_id(id), name: Some(name.into()), kind, ..Group::default() }
}

fn inferred_id(id: &str) -> String {
    escaped(id, &['%', '>']).into_owned()
}

/// `namespace/service`, or `service` without a namespace. A missing name is `_`. Letters that would make two nodes have
/// one id, or an edge two meanings, are written as in URLs.
pub(crate) fn service_id(namespace: Option<&str>, service: Option<&str>) -> String {
    match namespace {
        Some(namespace) => format!("{}/{}", part(Some(namespace)), part(service)),
        None => {
            let id = part(service);
            let is_inferred = INFERRED.iter().any(|(prefix, _)| id.starts_with(prefix));
            if is_inferred { escaped(&id, &[':']).into_owned() } else { id.into_owned() }
        }
    }
}

fn part(name: Option<&str>) -> Cow<'_, str> {
    match name {
        None => Cow::Borrowed("_"),
        Some("_") => Cow::Borrowed("%5F"),
        Some(name) => escaped(name, &['%', '/', '>']),
    }
}

fn escaped<'a>(text: &'a str, letters: &[char]) -> Cow<'a, str> {
    if !text.contains(letters) {
        return Cow::Borrowed(text);
    }
    let escape = |letter: char| match letters.contains(&letter) {
        true => format!("%{:02X}", u32::from(letter)),
        false => letter.to_string(),
    };
    Cow::Owned(text.chars().map(escape).collect())
}

#[cfg(test)]
mod tests {
    use datafusion::execution::memory_pool::{MemoryConsumer, MemoryPool, UnboundedMemoryPool};

    use super::*;

    fn side(namespace: &str, service: &str, workload: &str) -> Side {
        let text = |text: &str| (!text.is_empty()).then(|| Text::from(text));
        Side { namespace: text(namespace), service: text(service), workload: text(workload), ..Side::default() }
    }

    fn groups(grouping: Grouping, sides: &[Side]) -> Vec<Group> {
        let directory = Directory::default();
        let pool: Arc<dyn MemoryPool> = Arc::new(UnboundedMemoryPool::default());
        let mut places = Places::new(&directory, grouping, MemoryConsumer::new("nodes").register(&pool));
        for side in sides {
            let place = places.place(side).unwrap();
            assert_eq!(places.place(side).unwrap(), place, "the same side is the same node");
        }
        places.into_groups().0
    }

    fn ids(grouping: Grouping, sides: &[Side]) -> Vec<String> {
        groups(grouping, sides).into_iter().map(|group| group.id).collect()
    }

    #[test]
    fn a_node_is_what_was_asked_for() {
        let sides = [side("shop", "web", "web-v1"), side("shop", "web", ""), side("", "cart", "")];
        assert_eq!(ids(Grouping::Service, &sides), ["shop/web", "cart"]);
        assert_eq!(ids(Grouping::Workload, &sides), ["shop/web-v1", "shop/web", "cart"]);
        assert_eq!(ids(Grouping::Namespace, &sides), ["shop", "_"]);
        assert_eq!(ids(Grouping::Cluster, &sides), ["_"]);
    }

    #[test]
    fn a_service_in_two_clusters_is_one_node_that_knows_both() {
        let place = |cluster: &str| Side { cluster: Some(cluster.into()), ..side("shop", "web", "") };
        let one = groups(Grouping::Service, &[place("us"), place("eu")]);
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].clusters.iter().map(AsRef::as_ref).collect::<Vec<&str>>(), ["eu", "us"]);
        assert_eq!(ids(Grouping::Cluster, &[place("us"), place("eu")]), ["us", "eu"]);
    }

    #[test]
    fn different_names_have_different_ids() {
        let odd = [
            side("a", "b", ""),
            side("", "a/b", ""),
            side("", "", ""),
            side("", "_", ""),
            side("", "database:x/y", ""),
            side("", "a->b", ""),
            Side { inferred: Some("database:x/y".into()), kind: Some(SideKind::Database), ..Side::default() },
        ];
        let expected = ["a/b", "a%2Fb", "_", "%5F", "database%3Ax%2Fy", "a-%3Eb", "database:x/y"];
        assert_eq!(ids(Grouping::Service, &odd), expected);
    }

    #[test]
    fn kinds_come_from_hints_and_from_ids() {
        let gateway = Side { kind: Some(SideKind::Gateway), ..side("shop", "door", "") };
        let inferred = |id: &str, kind| Side { inferred: Some(id.into()), kind, ..Side::default() };
        let sides = [
            side("shop", "door", ""),
            gateway,
            inferred("database:postgresql/orders", Some(SideKind::Database)),
            inferred("queue:kafka/mail", None),
            inferred("external:api.example.com", None),
        ];
        let found: Vec<_> = groups(Grouping::Service, &sides)
            .into_iter()
            .map(|group| (group.name.as_deref().map(str::to_owned).unwrap_or_default(), group.kind))
            .collect();
        let expected = [
            ("door", Kind::Gateway),
            ("postgresql/orders", Kind::Database),
            ("kafka/mail", Kind::Queue),
            ("api.example.com", Kind::External),
        ];
        assert_eq!(found, expected.map(|(name, kind)| (name.to_owned(), kind)));
    }
}
