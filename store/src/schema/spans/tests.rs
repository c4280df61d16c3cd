//! Where each part of a span is kept, and that it comes back from there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;
use crate::schema::columns::map_entries;
use crate::schema::promoted::{BUCKETS, ColumnType, RESOURCE, SPAN, bucket};
use crate::value::Value;

fn text(text: &str) -> Value<'static> {
    Value::String(Cow::Owned(text.to_owned()))
}

fn span(attributes: Attributes<'static>) -> Span<'static> {
    Span {
        trace_id: TraceId::from_halves(1, 2),
        span_id: SpanId::from_int(3),
        parent_span_id: None,
        trace_state: "".into(),
        flags: 0,
        name: "".into(),
        kind: 0,
        start_ns: 1_767_225_600_000_000_000,
        end_ns: 1_767_225_600_000_000_500,
        attributes,
        dropped_attributes_count: 0,
        events: Vec::new(),
        dropped_events_count: 0,
        links: Vec::new(),
        dropped_links_count: 0,
        status_code: 0,
        status_message: "".into(),
        quirks: Quirks::default(),
    }
}

fn batch(resource: &Resource<'_>, scope: &Scope<'_>, span: &Span<'_>) -> RecordBatch {
    let mut builder = SpansBuilder::new();
    builder.append(resource, scope, span);
    builder.finish()
}

fn with_attributes(attributes: Attributes<'static>) -> RecordBatch {
    batch(&Resource::default(), &Scope::default(), &span(attributes))
}

/// The entries of a map column in the first row.
fn entries<'a>(batch: &'a RecordBatch, column: &str) -> BTreeMap<&'a str, &'a str> {
    map_entries(batch.column_by_name(column).unwrap().as_map(), 0).collect()
}

/// The entries of all bucket maps in the first row, with the bucket of each.
fn in_buckets(batch: &RecordBatch) -> BTreeMap<String, (usize, String)> {
    let mut found = BTreeMap::new();
    for n in 0..BUCKETS {
        for (key, text) in entries(batch, bucket_column(n)) {
            assert!(found.insert(key.to_owned(), (n, text.to_owned())).is_none(), "{key} is in two buckets");
        }
    }
    found
}

fn string_of<'a>(batch: &'a RecordBatch, column: &str) -> Option<&'a str> {
    let column = batch.column_by_name(column).unwrap().as_string_view();
    column.is_valid(0).then(|| column.value(0))
}

fn int_of(batch: &RecordBatch, column: &str) -> Option<i64> {
    let column = batch.column_by_name(column).unwrap().as_primitive::<Int64Type>();
    column.is_valid(0).then(|| column.value(0))
}

fn read(batch: &RecordBatch) -> SpanRow<'_> {
    SpansReader::new(batch).unwrap().row(0).unwrap()
}

/// The one place that says where an attribute goes: its promoted column, its bucket, its type, and back.
fn check_promoted(
    key: &'static str,
    value: Value<'static>,
    column: Option<&str>,
    original: Option<(&str, Option<&str>)>,
) {
    let batch = with_attributes(vec![(key.into(), value.clone())]);
    let promoted = SPAN.iter().find(|promoted| promoted.key == key).unwrap();
    let found = match promoted.column_type {
        ColumnType::String => string_of(&batch, promoted.column).map(str::to_owned),
        ColumnType::Int => int_of(&batch, promoted.column).map(|int| int.to_string()),
    };
    assert_eq!(found.as_deref(), column, "{key} = {value:?}");
    let kept = in_buckets(&batch);
    assert_eq!(kept.get(key).map(|(_, text)| text.as_str()), original.map(|(text, _)| text), "{key} = {value:?}");
    let value_type = entries(&batch, "attr_types").get(key).copied();
    assert_eq!(value_type, original.and_then(|(_, value_type)| value_type), "{key} = {value:?}");
    assert_eq!(read(&batch).span.attributes, [(key.into(), value)]);
}

#[test]
fn a_value_of_the_columns_type_is_in_the_column_alone() {
    check_promoted("http.route", text("/cart/{id}"), Some("/cart/{id}"), None);
    check_promoted("http.route", text(""), Some(""), None);
    check_promoted("http.response.status_code", Value::Int(503), Some("503"), None);
}

#[test]
fn a_value_of_another_type_is_coerced_and_its_original_kept() {
    check_promoted("http.status_code", text("503"), Some("503"), Some(("503", None)));
    check_promoted("http.status_code", Value::Double(503.0), Some("503"), Some(("503.0", Some("double"))));
    check_promoted("http.route", Value::Int(7), Some("7"), Some(("7", Some("int"))));
    check_promoted("http.route", Value::Bool(true), Some("true"), Some(("true", Some("bool"))));
    check_promoted("http.route", Value::Empty, Some(""), Some(("", Some("empty"))));
    check_promoted("http.route", Value::Array(vec![text("a")]), Some(r#"["a"]"#), Some((r#"["a"]"#, Some("array"))));
}

#[test]
fn a_value_that_no_number_can_stand_for_leaves_the_column_null() {
    check_promoted("http.status_code", text("ok"), None, Some(("ok", None)));
    check_promoted("http.status_code", text(""), None, Some(("", None)));
    check_promoted("http.status_code", Value::Double(0.5), None, Some(("0.5", Some("double"))));
    check_promoted("http.status_code", Value::Double(1e300), None, Some(("1e300", Some("double"))));
    check_promoted("http.status_code", Value::Bool(true), None, Some(("true", Some("bool"))));
}

#[test]
fn a_text_that_is_a_number_in_another_spelling_comes_back_as_it_was() {
    check_promoted("request_size", text("007"), Some("7"), Some(("007", None)));
    check_promoted("request_size", text("+7"), Some("7"), Some(("+7", None)));
}

#[test]
fn a_promoted_key_of_a_resource_is_no_promoted_key_of_a_span_and_the_other_way_round() {
    let service = || vec![("service.name".into(), text("shop")), ("http.route".into(), text("/"))];
    let resource = Resource { attributes: service(), ..Resource::default() };
    let batch = batch(&resource, &Scope::default(), &span(service()));
    assert_eq!(string_of(&batch, "service_name"), Some("shop"));
    assert_eq!(string_of(&batch, "http_route"), Some("/"));
    assert_eq!(entries(&batch, "resource_attrs"), BTreeMap::from([("http.route", "/")]));
    assert_eq!(in_buckets(&batch).keys().collect::<Vec<_>>(), ["service.name"]);
}

#[test]
fn the_first_of_equal_keys_stays_and_the_others_are_counted() {
    let twice = || -> Attributes<'static> { vec![("k".into(), Value::Int(1)), ("k".into(), text("2"))] };
    let resource = Resource { attributes: twice(), ..Resource::default() };
    let scope = Scope { attributes: twice(), ..Scope::default() };
    let event = Event { time_ns: 1, name: "".into(), attributes: twice(), dropped_attributes_count: 0 };
    let link = Link {
        trace_id: TraceId::from_halves(0, 0),
        span_id: SpanId::from_int(0),
        trace_state: "".into(),
        attributes: twice(),
        dropped_attributes_count: 0,
        flags: 0,
    };
    let promoted = vec![("http.route".into(), text("a")), ("http.route".into(), text("b"))];
    let attributes = [twice(), promoted].concat();
    let span = Span { events: vec![event], links: vec![link], ..span(attributes) };
    let mut builder = SpansBuilder::new();
    assert_eq!(builder.append(&resource, &scope, &span), 6);
    let batch = builder.finish();
    let row = read(&batch);
    let once: Attributes<'_> = vec![("k".into(), Value::Int(1))];
    let places = [
        &row.resource.attributes,
        &row.scope.attributes,
        &row.span.events[0].attributes,
        &row.span.links[0].attributes,
    ];
    assert!(places.iter().all(|attributes| **attributes == once), "{row:?}");
    assert_eq!(row.span.attributes, [("k".into(), Value::Int(1)), ("http.route".into(), text("a"))]);
}

#[test]
fn what_is_empty_is_null_and_comes_back_empty() {
    let batch = with_attributes(Vec::new());
    for field in batch.schema().fields() {
        let column = batch.column_by_name(field.name()).unwrap();
        assert_eq!(column.is_null(0), field.is_nullable(), "{}", field.name());
    }
    let row = read(&batch);
    assert_eq!(row, SpanRow { resource: Resource::default(), scope: Scope::default(), span: span(Vec::new()) });
}

#[test]
fn a_span_that_ends_before_it_starts_comes_back_so() {
    let span = Span { end_ns: 5, quirks: Quirks::END_BEFORE_START.with(Quirks::SHARED), ..span(Vec::new()) };
    let batch = batch(&Resource::default(), &Scope::default(), &span);
    assert!(int_of(&batch, "duration_ns").unwrap() < 0);
    let found = read(&batch).span;
    assert_eq!(found, span);
    assert!(found.quirks.contains(Quirks::SHARED) && !found.quirks.contains(Quirks::START_ABSENT));
}

#[test]
fn ids_are_big_endian_halves() {
    let span = Span {
        trace_id: "0123456789abcdeffedcba9876543210".parse().unwrap(),
        span_id: "8000000000000001".parse().unwrap(),
        parent_span_id: Some("0000000000000002".parse().unwrap()),
        ..span(Vec::new())
    };
    let batch = batch(&Resource::default(), &Scope::default(), &span);
    let found = ["trace_hi", "trace_lo", "span_id", "parent_span_id"].map(|column| int_of(&batch, column).unwrap());
    assert_eq!(found, [0x0123_4567_89ab_cdef, -0x0123_4567_89ab_cdf0, i64::MIN + 1, 2]);
}

/// Many clients send a span or two at a time.
#[test]
fn a_small_batch_takes_little_memory() {
    let rows = crate::schema::Rows::from_spans(with_attributes(vec![("k".into(), text("v"))]));
    let bytes = rows.spans.memory_bytes() + rows.traces.memory_bytes();
    assert!(bytes < 32 * 1024, "{bytes} bytes for one span");
}

#[test]
fn a_builder_can_be_used_again() {
    let mut builder = SpansBuilder::new();
    builder.append(&Resource::default(), &Scope::default(), &span(vec![("a".into(), Value::Int(1))]));
    let first = builder.finish();
    assert!(builder.is_empty());
    builder.append(&Resource::default(), &Scope::default(), &span(vec![("a".into(), Value::Int(1))]));
    assert_eq!((builder.len(), builder.finish()), (1, first));
}

#[test]
fn a_batch_without_a_column_or_with_a_foreign_value_is_refused_by_name() {
    let whole = with_attributes(vec![("k".into(), Value::Int(1))]);
    for field in whole.schema().fields().iter().filter(|field| field.name() != "hour") {
        let kept: Vec<usize> =
            (0..whole.num_columns()).filter(|i| whole.schema().field(*i).name() != field.name()).collect();
        let batch = whole.project(&kept).unwrap();
        let Err(refused) = SpansReader::new(&batch) else { panic!("a batch without {} was read", field.name()) };
        assert!(matches!(&refused, UnreadableRow::Column(name) if name == field.name()), "{refused}");
    }
    let mut columns = whole.columns().to_vec();
    let at = whole.schema().index_of("resource_entity_refs").unwrap();
    columns[at] = std::sync::Arc::new(arrow::array::StringViewArray::from(vec!["{"]));
    let foreign = RecordBatch::try_new(whole.schema(), columns).unwrap();
    assert!(matches!(SpansReader::new(&foreign).unwrap().row(0), Err(UnreadableRow::EntityRefs(_))));
}

fn value() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        Just(Value::Empty),
        ".{0,12}".prop_map(|t| text(&t)),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<i16>().prop_map(|number| text(&number.to_string())),
        prop::num::f64::ANY.prop_filter("NaN is not equal to itself", |d| !d.is_nan()).prop_map(Value::Double),
        vec(any::<u8>(), 0..8).prop_map(|bytes| Value::Bytes(Cow::Owned(bytes))),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((".{0,4}", inner), 0..4)
                .prop_map(|map| Value::Map(map.into_iter().map(|(k, v)| (Cow::Owned(k), v)).collect())),
        ]
    })
}

/// Any keys, and among them all promoted ones.
fn attributes() -> impl Strategy<Value = Attributes<'static>> {
    let promoted = prop::sample::select(RESOURCE.iter().chain(SPAN).map(|p| p.key.to_owned()).collect::<Vec<_>>());
    btree_map(prop_oneof![promoted, ".{0,10}"], value(), 0..40)
        .prop_map(|map| map.into_iter().map(|(key, value)| (Cow::Owned(key), value)).collect())
}

fn by_key(mut attributes: Attributes<'_>) -> Attributes<'_> {
    attributes.sort_by(|a, b| a.0.cmp(&b.0));
    attributes
}

proptest! {
    /// An attribute stands where a reader of another program looks for it: in its column, or in the map of its bucket; and
    /// what is not a text has a type.
    #[test]
    fn every_attribute_is_where_the_format_says(attributes in attributes()) {
        let batch = with_attributes(attributes.clone());
        let kept = in_buckets(&batch);
        let types = entries(&batch, "attr_types");
        for (key, value) in &attributes {
            let promoted = SPAN.iter().find(|promoted| promoted.key == key);
            let is_whole = match (promoted.map(|promoted| promoted.column_type), value) {
                (Some(ColumnType::String), Value::String(text)) => {
                    prop_assert_eq!(string_of(&batch, promoted.unwrap().column), Some(text.as_ref()));
                    true
                }
                (Some(ColumnType::Int), Value::Int(int)) => {
                    prop_assert_eq!(int_of(&batch, promoted.unwrap().column), Some(*int));
                    true
                }
                _ => false,
            };
            let (text, value_type) = value.encode();
            let expected = (!is_whole).then(|| (bucket(key), text.into_owned()));
            prop_assert_eq!(kept.get(key.as_ref()), expected.as_ref(), "{}", key);
            let expected = value_type.filter(|_| !is_whole).map(|value_type| value_type.as_str());
            prop_assert_eq!(types.get(key.as_ref()).copied(), expected, "{}", key);
        }
        prop_assert_eq!(kept.len() + whole_columns(&batch, &kept), attributes.len());
        prop_assert_eq!(by_key(read(&batch).span.attributes), by_key(attributes));
    }

    /// The same of a resource, whose rest is in one map.
    #[test]
    fn every_resource_attribute_comes_back(attributes in attributes()) {
        let resource = Resource { attributes, ..Resource::default() };
        let batch = batch(&resource, &Scope::default(), &span(Vec::new()));
        prop_assert_eq!(by_key(read(&batch).resource.attributes), by_key(resource.attributes));
    }
}

/// Promoted columns of the span that say all of an attribute.
fn whole_columns(batch: &RecordBatch, kept: &BTreeMap<String, (usize, String)>) -> usize {
    let is_whole = |promoted: &&promoted::Promoted| {
        batch.column_by_name(promoted.column).unwrap().is_valid(0) && !kept.contains_key(promoted.key)
    };
    SPAN.iter().filter(is_whole).count()
}

/// What `docs/formats.md` says of every schema.
#[test]
fn schemas_have_no_type_that_other_readers_lack() {
    fn check(name: &str, data_type: &DataType, is_top_level: bool) {
        match data_type {
            DataType::Int32 | DataType::Int64 | DataType::Float64 | DataType::Boolean => {}
            DataType::Utf8View => assert!(is_top_level, "{name}"),
            DataType::Utf8 => assert!(!is_top_level, "{name}"),
            DataType::List(element) => {
                assert_eq!(element.name(), "element", "{name}");
                check(name, element.data_type(), false);
            }
            DataType::Map(entries, _) => {
                assert_eq!(entries.name(), "key_value", "{name}");
                check(name, entries.data_type(), false);
            }
            DataType::Struct(fields) => fields.iter().for_each(|field| check(name, field.data_type(), false)),
            other => panic!("{name} is {other}"),
        }
    }
    for table in crate::schema::Table::ALL {
        let schema = table.schema();
        assert_eq!(schema.field(0).name(), "hour");
        schema.fields().iter().for_each(|field| check(field.name(), field.data_type(), true));
        for column in table.statistics_columns() {
            assert!(schema.field_with_name(column).is_ok(), "{column}");
        }
    }
}
