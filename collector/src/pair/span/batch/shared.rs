//! What many spans share.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::pair::cluster::Cluster;
use crate::pair::span::{Facts, Origin, Peer, Proxy, Text};

/// Texts that are shared with spans to come, at most.
const TEXTS_MAX: usize = 100_000;

/// Strings and processes of one batch or several, each once.
#[derive(Debug, Default)]
pub struct Shared {
    texts: HashSet<Text, RandomState>,
    clusters: HashMap<Text, Arc<Cluster>, RandomState>,
    origins: HashSet<Arc<Origin>, RandomState>,
    proxies: HashSet<Arc<Proxy>, RandomState>,
    peers: HashSet<Arc<Peer>, RandomState>,
    facts: HashSet<Arc<Facts>, RandomState>,
}

impl Shared {
    /// Forgets everything once it is much, so that names that never come again do not stay for ever.
    pub(super) fn bound(&mut self) {
        let counts = [self.texts.len(), self.origins.len(), self.proxies.len(), self.peers.len(), self.facts.len()];
        if counts.into_iter().any(|count| count > TEXTS_MAX) {
            *self = Self::default();
        }
    }

    pub(super) fn text(&mut self, text: &str) -> Text {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let text = Text::from(text);
        self.texts.insert(Arc::clone(&text));
        text
    }

    pub(super) fn optional(&mut self, text: Option<&str>) -> Option<Text> {
        text.filter(|text| !text.is_empty()).map(|text| self.text(text))
    }

    /// A part of an identity. Zipkin's clients and Istio's labels write what they do not know as "unknown".
    pub(super) fn known(&mut self, text: Option<&str>) -> Option<Text> {
        self.optional(text.filter(|text| *text != "unknown"))
    }

    pub(super) fn host(&mut self, host: Option<String>) -> Option<Text> {
        self.optional(host.as_deref())
    }

    pub(super) fn cluster(&mut self, name: Option<&str>) -> Option<Arc<Cluster>> {
        let name = name.filter(|name| !name.is_empty())?;
        if let Some(known) = self.clusters.get(name) {
            return Some(Arc::clone(known));
        }
        let name = self.text(name);
        let cluster = Arc::new(Cluster::new(Text::clone(&name)));
        self.clusters.insert(name, Arc::clone(&cluster));
        Some(cluster)
    }

    pub(super) fn origin(&mut self, origin: Origin) -> Arc<Origin> {
        shared(&mut self.origins, origin)
    }

    pub(super) fn proxy(&mut self, proxy: Proxy) -> Arc<Proxy> {
        shared(&mut self.proxies, proxy)
    }

    pub(super) fn peer(&mut self, peer: Peer) -> Arc<Peer> {
        shared(&mut self.peers, peer)
    }

    pub(super) fn facts(&mut self, facts: Facts) -> Arc<Facts> {
        shared(&mut self.facts, facts)
    }
}

/// The one of a set that is equal; it is added if there is none.
fn shared<T: Eq + Hash>(known: &mut HashSet<Arc<T>, RandomState>, value: T) -> Arc<T> {
    if let Some(known) = known.get(&value) {
        return Arc::clone(known);
    }
    let value = Arc::new(value);
    known.insert(Arc::clone(&value));
    value
}
