//! Clients of HTTP as the configuration describes them.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Certificate, Identity, Proxy, RequestBuilder, Response, redirect, tls};
use thiserror::Error;
use url::Url;

use super::config::client::{Authorization, BasicAuth, ClientConfig, TlsConfig, TlsVersion};
use super::config::secret::Secret;

/// As many as Prometheus follows.
const REDIRECTS_MAX: usize = 10;
const IDLE_PER_HOST_MAX: usize = 2;
/// Longer than most intervals, so that a connection serves scrape after scrape.
const IDLE_MAX: Duration = Duration::from_secs(300);
/// Tokens and certificates are smaller.
const FILE_BYTES_MAX: u64 = 1 << 20;
const USER_AGENT: &str = concat!("spanloom/", env!("CARGO_PKG_VERSION"));

/// A client whose files are read again when they change: certificates when one of them is newer than it was, secrets
/// with every request.
#[derive(Debug)]
pub struct HttpClient {
    config: ClientConfig,
    is_compressed: bool,
    built: Mutex<Option<(Vec<Option<SystemTime>>, reqwest::Client)>>,
}

impl HttpClient {
    pub fn new(config: ClientConfig, is_compressed: bool) -> Self {
        Self { config, is_compressed, built: Mutex::default() }
    }

    /// A GET request with what proves who asks.
    ///
    /// # Errors
    /// Which file or key makes that impossible.
    pub async fn get(&self, url: Url) -> Result<RequestBuilder, String> {
        let request = self.client().await?.get(url);
        if let Some(basic) = &self.config.basic_auth {
            let (username, password) = pair(basic).await?;
            return Ok(request.basic_auth(username, Some(password)));
        }
        match &self.config.authorization {
            Some(authorization) => Ok(request.header(AUTHORIZATION, header(authorization).await?)),
            None => Ok(request),
        }
    }

    async fn client(&self) -> Result<reqwest::Client, String> {
        let files = self.files();
        let mut changed = Vec::with_capacity(files.len());
        for file in files {
            changed.push(tokio::fs::metadata(file).await.and_then(|found| found.modified()).ok());
        }
        if let Some((of, client)) = &*self.built.lock()
            && *of == changed
        {
            return Ok(client.clone());
        }
        let client = build(&self.config, self.is_compressed).await?;
        *self.built.lock() = Some((changed, client.clone()));
        Ok(client)
    }

    /// The files of which a client is made.
    fn files(&self) -> Vec<&PathBuf> {
        let tls = self.config.tls_config.as_ref();
        tls.map_or_else(Vec::new, |tls| [&tls.ca_file, &tls.cert_file, &tls.key_file].into_iter().flatten().collect())
    }
}

async fn build(config: &ClientConfig, is_compressed: bool) -> Result<reqwest::Client, String> {
    let redirects =
        if config.follow_redirects { redirect::Policy::limited(REDIRECTS_MAX) } else { redirect::Policy::none() };
    let mut builder = reqwest::Client::builder()
        .user_agent(USER_AGENT)
        .redirect(redirects)
        .gzip(is_compressed)
        .pool_max_idle_per_host(IDLE_PER_HOST_MAX)
        .pool_idle_timeout(IDLE_MAX)
        .no_proxy();
    if let Some(url) = &config.proxy_url {
        builder = builder.proxy(Proxy::all(url).map_err(|error| format!("proxy_url is no address: {error}"))?);
    }
    if !config.enable_http2 {
        builder = builder.http1_only();
    }
    if let Some(tls) = &config.tls_config {
        builder = with_tls(builder, tls).await?;
    }
    builder.build().map_err(|error| format!("failed to set up a client: {}", causes(&error)))
}

async fn with_tls(mut builder: reqwest::ClientBuilder, config: &TlsConfig) -> Result<reqwest::ClientBuilder, String> {
    builder = builder.danger_accept_invalid_certs(config.insecure_skip_verify);
    if let Some(pem) = text(config.ca.as_deref(), config.ca_file.as_deref()).await? {
        builder = builder.tls_built_in_root_certs(false);
        let bundle = Certificate::from_pem_bundle(pem.as_bytes());
        for certificate in bundle.map_err(|error| format!("tls_config.ca is no PEM: {}", causes(&error)))? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    let cert = text(config.cert.as_deref(), config.cert_file.as_deref()).await?;
    let key = text(config.key.as_ref().map(Secret::reveal), config.key_file.as_deref()).await?;
    if let (Some(cert), Some(key)) = (cert, key) {
        let identity = Identity::from_pem(format!("{cert}\n{key}").as_bytes());
        let named = |error| format!("tls_config.cert and key are no PEM: {}", causes(&error));
        builder = builder.identity(identity.map_err(named)?);
    }
    Ok(match config.min_version {
        Some(TlsVersion::Tls13) => builder.min_tls_version(tls::Version::TLS_1_3),
        _ => builder,
    })
}

async fn pair(config: &BasicAuth) -> Result<(String, String), String> {
    let username = text(config.username.as_deref(), config.username_file.as_deref()).await?;
    let password = text(config.password.as_ref().map(Secret::reveal), config.password_file.as_deref()).await?;
    Ok((username.unwrap_or_default(), password.unwrap_or_default()))
}

async fn header(config: &Authorization) -> Result<HeaderValue, String> {
    let scheme = config.scheme.as_deref().unwrap_or(Authorization::BEARER);
    let secret = config.credentials.as_ref().map(Secret::reveal);
    let credentials = text(secret, config.credentials_file.as_deref()).await?.unwrap_or_default();
    let value = HeaderValue::from_str(&format!("{scheme} {credentials}"));
    let mut value = value.map_err(|_| "authorization holds characters that no header may".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// A text, or that of a file without the space around it.
async fn text(value: Option<&str>, file: Option<&Path>) -> Result<Option<String>, String> {
    let Some(path) = file else { return Ok(value.map(str::to_owned)) };
    read_file(path, FILE_BYTES_MAX).await.map(|text| Some(text.trim().to_owned()))
}

/// Reads a file of at most `bytes_max`.
///
/// # Errors
/// Which file cannot be read, and why.
pub async fn read_file(path: &Path, bytes_max: u64) -> Result<String, String> {
    use tokio::io::AsyncReadExt;
    let failed = |error| format!("failed to read {}: {error}", path.display());
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    let mut text = String::new();
    file.take(bytes_max + 1).read_to_string(&mut text).await.map_err(failed)?;
    if text.len() as u64 > bytes_max {
        return Err(format!("failed to read {}: it has more than {bytes_max} bytes", path.display()));
    }
    Ok(text)
}

/// Why a body was not read.
#[derive(Debug, Error)]
pub enum ReadFailed {
    #[error("the answer has more than {0} bytes")]
    TooLarge(u64),
    #[error("{0}")]
    Broken(String),
}

/// Reads a body to its end into `body`. `bytes_max` is that of what it comes to when decompressed.
///
/// # Errors
/// See [`ReadFailed`]; `body` is then the beginning.
pub async fn read_body(mut response: Response, bytes_max: u64, body: &mut Vec<u8>) -> Result<(), ReadFailed> {
    loop {
        match response.chunk().await {
            Err(error) => return Err(ReadFailed::Broken(causes(&error))),
            Ok(None) => return Ok(()),
            Ok(Some(chunk)) if (body.len() + chunk.len()) as u64 > bytes_max => {
                return Err(ReadFailed::TooLarge(bytes_max));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
        }
    }
}

/// The innermost reasons of an error, which the outer ones do not say; without the address, which stands beside it.
pub fn causes(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    if text.is_empty() { error.to_string() } else { text }
}

#[cfg(test)]
mod tests;
