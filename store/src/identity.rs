//! Which raw names are one identity.
//!
//! A service has several names: its spans say `web`, its proxy's spans say `web.shop`, its callers say
//! `web.shop.svc.cluster.local`. Tables keep what each span said, and the *directory*, made of the statements in the table
//! `identities`, decides who is meant: when the ledger is read, and by the same rules when the spans of one trace are
//! paired. A name that is learned later so never makes a stored row wrong.
//!
//! The rules (an identity belongs to a cluster and a raw name, not to a span):
//!
//! 1. **Namespace**: what `k8s.namespace.name`, `istio.namespace` or `node_id` say of any span with that name; else
//!    `service.namespace`; else the host by which a caller reached it. Where a name stands for services in several
//!    namespaces, the side's own word decides, if it has one.
//! 2. **Cutting**: a trailing `.namespace` is cut off a name only if that same namespace is known by 1.
//! 3. **Aliases**: an app right below an inbound proxy is that proxy's identity; a host by which an attempt reached a
//!    target is that target. An alias counts while it leads to one identity only.
//! 4. **Joining**: a name without a namespace joins the only namespaced identity of that name, if there is exactly one;
//!    then a cluster is joined in the same way.
//! 5. **Hosts**: an alias, a Kubernetes name, or the name of a known identity is that identity; anything else is inferred.

mod builder;
mod directory;
mod host;
mod name;

use std::sync::Arc;

pub use directory::Directory;

use crate::ledger::SideKind;

/// Who a side is. A service without a name is one node per cluster and namespace, like any other.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    pub cluster: Option<Arc<str>>,
    pub namespace: Option<Arc<str>>,
    pub service: Option<Arc<str>>,
}

/// A node of the graph.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    Service(Identity),
    /// Somebody of whom no span came and whom no mesh knows: a database, a queue, an external host.
    Inferred {
        kind: SideKind,
        id: Arc<str>,
    },
}

#[cfg(test)]
mod tests;
