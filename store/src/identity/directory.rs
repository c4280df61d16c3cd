//! The directory: sides to nodes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::name::{Name, Pointer, add};
use super::{Identity, Node, host};
use crate::ledger::{Side, SideKind};

type Text = Arc<str>;

/// What is known of a host.
#[derive(Debug, Clone, Default)]
pub(super) struct Host {
    pub host: Text,
    /// Targets that attempts reached by it.
    pub attempts: Vec<Pointer>,
    /// The services that a mesh's configuration says it is.
    pub services: Vec<Pointer>,
}

/// A place of an identity: cluster and namespace.
type Place = (Option<Text>, Option<Text>);

/// Which raw names and hosts are which identity. Built by [`Directory::new`].
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// Sorted by raw name and cluster.
    names: Vec<Name>,
    /// Sorted by host.
    hosts: Vec<Host>,
    /// Where there are services of a name, with namespaces; a place without a cluster is left out if the same namespace is
    /// known in exactly one cluster.
    places: BTreeMap<Text, Vec<Place>>,
}

impl Directory {
    pub(super) fn of(names: Vec<Name>, hosts: Vec<Host>) -> Self {
        let mut directory = Self { names, hosts, places: BTreeMap::new() };
        let mut places: BTreeMap<Text, Vec<Place>> = BTreeMap::new();
        let mut note = |identity: Identity| {
            if let (Some(service), Some(namespace)) = (identity.service, identity.namespace) {
                add(places.entry(service).or_default(), (identity.cluster, Some(namespace)));
            }
        };
        for name in &directory.names {
            let own = name.namespaces().iter().map(Some).chain([None]);
            own.for_each(|namespace| note(directory.base_of(name, namespace)));
        }
        let services = directory.hosts.iter().flat_map(|host| &host.services);
        services.for_each(|pointer| note(identity(pointer)));
        places.values_mut().for_each(leave_out_unclustered);
        directory.places = places;
        directory
    }

    /// The node that a side is.
    pub fn resolve(&self, side: &Side) -> Node {
        if side.service.is_some() || (side.host.is_none() && side.inferred.is_none()) {
            return Node::Service(self.identity(side.cluster.as_ref(), side.namespace.as_ref(), side.service.as_ref()));
        }
        let known = side.host.as_ref().and_then(|host| self.host(side.cluster.as_ref(), host));
        known.map_or_else(|| inferred(side), Node::Service)
    }

    /// The identity behind a raw name and what its own trace says of its place.
    pub fn identity(&self, cluster: Option<&Text>, namespace: Option<&Text>, raw: Option<&Text>) -> Identity {
        let Some(raw) = raw else {
            return Identity { cluster: cluster.cloned(), namespace: namespace.cloned(), service: None };
        };
        let base = match self.name(cluster, raw) {
            Some(name) => self.base_of(name, namespace),
            None => {
                Identity { cluster: cluster.cloned(), namespace: namespace.cloned(), service: Some(Arc::clone(raw)) }
            }
        };
        self.joined(base)
    }

    /// The namespace of a raw name by rule 1: what a ledger row says of a side.
    pub fn namespace(&self, cluster: Option<&Text>, own: Option<&Text>, raw: Option<&Text>) -> Option<Text> {
        let known = raw.and_then(|raw| self.name(cluster, raw));
        known.map_or(own, |name| name.namespace(own)).cloned()
    }

    /// The raw names of each identity, the most seen first.
    pub fn aliases(&self) -> BTreeMap<Identity, Vec<(Text, i64)>> {
        let mut aliases: BTreeMap<Identity, Vec<(Text, i64)>> = BTreeMap::new();
        for name in &self.names {
            let namespaces = name.namespaces().iter().map(Some);
            let namespaces = namespaces.chain(name.namespaces().is_empty().then_some(None));
            for namespace in namespaces {
                let identity = self.joined(self.base_of(name, namespace));
                add(aliases.entry(identity).or_default(), (Arc::clone(&name.raw), name.observed));
            }
        }
        aliases.values_mut().for_each(|raw| raw.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0))));
        aliases
    }

    /// Rules 1 to 3.
    fn base_of(&self, name: &Name, own: Option<&Text>) -> Identity {
        let namespace = name.namespace(own);
        let behind_proxy = name.proxy(namespace).and_then(|proxy| self.base_of_proxy(name, proxy));
        behind_proxy.unwrap_or_else(|| plain(name, namespace))
    }

    /// The identity of the proxy above a name. A proxy is no app, so it is behind no proxy itself.
    fn base_of_proxy(&self, app: &Name, proxy: &Pointer) -> Option<Identity> {
        let raw = proxy.service.as_ref()?;
        let name = self.name(proxy.cluster.as_ref().or(app.cluster.as_ref()), raw)?;
        Some(plain(name, name.namespace(proxy.namespace.as_ref())))
    }

    /// Rule 4.
    fn joined(&self, identity: Identity) -> Identity {
        let places = identity.service.as_ref().and_then(|service| self.places.get(service));
        let is_same = |place: &&Place| {
            let is_cluster = identity.cluster.is_none() || place.0.is_none() || place.0 == identity.cluster;
            let is_namespace = identity.namespace.is_none() || place.1 == identity.namespace;
            is_cluster && is_namespace
        };
        match only(places.into_iter().flatten().filter(is_same)) {
            Some((cluster, namespace)) => Identity {
                cluster: identity.cluster.or_else(|| cluster.clone()),
                namespace: namespace.clone(),
                service: identity.service,
            },
            None => identity,
        }
    }

    /// Rule 5.
    fn host(&self, cluster: Option<&Text>, host: &Text) -> Option<Identity> {
        let known = self.hosts.binary_search_by(|known| known.host.cmp(host)).ok().map(|i| &self.hosts[i]);
        known
            .and_then(|known| self.only_target(&known.attempts))
            .or_else(|| known.and_then(|known| Some(self.joined(identity(only(&known.services)?)))))
            .or_else(|| self.kubernetes_host(cluster, host))
            .or_else(|| self.known_name(cluster, host))
    }

    fn only_target(&self, pointers: &[Pointer]) -> Option<Identity> {
        let target = |pointer: &Pointer| {
            self.identity(pointer.cluster.as_ref(), pointer.namespace.as_ref(), pointer.service.as_ref())
        };
        let mut targets = pointers.iter().map(target);
        let first = targets.next()?;
        targets.all(|other| other == first).then_some(first)
    }

    fn kubernetes_host(&self, cluster: Option<&Text>, host: &str) -> Option<Identity> {
        let (service, namespace) = host::kubernetes(host)?;
        Some(self.joined(placed(cluster, service, namespace)))
    }

    /// A host that is a raw name, a service's name, or `service.namespace` of a known service.
    fn known_name(&self, cluster: Option<&Text>, host: &Text) -> Option<Identity> {
        let is_raw = self.names.binary_search_by(|name| name.raw.cmp(host)).is_ok();
        if is_raw || self.places.contains_key(host) {
            return Some(self.identity(cluster, None, Some(host)));
        }
        let (service, namespace) = host::short(host)?;
        let places = self.places.get(service)?;
        let is_known = places.iter().any(|place| place.1.as_deref() == Some(namespace));
        is_known.then(|| self.joined(placed(cluster, service, namespace)))
    }

    /// A name in a cluster; where one of the two does not say its cluster, the only one that can be meant.
    fn name(&self, cluster: Option<&Text>, raw: &Text) -> Option<&Name> {
        let start = self.names.partition_point(|name| name.raw < *raw);
        let of_raw = self.names[start..].iter().take_while(|name| name.raw == *raw);
        let own = of_raw.clone().find(|name| name.cluster.as_ref() == cluster);
        own.or_else(|| only(of_raw.filter(|name| cluster.is_none() || name.cluster.is_none())))
    }
}

/// A name's identity without its aliases.
fn plain(name: &Name, namespace: Option<&Text>) -> Identity {
    Identity { cluster: name.cluster.clone(), namespace: namespace.cloned(), service: Some(name.service(namespace)) }
}

fn placed(cluster: Option<&Text>, service: &str, namespace: &str) -> Identity {
    Identity { cluster: cluster.cloned(), namespace: Some(namespace.into()), service: Some(service.into()) }
}

fn identity(pointer: &Pointer) -> Identity {
    let Pointer { cluster, namespace, service } = pointer.clone();
    Identity { cluster, namespace, service }
}

fn inferred(side: &Side) -> Node {
    let named = side.inferred.clone().zip(side.kind.or(Some(SideKind::External)));
    let (id, kind) = named.unwrap_or_else(|| {
        let host = side.host.as_deref().unwrap_or_default();
        (format!("external:{}", host.to_lowercase()).into(), SideKind::External)
    });
    Node::Inferred { kind, id }
}

fn leave_out_unclustered(places: &mut Vec<Place>) {
    let all = places.clone();
    places.retain(|(cluster, namespace)| {
        let clusters = all.iter().filter(|other| other.0.is_some() && other.1 == *namespace);
        cluster.is_some() || only(clusters).is_none()
    });
}

/// The only item, if there is exactly one.
fn only<T>(items: impl IntoIterator<Item = T>) -> Option<T> {
    let mut items = items.into_iter();
    items.next().filter(|_| items.next().is_none())
}
