//! The ledger: windows of edges, operations and names, kept up to date while spans come and written when they close.
//!
//! ```text
//! Store::span_feed -> traces in memory -> pair::observations -> sums per window
//!     -> open windows, shown every second                 (Store::show_open_windows)
//!     -> closed windows, written once a minute after them (Store::commit_windows)
//!     -> late spans: windows made again from what is stored
//! ```
//!
//! **Rows from spans are a function of the stored spans.** While the stream flows, a window is added up from the traces in
//! memory; when memory does not have everything (after a start, after late spans, when there were too many), it is made from
//! the lake by the same functions. Nothing of it needs a log of its own: what a crash takes is made again.
//!
//! One thread does all of this, beside those that receive; when it cannot keep up, the feed's bound tells senders to come
//! back later.

mod config;
mod held;
mod late;
mod metrics;
mod open;
mod pass;
mod read;
mod restore;
mod seen;
mod sums;
mod tenant;
mod windows;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use config::LedgerConfig;

use prometheus_client::registry::Registry;
use spanloom_store::{Clock, SpanFeed, Store};
use tokio::sync::oneshot;

use self::metrics::Metrics;
use self::pass::Pass;

/// What came by then is taken together: to be woken by each group that was committed costs more than to take it.
const TAKE_INTERVAL: Duration = Duration::from_millis(25);
/// A turn may take this part of the time,
const TURN_SHARE: u32 = 10;
/// but however long one took, because it wrote or the machine was busy, nobody waits longer than this for the next.
const PAUSE_MAX: Duration = Duration::from_secs(3);

/// The ledger before it runs.
pub(crate) struct Ledger {
    store: Store,
    clock: Arc<dyn Clock>,
    config: LedgerConfig,
    metrics: Metrics,
}

/// The ledger's thread.
#[derive(Debug)]
pub struct LedgerThread(JoinHandle<()>);

impl Ledger {
    pub fn new(store: Store, config: LedgerConfig, clock: Arc<dyn Clock>, registry: &mut Registry) -> Self {
        Self { store, clock, config, metrics: Metrics::new(registry) }
    }

    /// Starts the thread. When this returns, open windows are shown as they were before the last stop. It ends when the store
    /// has shut down.
    ///
    /// # Errors
    /// When the thread cannot be made.
    pub async fn start(&self) -> std::io::Result<LedgerThread> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (ready, is_ready) = oneshot::channel();
        let (store, clock) = (self.store.clone(), Arc::clone(&self.clock));
        let pass = Pass::new(store, clock, self.config.clone(), self.metrics.clone());
        let thread = std::thread::Builder::new().name("ledger".to_owned());
        let thread = thread.spawn(move || runtime.block_on(run(pass, ready)))?;
        // A thread that panicked is seen when it is joined.
        let _ = is_ready.await;
        Ok(LedgerThread(thread))
    }
}

impl LedgerThread {
    /// Waits for the end of the thread, after [`Store::shutdown`].
    pub async fn stopped(self) {
        let joined = tokio::task::spawn_blocking(|| self.0.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::error!("the ledger panicked");
        }
    }
}

async fn run(mut pass: Pass, ready: oneshot::Sender<()>) {
    let (start, mut feed) = pass.store.span_feed();
    restore::restore(&mut pass, start).await;
    turn(&mut pass, &mut feed).await;
    // Nobody need wait for it any more.
    let _ = ready.send(());
    let mut next_turn = Instant::now() + pass.config.refresh_interval;
    loop {
        tokio::select! {
            published = feed.next() => match published {
                Some(published) => {
                    pass.take(&published);
                    tokio::time::sleep(TAKE_INTERVAL).await;
                    while Instant::now() < next_turn && let Some(published) = feed.try_next() {
                        pass.take(&published);
                    }
                }
                None => return,
            },
            () = tokio::time::sleep_until(next_turn.into()) => {}
        }
        if Instant::now() >= next_turn {
            let took = turn(&mut pass, &mut feed).await;
            next_turn = Instant::now() + pause(pass.config.refresh_interval, took);
        }
    }
}

/// From the end of a turn to the next.
fn pause(refresh_interval: Duration, took: Duration) -> Duration {
    (took * TURN_SHARE).min(PAUSE_MAX).max(refresh_interval)
}

/// Returns how long it took.
async fn turn(pass: &mut Pass, feed: &mut SpanFeed) -> Duration {
    let started = Instant::now();
    pass.turn(feed).await;
    pass.metrics.refresh.observe(started.elapsed().as_secs_f64());
    started.elapsed()
}

#[cfg(test)]
mod tests;
