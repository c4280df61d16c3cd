//! The index answers as a walk over all series would.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::LabelIndex;
use crate::series::id::SeriesId;
use crate::series::labels::Labels;
use crate::series::matcher::{MatchOp, Matcher};

/// Few names and values, so that conditions meet series; `own` is another for each series.
const NAMES: [&str; 5] = ["__name__", "a", "b", "own", "absent"];
const VALUES: [&str; 5] = ["", "x", "y", "xy", "x.y"];
const PATTERNS: [&str; 20] = [
    "",
    "x",
    "y",
    "x.y",
    "n7",
    ".*",
    ".+",
    "x.*",
    "x.+",
    "x|y",
    "(x|)",
    r"x\.y",
    "[xy]+",
    "y?",
    "n1.*",
    "n1.",
    "n.*[02468]",
    "n3|n4|none",
    "(?i)X",
    ".*y",
];

fn any_matcher() -> impl Strategy<Value = Matcher> {
    let op = prop::sample::select(vec![MatchOp::Equal, MatchOp::NotEqual, MatchOp::Regex, MatchOp::NotRegex]);
    (op, prop::sample::select(&NAMES), prop::sample::select(&PATTERNS))
        .prop_map(|(op, name, pattern)| Matcher::new(op, name, pattern).unwrap())
}

fn any_series() -> impl Strategy<Value = Vec<Labels>> {
    let values = prop::array::uniform3(prop::sample::select(&VALUES));
    prop::collection::vec((values, any::<bool>()), 0..150).prop_map(|all| {
        let series = all.into_iter().enumerate().map(|(number, (values, has_own))| {
            let own = if has_own { format!("n{number}") } else { String::new() };
            let pairs = NAMES.iter().copied().zip(values.map(str::to_owned)).chain([("own", own)]);
            Labels::new(pairs.map(|(name, value)| (name, value.as_str().to_owned())))
        });
        series.collect::<BTreeSet<_>>().into_iter().collect()
    })
}

fn selected<'a>(series: &'a [Labels], matchers: &'a [Matcher]) -> impl Iterator<Item = &'a Labels> {
    series.iter().filter(|labels| matchers.iter().all(|matcher| matcher.matches_labels(labels)))
}

fn check(index: &LabelIndex, series: &[Labels], matchers: &[Matcher]) {
    let found: BTreeSet<Labels> = index.select(matchers).into_iter().map(|slot| index.labels(slot)).collect();
    assert_eq!(found, selected(series, matchers).cloned().collect(), "{matchers:?}");
    let names: BTreeSet<_> =
        selected(series, matchers).flat_map(|labels| labels.iter().map(|label| label.name.clone())).collect();
    assert_eq!(index.label_names(matchers), Vec::from_iter(names), "{matchers:?}");
    for name in NAMES {
        let values: BTreeSet<_> =
            selected(series, matchers).filter_map(|labels| Some(labels.find(name)?.value.clone())).collect();
        assert_eq!(index.label_values(name, matchers), Vec::from_iter(values), "{name} {matchers:?}");
    }
}

fn check_cardinality(index: &LabelIndex, series: &[Labels], limit: usize) {
    let cardinality = index.cardinality(limit);
    let mut pairs = BTreeMap::new();
    for label in series.iter().flat_map(|labels| labels.iter()) {
        *pairs.entry((label.name.clone(), label.value.clone())).or_insert(0_u64) += 1;
    }
    assert_eq!(cardinality.series, series.len() as u64);
    assert_eq!(cardinality.label_pairs, pairs.len() as u64);
    let mut names: BTreeMap<_, (u64, u64)> = BTreeMap::new();
    for ((name, value), count) in &pairs {
        let held = names.entry(name.clone()).or_default();
        *held = (held.0 + 1, held.1 + count * value.len() as u64);
    }
    assert_eq!(cardinality.label_names, names.len() as u64);
    let metrics = pairs.iter().filter(|((name, _), _)| &**name == "__name__");
    let metrics = metrics.map(|((_, value), count)| (value.clone(), *count)).collect();
    assert_eq!(cardinality.series_by_metric, first(metrics, limit));
    let values = names.iter().map(|(name, held)| (name.clone(), held.0)).collect();
    assert_eq!(cardinality.values_by_label_name, first(values, limit));
    let bytes = names.iter().map(|(name, held)| (name.clone(), held.1)).collect();
    assert_eq!(cardinality.memory_by_label_name, first(bytes, limit));
    assert_eq!(cardinality.series_by_label_pair, first(pairs.into_iter().collect(), limit));
}

/// Equals stay in their order, which is that of names.
fn first<K>(mut counted: Vec<(K, u64)>, limit: usize) -> Vec<(K, u64)> {
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counted.truncate(limit);
    counted
}

proptest! {
    #[test]
    fn an_index_answers_as_a_walk_would(
        mut series in any_series(),
        matchers in prop::collection::vec(prop::collection::vec(any_matcher(), 0..4), 8),
        gone in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        limit in 0..10_usize,
    ) {
        let mut index = LabelIndex::default();
        series.iter().for_each(|labels| { index.insert(SeriesId::of(labels), labels); });
        matchers.iter().for_each(|matchers| check(&index, &series, matchers));
        check_cardinality(&index, &series, limit);

        for gone in gone {
            if !series.is_empty() {
                let labels = series.swap_remove(gone.index(series.len()));
                prop_assert!(index.remove(SeriesId::of(&labels)).is_some());
            }
        }
        matchers.iter().for_each(|matchers| check(&index, &series, matchers));
        check_cardinality(&index, &series, limit);

        let mut anew = LabelIndex::default();
        anew.extend_from(&index, 0..index.slots(), |_| {});
        prop_assert_eq!(anew.slots() as usize, series.len());
        matchers.iter().for_each(|matchers| check(&anew, &series, matchers));
        check_cardinality(&anew, &series, limit);
    }
}
