//! The same question asked at other times: with `@` on every selector the answer is that of the time it names.

use super::super::tree::{At, Expr};

/// Functions whose result depends on when they are evaluated, even where all selectors are held by `@`.
const OF_EVALUATION_TIME: [&str; 15] = [
    "days_in_month",
    "day_of_month",
    "day_of_week",
    "day_of_year",
    "end",
    "hour",
    "minute",
    "month",
    "year",
    "predict_linear",
    "range",
    "start",
    "step",
    "time",
    "timestamp",
];

/// For when a query of `time_ms` is asked again.
pub fn times(time_ms: i64) -> Vec<i64> {
    match time_ms {
        0 => vec![-1000, 0, 1000],
        _ => vec![-10 * time_ms, 0, time_ms / 5, time_ms, 10 * time_ms],
    }
}

/// The expression with `@ time_ms` wherever nothing was said of the time; `None` when its result depends on when it is
/// evaluated nevertheless.
pub fn held(mut expr: Expr, time_ms: i64) -> Option<Expr> {
    let mut depends = false;
    hold(&mut expr, At::Time(time_ms), &mut depends);
    (!depends).then_some(expr)
}

fn hold(expr: &mut Expr, at: At, depends: &mut bool) {
    match expr {
        Expr::Number(_) | Expr::String(_) => {}
        Expr::Paren(node) => hold(&mut node.inner, at, depends),
        Expr::Unary(node) => hold(&mut node.operand, at, depends),
        Expr::Binary(node) => {
            hold(&mut node.lhs, at, depends);
            hold(&mut node.rhs, at, depends);
        }
        Expr::Aggregate(node) => {
            node.param.iter_mut().for_each(|param| hold(param, at, depends));
            hold(&mut node.operand, at, depends);
        }
        Expr::Call(node) => {
            *depends |= OF_EVALUATION_TIME.contains(&node.function.name);
            node.args.iter_mut().for_each(|arg| hold(arg, at, depends));
        }
        Expr::Vector(node) => _ = node.at.get_or_insert(at),
        Expr::Matrix(node) => _ = node.selector.at.get_or_insert(at),
        // What is inside follows the times of the subquery.
        Expr::Subquery(node) => _ = node.at.get_or_insert(at),
    }
}
