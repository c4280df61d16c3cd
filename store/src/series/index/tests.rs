//! What callers of the index rely on.

/// Against a list of labels.
mod model;
/// What a large index takes.
mod size;
/// Many threads at once.
mod threads;

use std::sync::Arc;

use super::*;
use crate::series::batch::SampleBatch;
use crate::series::matcher::{MatchOp, Matcher};
use crate::series::sample::MetricKind;

const LIMITS: SeriesLimits = SeriesLimits { labels_max: 8, label_name_bytes_max: 64, label_value_bytes_max: 64 };
const SERIES_MAX: usize = 10_000;
const NOW: SeriesHour = SeriesHour(100);

fn labels(pairs: &[(&str, &str)]) -> Labels {
    Labels::new(pairs.iter().copied())
}

/// A series of metric `up` with a number.
fn up(number: usize) -> (SeriesId, Labels) {
    let labels = labels(&[
        ("__name__", "up"),
        ("number", &number.to_string()),
        ("even", &(number.is_multiple_of(2)).to_string()),
    ]);
    (SeriesId::of(&labels), labels)
}

fn ups(numbers: std::ops::Range<usize>) -> Vec<(SeriesId, Labels)> {
    numbers.map(up).collect()
}

fn ids(series: &[(SeriesId, Labels)]) -> Vec<SeriesId> {
    series.iter().map(|(id, _)| *id).collect()
}

fn index(series: &[(SeriesId, Labels)]) -> SeriesIndex {
    let index = SeriesIndex::new(LIMITS, SERIES_MAX);
    index.set_now(NOW);
    index.insert(series, NOW.start_ms());
    index
}

fn texts(names: Vec<Arc<str>>) -> Vec<String> {
    names.iter().map(|name| name.to_string()).collect()
}

#[test]
fn series_are_added_once() {
    let index = index(&ups(0..3));
    assert_eq!(index.insert(&ups(0..5), 0), Inserted { added: 2, collisions: 0 });
    assert_eq!(index.len(), 5);
    assert_eq!(index.labels_of(up(4).0), Some(up(4).1));
    assert_eq!(index.labels_of(up(5).0), None);
    assert_eq!(index.labels_of_each(&ids(&ups(4..6))), [Some(up(4).1), None]);
}

#[test]
fn of_a_series_that_comes_twice_in_one_call_there_is_one() {
    let index = index(&[up(1), up(1)]);
    assert_eq!(index.len(), 1);
    assert_eq!(index.ids(&[]), [up(1).0]);
}

#[test]
fn of_labels_with_one_id_the_first_stay_and_the_others_are_counted() {
    let index = index(&ups(0..1));
    let other = [(up(0).0, up(1).1), (up(2).0, up(2).1), (up(2).0, up(3).1)];
    assert_eq!(index.insert(&other, 0), Inserted { added: 1, collisions: 2 });
    assert_eq!(index.collisions(), 2);
    assert_eq!(index.labels_of(up(0).0), Some(up(0).1));
    assert_eq!(index.labels_of(up(2).0), Some(up(2).1));
}

#[test]
fn a_series_may_be_without_labels() {
    let index = index(&[(SeriesId::of(&Labels::default()), Labels::default())]);
    assert_eq!(index.select(&[Matcher::equal("a", "")], 1).map(|series| series.len()), Ok(1));
    assert_eq!(index.select(&[Matcher::equal("a", "1")], 1), Ok(Vec::new()));
}

#[test]
fn a_selection_is_sorted_and_bounded() {
    let index = index(&ups(0..10));
    let mut expected: Vec<_> = ups(0..10).into_iter().step_by(2).collect();
    expected.sort_unstable_by_key(|(id, _)| *id);
    let even = [Matcher::equal("even", "true")];
    assert_eq!(index.select(&even, 5), Ok(expected));
    assert_eq!(index.select(&even, 4), Err(TooManySelected { count: 5, max: 4 }));
}

#[test]
fn series_beyond_the_bound_are_not_admitted_and_known_ones_are() {
    let index = SeriesIndex::new(LIMITS, 2);
    assert_eq!(index.admit(up(0).0), Ok(()));
    index.insert(&ups(0..2), 0);
    assert_eq!(index.admit(up(0).0), Ok(()));
    assert_eq!(index.admit(up(2).0), Err(2));
    index.sweep(1);
    assert_eq!(index.admit(up(2).0), Ok(()));
}

#[test]
fn a_batch_leaves_out_labels_that_are_durable() {
    let index = index(&ups(0..1));
    let mut batch = SampleBatch::default();
    let mut pairs = vec![("__name__", "up"), ("number", "0"), ("even", "true")];
    batch.series(&index, &mut pairs, &mut Vec::new()).unwrap();
    index.mark_written(NOW, &[up(0).0]);
    batch.series(&index, &mut pairs, &mut Vec::new()).unwrap();
    let held: Vec<_> = batch.series.iter().map(|series| series.labels.clone()).collect();
    assert_eq!(held, [Some(up(0).1), None]);
}

#[test]
fn a_series_is_durable_in_the_hour_it_is_written_and_in_the_next() {
    let index = index(&ups(0..1));
    index.mark_written(NOW, &[up(0).0, up(1).0]);
    for (hour, expected) in [(99, false), (100, true), (101, true), (102, false)] {
        index.set_now(SeriesHour(hour));
        assert_eq!(index.is_durable(up(0).0), expected, "{hour}");
        assert!(!index.is_durable(up(1).0));
    }
    index.set_now(NOW);
    index.forget_hours(&[SeriesHour(99), NOW]);
    assert!(!index.is_durable(up(0).0));
}

#[test]
fn a_flush_is_told_what_an_hour_lacks() {
    let index = index(&ups(0..3));
    index.mark_written(NOW, &[up(1).0]);
    let asked = [up(2), up(1), up(0), up(2), up(3), up(3)];
    let mut expected = vec![up(0), up(2)];
    expected.sort_unstable_by_key(|(id, _)| *id);
    assert_eq!(index.unwritten(NOW, ids(&asked)), Unwritten { series: expected, unknown: vec![up(3).0] });
    assert_eq!(index.unwritten(SeriesHour(99), ids(&asked)).series.len(), 3);
}

#[test]
fn the_latest_times_count() {
    let index = index(&ups(0..1));
    let (id, start_ms) = (up(0).0, NOW.start_ms());
    assert_eq!(index.last_seen(id), Some(LastSeen { sample_ms: i64::MIN, receive_ms: start_ms }));
    index.touch(&[(id, 5), (up(1).0, 9), (id, 3)], start_ms + 7);
    index.touch(&[(id, 4)], start_ms + 6);
    assert_eq!(index.last_seen(id), Some(LastSeen { sample_ms: 5, receive_ms: start_ms + 7 }));
    assert_eq!(index.last_seen(up(1).0), None);
}

#[test]
fn a_sweep_drops_what_was_received_before() {
    let index = index(&[]);
    index.insert(&ups(0..4), 10);
    index.touch(&[(up(1).0, 0)], 20);
    index.insert(&ups(2..3), 20);
    assert_eq!(index.sweep(15), 2);
    let mut left = vec![up(1), up(2)];
    left.sort_unstable_by_key(|(id, _)| *id);
    assert_eq!(index.select(&[], 9), Ok(left));
    assert_eq!(texts(index.label_values("number", &[])), ["1", "2"]);
    assert_eq!(texts(index.label_values("number", &[Matcher::equal("even", "true")])), ["2"]);
    assert_eq!(index.sweep(15), 0);
}

#[test]
fn a_dropped_series_may_come_back() {
    let index = index(&[]);
    index.insert(&ups(0..2), 10);
    index.mark_written(NOW, &[up(0).0]);
    index.sweep(15);
    assert_eq!(index.insert(&ups(0..1), 20), Inserted { added: 1, collisions: 0 });
    assert!(!index.is_durable(up(0).0), "a series that comes back is written again");
    assert_eq!(index.select(&[], 9), Ok(vec![up(0)]));
}

#[test]
fn a_series_that_was_vouched_for_outlives_a_sweep_of_earlier_hours() {
    let index = index(&[]);
    index.insert(&ups(0..2), 10);
    index.mark_written(NOW, &ids(&ups(0..2)));
    assert!(index.is_durable(up(0).0));
    assert_eq!(index.sweep(NOW.start_ms()), 1);
    assert_eq!(index.unwritten(SeriesHour(101), [up(0).0]).series, [up(0)]);
}

#[test]
fn an_index_made_anew_has_the_same_series_times_and_hours() {
    let index = index(&[]);
    index.insert(&ups(0..5000), 10);
    index.touch(&ups(3000..5000).iter().map(|(id, _)| (*id, 7)).collect::<Vec<_>>(), 20);
    index.mark_written(NOW, &ids(&ups(4000..5000)));
    let before_bytes = index.memory_bytes();
    assert_eq!(index.sweep(15), 3000);
    assert_eq!(index.state.read().index.slots(), 2000, "the index was made anew");
    assert!(index.memory_bytes() * 3 < before_bytes * 2, "{} of {before_bytes}", index.memory_bytes());
    assert_eq!(index.ids(&[]), {
        let mut all = ids(&ups(3000..5000));
        all.sort_unstable();
        all
    });
    assert_eq!(index.last_seen(up(3000).0), Some(LastSeen { sample_ms: 7, receive_ms: 20 }));
    assert_eq!(index.unwritten(NOW, ids(&ups(3000..5000))).series.len(), 1000);
    assert_eq!(index.labels_of(up(4999).0), Some(up(4999).1));
}

#[test]
fn what_comes_while_an_index_is_made_anew_is_in_it() {
    let index = index(&ups(0..10));
    let mut anew = sweep::Anew::default();
    assert!(anew.copy_piece(&index.state.read()));
    assert!(!anew.copy_piece(&index.state.read()));
    index.insert(&ups(10..20), NOW.start_ms());
    index.touch(&[(up(3).0, 8), (up(13).0, 9)], NOW.start_ms());
    index.mark_written(NOW, &[up(4).0]);
    let old = anew.take_place_of(&mut index.state.write());
    assert_eq!(old.index.len(), 20);
    assert_eq!(texts(index.label_values("number", &[])).len(), 20);
    assert_eq!(index.labels_of(up(13).0), Some(up(13).1));
    assert_eq!(index.last_seen(up(3).0).map(|seen| seen.sample_ms), Some(8));
    assert_eq!(index.last_seen(up(13).0).map(|seen| seen.sample_ms), Some(9));
    assert!(index.is_durable(up(4).0));
}

#[test]
fn names_and_values_do_not_pile_up() {
    let index = index(&[]);
    let mut most_bytes = 0;
    for round in 0..20 {
        index.insert(&ups(round * 2000..(round + 1) * 2000), round as i64 * 10);
        index.sweep(round as i64 * 10);
        most_bytes = most_bytes.max(index.memory_bytes());
    }
    assert_eq!(index.len(), 2000);
    let alone = self::index(&ups(0..2000)).memory_bytes();
    assert!(most_bytes < alone * 2, "{most_bytes} of {alone}");
}

#[test]
fn the_newest_metadata_counts_until_it_is_swept() {
    let index = index(&[]);
    let metadata = |help: &str| MetricMetadata {
        family: "up".into(),
        kind: MetricKind::Gauge,
        help: help.into(),
        unit: "".into(),
    };
    index.note_metadata(&[metadata("old")], 1);
    index.note_metadata(&[metadata("new")], 2);
    assert_eq!(index.metadata(), [metadata("new")]);
    assert_eq!(index.metadata_of("up"), Some(metadata("new")));
    index.sweep(3);
    assert_eq!(index.metadata_of("up"), None);
    assert_eq!(index.families_refused(), 0);
}

#[test]
fn a_regular_expression_narrows_names_and_values() {
    let index = index(&ups(0..20));
    let teens = [Matcher::new(MatchOp::Regex, "number", "1.").unwrap()];
    assert_eq!(index.label_values("number", &teens).len(), 10);
    assert_eq!(texts(index.label_names(&teens)), ["__name__", "even", "number"]);
    assert!(index.label_names(&[Matcher::equal("number", "20")]).is_empty());
    assert!(index.label_values("none", &[]).is_empty());
}
