//! What can be set about the store. Every default is a named constant; `docs/configuration.md` lists them.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::series::SeriesLimits;

const DATA_DIR: &str = "./data";
const CACHE_BYTES_MAX: ByteSize = ByteSize::gib(4);
const S3_TIMEOUT: Duration = Duration::from_secs(30);
const S3_TIMEOUT_MIN: Duration = Duration::from_secs(1);
const SEGMENT_BYTES: ByteSize = ByteSize::mib(64);
const SEGMENT_BYTES_MIN: ByteSize = ByteSize::kib(64);
const COMMIT_INTERVAL: Duration = Duration::from_millis(5);
const COMMIT_INTERVAL_MAX: Duration = Duration::from_secs(1);
const BACKLOG_BYTES_MAX: ByteSize = ByteSize::gib(2);
const HOT_BYTES_MAX: ByteSize = ByteSize::mib(256);
/// Twice this may be hot, and the texts of one nested column of a flush must stay below 2 GiB.
const HOT_BYTES_MAX_MAX: ByteSize = ByteSize::gib(1);
const HOT_AGE_MAX: Duration = Duration::from_mins(5);
const COMPACTION_INTERVAL: Duration = Duration::from_secs(30);
const COMPACTION_INTERVAL_MIN: Duration = Duration::from_secs(1);
const COMPACTED_BYTES_MAX: ByteSize = ByteSize::mib(256);
const COMPACTED_BYTES_MIN: ByteSize = ByteSize::mib(1);
const COMPACTED_BYTES_MAX_MAX: ByteSize = ByteSize::gib(1);
const SERIES_MAX: usize = 2_000_000;
const LABELS_MAX: usize = 64;
const LABEL_NAME_BYTES_MAX: ByteSize = ByteSize::b(512);
const LABEL_VALUE_BYTES_MAX: ByteSize = ByteSize::kib(4);
const RETENTION_MAX_AGE: Duration = Duration::from_hours(14 * 24);
const RETENTION_AGE_MIN: Duration = Duration::from_hours(1);
const DISK_BUDGET: DiskBudget = DiskBudget::Percent(80);

/// The store's part of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Where everything lies: `wal/`, `lock`, `quarantine/`, and `lake/` if that is not elsewhere.
    pub data_dir: PathBuf,
    pub lake: LakeConfig,
    pub wal: WalConfig,
    pub hot: HotConfig,
    pub compaction: CompactionConfig,
    pub retention: RetentionConfig,
    pub metrics: MetricsConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from(DATA_DIR),
            lake: LakeConfig::default(),
            wal: WalConfig::default(),
            hot: HotConfig::default(),
            compaction: CompactionConfig::default(),
            retention: RetentionConfig::default(),
            metrics: MetricsConfig::default(),
        }
    }
}

impl Config {
    /// # Errors
    /// A text that names the key that cannot be as it is, and why.
    pub fn validate(&self) -> Result<(), String> {
        self.lake.validate()?;
        self.wal.validate()?;
        self.hot.validate()?;
        self.compaction.validate()?;
        self.retention.validate()?;
        self.metrics.validate()
    }
}

/// Where the tables lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LakeConfig {
    /// `s3://<bucket>/<prefix>`; `<data_dir>/lake` if there is none. One server at a time.
    pub url: Option<Url>,
    /// What copies of a bucket's files may take in `<data_dir>/cache`; 0 keeps none.
    pub cache_bytes_max: ByteSize,
    pub s3: S3Config,
}

impl Default for LakeConfig {
    fn default() -> Self {
        Self { url: None, cache_bytes_max: CACHE_BYTES_MAX, s3: S3Config::default() }
    }
}

impl LakeConfig {
    /// # Errors
    /// See [`Config::validate`].
    pub fn validate(&self) -> Result<(), String> {
        let Some(url) = &self.url else { return Ok(()) };
        if url.scheme() != "s3" || url.host_str().is_none_or(str::is_empty) || !is_bare(url) || url.port().is_some() {
            return Err(format!("lake.url is {}, it must be s3://<bucket>/<prefix>", without_secrets(url)));
        }
        self.s3.validate()
    }
}

/// A bucket of S3, or of a store that speaks its protocol and knows conditional puts.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct S3Config {
    /// Where the store is reached, if it is not AWS; with `http:` the connection is not encrypted.
    pub endpoint: Option<Url>,
    pub region: Option<String>,
    /// How long one request may take, and how long it is tried again where that can help.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// The `AWS_` variables of the environment, credentials among them: access keys, a web identity, a container's role, that
    /// of the machine.
    #[serde(skip)]
    pub environment: Vec<(String, String)>,
}

impl Default for S3Config {
    fn default() -> Self {
        Self { endpoint: None, region: None, timeout: S3_TIMEOUT, environment: Vec::new() }
    }
}

/// Variables have secrets in them.
impl fmt::Debug for S3Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, region, timeout, environment } = self;
        let names: Vec<_> = environment.iter().map(|(name, _)| name).collect();
        let endpoint = endpoint.as_ref().map(without_secrets);
        f.debug_struct("S3Config")
            .field("endpoint", &endpoint)
            .field("region", region)
            .field("timeout", timeout)
            .field("environment", &names)
            .finish()
    }
}

impl S3Config {
    fn validate(&self) -> Result<(), String> {
        if self.timeout < S3_TIMEOUT_MIN {
            return Err(format!("lake.s3.timeout is {:?}, the least is 1s", self.timeout));
        }
        match &self.endpoint {
            Some(endpoint) if !matches!(endpoint.scheme(), "http" | "https") || !is_bare(endpoint) => {
                let endpoint = without_secrets(endpoint);
                Err(format!("lake.s3.endpoint is {endpoint}, it must be http://<host>:<port> or https://<host>:<port>"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether nothing is in a URL but where it leads.
fn is_bare(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none()
}

/// A URL that can be printed.
fn without_secrets(url: &Url) -> String {
    let end = url.as_str().find(['?', '#']).unwrap_or(url.as_str().len());
    let text = &url.as_str()[..end];
    match (text.split_once("://"), text.split_once('@')) {
        (Some((scheme, _)), Some((_, rest))) => format!("{scheme}://…@{rest}"),
        _ => text.to_owned(),
    }
}

/// The write-ahead log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WalConfig {
    /// Size of a segment file, reserved on disk when it is begun; a larger request gets a segment of its own.
    pub segment_bytes: ByteSize,
    /// How long a group commit collects requests before its fdatasync; each acknowledgement waits that much longer.
    #[serde(with = "humantime_serde")]
    pub commit_interval: Duration,
    /// Bytes that may wait for a flush; beyond that senders are told to come back later.
    pub backlog_bytes_max: ByteSize,
}

impl Default for WalConfig {
    fn default() -> Self {
        Self { segment_bytes: SEGMENT_BYTES, commit_interval: COMMIT_INTERVAL, backlog_bytes_max: BACKLOG_BYTES_MAX }
    }
}

impl WalConfig {
    /// # Errors
    /// See [`Config::validate`].
    pub fn validate(&self) -> Result<(), String> {
        if self.segment_bytes < SEGMENT_BYTES_MIN {
            return Err(format!("wal.segment_bytes is {}, the least is {SEGMENT_BYTES_MIN}", self.segment_bytes));
        }
        if self.commit_interval > COMMIT_INTERVAL_MAX {
            return Err(format!("wal.commit_interval is {:?}, the most is 1s", self.commit_interval));
        }
        if self.backlog_bytes_max < self.segment_bytes {
            return Err("wal.backlog_bytes_max is less than wal.segment_bytes".to_owned());
        }
        Ok(())
    }
}

/// Many small files of the lake to few large ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CompactionConfig {
    pub enabled: bool,
    /// How often it is looked for files that belong together.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// Size of the files that are made; that much is held in memory meanwhile.
    pub file_bytes_max: ByteSize,
}

impl Default for CompactionConfig {
    fn default() -> Self {
        Self { enabled: true, interval: COMPACTION_INTERVAL, file_bytes_max: COMPACTED_BYTES_MAX }
    }
}

impl CompactionConfig {
    /// # Errors
    /// See [`Config::validate`].
    pub fn validate(&self) -> Result<(), String> {
        if self.interval < COMPACTION_INTERVAL_MIN {
            return Err(format!("compaction.interval is {:?}, the least is 1s", self.interval));
        }
        if !(COMPACTED_BYTES_MIN..=COMPACTED_BYTES_MAX_MAX).contains(&self.file_bytes_max) {
            return Err(format!(
                "compaction.file_bytes_max is {}, it must be from {COMPACTED_BYTES_MIN} to {COMPACTED_BYTES_MAX_MAX}",
                self.file_bytes_max
            ));
        }
        Ok(())
    }
}

/// Series of metrics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Series that a tenant may have active at a time; samples of further ones are refused. A series is active for about
    /// two hours after its last sample.
    pub series_max: usize,
    /// Labels that a series may have, its name among them.
    pub labels_max: usize,
    pub label_name_bytes_max: ByteSize,
    pub label_value_bytes_max: ByteSize,
}

impl Default for MetricsConfig {
    fn default() -> Self {
        Self {
            series_max: SERIES_MAX,
            labels_max: LABELS_MAX,
            label_name_bytes_max: LABEL_NAME_BYTES_MAX,
            label_value_bytes_max: LABEL_VALUE_BYTES_MAX,
        }
    }
}

impl MetricsConfig {
    /// # Errors
    /// See [`Config::validate`].
    pub fn validate(&self) -> Result<(), String> {
        if self.labels_max == 0 {
            return Err("metrics.labels_max is 0, no series could have a name".to_owned());
        }
        Ok(())
    }

    pub(crate) fn limits(&self) -> SeriesLimits {
        SeriesLimits {
            labels_max: self.labels_max,
            label_name_bytes_max: self.label_name_bytes_max.as_u64() as usize,
            label_value_bytes_max: self.label_value_bytes_max.as_u64() as usize,
        }
    }
}

/// Rows in memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HotConfig {
    /// Memory of hot rows at which a flush starts, at most 1GiB. At twice this much senders are told to come back later.
    pub bytes_max: ByteSize,
    /// Age of the oldest hot row at which a flush starts; it also starts at every 5-minute boundary of the clock.
    #[serde(with = "humantime_serde")]
    pub age_max: Duration,
}

impl Default for HotConfig {
    fn default() -> Self {
        Self { bytes_max: HOT_BYTES_MAX, age_max: HOT_AGE_MAX }
    }
}

impl HotConfig {
    /// # Errors
    /// See [`Config::validate`].
    pub fn validate(&self) -> Result<(), String> {
        if self.bytes_max.as_u64() == 0 {
            return Err("hot.bytes_max is 0, no row could be kept".to_owned());
        }
        if self.bytes_max > HOT_BYTES_MAX_MAX {
            return Err(format!("hot.bytes_max is {}, the most is {HOT_BYTES_MAX_MAX}", self.bytes_max));
        }
        if self.age_max.is_zero() {
            return Err("hot.age_max is 0, a flush would never end".to_owned());
        }
        Ok(())
    }
}

/// When old data goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RetentionConfig {
    /// An hour of data is dropped when its newest row came in longer ago than this.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
    /// What the data directory, or the lake in a bucket, may take: a part of its file system (`80%`, which bounds no bucket) or
    /// a size (`200GiB`). The oldest hours go first.
    pub disk_budget: DiskBudget,
}

impl Default for RetentionConfig {
    fn default() -> Self {
        Self { max_age: RETENTION_MAX_AGE, disk_budget: DISK_BUDGET }
    }
}

impl RetentionConfig {
    /// # Errors
    /// See [`Config::validate`].
    pub fn validate(&self) -> Result<(), String> {
        if self.max_age < RETENTION_AGE_MIN {
            return Err(format!("retention.max_age is {:?}, the least is 1h", self.max_age));
        }
        Ok(())
    }
}

/// A bound for disk use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DiskBudget {
    /// Of the size of the file system that holds the data directory.
    Percent(u8),
    Bytes(ByteSize),
}

impl FromStr for DiskBudget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("a disk budget is a part like `80%` or a size like `200GiB`, not {text:?}");
        match text.strip_suffix('%') {
            Some(percent) => {
                let percent = percent.trim().parse().ok().filter(|p| (1..=100).contains(p)).ok_or_else(bad)?;
                Ok(Self::Percent(percent))
            }
            None => text.parse().map(Self::Bytes).map_err(|_| bad()),
        }
    }
}

impl fmt::Display for DiskBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Bytes(bytes) => bytes.fmt(f),
        }
    }
}

impl TryFrom<String> for DiskBudget {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<DiskBudget> for String {
    fn from(budget: DiskBudget) -> Self {
        budget.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        assert_eq!(Config::default().validate(), Ok(()));
    }

    #[test]
    fn a_lake_is_in_a_bucket_or_in_the_data_directory() {
        let at = |url: &str| LakeConfig { url: Some(url.parse().unwrap()), ..LakeConfig::default() }.validate();
        assert_eq!((LakeConfig::default().validate(), at("s3://b"), at("s3://b/a/lake/")), (Ok(()), Ok(()), Ok(())));
        for bad in [
            "https://b/lake",
            "s3:///lake",
            "s3://key:hush@b/lake",
            "s3://:hush@b/lake",
            "s3://b/?k=hush",
            "file:///lake",
        ] {
            let why = at(bad).unwrap_err();
            assert!(why.contains("s3://<bucket>/<prefix>") && !why.contains("hush"), "{bad}: {why}");
        }
        let reached = |endpoint: &str| S3Config { endpoint: Some(endpoint.parse().unwrap()), ..S3Config::default() };
        assert_eq!(reached("http://127.0.0.1:9000").validate(), Ok(()));
        for bad in ["s3://minio", "http://key:hush@minio", "https://minio?k=hush"] {
            let why = reached(bad).validate().unwrap_err();
            assert!(why.contains("https://<host>") && !why.contains("hush"), "{bad}: {why}");
        }
    }

    #[test]
    fn no_secret_is_printed() {
        let environment = vec![("AWS_SECRET_ACCESS_KEY".to_owned(), "hush".to_owned())];
        let config = LakeConfig { s3: S3Config { environment, ..S3Config::default() }, ..LakeConfig::default() };
        let text = format!("{config:?}");
        assert!(text.contains("AWS_SECRET_ACCESS_KEY") && !text.contains("hush"), "{text}");
    }

    #[test]
    fn a_disk_budget_is_a_part_or_a_size() {
        assert_eq!("80%".parse(), Ok(DiskBudget::Percent(80)));
        assert_eq!("2GiB".parse(), Ok(DiskBudget::Bytes(ByteSize::gib(2))));
        for bad in ["0%", "101%", "much", ""] {
            assert!(bad.parse::<DiskBudget>().is_err(), "{bad}");
        }
    }
}
