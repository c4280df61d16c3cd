//! Rows of the ledger go into a batch and come back; parts add up in any order.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::ids::{SpanId, TraceId};
use crate::ledger::{Exemplar, Outcome, Segment, SideKind};

fn text() -> impl Strategy<Value = Option<Arc<str>>> {
    option::of("[a-zé]{0,4}".prop_map(Arc::from))
}

fn side() -> impl Strategy<Value = Side> {
    let who = (text(), text(), text(), text(), text(), text());
    let rest = (text(), option::of(prop::sample::select(SideKind::ALL)), text());
    (who, rest).prop_map(|(who, rest)| Side {
        cluster: who.0,
        namespace: who.1,
        service: who.2,
        workload: who.3,
        revision: who.4,
        principal: who.5,
        host: rest.0,
        kind: rest.1,
        inferred: rest.2,
    })
}

fn key() -> impl Strategy<Value = EdgeKey> {
    let words = (
        prop::sample::select(Protocol::ALL),
        prop::sample::select(Observer::ALL),
        prop::sample::select(Evidence::ALL),
        option::of(prop::sample::select(Reason::ALL)),
    );
    (0..1000_i64, side(), side(), words).prop_map(|(window, source, target, (protocol, observer, evidence, reason))| {
        EdgeKey { window_ns: window * 10_000_000_000, source, target, protocol, observer, evidence, reason }
    })
}

fn weight() -> impl Strategy<Value = Weight> {
    prop_oneof![Just(Weight::ZERO), Just(Weight::ONE), (0.0..1e6_f64).prop_map(Weight::new)]
}

fn exemplar() -> impl Strategy<Value = Exemplar> {
    (any::<i64>(), 0..3_i64, any::<i64>(), 0..5_i64, prop::sample::select(Outcome::ALL)).prop_map(
        |(hi, lo, span, duration_ns, outcome)| Exemplar {
            trace_id: TraceId::from_halves(hi, lo),
            span_id: SpanId::from_int(span),
            duration_ns,
            outcome,
        },
    )
}

fn values() -> impl Strategy<Value = EdgeValues> {
    let numbers = (option::of(weight()), 0..1_i64 << 40, option::of(weight()), option::of(0..1_i64 << 50));
    let others = (option::of(0..1_i64 << 50), option::of(weight()), option::of(weight()), any::<bool>());
    let durations = vec((prop_oneof![-2..5_i64, 0..1_i64 << 40], weight()), 0..6);
    let flags = vec((prop_oneof!["[A-Z]{2}", "[A-C]{1}"], weight()), 0..40);
    let segments = vec((prop::sample::select(Segment::ALL), -5..1_i64 << 40, weight()), 0..5);
    let sets = (durations, flags, vec("[a-d]{1,2}", 0..12), segments, vec(exemplar(), 0..6));
    let outcomes = vec((prop::sample::select(Outcome::ALL), weight()), 0..8);
    (numbers, others, sets, outcomes).prop_map(|(numbers, others, sets, outcomes)| {
        let mut values = EdgeValues {
            requests: numbers.0,
            observed: numbers.1,
            attempts: numbers.2,
            request_bytes: numbers.3,
            response_bytes: others.0,
            connections: others.1,
            mtls: others.2,
            is_spread: others.3,
            ..EdgeValues::default()
        };
        sets.0.iter().for_each(|(duration_ns, weight)| values.latency.record(*duration_ns, *weight));
        sets.1.iter().for_each(|(flag, weight)| values.response_flags.record(flag, *weight));
        sets.2.iter().for_each(|principal| values.principals.record(&principal.as_str().into()));
        sets.3.iter().for_each(|(segment, time_ns, weight)| values.split.record(*segment, *time_ns, *weight));
        sets.4.iter().for_each(|call| values.exemplars.record(*call));
        outcomes.iter().for_each(|(outcome, weight)| values.outcomes.record(*outcome, *weight));
        values
    })
}

/// What a table can hold: a time without a call that had it is nothing.
fn storable(mut values: EdgeValues) -> EdgeValues {
    let mut split = Split::default();
    for segment in Segment::ALL {
        values.split.part(*segment).into_iter().for_each(|part| split.add(*segment, part));
    }
    values.split = split;
    values
}

fn merged(parts: &[&EdgeValues]) -> EdgeValues {
    let mut whole = EdgeValues::default();
    parts.iter().for_each(|part| whole.merge(part));
    whole
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn what_is_built_is_read(rows in vec((key(), values()), 0..6)) {
        let mut builder = EdgesBuilder::default();
        rows.iter().for_each(|(key, values)| builder.append(key, values));
        let batch = builder.finish();
        prop_assert_eq!(batch.schema(), schema());
        let expected: Vec<EdgeRow> =
            rows.into_iter().map(|(key, values)| EdgeRow { key, values: storable(values) }).collect();
        prop_assert_eq!(read(&batch).unwrap(), expected);
    }

    #[test]
    fn parts_add_up_in_any_order(a in values(), b in values(), c in values()) {
        let whole = merged(&[&a, &b, &c]);
        prop_assert_eq!(&merged(&[&c, &b, &a]), &whole);
        prop_assert_eq!(&merged(&[&a, &merged(&[&b, &c])]), &whole);
        prop_assert_eq!(&merged(&[&merged(&[&a, &b]), &c]), &whole);
    }

    /// Adding up what was stored is storing what was added up, so that longer windows may be made from rows or from files.
    #[test]
    fn adding_up_commutes_with_storing(key in key(), a in values(), b in values()) {
        let mut builder = EdgesBuilder::default();
        builder.append(&key, &a);
        builder.append(&key, &b);
        let mut rows = read(&builder.finish()).unwrap();
        let (second, mut first) = (rows.pop().unwrap(), rows.pop().unwrap());
        first.merge(&second);
        prop_assert_eq!(first.values, storable(merged(&[&a, &b])));
    }
}

#[test]
fn a_number_that_nobody_knows_stays_unknown() {
    let known = EdgeValues { attempts: Some(Weight::ONE), ..EdgeValues::default() };
    let whole = merged(&[&EdgeValues::default(), &known]);
    assert_eq!(whole.attempts, Some(Weight::ONE));
    assert_eq!(whole.requests, None);
}

#[test]
fn sets_that_others_fill_are_bounded() {
    let mut values = EdgeValues::default();
    for n in (0..100).rev() {
        values.response_flags.record(&format!("{n:03}"), Weight::ONE);
        values.principals.record(&format!("{n:03}").into());
    }
    assert_eq!(values.response_flags.iter().map(|(flag, _)| flag).last(), Some("031"));
    assert_eq!(values.principals.iter().last(), Some("007"));
}

#[test]
fn the_sort_covers_the_whole_key() {
    let schema = schema();
    let key: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let end = key.iter().position(|name| *name == "requests").unwrap();
    let mut sorted = KEY_COLUMNS.to_vec();
    let mut key = key[1..end].to_vec();
    sorted.sort_unstable();
    key.sort_unstable();
    assert_eq!(sorted, key);
}

#[test]
fn a_batch_of_another_table_is_refused_by_column() {
    let empty = crate::schema::operations::OperationsBuilder::default().finish();
    assert!(read(&empty).is_err());
    let mut builder = crate::schema::operations::OperationsBuilder::default();
    let key = crate::schema::operations::OperationKey {
        window_ns: 0,
        cluster: None,
        namespace: None,
        service: None,
        operation: None,
        kind: 0,
        status_code: 0,
    };
    builder.append(&key, &Default::default());
    let refused = read(&builder.finish()).unwrap_err();
    assert_eq!(refused.to_string(), "column \"source_cluster\" is missing or has another type");
}
