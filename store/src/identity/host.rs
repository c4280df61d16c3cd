//! Hosts as Kubernetes names them.

/// Service and namespace of `service.namespace.svc`, with or without the cluster's domain behind it.
pub(super) fn kubernetes(host: &str) -> Option<(&str, &str)> {
    let mut labels = host.splitn(4, '.');
    let (service, namespace) = (labels.next()?, labels.next()?);
    (labels.next()? == "svc" && !service.is_empty() && !namespace.is_empty()).then_some((service, namespace))
}

/// Service and namespace of the short form `service.namespace`, which any other domain name looks like, too.
pub(super) fn short(host: &str) -> Option<(&str, &str)> {
    host.split_once('.').filter(|(service, namespace)| !service.is_empty() && !namespace.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_host_has_svc_in_third_place() {
        assert_eq!(kubernetes("reviews.shop.svc.cluster.local"), Some(("reviews", "shop")));
        assert_eq!(kubernetes("reviews.shop.svc"), Some(("reviews", "shop")));
        assert_eq!(kubernetes("reviews.shop.svcx.local"), None);
        assert_eq!(kubernetes("api.example.com"), None);
        assert_eq!(short("reviews.shop"), Some(("reviews", "shop")));
        assert_eq!(short("api.example.com"), None);
        assert_eq!(short("reviews"), None);
    }
}
