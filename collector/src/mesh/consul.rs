//! Consul's words. Source: hashicorp/consul, documentation of Connect's Envoy cluster names.

/// The service that a cluster's name speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service<'a> {
    pub name: &'a str,
    pub namespace: &'a str,
}

/// Whether a cluster is the app beside the proxy.
pub fn is_local(cluster: &str) -> bool {
    cluster == "local_app"
}

/// The service of `[<hash>~][<subset>.]<service>.<namespace>.[<partition>.]<datacenter>.<internal|internal-v1|external>.
/// <trust domain>.consul`; `internal-v1` is the form with a partition, and in `external` the last part is a peer.
pub fn service(cluster: &str) -> Option<Service<'_>> {
    let name = cluster.strip_suffix(".consul")?;
    let name = name.split_once('~').map_or(name, |(_hash, rest)| rest);
    let (name, parts_after_service) = [(".internal.", 2), (".internal-v1.", 3), (".external.", 2)]
        .into_iter()
        .find_map(|(marker, parts)| Some((name.split_once(marker)?.0, parts)))?;
    let parts: Vec<&str> = name.split('.').collect();
    let place = parts.len().checked_sub(parts_after_service + 1)?;
    // Before the service there is at most the subset.
    (place <= 1).then(|| Service { name: parts[place], namespace: parts[place + 1] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_name_tells_service_and_namespace() {
        let web = Some(Service { name: "web", namespace: "default" });
        assert_eq!(service("web.default.dc1.internal.0c2c.consul"), web);
        assert_eq!(service("abc123~v2.web.default.dc1.internal.0c2c.consul"), web);
        assert_eq!(service("web.default.billing.dc1.internal-v1.0c2c.consul"), web);
        assert_eq!(service("web.default.cloud-east.external.0c2c.consul"), web);
        assert_eq!(service("local_app"), None);
        assert_eq!(service("web.internal.0c2c.consul"), None);
    }
}
