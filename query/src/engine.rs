//! Where queries run: so many at a time, so long at most, on threads of their own.
//!
//! The threads that receive spans must never wait for a query, so queries have a runtime of their own. A query whose
//! client left or whose time is up is dropped, and with it everything it started.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use prometheus_client::metrics::gauge::Gauge;
use spanloom_store::TenantView;
use tokio::runtime::Runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::error::QueryError;
use crate::metrics::{Api, Metrics};
use crate::session::{Session, Sessions};

/// Planning walks expressions recursively; `sql::WORDS_MAX` bounds how deep, this is room for that in a debug build too.
/// Only the pages that are touched become memory.
const THREAD_STACK_BYTES: usize = 128 * 1024 * 1024;
/// Queries that may wait for each one that may run.
const WAITING_PER_RUNNING: usize = 4;

pub(crate) struct Engine {
    threads: Threads,
    sessions: Sessions,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    config: Config,
    metrics: Metrics,
}

/// An answer together with its turn: until both are dropped, another query may have to wait.
pub(crate) struct Answer<T> {
    pub value: T,
    _turn: Turn,
}

impl<T> Answer<T> {
    /// Makes another answer of it, in the same turn.
    pub fn try_map<U>(self, map: impl FnOnce(T) -> Result<U, QueryError>) -> Result<Answer<U>, QueryError> {
        Ok(Answer { value: map(self.value)?, _turn: self._turn })
    }
}

/// The right to run, and to hold the memory of the answer.
struct Turn {
    _permit: OwnedSemaphorePermit,
    running: Gauge,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.dec();
    }
}

impl Engine {
    pub fn new(sessions: Sessions, config: Config, metrics: Metrics) -> std::io::Result<Self> {
        let permits = Arc::new(Semaphore::new(config.concurrency_max));
        let threads = Threads::start()?;
        threads.run(sessions.tend());
        Ok(Self { threads, sessions, permits, waiting: AtomicUsize::new(0), config, metrics })
    }

    /// Runs `job` with a session on `view`; dropping the future that is returned stops it.
    ///
    /// # Errors
    /// `Busy` when too many wait already, `Timeout` when time is up (waiting counts), and what `job` fails with.
    pub async fn run<T, F>(
        &self,
        api: Api,
        view: Arc<TenantView>,
        job: impl FnOnce(Arc<Session>) -> F,
    ) -> Result<Answer<T>, QueryError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, QueryError>> + Send + 'static,
    {
        let started = Instant::now();
        let timeout = self.config.timeout;
        let result = match tokio::time::timeout(timeout, self.run_in_turn(view, job)).await {
            Ok(result) => result,
            Err(_) => Err(QueryError::Timeout(timeout)),
        };
        self.metrics.ended(api, started.elapsed(), &result);
        result
    }

    async fn run_in_turn<T, F>(
        &self,
        view: Arc<TenantView>,
        job: impl FnOnce(Arc<Session>) -> F,
    ) -> Result<Answer<T>, QueryError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, QueryError>> + Send + 'static,
    {
        let turn = self.turn().await?;
        let session = Arc::new(self.sessions.open(view));
        let job = job(Arc::clone(&session));
        // The turn goes with the task, so that a query that is slow to stop keeps counting until it has stopped.
        let task = self.threads.spawn(async move { (job.await, turn) });
        let finished = task.await;
        self.metrics.used(&session.scanned(), session.memory_peak());
        let (result, turn) = finished?;
        Ok(Answer { value: result?, _turn: turn })
    }

    async fn turn(&self) -> Result<Turn, QueryError> {
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => {
                let _waiting = self.wait()?;
                let permit = Arc::clone(&self.permits).acquire_owned().await;
                permit.map_err(|closed| QueryError::Internal(closed.to_string()))?
            }
        };
        let running = self.metrics.running.clone();
        running.inc();
        Ok(Turn { _permit: permit, running })
    }

    fn wait(&self) -> Result<Waiting<'_>, QueryError> {
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        self.metrics.waiting.inc();
        let waiting = Waiting(self);
        if before >= self.config.concurrency_max * WAITING_PER_RUNNING {
            return Err(QueryError::Busy);
        }
        Ok(waiting)
    }
}

/// A place in the queue.
struct Waiting<'a>(&'a Engine);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
        self.0.metrics.waiting.dec();
    }
}

/// The runtime that queries run on. Dropping it does not wait, so that it may be dropped inside another runtime.
struct Threads(Option<Runtime>);

impl Threads {
    fn start() -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("query")
            .thread_stack_size(THREAD_STACK_BYTES)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    fn spawn<T: Send + 'static>(&self, task: impl Future<Output = T> + Send + 'static) -> Task<T> {
        Task(self.runtime().spawn(task))
    }

    /// Runs what ends with the threads.
    fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime().spawn(task);
    }

    fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("the runtime is taken only when this is dropped")
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// A task that is stopped when it is no longer waited for.
struct Task<T>(JoinHandle<T>);

impl<T> Future for Task<T> {
    type Output = Result<T, QueryError>;

    fn poll(mut self: std::pin::Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Self::Output> {
        let ended = std::pin::Pin::new(&mut self.0).poll(cx);
        ended.map(|result| {
            result.map_err(|error| {
                tracing::error!(%error, "query ended unexpectedly");
                QueryError::Internal("the query ended unexpectedly".to_owned())
            })
        })
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
