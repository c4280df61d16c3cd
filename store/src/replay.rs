//! Replay: what the log holds becomes hot again, as far as the tables do not have it.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use thiserror::Error;
use tracing::info;

use crate::flush::{self, FlushError};
use crate::schema::Rows;
use crate::series::ReadError;
use crate::store::{DecodeFailed, Inner};
use crate::wal::{FrameHeader, RecoverError, SegmentReport, read_frames};

/// Payload bytes that are decoded before their rows are published; decoded they take several times as much.
const BATCH_BYTES: usize = 4 << 20;

/// Why a log cannot be replayed.
#[derive(Debug, Error)]
pub enum ReplayFailed {
    #[error(transparent)]
    Read(#[from] RecoverError),
    #[error("frame {number} of the WAL cannot be decoded by this version: {source}")]
    Decode { number: u64, source: DecodeFailed },
    #[error("failed to read what series are called; if the file is damaged, `spanloom repair` sets it aside")]
    Series(#[from] ReadError),
    #[error(transparent)]
    Flush(#[from] FlushError),
    #[error("the replay stopped")]
    Stopped(#[from] tokio::task::JoinError),
}

/// Publishes every frame that a table lacks. With `may_flush` hot rows are flushed whenever they reach their bound, so that
/// a backlog larger than memory can be replayed.
pub(crate) async fn replay(inner: &Arc<Inner>, may_flush: bool) -> Result<(), ReplayFailed> {
    let started = Instant::now();
    let now_ns = inner.clock.now_ns();
    inner.load_series(inner.recovered_oldest_ns().await?.map_or(now_ns, |oldest_ns| oldest_ns.min(now_ns))).await?;
    let segments = inner.recovered_segments().to_vec();
    let (total, mut frames) = (segments.len(), 0);
    for (done, segment) in segments.into_iter().enumerate() {
        let path = segment.path.display().to_string();
        frames += replay_segment(inner, segment, may_flush).await?;
        info!(%path, segment = done + 1, of = total, frames, "replayed");
    }
    if may_flush && inner.note_hot_size() == 0 {
        // Every frame was in the tables, or they are by now: a crash came between the last commit and its trim.
        inner.trim_wal(inner.recovered_last()).await.map_err(FlushError::Trim)?;
    }
    if frames > 0 {
        info!(frames, elapsed_ms = started.elapsed().as_millis() as u64, "the log is replayed");
    }
    Ok(())
}

async fn replay_segment(inner: &Arc<Inner>, segment: SegmentReport, may_flush: bool) -> Result<usize, ReplayFailed> {
    let wal = inner.recovered_wal();
    let frames = tokio::task::spawn_blocking(move || read_frames(&segment, &wal)).await??;
    let lacks =
        |header: &FrameHeader| inner.views.lacks(&header.tenant, inner.decode.feeds(header.kind), header.number);
    let mut lacking = frames.into_iter().filter(|(header, _)| lacks(header));
    let mut count = 0;
    loop {
        let batch = take_batch(&mut lacking);
        if batch.is_empty() {
            return Ok(count);
        }
        count += batch.len();
        let decoder = Arc::clone(inner);
        let decoded = tokio::task::spawn_blocking(move || decode_all(&decoder, batch)).await??;
        decoded.iter().for_each(|(header, rows)| inner.catalogs.note(&header.tenant, rows, header.received_ns));
        inner.publish(decoded.into_iter().map(|(header, rows)| (header.number, header.tenant, rows)));
        if may_flush && inner.note_hot_size() >= inner.config.hot.bytes_max.as_u64() {
            flush::flush(inner).await?;
        }
    }
}

/// The next frames, until they are [`BATCH_BYTES`] together; at least one if there is one.
fn take_batch(frames: &mut impl Iterator<Item = (FrameHeader, Bytes)>) -> Vec<(FrameHeader, Bytes)> {
    let (mut batch, mut bytes) = (Vec::new(), 0);
    while bytes < BATCH_BYTES {
        let Some(frame) = frames.next() else { break };
        bytes += frame.1.len();
        batch.push(frame);
    }
    batch
}

fn decode_all(inner: &Inner, frames: Vec<(FrameHeader, Bytes)>) -> Result<Vec<(FrameHeader, Rows)>, ReplayFailed> {
    let decode = |(header, payload): (FrameHeader, Bytes)| match inner.decode.decode(&header, &payload) {
        Ok(rows) => Ok((header, rows)),
        Err(source) => Err(ReplayFailed::Decode { number: header.number, source }),
    };
    frames.into_iter().map(decode).collect()
}
