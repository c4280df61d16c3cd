use std::cmp::Reverse;

use proptest::prelude::*;

use super::*;
use crate::trace::random::{nested, nonsense};

/// The path by its definition, for spans inside their parents: (id, start, end), the last first.
fn by_definition(spans: &[Span<'_>], span: &Span<'_>, path: &mut Vec<(i64, i64, i64)>) {
    let mut cursor_ns = span.time.end_ns;
    loop {
        let ended = spans.iter().filter(|child| {
            child.parent == Some(span.id) && child.time.end_ns <= cursor_ns && child.time.length_ns() > 0
        });
        let last = ended.max_by_key(|child| (child.time.end_ns, Reverse((child.time.start_ns, child.id))));
        let own_from_ns = last.map_or(span.time.start_ns, |child| child.time.end_ns);
        if own_from_ns < cursor_ns {
            path.push((span.id.as_int(), own_from_ns, cursor_ns));
        }
        let Some(child) = last else { return };
        by_definition(spans, child, path);
        cursor_ns = child.time.start_ns;
    }
}

proptest! {
    #[test]
    fn it_is_what_the_definition_says(spans in nested()) {
        let mut expected = Vec::new();
        by_definition(&spans, &spans[0], &mut expected);
        expected.reverse();
        let expected: Vec<_> = expected.iter().map(|(id, from, to)| format!("{id} {from}..{to}")).collect();
        let path = path_of(spans);
        prop_assert_eq!((shown(&path), path.left_out), (expected, 0));
    }

    #[test]
    fn segments_cover_the_root_without_gaps_and_overlaps(spans in nonsense()) {
        let path = path_of(spans);
        let mut at_ns = 0;
        for segment in &path.segments {
            prop_assert_eq!(segment.start_offset_ns, at_ns);
            prop_assert!(segment.duration_ns > 0);
            at_ns += segment.duration_ns;
        }
        prop_assert_eq!(at_ns, path.duration_ns);
        prop_assert_eq!(path.self_time_by_service.iter().map(|item| item.duration_ns).sum::<i64>(), path.duration_ns);
    }

    #[test]
    fn every_span_is_in_one_tree(spans in nonsense()) {
        let count = span::fold_resends(spans.clone()).len();
        let path = path_of(spans);
        let others: usize = path.other_roots.iter().map(|root| root.span_count).sum();
        prop_assert_eq!(path.root.span_count + others, count);
        prop_assert!((others..count).contains(&path.left_out), "the root is never left out");
    }

    #[test]
    fn the_order_of_rows_and_resends_change_nothing(
        (once, shuffled) in nonsense().prop_flat_map(|spans| {
            let twice = [spans.clone(), spans.clone()].concat();
            (Just(spans), Just(twice).prop_shuffle())
        }),
    ) {
        prop_assert_eq!(path_of(once), path_of(shuffled));
    }

    #[test]
    fn at_another_time_it_is_the_same(spans in nonsense(), by_ns in 0..1_i64 << 60) {
        let later = spans.iter().map(|span| Span { time: span.time.moved(by_ns), ..*span }).collect();
        let (path, later) = (path_of(spans), path_of(later));
        prop_assert_eq!(later.start_time_unix_nano.parse::<i64>(), path.start_time_unix_nano.parse::<i64>().map(|ns| ns + by_ns));
        prop_assert_eq!(CriticalPath { start_time_unix_nano: path.start_time_unix_nano.clone(), ..later }, path);
    }

    /// Where a call fills its client there is one place to move it to. Up to a tenth it would not be moved.
    #[test]
    fn a_wrong_clock_of_a_server_that_fills_its_client_changes_nothing(
        by_ns in prop_oneof![i64::from(i32::MIN)..-100, 101..i64::from(i32::MAX)],
    ) {
        let spans = |by_ns: i64| {
            let mut spans: Vec<_> = ["1 - 0 1000 a CLIENT", "2 1 0 1000 b SERVER", "3 2 100 600 b"].map(span).into();
            spans[1..].iter_mut().for_each(|span| span.time = span.time.moved(by_ns));
            spans
        };
        prop_assert_eq!(path_of(spans(by_ns)), path_of(spans(0)));
    }
}
