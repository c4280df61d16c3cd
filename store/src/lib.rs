//! What both halves of Spanloom share: identifiers, attribute values, table schemas with their batch builders, the
//! write-ahead log, hot rows, the lake (Delta Lake on Parquet), retention and the clock.
//!
//! This crate knows no wire protocol and no query language: bytes come in with rows already decoded, and rows go out.
//!
//! ```text
//! append -> WAL (group commit) -> hot rows -> ack          hot rows -> flush -> Parquet + Delta commit -> WAL trimmed
//! view   -> one consistent picture: lake snapshot + the hot rows that are not in it
//! feed   -> published spans in order, to whom keeps windows          closed windows -> Parquet + Delta commit, by revision
//! ```

/// Rows that are narrow in memory.
pub mod coded;
/// Many small files to few large ones.
mod compaction;
/// What can be set.
mod config;
/// Files and directories that survive a power cut.
mod disk;
/// Named places where tests let the write path die or fail.
pub mod fault;
/// Hands out published spans in their order.
mod feed;
/// Moves hot rows into the lake.
mod flush;
/// Exponential histograms of latencies.
pub mod histogram;
/// Rows that are acknowledged and not in the lake yet.
mod hot;
/// Which raw names are one identity.
pub mod identity;
/// Trace, span and tenant identifiers.
mod ids;
/// A tenant's tables as Delta Lake on Parquet.
mod lake;
/// The lakes of all tenants.
mod lakes;
/// Words, weights, sides and exemplars of the ledger.
pub mod ledger;
/// Keeps a second process out.
mod lock;
/// What the store counts about itself.
mod metrics;
/// Columns of lake files as their pages are encoded.
pub mod pages;
/// Sets damaged files aside so that the rest can be served.
mod repair;
/// Makes hot again what the log holds.
mod replay;
/// Drops old hours and deletes files.
mod retention;
/// Reads rows of lake files.
mod scan;
/// Tables, their schemas, builders and readers.
pub mod schema;
/// Reads the lake again, slowly.
mod scrub;
/// Metrics: series, their index, and their samples.
pub mod series;
/// The front door.
mod store;
/// Background work.
mod tasks;
/// The allow-list of tenants.
mod tenants;
/// Hours, buckets and the clock.
pub mod time;
/// Attribute values and their stored form.
pub mod value;
/// Checks every byte of a stopped lake.
mod verify;
/// What readers see.
mod view;
/// Requests as received, durable before they are acknowledged.
mod wal;
/// Writes closed windows into the lake.
mod windows;

pub use coded::CodedBatch;
pub use compaction::CompactionError;
pub use config::{
    CompactionConfig, Config, DiskBudget, HotConfig, LakeConfig, MetricsConfig, RetentionConfig, S3Config, WalConfig,
};
pub use feed::{FeedStart, PublishedSpans, SpanFeed};
pub use flush::FlushError;
pub use ids::{InvalidId, InvalidTenant, SpanId, TenantId, TraceId};
pub use lake::{ColumnRange, FileWindows, FrameRange, LakeError, LakeFile, LakeSnapshot, StatValue, WindowMark};
pub use lock::LockError;
pub use repair::{RepairReport, repair};
pub use replay::ReplayFailed;
pub use scan::{Keep, Scan, ScanError};
pub use schema::{MetricRows, NotedSeries, Rows, Table};
pub use store::{Append, AppendError, Decode, DecodeFailed, OpenError, Store};
pub use tenants::{TenantRefused, Tenants, TenantsConfig};
pub use time::{Clock, ManualClock, SystemClock};
pub use verify::{DamagedFile, TableReport, VerifyReport, verify};
pub use view::{TableView, TenantView};
pub use wal::{BadFrame, FrameHeader, RecoverError, SegmentReport};
pub use windows::{CommittedWindows, WindowRows, WindowsError};
