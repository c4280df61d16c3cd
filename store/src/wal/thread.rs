//! The thread that owns the writer: collects what has come, commits it as one group, publishes, acknowledges.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::oneshot;

use super::writer::{Pending, WalWriter};
use crate::metrics::WalMetrics;
use crate::schema::Rows;

/// A request on its way into the log; `done` hears when it is durable and visible.
pub(crate) struct WalRequest {
    pub pending: Pending,
    pub rows: Rows,
    pub done: oneshot::Sender<io::Result<u64>>,
}

/// Called with each durable group, in the order of numbers, before it is acknowledged.
pub(crate) type Published = Box<dyn FnMut(Vec<(u64, Pending, Rows)>) + Send>;

enum Command {
    Append(Box<WalRequest>),
    Trim(u64, oneshot::Sender<io::Result<()>>),
}

/// The way to the thread. The thread ends when the last handle is gone.
#[derive(Clone)]
pub(crate) struct WalHandle {
    commands: SyncSender<Command>,
    backlog_bytes: Arc<AtomicU64>,
    queued: Gauge,
}

/// Why a request did not enter the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueueRefusal {
    Full,
    Stopped,
}

impl WalHandle {
    /// Queues a request without waiting.
    pub fn append(&self, request: WalRequest) -> Result<(), QueueRefusal> {
        // Counted before it is sent: the thread may be faster than this one.
        self.queued.inc();
        self.commands.try_send(Command::Append(Box::new(request))).map_err(|refused| {
            self.queued.dec();
            match refused {
                TrySendError::Full(_) => QueueRefusal::Full,
                TrySendError::Disconnected(_) => QueueRefusal::Stopped,
            }
        })
    }

    /// Removes segments whose frames are all `<= through`; when this returns the removal is durable.
    pub async fn trim(&self, through: u64) -> io::Result<()> {
        let (done, trimmed) = oneshot::channel();
        let commands = self.commands.clone();
        let stopped = || io::Error::other("the WAL thread has stopped");
        tokio::task::spawn_blocking(move || commands.send(Command::Trim(through, done)))
            .await
            .map_err(io::Error::other)?
            .map_err(|_| stopped())?;
        trimmed.await.map_err(|_| stopped())?
    }

    /// Bytes written and not trimmed.
    pub fn backlog_bytes(&self) -> u64 {
        self.backlog_bytes.load(Ordering::Relaxed)
    }
}

/// Requests that may wait; beyond that senders are told to come back.
const QUEUE_REQUESTS_MAX: usize = 4096;
/// Requests that one commit takes at most.
const GROUP_REQUESTS_MAX: usize = 1024;

/// Starts the thread.
pub(crate) fn spawn(
    writer: WalWriter,
    commit_interval: Duration,
    published: Published,
    metrics: WalMetrics,
) -> io::Result<(WalHandle, std::thread::JoinHandle<()>)> {
    let (commands, received) = sync_channel(QUEUE_REQUESTS_MAX);
    let backlog_bytes = Arc::new(AtomicU64::new(writer.backlog_bytes()));
    let queued = metrics.queued.clone();
    let handle = WalHandle { commands, backlog_bytes: Arc::clone(&backlog_bytes), queued };
    let worker = Worker { writer, commit_interval, is_behind: false, published, metrics, backlog_bytes };
    let thread = std::thread::Builder::new().name("wal".to_owned()).spawn(move || worker.run(&received))?;
    Ok((handle, thread))
}

struct Worker {
    writer: WalWriter,
    commit_interval: Duration,
    /// The last group was full, so that others wait already.
    is_behind: bool,
    published: Published,
    metrics: WalMetrics,
    backlog_bytes: Arc<AtomicU64>,
}

impl Worker {
    fn run(mut self, received: &Receiver<Command>) {
        while let Ok(command) = received.recv() {
            match command {
                Command::Trim(through, done) => self.trim(through, done),
                Command::Append(first) => self.collect_and_commit(*first, received),
            }
        }
        self.writer.close();
    }

    /// Waits until the interval since the first request is over, then commits what came by then, as much as a group takes.
    fn collect_and_commit(&mut self, first: WalRequest, received: &Receiver<Command>) {
        // To be woken by each request would cost more than to write it.
        if !self.is_behind {
            std::thread::sleep(self.commit_interval);
        }
        let mut group = vec![first];
        let mut trim = None;
        while group.len() < GROUP_REQUESTS_MAX {
            match received.try_recv() {
                Ok(Command::Append(request)) => group.push(*request),
                Ok(Command::Trim(through, done)) => {
                    trim = Some((through, done));
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        self.is_behind = group.len() == GROUP_REQUESTS_MAX;
        self.commit(group);
        if let Some((through, done)) = trim {
            self.trim(through, done);
        }
    }

    fn commit(&mut self, group: Vec<WalRequest>) {
        self.metrics.queued.dec_by(group.len() as i64);
        let started = Instant::now();
        let pending: Vec<Pending> = group.iter().map(|request| request.pending.clone()).collect();
        let results = self.writer.append(&pending);
        self.metrics.commit(started.elapsed(), &results, &self.writer);
        self.backlog_bytes.store(self.writer.backlog_bytes(), Ordering::Relaxed);
        let mut durable = Vec::with_capacity(group.len());
        let mut answers = Vec::with_capacity(group.len());
        for (request, result) in group.into_iter().zip(results) {
            if let Ok(number) = result {
                durable.push((number, request.pending, request.rows));
            }
            answers.push((request.done, result));
        }
        if !durable.is_empty() {
            (self.published)(durable);
        }
        for (done, result) in answers {
            // A sender that went away will resend; its batch is stored all the same.
            let _ = done.send(result);
        }
    }

    fn trim(&mut self, through: u64, done: oneshot::Sender<io::Result<()>>) {
        let result = self.writer.trim(through);
        self.metrics.segments(&self.writer);
        self.backlog_bytes.store(self.writer.backlog_bytes(), Ordering::Relaxed);
        let _ = done.send(result);
    }
}
