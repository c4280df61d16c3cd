//! Where the cluster's API is, and what proves who asks.

use std::path::{Path, PathBuf};

use url::Url;

use super::kubeconfig;
use crate::scrape::client::read_file;
use crate::scrape::config::client::{Authorization, ClientConfig, TlsConfig};
use crate::scrape::config::discovery::KubernetesSdConfig;

/// What the kubelet puts into every container. Source: kubernetes.io, "Accessing the Kubernetes API from a Pod".
const ACCOUNT_DIR: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
const NAMESPACE_BYTES_MAX: u64 = 1024;

/// How to reach an API.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Access {
    pub server: Url,
    pub client: ClientConfig,
    /// The namespace in which this process runs, or that its configuration names.
    pub namespace: Option<String>,
}

impl Access {
    /// # Errors
    /// What is missing or wrong, and where.
    pub async fn of(config: &KubernetesSdConfig) -> Result<Self, String> {
        if let Some(path) = &config.kubeconfig_file {
            return kubeconfig::read(path).await;
        }
        let namespace = read_file(&Path::new(ACCOUNT_DIR).join("namespace"), NAMESPACE_BYTES_MAX).await;
        let namespace = namespace.ok().map(|name| name.trim().to_owned());
        match &config.api_server {
            Some(server) => {
                let server = Url::parse(server).map_err(|error| format!("api_server is {server:?}: {error}"))?;
                Ok(Self { server, client: config.client(), namespace })
            }
            None => Self::in_cluster(config.client(), namespace, |name| std::env::var(name).ok()),
        }
    }

    /// What a process in the cluster has. Keys of the client that are set stay.
    fn in_cluster(
        client: ClientConfig,
        namespace: Option<String>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let of = |name: &str| env(name).filter(|value| !value.is_empty());
        let (Some(host), Some(port)) = (of("KUBERNETES_SERVICE_HOST"), of("KUBERNETES_SERVICE_PORT")) else {
            return Err("KUBERNETES_SERVICE_HOST and _PORT are not set: this process runs in no cluster, \
                        so that api_server or kubeconfig_file is needed"
                .to_owned());
        };
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        let server = Url::parse(&format!("https://{host}:{port}/"))
            .map_err(|error| format!("KUBERNETES_SERVICE_HOST is {host:?}: {error}"))?;
        let file = |name: &str| Some(PathBuf::from(ACCOUNT_DIR).join(name));
        let is_proven = client.authorization.is_some() || client.basic_auth.is_some();
        let token = Authorization { credentials_file: file("token"), ..Authorization::default() };
        let tls = TlsConfig { ca_file: file("ca.crt"), ..TlsConfig::default() };
        let client = ClientConfig {
            authorization: if is_proven { client.authorization } else { Some(token) },
            tls_config: client.tls_config.or(Some(tls)),
            ..client
        };
        Ok(Self { server, client, namespace })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_cluster(client: ClientConfig, host: &str) -> Result<Access, String> {
        Access::in_cluster(client, None, |name| match name {
            "KUBERNETES_SERVICE_HOST" => Some(host.to_owned()),
            "KUBERNETES_SERVICE_PORT" => Some("443".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn a_container_has_an_address_a_token_and_an_authority() {
        let access = in_cluster(ClientConfig::default(), "10.0.0.1").unwrap();
        assert_eq!(access.server.as_str(), "https://10.0.0.1/");
        let token = access.client.authorization.unwrap().credentials_file.unwrap();
        assert_eq!(token, Path::new("/var/run/secrets/kubernetes.io/serviceaccount/token"));
        assert!(access.client.tls_config.unwrap().ca_file.unwrap().ends_with("ca.crt"));
        assert_eq!(in_cluster(ClientConfig::default(), "fd00::1").unwrap().server.as_str(), "https://[fd00::1]/");
    }

    #[test]
    fn what_is_configured_stays() {
        let own = Authorization { scheme: Some("Own".to_owned()), ..Authorization::default() };
        let client = ClientConfig { authorization: Some(own.clone()), ..ClientConfig::default() };
        assert_eq!(in_cluster(client, "a").unwrap().client.authorization, Some(own));
    }

    #[test]
    fn outside_of_a_cluster_something_is_needed() {
        assert!(in_cluster(ClientConfig::default(), "").unwrap_err().contains("api_server"));
    }
}
