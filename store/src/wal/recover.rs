//! Reads a log after a stop of any kind: finds its end, refuses damage, repairs on demand, replays.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use thiserror::Error;
use tracing::warn;
use uuid::Uuid;

use super::frame::{FRAME_ALIGN, FRAME_MAGIC, Frame, FrameHeader, read_frame, u32_at, write_frame};
use super::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, list_segments, sync_dir};
use crate::ids::TenantId;

/// The kind of a frame that stands for frames which are lost; only repair writes it.
const KIND_VOID: u8 = 0;
const ID_FILE: &str = "id";
const QUARANTINE_DIR: &str = "quarantine";

/// Why a log cannot be opened.
#[derive(Debug, Error)]
pub enum RecoverError {
    #[error("failed to read the WAL at {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    BadFrame(#[from] BadFrame),
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
    /// The last frame that counts; 0 if there never was one.
    pub last: u64,
    pub segments: Vec<SegmentReport>,
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
pub(crate) fn recover(dir: &Path) -> Result<Recovery, RecoverError> {
    fs::create_dir_all(dir).map_err(at(dir))?;
    let wal = read_or_make_id(dir)?;
    drop_unfinished_segment(dir, wal)?;
    let recovery = scan(dir, wal)?;
    for segment in &recovery.segments {
        if segment.torn_bytes > 0 {
            warn!(path = %segment.path.display(), offset = segment.end, bytes = segment.torn_bytes,
                "cut a torn tail off the WAL, nothing in it was acknowledged");
        }
        if segment.file_bytes > segment.end {
            shorten(segment).map_err(at(&segment.path))?;
        }
    }
    Ok(recovery)
}

/// Reads the log in `dir` and changes nothing.
pub fn inspect(dir: &Path) -> Result<Recovery, RecoverError> {
    if !dir.exists() {
        return Ok(Recovery { wal: Uuid::nil(), last: 0, segments: Vec::new() });
    }
    let wal = read_id(dir)?.unwrap_or_default();
    scan(dir, wal)
}

fn shorten(segment: &SegmentReport) -> io::Result<()> {
    let file = File::options().write(true).open(&segment.path)?;
    file.set_len(segment.end)?;
    file.sync_all()
}

fn scan(dir: &Path, wal: Uuid) -> Result<Recovery, RecoverError> {
    let scans = scan_segments(dir, wal)?;
    let mut recovery = Recovery { wal, last: 0, segments: Vec::with_capacity(scans.len()) };
    for (i, scan) in scans.iter().enumerate() {
        if let Some(bad) = damage(&scans, i) {
            return Err(bad.into());
        }
        recovery.last = recovery.last.max(scan.last());
        recovery.segments.push(scan.report());
    }
    Ok(recovery)
}

/// A segment as read. `frames` are those that count.
struct Scan {
    path: PathBuf,
    header: SegmentHeader,
    bytes: Bytes,
    frames: Vec<Frame>,
    /// Offset behind the frames that can be read one after the other.
    end: usize,
    /// Whole frames found behind `end`.
    later: Vec<Frame>,
    /// Frames beyond this number were refused.
    limit: u64,
}

impl Scan {
    fn last(&self) -> u64 {
        self.frames.last().map_or(self.header.first - 1, |f| f.header.number)
    }

    fn report(&self) -> SegmentReport {
        let tail = &self.bytes[self.end.min(self.bytes.len())..];
        SegmentReport {
            path: self.path.clone(),
            first: self.header.first,
            last: self.last(),
            frames: self.frames.len(),
            end: self.end as u64,
            file_bytes: self.bytes.len() as u64,
            torn_bytes: tail.iter().rposition(|b| *b != 0).map_or(0, |at| at as u64 + 1),
        }
    }
}

fn scan_segments(dir: &Path, wal: Uuid) -> Result<Vec<Scan>, RecoverError> {
    let mut scans: Vec<Scan> = Vec::new();
    for (first, path) in list_segments(dir).map_err(at(dir))? {
        let bytes = Bytes::from(fs::read(&path).map_err(at(&path))?);
        let Some(header) = SegmentHeader::decode(&bytes).filter(|h| h.first == first) else {
            let last_lost = find_frames(&bytes, &wal, 0).last().map_or(first, |f| f.header.number);
            return Err(BadFrame { segment: path, offset: 0, first_lost: first, last_lost }.into());
        };
        if header.wal != wal {
            return Err(RecoverError::Foreign { path });
        }
        if let Some(previous) = scans.last_mut() {
            previous.limit = header.previous_last;
        }
        scans.push(Scan { path, header, bytes, frames: Vec::new(), end: 0, later: Vec::new(), limit: u64::MAX });
    }
    scans.iter_mut().for_each(find_end);
    Ok(scans)
}

fn find_end(scan: &mut Scan) {
    scan.end = SEGMENT_HEADER_BYTES;
    let mut last = scan.header.first - 1;
    while let Some((frame, next)) = read_frame(&scan.bytes, &scan.header.wal, scan.end) {
        if frame.header.number <= last || frame.header.number > scan.limit {
            return;
        }
        last = frame.header.number;
        scan.frames.push(frame);
        scan.end = next;
    }
    let limit = scan.limit;
    scan.later = find_frames(&scan.bytes, &scan.header.wal, scan.end + FRAME_ALIGN);
    scan.later.retain(|frame| frame.header.number > last && frame.header.number <= limit);
}

/// All whole frames at aligned offsets from `from` on.
fn find_frames(bytes: &Bytes, wal: &Uuid, from: usize) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut at = from.next_multiple_of(FRAME_ALIGN);
    while at + FRAME_ALIGN <= bytes.len() {
        if u32_at(bytes, at) != FRAME_MAGIC {
            at += FRAME_ALIGN;
            continue;
        }
        match read_frame(bytes, wal, at) {
            Some((frame, next)) => {
                frames.push(frame);
                at = next;
            }
            None => at += FRAME_ALIGN,
        }
    }
    frames
}

/// The acknowledged frames that segment `i` should hold and does not.
fn damage(scans: &[Scan], i: usize) -> Option<BadFrame> {
    let scan = &scans[i];
    let last = scan.last();
    let known_here = scan.later.iter().map(|frame| frame.durable).max().unwrap_or_default();
    let known_later = scans.get(i + 1).map_or(0, |next| next.header.previous_last);
    let known = known_here.max(known_later);
    if known <= last {
        return None;
    }
    let next_readable = scan.later.first().map_or(known + 1, |frame| frame.header.number);
    Some(BadFrame {
        segment: scan.path.clone(),
        offset: scan.end as u64,
        first_lost: last + 1,
        last_lost: (next_readable - 1).min(known).max(last + 1),
    })
}

/// The frames of a segment that count, in order.
pub(crate) fn read_frames(segment: &SegmentReport, wal: &Uuid) -> Result<Vec<(FrameHeader, Bytes)>, RecoverError> {
    let bytes = Bytes::from(fs::read(&segment.path).map_err(at(&segment.path))?);
    let mut frames = Vec::with_capacity(segment.frames);
    let mut offset = SEGMENT_HEADER_BYTES;
    while (offset as u64) < segment.end {
        let Some((frame, next)) = read_frame(&bytes, wal, offset) else { break };
        offset = next;
        if frame.header.kind != KIND_VOID {
            frames.push((frame.header, frame.payload));
        }
    }
    Ok(frames)
}

/// Makes a damaged log readable again: damaged segments are copied to `quarantine/` and written anew with every frame that
/// can still be read; a void frame stands for those that cannot. Returns what was lost.
pub fn repair(dir: &Path) -> Result<Vec<BadFrame>, RecoverError> {
    let mut lost = Vec::new();
    if !dir.exists() {
        return Ok(lost);
    }
    let wal = read_or_make_id(dir)?;
    drop_unfinished_segment(dir, wal)?;
    loop {
        match scan(dir, wal) {
            Ok(_) => return Ok(lost),
            Err(RecoverError::BadFrame(bad)) => {
                lost.extend(repair_segment(dir, wal, &bad)?);
            }
            Err(other) => return Err(other),
        }
    }
}

/// Writes a damaged segment anew; returns the gaps in it.
fn repair_segment(dir: &Path, wal: Uuid, bad: &BadFrame) -> Result<Vec<BadFrame>, RecoverError> {
    let bytes = Bytes::from(fs::read(&bad.segment).map_err(at(&bad.segment))?);
    let segments = list_segments(dir).map_err(at(dir))?;
    let first = segments.iter().find(|(_, path)| *path == bad.segment).map_or(bad.first_lost, |(first, _)| *first);
    let header = SegmentHeader::decode(&bytes)
        .filter(|header| header.first == first)
        .unwrap_or(SegmentHeader { wal, first, previous_last: first - 1 });
    let mut out = header.encode().to_vec();
    let mut gaps = Vec::new();
    let mut last = first - 1;
    let mut fill_gap = |out: &mut Vec<u8>, last: u64, upto: u64| {
        if upto > last {
            write_void(out, &wal, upto);
            gaps.push(BadFrame { first_lost: last + 1, last_lost: upto, ..bad.clone() });
        }
    };
    for frame in find_frames(&bytes, &wal, SEGMENT_HEADER_BYTES) {
        let number = frame.header.number;
        if number <= last {
            continue;
        }
        if frame.header.kind != KIND_VOID {
            fill_gap(&mut out, last, number - 1);
        }
        write_frame(&mut out, &wal, &frame.header, frame.durable, &frame.payload);
        last = number;
    }
    fill_gap(&mut out, last, bad.last_lost);
    replace_segment(dir, &bad.segment, &out).map_err(at(&bad.segment))?;
    Ok(gaps)
}

fn write_void(out: &mut Vec<u8>, wal: &Uuid, number: u64) {
    let header =
        FrameHeader { number, tenant: TenantId::default(), kind: KIND_VOID, encoding: 0, received_ns: 0 };
    write_frame(out, wal, &header, number - 1, &[]);
}

fn replace_segment(dir: &Path, segment: &Path, bytes: &[u8]) -> io::Result<()> {
    let quarantine = dir.join(QUARANTINE_DIR);
    fs::create_dir_all(&quarantine)?;
    let name = segment.file_name().unwrap_or_default().to_string_lossy();
    let kept = (0..).map(|n| quarantine.join(format!("{name}.{n}"))).find(|path| !path.exists());
    fs::copy(segment, kept.unwrap_or_else(|| quarantine.join(&*name)))?;
    sync_dir(&quarantine)?;
    write_durably(segment, bytes)
}

/// A crash while a segment was made leaves a file without a whole header; frames enter only behind a synced header.
fn drop_unfinished_segment(dir: &Path, wal: Uuid) -> Result<(), RecoverError> {
    let Some((_, path)) = list_segments(dir).map_err(at(dir))?.pop() else { return Ok(()) };
    let bytes = Bytes::from(fs::read(&path).map_err(at(&path))?);
    if SegmentHeader::decode(&bytes).is_some() || !find_frames(&bytes, &wal, 0).is_empty() {
        return Ok(());
    }
    warn!(path = %path.display(), "removed a WAL segment that a crash left without a header");
    fs::remove_file(&path).and_then(|()| sync_dir(dir)).map_err(at(&path))
}

fn read_id(dir: &Path) -> Result<Option<Uuid>, RecoverError> {
    let path = dir.join(ID_FILE);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let parsed = text.trim().parse().map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e));
            parsed.map(Some).map_err(at(&path))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(&path)(error)),
    }
}

fn read_or_make_id(dir: &Path) -> Result<Uuid, RecoverError> {
    if let Some(wal) = read_id(dir)? {
        return Ok(wal);
    }
    let path = dir.join(ID_FILE);
    let wal = Uuid::new_v4();
    write_durably(&path, wal.to_string().as_bytes()).map_err(at(&path))?;
    Ok(wal)
}

/// Replaces a file whole or not at all. When this returns the new content is on disk.
fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staged = path.with_extension("new");
    let mut file = File::create(&staged)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&staged, path)?;
    path.parent().map_or(Ok(()), sync_dir)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> RecoverError {
    let path = path.to_owned();
    move |source| RecoverError::Io { path, source }
}
