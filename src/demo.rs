//! `serve --demo`: a simulated mesh beside the server, which sends to it as any mesh would.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use bytesize::ByteSize;
use prometheus_client::registry::Registry;
use spanloom_collector::scrape::ScrapeConfig;
use spanloom_demo::{Mesh, Metrics, MetricsEndpoint, Sender};
use spanloom_store::DiskBudget;
use tokio::sync::watch;
use tracing::{error, warn};

use crate::config::Config;
use crate::serve::Endpoints;

/// Where its data are unless something else is said, so that they are never among anybody's own.
const DATA_DIR: &str = "./data/demo";
/// What they may take unless something else is said: some hours of it.
const DISK_BUDGET: DiskBudget = DiskBudget::Bytes(ByteSize::gib(2));
/// The tenant of requests that name none.
const ANY_LOOPBACK_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
const TENANT: &str = "default";
const ANY_TENANT: &str = "*";
const SEED: u64 = 1;
/// What is told of the time before the first start, so that there is something to see at once. Windows of the ledger that
/// are still open take it up as they take up the present; older ones would have to be made again from storage, which lets
/// the present wait.
const PAST: Duration = Duration::from_secs(50);

/// A mesh that is to be simulated.
#[derive(Debug)]
pub struct Demo {
    metrics: Metrics,
    past: Duration,
}

/// Gives the demo a place of its own where the configuration has the defaults.
pub fn settle(config: &mut Config) {
    let default = Config::default();
    if config.data_dir == default.data_dir {
        config.data_dir = DATA_DIR.into();
    }
    if config.retention.disk_budget == default.retention.disk_budget {
        config.retention.disk_budget = DISK_BUDGET;
    }
}

/// # Errors
/// When the server would refuse what the mesh sends.
pub fn check(config: &Config) -> Result<()> {
    if config.tls.cert_file.is_some() || config.auth.token_file.is_some() {
        bail!("--demo sends without TLS and without a token: leave tls and auth.token_file out");
    }
    let allowed = &config.tenants.allowed;
    if !allowed.iter().any(|tenant| tenant == TENANT || tenant == ANY_TENANT) {
        bail!("--demo sends for the tenant {TENANT}, which tenants.allowed does not have");
    }
    Ok(())
}

impl Demo {
    /// A data directory that was served before has a past of its own.
    pub fn new(data_dir: &Path, registry: &mut Registry) -> Self {
        let is_new = Endpoints::read(data_dir).is_none();
        Self { metrics: Metrics::new(registry), past: if is_new { PAST } else { Duration::ZERO } }
    }

    /// Starts the mesh, which sends until the server stops. Returns how its proxies, and the server itself, are scraped.
    ///
    /// # Errors
    /// When it cannot send at all, or nobody could ask its proxies.
    pub async fn start(self, server: &Endpoints, mut stopping: watch::Receiver<bool>) -> Result<ScrapeConfig> {
        let mesh = Mesh::shop();
        let services = mesh.services.len();
        let (sender, proxies) = Sender::new(mesh, SEED, server.otlp_http, self.past, self.metrics)?.counting();
        let endpoint = MetricsEndpoint::bind(ANY_LOOPBACK_PORT, proxies).await?;
        let own = own_scrape_config(server.api);
        let scrape: ScrapeConfig = serde_saphyr::from_str(&format!("{}{own}", endpoint.scrape_configs()))
            .context("failed to read how the simulated mesh is scraped")?;
        warn!(services, seed = SEED, metrics = %endpoint.address(), "a simulated mesh is on: what it tells is made up");
        tokio::spawn(async move {
            tokio::select! {
                ended = sender.run() => if let Err(error) = ended {
                    error!(%error, "the simulated mesh has ended");
                },
                ended = endpoint.run() => if let Err(error) = ended {
                    error!(%error, "the simulated mesh has ended");
                },
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
        });
        Ok(scrape)
    }
}

/// One more job: the server's own metrics.
fn own_scrape_config(api: SocketAddr) -> String {
    let job = format!("{{ job_name: spanloom, scrape_interval: 15s, static_configs: [{{ targets: [\"{api}\"] }}] }}");
    format!("- {job}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(yaml: &str) -> Config {
        let mut config = Config::parse(yaml).unwrap();
        settle(&mut config);
        config
    }

    #[test]
    fn the_demo_has_a_small_place_of_its_own_unless_something_else_is_said() {
        let config = settled("");
        assert_eq!((config.data_dir.to_str(), config.retention.disk_budget), (Some(DATA_DIR), DISK_BUDGET));
        let config = settled("data_dir: /elsewhere\nretention: { disk_budget: 50% }");
        assert_eq!(config.data_dir.to_str(), Some("/elsewhere"));
        assert_eq!(config.retention.disk_budget, DiskBudget::Percent(50));
    }

    #[test]
    fn what_would_be_refused_is_not_started() {
        assert!(check(&settled("")).is_ok());
        assert!(check(&settled("tenants: { allowed: ['*'] }")).is_ok());
        for yaml in
            ["auth: { token_file: t }", "tls: { cert_file: c, key_file: k }", "tenants: { allowed: [somebody] }"]
        {
            assert!(check(&settled(yaml)).is_err(), "{yaml}");
        }
    }
}
