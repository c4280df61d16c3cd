//! Appends groups of frames and makes them durable.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tracing::warn;
use uuid::Uuid;

use super::frame::{FrameHeader, frame_bytes, write_frame};
use super::recover::Recovery;
use super::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, create_segment, segment_path};
use crate::ids::TenantId;
use crate::{disk, fault};

/// Memory that stays reserved between groups.
const BUFFER_KEPT_BYTES: usize = 8 << 20;

/// A request to append, without its number.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub tenant: TenantId,
    pub kind: u8,
    pub encoding: u8,
    pub received_ns: i64,
    pub payload: Bytes,
}

/// The one writer of a shard's log.
#[derive(Debug)]
pub(crate) struct WalWriter {
    dir: PathBuf,
    wal: Uuid,
    segment_bytes: u64,
    /// The segment that is written, unless a failure ended it or none was begun since the start.
    current: Option<Current>,
    /// Earlier segments, oldest first, with their last frame.
    closed: VecDeque<Closed>,
    next: u64,
    durable: u64,
    /// Frames up to this one are in the tables.
    trimmed: u64,
    buffer: Vec<u8>,
}

#[derive(Debug)]
struct Current {
    file: File,
    first: u64,
    offset: u64,
    bytes: u64,
}

#[derive(Debug)]
struct Closed {
    first: u64,
    last: u64,
    bytes: u64,
}

impl WalWriter {
    /// Continues after what recovery found. The first append begins a new segment, so that nothing read is written again.
    ///
    /// Numbers go on after `committed`, too, the newest frame that any table has: were they to start again, as they would
    /// if somebody removed the segments, the tables would take new frames for old ones and skip them.
    pub fn new(dir: &Path, recovery: &Recovery, committed: u64, segment_bytes: u64) -> Self {
        // An empty segment has used up the number in its name: a second one of that name would take its place.
        let named = recovery.segments.iter().map(|segment| segment.first).max().unwrap_or_default();
        let durable = recovery.last();
        let closed = recovery.segments.iter().map(|s| Closed { first: s.first, last: s.last, bytes: s.file_bytes });
        Self {
            dir: dir.to_owned(),
            wal: recovery.wal,
            segment_bytes,
            current: None,
            closed: closed.collect(),
            next: 1 + durable.max(named).max(committed),
            durable,
            trimmed: 0,
            buffer: Vec::new(),
        }
    }

    /// Appends frames and syncs. For each the number under which it is now durable, or why it was refused; a refused frame
    /// may still be found by a replay (its sender was told to resend), an accepted one is found by every replay until it
    /// is trimmed.
    pub fn append(&mut self, group: &[Pending]) -> Vec<io::Result<u64>> {
        let mut results = Vec::with_capacity(group.len());
        while results.len() < group.len() {
            let rest = &group[results.len()..];
            let run = match self.room_for(rest) {
                Ok(run) => run,
                Err(error) => {
                    results.extend(rest.iter().map(|_| Err(copy(&error))));
                    break;
                }
            };
            self.append_run(&rest[..run], &mut results);
        }
        results
    }

    /// How many frames fit into the current segment: at least one, in a new segment if need be.
    fn room_for(&mut self, frames: &[Pending]) -> io::Result<usize> {
        let fitting = self.fitting(frames);
        if fitting > 0 {
            return Ok(fitting);
        }
        let first_frame = frames.first().map_or(0, |f| frame_bytes(&f.tenant, f.payload.len()));
        self.begin_segment(first_frame as u64)?;
        Ok(self.fitting(frames).max(1))
    }

    fn fitting(&self, frames: &[Pending]) -> usize {
        let Some(current) = &self.current else { return 0 };
        let mut room = current.bytes - current.offset;
        let fits = |frame: &&Pending| {
            let bytes = frame_bytes(&frame.tenant, frame.payload.len()) as u64;
            let fits = bytes <= room;
            room = room.saturating_sub(bytes);
            fits
        };
        frames.iter().take_while(fits).count()
    }

    fn begin_segment(&mut self, first_frame_bytes: u64) -> io::Result<()> {
        self.close_current();
        let bytes = self.segment_bytes.max(SEGMENT_HEADER_BYTES as u64 + first_frame_bytes);
        let header = SegmentHeader { wal: self.wal, first: self.next, previous_last: self.durable };
        let file = create_segment(&self.dir, &header, bytes)?;
        self.current = Some(Current { file, first: self.next, offset: SEGMENT_HEADER_BYTES as u64, bytes });
        Ok(())
    }

    /// Ends the current segment and gives its unused bytes back. The next append begins another.
    pub fn close(&mut self) {
        self.close_current();
    }

    fn close_current(&mut self) {
        let Some(current) = self.current.take() else { return };
        // Gives the unused part back; the frames in it are durable, so a failure costs only space.
        if let Err(error) = current.file.set_len(current.offset) {
            warn!(%error, first = current.first, "failed to shorten a WAL segment");
        }
        self.closed.push_back(Closed { first: current.first, last: self.durable, bytes: current.offset });
    }

    fn append_run(&mut self, run: &[Pending], results: &mut Vec<io::Result<u64>>) {
        let first = self.next;
        // The numbers are used up even by a failed run: a frame that may stand on disk must not share its number.
        self.next += run.len() as u64;
        match self.write_and_sync(run, first) {
            Ok(()) => {
                self.durable = self.next - 1;
                results.extend((first..self.next).map(Ok));
            }
            Err(error) => {
                warn!(%error, first, frames = run.len(), "failed to write to the WAL, the batches are refused");
                results.extend(run.iter().map(|_| Err(copy(&error))));
                // After a failed fdatasync the page cache may claim what the disk does not hold: never retried here.
                self.close_current();
            }
        }
    }

    fn write_and_sync(&mut self, run: &[Pending], first: u64) -> io::Result<()> {
        let current = self.current.as_mut().ok_or_else(|| io::Error::other("no segment was begun"))?;
        self.buffer.clear();
        for (number, frame) in (first..).zip(run) {
            let header = FrameHeader {
                number,
                tenant: frame.tenant.clone(),
                kind: frame.kind,
                encoding: frame.encoding,
                received_ns: frame.received_ns,
            };
            write_frame(&mut self.buffer, &self.wal, &header, self.durable, &frame.payload);
        }
        fault::point("wal.append")?;
        current.file.write_all_at(&self.buffer, current.offset)?;
        fault::point("wal.before_sync")?;
        current.file.sync_data()?;
        fault::point("wal.after_sync")?;
        current.offset += self.buffer.len() as u64;
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER_KEPT_BYTES);
        Ok(())
    }

    /// Removes the segments whose frames all have numbers up to `through`. When this returns the removal is durable.
    pub fn trim(&mut self, through: u64) -> io::Result<()> {
        self.trimmed = self.trimmed.max(through);
        if self.current.is_some() && self.durable <= through {
            self.close_current();
        }
        let mut removed = false;
        // The newest segment stays even if it is empty: it alone remembers how far the numbers went.
        while self.closed.len() > usize::from(self.current.is_none()) {
            let Some(oldest) = self.closed.front().filter(|oldest| oldest.last <= through) else { break };
            match std::fs::remove_file(segment_path(&self.dir, oldest.first)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => removed = true,
            }
            self.closed.pop_front();
        }
        if removed { disk::sync_dir(&self.dir) } else { Ok(()) }
    }

    /// Bytes of all segments on disk.
    pub fn bytes(&self) -> u64 {
        self.closed.iter().map(|c| c.bytes).sum::<u64>() + self.current.as_ref().map_or(0, |c| c.bytes)
    }

    /// Bytes of segments with frames that are not in the tables. The newest segment stays on disk and does not count then.
    pub fn backlog_bytes(&self) -> u64 {
        let waiting = self.closed.iter().filter(|closed| closed.last > self.trimmed);
        waiting.map(|c| c.bytes).sum::<u64>() + self.current.as_ref().map_or(0, |c| c.offset)
    }

    pub fn segments(&self) -> usize {
        self.closed.len() + usize::from(self.current.is_some())
    }
}

fn copy(error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), error.to_string())
}
