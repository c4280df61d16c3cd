//! The write-ahead log: requests as received, durable before they are acknowledged.
//!
//! One directory per shard holds segments, each named by the number of its first frame. Frames are numbered without end
//! through the life of the directory; the numbers are what the tables' commits refer to, so a frame enters a table exactly
//! once however often it is replayed.
//!
//! **Telling a torn tail from damage.** Frames are written in groups and acknowledged after one fdatasync. A crash may
//! leave any subset of the *last* group on disk, and none of that was acknowledged. So each frame says which frame was
//! known to be durable when it was written (`durable`), and the start of a segment says how far its predecessors count. A
//! bad frame with number n is a torn tail, and cut, unless something written later claims that n was durable: then
//! acknowledged data is damaged and start-up stops until `spanloom repair`.

mod frame;
mod recover;
mod repair;
mod scan;
mod segment;
mod thread;
mod writer;

pub use frame::FrameHeader;
pub(crate) use frame::PAYLOAD_BYTES_MAX;
pub use recover::{BadFrame, RecoverError, Recovery, SegmentReport, inspect};
pub(crate) use recover::{read_frames, recover};
pub use repair::repair;
pub(crate) use thread::{QueueRefusal, WalHandle, WalRequest, spawn};
pub(crate) use writer::{Pending, WalWriter};

#[cfg(test)]
mod tests;
