//! A server that is measured: its process, its directory and where to reach it. It ends with its owner, and so does what it
//! has written, unless it is to be kept.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

const START_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);

/// Which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Program {
    Spanloom,
    Prometheus,
}

/// See the module's text.
pub struct Server {
    pub program: Program,
    child: Child,
    directory: PathBuf,
    /// Removed with this, where the directory lies in it.
    temporary: Option<TempDir>,
    /// Where samples go.
    pub write_url: String,
    /// Where OTLP/HTTP goes: what stands before `/v1/traces`.
    pub otlp_url: String,
    /// Where OTLP/gRPC goes: what stands before a method's path. Prometheus has none.
    pub grpc_url: String,
    /// What stands before all other paths.
    pub base_url: String,
    /// Of Prometheus' HTTP API: what stands before `/api/v1`.
    pub api_url: String,
    /// Of what the server says about itself.
    pub metrics_url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What Spanloom writes when its ports are bound.
#[derive(Deserialize)]
struct Endpoints {
    otlp_grpc: String,
    otlp_http: String,
    api: String,
}

impl Server {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What the server has written.
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// Starts Spanloom with a directory of its own below `parent`; rows are flushed when they take `hot_bytes_max`, or soon after the
    /// last.
    ///
    /// # Errors
    /// When it does not get ready; what it said is on standard error.
    pub async fn spanloom(binary: &Path, parent: &Path, hot_bytes_max: u64, http: &reqwest::Client) -> Result<Self> {
        let temporary = TempDir::with_prefix_in("spanloom-bench-", parent)?;
        let mut server = Self::spanloom_in(binary, temporary.path(), hot_bytes_max, http).await?;
        server.temporary = Some(temporary);
        Ok(server)
    }

    /// The same with a directory that stays, and what it has already.
    ///
    /// # Errors
    /// As [`Self::spanloom`].
    pub async fn spanloom_in(
        binary: &Path,
        directory: &Path,
        hot_bytes_max: u64,
        http: &reqwest::Client,
    ) -> Result<Self> {
        let (data, config) = (directory.join("data"), directory.join("spanloom.yaml"));
        let endpoints_file = data.join("endpoints.json");
        if endpoints_file.exists() {
            // Of the last server in a directory that was kept.
            std::fs::remove_file(&endpoints_file)?;
        }
        let text = format!(
            "data_dir: {}\nlisten: {{ otlp_grpc: \"127.0.0.1:0\", otlp_http: \"127.0.0.1:0\", zipkin: \"127.0.0.1:0\", \
             api: \"127.0.0.1:0\" }}\nhot: {{ bytes_max: {hot_bytes_max}B, age_max: 15s }}\ncompaction: {{ interval: 2s }}\nlog: {{ level: warn }}\n",
            data.display()
        );
        std::fs::write(&config, text)?;
        let mut child = Command::new(binary)
            .args(["serve", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("failed to start {}", binary.display()))?;
        let endpoints = endpoints(&mut child, &endpoints_file).await?;
        let server = Self {
            program: Program::Spanloom,
            child,
            directory: directory.to_owned(),
            temporary: None,
            write_url: format!("http://{}/api/v1/write", endpoints.otlp_http),
            otlp_url: format!("http://{}", endpoints.otlp_http),
            grpc_url: format!("http://{}", endpoints.otlp_grpc),
            base_url: format!("http://{}", endpoints.api),
            api_url: format!("http://{}/prometheus", endpoints.api),
            metrics_url: format!("http://{}/metrics", endpoints.api),
        };
        server.ready(&format!("http://{}/-/ready", endpoints.api), http).await
    }

    /// Starts Prometheus with a directory of its own below `parent`.
    ///
    /// # Errors
    /// When it does not get ready; what it said is on standard error.
    pub async fn prometheus(binary: &Path, parent: &Path, http: &reqwest::Client) -> Result<Self> {
        let temporary = TempDir::with_prefix_in("prometheus-bench-", parent)?;
        let directory = temporary.path().to_owned();
        let config = directory.join("prometheus.yml");
        File::create(&config)?;
        // Nothing else binds it meanwhile, most likely; Prometheus does not tell which port it took.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = Command::new(binary)
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", directory.join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--web.enable-remote-write-receiver", "--web.enable-admin-api", "--log.level=error"])
            .args(["--query.max-samples=200000000", "--storage.tsdb.retention.time=100d"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("failed to start {}", binary.display()))?;
        let base = format!("http://127.0.0.1:{port}");
        let server = Self {
            program: Program::Prometheus,
            child,
            directory,
            temporary: Some(temporary),
            write_url: format!("{base}/api/v1/write"),
            otlp_url: format!("{base}/api/v1/otlp"),
            grpc_url: String::new(),
            base_url: base.clone(),
            metrics_url: format!("{base}/metrics"),
            api_url: base.clone(),
        };
        server.ready(&format!("{base}/-/ready"), http).await
    }

    async fn ready(mut self, url: &str, http: &reqwest::Client) -> Result<Self> {
        let began = Instant::now();
        loop {
            if http.get(url).send().await.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(self);
            }
            self.is_running()?;
            ensure!(began.elapsed() < START_MAX, "{:?} was not ready in {START_MAX:?}", self.program);
            tokio::time::sleep(POLL).await;
        }
    }

    /// # Errors
    /// When the process has ended.
    pub fn is_running(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{:?} has ended: {status}", self.program),
            None => Ok(()),
        }
    }
}

async fn endpoints(child: &mut Child, file: &Path) -> Result<Endpoints> {
    let began = Instant::now();
    loop {
        if let Some(endpoints) = std::fs::read(file).ok().and_then(|text| serde_json::from_slice(&text).ok()) {
            return Ok(endpoints);
        }
        if let Some(status) = child.try_wait()? {
            bail!("spanloom has ended before it wrote {}: {status}", file.display());
        }
        ensure!(began.elapsed() < START_MAX, "spanloom wrote no {} in {START_MAX:?}", file.display());
        tokio::time::sleep(POLL).await;
    }
}

/// The Prometheus that is named, or that of the system; `None` where there is none.
pub fn find_prometheus(named: Option<&Path>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let of_system = std::env::split_paths(&path).map(|directory| directory.join("prometheus"));
    let candidates = named.map_or_else(|| of_system.collect(), |named| vec![named.to_owned()]);
    candidates.into_iter().find(|file| file.is_file())
}
