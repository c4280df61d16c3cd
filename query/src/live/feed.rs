//! Follows one subject: looks whether its picture can have changed, and only then makes a new one.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::picture::Pictures;
use super::{Pace, Subject};
use crate::error::QueryError;
use crate::ledger::{WINDOW_NS, WindowRange};
use crate::query::Query;
use crate::trace::TimeRange;

/// A picture that took long is followed by a pause of so many times that long: a large mesh may not take all threads.
const PAUSE_PER_COMPUTATION: u32 = 4;

/// None until there is a first picture, or a reason why there is none.
type State = Option<Result<Arc<Pictures>, QueryError>>;
pub(super) type Subscription = watch::Receiver<State>;

/// What its streams look at.
pub(super) struct Feed {
    state: watch::Sender<State>,
    last_used: Mutex<Instant>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { state: watch::Sender::new(None), last_used: Mutex::new(Instant::now()) }
    }
}

impl Feed {
    pub fn subscribe(&self) -> Subscription {
        self.state.subscribe()
    }

    pub fn last_used(&self) -> Instant {
        *self.last_used.lock()
    }

    /// Also notes when it is used: whoever wants to know asks often.
    pub fn is_unused_for(&self, time: Duration) -> bool {
        let mut last_used = self.last_used.lock();
        let is_used = self.state.receiver_count() > 0;
        if is_used {
            *last_used = Instant::now();
        }
        !is_used && last_used.elapsed() >= time
    }

    fn pictures(&self) -> Option<Arc<Pictures>> {
        self.state.borrow().as_ref().and_then(|state| state.as_ref().ok().cloned())
    }
}

/// What a picture depends on.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Cause {
    view: u64,
    range: WindowRange,
}

/// Keeps the feed's picture up to date until nobody looks at it for a while or the server stops.
pub(super) async fn follow(
    query: Query,
    subject: Subject,
    feed: Arc<Feed>,
    pace: Pace,
    mut stopping: watch::Receiver<bool>,
) {
    let mut drawn: Option<Cause> = None;
    let mut not_before = Instant::now();
    while !query.live().retire(&subject, &feed, pace.linger) {
        let cause = cause(&query, &subject);
        let is_watched = feed.state.receiver_count() > 0;
        if is_watched && drawn != Some(cause) && Instant::now() >= not_before {
            let started = Instant::now();
            let result = tokio::select! {
                biased;
                _ = stopping.wait_for(|stopping| *stopping) => break,
                result = draw(&query, &subject, &feed, cause.range) => result,
            };
            not_before = started + pace.picture.max(started.elapsed() * PAUSE_PER_COMPUTATION);
            match result {
                Ok(()) => drawn = Some(cause),
                Err(error) if feed.pictures().is_none() => {
                    query.live().remove(&subject, &feed);
                    feed.state.send_replace(Some(Err(error)));
                    return;
                }
                // Streams keep what they have; the failure is counted where it happened, and the next look tries again.
                Err(error) => tracing::warn!(tenant = %subject.tenant, %error, "failed to renew a live graph"),
            }
        }
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => break,
            () = sleep(pace.look) => {}
        }
    }
    query.live().remove(&subject, &feed);
}

fn cause(query: &Query, subject: &Subject) -> Cause {
    let end_ns = query.now_ns();
    let length_ns = i64::try_from(subject.range.as_nanos()).unwrap_or(i64::MAX);
    let range = TimeRange { start_ns: end_ns.saturating_sub(length_ns), end_ns };
    Cause { view: query.view_rev(&subject.tenant), range: WindowRange::around(range, WINDOW_NS) }
}

/// Makes a picture and shows it, unless it is equal to the one that is shown.
async fn draw(query: &Query, subject: &Subject, feed: &Feed, range: WindowRange) -> Result<(), QueryError> {
    let known = feed.pictures();
    let add = move |held| Pictures::with(known, held);
    if let Some(pictures) = query.live_graph(&subject.tenant, range, subject.by, add).await? {
        feed.state.send_replace(Some(Ok(Arc::new(pictures))));
    }
    Ok(())
}
