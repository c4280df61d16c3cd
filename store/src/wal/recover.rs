//! Reads a log after a stop of any kind: finds its end, refuses damage, gives out its frames.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use thiserror::Error;
use tracing::warn;
use uuid::Uuid;

use super::frame::{FrameHeader, KIND_VOID, read_frame};
use super::scan::{read_header, scan};
use super::segment::{SEGMENT_HEADER_BYTES, SEGMENT_VERSION, SegmentHeader, list_segments};
use crate::disk;

const ID_FILE: &str = "id";

/// Why a log cannot be opened.
#[derive(Debug, Error)]
pub enum RecoverError {
    #[error("failed to read the WAL at {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    BadFrame(#[from] BadFrame),
    #[error("{} has version {version} of the WAL's format, this program knows {SEGMENT_VERSION}", path.display())]
    Version { path: PathBuf, version: u32 },
    #[error("{} belongs to another WAL than its directory", path.display())]
    Foreign { path: PathBuf },
}

/// Damage that cost acknowledged frames.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "{} is damaged at byte {offset}: acknowledged frames {first_lost} to {last_lost} cannot be read; \
     `spanloom repair` sets the damaged file aside and goes on without them",
    segment.display()
)]
pub struct BadFrame {
    pub segment: PathBuf,
    pub offset: u64,
    pub first_lost: u64,
    pub last_lost: u64,
}

/// What a log holds.
#[derive(Debug)]
pub struct Recovery {
    /// The identity of the log.
    pub wal: Uuid,
    pub segments: Vec<SegmentReport>,
}

impl Recovery {
    /// The last frame that counts; 0 if there never was one.
    pub fn last(&self) -> u64 {
        self.segments.iter().map(|segment| segment.last).max().unwrap_or_default()
    }
}

/// What a segment holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentReport {
    pub path: PathBuf,
    pub first: u64,
    /// The last frame that counts; `first - 1` if none does.
    pub last: u64,
    pub frames: usize,
    /// Where the frames that count end.
    pub end: u64,
    pub file_bytes: u64,
    /// Bytes behind the end that were written and never acknowledged.
    pub torn_bytes: u64,
}

/// Opens the log in `dir`, making it if there is none. Removes what a crash left unfinished; changes no acknowledged frame.
/// When this returns, the frames that count are on disk even if nobody ever synced them.
pub(crate) fn recover(dir: &Path) -> Result<Recovery, RecoverError> {
    disk::make_dirs(dir).map_err(at(dir))?;
    let wal = read_or_make_id(dir)?;
    drop_unfinished_segment(dir)?;
    let segments = scan(dir, wal)?;
    for segment in &segments {
        if segment.torn_bytes > 0 {
            warn!(path = %segment.path.display(), offset = segment.end, bytes = segment.torn_bytes,
                "cut a torn tail off the WAL, nothing in it was acknowledged");
        }
        settle(segment).map_err(at(&segment.path))?;
    }
    // A process that was killed while it made the directory may not have synced it.
    for made in dir.ancestors().take(3) {
        disk::sync_dir(made).map_err(at(made))?;
    }
    Ok(Recovery { wal, segments })
}

/// Reads the log in `dir` and changes nothing.
pub fn inspect(dir: &Path) -> Result<Recovery, RecoverError> {
    if !dir.exists() {
        return Ok(Recovery { wal: Uuid::nil(), segments: Vec::new() });
    }
    let wal = read_id(dir)?.unwrap_or_default();
    Ok(Recovery { wal, segments: scan(dir, wal)? })
}

/// Cuts a segment behind its last frame. What a killed process wrote and did not sync counts from now on, so it is synced:
/// the next segment will say that it was acknowledged.
fn settle(segment: &SegmentReport) -> io::Result<()> {
    let file = File::options().write(true).open(&segment.path)?;
    if segment.file_bytes > segment.end {
        file.set_len(segment.end)?;
    }
    file.sync_all()
}

/// The frames of a segment that count, in order.
pub(crate) fn read_frames(segment: &SegmentReport, wal: &Uuid) -> Result<Vec<(FrameHeader, Bytes)>, RecoverError> {
    let bytes = Bytes::from(fs::read(&segment.path).map_err(at(&segment.path))?);
    let mut frames = Vec::with_capacity(segment.frames);
    let (mut offset, mut last) = (SEGMENT_HEADER_BYTES, segment.first - 1);
    while (offset as u64) < segment.end {
        let Some((frame, next)) = read_frame(&bytes, wal, offset) else {
            // It could be read a moment ago.
            let (segment, last_lost) = (segment.path.clone(), segment.last);
            return Err(BadFrame { segment, offset: offset as u64, first_lost: last + 1, last_lost }.into());
        };
        (offset, last) = (next, frame.header.number);
        if frame.header.kind != KIND_VOID {
            frames.push((frame.header, frame.payload));
        }
    }
    Ok(frames)
}

/// A crash while a segment was made leaves a file without a whole header; frames enter only behind a synced header.
pub(super) fn drop_unfinished_segment(dir: &Path) -> Result<(), RecoverError> {
    let Some((_, path)) = list_segments(dir).map_err(at(dir))?.pop() else { return Ok(()) };
    if read_header(&path)?.is_some() {
        return Ok(());
    }
    let bytes = fs::read(&path).map_err(at(&path))?;
    let is_untouched = bytes.iter().skip(SEGMENT_HEADER_BYTES).all(|byte| *byte == 0);
    if !is_untouched {
        return Ok(());
    }
    warn!(path = %path.display(), "removed a WAL segment that a crash left without a header");
    fs::remove_file(&path).and_then(|()| disk::sync_dir(dir)).map_err(at(&path))
}

fn read_id(dir: &Path) -> Result<Option<Uuid>, RecoverError> {
    let path = dir.join(ID_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let parsed = text.trim().parse().map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e));
            parsed.map(Some).map_err(at(&path))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => id_of_segments(dir),
        Err(error) => Err(at(&path)(error)),
    }
}

/// Every segment says which log it belongs to, so that a lost id file loses nothing.
fn id_of_segments(dir: &Path) -> Result<Option<Uuid>, RecoverError> {
    for (_, path) in list_segments(dir).map_err(at(dir))? {
        if let Some(SegmentHeader { wal, .. }) = read_header(&path)? {
            return Ok(Some(wal));
        }
    }
    Ok(None)
}

pub(super) fn read_or_make_id(dir: &Path) -> Result<Uuid, RecoverError> {
    let path = dir.join(ID_FILE);
    let wal = read_id(dir)?.unwrap_or_else(Uuid::new_v4);
    if !path.exists() {
        disk::replace(&path, wal.to_string().as_bytes()).map_err(at(&path))?;
    }
    Ok(wal)
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> RecoverError {
    let path = path.to_owned();
    move |source| RecoverError::Io { path, source }
}
