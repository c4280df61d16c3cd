//! The door of the crate.

use std::sync::Arc;

use axum::Router;
use prometheus_client::registry::Registry;
use spanloom_store::{Clock, Store, Tenants};

use crate::config::Config;
use crate::ingest::Ingest;
use crate::ledger::{Ledger, LedgerConfig, LedgerThread};
use crate::{api, grpc, http, zipkin};

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

    /// The port of OTLP over HTTP, which takes Zipkin's spans, too.
    pub fn otlp_http_router(&self) -> Router {
        http::router(Arc::clone(&self.ingest)).merge(zipkin::router(Arc::clone(&self.ingest)))
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
