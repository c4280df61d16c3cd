//! What both halves of Spanloom share: identifiers, attribute values, table schemas with their batch builders, the
//! write-ahead log, hot rows, the lake (Delta Lake on Parquet), retention and the clock.
//!
//! This crate knows no wire protocol and no query language: bytes come in with rows already decoded, and rows go out.
//!
//! ```text
//! append -> WAL (group commit) -> hot rows -> ack          hot rows -> flush -> Parquet + Delta commit -> WAL trimmed
//! view   -> one consistent picture: lake snapshot + the hot rows that are not in it
//! ```

/// Trace, span and tenant identifiers.
mod ids;
/// Tables, their schemas, builders and readers.
pub mod schema;
/// Hours, buckets and the clock.
pub mod time;
/// Attribute values and their stored form.
pub mod value;

pub use ids::{InvalidId, InvalidTenant, SpanId, TenantId, TraceId};
pub use schema::{Rows, Table};
pub use time::{Clock, ManualClock, SystemClock};
