//! The frame: one request in the log. Layout in `docs/formats.md`; all numbers little-endian.

use bytes::Bytes;
use uuid::Uuid;

use crate::ids::TenantId;

pub(crate) const FRAME_MAGIC: u32 = u32::from_le_bytes(*b"SPLF");
pub(crate) const FRAME_VERSION: u8 = 1;
pub(crate) const FRAME_HEADER_BYTES: usize = 40;
/// Frames start at multiples of this.
pub(crate) const FRAME_ALIGN: usize = 8;
/// The largest payload. A bound for what a length field may claim, well above any request that admission lets through.
pub(crate) const PAYLOAD_BYTES_MAX: usize = 1 << 30;

/// The kind of a frame that stands for frames which are lost; only repair writes it.
pub(crate) const KIND_VOID: u8 = 0;

/// What a frame says about its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameHeader {
    pub number: u64,
    pub tenant: TenantId,
    /// What the payload is, as the crate that decodes it numbers its kinds.
    pub kind: u8,
    /// How the payload is encoded, as the crate that decodes it numbers its encodings.
    pub encoding: u8,
    pub received_ns: i64,
}

/// A frame as read: header, payload and the number that was durable when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub header: FrameHeader,
    pub durable: u64,
    pub payload: Bytes,
}

/// Bytes that a frame takes in a segment.
pub(crate) fn frame_bytes(tenant: &TenantId, payload: usize) -> usize {
    (FRAME_HEADER_BYTES + tenant.as_str().len() + payload).next_multiple_of(FRAME_ALIGN)
}

/// Appends a frame to `out`, padded to [`FRAME_ALIGN`].
pub(crate) fn write_frame(out: &mut Vec<u8>, wal: &Uuid, header: &FrameHeader, durable: u64, payload: &[u8]) {
    let start = out.len();
    let tenant = header.tenant.as_str().as_bytes();
    out.extend_from_slice(&FRAME_MAGIC.to_le_bytes());
    out.extend_from_slice(&[FRAME_VERSION, header.kind, header.encoding, tenant.len() as u8]);
    out.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    let crc_at = out.len();
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&header.number.to_le_bytes());
    out.extend_from_slice(&durable.to_le_bytes());
    out.extend_from_slice(&header.received_ns.to_le_bytes());
    out.extend_from_slice(tenant);
    out.extend_from_slice(payload);
    let crc = crc_of(wal, &out[start..]);
    out[crc_at..crc_at + 4].copy_from_slice(&crc.to_le_bytes());
    out.resize(start + (out.len() - start).next_multiple_of(FRAME_ALIGN), 0);
}

/// Reads the frame that starts at `at`; `None` if there is no whole and undamaged one. Returns the offset behind it.
pub(crate) fn read_frame(segment: &Bytes, wal: &Uuid, at: usize) -> Option<(Frame, usize)> {
    let header = segment.get(at..at + FRAME_HEADER_BYTES)?;
    if u32_at(header, 0) != FRAME_MAGIC || header[4] != FRAME_VERSION {
        return None;
    }
    let (tenant_len, payload_len) = (header[7] as usize, u32_at(header, 8) as usize);
    if tenant_len > TenantId::LEN_MAX || payload_len > PAYLOAD_BYTES_MAX {
        return None;
    }
    let tenant_at = at + FRAME_HEADER_BYTES;
    let payload_at = tenant_at + tenant_len;
    let end = payload_at + payload_len;
    if crc_of(wal, segment.get(at..end)?) != u32_at(header, 12) {
        return None;
    }
    let tenant = std::str::from_utf8(&segment[tenant_at..payload_at]).ok()?.parse().ok()?;
    let frame = Frame {
        header: FrameHeader {
            number: u64_at(header, 16),
            tenant,
            kind: header[5],
            encoding: header[6],
            received_ns: u64_at(header, 32) as i64,
        },
        durable: u64_at(header, 24),
        payload: segment.slice(payload_at..end),
    };
    Some((frame, at + (end - at).next_multiple_of(FRAME_ALIGN)))
}

/// CRC-32 of the log's identity and the frame but for the field that holds it. The identity is there so that nobody can
/// send a payload which, torn in the middle, would be taken for frames.
fn crc_of(wal: &Uuid, frame: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(wal.as_bytes());
    hasher.update(&frame[..12]);
    hasher.update(&frame[16..]);
    hasher.finalize()
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].try_into().map(u32::from_le_bytes).unwrap_or_default()
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].try_into().map(u64::from_le_bytes).unwrap_or_default()
}
