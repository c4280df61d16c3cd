//! What the name of an Envoy cluster says, whichever mesh gave it.

use std::hash::{Hash, Hasher};

use crate::mesh::{consul, istio};

use super::host;
use super::span::Text;

/// Which way a proxy's span goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Direction {
    Inbound,
    Outbound,
}

/// The name of a cluster with what it says. Spans of one cluster share it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cluster {
    name: Text,
    direction: Option<Direction>,
    is_waypoint: bool,
    host: Option<Text>,
    called: Option<Text>,
}

/// All of it follows from the name.
impl Hash for Cluster {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl Cluster {
    pub fn new(name: Text) -> Self {
        let (direction, is_waypoint, host) = (direction(&name), is_waypoint(&name), host(&name));
        let is_away = direction == Some(Direction::Outbound) || is_waypoint;
        let called = host.clone().filter(|host| is_away && host::is_name(host));
        Self { name, direction, is_waypoint, host, called }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The way that the dialect's own word says.
    pub(super) fn direction(&self) -> Option<Direction> {
        self.direction
    }

    /// Whether it is a waypoint's: rule (o).
    pub(super) fn is_waypoint(&self) -> bool {
        self.is_waypoint
    }

    /// The host that an outbound or a waypoint's cluster leads to. In a mesh without a dialect the name of the cluster is
    /// all there is.
    pub(super) fn host(&self) -> Option<&Text> {
        self.host.as_ref()
    }

    /// The host by which it is called, if that can be somebody's name: an outbound cluster's, or the one for which a waypoint
    /// stands in.
    pub(super) fn called(&self) -> Option<&Text> {
        self.called.as_ref()
    }
}

fn direction(cluster: &str) -> Option<Direction> {
    match istio::cluster_word(cluster) {
        Some(istio::ClusterWord::Inbound) => return Some(Direction::Inbound),
        Some(istio::ClusterWord::Outbound) => return Some(Direction::Outbound),
        Some(istio::ClusterWord::InboundVip) => return None,
        None => {}
    }
    if consul::is_local(cluster) {
        return Some(Direction::Inbound);
    }
    consul::service(cluster).map(|_| Direction::Outbound)
}

fn is_waypoint(cluster: &str) -> bool {
    istio::cluster_word(cluster) == Some(istio::ClusterWord::InboundVip)
}

fn host(cluster: &Text) -> Option<Text> {
    match istio::cluster_word(cluster) {
        Some(_) => istio::cluster_host(cluster).map(|host| host.to_ascii_lowercase().into()),
        None => (!consul::is_local(cluster)).then(|| Text::clone(cluster)),
    }
}

/// Namespace and service of such a host, where its form tells them.
pub(super) fn service(host: &str) -> Option<(&str, &str)> {
    if let Some(service) = consul::service(host) {
        return Some((service.namespace, service.name));
    }
    let mut labels = host.splitn(4, '.');
    let (service, namespace) = (labels.next()?, labels.next()?);
    (labels.next()? == "svc" && !service.is_empty() && !namespace.is_empty()).then_some((namespace, service))
}
