//! Hands out published spans to a reader that must see each of them once and in order: who keeps windows open.
//!
//! Hot rows alone do not do: a flush takes them away, and rows in the lake do not say of which frame they are. So a feed
//! keeps what its reader has not taken. Publishing never waits for a reader; instead what is unread counts as hot, and when
//! hot rows reach their bound senders are told to come back later.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::coded::CodedBatch;
use crate::ids::TenantId;
use crate::view::TenantView;

/// The spans of one frame.
#[derive(Debug, Clone)]
pub struct PublishedSpans {
    pub frame: u64,
    pub tenant: TenantId,
    pub spans: CodedBatch,
}

/// What was published before a feed begins: to rebuild from, and to be dropped then, because it keeps rows in memory.
#[derive(Debug, Clone)]
pub struct FeedStart {
    /// The last frame that is in the views; the feed yields those after it.
    pub last_frame: u64,
    pub views: BTreeMap<TenantId, Arc<TenantView>>,
}

/// Spans as they are published. Dropping it ends it.
#[derive(Debug)]
pub struct SpanFeed {
    receiver: UnboundedReceiver<PublishedSpans>,
    unread: Arc<AtomicU64>,
}

impl SpanFeed {
    /// The next frame's spans, when they are published; `None` when the store has stopped and all is read. Dropping the
    /// future loses nothing.
    pub async fn next(&mut self) -> Option<PublishedSpans> {
        let next = self.receiver.recv().await?;
        self.taken(&next);
        Some(next)
    }

    /// The next frame's spans if they are published already.
    pub fn try_next(&mut self) -> Option<PublishedSpans> {
        let next = self.receiver.try_recv().ok()?;
        self.taken(&next);
        Some(next)
    }

    fn taken(&self, published: &PublishedSpans) {
        self.unread.fetch_sub(bytes_of(&published.spans), Ordering::Relaxed);
    }
}

/// What nobody will read any more does not wait.
impl Drop for SpanFeed {
    fn drop(&mut self) {
        self.receiver.close();
        while self.try_next().is_some() {}
    }
}

/// The publishing end of a feed.
#[derive(Debug)]
pub(crate) struct FeedSender {
    sender: UnboundedSender<PublishedSpans>,
    unread: Arc<AtomicU64>,
}

impl FeedSender {
    /// Returns whether there still is a reader.
    pub fn send(&self, frame: u64, tenant: &TenantId, spans: &CodedBatch) -> bool {
        // Counted first: the reader may be faster than this line.
        self.unread.fetch_add(bytes_of(spans), Ordering::Relaxed);
        let sent = self.sender.send(PublishedSpans { frame, tenant: tenant.clone(), spans: spans.clone() });
        if sent.is_err() {
            self.unread.fetch_sub(bytes_of(spans), Ordering::Relaxed);
        }
        sent.is_ok()
    }
}

/// A feed. What its reader has not taken is added to `unread`.
pub(crate) fn open(unread: Arc<AtomicU64>) -> (FeedSender, SpanFeed) {
    let (sender, receiver) = unbounded_channel();
    (FeedSender { sender, unread: Arc::clone(&unread) }, SpanFeed { receiver, unread })
}

fn bytes_of(spans: &CodedBatch) -> u64 {
    spans.memory_bytes() as u64
}
