//! The lake: each tenant's tables as Delta Lake tables of Parquet files.
//!
//! Files are sorted and cut by 5-minute bucket ([`file`]), committed exactly once per WAL range ([`table`]), and read
//! through a file list that is kept in memory ([`snapshot`]). Everything that a commit refers to is on disk before the
//! commit is ([`storage`]).

mod action;
pub(crate) mod file;
pub(crate) mod snapshot;
pub(crate) mod storage;
pub(crate) mod table;

pub use snapshot::{ColumnRange, LakeFile, LakeSnapshot, StatValue};
pub use table::LakeError;
