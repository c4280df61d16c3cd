//! The tables: names, schemas, batch builders and readers. One file per table, so that a column is added in one place.
//!
//! Every schema here is part of the format (`docs/formats.md`): Int64 nanoseconds for times, Int64 halves for ids, no
//! unsigned, dictionary or timestamp columns, and the field names that Parquet itself uses for lists and maps.

pub mod attributes;
pub mod columns;
pub mod edges;
pub mod exemplars;
pub mod histograms;
pub mod identities;
pub(crate) mod index;
pub mod measures;
pub mod operations;
pub mod promoted;
mod repeated;
mod rows;
pub mod samples;
pub mod series;
pub mod spans;
pub mod traces;
pub(crate) mod window;

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{Fields, Schema, SchemaRef};

pub use self::rows::{MetricRows, NotedSeries, Rows};
use crate::time::HOUR_NS;

const SECOND_NS: i64 = 1_000_000_000;

/// The tables of a tenant's lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    Spans,
    Traces,
    Edges,
    Edges1m,
    Edges10m,
    Operations,
    Identities,
    Attributes,
    Series,
    Samples,
    Histograms,
    Exemplars,
}

impl Table {
    pub const ALL: [Self; 12] = [
        Self::Spans,
        Self::Traces,
        Self::Edges,
        Self::Edges1m,
        Self::Edges10m,
        Self::Operations,
        Self::Identities,
        Self::Attributes,
        Self::Series,
        Self::Samples,
        Self::Histograms,
        Self::Exemplars,
    ];
    /// The tables that the log feeds, through hot rows.
    pub const LOGGED: [Self; 5] = [Self::Spans, Self::Traces, Self::Samples, Self::Histograms, Self::Exemplars];
    /// The tables that a flush writes, in this order: what is derived from hot rows before those may go, and what samples
    /// are called before the samples.
    pub const FLUSHED: [Self; 7] =
        [Self::Attributes, Self::Spans, Self::Traces, Self::Series, Self::Samples, Self::Histograms, Self::Exemplars];
    /// The tables whose rows are of metric series.
    pub const METRICS: [Self; 3] = [Self::Samples, Self::Histograms, Self::Exemplars];
    /// The tables of windows, which are written whole when they close and again when late rows touch them.
    pub const WINDOWED: [Self; 5] = [Self::Edges, Self::Edges1m, Self::Edges10m, Self::Operations, Self::Identities];

    /// The table's name in SQL and its directory below the tenant's.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spans => "spans",
            Self::Traces => "traces",
            Self::Edges => "edges",
            Self::Edges1m => "edges_1m",
            Self::Edges10m => "edges_10m",
            Self::Operations => "operations",
            Self::Identities => "identities",
            Self::Attributes => "attributes",
            Self::Series => "series",
            Self::Samples => "samples",
            Self::Histograms => "histograms",
            Self::Exemplars => "exemplars",
        }
    }

    /// The schema of its hot batches and of what a scan of its lake files yields: `hour` first, then the file's columns.
    pub fn schema(self) -> SchemaRef {
        match self {
            Self::Spans => spans::schema(),
            Self::Traces => traces::schema(),
            Self::Edges | Self::Edges1m | Self::Edges10m => edges::schema(),
            Self::Operations => operations::schema(),
            Self::Identities => identities::schema(),
            Self::Attributes => attributes::schema(),
            Self::Series => series::schema(),
            Self::Samples => samples::schema(),
            Self::Histograms => histograms::schema(),
            Self::Exemplars => exemplars::schema(),
        }
    }

    /// The columns of its lake files: without `hour`, which stands in the path. Files do not name our types in memory, so
    /// that a Parquet reader that shall yield them is given this schema.
    pub fn file_schema(self) -> SchemaRef {
        let schema = self.schema();
        let in_file = schema.fields().iter().filter(|field| field.name() != "hour");
        Arc::new(Schema::new(in_file.cloned().collect::<Fields>()))
    }

    /// The length of the table's windows; `None` if a flush writes it. An hour, the partition, is a multiple of each.
    pub const fn window_length_ns(self) -> Option<i64> {
        match self {
            Self::Spans
            | Self::Traces
            | Self::Attributes
            | Self::Series
            | Self::Samples
            | Self::Histograms
            | Self::Exemplars => None,
            Self::Edges => Some(10 * SECOND_NS),
            Self::Edges1m | Self::Operations => Some(60 * SECOND_NS),
            Self::Edges10m => Some(600 * SECOND_NS),
            Self::Identities => Some(HOUR_NS),
        }
    }

    /// Columns with minimum and maximum in the Delta log; readers prune files by them.
    pub const fn statistics_columns(self) -> &'static [&'static str] {
        match self {
            Self::Spans => &["start_ns", "duration_ns", "service_name", "status_code"],
            Self::Traces => &["start_ns", "end_ns"],
            Self::Attributes => &["start_ns"],
            Self::Series => &["metric_id"],
            Self::Samples | Self::Histograms | Self::Exemplars => &["time_ns", "metric_id"],
            Self::Edges | Self::Edges1m | Self::Edges10m | Self::Operations | Self::Identities => &["window_ns"],
        }
    }

    /// Columns by which a file is sorted, first the most significant; `start_ns` is preceded by its 5-minute bucket.
    pub(crate) const fn sort(self) -> Sort {
        match self {
            Self::Spans => Sort::BucketServiceStart,
            Self::Traces => Sort::TraceId,
            Self::Edges | Self::Edges1m | Self::Edges10m => Sort::Columns(edges::KEY_COLUMNS),
            Self::Operations => Sort::Columns(operations::KEY_COLUMNS),
            Self::Identities => Sort::Columns(identities::KEY_COLUMNS),
            Self::Attributes => Sort::Columns(attributes::SORT_COLUMNS),
            Self::Series => Sort::Columns(series::SORT_COLUMNS),
            Self::Samples => Sort::Series,
            Self::Histograms => Sort::Columns(histograms::SORT_COLUMNS),
            Self::Exemplars => Sort::Columns(exemplars::SORT_COLUMNS),
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
    /// By series and time; there are many rows.
    Series,
    /// Ascending by each, nulls first.
    Columns(&'static [&'static str]),
}

impl Table {
    /// The column with the event time of rows of a table that a flush writes; files are cut by it.
    pub(crate) const fn time_column(self) -> &'static str {
        match self {
            Self::Series | Self::Samples | Self::Histograms | Self::Exemplars => "time_ns",
            _ => "start_ns",
        }
    }
}
