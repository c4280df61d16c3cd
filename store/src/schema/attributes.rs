//! Table `attributes`: which keys and values attributes have, per service and 5 minutes, for whoever types a query.
//!
//! Rows are derived from the spans of a flush. A key has one row without a value, which says how often it was there and
//! about how many different values it had; and a row for each value that is worth proposing. Rows of one key and window
//! from several flushes are added up by readers.

mod distinct;
mod tally;

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, Int64Builder, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

pub use tally::{VALUE_BYTES_MAX, VALUES_KEPT, VALUES_MAX};

use self::tally::{KeyTally, Tally};
use super::columns::StringColumn;
use super::spans::UnreadableRow;
use crate::time::hour_text;
use crate::value::ValueType;

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

/// The rows of batches of spans, which have all columns of that table.
///
/// # Errors
/// When a batch is not one of ours.
pub fn from_spans(spans: &[RecordBatch]) -> Result<RecordBatch, UnreadableRow> {
    let mut tally = Tally::default();
    for batch in spans {
        tally.add(batch)?;
    }
    let mut builder = AttributesBuilder::default();
    for (group, keys) in tally.groups() {
        for (key, tally) in keys {
            builder.append_key(group.start_ns, group.service.as_deref(), group.scope, key, tally);
        }
    }
    Ok(builder.finish())
}

/// Builds batches of the table.
#[derive(Default)]
struct AttributesBuilder {
    hour: StringColumn,
    start_ns: Int64Builder,
    service_name: StringColumn,
    scope: StringColumn,
    key: StringColumn,
    value_type: StringColumn,
    value: StringColumn,
    count: Int64Builder,
    distinct_values: Int64Builder,
}

impl AttributesBuilder {
    fn append_key(&mut self, start_ns: i64, service: Option<&str>, scope: Scope, key: &str, tally: &KeyTally) {
        self.append_head(start_ns, service, scope, key);
        self.value_type.append_option(None);
        self.value.append_option(None);
        self.count.append_value(tally.count());
        self.distinct_values.append_value(tally.distinct());
        for (value_type, value, count) in tally.kept() {
            self.append_head(start_ns, service, scope, key);
            self.value_type.append_option(Some(type_name(value_type)));
            self.value.append_option(Some(value));
            self.count.append_value(count);
            self.distinct_values.append_null();
        }
    }

    fn append_head(&mut self, start_ns: i64, service: Option<&str>, scope: Scope, key: &str) {
        self.hour.append_option(Some(&hour_text(start_ns)));
        self.start_ns.append_value(start_ns);
        self.service_name.append_option(service);
        self.scope.append_option(Some(scope.as_str()));
        self.key.append_option(Some(key));
    }

    fn finish(mut self) -> RecordBatch {
        let columns: Vec<ArrayRef> = vec![
            self.hour.finish(),
            Arc::new(self.start_ns.finish()),
            self.service_name.finish(),
            self.scope.finish(),
            self.key.finish(),
            self.value_type.finish(),
            self.value.finish(),
            Arc::new(self.count.finish()),
            Arc::new(self.distinct_values.finish()),
        ];
        RecordBatch::try_new(schema(), columns).expect("builder and schema list the same columns")
    }
}

fn type_name(value_type: Option<ValueType>) -> &'static str {
    value_type.map_or("string", ValueType::as_str)
}

#[cfg(test)]
mod tests;
