//! What is known of one raw name in one cluster.

use std::sync::Arc;

type Text = Arc<str>;

/// A name as a statement points at it: not resolved yet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pointer {
    pub cluster: Option<Text>,
    pub namespace: Option<Text>,
    pub service: Option<Text>,
}

/// A raw `service.name` in one cluster, with all that was said of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Name {
    pub raw: Text,
    pub cluster: Option<Text>,
    /// Namespaces by the mesh's own word: `k8s.namespace.name`, `istio.namespace`, `node_id`.
    pub meshed: Vec<Text>,
    /// `service.namespace`, which many use for a team or a product.
    pub claimed: Vec<Text>,
    /// Namespaces in the hosts by which callers reached it.
    pub called: Vec<Text>,
    /// Inbound proxies right above it.
    pub proxies: Vec<Pointer>,
    /// Spans that had this name.
    pub observed: i64,
}

impl Name {
    /// The namespaces that count: those of the strongest word.
    pub fn namespaces(&self) -> &[Text] {
        [&self.meshed, &self.claimed, &self.called]
            .into_iter()
            .find(|known| !known.is_empty())
            .map_or(&[], |known| known)
    }

    /// The namespace of a side with this name that says `own` of itself. A weaker word of its own does not stand against
    /// the only stronger one; against several it is better than a guess.
    pub fn namespace<'a>(&'a self, own: Option<&'a Text>) -> Option<&'a Text> {
        let known = self.namespaces();
        match (own, known) {
            (Some(own), known) if known.contains(own) => Some(own),
            (_, [only]) => Some(only),
            (own, _) => own,
        }
    }

    /// The service: the raw name without its namespace. Any word that names the namespace is good enough for this.
    pub fn service(&self, namespace: Option<&Text>) -> Text {
        let cut = namespace.and_then(|namespace| self.raw.strip_suffix(namespace.as_ref())?.strip_suffix('.'));
        cut.filter(|service| !service.is_empty()).map_or_else(|| Arc::clone(&self.raw), Text::from)
    }

    /// The proxy whose identity this name has, if there is one only. A namespace by the mesh's own word must be the
    /// proxy's, too: of two services with one name perhaps only one has a proxy.
    pub fn proxy(&self, namespace: Option<&Text>) -> Option<&Pointer> {
        let meshed = namespace.filter(|namespace| self.meshed.contains(namespace));
        let is_candidate =
            |proxy: &&Pointer| meshed.is_none() || proxy.namespace.is_none() || proxy.namespace.as_ref() == meshed;
        let mut candidates = self.proxies.iter().filter(is_candidate);
        candidates.next().filter(|_| candidates.next().is_none())
    }

    /// Takes over what was said of the same name without a cluster.
    pub fn absorb(&mut self, other: Self) {
        extend(&mut self.meshed, other.meshed);
        extend(&mut self.claimed, other.claimed);
        extend(&mut self.called, other.called);
        extend(&mut self.proxies, other.proxies);
        self.observed = self.observed.saturating_add(other.observed);
    }
}

fn extend<T: PartialEq>(known: &mut Vec<T>, more: Vec<T>) {
    more.into_iter().for_each(|item| add(known, item));
}

/// Adds what is not there yet. A name has one namespace, or a few.
pub(super) fn add<T: PartialEq>(known: &mut Vec<T>, item: T) {
    if !known.contains(&item) {
        known.push(item);
    }
}
