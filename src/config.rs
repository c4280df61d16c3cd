//! The configuration file: one YAML document that joins the parts of the crates. Every key has a default; a key that
//! nobody knows is an error. `docs/configuration.md` describes the keys.

/// Where in the file a key stands.
mod keys;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use spanloom_store::{
    CompactionConfig, HotConfig, LakeConfig, MetricsConfig, RetentionConfig, TenantsConfig, WalConfig,
};
use thiserror::Error;

use crate::arguments::Place;
use crate::config::keys::Keys;

const OTLP_GRPC_PORT: u16 = 4317;
const OTLP_HTTP_PORT: u16 = 4318;
const ZIPKIN_PORT: u16 = 9411;
const API_PORT: u16 = 4300;
const CONNECTIONS_MAX: usize = 4096;
const LOG_LEVEL: &str = "info";

/// Everything that can be set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where everything is kept: log, lock, `endpoints.json`, and the tables if those are not elsewhere. One process at a time.
    pub data_dir: PathBuf,
    pub listen: ListenConfig,
    pub tenants: TenantsConfig,
    pub auth: AuthConfig,
    pub tls: TlsConfig,
    pub lake: LakeConfig,
    pub wal: WalConfig,
    pub hot: HotConfig,
    pub compaction: CompactionConfig,
    pub retention: RetentionConfig,
    pub metrics: MetricsConfig,
    pub ingest: spanloom_collector::Config,
    pub ledger: spanloom_collector::LedgerConfig,
    pub scrape: spanloom_collector::scrape::ScrapeConfig,
    pub query: spanloom_query::Config,
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: spanloom_store::Config::default().data_dir,
            listen: ListenConfig::default(),
            tenants: TenantsConfig::default(),
            auth: AuthConfig::default(),
            tls: TlsConfig::default(),
            lake: LakeConfig::default(),
            wal: WalConfig::default(),
            hot: HotConfig::default(),
            compaction: CompactionConfig::default(),
            retention: RetentionConfig::default(),
            metrics: MetricsConfig::default(),
            ingest: spanloom_collector::Config::default(),
            ledger: spanloom_collector::LedgerConfig::default(),
            scrape: spanloom_collector::scrape::ScrapeConfig::default(),
            query: spanloom_query::Config::default(),
            log: LogConfig::default(),
        }
    }
}

/// Sockets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ListenConfig {
    /// OTLP over gRPC. Port 0 takes a free one; `<data_dir>/endpoints.json` tells which.
    pub otlp_grpc: SocketAddr,
    /// OTLP over HTTP, protobuf and JSON; Zipkin v2 JSON, too.
    pub otlp_http: SocketAddr,
    /// Zipkin v2 JSON, on the port that Zipkin's clients know.
    pub zipkin: SocketAddr,
    /// Web UI and APIs, HTTP/1.1 and HTTP/2.
    pub api: SocketAddr,
    /// Names, besides those of this machine, that a request's Host may give on a loopback address: that of a proxy in front.
    pub allowed_hosts: Vec<String>,
    /// Connections that each listener holds at a time; more wait in the system's queue.
    pub connections_max: usize,
}

impl Default for ListenConfig {
    fn default() -> Self {
        let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            otlp_grpc: loopback(OTLP_GRPC_PORT),
            otlp_http: loopback(OTLP_HTTP_PORT),
            zipkin: loopback(ZIPKIN_PORT),
            api: loopback(API_PORT),
            allowed_hosts: Vec::new(),
            connections_max: CONNECTIONS_MAX,
        }
    }
}

/// Who may come in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// A file with a token that every request must bring as `Authorization: Bearer <token>`. Health checks and the UI's
    /// own files are open.
    pub token_file: Option<PathBuf>,
}

/// TLS on every listener.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsConfig {
    /// The server's certificate and those that lead to its authority, PEM. Without one there is no TLS.
    pub cert_file: Option<PathBuf>,
    /// The key of the certificate, PEM.
    pub key_file: Option<PathBuf>,
    /// Authorities whose certificates clients must show, PEM: mutual TLS.
    pub client_ca_file: Option<PathBuf>,
}

/// Our own log, on standard error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// `error`, `warn`, `info`, `debug`, `trace`, or levels by module such as `info,spanloom_store=debug`.
    pub level: String,
    /// `text` for people, `json` for programs.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { level: LOG_LEVEL.to_owned(), format: LogFormat::Text }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

/// What is wrong with a configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{}{message}", place(*.position), .key.as_ref().map(|key| format!("{key}: ")).unwrap_or_default())]
pub struct Problem {
    /// Dotted, if the problem is with one.
    pub key: Option<String>,
    /// Line and column, from 1; `None` where the key does not stand in the file.
    pub position: Option<(u64, u64)>,
    pub message: String,
}

fn place(position: Option<(u64, u64)>) -> String {
    position.map(|(line, column)| format!("line {line}, column {column}: ")).unwrap_or_default()
}

impl Config {
    /// Reads the file that the command line names, if any, and lets the command line's directory win. How a bucket is
    /// reached may stand in the environment, where all that use one look.
    ///
    /// # Errors
    /// When the file cannot be read, or something in it is wrong: the message names file, line, column and key.
    pub fn load(place: &Place) -> Result<Self> {
        let mut config = match &place.config {
            None => Self::default(),
            Some(path) => Self::read(path)?,
        };
        if let Some(data_dir) = &place.data_dir {
            config.data_dir.clone_from(data_dir);
        }
        let environment =
            std::env::vars_os().filter_map(|(name, value)| name.into_string().ok().zip(value.into_string().ok()));
        config.lake.s3.environment = environment.filter(|(name, _)| name.starts_with("AWS_")).collect();
        Ok(config)
    }

    fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    /// # Errors
    /// See [`Problem`].
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let keys = Keys::of(text);
        // An empty document, or one of comments only, is `null`.
        let parsed: Option<Self> = serde_saphyr::from_str(text).map_err(|error| problem(&keys, &error))?;
        let config = parsed.unwrap_or_default();
        config.validate().map_err(|message| contradiction(&keys, message))?;
        Ok(config)
    }

    /// # Errors
    /// A text that begins with the key that cannot be as it is.
    pub fn validate(&self) -> Result<(), String> {
        self.listen.validate()?;
        self.tenants.validate()?;
        self.tls.validate()?;
        self.store().validate()?;
        self.ingest.validate()?;
        self.ledger.validate()?;
        self.scrape.validate()?;
        self.query.validate()?;
        self.log.validate()
    }

    /// The store's part.
    pub fn store(&self) -> spanloom_store::Config {
        spanloom_store::Config {
            data_dir: self.data_dir.clone(),
            lake: self.lake.clone(),
            wal: self.wal.clone(),
            hot: self.hot.clone(),
            compaction: self.compaction.clone(),
            retention: self.retention.clone(),
            metrics: self.metrics.clone(),
        }
    }
}

impl ListenConfig {
    fn validate(&self) -> Result<(), String> {
        if self.connections_max == 0 {
            return Err("listen.connections_max is 0, nobody could connect".to_owned());
        }
        let named = [
            ("listen.otlp_grpc", self.otlp_grpc),
            ("listen.otlp_http", self.otlp_http),
            ("listen.zipkin", self.zipkin),
            ("listen.api", self.api),
        ];
        for (i, (key, address)) in named.iter().enumerate() {
            if address.port() != 0 && named[..i].iter().any(|(_, other)| other == address) {
                return Err(format!("{key} is {address}, which another listener has"));
            }
        }
        Ok(())
    }
}

impl TlsConfig {
    fn validate(&self) -> Result<(), String> {
        match (&self.cert_file, &self.key_file, &self.client_ca_file) {
            (Some(_), None, _) => Err("tls.cert_file is set and tls.key_file is not".to_owned()),
            (None, Some(_), _) => Err("tls.key_file is set and tls.cert_file is not".to_owned()),
            (None, None, Some(_)) => Err("tls.client_ca_file is set and tls.cert_file is not".to_owned()),
            _ => Ok(()),
        }
    }
}

impl LogConfig {
    fn validate(&self) -> Result<(), String> {
        let filter = tracing_subscriber::EnvFilter::builder().parse(&self.level);
        filter.map(|_| ()).map_err(|error| format!("log.level is {:?}: {error}", self.level))
    }
}

/// What the YAML parser refused, with the key that stands there.
fn problem(keys: &Keys, error: &serde_saphyr::Error) -> Problem {
    let error = error.without_snippet();
    let position = error.location().map(|location| (location.line(), location.column()));
    let key = position.and_then(|position| keys.at(position)).map(str::to_owned);
    Problem { key, position, message: without_place(&error.to_string()) }
}

/// The parser's message ends with the place, which a [`Problem`] names first.
fn without_place(message: &str) -> String {
    message.split(" at line ").next().unwrap_or(message).trim().to_owned()
}

/// What cannot be as it is though it can be read, with the place of the key that the message begins with.
fn contradiction(keys: &Keys, message: String) -> Problem {
    let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    let named = message.find(|c| !is_key(c)).map_or(message.as_str(), |end| &message[..end]);
    Problem { key: None, position: keys.position(named), message }
}

#[cfg(test)]
mod tests;
