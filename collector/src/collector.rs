//! The door of the crate.

use std::sync::Arc;

use axum::Router;
use prometheus_client::registry::Registry;
use spanloom_store::{Clock, Store, TenantId, Tenants};
use tokio::sync::watch;

use crate::config::Config;
use crate::ingest::Ingest;
use crate::ledger::{Ledger, LedgerConfig, LedgerThread};
use crate::scrape::{ScrapeConfig, Scraper, ScraperHandle};
use crate::scraped::Scraped;
use crate::{api, grpc, http, remote_write, zipkin};

/// Takes data into a [`Store`]; a cheap handle.
#[derive(Clone)]
pub struct Collector {
    ingest: Arc<Ingest>,
    ledger: Arc<Ledger>,
}

impl Collector {
    pub fn new(
        store: Store,
        tenants: Arc<Tenants>,
        config: Config,
        ledger: LedgerConfig,
        clock: Arc<dyn Clock>,
        registry: &mut Registry,
    ) -> Self {
        let ledger = Ledger::new(store.clone(), ledger, Arc::clone(&clock), registry);
        let ingest = Ingest::new(store, tenants, config, clock, registry);
        Self { ingest: Arc::new(ingest), ledger: Arc::new(ledger) }
    }

    /// Starts to keep the ledger; to be called once, when the store has started. When this returns, queries see open windows
    /// as they were before the last stop.
    ///
    /// # Errors
    /// When its thread cannot be made.
    pub async fn start_ledger(&self) -> std::io::Result<LedgerThread> {
        self.ledger.start().await
    }

    /// The port of OTLP over gRPC.
    pub fn otlp_grpc_router(&self) -> Router {
        grpc::router(Arc::clone(&self.ingest))
    }

    /// The port of OTLP over HTTP, which takes Zipkin's spans and Prometheus' remote write, too.
    pub fn otlp_http_router(&self) -> Router {
        let ingest = || Arc::clone(&self.ingest);
        http::router(ingest()).merge(zipkin::router(ingest())).merge(remote_write::router(ingest()))
    }

    /// Scrapes what a configuration names, for one tenant, until `stop` turns true. To be called when the store has started.
    ///
    /// # Errors
    /// A text that begins with the key that cannot be as it is.
    pub fn start_scraping(
        &self,
        config: &ScrapeConfig,
        tenant: TenantId,
        stop: watch::Receiver<bool>,
    ) -> Result<ScraperHandle, String> {
        let ingest = Arc::clone(&self.ingest);
        let clock = Arc::clone(&ingest);
        let sink = Arc::new(Scraped { ingest, tenant });
        Scraper::start(config, sink, Arc::new(move || clock.now_ms()), stop)
    }

    /// Ends all streams, so that a server that stops need not wait for them.
    pub fn close_streams(&self) {
        self.ingest.close_streams();
    }

    /// Zipkin's own port.
    pub fn zipkin_router(&self) -> Router {
        zipkin::port_router(Arc::clone(&self.ingest))
    }

    /// What this crate answers on the API's port: `/api/v1/ingest`.
    pub fn api_router(&self) -> Router {
        api::router(Arc::clone(&self.ingest))
    }
}
