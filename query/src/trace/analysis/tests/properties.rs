use proptest::prelude::*;

use super::super::answer::Work;
use super::*;
use crate::trace::random::{nested, nonsense, sequential};

/// The self time by its definition, ns by ns.
fn self_ns(spans: &[Span<'_>], span: &Span<'_>) -> i64 {
    let runs = |span: &Span<'_>, ns: i64| (span.time.start_ns..span.time.end_ns).contains(&ns);
    let children = || spans.iter().filter(|child| child.parent == Some(span.id));
    (span.time.start_ns..span.time.end_ns).filter(|ns| !children().any(|child| runs(child, *ns))).count() as i64
}

fn added_up(works: impl Iterator<Item = Work>) -> Work {
    works.fold(Work::default(), |mut sum, work| {
        sum += work;
        sum
    })
}

proptest! {
    #[test]
    fn self_time_is_what_the_definition_says(spans in nested()) {
        let trace = Assembled::new(spans.clone()).unwrap();
        for (span, work) in trace.spans.iter().zip(works(&trace)) {
            prop_assert_eq!(work.self_ns, self_ns(&spans, span));
        }
    }

    #[test]
    fn where_nothing_runs_at_the_same_time_self_times_add_up_to_the_root_s_duration(spans in sequential()) {
        let trace = Assembled::new(spans).unwrap();
        let works = works(&trace);
        prop_assert_eq!(works.iter().map(|work| work.self_ns).sum::<i64>(), trace.root_duration_ns());
        for work in works {
            prop_assert_eq!(work.self_ns, work.critical_ns, "all that was worked was waited for");
        }
    }

    #[test]
    fn services_and_operations_add_up_to_the_same(spans in nonsense()) {
        let answer = analysis_of(spans);
        let by_service = added_up(answer.services.iter().map(|item| item.work));
        let by_operation = added_up(answer.operations.iter().map(|item| item.work));
        prop_assert_eq!(by_service, by_operation);
        prop_assert_eq!((by_service.span_count, by_service.error_count), (answer.span_count, answer.error_count));
        prop_assert_eq!(by_service.critical_ns, answer.root_duration_ns);
        prop_assert!(answer.services.iter().all(|item| (0..=item.work.total_ns).contains(&item.work.self_ns)));
    }

    #[test]
    fn every_span_is_in_one_tree_and_no_deeper_than_there_are_spans(spans in nonsense()) {
        let answer = analysis_of(spans);
        prop_assert_eq!(answer.tops.iter().map(|top| top.span_count).sum::<usize>(), answer.span_count);
        prop_assert_eq!(&answer.tops[0], &answer.root);
        prop_assert!((1..=answer.span_count).contains(&answer.depth));
    }

    #[test]
    fn the_order_of_rows_and_resends_change_nothing_but_their_count(
        (once, shuffled) in nonsense().prop_flat_map(|spans| {
            let twice = [spans.clone(), spans.clone()].concat();
            (Just(spans), Just(twice).prop_shuffle())
        }),
    ) {
        let count = once.len();
        let (once, mut shuffled) = (analysis_of(once), analysis_of(shuffled));
        prop_assert_eq!(shuffled.duplicates.resent_count, once.duplicates.resent_count + count);
        shuffled.duplicates.resent_count = once.duplicates.resent_count;
        prop_assert_eq!(once, shuffled);
    }

    #[test]
    fn at_another_time_it_is_the_same(spans in nonsense(), by_ns in 0..1_i64 << 60) {
        let later = spans.iter().map(|span| Span { time: span.time.moved(by_ns), ..*span }).collect();
        let (answer, later) = (analysis_of(spans), analysis_of(later));
        prop_assert_eq!(TraceAnalysis { start_time_unix_nano: answer.start_time_unix_nano.clone(), ..later }, answer);
    }

    /// A call that is too short to fill its client by more than what sticks out unnoticed.
    #[test]
    fn a_wrong_clock_is_found_out(by_ns in prop_oneof![-1_000_000_i64..-100, 100..1_000_000_i64]) {
        let mut spans = ["1 - 0 1000 a CLIENT", "2 1 100 900 b SERVER"].map(crate::trace::lines::span);
        spans[1].time = spans[1].time.moved(by_ns);
        let skew = analysis_of(spans.into()).clock_skew;
        let sticks_out = !(-200..=200).contains(&by_ns);
        prop_assert_eq!(skew.first().map(|skew| skew.median_shift_ns), sticks_out.then_some(by_ns));
    }
}
