use proptest::prelude::*;

use super::*;
use crate::trace::critical;
use crate::trace::random::nonsense;

fn traces() -> impl Strategy<Value = Vec<Vec<Span<'static>>>> {
    prop::collection::vec(nonsense(), 1..12)
}

proptest! {
    #[test]
    fn services_and_operations_add_up_to_the_roots(traces in traces()) {
        let traces: Vec<Assembled<'_>> = traces.into_iter().map(|spans| Assembled::new(spans).unwrap()).collect();
        let answer = sum(traces.iter());
        let whole_ns: i64 = traces.iter().map(Assembled::root_duration_ns).sum();
        prop_assert_eq!(answer.duration.total_ns, whole_ns);
        prop_assert_eq!(answer.services.iter().map(|item| item.time.total_ns).sum::<i64>(), whole_ns);
        prop_assert_eq!(answer.operations.iter().map(|item| item.time.total_ns).sum::<i64>(), whole_ns);
        prop_assert_eq!(answer.trace_count + answer.left_out.without_length, traces.len());
        prop_assert_eq!(answer.paths.iter().map(|path| path.trace_count).sum::<usize>(), answer.trace_count);
    }

    #[test]
    fn of_one_trace_it_is_what_its_critical_path_says(spans in nonsense()) {
        let trace = Assembled::new(spans).unwrap();
        let path = critical::path(TraceId::from_halves(0, 1), &trace);
        let mut found: Vec<_> =
            sum(std::iter::once(&trace)).services.into_iter().map(|item| (item.service, item.time.total_ns)).collect();
        let mut expected: Vec<_> =
            path.self_time_by_service.into_iter().map(|item| (item.service, item.duration_ns)).collect();
        found.sort();
        expected.sort();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn numbers_of_a_list_are_in_order(traces in traces()) {
        let traces: Vec<Assembled<'_>> = traces.into_iter().map(|spans| Assembled::new(spans).unwrap()).collect();
        let answer = sum(traces.iter());
        for PathTime { trace_count, mean_ns, p50_ns, p95_ns, max_ns, share, .. } in answer.services.iter().map(|item| item.time) {
            prop_assert!(0 < trace_count && trace_count <= answer.trace_count);
            prop_assert!(0 < p50_ns && p50_ns <= p95_ns && p95_ns <= max_ns && mean_ns <= max_ns);
            prop_assert!(0.0 < share && share <= 1.0);
        }
    }
}
