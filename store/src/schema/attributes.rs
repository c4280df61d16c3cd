//! Table `attributes`: which keys and values attributes have, per service and 5 minutes, for whoever types a query.
//!
//! Rows are derived from the spans of a flush. A key has one row without a value, which says how often it was there and
//! about how many different values it had; and a row for each value that is worth proposing. Rows of one key and window
//! from several flushes are added up by readers.

mod batch;
mod builder;
mod cells;
mod distinct;
mod keys;
mod limits;
mod map;
mod place;
mod runs;
mod tally;
mod text;
mod values;

use std::sync::{Arc, LazyLock};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub use limits::{VALUE_BYTES_MAX, VALUES_KEPT, VALUES_MAX};

use self::builder::AttributesBuilder;
use self::limits::Limits;
use self::tally::Tally;
use self::values::Rules;
use super::index::Seed;
use super::spans::UnreadableRow;
use crate::coded::CodedBatch;

/// The columns by which files are sorted.
pub(super) const SORT_COLUMNS: &[&str] = &["start_ns", "scope", "key", "service_name", "value"];

/// The schema of batches and of scans, `hour` first.
pub fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let field = Field::new;
        Arc::new(Schema::new(vec![
            field("hour", DataType::Utf8View, false),
            field("start_ns", DataType::Int64, false),
            field("service_name", DataType::Utf8View, true),
            field("scope", DataType::Utf8View, false),
            field("key", DataType::Utf8View, false),
            field("type", DataType::Utf8View, true),
            field("value", DataType::Utf8View, true),
            field("count", DataType::Int64, false),
            field("distinct_values", DataType::Int64, true),
        ]))
    });
    Arc::clone(&SCHEMA)
}

/// Where an attribute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Resource,
    Span,
    Event,
    Link,
    Instrumentation,
    /// Not an attribute but a field of the span that has as many values: `name`.
    Intrinsic,
}

impl Scope {
    pub const ALL: [Self; 6] =
        [Self::Resource, Self::Span, Self::Event, Self::Link, Self::Instrumentation, Self::Intrinsic];

    /// TraceQL's word; part of the table format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Span => "span",
            Self::Event => "event",
            Self::Link => "link",
            Self::Instrumentation => "instrumentation",
            Self::Intrinsic => "intrinsic",
        }
    }
}

/// The rows of batches of spans, which have the columns of that table.
///
/// # Errors
/// When a column with attributes is missing or has another type, or when a value that is counted is not of its type.
pub fn from_spans(spans: &[CodedBatch]) -> Result<RecordBatch, UnreadableRow> {
    from_spans_within(Limits::TABLE, spans)
}

fn from_spans_within(limits: Limits, spans: &[CodedBatch]) -> Result<RecordBatch, UnreadableRow> {
    let rules = Rules { limits, seed: Seed::default() };
    let mut tally = Tally::new(rules);
    for batch in spans {
        tally.add(batch)?;
    }
    let mut builder = AttributesBuilder::default();
    for group in tally.groups() {
        for key in group.keys.sorted() {
            builder.append_key(&rules, &group, key);
        }
    }
    Ok(builder.finish())
}

#[cfg(test)]
mod tests;
