//! The same table made the plain way: span by span, as they are read back, with maps of the standard library.

use std::collections::{BTreeMap, HashMap};

use arrow::array::{Array as _, AsArray as _, RecordBatch};
use arrow::datatypes::Int64Type;

use crate::schema::attributes::Scope;
use crate::schema::attributes::distinct::Distinct;
use crate::schema::attributes::limits::Limits;
use crate::schema::spans::{SpanRow, SpansReader};
use crate::time::{bucket_start_ns, hour_text};
use crate::value::{Attributes, Value, ValueType};

/// A row of the table, with the types of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub hour: String,
    pub start_ns: i64,
    pub service_name: Option<String>,
    pub scope: String,
    pub key: String,
    pub value_type: Option<String>,
    pub value: Option<String>,
    pub count: i64,
    pub distinct_values: Option<i64>,
}

/// The rows of a batch of the table.
pub(super) fn rows(batch: &RecordBatch) -> Vec<Row> {
    let text = |name: &str, row: usize| {
        let column = batch.column_by_name(name).unwrap().as_string_view();
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let int = |name: &str, row: usize| {
        let column = batch.column_by_name(name).unwrap().as_primitive::<Int64Type>();
        column.is_valid(row).then(|| column.value(row))
    };
    let read = |row| Row {
        hour: text("hour", row).unwrap(),
        start_ns: int("start_ns", row).unwrap(),
        service_name: text("service_name", row),
        scope: text("scope", row).unwrap(),
        key: text("key", row).unwrap(),
        value_type: text("type", row),
        value: text("value", row),
        count: int("count", row).unwrap(),
        distinct_values: int("distinct_values", row),
    };
    (0..batch.num_rows()).map(read).collect()
}

/// Window, scope and service.
type Group = (i64, Scope, Option<String>);

/// What the format says of the table, for spans in their order.
pub(super) fn rows_of_spans(limits: &Limits, spans: &[RecordBatch]) -> Vec<Row> {
    let mut groups: BTreeMap<Group, BTreeMap<String, Key>> = BTreeMap::new();
    for batch in spans {
        let reader = SpansReader::new(batch).unwrap();
        (0..batch.num_rows()).for_each(|row| add_span(limits, &mut groups, &reader.row(row).unwrap()));
    }
    let of_group = |(group, keys): (&Group, &BTreeMap<String, Key>)| -> Vec<Row> {
        keys.iter().flat_map(|(name, key)| key.rows(limits, group, name)).collect()
    };
    groups.iter().flat_map(of_group).collect()
}

fn add_span(limits: &Limits, groups: &mut BTreeMap<Group, BTreeMap<String, Key>>, row: &SpanRow<'_>) {
    let service = row.resource.attributes.iter().find_map(|(key, value)| match value {
        Value::String(name) if key == "service.name" => Some(name.to_string()),
        _ => None,
    });
    let start_ns = bucket_start_ns(row.span.start_ns);
    let mut add = |scope, attributes: &Attributes<'_>| {
        let keys = groups.entry((start_ns, scope, service.clone())).or_default();
        for (key, value) in attributes.iter().filter(|(key, _)| key.len() <= limits.key_bytes_max) {
            if keys.contains_key(&**key) || keys.len() < limits.keys_max {
                keys.entry(key.to_string()).or_default().note(limits, value);
            }
        }
    };
    add(Scope::Resource, &row.resource.attributes);
    add(Scope::Span, &row.span.attributes);
    add(Scope::Instrumentation, &row.scope.attributes);
    row.span.events.iter().for_each(|event| add(Scope::Event, &event.attributes));
    row.span.links.iter().for_each(|link| add(Scope::Link, &link.attributes));
    if !row.span.name.is_empty() {
        add(Scope::Intrinsic, &vec![("name".into(), Value::String(row.span.name.clone()))]);
    }
}

#[derive(Default)]
struct Key {
    count: i64,
    values: HashMap<(Option<ValueType>, String), i64>,
    distinct: Option<Distinct>,
}

impl Key {
    fn note(&mut self, limits: &Limits, value: &Value<'_>) {
        self.count += 1;
        if matches!(value, Value::Array(_) | Value::Map(_) | Value::Bytes(_) | Value::Empty) {
            return;
        }
        let (text, value_type) = value.encode();
        let has_room = self.distinct.is_none() && self.values.len() < limits.values_max;
        if let Some(known) = self.values.get_mut(&(value_type, text.to_string())) {
            *known += 1;
        } else if has_room && text.len() <= limits.value_bytes_max {
            self.values.insert((value_type, text.to_string()), 1);
        } else {
            let known = &self.values;
            let distinct = self.distinct.get_or_insert_with(|| {
                let mut distinct = Distinct::default();
                known.keys().for_each(|(_, text)| distinct.note(text));
                distinct
            });
            distinct.note(&text);
        }
    }

    fn rows(&self, limits: &Limits, (start_ns, scope, service_name): &Group, key: &str) -> Vec<Row> {
        let distinct = self.distinct.as_ref().map_or(self.values.len() as i64, Distinct::estimate);
        let row = |value: Option<(&str, &str)>, count, distinct_values| Row {
            hour: hour_text(*start_ns),
            start_ns: *start_ns,
            service_name: service_name.clone(),
            scope: scope.as_str().to_owned(),
            key: key.to_owned(),
            value_type: value.map(|value| value.0.to_owned()),
            value: value.map(|value| value.1.to_owned()),
            count,
            distinct_values,
        };
        let mut rows = vec![row(None, self.count, Some(distinct))];
        if distinct > limits.values_kept as i64 && distinct * 10 > self.count * 9 {
            return rows;
        }
        let mut values: Vec<(i64, &str, &str)> = self
            .values
            .iter()
            .map(|((value_type, text), count)| (-count, text.as_str(), value_type.map_or("", ValueType::as_str)))
            .collect();
        values.sort_unstable();
        if self.distinct.is_some() {
            values.truncate(limits.values_kept);
        }
        let name = |value_type: &'static str| if value_type.is_empty() { "string" } else { value_type };
        rows.extend(values.iter().map(|(count, text, value_type)| row(Some((name(value_type), text)), -count, None)));
        rows
    }
}
