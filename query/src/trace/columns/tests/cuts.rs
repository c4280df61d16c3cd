//! Rows that are left out, and how they are asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn cuts(answer: &SpanColumns) -> Vec<(i32, usize, usize, usize)> {
    answer.cut.iter().map(|cut| (cut.row, cut.span_count, cut.error_count, cut.skip)).collect()
}

#[test]
fn levels_are_filled_from_the_top() {
    let answer = answer(&spans_of(&SHOP), Wanted::default(), 4);
    assert_eq!(ids(&answer), [6, 1, 2, 4]);
    assert_eq!(cuts(&answer), [(2, 2, 1, 0)], "below span 2 there are two, one of which failed");
}

#[test]
fn a_level_that_does_not_fit_is_cut_within() {
    let answer = answer(&spans_of(&SHOP), Wanted::default(), 5);
    assert_eq!((ids(&answer), cuts(&answer)), (vec![6, 1, 2, 5, 4], vec![(2, 1, 1, 1)]));
}

#[test]
fn depth_counts_levels() {
    let of = |depth| ids(&answer(&spans_of(&SHOP), Wanted { depth: Some(depth), ..Wanted::default() }, ROWS_MAX));
    assert_eq!((of(1), of(2), of(3)), (vec![6, 1], vec![6, 1, 2, 4], vec![6, 1, 2, 5, 3, 4]));
}

#[test]
fn children_are_skipped() {
    let answer = answer(&spans_of(&SHOP), Wanted { skip: 1, ..under(1) }, ROWS_MAX);
    assert_eq!((ids(&answer), cuts(&answer)), (vec![1, 4], vec![]));
}

#[test]
fn tops_are_skipped_and_cut() {
    let lines = ["1 - 0 9 a", "2 - 1 9 a", "3 - 2 9 a error", "4 3 3 4 a"];
    let of = |skip| answer(&spans_of(&lines), Wanted { skip, ..Wanted::default() }, 2);
    assert_eq!((ids(&of(0)), cuts(&of(0))), (vec![1, 2], vec![(-1, 2, 1, 2)]));
    assert_eq!((ids(&of(2)), cuts(&of(2))), (vec![3, 4], vec![]));
    assert!(ids(&of(9)).is_empty());
}

proptest! {
    /// Whoever asks for all that is cut, again and again, gets every span, and once.
    #[test]
    fn what_is_cut_is_found_where_it_is_said_to_be(spans in nonsense(), rows_max in 2..6_usize) {
        let gathered = gathered(&spans);
        let all = columns_of(some_id(), &gathered, Wanted::default(), ROWS_MAX).unwrap();
        let named: BTreeSet<_> = rows(&all).into_iter().collect();
        prop_assume!(named.len() == all.span_count, "spans with equal id and kind cannot be asked for");
        let mut seen = BTreeMap::new();
        let mut asked = vec![Wanted::default()];
        while let Some(wanted) = asked.pop() {
            let part = columns_of(some_id(), &gathered, wanted, rows_max).unwrap();
            prop_assert!(part.rows.parent.len() <= rows_max);
            let names = rows(&part);
            let first = usize::from(wanted.under.is_some());
            for name in &names[first..] {
                *seen.entry(*name).or_insert(0) += 1;
            }
            asked.extend(part.cut.iter().map(|cut| further(cut, &names)));
        }
        prop_assert_eq!(seen.values().copied().max(), Some(1));
        prop_assert_eq!(seen.len(), all.span_count);
    }

    #[test]
    fn what_is_cut_is_counted(spans in nonsense(), rows_max in 1..30_usize) {
        let part = answer(&spans, Wanted::default(), rows_max);
        let hidden: usize = part.cut.iter().map(|cut| cut.span_count).sum();
        prop_assert_eq!(part.rows.parent.len() + hidden, part.span_count);
        let failed = part.rows.flags.iter().filter(|flags| **flags & flag::STATUS_ERROR != 0).count();
        let hidden_failed: usize = part.cut.iter().map(|cut| cut.error_count).sum();
        prop_assert_eq!(failed + hidden_failed, part.error_count);
    }
}

fn further(cut: &answer::CutRow, names: &[(u64, i32)]) -> Wanted {
    let under = usize::try_from(cut.row).ok().map(|row| {
        let (id, kind) = names[row];
        Under { id: SpanId::from_int(id as i64), kind: Some(kind) }
    });
    Wanted { depth: None, under, skip: cut.skip }
}

/// Id and kind of each row.
fn rows(answer: &SpanColumns) -> Vec<(u64, i32)> {
    let kinds = answer.rows.operation.iter().map(|operation| answer.operations.kind[*operation as usize]);
    ids(answer).into_iter().zip(kinds).collect()
}
