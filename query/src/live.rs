//! Live graphs: pictures that follow the tables, and the streams that tell of them.
//!
//! ```text
//! view changed or time moved on -> one computation per subject ([`feed`]) -> picture ([`picture`]) -> every stream of that
//! subject: a snapshot first, then what changed ([`patch`])
//! ```
//!
//! Streams that ask the same share the computation, the pictures and the texts. A stream holds only the name of the picture
//! that it told last; a feed keeps a few pictures, and a client that is behind by more gets a snapshot. So memory is bounded
//! by the number of streams, which has a bound, however slow clients are; and what pictures take counts in
//! `query.memory_total_bytes_max`.

/// One subject followed.
mod feed;
/// What changed between two pictures.
pub(crate) mod patch;
/// A graph and the events that tell of it.
mod picture;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, Stream};
use parking_lot::Mutex;
use spanloom_store::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, sleep_until};

use crate::error::QueryError;
use crate::ledger::Grouping;
use crate::metrics::Metrics;
use crate::query::Query;

pub(crate) use patch::GraphPatch;
use picture::Event;
pub(crate) use picture::Heartbeat;

use feed::Feed;
use picture::Pictures;

/// How often a feed looks whether its view changed, which costs next to nothing.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);
/// Between two pictures of a subject, at least.
const PICTURE_INTERVAL: Duration = Duration::from_secs(1);
/// A stream that has nothing to tell says that it lives.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(15);
/// How long a feed keeps its pictures without a stream, so that a client that comes back gets on where it was.
const LINGER: Duration = Duration::from_secs(30);

/// The intervals of live graphs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub look: Duration,
    pub picture: Duration,
    pub heartbeat: Duration,
    pub linger: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { look: LOOK_INTERVAL, picture: PICTURE_INTERVAL, heartbeat: HEARTBEAT_INTERVAL, linger: LINGER }
    }
}

/// What a stream is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Subject {
    pub tenant: TenantId,
    pub by: Grouping,
    /// How far back from now.
    pub range: Duration,
}

/// All feeds and streams of a server.
pub(crate) struct Live {
    pace: Pace,
    streams: Arc<Semaphore>,
    streams_max: usize,
    feeds: Mutex<HashMap<Subject, Arc<Feed>>>,
    stopping: watch::Sender<bool>,
    metrics: Metrics,
}

impl Live {
    pub fn new(streams_max: usize, pace: Pace, metrics: Metrics) -> Self {
        let streams = Arc::new(Semaphore::new(streams_max.min(Semaphore::MAX_PERMITS)));
        let (feeds, stopping) = (Mutex::default(), watch::Sender::new(false));
        Self { pace, streams, streams_max, feeds, stopping, metrics }
    }

    /// Ends all streams and lets none begin.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Opens a stream; `since` names the picture that the client has. Dropping the stream closes it.
    ///
    /// # Errors
    /// `TooManyStreams`, `Stopping`, and what computing the first picture fails with.
    pub async fn open(query: Query, subject: Subject, since: Option<String>) -> Result<EventStream, QueryError> {
        let live = query.live();
        let opened = live.try_open(&query, subject, since).await;
        if let Err(error) = &opened {
            live.metrics.refused_stream(error);
        }
        opened
    }

    async fn try_open(
        &self,
        query: &Query,
        subject: Subject,
        since: Option<String>,
    ) -> Result<EventStream, QueryError> {
        let stopping = self.stopping.subscribe();
        if *stopping.borrow() {
            return Err(QueryError::Stopping);
        }
        let permit = Arc::clone(&self.streams).try_acquire_owned();
        let permit = permit.map_err(|_| QueryError::TooManyStreams(self.streams_max))?;
        let mut pictures = self.subscribe(query, subject);
        // The feed's first word is its first picture, or why there is none.
        let first = pictures.wait_for(Option::is_some).await.map(|pictures| pictures.clone());
        match first {
            Ok(Some(Err(error))) => return Err(error),
            Ok(_) => pictures.mark_changed(),
            Err(_) => return Err(QueryError::Stopping),
        }
        let open = OpenStream::new(permit, self.metrics.clone());
        let next_heartbeat = Instant::now() + self.pace.heartbeat;
        Ok(EventStream { pictures, stopping, told: since, is_new: true, pace: self.pace, next_heartbeat, open })
    }

    /// Looks at the feed of a subject: the one that is there, or a new one.
    fn subscribe(&self, query: &Query, subject: Subject) -> feed::Subscription {
        let mut feeds = self.feeds.lock();
        if !feeds.contains_key(&subject) && feeds.len() >= self.streams_max {
            forget_one(&mut feeds);
        }
        let feed = feeds.entry(subject.clone()).or_insert_with(|| {
            let feed = Arc::new(Feed::default());
            let (query, started, stopping) = (query.clone(), Arc::clone(&feed), self.stopping.subscribe());
            tokio::spawn(feed::follow(query, subject, started, self.pace, stopping));
            feed
        });
        // Under the lock, so that it does not end before it is looked at.
        feed.subscribe()
    }

    /// Takes a feed out if nobody used it for so long. Whether it is out, and shall end.
    fn retire(&self, subject: &Subject, feed: &Arc<Feed>, unused_for: Duration) -> bool {
        let mut feeds = self.feeds.lock();
        let is_out = feeds.get(subject).is_none_or(|known| !Arc::ptr_eq(known, feed));
        if !is_out && feed.is_unused_for(unused_for) {
            feeds.remove(subject);
            return true;
        }
        is_out
    }

    /// Takes a feed out that cannot go on.
    fn remove(&self, subject: &Subject, feed: &Arc<Feed>) {
        let mut feeds = self.feeds.lock();
        if feeds.get(subject).is_some_and(|known| Arc::ptr_eq(known, feed)) {
            feeds.remove(subject);
        }
    }
}

/// Takes the feed out that was not used for longest. As many feeds as there may be streams are enough: who opens one more
/// leaves one unused.
fn forget_one(feeds: &mut HashMap<Subject, Arc<Feed>>) {
    let unused = feeds.iter().filter(|(_, feed)| feed.is_unused_for(Duration::ZERO));
    let oldest = unused.min_by_key(|(_, feed)| feed.last_used()).map(|(subject, _)| subject.clone());
    if let Some(oldest) = oldest {
        feeds.remove(&oldest);
    }
}

/// A place among the streams that may be open.
struct OpenStream {
    _permit: OwnedSemaphorePermit,
    metrics: Metrics,
}

impl OpenStream {
    fn new(permit: OwnedSemaphorePermit, metrics: Metrics) -> Self {
        metrics.streams.inc();
        Self { _permit: permit, metrics }
    }
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.metrics.streams.dec();
    }
}

/// Why a stream may have something to tell.
enum Woken {
    Ended,
    Silent,
    Changed(Arc<Pictures>),
}

/// An open stream.
pub(crate) struct EventStream {
    pictures: feed::Subscription,
    stopping: watch::Receiver<bool>,
    /// The picture that the client has.
    told: Option<String>,
    /// Whether nothing was told yet.
    is_new: bool,
    pace: Pace,
    next_heartbeat: Instant,
    open: OpenStream,
}

impl EventStream {
    /// The events as text; ends when the server stops.
    pub fn into_texts(self) -> impl Stream<Item = Result<Bytes, std::convert::Infallible>> + Send {
        stream::unfold(self, |mut stream| async move {
            let event = stream.next().await?;
            stream.open.metrics.told(event.name);
            Some((Ok(event.text), stream))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            let pictures = match self.wait().await {
                Woken::Ended => return None,
                Woken::Silent => return Some(self.say(picture::heartbeat(self.told.as_deref()))),
                Woken::Changed(pictures) => pictures,
            };
            let told = self.told.replace(pictures.rev().to_owned());
            // Texts of a large graph take long; the threads that receive spans must not wait for them.
            let text = move || pictures.event_since(told.as_deref());
            let event = tokio::task::spawn_blocking(text).await.ok()?;
            // A client that is up to date is told that it is, once.
            let event = event.or_else(|| self.is_new.then(|| picture::heartbeat(self.told.as_deref())));
            if let Some(event) = event {
                return Some(self.say(event));
            }
        }
    }

    async fn wait(&mut self) -> Woken {
        tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => Woken::Ended,
            // A feed ends after its streams, or because the server stops.
            changed = self.pictures.changed() => match (changed, &*self.pictures.borrow_and_update()) {
                (Ok(()), Some(Ok(pictures))) => Woken::Changed(Arc::clone(pictures)),
                _ => Woken::Ended,
            },
            () = sleep_until(self.next_heartbeat) => Woken::Silent,
        }
    }

    fn say(&mut self, event: Event) -> Event {
        self.is_new = false;
        self.next_heartbeat = Instant::now() + self.pace.heartbeat;
        event
    }
}
