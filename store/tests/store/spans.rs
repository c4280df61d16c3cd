//! Every field of a span survives: through a hot batch and through Parquet.

use std::borrow::Cow;

use proptest::collection::vec;
use proptest::prelude::*;
use spanloom_store::schema::spans::{
    EntityRef, Event, Link, Quirks, Resource, Scope, Span, SpanRow, SpansBuilder, SpansReader,
};
use spanloom_store::value::{Attributes, Value};
use spanloom_store::*;

use crate::fixture::*;

fn value() -> impl Strategy<Value = Value<'static>> {
    let leaf = prop_oneof![
        Just(Value::Empty),
        ".{0,12}".prop_map(|text| Value::String(Cow::Owned(text))),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        prop::num::f64::NORMAL.prop_map(Value::Double),
        vec(any::<u8>(), 0..8).prop_map(|bytes| Value::Bytes(Cow::Owned(bytes))),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec(("[a-z]{0,4}", inner), 0..4)
                .prop_map(|map| Value::Map(map.into_iter().map(|(k, v)| (Cow::Owned(k), v)).collect())),
        ]
    })
}

/// Keys that are promoted, with values of the promoted type, of another and odd ones, beside keys that are not.
fn attributes() -> impl Strategy<Value = Attributes<'static>> {
    let key = prop_oneof![
        Just("http.response.status_code".to_owned()),
        Just("http.status_code".to_owned()),
        Just("service.name".to_owned()),
        Just("http.request.method".to_owned()),
        Just("k8s.namespace.name".to_owned()),
        "[a-z.]{1,10}",
    ];
    prop::collection::btree_map(key, value(), 0..8)
        .prop_map(|map| map.into_iter().map(|(key, value)| (Cow::Owned(key), value)).collect())
}

fn text() -> impl Strategy<Value = Cow<'static, str>> {
    ".{0,10}".prop_map(Cow::Owned)
}

fn resource() -> impl Strategy<Value = Resource<'static>> {
    let entity = ("[a-z]{0,4}", "[a-z]{0,4}", vec("[a-z]{1,4}", 0..3), vec("[a-z]{1,4}", 0..3)).prop_map(
        |(schema_url, r#type, id_keys, description_keys)| EntityRef { schema_url, r#type, id_keys, description_keys },
    );
    (attributes(), any::<u32>(), text(), vec(entity, 0..3)).prop_map(
        |(attributes, dropped_attributes_count, schema_url, entity_refs)| Resource {
            attributes,
            dropped_attributes_count,
            schema_url,
            entity_refs,
        },
    )
}

fn scope() -> impl Strategy<Value = Scope<'static>> {
    (text(), text(), attributes(), any::<u32>(), text()).prop_map(
        |(name, version, attributes, dropped_attributes_count, schema_url)| Scope {
            name,
            version,
            attributes,
            dropped_attributes_count,
            schema_url,
        },
    )
}

fn event() -> impl Strategy<Value = Event<'static>> {
    (any::<i64>(), text(), attributes(), any::<u32>()).prop_map(|(time_ns, name, attributes, dropped)| Event {
        time_ns,
        name,
        attributes,
        dropped_attributes_count: dropped,
    })
}

fn link() -> impl Strategy<Value = Link<'static>> {
    (any::<[u8; 16]>(), any::<[u8; 8]>(), text(), attributes(), any::<u32>(), any::<u32>()).prop_map(
        |(trace_id, span_id, trace_state, attributes, dropped_attributes_count, flags)| Link {
            trace_id: TraceId::from_bytes(trace_id),
            span_id: SpanId::from_bytes(span_id),
            trace_state,
            attributes,
            dropped_attributes_count,
            flags,
        },
    )
}

fn span() -> impl Strategy<Value = Span<'static>> {
    let ids = (any::<[u8; 16]>(), any::<[u8; 8]>(), prop::option::of(1_i64..));
    let head = (text(), any::<u32>(), text(), any::<i32>(), 0..i64::MAX, 0..i64::MAX);
    let counts = (any::<u32>(), any::<u32>(), any::<u32>());
    let rest = (attributes(), vec(event(), 0..3), vec(link(), 0..3), any::<i32>(), text(), 0..16_i32);
    (ids, head, counts, rest).prop_map(|(ids, head, counts, rest)| Span {
        trace_id: TraceId::from_bytes(ids.0),
        span_id: SpanId::from_bytes(ids.1),
        parent_span_id: ids.2.map(SpanId::from_int),
        trace_state: head.0,
        flags: head.1,
        name: head.2,
        kind: head.3,
        start_ns: head.4,
        end_ns: head.5,
        attributes: rest.0,
        dropped_attributes_count: counts.0,
        events: rest.1,
        dropped_events_count: counts.1,
        links: rest.2,
        dropped_links_count: counts.2,
        status_code: rest.3,
        status_message: rest.4,
        quirks: Quirks::from_bits(rest.5),
    })
}

fn row() -> impl Strategy<Value = SpanRow<'static>> {
    (resource(), scope(), span()).prop_map(|(resource, scope, span)| SpanRow { resource, scope, span })
}

/// Attributes have no order in OTLP; entries of a map inside a value keep theirs.
fn sorted(mut row: SpanRow<'_>) -> SpanRow<'_> {
    sort(&mut row.resource.attributes);
    sort(&mut row.scope.attributes);
    sort(&mut row.span.attributes);
    row.span.events.iter_mut().for_each(|event| sort(&mut event.attributes));
    row.span.links.iter_mut().for_each(|link| sort(&mut link.attributes));
    row
}

fn sort(attributes: &mut Attributes<'_>) {
    attributes.sort_by(|a, b| a.0.cmp(&b.0));
}

fn rows_of(spans: &[SpanRow<'_>]) -> Rows {
    let mut builder = SpansBuilder::new();
    for row in spans {
        assert_eq!(builder.append(&row.resource, &row.scope, &row.span), 0);
    }
    Rows::from_spans(builder.finish_coded())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_built_is_read(spans in vec(row(), 1..5)) {
        let rows = rows_of(&spans).spans.to_batch();
        let reader = SpansReader::new(&rows).unwrap();
        for (a, b) in (0..spans.len()).flat_map(|a| (0..spans.len()).map(move |b| (a, b))) {
            let same_resource = reader.resource(a).unwrap() == reader.resource(b).unwrap();
            let same_scope = reader.scope(a).unwrap() == reader.scope(b).unwrap();
            prop_assert_eq!((reader.share_resource(a, b), reader.share_scope(a, b)), (same_resource, same_scope));
        }
        for (n, span) in spans.into_iter().enumerate() {
            prop_assert_eq!(sorted(reader.row(n).unwrap()), sorted(span));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_flushed_is_read(spans in vec(row(), 1..8)) {
        let mut spans = spans;
        for (n, row) in spans.iter_mut().enumerate() {
            row.span.span_id = SpanId::from_int(n as i64 + 1);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
        let found = runtime.block_on(async {
            let mut fixture = Fixture::new().await;
            let append = Append { rows: rows_of(&spans), ..append_of("default", &[]) };
            fixture.store().append(append).await.unwrap();
            fixture.store().flush().await.unwrap();
            let batches = batches(fixture.store(), "default", Table::Spans).await;
            fixture.close().await;
            batches
        });
        let mut found: Vec<SpanRow<'_>> = found
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(|n| SpansReader::new(batch).unwrap().row(n).unwrap()))
            .collect();
        found.sort_by_key(|row| row.span.span_id);
        prop_assert_eq!(found.len(), spans.len());
        for (found, span) in found.into_iter().zip(spans) {
            prop_assert_eq!(sorted(found), sorted(span));
        }
    }
}
