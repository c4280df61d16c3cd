//! Statements to a directory.

use std::sync::Arc;

use super::directory::{Directory, Host};
use super::name::{Name, Pointer, add};
use crate::ledger::{NameKind, Origin};
use crate::schema::identities::{IdentityKey, IdentityRow};

impl Directory {
    /// The directory that these statements make; their order means nothing.
    pub fn new<'a>(statements: impl IntoIterator<Item = &'a IdentityRow>) -> Self {
        Self::said(statements.into_iter().map(|row| (&row.key, row.values.observed)).collect())
    }

    /// The same where nobody asks which of its names an identity was seen by most.
    pub fn of_keys<'a>(keys: impl IntoIterator<Item = &'a IdentityKey>) -> Self {
        Self::said(keys.into_iter().map(|key| (key, 1)).collect())
    }

    /// Of keys with how often each was said.
    fn said(mut statements: Vec<(&IdentityKey, i64)>) -> Self {
        statements.sort_unstable_by(|(a, _), (b, _)| place(a).cmp(&place(b)));
        let mut names: Vec<Name> = Vec::new();
        let mut hosts: Vec<Host> = Vec::new();
        for (key, observed) in statements {
            match key.name_kind {
                NameKind::Service => note_name(&mut names, key, observed),
                NameKind::Host => note_host(&mut hosts, key),
            }
        }
        Self::of(join_clusters(names), hosts)
    }
}

/// Statements on one name lie together, and the whole key makes the order of everything found in them the same each time.
fn place(key: &IdentityKey) -> (&str, Option<&str>, &IdentityKey) {
    (&key.name, key.cluster.as_deref(), key)
}

fn note_name(names: &mut Vec<Name>, key: &IdentityKey, observed: i64) {
    if names.last().is_none_or(|last| last.raw != key.name || last.cluster != key.cluster) {
        let (raw, cluster) = (Arc::clone(&key.name), key.cluster.clone());
        names.push(Name { raw, cluster, ..Name::default() });
    }
    let Some(name) = names.last_mut() else { return };
    let known = match key.origin {
        Origin::K8sNamespace | Origin::IstioNamespace | Origin::NodeId => &mut name.meshed,
        Origin::ServiceNamespace => &mut name.claimed,
        Origin::UpstreamCluster => &mut name.called,
        Origin::InboundProxy => return add(&mut name.proxies, pointer(key)),
        Origin::Name => return name.observed = name.observed.saturating_add(observed),
        // Said of hosts only.
        Origin::Attempt => return,
    };
    if let Some(namespace) = &key.namespace {
        add(known, Arc::clone(namespace));
    }
}

fn note_host(hosts: &mut Vec<Host>, key: &IdentityKey) {
    if hosts.last().is_none_or(|last| last.host != key.name) {
        hosts.push(Host { host: Arc::clone(&key.name), ..Host::default() });
    }
    let Some(host) = hosts.last_mut() else { return };
    let known = if key.origin == Origin::Attempt { &mut host.attempts } else { &mut host.services };
    add(known, pointer(key));
}

fn pointer(key: &IdentityKey) -> Pointer {
    Pointer { cluster: key.cluster.clone(), namespace: key.namespace.clone(), service: key.service.clone() }
}

/// A name without a cluster joins the only cluster in which that name is known, if there is exactly one.
fn join_clusters(names: Vec<Name>) -> Vec<Name> {
    let mut joined: Vec<Name> = Vec::with_capacity(names.len());
    for group in names.chunk_by(|a, b| a.raw == b.raw) {
        match group {
            [without, with] if without.cluster.is_none() => {
                let mut with = with.clone();
                with.absorb(without.clone());
                joined.push(with);
            }
            group => joined.extend_from_slice(group),
        }
    }
    joined
}
