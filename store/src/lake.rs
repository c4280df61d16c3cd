//! The lake: each tenant's tables as Delta Lake tables of Parquet files.
//!
//! Files are sorted and cut by 5-minute bucket ([`file`]), committed exactly once per WAL range ([`table`]) or as states of
//! windows ([`window`]), and read through a file list that is kept in memory ([`snapshot`]). Tables lie on the local disk or
//! in a bucket ([`location`]); everything that a commit refers to is there before the commit is ([`storage`]).

pub(crate) mod action;
pub(crate) mod file;
pub(crate) mod location;
pub(crate) mod snapshot;
pub(crate) mod storage;
pub(crate) mod table;
pub(crate) mod window;

pub use snapshot::{ColumnRange, FrameRange, LakeFile, LakeSnapshot, StatValue};
pub use table::LakeError;
pub use window::{FileWindows, WindowMark};
