//! Identities as far as one trace knows them.
//!
//! What the trace says of names (`Statements`) goes to the table `identities`, and makes the directory by which sides are
//! compared here. A name's namespace is the same for all its spans unless the name stands for several services; then a
//! span without a word of its own takes that of its parent, if both have the same name: Envoy's upstream spans say
//! nothing, the listener's span above them does.

use std::collections::HashMap;

use spanloom_store::identity::{Directory, Identity};
use spanloom_store::ledger::{NameKind, Origin as Word};
use spanloom_store::schema::identities::{IdentityKey, IdentityRow, IdentityValues};
use spanloom_store::time::HOUR_NS;

use super::span::{Span, Text};
use super::tree::Tree;

/// An identity of this trace, as a number.
pub(super) type Who = usize;

/// What a span says of its own place, or its parent of the same name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Place<'a> {
    pub cluster: Option<&'a Text>,
    pub namespace: Option<&'a Text>,
}

/// The places of all spans.
pub(super) fn places<'a>(spans: &[&'a Span], tree: &Tree) -> Vec<Place<'a>> {
    let mut places = vec![Place::default(); spans.len()];
    for i in &tree.order {
        let span = spans[*i];
        let same_name = tree.stored_parent(*i).filter(|p| spans[*p].origin.service == span.origin.service);
        let inherited = same_name.map(|parent| places[parent]).unwrap_or_default();
        places[*i] = Place {
            cluster: span.origin.cluster.as_ref().or(inherited.cluster),
            namespace: namespaces(span).map(|(_, namespace)| namespace).next().or(inherited.namespace),
        };
    }
    places
}

/// What a span says of its namespace, the strongest word first.
fn namespaces(span: &Span) -> impl Iterator<Item = (Word, &Text)> {
    let proxy = span.proxy.as_ref();
    let words = [
        (Word::K8sNamespace, span.origin.k8s_namespace.as_ref()),
        (Word::IstioNamespace, proxy.and_then(|proxy| proxy.istio_namespace.as_ref())),
        (Word::NodeId, proxy.and_then(|proxy| proxy.node.as_ref()?.namespace.as_ref())),
        (Word::ServiceNamespace, span.origin.service_namespace.as_ref()),
    ];
    words.into_iter().filter_map(|(word, namespace)| Some((word, namespace?)))
}

/// The statements of one trace.
#[derive(Debug, Default)]
pub(super) struct Statements(Vec<IdentityRow>);

impl Statements {
    /// What a span says of its own name.
    pub fn note_span(&mut self, span: &Span, place: Place<'_>) {
        let Some(service) = &span.origin.service else { return };
        let key = |origin, namespace: Option<&Text>| IdentityKey {
            window_ns: hour_ns(span),
            name: Text::clone(service),
            name_kind: NameKind::Service,
            origin,
            cluster: place.cluster.cloned(),
            namespace: namespace.cloned(),
            service: Some(Text::clone(service)),
            workload: namespace.and_then(|_| span.origin.workload.clone()),
        };
        self.push(key(Word::Name, None), span);
        namespaces(span).for_each(|(origin, namespace)| self.push(key(origin, Some(namespace)), span));
    }

    /// That the app of `span` is the identity of the inbound proxy right above it.
    pub fn note_proxied(&mut self, span: &Span, place: Place<'_>, proxy: &Span, proxy_place: Place<'_>) {
        let (Some(name), Some(service)) = (&span.origin.service, &proxy.origin.service) else { return };
        if name == service {
            return;
        }
        let key = IdentityKey {
            window_ns: hour_ns(span),
            name: Text::clone(name),
            name_kind: NameKind::Service,
            origin: Word::InboundProxy,
            cluster: place.cluster.or(proxy_place.cluster).cloned(),
            namespace: proxy_place.namespace.cloned(),
            service: Some(Text::clone(service)),
            workload: None,
        };
        self.push(key, span);
    }

    /// That a cluster's configuration names `host`, whose form tells a service.
    pub fn note_host(&mut self, host: &Text, service: (&str, &str), caller: &Span, place: Place<'_>) {
        let (namespace, service) = service;
        let key = IdentityKey {
            window_ns: hour_ns(caller),
            name: Text::clone(host),
            name_kind: NameKind::Host,
            origin: Word::UpstreamCluster,
            cluster: place.cluster.cloned(),
            namespace: Some(namespace.into()),
            service: Some(service.into()),
            workload: None,
        };
        self.push(key, caller);
    }

    /// That an attempt reached `target` by `host`.
    pub fn note_attempt(&mut self, host: &Text, target: &Span, place: Place<'_>) {
        let Some(service) = &target.origin.service else { return };
        let key = IdentityKey {
            window_ns: hour_ns(target),
            name: Text::clone(host),
            name_kind: NameKind::Host,
            origin: Word::Attempt,
            cluster: place.cluster.cloned(),
            namespace: place.namespace.cloned(),
            service: Some(Text::clone(service)),
            workload: None,
        };
        self.push(key, target);
    }

    /// That a caller's host puts `target` into a namespace.
    pub fn note_called(&mut self, namespace: &str, target: &Span, place: Place<'_>) {
        let Some(service) = &target.origin.service else { return };
        let key = IdentityKey {
            window_ns: hour_ns(target),
            name: Text::clone(service),
            name_kind: NameKind::Service,
            origin: Word::UpstreamCluster,
            cluster: place.cluster.cloned(),
            namespace: Some(namespace.into()),
            service: Some(Text::clone(service)),
            workload: None,
        };
        self.push(key, target);
    }

    fn push(&mut self, key: IdentityKey, said_by: &Span) {
        self.0.push(IdentityRow { key, values: IdentityValues::at(said_by.end_ns) });
    }

    /// The directory that they make.
    pub fn directory(&mut self) -> Directory {
        self.merge();
        Directory::new(&self.0)
    }

    /// Each statement once, sorted.
    pub fn into_rows(mut self) -> Vec<IdentityRow> {
        self.merge();
        self.0
    }

    fn merge(&mut self) {
        self.0.sort_by(|a, b| a.key.cmp(&b.key));
        self.0.dedup_by(|later, earlier| {
            let is_same = later.key == earlier.key;
            if is_same {
                earlier.merge(later);
            }
            is_same
        });
    }
}

fn hour_ns(span: &Span) -> i64 {
    span.end_ns.div_euclid(HOUR_NS) * HOUR_NS
}

/// Who each span is: equal numbers are one identity.
pub(super) fn identities(spans: &[&Span], places: &[Place<'_>], directory: &Directory) -> Vec<Who> {
    let mut by_name: HashMap<(Option<&Text>, Place<'_>), Who> = HashMap::new();
    let mut by_identity: HashMap<Identity, Who> = HashMap::new();
    let mut who = Vec::with_capacity(spans.len());
    for (span, place) in spans.iter().zip(places) {
        let name = (span.origin.service.as_ref(), *place);
        who.push(*by_name.entry(name).or_insert_with(|| {
            let identity = directory.identity(place.cluster, place.namespace, name.0);
            let next = by_identity.len();
            *by_identity.entry(identity).or_insert(next)
        }));
    }
    who
}
