//! Start and stop of a server.
//!
//! ```text
//! configuration -> store opened -> ports bound -> endpoints.json -> serving -> log replayed -> ready
//! SIGTERM, SIGINT -> no new connections -> requests under way answered -> hot rows flushed -> exit 0
//! ```

/// `endpoints.json`.
mod endpoints;
/// What each port serves.
mod routes;
/// SIGTERM and SIGINT.
mod signals;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use anyhow::{Context as _, Result};
use prometheus_client::registry::Registry;
use spanloom_collector::scrape::ScrapeConfig;
use spanloom_collector::{Collector, Decoder, LedgerThread};
use spanloom_query::Query;
use spanloom_store::{Clock, Store, SystemClock, TenantId, Tenants};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use crate::config::Config;
use crate::demo::Demo;
use crate::guard::Token;
use crate::health::{Health, ListenerItem, ListenerProtocol};
use crate::listener::Listener;
use crate::scraping::{ScrapeMetrics, Scraping};
pub use crate::serve::endpoints::Endpoints;
use crate::serve::routes::Routes;
use crate::serve::signals::Signals;
use crate::{process, prometheus, tls};

/// Serves until SIGTERM or SIGINT, with a simulated mesh beside it if `is_demo`. When this returns `Ok` everything that was acknowledged lies in the lake.
///
/// # Errors
/// When something that the configuration names cannot be used, the data directory is in use or damaged, an address is
/// taken, or the last flush fails; then the log still holds everything.
pub async fn serve(config: Config, is_demo: bool) -> Result<ExitCode> {
    arm_faults()?;
    process::raise_open_files_limit();
    let signals = Signals::listen()?;
    let tls = tls::acceptor(&config.tls)?;
    let token = token(&config)?;
    let mut registry = Registry::default();
    let demo = is_demo.then(|| Demo::new(&config.data_dir, &mut registry));
    let scraping = Scraping::of(TenantId::default());
    registry.register_collector(Box::new(ScrapeMetrics(scraping.clone())));
    let (store, mut health, collector, query, stop) = open(&config, registry).await?;
    let listeners = Listeners::bind(&config, tls).await?;
    listeners.log_exposure(token.is_some());
    health.listeners = listeners.items(token.is_some());
    let settings = prometheus::settings(&config, health.started, scraping.targets());
    let metrics = query.prometheus_router(prometheus::about(), settings);
    let routes = Routes::new(&collector, &query, metrics, &health, token, &config.listen);
    let endpoints = listeners.endpoints();
    endpoints.write(&config.data_dir)?;
    info!(version = endpoints.version, pid = endpoints.pid, data_dir = %config.data_dir.display(), "serving");
    let serving = listeners.serve(routes, &stop);
    tokio::spawn(end_streams(query, collector.clone(), stop.subscribe()));
    let mut scraper = Job { collector: collector.clone(), scraping, config: config.scrape.clone() };
    if let Some(demo) = demo {
        let proxies = demo.start(&endpoints, stop.subscribe()).await.context("--demo")?;
        scraper.config.scrape_configs.extend(proxies.scrape_configs);
    }
    run(store, collector, scraper, health, signals, serving, stop).await
}

/// Live streams never end by themselves, and a server that stops waits for what is under way.
async fn end_streams(query: Query, collector: Collector, mut stopping: watch::Receiver<bool>) {
    // The sender lives as long as the server runs.
    let _ = stopping.wait_for(|stopping| *stopping).await;
    query.close_streams();
    collector.close_streams();
}

type Opened = (Store, Health, Collector, Query, watch::Sender<bool>);

/// Opens the store and joins the crates on it.
async fn open(config: &Config, mut registry: Registry) -> Result<Opened> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    process::register(&mut registry);
    let tenants = Arc::new(Tenants::new(&config.tenants).map_err(anyhow::Error::msg)?);
    let store = Store::open(config.store(), Arc::new(Decoder::new()), Arc::clone(&clock), &mut registry).await?;
    tenants.remember(store.tenants());
    let collector = Collector::new(
        store.clone(),
        Arc::clone(&tenants),
        config.ingest.clone(),
        config.ledger.clone(),
        Arc::clone(&clock),
        &mut registry,
    );
    let query = Query::new(store.clone(), Arc::clone(&tenants), config.query.clone(), clock, &mut registry)?;
    let stop = watch::Sender::new(false);
    let health = Health {
        store: store.clone(),
        tenants,
        has_ledger: Arc::new(AtomicBool::new(false)),
        registry: Arc::new(registry),
        started: SystemTime::now(),
        listeners: Arc::default(),
        stopping: stop.subscribe(),
    };
    Ok((store, health, collector, query, stop))
}

/// What is to be scraped when the server is ready.
struct Job {
    collector: Collector,
    scraping: Scraping,
    config: ScrapeConfig,
}

impl Job {
    fn start(self, stop: &watch::Sender<bool>) -> Result<()> {
        let started = self.collector.start_scraping(&self.config, self.scraping.tenant(), stop.subscribe());
        self.scraping.show(started.map_err(anyhow::Error::msg)?);
        Ok(())
    }
}

/// Replays the log while the ports answer already, then waits for a signal and stops.
async fn run(
    store: Store,
    collector: Collector,
    scraper: Job,
    health: Health,
    mut signals: Signals,
    mut serving: JoinSet<()>,
    stop: watch::Sender<bool>,
) -> Result<ExitCode> {
    let mut replay = start(store.clone(), collector, health);
    let mut ledger = None;
    tokio::select! {
        started = &mut replay => {
            ledger = Some(started.context("the replay of the log panicked")??);
            scraper.start(&stop)?;
            info!("ready");
            signals.next().await;
        }
        () = signals.next() => replay.abort(),
    }
    info!("stopping: requests under way are answered, then everything is flushed; a second signal ends at once");
    stop.send_replace(true);
    let stopped = async {
        while serving.join_next().await.is_some() {}
        let flushed = store.shutdown().await;
        if let Some(ledger) = ledger {
            ledger.stopped().await;
        }
        flushed
    };
    tokio::select! {
        flushed = stopped => flushed.context("failed to flush; the log holds everything until the next start")?,
        () = signals.next() => {
            warn!("a second signal: ended without a flush; the log holds everything until the next start");
            return Ok(ExitCode::FAILURE);
        }
    }
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn start(store: Store, collector: Collector, health: Health) -> JoinHandle<Result<LedgerThread>> {
    tokio::spawn(async move {
        store.start().await?;
        // A tenant whose first rows are in the log only.
        health.tenants.remember(store.tenants());
        let ledger = collector.start_ledger().await.context("failed to start the thread of the ledger")?;
        health.has_ledger.store(true, Ordering::Release);
        Ok(ledger)
    })
}

fn token(config: &Config) -> Result<Option<Arc<Token>>> {
    let Some(path) = &config.auth.token_file else { return Ok(None) };
    Ok(Some(Arc::new(Token::read(path).context("auth.token_file")?)))
}

/// Tests let a debug build die or fail where they say.
fn arm_faults() -> Result<()> {
    #[cfg(debug_assertions)]
    if let Ok(spec) = std::env::var("SPANLOOM_FAULT") {
        spanloom_store::fault::arm(&spec).map_err(anyhow::Error::msg).context("SPANLOOM_FAULT")?;
        warn!(spec, "faults are armed");
    }
    Ok(())
}

/// Everything that `serve` would read from files besides the configuration, for `check-config`.
///
/// # Errors
/// As [`serve`], for tokens, certificates and keys.
pub fn check_files(config: &Config) -> Result<()> {
    tls::acceptor(&config.tls)?;
    token(config)?;
    Ok(())
}

/// The bound sockets.
struct Listeners {
    otlp_grpc: Listener,
    otlp_http: Listener,
    zipkin: Listener,
    api: Listener,
    has_tls: bool,
}

impl Listeners {
    async fn bind(config: &Config, tls: Option<TlsAcceptor>) -> Result<Self> {
        let listen = &config.listen;
        let bind = |name, address| Listener::bind(name, address, tls.clone(), listen.connections_max);
        Ok(Self {
            otlp_grpc: bind("otlp_grpc", listen.otlp_grpc).await?,
            otlp_http: bind("otlp_http", listen.otlp_http).await?,
            zipkin: bind("zipkin", listen.zipkin).await?,
            api: bind("api", listen.api).await?,
            has_tls: tls.is_some(),
        })
    }

    fn all(&self) -> [&Listener; 4] {
        [&self.otlp_grpc, &self.otlp_http, &self.zipkin, &self.api]
    }

    /// Says what other machines can reach.
    fn log_exposure(&self, has_token: bool) {
        for listener in self.all() {
            let (name, address) = (listener.name(), listener.address());
            match (address.ip().is_loopback(), has_token) {
                (true, _) => info!(name, %address, tls = self.has_tls, token = has_token, "listening"),
                (false, true) => info!(name, %address, tls = self.has_tls, "listening; other machines need the token"),
                (false, false) => {
                    warn!(name, %address, tls = self.has_tls, "listening; open to every machine that can reach this one");
                }
            }
        }
    }

    fn items(&self, token: bool) -> Arc<[ListenerItem]> {
        let item = |protocol, listener: &Listener| ListenerItem {
            protocol,
            address: listener.address(),
            tls: self.has_tls,
            token,
        };
        Arc::new([
            item(ListenerProtocol::OtlpGrpc, &self.otlp_grpc),
            item(ListenerProtocol::OtlpHttp, &self.otlp_http),
            item(ListenerProtocol::Zipkin, &self.zipkin),
            item(ListenerProtocol::Api, &self.api),
        ])
    }

    fn endpoints(&self) -> Endpoints {
        Endpoints {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            otlp_grpc: self.otlp_grpc.address(),
            otlp_http: self.otlp_http.address(),
            zipkin: self.zipkin.address(),
            api: self.api.address(),
            tls: self.has_tls,
        }
    }

    fn serve(self, routes: Routes, stop: &watch::Sender<bool>) -> JoinSet<()> {
        let mut serving = JoinSet::new();
        serving.spawn(self.otlp_grpc.serve(routes.otlp_grpc, stop.subscribe()));
        serving.spawn(self.otlp_http.serve(routes.otlp_http, stop.subscribe()));
        serving.spawn(self.zipkin.serve(routes.zipkin, stop.subscribe()));
        serving.spawn(self.api.serve(routes.api, stop.subscribe()));
        serving
    }
}

#[cfg(test)]
mod tests;
