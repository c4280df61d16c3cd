//! The plan as text: what is fetched, and what is evaluated how.

use std::fmt::Write as _;

use super::{Aggregate, Call, Extent, Function, Node, Plan, Reference, Select};
use crate::promql::duration;
use crate::promql::source::{MatchOp, Matcher, Selection};

/// What is fetched, with times relative to the query's, and a line for each node with its children behind it, indented.
pub(crate) fn text(plan: &Plan) -> String {
    let mut shown = String::from("  fetch:\n");
    let query = Extent { start_ms: plan.grid.start_ms, end_ms: plan.grid.end_ms() };
    for (at, selection) in plan.selections.iter().enumerate() {
        let _ = writeln!(shown, "    #{at} {}", fetched(selection, query));
    }
    shown.push_str("  evaluate:\n");
    node(&plan.root, 2, &mut shown);
    shown
}

fn fetched(selection: &Selection, query: Extent) -> String {
    let matchers = matchers(&selection.matchers);
    let start = relative("start", selection.start_ms.saturating_sub(query.start_ms));
    let end = relative("end", selection.end_ms.saturating_sub(query.end_ms));
    format!("{matchers} after {start} until {end}")
}

fn matchers(matchers: &[Matcher]) -> String {
    let text = |matcher: &Matcher| {
        let op = match matcher.op {
            MatchOp::Equal => "=",
            MatchOp::NotEqual => "!=",
            MatchOp::Regex => "=~",
            MatchOp::NotRegex => "!~",
        };
        format!("{}{op}{:?}", matcher.name, &*matcher.value)
    };
    let matchers: Vec<String> = matchers.iter().map(text).collect();
    format!("{{{}}}", matchers.join(", "))
}

fn relative(word: &str, ms: i64) -> String {
    match ms {
        0 => word.to_owned(),
        ms if ms < 0 => format!("{word} - {}", duration::text(ms.saturating_neg())),
        ms => format!("{word} + {}", duration::text(ms)),
    }
}

fn node(node: &Node, level: usize, shown: &mut String) {
    let _ = writeln!(shown, "{}{}", "  ".repeat(level), head(node));
    for child in node.children() {
        self::node(child, level + 1, shown);
    }
}

fn head(node: &Node) -> String {
    match node {
        Node::Number(value) => format!("number {value}"),
        Node::Text(text) => format!("text {text:?}"),
        Node::Select(select) => format!("latest samples {}", selected(select)),
        Node::Window(window) => {
            format!("samples in windows of {} {}", duration::text(window.range_ms), selected(&window.select))
        }
        Node::Subquery(subquery) => format!(
            "values in windows of {}, at multiples of {}{}",
            duration::text(subquery.range_ms),
            duration::text(subquery.step_ms),
            when(subquery.reference),
        ),
        Node::Once(_) => "once for all steps".to_owned(),
        Node::Negate(_) => "negate".to_owned(),
        Node::Binary(binary) => format!("operator {}", binary.op.text()),
        Node::Aggregate(aggregate) => aggregated(aggregate),
        Node::Call(call) => called(call),
    }
}

fn selected(select: &Select) -> String {
    let totals = if select.totals { ", histograms without buckets" } else { "" };
    format!("of #{}{}{totals}", select.selection, when(select.reference))
}

fn when(reference: Reference) -> String {
    let at = reference.at_ms.map_or(String::new(), |at_ms| format!(" at {at_ms} ms"));
    match reference.offset_ms {
        0 => at,
        ms if ms > 0 => format!("{at}, {} earlier", duration::text(ms)),
        ms => format!("{at}, {} later", duration::text(ms.saturating_neg())),
    }
}

fn aggregated(aggregate: &Aggregate) -> String {
    let clause = match (aggregate.without, aggregate.grouping.is_empty()) {
        (false, true) => String::new(),
        (false, false) => format!(" by ({})", aggregate.grouping.join(", ")),
        (true, _) => format!(" without ({})", aggregate.grouping.join(", ")),
    };
    format!("aggregate {}{clause}", aggregate.op.text())
}

fn called(call: &Call) -> String {
    let way = match call.function {
        Function::Window(..) => "window by window",
        Function::Float(_) => "float by float",
        Function::Sample(_) => "sample by sample",
        Function::Whole => "as a whole",
    };
    format!("function {}, {way}", call.name)
}
