//! Makes a damaged log readable again.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use bytes::Bytes;
use uuid::Uuid;

use super::frame::{FrameHeader, KIND_VOID, write_frame};
use super::recover::{BadFrame, RecoverError, at, drop_unfinished_segment, read_or_make_id};
use super::scan::{find_frames, scan};
use super::segment::{SEGMENT_HEADER_BYTES, SegmentHeader, list_segments};
use crate::disk;
use crate::ids::TenantId;

const QUARANTINE_DIR: &str = "quarantine";

/// Copies damaged segments to `quarantine/` and writes them anew with every frame that can still be read; a void frame
/// stands for those that cannot. Returns what was lost.
pub fn repair(dir: &Path) -> Result<Vec<BadFrame>, RecoverError> {
    let mut lost = Vec::new();
    if !dir.exists() {
        return Ok(lost);
    }
    let wal = read_or_make_id(dir)?;
    drop_unfinished_segment(dir)?;
    loop {
        match scan(dir, wal) {
            Ok(_) => return Ok(lost),
            Err(RecoverError::BadFrame(bad)) => lost.extend(repair_segment(dir, wal, &bad)?),
            Err(other) => return Err(other),
        }
    }
}

/// Writes a damaged segment anew; returns the gaps in it.
fn repair_segment(dir: &Path, wal: Uuid, bad: &BadFrame) -> Result<Vec<BadFrame>, RecoverError> {
    let bytes = Bytes::from(fs::read(&bad.segment).map_err(at(&bad.segment))?);
    let segments = list_segments(dir).map_err(at(dir))?;
    let first = segments.iter().find(|(_, path)| *path == bad.segment).map_or(bad.first_lost, |(first, _)| *first);
    let header = SegmentHeader::decode(&bytes).filter(|header| header.first == first).unwrap_or(SegmentHeader {
        wal,
        first,
        previous_last: first - 1,
    });
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
    let header = FrameHeader { number, tenant: TenantId::default(), kind: KIND_VOID, encoding: 0, received_ns: 0 };
    write_frame(out, wal, &header, number - 1, &[]);
}

fn replace_segment(dir: &Path, segment: &Path, bytes: &[u8]) -> io::Result<()> {
    let quarantine = dir.join(QUARANTINE_DIR);
    disk::make_dirs(&quarantine)?;
    let name = segment.file_name().unwrap_or_default().to_string_lossy();
    let kept = (0..).map(|n| quarantine.join(format!("{name}.{n}"))).find(|path| !path.exists());
    let kept = kept.unwrap_or_else(|| quarantine.join(&*name));
    fs::copy(segment, &kept)?;
    File::open(&kept)?.sync_all()?;
    disk::sync_dir(&quarantine)?;
    disk::replace(segment, bytes)
}
