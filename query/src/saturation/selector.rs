//! Which series are about a service: no two meshes, and no two scrape configurations, label them alike.
//!
//! A side of a rule ([`Whose`]) becomes several selectors, one per convention; a series that more than one of them
//! finds counts once. `ns` and `svc` are the namespace and the name of the node in the graph.
//!
//! | whose | convention | selector |
//! | --- | --- | --- |
//! | calls to it | Istio `cluster_name`, Envoy `envoy_cluster_name` | `=~"outbound\|port\|subset\|svc.ns.svc…"` |
//! | | Envoy with plain clusters | `envoy_cluster_name="svc"`, only without a namespace |
//! | | Consul | `consul_destination_service="svc"`, `consul_destination_namespace` |
//! | | Linkerd | `backend_name="svc"`, `backend_namespace` |
//! | itself | Istio, Kubernetes labels | `app="svc"`, `app_kubernetes_io_name="svc"`, with `namespace` |
//! | | Prometheus operator, Linkerd | `service`, `deployment`, `statefulset`, `daemonset` `="svc"`, with `namespace` |
//! | | OpenTelemetry | `service_name="svc"` with `service_namespace`; `job="ns/svc"` or `job="svc"` |
//! | | Consul | `local_cluster="svc"`; `consul_source_service="svc"` with `consul_source_namespace` |
//! | its containers | cAdvisor, kube-state-metrics | `namespace="ns"`, `pod` named as controllers name those of `svc` |
//!
//! A namespace also matches where the series has none: a scraper of one namespace need not say it. Only pods must have
//! theirs, because their names are a guess already.

use std::sync::Arc;

use crate::promql::quote::quoted;

/// Whose series a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Of those who call the service: what they hold open for it, and what they had to turn away.
    CallsTo,
    /// Of the service's own processes and proxies.
    Itself,
    /// Of its containers, as the node sees them.
    Containers,
}

/// A service by its name in the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServiceName {
    pub namespace: Option<Arc<str>>,
    pub service: Arc<str>,
}

impl ServiceName {
    /// Insides of braces, one per convention.
    pub fn selectors(&self, whose: Whose) -> Vec<String> {
        match whose {
            Whose::CallsTo => self.calls_to(),
            Whose::Itself => self.itself(),
            Whose::Containers => vec![self.containers()],
        }
    }

    fn calls_to(&self) -> Vec<String> {
        let service = regex::escape(&self.service);
        let namespace = self.namespace.as_deref().map_or_else(|| "[^.]+".to_owned(), regex::escape);
        let cluster = quoted(&format!(r"outbound\|[0-9]*\|[^|]*\|{service}\.{namespace}(\..*)?"));
        let mut selectors = vec![format!("cluster_name=~{cluster}"), format!("envoy_cluster_name=~{cluster}")];
        if self.namespace.is_none() {
            selectors.push(format!("envoy_cluster_name={}", quoted(&self.service)));
        }
        selectors.push(self.named("consul_destination_service", "consul_destination_namespace"));
        selectors.push(self.named("backend_name", "backend_namespace"));
        selectors
    }

    fn itself(&self) -> Vec<String> {
        let in_kubernetes =
            ["app", "app_kubernetes_io_name", "service", "deployment", "statefulset", "daemonset", "local_cluster"];
        let mut selectors: Vec<String> = in_kubernetes.iter().map(|label| self.named(label, "namespace")).collect();
        selectors.push(self.named("service_name", "service_namespace"));
        selectors.push(self.named("consul_source_service", "consul_source_namespace"));
        let job = match &self.namespace {
            Some(namespace) => format!("{namespace}/{}", self.service),
            None => self.service.to_string(),
        };
        selectors.push(format!("job={}", quoted(&job)));
        if self.namespace.is_some() {
            selectors.push(self.named("job", "namespace"));
        }
        selectors
    }

    /// Of deployments `svc-<template>-<5>`, of daemon sets `svc-<5>`, of stateful sets `svc-<number>`. The sandbox of a
    /// pod is no container of its own.
    fn containers(&self) -> String {
        let service = regex::escape(&self.service);
        let pod = quoted(&format!("{service}-([a-z0-9]{{6,10}}-)?[a-z0-9]{{5}}|{service}-[0-9]+"));
        let namespace = self.namespace.as_deref().map(|namespace| format!("namespace={},", quoted(namespace)));
        format!(r#"{}pod=~{pod},container!="",container!="POD""#, namespace.unwrap_or_default())
    }

    fn named(&self, label: &str, namespace_label: &str) -> String {
        let name = format!("{label}={}", quoted(&self.service));
        match &self.namespace {
            Some(namespace) => {
                let pattern = quoted(&format!("|{}", regex::escape(namespace)));
                format!("{name},{namespace_label}=~{pattern}")
            }
            None => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promql::labels::Labels;
    use crate::promql::parse_selector;

    fn name(namespace: &str, service: &str) -> ServiceName {
        ServiceName { namespace: (!namespace.is_empty()).then(|| namespace.into()), service: service.into() }
    }

    /// How many selectors find a series.
    fn check(service: &ServiceName, whose: Whose, labels: &[(&str, &str)], is_found: bool) {
        let labels = Labels::new(labels.iter().copied());
        let finds = |selector: &String| {
            let matchers = parse_selector(&format!("{{{selector}}}")).unwrap();
            matchers.iter().all(|matcher| matcher.matches_labels(&labels))
        };
        assert_eq!(service.selectors(whose).iter().any(finds), is_found, "{service:?} {labels}");
    }

    #[test]
    fn callers_of_a_service_are_found_in_every_mesh() {
        let cart = name("shop", "cart");
        let found = |labels: &[(&str, &str)]| check(&cart, Whose::CallsTo, labels, true);
        found(&[
            ("cluster_name", "outbound|80||cart.shop.svc.cluster.local"),
            ("envoy_cluster_name", "outbound|80||cart"),
        ]);
        found(&[("envoy_cluster_name", "outbound|8080|v2|cart.shop.svc.cluster.local")]);
        found(&[("consul_destination_service", "cart"), ("consul_destination_namespace", "shop")]);
        found(&[("consul_destination_service", "cart")]);
        found(&[("backend_name", "cart"), ("backend_namespace", "shop"), ("deployment", "web")]);
        check(&name("", "cart"), Whose::CallsTo, &[("envoy_cluster_name", "cart")], true);
        check(&name("", "cart"), Whose::CallsTo, &[("cluster_name", "outbound|80||cart.shop.svc.cluster.local")], true);
    }

    #[test]
    fn what_is_called_alike_elsewhere_is_not_found() {
        let cart = name("shop", "cart");
        let other = |labels: &[(&str, &str)]| check(&cart, Whose::CallsTo, labels, false);
        other(&[("cluster_name", "outbound|80||cart.blog.svc.cluster.local")]);
        other(&[("cluster_name", "outbound|80||my-cart.shop.svc.cluster.local")]);
        other(&[("cluster_name", "inbound|80||")]);
        other(&[("backend_name", "cart"), ("backend_namespace", "blog")]);
        check(&name("shop", "c.rt"), Whose::CallsTo, &[("cluster_name", "outbound|80||cart.shop.svc")], false);
        check(&cart, Whose::Itself, &[("app", "cart"), ("namespace", "blog")], false);
        check(&cart, Whose::Itself, &[("job", "blog/cart")], false);
    }

    #[test]
    fn a_service_is_found_by_the_labels_of_whoever_scrapes_it() {
        let cart = name("shop", "cart");
        let found = |labels: &[(&str, &str)]| check(&cart, Whose::Itself, labels, true);
        found(&[("app", "cart"), ("namespace", "shop"), ("pod", "cart-v1-x")]);
        found(&[("service", "cart")]);
        found(&[("deployment", "cart"), ("namespace", "shop")]);
        found(&[("job", "shop/cart")]);
        found(&[("service_name", "cart"), ("service_namespace", "shop")]);
        found(&[("local_cluster", "cart")]);
        check(&name("", "cart"), Whose::Itself, &[("job", "cart")], true);
    }

    #[test]
    fn pods_are_found_by_how_controllers_name_them() {
        let cart = name("shop", "cart");
        let pod = |pod: &str, container: &str, is_found: bool| {
            let labels = [("namespace", "shop"), ("pod", pod), ("container", container)];
            check(&cart, Whose::Containers, &labels, is_found);
        };
        pod("cart-6b7f9c5d8f-x2x4z", "app", true);
        pod("cart-x2x4z", "app", true);
        pod("cart-0", "app", true);
        pod("cart-api-6b7f9c5d8f-x2x4z", "app", false);
        pod("cart-6b7f9c5d8f-x2x4z", "", false);
        pod("cart-0", "POD", false);
        check(&cart, Whose::Containers, &[("pod", "cart-0"), ("container", "app")], false);
    }

    #[test]
    fn a_name_with_quotes_stays_one_string() {
        for whose in [Whose::CallsTo, Whose::Itself, Whose::Containers] {
            for selector in name(r#"a"b"#, r#"x\"} or up{"#).selectors(whose) {
                let matchers = parse_selector(&format!("{{{selector}}}")).unwrap();
                assert!(matchers.iter().all(|matcher| &*matcher.name != "__name__"), "{selector}");
            }
        }
    }
}
