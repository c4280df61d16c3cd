//! SIGTERM and SIGINT, and where there are none Ctrl-C.

use anyhow::{Context as _, Result};

#[cfg(unix)]
pub struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// From now on they no longer end the process by themselves.
    ///
    /// # Errors
    /// When the system lets nobody listen.
    pub fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("failed to listen for signals");
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
pub struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub fn listen() -> Result<Self> {
        Ok(Self)
    }

    pub async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.context("failed to listen for Ctrl-C").is_err() {
            std::future::pending::<()>().await;
        }
    }
}
