//! Who sends a stream.

use thiserror::Error;

use super::message::{Identifier, Locality, Node};

/// What the samples of a stream have as `job`.
const JOB: &str = "envoy";

/// Where Istio's bootstrap says what a proxy stands beside. Source: istio/istio `pkg/model/proxy.go`, `NodeMetadata`.
const POD_KEY: &str = "NAME";
const NAMESPACE_KEY: &str = "NAMESPACE";

/// A stream's first message names no proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the first message of a stream of metrics has no node id")]
pub struct NoIdentity;

/// A proxy, as the first message of its stream names it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyIdentity {
    pub node_id: String,
    pub node_cluster: Option<String>,
    /// Of an Istio proxy, from its node id or else its metadata.
    pub pod: Option<String>,
    pub namespace: Option<String>,
    pub locality: Locality,
}

impl ProxyIdentity {
    /// # Errors
    /// When the message had no identifier, or one without a node id.
    pub fn of(identifier: Option<&Identifier>) -> Result<Self, NoIdentity> {
        let node = identifier.and_then(|identifier| identifier.node.as_ref()).ok_or(NoIdentity)?;
        if node.id.is_empty() {
            return Err(NoIdentity);
        }
        let (pod, namespace) = istio_pod(&node.id).unzip();
        Ok(Self {
            pod: pod.or_else(|| metadata(node, POD_KEY)).map(str::to_owned),
            namespace: namespace.or_else(|| metadata(node, NAMESPACE_KEY)).map(str::to_owned),
            node_id: node.id.clone(),
            node_cluster: Some(node.cluster.clone()).filter(|cluster| !cluster.is_empty()),
            locality: node.locality.clone().unwrap_or_default(),
        })
    }

    /// The labels that all samples of the stream have.
    pub fn labels(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let known = [
            ("job", Some(JOB)),
            ("instance", Some(self.node_id.as_str())),
            ("node_cluster", self.node_cluster.as_deref()),
            ("pod", self.pod.as_deref()),
            ("namespace", self.namespace.as_deref()),
        ];
        known.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }
}

/// Pod and namespace of an Istio node id: `sidecar~10.1.2.3~web-7d.shop~shop.svc.cluster.local`. The namespace has no
/// dot, a pod's name may.
fn istio_pod(node_id: &str) -> Option<(&str, &str)> {
    let mut parts = node_id.split('~');
    let (_kind, _ip, pod, _domain) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let named = pod.rsplit_once('.').filter(|(pod, namespace)| !pod.is_empty() && !namespace.is_empty());
    named.filter(|_| parts.next().is_none())
}

fn metadata<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    let value = node.metadata.as_ref()?.fields.get(key)?.string_value.as_deref()?;
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::super::message::{Struct, Value};
    use super::*;

    fn check(node: Node, expected: &[(&str, &str)]) {
        let identity = ProxyIdentity::of(Some(&Identifier { node: Some(node) })).unwrap();
        assert_eq!(identity.labels().collect::<Vec<_>>(), expected);
    }

    fn node(id: &str) -> Node {
        Node { id: id.to_owned(), ..Node::default() }
    }

    #[test]
    fn any_node_is_an_instance() {
        check(node("ingress"), &[("job", "envoy"), ("instance", "ingress")]);
        let cluster = Node { cluster: "edge".to_owned(), ..node("a") };
        check(cluster, &[("job", "envoy"), ("instance", "a"), ("node_cluster", "edge")]);
    }

    #[test]
    fn an_istio_node_is_a_pod() {
        let id = "sidecar~10.1.2.3~web-7d.v1.shop~shop.svc.cluster.local";
        check(node(id), &[("job", "envoy"), ("instance", id), ("pod", "web-7d.v1"), ("namespace", "shop")]);
        for id in ["a~b", "a~b~c~d", "a~b~c.~d", "a~b~.c~d", "a~b~c.d~e~f"] {
            check(node(id), &[("job", "envoy"), ("instance", id)]);
        }
    }

    #[test]
    fn metadata_name_a_pod_where_the_id_does_not() {
        let text = |text: &str| Value { string_value: Some(text.to_owned()) };
        let fields = [("NAME".to_owned(), text("web-7d")), ("NAMESPACE".to_owned(), text("shop"))].into();
        let named = Node { metadata: Some(Struct { fields }), ..node("a") };
        check(named, &[("job", "envoy"), ("instance", "a"), ("pod", "web-7d"), ("namespace", "shop")]);
    }

    #[test]
    fn a_stream_without_a_node_id_has_no_identity() {
        assert_eq!(ProxyIdentity::of(None), Err(NoIdentity));
        assert_eq!(ProxyIdentity::of(Some(&Identifier { node: None })), Err(NoIdentity));
        assert_eq!(ProxyIdentity::of(Some(&Identifier { node: Some(node("")) })), Err(NoIdentity));
    }
}
