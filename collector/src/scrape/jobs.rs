//! Jobs that need no more than their name: what the documentation of each mesh tells people to paste, as text that is
//! read like any other.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::config::JobConfig;

/// A job that is known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadyJob {
    IstioSidecars,
    IstioGateways,
    Ztunnel,
    Istiod,
    LinkerdProxy,
    ConsulDataplane,
    Envoy,
    EnvoyGateway,
    IngressNginx,
}

impl ReadyJob {
    pub const ALL: [Self; 9] = [
        Self::IstioSidecars,
        Self::IstioGateways,
        Self::Ztunnel,
        Self::Istiod,
        Self::LinkerdProxy,
        Self::ConsulDataplane,
        Self::Envoy,
        Self::EnvoyGateway,
        Self::IngressNginx,
    ];

    /// What it stands for: entries of `scrape_configs` in YAML.
    pub const fn yaml(self) -> &'static str {
        match self {
            Self::IstioSidecars => include_str!("jobs/istio-sidecars.yml"),
            Self::IstioGateways => include_str!("jobs/istio-gateways.yml"),
            Self::Ztunnel => include_str!("jobs/ztunnel.yml"),
            Self::Istiod => include_str!("jobs/istiod.yml"),
            Self::LinkerdProxy => include_str!("jobs/linkerd-proxy.yml"),
            Self::ConsulDataplane => include_str!("jobs/consul-dataplane.yml"),
            Self::Envoy => include_str!("jobs/envoy.yml"),
            Self::EnvoyGateway => include_str!("jobs/envoy-gateway.yml"),
            Self::IngressNginx => include_str!("jobs/ingress-nginx.yml"),
        }
    }

    pub(super) fn configs(self) -> Vec<JobConfig> {
        static PARSED: [OnceLock<Vec<JobConfig>>; ReadyJob::ALL.len()] =
            [const { OnceLock::new() }; ReadyJob::ALL.len()];
        let parse = || serde_saphyr::from_str(self.yaml()).expect("a test parses each of these texts");
        PARSED[self as usize].get_or_init(parse).clone()
    }
}

#[cfg(test)]
mod tests;
