//! `sort` and its kin. They order what an instant query yields; the results of range queries are ordered by their labels.

use std::cmp::Ordering;

use super::call::text;
use super::row::Row;
use super::{Done, Evaluator, Sink};
use crate::promql::plan::{Call, Grid};
use crate::promql::sample::is_stale;

impl Evaluator<'_> {
    /// By value, NaN last. Histograms have no order and go.
    pub(super) fn sort_by_value(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let mut rows = self.unordered(call, grid)?;
        for row in &mut rows {
            row.points.map_floats(|_, value| value);
        }
        rows.retain(|row| row.points.is_any_present());
        if grid.count == 1 {
            let descending = call.name == "sort_desc";
            rows.sort_by(|a, b| by_value(a.points.float(0), b.points.float(0), descending));
        }
        rows.into_iter().try_for_each(sink)
    }

    /// By the values of labels, numbers within them by their size; then by all labels.
    pub(super) fn sort_by_label(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let mut rows = self.unordered(call, grid)?;
        let names = (1..call.args.len()).map(|at| text(call, at)).collect::<Result<Vec<_>, _>>()?;
        let order = |a: &Row, b: &Row| {
            let by_names = names.iter().map(|name| natural(a.labels.get(name), b.labels.get(name)));
            by_names.fold(Ordering::Equal, Ordering::then).then_with(|| a.labels.cmp(&b.labels))
        };
        if grid.count == 1 {
            if call.name == "sort_by_label_desc" {
                rows.sort_by(|a, b| order(b, a));
            } else {
                rows.sort_by(order);
            }
        }
        rows.into_iter().try_for_each(sink)
    }

    fn unordered(&self, call: &Call, grid: Grid) -> Result<Vec<Row>, crate::promql::engine::QueryFailure> {
        if grid.count > 1 {
            let message = "sort is ineffective for range queries since results are always ordered by labels";
            self.annotations.borrow_mut().warn(call.span, message);
        }
        let rows = self.collect(&call.args[0], grid)?;
        self.release(&rows);
        Ok(rows)
    }
}

fn by_value(a: f64, b: f64, descending: bool) -> Ordering {
    debug_assert!(!is_stale(a) && !is_stale(b), "rows without a value are gone");
    let order = a.partial_cmp(&b).map(|order| if descending { order.reverse() } else { order });
    order.unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Texts in the order in which people count: runs of digits compare as numbers.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let ((a_run, a_rest), (b_run, b_rest)) = (run(a), run(b));
        if a_run.is_empty() || b_run.is_empty() {
            return a_run.len().cmp(&b_run.len());
        }
        let order = match (is_number(a_run), is_number(b_run)) {
            (true, true) => by_number(a_run, b_run),
            _ => a_run.cmp(b_run),
        };
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (a_rest, b_rest);
    }
}

/// The first run of digits, or of other characters, and the rest.
fn run(text: &str) -> (&str, &str) {
    let first = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != first).unwrap_or(text.len());
    text.split_at(end)
}

fn is_number(run: &str) -> bool {
    run.starts_with(|c: char| c.is_ascii_digit())
}

fn by_number(a: &str, b: &str) -> Ordering {
    let digits = |run: &'_ str| run.trim_start_matches('0').len();
    let significant = |run: &'_ str| run.trim_start_matches('0').to_owned();
    digits(a).cmp(&digits(b)).then_with(|| significant(a).cmp(&significant(b))).then(a.len().cmp(&b.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_texts_count() {
        assert_eq!(natural("node-2", "node-10"), Ordering::Less);
        assert_eq!(natural("node-10", "node-10"), Ordering::Equal);
        assert_eq!(natural("node-02", "node-2"), Ordering::Greater);
        assert_eq!(natural("b", "a10"), Ordering::Greater);
        assert_eq!(natural("", "a"), Ordering::Less);
    }
}
