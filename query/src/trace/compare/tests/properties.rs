use proptest::prelude::*;

use super::*;
use crate::trace::random::nonsense;

fn sum(works: impl Iterator<Item = Option<Work>>) -> Work {
    works.flatten().fold(Work::default(), |mut sum, work| {
        sum += work;
        sum
    })
}

proptest! {
    #[test]
    fn contributions_add_up_to_the_difference(left in nonsense(), right in nonsense()) {
        let answer = answer_of(left, right);
        let listed: i64 = answer.contributions.iter().map(|item| item.difference_ns).sum();
        prop_assert_eq!(listed + answer.other_contributions.difference_ns, answer.difference_ns);
        prop_assert_eq!(answer.difference_ns, answer.left.duration_ns - answer.right.duration_ns);
        let sizes: Vec<u64> = answer.contributions.iter().map(|item| item.difference_ns.unsigned_abs()).collect();
        prop_assert!(sizes.is_sorted_by(|a, b| a >= b), "{:?}", sizes);
    }

    #[test]
    fn nodes_add_up_to_the_traces(left in nonsense(), right in nonsense()) {
        let answer = answer_of(left, right);
        for (head, work) in [
            (&answer.left, sum(answer.nodes.iter().map(|node| node.left))),
            (&answer.right, sum(answer.nodes.iter().map(|node| node.right))),
        ] {
            prop_assert_eq!((work.span_count, work.error_count), (head.span_count, head.error_count));
            prop_assert_eq!(work.critical_ns, head.duration_ns);
        }
        prop_assert_eq!(answer.nodes.len(), answer.node_count);
    }

    #[test]
    fn nodes_are_in_the_order_of_rows(left in nonsense(), right in nonsense()) {
        let answer = answer_of(left, right);
        // The way to where we are: the next node is below one of these.
        let mut way: Vec<usize> = Vec::new();
        for (place, node) in answer.nodes.iter().enumerate() {
            prop_assert!(node.depth <= way.len());
            way.truncate(node.depth);
            prop_assert_eq!(node.parent, way.last().copied());
            way.push(place);
        }
    }

    #[test]
    fn a_trace_is_like_itself(spans in nonsense()) {
        let answer = answer_of(spans.clone(), spans);
        prop_assert_eq!(answer.difference_ns, 0);
        prop_assert!(answer.contributions.iter().all(|item| item.difference_ns == 0));
        prop_assert!(answer.nodes.iter().all(|node| node.left == node.right && node.left.is_some()));
        prop_assert_eq!((answer.only_left_count, answer.only_right_count), (0, 0));
    }

    #[test]
    fn the_other_way_round_is_the_negative(left in nonsense(), right in nonsense()) {
        let there = answer_of(left.clone(), right.clone());
        let back = answer_of(right, left);
        prop_assert_eq!(there.difference_ns, -back.difference_ns);
        prop_assert_eq!(there.only_left_count, back.only_right_count);
        prop_assert_eq!(there.node_count, back.node_count);
    }

    #[test]
    fn the_order_of_rows_and_resends_change_nothing(
        (once, shuffled) in nonsense().prop_flat_map(|spans| {
            let twice = [spans.clone(), spans.clone()].concat();
            (Just(spans), Just(twice).prop_shuffle())
        }),
        other in nonsense(),
    ) {
        prop_assert_eq!(answer_of(once, other.clone()), answer_of(shuffled, other));
    }
}
