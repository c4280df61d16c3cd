//! What is known of the cluster, and the groups that come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::labels::set_meta;
use super::objects::{EndpointSlice, Endpoints, Namespace, Node, Pod, Resource, Service};
use super::{endpoints, node, pod, service};
use crate::scrape::config::discovery::{AttachMetadata, Role};
use crate::scrape::discovery::Group;

/// Names an object of a kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub namespace: String,
    pub name: String,
}

impl Key {
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.to_owned(), name: name.to_owned() }
    }
}

pub(super) type Objects<T> = BTreeMap<Key, Arc<T>>;

/// The objects of a cluster that a role needs.
#[derive(Debug)]
pub(super) struct World {
    role: Role,
    attach: AttachMetadata,
    pub pods: Objects<Pod>,
    pub services: Objects<Service>,
    pub endpoints: Objects<Endpoints>,
    pub slices: Objects<EndpointSlice>,
    pub nodes: Objects<Node>,
    pub namespaces: Objects<Namespace>,
    dirty: Dirty,
}

/// Which groups may not be what they were.
#[derive(Debug, Default)]
struct Dirty {
    keys: BTreeSet<Key>,
    namespaces: BTreeSet<String>,
    is_all: bool,
}

/// A kind of objects that the world holds.
pub(super) trait Held: Resource {
    fn objects(world: &mut World) -> &mut Objects<Self>;

    /// Marks the groups in which an object of this kind is seen.
    fn mark(world: &mut World, key: &Key);
}

macro_rules! held {
    ($($kind:ident, $field:ident, $role:ident;)*) => {$(
        impl Held for $kind {
            fn objects(world: &mut World) -> &mut Objects<Self> {
                &mut world.$field
            }

            fn mark(world: &mut World, key: &Key) {
                world.mark(key, world.role == Role::$role);
            }
        }
    )*};
}

held! {
    Pod, pods, Pod;
    Service, services, Service;
    Endpoints, endpoints, Endpoints;
    EndpointSlice, slices, EndpointSlice;
}

impl Held for Node {
    fn objects(world: &mut World) -> &mut Objects<Self> {
        &mut world.nodes
    }

    fn mark(world: &mut World, key: &Key) {
        if world.role == Role::Node {
            world.dirty.keys.insert(key.clone());
        } else {
            world.dirty.is_all = true;
        }
    }
}

impl Held for Namespace {
    fn objects(world: &mut World) -> &mut Objects<Self> {
        &mut world.namespaces
    }

    fn mark(world: &mut World, key: &Key) {
        world.dirty.namespaces.insert(key.name.clone());
    }
}

impl World {
    pub fn new(role: Role, attach: AttachMetadata) -> Self {
        Self {
            role,
            attach,
            pods: Objects::new(),
            services: Objects::new(),
            endpoints: Objects::new(),
            slices: Objects::new(),
            nodes: Objects::new(),
            namespaces: Objects::new(),
            dirty: Dirty::default(),
        }
    }

    /// Puts what was listed in the place of all that there was, or of all in a namespace.
    pub fn replace<T: Held>(&mut self, namespace: Option<&str>, listed: Vec<T>) {
        let mut listed: Objects<T> = listed.into_iter().map(|object| (key_of(&object), Arc::new(object))).collect();
        let is_meant = |key: &Key| namespace.is_none_or(|namespace| key.namespace == namespace);
        let held: Vec<Key> = T::objects(self).keys().filter(|key| is_meant(key)).cloned().collect();
        for key in held.iter().filter(|key| !listed.contains_key(key)) {
            T::objects(self).remove(key);
            T::mark(self, key);
        }
        while let Some((key, object)) = listed.pop_first() {
            T::mark(self, &key);
            T::objects(self).insert(key, object);
        }
    }

    pub fn put<T: Held>(&mut self, object: T) {
        let key = key_of(&object);
        T::mark(self, &key);
        T::objects(self).insert(key, Arc::new(object));
    }

    pub fn remove<T: Held>(&mut self, object: &T) {
        let key = key_of(object);
        T::mark(self, &key);
        T::objects(self).remove(&key);
    }

    /// An object that is a group is seen there only; another is seen in groups of its namespace.
    fn mark(&mut self, key: &Key, is_group: bool) {
        if is_group {
            self.dirty.keys.insert(key.clone());
        } else {
            self.dirty.namespaces.insert(key.namespace.clone());
        }
    }

    /// The groups that may have changed, by source; `None` of those that are gone.
    pub fn changed(&mut self) -> Vec<(String, Option<Group>)> {
        let mut dirty = std::mem::take(&mut self.dirty);
        let is_seen = |key: &Key| dirty.is_all || dirty.namespaces.contains(&key.namespace);
        let seen: Vec<Key> = self.keys().into_iter().filter(|key| is_seen(key)).cloned().collect();
        dirty.keys.extend(seen);
        dirty.keys.iter().map(|key| (self.source(key), self.group(key))).collect()
    }

    /// Of all groups.
    fn keys(&self) -> Vec<&Key> {
        match self.role {
            Role::Pod => self.pods.keys().collect(),
            Role::Service => self.services.keys().collect(),
            Role::Endpoints => self.endpoints.keys().collect(),
            Role::EndpointSlice => self.slices.keys().collect(),
            Role::Node => self.nodes.keys().collect(),
        }
    }

    fn source(&self, key: &Key) -> String {
        let role = self.role.name();
        if key.namespace.is_empty() {
            format!("{role}/{}", key.name)
        } else {
            format!("{role}/{}/{}", key.namespace, key.name)
        }
    }

    fn group(&self, key: &Key) -> Option<Group> {
        let source = self.source(key);
        let mut group = match self.role {
            Role::Pod => pod::group(source, self.pods.get(key)?),
            Role::Service => service::group(source, self.services.get(key)?),
            Role::Endpoints => endpoints::group(source, self.endpoints.get(key)?, self),
            Role::EndpointSlice => endpoints::group_of_slice(source, self.slices.get(key)?, self),
            Role::Node => node::group(source, self.nodes.get(key)?),
        };
        if self.attach.namespace
            && let Some(namespace) = self.namespaces.get(&Key::new("", &key.namespace))
        {
            set_meta(&mut group.labels, "namespace", &namespace.metadata);
        }
        if self.attach.node && self.role != Role::Node {
            self.attach_nodes(&mut group);
        }
        Some(group)
    }

    /// Adds to each target what is known of its node.
    fn attach_nodes(&self, group: &mut Group) {
        const NODE_NAMES: [&str; 3] = [
            "__meta_kubernetes_pod_node_name",
            "__meta_kubernetes_endpoint_node_name",
            "__meta_kubernetes_endpointslice_endpoint_node_name",
        ];
        for target in &mut group.targets {
            let of = |name: &&str| [target.get(name), group.labels.get(name)].into_iter().find(|node| !node.is_empty());
            let Some(node) = NODE_NAMES.iter().find_map(of) else { continue };
            if let Some(node) = self.nodes.get(&Key::new("", node)) {
                set_meta(target, "node", &node.metadata);
            }
        }
    }
}

fn key_of<T: Resource>(object: &T) -> Key {
    Key::new(&object.meta().namespace, &object.meta().name)
}
