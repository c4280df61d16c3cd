//! One side of a call, as its own trace names it.

use std::sync::Arc;

use super::SideKind;

/// What one trace says of a side. Nothing is joined or cut here: which names are one identity is decided when the ledger is
/// read, over the directory of that time, so that a row never has to be written again because a name was learned later.
/// `None` is "not known", never a word.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Side {
    pub cluster: Option<Arc<str>>,
    pub namespace: Option<Arc<str>>,
    /// The raw `service.name`.
    pub service: Option<Arc<str>>,
    pub workload: Option<Arc<str>>,
    pub revision: Option<Arc<str>>,
    pub principal: Option<Arc<str>>,
    /// The host in the caller's `upstream_cluster`: names the side where it sent no span, and is its alias where it did.
    pub host: Option<Arc<str>>,
    pub kind: Option<SideKind>,
    /// The id of a side that no span came from: `database:<system>/<name>`, `queue:<system>/<destination>`,
    /// `external:<host>`.
    pub inferred: Option<Arc<str>>,
}

impl Side {
    /// All that is said in words.
    pub fn texts(&self) -> impl Iterator<Item = &Arc<str>> {
        let Self { cluster, namespace, service, workload, revision, principal, host, kind: _, inferred } = self;
        [cluster, namespace, service, workload, revision, principal, host, inferred].into_iter().flatten()
    }

    /// Whether nothing at all is known.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}
