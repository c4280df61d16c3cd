//! One socket: accepts connections up to a bound, ends TLS, speaks HTTP/1.1 and HTTP/2 on each, and drains at the end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

/// How long a client may take to say its first byte, and for the TLS handshake.
const HELLO_TIME_MAX: Duration = Duration::from_secs(10);
/// How long an HTTP/1.1 client may take for a request's head, the pause since its last request included.
const HEAD_TIME_MAX: Duration = Duration::from_secs(120);
/// An HTTP/2 client that is silent for so long is asked whether it still lives.
const PING_INTERVAL: Duration = Duration::from_secs(60);
const PING_TIMEOUT: Duration = Duration::from_secs(20);
const STREAMS_MAX: u32 = 256;
/// Of one HTTP/2 stream and of one connection: what a client may send ahead of our reading.
const STREAM_WINDOW_BYTES: u32 = 1 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 4 << 20;
const HEADER_LIST_BYTES_MAX: u32 = 32 << 10;
/// How long requests may take that are under way when the server stops.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(10);
/// After a failure to accept, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Only the first byte is waited for; a larger buffer would copy every body once more.
const PEEK_BYTES: usize = 64;

/// A bound socket.
pub struct Listener {
    name: &'static str,
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    connections: Arc<Semaphore>,
}

impl Listener {
    /// `name` is the listener's key under `listen.`.
    ///
    /// # Errors
    /// When the address is not free or not ours; the message names both key and address.
    pub async fn bind(
        name: &'static str,
        address: SocketAddr,
        tls: Option<TlsAcceptor>,
        connections_max: usize,
    ) -> Result<Self> {
        let failed = || format!("failed to listen on {address} (listen.{name})");
        let socket = TcpListener::bind(address).await.with_context(failed)?;
        let address = socket.local_addr().with_context(failed)?;
        let connections = Arc::new(Semaphore::new(connections_max.min(Semaphore::MAX_PERMITS)));
        Ok(Self { name, socket, address, tls, connections })
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The address with the port that the system chose.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stopping` turns true, then refuses connections and waits for requests that are under way, up to
    /// [`DRAIN_TIME_MAX`].
    pub async fn serve(self, router: Router, mut stopping: watch::Receiver<bool>) {
        let draining = GracefulShutdown::new();
        let server = Arc::new(server());
        loop {
            let accepted = tokio::select! {
                accepted = self.accept() => accepted,
                _ = stopping.wait_for(|stopping| *stopping) => break,
            };
            let Some((stream, permit)) = accepted else { continue };
            let (router, server, watcher) = (router.clone(), Arc::clone(&server), draining.watcher());
            let tls = self.tls.clone();
            tokio::spawn(async move {
                connection(stream, tls, &server, router, watcher).await;
                drop(permit);
            });
        }
        let Self { name, socket, .. } = self;
        drop(socket);
        if timeout(DRAIN_TIME_MAX, draining.shutdown()).await.is_err() {
            warn!(listener = name, seconds = DRAIN_TIME_MAX.as_secs(), "requests did not end in time and are cut off");
        }
    }

    /// The next connection, once there is room for it.
    async fn accept(&self) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.connections).acquire_owned().await.ok()?;
        match self.socket.accept().await {
            Ok((stream, _)) => Some((stream, permit)),
            Err(error) => {
                warn!(listener = self.name, %error, "failed to accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                None
            }
        }
    }
}

fn server() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .max_concurrent_streams(STREAMS_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_header_list_size(HEADER_LIST_BYTES_MAX);
    builder
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    server: &Builder<TokioExecutor>,
    router: Router,
    watcher: Watcher,
) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "failed to set TCP_NODELAY");
    }
    let Some(tls) = tls else { return speak(stream, server, router, watcher).await };
    match timeout(HELLO_TIME_MAX, tls.accept(stream)).await {
        Ok(Ok(stream)) => speak(stream, server, router, watcher).await,
        Ok(Err(error)) => debug!(%error, "a TLS handshake failed"),
        Err(_) => debug!("a TLS handshake took too long"),
    }
}

async fn speak<S>(stream: S, server: &Builder<TokioExecutor>, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut stream = BufReader::with_capacity(PEEK_BYTES, stream);
    match timeout(HELLO_TIME_MAX, stream.fill_buf()).await {
        Ok(Ok(bytes)) if !bytes.is_empty() => {}
        _ => return,
    }
    let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).into_owned();
    if let Err(error) = watcher.watch(connection).await {
        debug!(error, "a connection ended early");
    }
}

#[cfg(test)]
mod tests;
