//! What one trace says of names.
//!
//! Its statements go to the table `identities`, and make the directory by which sides are compared here
//! ([`super::identities`]). A name's namespace is the same for all its spans unless the name stands for several services; then a
//! span without a word of its own takes that of its parent, if both have the same name: Envoy's upstream spans say
//! nothing, the listener's span above them does.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::RandomState;
use spanloom_store::ledger::{NameKind, Origin as Word};
use spanloom_store::schema::identities::{IdentityKey, IdentityValues};
use spanloom_store::time::HOUR_NS;

use super::identities::Known;
use super::interned::{Interned, Interner, VALUES_MAX, is_short};
use super::observation::Statement;
use super::span::{Origin, Span, Text};
use super::tree::Tree;

thread_local! {
    static SAYINGS: RefCell<Sayings> = RefCell::default();
}

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
    rows: Vec<Statement>,
    /// Which sayings have their rows in `rows`: those of this round, since rows were merged.
    round: u64,
}

/// What statements are made of. Equal texts may lie in several places, and then make rows that are merged later.
#[derive(Debug, Clone, Copy)]
struct Saying<'a> {
    kind: Kind,
    hour_ns: i64,
    origin: Option<&'a Arc<Origin>>,
    texts: [Option<&'a Text>; 4],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Span,
    Host,
    Attempt,
    Called,
}

/// A saying by where its origin and its texts lie.
type SaidAt = (Kind, i64, [usize; 5]);

/// A saying that was said, of this trace or of one before.
#[derive(Debug)]
struct Said {
    keys: Vec<Interned<IdentityKey>>,
    /// The last round in which it was said, and where its rows begin there.
    round: u64,
    first: usize,
    /// What must lie where it lies.
    _origin: Option<Arc<Origin>>,
    _texts: [Option<Text>; 4],
}

/// What traces have said.
#[derive(Debug, Default)]
struct Sayings {
    keys: Interner<IdentityKey>,
    said: HashMap<SaidAt, Said, RandomState>,
    rounds: u64,
}

impl Sayings {
    fn said<I: IntoIterator<Item = IdentityKey>>(
        &mut self,
        saying: &Saying<'_>,
        keys: impl FnOnce() -> I,
    ) -> &mut Said {
        if self.said.len() >= VALUES_MAX {
            self.said.clear();
        }
        self.said.entry(saying.at()).or_insert_with(|| Said {
            keys: keys().into_iter().map(|key| intern(&mut self.keys, key)).collect(),
            round: 0,
            first: 0,
            _origin: saying.origin.cloned(),
            _texts: saying.texts.map(Option::<&Text>::cloned),
        })
    }

    fn next_round(&mut self) -> u64 {
        self.rounds += 1;
        self.rounds
    }
}

impl Saying<'_> {
    fn at(&self) -> SaidAt {
        let origin = self.origin.map_or(0, |origin| Arc::as_ptr(origin).addr());
        let [a, b, c, d] = self.texts.map(at);
        (self.kind, self.hour_ns, [origin, a, b, c, d])
    }

    /// Whether it may be remembered.
    fn is_short(&self) -> bool {
        let of_origin = self.origin.map(|origin| {
            let Origin { service, cluster, k8s_namespace, service_namespace, workload, version } = &**origin;
            [service, cluster, k8s_namespace, service_namespace, workload, version]
        });
        let of_origin = of_origin.into_iter().flatten().flatten();
        is_short(self.texts.into_iter().flatten().chain(of_origin))
    }
}

/// Where a text lies.
pub(super) fn at(text: Option<&Text>) -> usize {
    text.map_or(0, |text| text.as_ptr().addr())
}

fn intern(keys: &mut Interner<IdentityKey>, key: IdentityKey) -> Interned<IdentityKey> {
    let texts = [&key.cluster, &key.namespace, &key.service, &key.workload];
    let is_short = is_short(texts.into_iter().flatten().chain([&key.name]));
    keys.intern(key, is_short)
}

impl Statements {
    /// What a span says of its own name.
    pub fn note_span(&mut self, span: &Span, place: Place<'_>) {
        let Some(service) = &span.origin.service else { return };
        let proxy = span.proxy.as_deref();
        let istio_namespace = proxy.and_then(|proxy| proxy.istio_namespace.as_ref());
        let node_namespace = proxy.and_then(|proxy| proxy.node.as_ref()?.namespace.as_ref());
        let texts = [place.cluster, istio_namespace, node_namespace, None];
        let saying = Saying { kind: Kind::Span, hour_ns: hour_ns(span), origin: Some(&span.origin), texts };
        self.say(&saying, span, || {
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
        let texts = [Some(host), place.cluster, None, None];
        self.say(&Saying { kind: Kind::Host, hour_ns: hour_ns(caller), origin: None, texts }, caller, || {
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
        let texts = [Some(host), place.cluster, place.namespace, Some(service)];
        self.say(&Saying { kind: Kind::Attempt, hour_ns: hour_ns(target), origin: None, texts }, target, || {
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
        let texts = [Some(host), place.cluster, Some(service), None];
        self.say(&Saying { kind: Kind::Called, hour_ns: hour_ns(target), origin: None, texts }, target, || {
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
    fn say<I: IntoIterator<Item = IdentityKey>>(
        &mut self,
        saying: &Saying<'_>,
        said_by: &Span,
        keys: impl FnOnce() -> I,
    ) {
        let values = IdentityValues::at(said_by.end_ns);
        if !saying.is_short() {
            self.rows.extend(keys().into_iter().map(|key| Statement { key: Interned::new(key), values }));
            return;
        }
        SAYINGS.with_borrow_mut(|sayings| {
            if self.round == 0 {
                self.round = sayings.next_round();
            }
            let said = sayings.said(saying, keys);
            if said.round == self.round {
                let rows = &mut self.rows[said.first..said.first + said.keys.len()];
                rows.iter_mut().for_each(|row| row.values.merge(&values));
                return;
            }
            (said.round, said.first) = (self.round, self.rows.len());
            self.rows.extend(said.keys.iter().map(|key| Statement { key: key.clone(), values }));
        });
    }

    fn push(&mut self, key: IdentityKey, said_by: &Span) {
        let key = SAYINGS.with_borrow_mut(|sayings| intern(&mut sayings.keys, key));
        self.rows.push(Statement { key, values: IdentityValues::at(said_by.end_ns) });
    }

    /// The directory that they make.
    pub fn directory(&mut self) -> Rc<Known> {
        self.merge();
        Known::of(&self.rows)
    }

    /// Each statement once, in the order of their hashes.
    pub fn into_rows(mut self) -> Vec<Statement> {
        self.merge();
        self.rows.shrink_to_fit();
        self.rows
    }

    fn merge(&mut self) {
        self.round = 0;
        self.rows.sort_unstable_by(|a, b| a.key.cmp_hashes(&b.key));
        self.rows.dedup_by(|later, earlier| {
            let is_same = later.key == earlier.key;
            if is_same {
                earlier.values.merge(&later.values);
            }
            is_same
        });
    }
}

fn hour_ns(span: &Span) -> i64 {
    span.end_ns.div_euclid(HOUR_NS) * HOUR_NS
}
