//! The segment file: a header, then frames, then zeros up to its preallocated size.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::frame::{u32_at, u64_at};
use crate::{disk, fault};

const SEGMENT_MAGIC: &[u8; 8] = b"SPLOOMWL";
pub(crate) const SEGMENT_VERSION: u32 = 1;
pub(crate) const SEGMENT_HEADER_BYTES: usize = 64;
const SUFFIX: &str = ".wal";

/// The head of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// The identity of the log, made with its directory.
    pub wal: Uuid,
    /// Number of the first frame that may stand here.
    pub first: u64,
    /// The last acknowledged frame of all earlier segments: what they hold beyond it was refused and does not count.
    pub previous_last: u64,
}

impl SegmentHeader {
    pub fn encode(&self) -> [u8; SEGMENT_HEADER_BYTES] {
        let mut bytes = [0; SEGMENT_HEADER_BYTES];
        bytes[..8].copy_from_slice(SEGMENT_MAGIC);
        bytes[8..12].copy_from_slice(&SEGMENT_VERSION.to_le_bytes());
        bytes[16..32].copy_from_slice(self.wal.as_bytes());
        bytes[32..40].copy_from_slice(&self.first.to_le_bytes());
        bytes[40..48].copy_from_slice(&self.previous_last.to_le_bytes());
        let crc = header_crc(&bytes);
        bytes[12..16].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// The version of an undamaged head. Magic, version, length and checksum of a head are the same in every version.
    pub fn version(bytes: &[u8]) -> Option<u32> {
        let bytes = bytes.get(..SEGMENT_HEADER_BYTES)?;
        let is_whole = &bytes[..8] == SEGMENT_MAGIC && u32_at(bytes, 12) == header_crc(bytes);
        is_whole.then(|| u32_at(bytes, 8))
    }

    /// `None` if this is not the undamaged head of a segment of the version that this program reads.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if Self::version(bytes) != Some(SEGMENT_VERSION) {
            return None;
        }
        let wal = Uuid::from_slice(&bytes[16..32]).ok()?;
        Some(Self { wal, first: u64_at(bytes, 32), previous_last: u64_at(bytes, 40) })
    }
}

fn header_crc(bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..12]);
    hasher.update(&bytes[16..SEGMENT_HEADER_BYTES]);
    hasher.finalize()
}

/// The path of the segment whose first frame is `first`.
pub(crate) fn segment_path(dir: &Path, first: u64) -> PathBuf {
    dir.join(format!("{first:020}{SUFFIX}"))
}

/// The segments of a directory by the number in their names.
pub(crate) fn list_segments(dir: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut segments = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let number = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(SUFFIX)?.parse().ok());
        if let Some(number) = number {
            segments.push((number, path));
        }
    }
    segments.sort_unstable();
    Ok(segments)
}

/// Makes a preallocated segment. When this returns, file, header and directory entry are on disk.
pub(crate) fn create_segment(dir: &Path, header: &SegmentHeader, bytes: u64) -> io::Result<File> {
    fault::point("wal.new_segment")?;
    let path = segment_path(dir, header.first);
    let created = (|| {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&path)?;
        allocate(&file, bytes)?;
        file.write_all_at(&header.encode(), 0)?;
        file.sync_all()?;
        disk::sync_dir(dir)?;
        Ok(file)
    })();
    if created.is_err() {
        // A half-made segment would only have to be told from a torn one at the next start.
        let _ = std::fs::remove_file(&path);
    }
    created
}

/// Reserves disk blocks, so that a full disk is met here and not in the middle of a group.
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    use std::os::fd::AsRawFd as _;
    let length = libc::off_t::try_from(bytes).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open for the whole call; posix_fallocate touches no memory of ours.
    #[allow(unsafe_code)]
    let code = unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, length) };
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code)) }
}
