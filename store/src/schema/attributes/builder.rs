//! Builds batches of the table.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Builder, RecordBatch, StringViewBuilder, UInt32Array};
use arrow::compute::take;

use super::keys::Key;
use super::schema;
use super::tally::Group;
use super::values::Rules;
use crate::schema::columns::{HourColumn, StringColumn};

/// Collects the rows of keys. What the rows of one key share is held once, and spread over them in the end.
#[derive(Default)]
pub(super) struct AttributesBuilder {
    heads: Heads,
    /// By row: its head.
    head: Vec<u32>,
    value_type: StringViewBuilder,
    value: StringViewBuilder,
    count: Int64Builder,
    distinct_values: Int64Builder,
}

/// The columns whose values are equal in all rows of a key.
#[derive(Default)]
struct Heads {
    len: u32,
    hour: HourColumn,
    start_ns: Int64Builder,
    service_name: StringColumn,
    scope: StringColumn,
    key: StringColumn,
}

impl AttributesBuilder {
    /// Appends the row of a key, and those of its values.
    pub fn append_key(&mut self, rules: &Rules, group: &Group<'_, '_>, key: &Key<'_>) {
        let head = self.heads.append(group, key.name());
        self.head.push(head);
        self.value_type.append_null();
        self.value.append_null();
        self.count.append_value(key.count);
        self.distinct_values.append_value(key.values.distinct());
        for (kind, value, count) in key.values.kept(rules, key.count) {
            self.head.push(head);
            self.value_type.append_value(kind.as_str());
            self.value.append_value(value);
            self.count.append_value(count);
            self.distinct_values.append_null();
        }
    }

    pub fn finish(mut self) -> RecordBatch {
        let head = UInt32Array::from(self.head);
        let spread = |column: ArrayRef| take(&column, &head, None).expect("each row has a head");
        let mut columns: Vec<ArrayRef> = self.heads.finish().into_iter().map(spread).collect();
        columns.extend([
            Arc::new(self.value_type.finish()) as ArrayRef,
            Arc::new(self.value.finish()),
            Arc::new(self.count.finish()),
            Arc::new(self.distinct_values.finish()),
        ]);
        RecordBatch::try_new(schema(), columns).expect("builder and schema list the same columns")
    }
}

impl Heads {
    /// Returns the number of the head.
    fn append(&mut self, group: &Group<'_, '_>, key: &str) -> u32 {
        self.hour.append(group.start_ns);
        self.start_ns.append_value(group.start_ns);
        self.service_name.append_option(group.service);
        self.scope.append_option(Some(group.scope.as_str()));
        self.key.append_option(Some(key));
        self.len += 1;
        self.len - 1
    }

    fn finish(&mut self) -> [ArrayRef; 5] {
        [
            self.hour.finish(),
            Arc::new(self.start_ns.finish()),
            self.service_name.finish(),
            self.scope.finish(),
            self.key.finish(),
        ]
    }
}
