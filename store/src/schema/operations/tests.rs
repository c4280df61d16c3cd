//! Operations: round trip, adding up, the bound on names.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::ids::{SpanId, TraceId};
use crate::ledger::{Exemplar, Outcome};

fn key(names: &'static str) -> impl Strategy<Value = OperationKey> {
    let text = |pattern: &'static str| option::of(pattern.prop_map(Arc::from));
    (0..2_i64, text("[ab]"), text("[ab]"), text(names), 0..2_i32, 0..2_i32).prop_map(
        |(window, namespace, service, operation, kind, status_code)| OperationKey {
            window_ns: window * 60_000_000_000,
            cluster: None,
            namespace,
            service,
            operation,
            kind,
            status_code,
        },
    )
}

fn values() -> impl Strategy<Value = OperationValues> {
    let call = (0..1_i64 << 40, 0..10_i64, prop::sample::select(Outcome::ALL), 0.0..50.0_f64);
    vec(call, 0..4).prop_map(|calls| {
        let mut values = OperationValues::default();
        for (duration_ns, trace, outcome, weight) in calls {
            let weight = Weight::new(weight);
            let (trace_id, span_id) = (TraceId::from_halves(0, trace), SpanId::from_int(1));
            values.count += weight;
            values.errors += if outcome.is_error() { weight } else { Weight::ZERO };
            values.latency.record(duration_ns, weight);
            values.exemplars.record(Exemplar { trace_id, span_id, duration_ns, outcome });
        }
        values
    })
}

fn merged(parts: &[&OperationValues]) -> OperationValues {
    let mut whole = OperationValues::default();
    parts.iter().for_each(|part| whole.merge(part));
    whole
}

proptest! {
    #[test]
    fn what_is_built_is_read(rows in vec((key("[a-z ]{0,5}"), values()), 0..6)) {
        let mut builder = OperationsBuilder::default();
        rows.iter().for_each(|(key, values)| builder.append(key, values));
        let expected: Vec<_> = rows.into_iter().map(|(key, values)| OperationRow { key, values }).collect();
        prop_assert_eq!(read(&builder.finish()).unwrap(), expected);
    }

    #[test]
    fn parts_add_up_in_any_order(a in values(), b in values(), c in values()) {
        let whole = merged(&[&a, &b, &c]);
        prop_assert_eq!(&merged(&[&c, &merged(&[&b, &a])]), &whole);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_bound_keeps_the_most_frequent_names_and_every_sum(rows in btree_map(key("[a-e]{5}"), values(), 0..1500)) {
        // Of one window and namespace, so that there are services over the bound and under it.
        let mut together = BTreeMap::new();
        for (key, values) in rows {
            together.insert(OperationKey { window_ns: 0, namespace: None, ..key }, values);
        }
        let rows = together;
        let capped = cap(rows.clone());
        prop_assert_eq!(totals(&capped), totals(&rows));
        let (before, after) = (counts(&rows), counts(&capped));
        for (service, names) in &before {
            let kept = after.get(service).cloned().unwrap_or_default();
            prop_assert_eq!(kept.len(), names.len().min(OPERATIONS_MAX));
            let least_kept = kept.values().min();
            let dropped = names.iter().filter(|(name, _)| !kept.contains_key(*name));
            for (name, count) in dropped {
                prop_assert!(Some(count) <= least_kept, "{:?} was dropped", name);
            }
        }
    }
}

type Totals = BTreeMap<(i64, Option<Arc<str>>, Option<Arc<str>>, i32, i32), OperationValues>;

fn totals(rows: &BTreeMap<OperationKey, OperationValues>) -> Totals {
    let mut totals = Totals::new();
    for (key, values) in rows {
        let group = (key.window_ns, key.namespace.clone(), key.service.clone(), key.kind, key.status_code);
        totals.entry(group).or_default().merge(values);
    }
    totals
}

type Counts = BTreeMap<(i64, Option<Arc<str>>, Option<Arc<str>>), BTreeMap<Arc<str>, Weight>>;

fn counts(rows: &BTreeMap<OperationKey, OperationValues>) -> Counts {
    let mut counts = Counts::new();
    for (key, values) in rows {
        let Some(name) = &key.operation else { continue };
        let service = (key.window_ns, key.namespace.clone(), key.service.clone());
        *counts.entry(service).or_default().entry(Arc::clone(name)).or_default() += values.count;
    }
    counts
}

#[test]
fn a_service_over_the_bound_leaves_others_alone() {
    let rows: BTreeMap<OperationKey, OperationValues> =
        (0..300).flat_map(|n| [("many", n), ("few", n % 5)]).map(|(service, n)| row(service, n)).collect();
    let names = |service: &str| -> BTreeSet<Option<Arc<str>>> {
        let of_service = cap(rows.clone()).into_keys().filter(|key| key.service.as_deref() == Some(service));
        of_service.map(|key| key.operation).collect()
    };
    assert_eq!(names("few").len(), 5);
    let many = names("many");
    assert_eq!(many.len(), OPERATIONS_MAX + 1);
    assert!(many.contains(&None));
    assert!(!many.contains(&Some("099".into())) && many.contains(&Some("100".into())), "the frequent ones stay");
}

/// The n-th operation was seen n times.
fn row(service: &str, n: i32) -> (OperationKey, OperationValues) {
    let operation = Some(format!("{n:03}").into());
    let (service, count) = (Some(service.into()), Weight::new(f64::from(n)));
    let key =
        OperationKey { window_ns: 0, cluster: None, namespace: None, service, operation, kind: 2, status_code: 0 };
    (key, OperationValues { count, ..OperationValues::default() })
}
