//! Identities as far as one trace knows them.
//!
//! What the trace says of names (`Statements`) goes to the table `identities`, and makes the directory by which sides are
//! compared here. A name's namespace is the same for all its spans unless the name stands for several services; then a
//! span without a word of its own takes that of its parent, if both have the same name: Envoy's upstream spans say
//! nothing, the listener's span above them does.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::RandomState;
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
pub(super) struct Statements {
    rows: Vec<IdentityRow>,
    /// The rows of what was said since rows were merged.
    said: HashMap<Saying, Range<usize>, RandomState>,
}

/// What statements are made of: what kind they are, the hour, and where the texts lie that say it. They lie there as long as
/// there is the trace. Equal texts may lie in several places, and then make rows that are merged later.
type Saying = (Kind, i64, [usize; 4]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Span,
    Host,
    Attempt,
    Called,
}

/// Where a text lies.
fn at(text: Option<&Text>) -> usize {
    text.map_or(0, |text| text.as_ptr().addr())
}

impl Statements {
    /// What a span says of its own name.
    pub fn note_span(&mut self, span: &Span, place: Place<'_>) {
        let Some(service) = &span.origin.service else { return };
        let proxy = span.proxy.as_deref();
        let istio_namespace = proxy.and_then(|proxy| proxy.istio_namespace.as_ref());
        let node_namespace = proxy.and_then(|proxy| proxy.node.as_ref()?.namespace.as_ref());
        let origin = Arc::as_ptr(&span.origin).addr();
        let texts = [origin, at(place.cluster), at(istio_namespace), at(node_namespace)];
        self.say((Kind::Span, hour_ns(span), texts), span, || {
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
            let placed = namespaces(span).map(move |(origin, namespace)| key(origin, Some(namespace)));
            [key(Word::Name, None)].into_iter().chain(placed)
        });
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
        let saying = (Kind::Host, hour_ns(caller), [at(Some(host)), at(place.cluster), 0, 0]);
        self.say(saying, caller, || {
            [IdentityKey {
                window_ns: hour_ns(caller),
                name: Text::clone(host),
                name_kind: NameKind::Host,
                origin: Word::UpstreamCluster,
                cluster: place.cluster.cloned(),
                namespace: Some(namespace.into()),
                service: Some(service.into()),
                workload: None,
            }]
        });
    }

    /// That an attempt reached `target` by `host`.
    pub fn note_attempt(&mut self, host: &Text, target: &Span, place: Place<'_>) {
        let Some(service) = &target.origin.service else { return };
        let texts = [at(Some(host)), at(place.cluster), at(place.namespace), at(Some(service))];
        self.say((Kind::Attempt, hour_ns(target), texts), target, || {
            [IdentityKey {
                window_ns: hour_ns(target),
                name: Text::clone(host),
                name_kind: NameKind::Host,
                origin: Word::Attempt,
                cluster: place.cluster.cloned(),
                namespace: place.namespace.cloned(),
                service: Some(Text::clone(service)),
                workload: None,
            }]
        });
    }

    /// That a caller's `host` puts `target` into a namespace.
    pub fn note_called(&mut self, host: &Text, namespace: &str, target: &Span, place: Place<'_>) {
        let Some(service) = &target.origin.service else { return };
        let texts = [at(Some(host)), at(place.cluster), at(Some(service)), 0];
        self.say((Kind::Called, hour_ns(target), texts), target, || {
            [IdentityKey {
                window_ns: hour_ns(target),
                name: Text::clone(service),
                name_kind: NameKind::Service,
                origin: Word::UpstreamCluster,
                cluster: place.cluster.cloned(),
                namespace: Some(namespace.into()),
                service: Some(Text::clone(service)),
                workload: None,
            }]
        });
    }

    /// Adds statements, or repeats them if the same was said already.
    fn say<I: IntoIterator<Item = IdentityKey>>(&mut self, saying: Saying, said_by: &Span, keys: impl FnOnce() -> I) {
        let values = IdentityValues::at(said_by.end_ns);
        if let Some(known) = self.said.get(&saying) {
            self.rows[known.clone()].iter_mut().for_each(|row| row.values.merge(&values));
            return;
        }
        let first = self.rows.len();
        self.rows.extend(keys().into_iter().map(|key| IdentityRow { key, values }));
        self.said.insert(saying, first..self.rows.len());
    }

    fn push(&mut self, key: IdentityKey, said_by: &Span) {
        self.rows.push(IdentityRow { key, values: IdentityValues::at(said_by.end_ns) });
    }

    /// The directory that they make.
    pub fn directory(&mut self) -> Directory {
        self.merge();
        Directory::new(&self.rows)
    }

    /// Each statement once, sorted.
    pub fn into_rows(mut self) -> Vec<IdentityRow> {
        self.merge();
        self.rows
    }

    fn merge(&mut self) {
        self.said.clear();
        self.rows.sort_by(|a, b| a.key.cmp(&b.key));
        self.rows.dedup_by(|later, earlier| {
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

/// Who the spans of a trace are.
#[derive(Debug, Default)]
pub(super) struct Identities {
    /// By span; equal numbers are one identity.
    pub who: Vec<Who>,
    /// By span: its namespace, as rows say it.
    pub namespaces: Vec<Option<Text>>,
    /// By number.
    pub known: Vec<Identity>,
}

impl Identities {
    pub fn of(spans: &[&Span], places: &[Place<'_>], directory: &Directory) -> Self {
        let mut identities = Self::default();
        // By where the texts lie; equal ones elsewhere are looked for once more.
        let mut by_name: HashMap<[usize; 3], usize, RandomState> = HashMap::default();
        let mut by_identity: HashMap<Identity, Who, RandomState> = HashMap::default();
        for (i, (span, place)) in spans.iter().zip(places).enumerate() {
            let service = span.origin.service.as_ref();
            let name = [at(service), at(place.cluster), at(place.namespace)];
            let first = *by_name.entry(name).or_insert(i);
            if first < i {
                identities.who.push(identities.who[first]);
                identities.namespaces.push(identities.namespaces[first].clone());
                continue;
            }
            let identity = directory.identity(place.cluster, place.namespace, service);
            let next = identities.known.len();
            let who = *by_identity.entry(identity).or_insert_with_key(|identity| {
                identities.known.push(identity.clone());
                next
            });
            identities.who.push(who);
            identities.namespaces.push(directory.namespace(place.cluster, place.namespace, service));
        }
        identities
    }
}
