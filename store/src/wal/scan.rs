//! Finds where a log ends, segment by segment, and what in it is damaged. One segment is in memory at a time.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use uuid::Uuid;

use super::frame::{FRAME_ALIGN, FRAME_MAGIC, Frame, read_frame, u32_at};
use super::recover::{BadFrame, RecoverError, SegmentReport, at};
use super::segment::{SEGMENT_HEADER_BYTES, SEGMENT_VERSION, SegmentHeader, list_segments};

/// The segments of a log and what each holds.
pub(super) fn scan(dir: &Path, wal: Uuid) -> Result<Vec<SegmentReport>, RecoverError> {
    let heads = read_heads(dir, wal)?;
    let claims = heads.iter().skip(1).map(|next| Some(next.header.previous_last)).chain([None]);
    heads.iter().zip(claims).map(|(head, claim)| scan_segment(head, claim)).collect()
}

struct Head {
    path: PathBuf,
    header: SegmentHeader,
}

fn read_heads(dir: &Path, wal: Uuid) -> Result<Vec<Head>, RecoverError> {
    let mut heads = Vec::new();
    for (first, path) in list_segments(dir).map_err(at(dir))? {
        let Some(header) = read_header(&path)?.filter(|header| header.first == first) else {
            let bytes = Bytes::from(fs::read(&path).map_err(at(&path))?);
            let last_lost = find_frames(&bytes, &wal, 0).last().map_or(first, |frame| frame.header.number);
            return Err(BadFrame { segment: path, offset: 0, first_lost: first, last_lost }.into());
        };
        if header.wal != wal {
            return Err(RecoverError::Foreign { path });
        }
        heads.push(Head { path, header });
    }
    Ok(heads)
}

/// The header of a segment, if it is whole. One of another version is no damage, and nothing to repair.
pub(super) fn read_header(path: &Path) -> Result<Option<SegmentHeader>, RecoverError> {
    let mut bytes = Vec::with_capacity(SEGMENT_HEADER_BYTES);
    let file = File::open(path).map_err(at(path))?;
    file.take(SEGMENT_HEADER_BYTES as u64).read_to_end(&mut bytes).map_err(at(path))?;
    match SegmentHeader::version(&bytes) {
        Some(version) if version != SEGMENT_VERSION => Err(RecoverError::Version { path: path.to_owned(), version }),
        _ => Ok(SegmentHeader::decode(&bytes)),
    }
}

/// Reads a segment up to the last frame that counts. `claim` is what the next segment says: frames up to that number were
/// acknowledged, those beyond it were refused.
fn scan_segment(head: &Head, claim: Option<u64>) -> Result<SegmentReport, RecoverError> {
    let Head { path, header } = head;
    let bytes = Bytes::from(fs::read(path).map_err(at(path))?);
    let limit = claim.unwrap_or(u64::MAX);
    let (mut last, mut frames, mut end) = (header.first - 1, 0, SEGMENT_HEADER_BYTES);
    while let Some((frame, next)) = read_frame(&bytes, &header.wal, end) {
        if frame.header.number <= last || frame.header.number > limit {
            break;
        }
        (last, frames, end) = (frame.header.number, frames + 1, next);
    }
    let mut later = find_frames(&bytes, &header.wal, end + FRAME_ALIGN);
    later.retain(|frame| frame.header.number > last && frame.header.number <= limit);
    if let Some(bad) = damage(path, last, end, &later, claim) {
        return Err(bad.into());
    }
    let tail = bytes.get(end..).unwrap_or_default();
    Ok(SegmentReport {
        path: path.clone(),
        first: header.first,
        last,
        frames,
        end: end as u64,
        file_bytes: bytes.len() as u64,
        torn_bytes: tail.iter().rposition(|byte| *byte != 0).map_or(0, |at| at as u64 + 1),
    })
}

/// The acknowledged frames that should come after `last` and cannot be read. `later` are whole frames behind the bad one.
fn damage(path: &Path, last: u64, end: usize, later: &[Frame], claim: Option<u64>) -> Option<BadFrame> {
    let known = later.iter().map(|frame| frame.durable).chain(claim).max().unwrap_or_default();
    if known <= last {
        return None;
    }
    let next_readable = later.first().map_or(known + 1, |frame| frame.header.number);
    let last_lost = (next_readable - 1).min(known).max(last + 1);
    Some(BadFrame { segment: path.to_owned(), offset: end as u64, first_lost: last + 1, last_lost })
}

/// All whole frames at aligned offsets from `from` on.
pub(super) fn find_frames(bytes: &Bytes, wal: &Uuid, from: usize) -> Vec<Frame> {
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
