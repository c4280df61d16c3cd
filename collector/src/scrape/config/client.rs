//! How a server is spoken to: the keys that Prometheus has wherever it is a client of HTTP.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::secret::Secret;

/// The keys of a client. They stand beside other keys: [`with_client_keys`] puts them there.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientConfig {
    pub basic_auth: Option<BasicAuth>,
    pub authorization: Option<Authorization>,
    pub tls_config: Option<TlsConfig>,
    pub proxy_url: Option<String>,
    pub follow_redirects: bool,
    pub enable_http2: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BasicAuth {
    pub username: Option<String>,
    pub username_file: Option<PathBuf>,
    pub password: Option<Secret>,
    pub password_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Authorization {
    /// `Bearer` unless said.
    #[serde(rename = "type")]
    pub scheme: Option<String>,
    pub credentials: Option<Secret>,
    pub credentials_file: Option<PathBuf>,
}

/// Files are read again when they change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// PEM.
    pub ca: Option<String>,
    pub ca_file: Option<PathBuf>,
    /// PEM.
    pub cert: Option<String>,
    pub cert_file: Option<PathBuf>,
    /// PEM.
    pub key: Option<Secret>,
    pub key_file: Option<PathBuf>,
    pub insecure_skip_verify: bool,
    pub min_version: Option<TlsVersion>,
}

/// As Prometheus names them. Versions 1.0 and 1.1 are not spoken, so that asking for them as the least means 1.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TlsVersion {
    #[serde(rename = "TLS10")]
    Tls10,
    #[serde(rename = "TLS11")]
    Tls11,
    #[serde(rename = "TLS12")]
    Tls12,
    #[serde(rename = "TLS13")]
    Tls13,
}

/// Defines a struct that has the keys of a client beside its own. Serde's `flatten` would lose the places of errors.
macro_rules! with_client_keys {
    ($(#[$attribute:meta])* pub struct $name:ident { $($(#[$of_field:meta])* pub $field:ident: $of:ty,)* }) => {
        $(#[$attribute])*
        pub struct $name {
            $($(#[$of_field])* pub $field: $of,)*
            pub basic_auth: Option<$crate::scrape::config::client::BasicAuth>,
            pub authorization: Option<$crate::scrape::config::client::Authorization>,
            /// The older way to write `authorization`.
            pub bearer_token: Option<$crate::scrape::config::secret::Secret>,
            /// The older way to write `authorization`.
            pub bearer_token_file: Option<std::path::PathBuf>,
            pub tls_config: Option<$crate::scrape::config::client::TlsConfig>,
            pub proxy_url: Option<String>,
            /// Unless said, redirects are followed.
            pub follow_redirects: Option<bool>,
            /// Unless said, HTTP/2 is spoken where TLS agrees on it.
            pub enable_http2: Option<bool>,
        }

        impl $name {
            /// Its keys that say how to speak to the server.
            pub fn client(&self) -> $crate::scrape::config::client::ClientConfig {
                let bearer = (self.bearer_token.is_some() || self.bearer_token_file.is_some()).then(|| {
                    $crate::scrape::config::client::Authorization {
                        scheme: None,
                        credentials: self.bearer_token.clone(),
                        credentials_file: self.bearer_token_file.clone(),
                    }
                });
                $crate::scrape::config::client::ClientConfig {
                    basic_auth: self.basic_auth.clone(),
                    authorization: self.authorization.clone().or(bearer),
                    tls_config: self.tls_config.clone(),
                    proxy_url: self.proxy_url.clone(),
                    follow_redirects: self.follow_redirects.unwrap_or(true),
                    enable_http2: self.enable_http2.unwrap_or(true),
                }
            }

            /// # Errors
            /// A text that begins with the key that cannot be as it is.
            fn validate_client(&self) -> Result<(), String> {
                let has_bearer = self.bearer_token.is_some() || self.bearer_token_file.is_some();
                if has_bearer && self.authorization.is_some() {
                    return Err("authorization is set and bearer_token or bearer_token_file too".to_owned());
                }
                if self.bearer_token.is_some() && self.bearer_token_file.is_some() {
                    return Err("bearer_token is set and bearer_token_file too".to_owned());
                }
                self.client().validate()
            }
        }
    };
}
pub(super) use with_client_keys;

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            basic_auth: None,
            authorization: None,
            tls_config: None,
            proxy_url: None,
            follow_redirects: true,
            enable_http2: true,
        }
    }
}

impl ClientConfig {
    /// # Errors
    /// A text that begins with the key that cannot be as it is.
    pub fn validate(&self) -> Result<(), String> {
        if self.basic_auth.is_some() && self.authorization.is_some() {
            return Err("basic_auth is set and authorization or a bearer token too".to_owned());
        }
        if let Some(basic) = &self.basic_auth {
            one_of("basic_auth.username", basic.username.is_some(), basic.username_file.is_some())?;
            one_of("basic_auth.password", basic.password.is_some(), basic.password_file.is_some())?;
        }
        if let Some(authorization) = &self.authorization {
            authorization.validate()?;
        }
        if let Some(tls) = &self.tls_config {
            tls.validate()?;
        }
        let proxy = self.proxy_url.as_deref().map(reqwest::Proxy::all).transpose();
        proxy.map(|_| ()).map_err(|error| format!("proxy_url is no address: {error}"))
    }
}

impl Authorization {
    pub const BEARER: &str = "Bearer";

    fn validate(&self) -> Result<(), String> {
        one_of("authorization.credentials", self.credentials.is_some(), self.credentials_file.is_some())?;
        match self.scheme.as_deref() {
            Some(scheme) if scheme.trim().eq_ignore_ascii_case("basic") => {
                Err("authorization.type is basic, that is what basic_auth is for".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl TlsConfig {
    fn validate(&self) -> Result<(), String> {
        one_of("tls_config.ca", self.ca.is_some(), self.ca_file.is_some())?;
        one_of("tls_config.cert", self.cert.is_some(), self.cert_file.is_some())?;
        one_of("tls_config.key", self.key.is_some(), self.key_file.is_some())?;
        let has_cert = self.cert.is_some() || self.cert_file.is_some();
        let has_key = self.key.is_some() || self.key_file.is_some();
        match (has_cert, has_key) {
            (true, false) => Err("tls_config.cert is set and tls_config.key is not".to_owned()),
            (false, true) => Err("tls_config.key is set and tls_config.cert is not".to_owned()),
            _ => Ok(()),
        }
    }
}

/// Of a value and the file that holds it only one may be given.
fn one_of(key: &str, is_value: bool, is_file: bool) -> Result<(), String> {
    if is_value && is_file { Err(format!("{key} is set and {key}_file too")) } else { Ok(()) }
}
