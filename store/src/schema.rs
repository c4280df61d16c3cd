//! The tables: names, schemas, batch builders and readers. One file per table, so that a column is added in one place.
//!
//! Every schema here is part of the format (`docs/formats.md`): Int64 nanoseconds for times, Int64 halves for ids, no
//! unsigned, dictionary or timestamp columns, and the field names that Parquet itself uses for lists and maps.

pub mod columns;
pub mod edges;
pub mod identities;
pub mod operations;
pub mod promoted;
mod repeated;
pub mod spans;
pub mod traces;

use std::fmt;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

/// The tables of a tenant's lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Spans,
    Traces,
}

impl Table {
    pub const ALL: [Self; 2] = [Self::Spans, Self::Traces];

    /// The table's name in SQL and its directory below the tenant's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Traces => "traces",
        }
    }

    /// The schema of its hot batches and of what a scan of its lake files yields: `hour` first, then the file's columns.
    pub fn schema(self) -> SchemaRef {
        match self {
            Self::Spans => spans::schema(),
            Self::Traces => traces::schema(),
        }
    }

    /// Columns with minimum and maximum in the Delta log; readers prune files by them.
    pub const fn statistics_columns(self) -> &'static [&'static str] {
        match self {
            Self::Spans => &["start_ns", "duration_ns", "service_name", "status_code"],
            Self::Traces => &["start_ns", "end_ns"],
        }
    }

    /// Columns by which a file is sorted, first the most significant; `start_ns` is preceded by its 5-minute bucket.
    pub(crate) const fn sort(self) -> Sort {
        match self {
            Self::Spans => Sort::BucketServiceStart,
            Self::Traces => Sort::TraceId,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The order of rows inside a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    BucketServiceStart,
    TraceId,
}

/// The rows that one request puts into the tables.
#[derive(Debug, Clone)]
pub struct Rows {
    pub spans: RecordBatch,
    pub traces: RecordBatch,
}

impl Rows {
    /// Rows of a `spans` batch; the `traces` rows are derived from it.
    pub fn from_spans(spans: RecordBatch) -> Self {
        let traces = traces::from_spans(&spans);
        Self { spans, traces }
    }

    pub fn of(&self, table: Table) -> &RecordBatch {
        match table {
            Table::Spans => &self.spans,
            Table::Traces => &self.traces,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.spans.num_rows() == 0
    }
}
