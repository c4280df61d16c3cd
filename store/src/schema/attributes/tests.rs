//! What is counted, what is kept, what is left out.

mod naive;
mod random;

use arrow::array::{Array as _, AsArray as _, MapArray, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use proptest::prelude::*;

use super::*;
use crate::ids::{SpanId, TraceId};
use crate::schema::promoted;
use crate::schema::spans::{Event, Quirks, Resource, Scope as SpanScope, Span, SpansBuilder};
use crate::time::BUCKET_NS;
use crate::value::Value;

const START_NS: i64 = 1_700_000_000_000_000_000 / BUCKET_NS * BUCKET_NS;

/// A row: scope, key, type, value, count, number of different values.
type Row = (String, String, Option<String>, Option<String>, i64, Option<i64>);

fn spans(attributes: impl Iterator<Item = Vec<(&'static str, Value<'static>)>>) -> RecordBatch {
    let mut builder = SpansBuilder::new();
    let resource =
        Resource { attributes: vec![("service.name".into(), Value::String("web".into()))], ..Resource::default() };
    for (n, attributes) in attributes.enumerate() {
        let span = Span {
            trace_id: TraceId::from_halves(0, 1),
            span_id: SpanId::from_int(n as i64 + 1),
            parent_span_id: None,
            trace_state: "".into(),
            flags: 0,
            name: "GET /".into(),
            kind: 2,
            start_ns: START_NS + 7,
            end_ns: START_NS + 9,
            attributes: attributes.into_iter().map(|(key, value)| (key.into(), value)).collect(),
            dropped_attributes_count: 0,
            events: vec![Event {
                time_ns: START_NS + 8,
                name: "e".into(),
                attributes: vec![("attempt".into(), Value::Int(1))],
                dropped_attributes_count: 0,
            }],
            dropped_events_count: 0,
            links: Vec::new(),
            dropped_links_count: 0,
            status_code: 0,
            status_message: "".into(),
            quirks: Quirks::default(),
        };
        builder.append(&resource, &SpanScope::default(), &span);
    }
    builder.finish()
}

fn rows(batch: &RecordBatch) -> Vec<Row> {
    let text = |name: &str, row: usize| {
        let column = batch.column_by_name(name).unwrap().as_string_view();
        column.is_valid(row).then(|| column.value(row).to_owned())
    };
    let int = |name: &str, row: usize| {
        let column = batch.column_by_name(name).unwrap().as_primitive::<Int64Type>();
        column.is_valid(row).then(|| column.value(row))
    };
    let read = |row| {
        assert_eq!((int("start_ns", row), text("service_name", row)), (Some(START_NS), Some("web".to_owned())));
        let (scope, key) = (text("scope", row).unwrap(), text("key", row).unwrap());
        (scope, key, text("type", row), text("value", row), int("count", row).unwrap(), int("distinct_values", row))
    };
    (0..batch.num_rows()).map(read).collect()
}

/// A value: type, text, count.
type KeptValue = (String, String, i64);

/// The rows of one key: the summary, then the values.
fn of_key(batch: &RecordBatch, key: &str) -> ((i64, Option<i64>), Vec<KeptValue>) {
    let mut rows = rows(batch).into_iter().filter(|row| row.1 == key);
    let summary = rows.next().unwrap();
    assert_eq!((summary.2, summary.3), (None, None));
    let values = rows.map(|(_, _, kind, value, count, _)| (kind.unwrap(), value.unwrap(), count)).collect();
    ((summary.4, summary.5), values)
}

#[test]
fn keys_of_every_scope_have_a_summary_and_their_values_by_frequency() {
    let batch = spans((0..5).map(|n| {
        vec![
            ("http.request.method", Value::String(if n < 3 { "GET" } else { "PUT" }.into())),
            ("retries", Value::Int(n % 2)),
            ("flag", Value::Bool(true)),
            ("list", Value::Array(vec![Value::Int(n)])),
        ]
    }));
    let found = from_spans(&[batch.into()]).unwrap();
    let value = |kind: &str, value: &str, count| (kind.to_owned(), value.to_owned(), count);
    assert_eq!(
        of_key(&found, "http.request.method"),
        ((5, Some(2)), vec![value("string", "GET", 3), value("string", "PUT", 2)])
    );
    assert_eq!(of_key(&found, "retries"), ((5, Some(2)), vec![value("int", "0", 3), value("int", "1", 2)]));
    assert_eq!(of_key(&found, "flag"), ((5, Some(1)), vec![value("bool", "true", 5)]));
    assert_eq!(of_key(&found, "list"), ((5, Some(0)), vec![]));
    assert_eq!(of_key(&found, "attempt").1, vec![value("int", "1", 5)]);
    assert_eq!(of_key(&found, "name").1, vec![value("string", "GET /", 5)]);
    let mut scopes: Vec<_> = rows(&found).into_iter().map(|row| row.0).collect();
    scopes.dedup();
    assert_eq!(scopes, ["resource", "span", "event", "intrinsic"]);
}

#[test]
fn of_many_values_the_most_frequent_are_kept_and_of_unique_ones_none() {
    let batch = spans((0..4_000).map(|n| {
        let often = if n % 2 == 0 { n % 20 } else { n };
        vec![
            ("mostly.same", Value::String(format!("v{often}").into())),
            ("unique", Value::String(format!("id-{n}").into())),
            ("long", Value::String("x".repeat(VALUE_BYTES_MAX + 1).into())),
        ]
    }));
    let found = from_spans(&[batch.into()]).unwrap();
    let ((count, distinct), values) = of_key(&found, "mostly.same");
    assert_eq!((count, values.len()), (4_000, VALUES_KEPT));
    assert!((1_600..2_400).contains(&distinct.unwrap()), "{distinct:?} of 2010");
    assert!(values[..10].iter().all(|(_, _, count)| *count >= 200), "{:?}", &values[..10]);
    let ((count, distinct), values) = of_key(&found, "unique");
    assert_eq!((count, values.len()), (4_000, 0));
    assert!((3_200..4_800).contains(&distinct.unwrap()));
    let ((count, _), values) = of_key(&found, "long");
    assert_eq!((count, values.len()), (4_000, 0));
}

#[test]
fn keys_that_are_made_up_are_bounded() {
    let keys: Vec<&'static str> = (0..6_000).map(|n| &*Box::leak(format!("key.{n}").into_boxed_str())).collect();
    let batch = spans(keys.chunks(100).map(|keys| keys.iter().map(|key| (*key, Value::Int(1))).collect()));
    let found = from_spans(&[batch.into()]).unwrap();
    let kept = rows(&found).iter().filter(|row| row.0 == "span" && row.3.is_none()).count();
    assert_eq!(kept, 5_000);
}

/// The one place that compares with the plain way, which also finds each row equal in its order.
fn check(limits: Limits, spans: &[CodedBatch]) -> Result<(), TestCaseError> {
    let found = from_spans_within(limits, spans).unwrap();
    let plain: Vec<RecordBatch> = spans.iter().map(CodedBatch::to_batch).collect();
    prop_assert_eq!(naive::rows(&found), naive::rows_of_spans(&limits, &plain));
    Ok(())
}

proptest! {
    #[test]
    fn rows_are_those_of_a_plain_count(spans in random::batches()) {
        check(Limits::TABLE, &spans)?;
    }

    #[test]
    fn bounds_are_reached_as_in_a_plain_count(spans in random::batches()) {
        check(random::NARROW, &spans)?;
    }
}

#[test]
fn what_is_over_the_bounds_of_the_table_is_as_in_a_plain_count() {
    let many = spans((0..1_600).map(|n| {
        vec![
            ("mostly.same", Value::String(format!("value {}", if n % 4 == 0 { n % 7 } else { n }).into())),
            ("unique", Value::String(format!("{n:032x}").into())),
            ("http.response.status_code", Value::Int(n % 1_200)),
            ("thread.id", Value::Int(n % 1_100)),
        ]
    }));
    check(Limits::TABLE, &[many.slice(0, 900).into(), many.slice(900, 700).into()]).unwrap();
}

#[test]
fn the_columns_may_be_in_any_order() {
    let batch = spans((0..3).map(|n| vec![("k1", Value::Int(n)), ("http.method", Value::String("GET".into()))]));
    let backwards: Vec<usize> = (0..batch.num_columns()).rev().collect();
    let backwards = batch.project(&backwards).unwrap();
    assert_eq!(from_spans(&[backwards.into()]).unwrap(), from_spans(&[batch.into()]).unwrap());
}

/// Without a column that stands in the way of nothing else.
fn without(batch: &RecordBatch, name: &str) -> RecordBatch {
    let kept: Vec<usize> = (0..batch.num_columns()).filter(|at| batch.schema().field(*at).name() != name).collect();
    batch.project(&kept).unwrap()
}

#[test]
fn a_batch_without_a_column_of_attributes_is_refused_by_name() {
    let batch = spans((0..1).map(|_| vec![("k1", Value::Int(1))]));
    let promoted = promoted::RESOURCE.iter().chain(promoted::SPAN).map(|promoted| promoted.column);
    let others = ["name", "start_ns", "attrs_0", "attrs_7", "attr_types", "events", "links", "resource_attrs"];
    for name in promoted.chain(others).chain(["resource_attr_types", "scope_attrs", "scope_attr_types"]) {
        let refused = from_spans(&[without(&batch, name).into()]).unwrap_err();
        assert_eq!(refused, UnreadableRow::Column(name));
    }
}

/// The batch with other texts in a map column that has one entry.
fn with_entry(batch: &RecordBatch, name: &str, text: &str) -> RecordBatch {
    let at = batch.schema().index_of(name).unwrap();
    let map: &MapArray = batch.column(at).as_map();
    let keys = Arc::clone(map.keys());
    let DataType::Map(field, _) = map.data_type() else { panic!("{name} is no map") };
    let DataType::Struct(fields) = field.data_type() else { panic!("{name} is no map") };
    let entries =
        arrow::array::StructArray::new(fields.clone(), vec![keys, Arc::new(StringArray::from(vec![text]))], None);
    let map = MapArray::new(Arc::clone(field), map.offsets().clone(), entries, map.nulls().cloned(), false);
    let mut columns = batch.columns().to_vec();
    columns[at] = Arc::new(map);
    RecordBatch::try_new(batch.schema(), columns).unwrap()
}

#[test]
fn a_value_that_is_not_of_its_type_is_refused() {
    let batch = spans((0..1).map(|_| vec![("k1", Value::Int(1))]));
    assert_eq!(promoted::bucket("k1"), 1);
    for damaged in [with_entry(&batch, "attrs_1", "one"), with_entry(&batch, "attr_types", "colour")] {
        let refused = from_spans(&[damaged.into()]).unwrap_err();
        assert!(matches!(refused, UnreadableRow::Value(_)), "{refused}");
    }
    let double = with_entry(&batch, "attr_types", "double");
    assert_eq!(of_key(&from_spans(&[double.into()]).unwrap(), "k1").1, [("double".to_owned(), "1".to_owned(), 1)]);
}
