//! How targets are found: the keys of Prometheus' `*_sd_configs`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::client::with_client_keys;
use super::duration::PromDuration;
use super::secret::Secret;

pub const FILE_REFRESH_INTERVAL: PromDuration = PromDuration::from_secs(300);
pub const HTTP_REFRESH_INTERVAL: PromDuration = PromDuration::from_secs(60);
pub const DNS_REFRESH_INTERVAL: PromDuration = PromDuration::from_secs(30);
pub const CONSUL_REFRESH_INTERVAL: PromDuration = PromDuration::from_secs(30);
pub const CONSUL_SERVER: &str = "localhost:8500";
pub const CONSUL_TAG_SEPARATOR: &str = ",";

/// Targets that are listed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaticConfig {
    pub targets: Vec<String>,
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// Files of targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSdConfig {
    /// Paths that end in `.json`, `.yml` or `.yaml`; the last segment may hold one `*`.
    pub files: Vec<String>,
    pub refresh_interval: Option<PromDuration>,
}

with_client_keys! {
    /// Targets that an HTTP server lists.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct HttpSdConfig {
        pub url: String,
        pub refresh_interval: Option<PromDuration>,
    }
}

/// Which records are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum DnsType {
    #[default]
    Srv,
    A,
    Aaaa,
    Mx,
    Ns,
}

/// Targets that DNS names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DnsSdConfig {
    pub names: Vec<String>,
    #[serde(rename = "type", default)]
    pub record: DnsType,
    /// Of A, AAAA, MX and NS, which name no port.
    pub port: Option<u16>,
    pub refresh_interval: Option<PromDuration>,
}

with_client_keys! {
    /// Targets that Consul's catalog lists.
    #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    pub struct ConsulSdConfig {
        /// `host:port`, `localhost:8500` unless said.
        pub server: Option<String>,
        pub path_prefix: String,
        pub token: Option<Secret>,
        pub datacenter: String,
        pub namespace: String,
        pub partition: String,
        /// `http` unless said.
        pub scheme: Option<Scheme>,
        /// The older way to write `basic_auth`.
        pub username: Option<String>,
        /// The older way to write `basic_auth`.
        pub password: Option<Secret>,
        /// All services unless some are named.
        pub services: Vec<String>,
        pub tags: Vec<String>,
        pub node_meta: BTreeMap<String, String>,
        /// A filter expression of Consul, of the list of services.
        pub filter: String,
        pub tag_separator: Option<String>,
        /// Unless said, answers may be those of a follower that lags.
        pub allow_stale: Option<bool>,
        pub refresh_interval: Option<PromDuration>,
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scheme {
    #[default]
    Http,
    Https,
}

impl Scheme {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// What objects of Kubernetes become targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Pod,
    Service,
    Endpoints,
    EndpointSlice,
    Node,
}

impl Role {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pod => "pod",
            Self::Service => "service",
            Self::Endpoints => "endpoints",
            Self::EndpointSlice => "endpointslice",
            Self::Node => "node",
        }
    }
}

with_client_keys! {
    /// Targets that a cluster's API lists. Without `api_server` and `kubeconfig_file` the process runs in the cluster.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct KubernetesSdConfig {
        pub role: Role,
        pub api_server: Option<String>,
        pub kubeconfig_file: Option<PathBuf>,
        #[serde(default)]
        pub namespaces: Namespaces,
        #[serde(default)]
        pub selectors: Vec<Selector>,
        #[serde(default)]
        pub attach_metadata: AttachMetadata,
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Namespaces {
    /// Also the namespace in which this process runs.
    pub own_namespace: bool,
    /// All unless some are named.
    pub names: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    pub role: Role,
    #[serde(default)]
    pub label: String,
    #[serde(default)]
    pub field: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttachMetadata {
    /// Labels of the node on which a pod runs.
    pub node: bool,
    /// Labels of the namespace in which an object lies.
    pub namespace: bool,
}

/// What can be wrong with a way to find targets, named by key.
pub(super) trait Validate {
    /// # Errors
    /// A text that begins with the key that cannot be as it is.
    fn validate(&self) -> Result<(), String>;
}

fn validate_refresh(interval: Option<PromDuration>) -> Result<(), String> {
    match interval {
        Some(interval) if interval.is_zero() => Err("refresh_interval is 0s, it would never pause".to_owned()),
        _ => Ok(()),
    }
}

impl Validate for StaticConfig {
    fn validate(&self) -> Result<(), String> {
        match self.targets.iter().find(|target| target.contains('/')) {
            Some(target) => Err(format!("targets names {target:?}, which is no host:port")),
            None => Ok(()),
        }
    }
}

impl Validate for FileSdConfig {
    fn validate(&self) -> Result<(), String> {
        if self.files.is_empty() {
            return Err("files names no file".to_owned());
        }
        for file in &self.files {
            let (directory, name) = file.rsplit_once('/').unwrap_or(("", file));
            let known = [".json", ".yml", ".yaml"].iter().any(|end| name.to_ascii_lowercase().ends_with(end));
            if !known {
                return Err(format!("files names {file:?}, which does not end in .json, .yml or .yaml"));
            }
            if directory.contains('*') || name.matches('*').count() > 1 {
                return Err(format!("files names {file:?}, only the last segment may hold a * and only one"));
            }
        }
        validate_refresh(self.refresh_interval)
    }
}

impl Validate for HttpSdConfig {
    fn validate(&self) -> Result<(), String> {
        let url = url::Url::parse(&self.url).map_err(|error| format!("url is {:?}: {error}", self.url))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(format!("url is {:?}, it must be http or https with a host", self.url));
        }
        validate_refresh(self.refresh_interval)?;
        self.validate_client()
    }
}

impl Validate for DnsSdConfig {
    fn validate(&self) -> Result<(), String> {
        if self.names.is_empty() {
            return Err("names is empty".to_owned());
        }
        if self.record != DnsType::Srv && self.port.is_none() {
            return Err("port is needed where type is not SRV".to_owned());
        }
        validate_refresh(self.refresh_interval)
    }
}

impl Validate for ConsulSdConfig {
    fn validate(&self) -> Result<(), String> {
        validate_refresh(self.refresh_interval)?;
        let has_pair = self.username.is_some() || self.password.is_some();
        if has_pair && self.basic_auth.is_some() {
            return Err("basic_auth is set and username or password too".to_owned());
        }
        if self.token.is_some() && (self.authorization.is_some() || self.bearer_token.is_some()) {
            return Err("token is set and authorization too".to_owned());
        }
        self.validate_client()
    }
}

impl Validate for KubernetesSdConfig {
    fn validate(&self) -> Result<(), String> {
        if self.api_server.is_some() && self.kubeconfig_file.is_some() {
            return Err("api_server is set and kubeconfig_file too".to_owned());
        }
        let needed: &[Role] = match self.role {
            Role::Endpoints => &[Role::Endpoints, Role::Service, Role::Pod],
            Role::EndpointSlice => &[Role::EndpointSlice, Role::Service, Role::Pod],
            Role::Pod => &[Role::Pod],
            Role::Service => &[Role::Service],
            Role::Node => &[Role::Node],
        };
        for (at, selector) in self.selectors.iter().enumerate() {
            if !needed.contains(&selector.role) {
                let (role, of) = (self.role.name(), selector.role.name());
                return Err(format!("selectors selects {of}, which role {role} does not look at"));
            }
            if self.selectors[..at].iter().any(|other| other.role == selector.role) {
                return Err(format!("selectors has role {} twice", selector.role.name()));
            }
        }
        let has_client = self.client() != super::client::ClientConfig::default();
        if self.api_server.is_none() && has_client && self.kubeconfig_file.is_some() {
            return Err("kubeconfig_file is set and keys of a client too, which it holds itself".to_owned());
        }
        self.validate_client()
    }
}
