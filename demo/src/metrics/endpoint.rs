//! Serves the pages, each under the path of its pod.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use thiserror::Error;
use tokio::net::TcpListener;

use super::exposed::ProxyMetrics;
use super::scrape_config;
use super::text::Format;
use crate::request::Place;

/// Where the metrics of the mesh cannot be had.
#[derive(Debug, Error)]
pub enum EndpointFailed {
    #[error("failed to listen on {address} for who scrapes the simulated mesh")]
    Bind { address: SocketAddr, source: io::Error },
    #[error("failed to serve the metrics of the simulated mesh")]
    Serve(#[source] io::Error),
}

/// A server of pages that listens, and does not answer before it runs.
#[derive(Debug)]
pub struct MetricsEndpoint {
    listener: TcpListener,
    address: SocketAddr,
    metrics: ProxyMetrics,
}

#[derive(Debug)]
struct Pages {
    metrics: ProxyMetrics,
    by_path: HashMap<(String, String), Place>,
}

impl MetricsEndpoint {
    /// Port 0 takes any that is free.
    ///
    /// # Errors
    /// When nobody can listen there.
    pub async fn bind(address: SocketAddr, metrics: ProxyMetrics) -> Result<Self, EndpointFailed> {
        let failed = |source| EndpointFailed::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, metrics })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The `scrape_configs` of Prometheus that scrape every pod here, as YAML.
    pub fn scrape_configs(&self) -> String {
        let board = self.metrics.board();
        scrape_config::yaml(board.mesh(), self.address, board.places())
    }

    /// Serves without end.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn run(self) -> Result<(), EndpointFailed> {
        let by_path = {
            let board = self.metrics.board();
            let mesh = board.mesh();
            let path = |place: Place| (mesh.services[place.service].namespace.clone(), place.pod(mesh));
            board.places().map(|(place, _)| (path(place), place)).collect()
        };
        let pages = Arc::new(Pages { metrics: self.metrics, by_path });
        let app = Router::new().route("/{namespace}/{pod}/metrics", get(page)).with_state(pages);
        axum::serve(self.listener, app).await.map_err(EndpointFailed::Serve)
    }
}

async fn page(State(pages): State<Arc<Pages>>, Path(path): Path<(String, String)>, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let format = Format::accepted(accept);
    let page = pages.by_path.get(&path).and_then(|place| pages.metrics.page(*place, format));
    match page {
        Some(text) => ([(CONTENT_TYPE, format.content_type())], text).into_response(),
        None => (StatusCode::NOT_FOUND, format!("no pod {} with a proxy in {}\n", path.1, path.0)).into_response(),
    }
}
