//! A bucket of S3, or of whatever speaks its protocol.

use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::{BackoffConfig, ClientOptions, Result, RetryConfig};
use tracing::warn;
use url::Url;

use crate::config::S3Config;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Who waits for a question to the lake shall hear that it failed; whoever flushes tries again by himself.
const RETRIES_MAX: usize = 4;
const USER_AGENT: &str = concat!("spanloom/", env!("CARGO_PKG_VERSION"));

/// Without one of these the role of the machine is asked for.
const CREDENTIALS: [&str; 4] = [
    "AWS_ACCESS_KEY_ID",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
];

/// Reaches the bucket that a URL names. Nothing is sent yet.
///
/// A commit is an object that must not be there yet: the store has to know `If-None-Match: *`.
pub(super) fn open(url: &Url, config: &S3Config) -> Result<AmazonS3> {
    let client = ClientOptions::new()
        .with_connect_timeout(CONNECT_TIMEOUT)
        .with_timeout(config.timeout)
        .with_allow_http(config.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http"))
        .with_user_agent(http::HeaderValue::from_static(USER_AGENT));
    // Longer than one timeout, so that what timed out is tried again, or read on.
    let retry_timeout = 2 * config.timeout;
    let retry = RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES_MAX, retry_timeout };
    if !config.environment.iter().any(|(name, _)| CREDENTIALS.contains(&name.as_str())) {
        warn!(%url, "no AWS_ACCESS_KEY_ID or the like is set: the role of this machine is asked for");
    }
    let mut builder = AmazonS3Builder::new().with_client_options(client).with_retry(retry).with_url(url.as_str());
    for (name, value) in &config.environment {
        // Other variables of that prefix are for other programs.
        if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
    if let Some(region) = &config.region {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = &config.endpoint {
        let endpoint = endpoint.as_str().trim_end_matches('/');
        // Also in place of `AWS_ENDPOINT_URL_S3`, which goes before.
        builder = builder.with_endpoint(endpoint).with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
    }
    builder.build()
}
