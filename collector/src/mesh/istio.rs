//! Istio's words. Source: Istio's documentation of its Envoy configuration, and recorded spans.

/// Which way a cluster's name says that a span goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterWord {
    Inbound,
    Outbound,
    /// A waypoint's: it stands between the two sides and belongs to neither.
    InboundVip,
}

/// The way in `inbound|…`, `outbound|…` and the names of the catch-all clusters.
pub fn cluster_word(cluster: &str) -> Option<ClusterWord> {
    let is_any = |prefixes: &[&str]| prefixes.iter().any(|prefix| cluster.starts_with(prefix));
    if is_any(&["inbound-vip|"]) {
        return Some(ClusterWord::InboundVip);
    }
    // The inbound one also comes as `InboundPassthroughClusterIpv4` and `…Ipv6`.
    if is_any(&["inbound|", "InboundPassthroughCluster"]) {
        return Some(ClusterWord::Inbound);
    }
    let is_outbound = is_any(&["outbound|", "outbound_."]) || is_passthrough(cluster) || is_black_hole(cluster);
    is_outbound.then_some(ClusterWord::Outbound)
}

/// Whether the proxy passes on what it knows no service for.
pub fn is_passthrough(cluster: &str) -> bool {
    cluster == "PassthroughCluster"
}

/// Whether the proxy lets nothing through that it knows no service for.
pub fn is_black_hole(cluster: &str) -> bool {
    cluster == "BlackHoleCluster"
}

/// The host of `outbound|port|subset|host`, of its form in SNI, `outbound_.port_.subset_.host`, and of
/// `inbound-vip|port|name|host`. An `inbound|port||` names none.
pub fn cluster_host(cluster: &str) -> Option<&str> {
    let host = match cluster.strip_prefix("outbound_.") {
        Some(sni) => sni.splitn(3, "_.").nth(2)?,
        None => cluster.splitn(4, '|').nth(3)?,
    };
    (!host.is_empty()).then_some(host)
}

/// The parts of a `node_id`, `type~ip~pod.namespace~namespace.svc.cluster.local`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NodeId<'a> {
    /// `sidecar`, `router` or `waypoint`.
    pub node_type: &'a str,
    pub pod: &'a str,
    pub namespace: &'a str,
}

/// Reads a `node_id`; those of other meshes have other forms.
pub fn node_id(text: &str) -> Option<NodeId<'_>> {
    let mut parts = text.splitn(4, '~');
    let (node_type, _ip, pod_in_namespace) = (parts.next()?, parts.next()?, parts.next()?);
    // A pod's name may hold dots, a namespace none.
    let (pod, namespace) = pod_in_namespace.rsplit_once('.')?;
    (!namespace.is_empty()).then_some(NodeId { node_type, pod, namespace })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_name_tells_the_way() {
        let check = |cluster, expected| assert_eq!(cluster_word(cluster), expected, "{cluster}");
        check("inbound|9080||", Some(ClusterWord::Inbound));
        check("InboundPassthroughClusterIpv4", Some(ClusterWord::Inbound));
        check("outbound|9080|v1|reviews.shop.svc.cluster.local", Some(ClusterWord::Outbound));
        check("outbound_.9080_.v1_.reviews.shop.svc.cluster.local", Some(ClusterWord::Outbound));
        check("PassthroughCluster", Some(ClusterWord::Outbound));
        check("BlackHoleCluster", Some(ClusterWord::Outbound));
        check("inbound-vip|9080|http|reviews.shop.svc.cluster.local", Some(ClusterWord::InboundVip));
        check("service_google", None);
    }

    #[test]
    fn a_cluster_name_tells_the_host() {
        let check = |cluster, expected| assert_eq!(cluster_host(cluster), expected, "{cluster}");
        let reviews = Some("reviews.shop.svc.cluster.local");
        check("outbound|9080|v1|reviews.shop.svc.cluster.local", reviews);
        check("outbound_.9080_._.reviews.shop.svc.cluster.local", reviews);
        check("inbound-vip|9080|http|reviews.shop.svc.cluster.local", reviews);
        check("outbound|443||www.example.com", Some("www.example.com"));
        check("inbound|9080||", None);
        check("PassthroughCluster", None);
    }

    #[test]
    fn a_node_id_tells_type_pod_and_namespace() {
        let id = "router~10.244.0.14~gateway-79788cd94-wgmsp.istio-system~istio-system.svc.cluster.local";
        let pod = "gateway-79788cd94-wgmsp";
        assert_eq!(node_id(id), Some(NodeId { node_type: "router", pod, namespace: "istio-system" }));
        assert_eq!(node_id("sidecar~10.0.0.1~a.b.shop~").map(|node| node.namespace), Some("shop"));
        assert_eq!(node_id("front-envoy-1"), None);
        assert_eq!(node_id("sidecar~10.0.0.1~pod~x"), None);
    }
}
