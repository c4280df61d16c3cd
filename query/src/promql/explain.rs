//! Every stage of reading as text: tokens with their places, what is printed, the tree, the plan.

use std::fmt::Write as _;

use super::engine::{Options, Range};
use super::lexer;
use super::plan;
use super::print::{Operator, aggregate_head, subquery_behind};
use super::stack::with_room;
use super::tree::{Expr, Span};
use super::{ParseError, ParseOptions, parse};

/// For which times a plan is shown.
const AN_HOUR: Range = Range::Steps { start_ms: 0, end_ms: 3_600_000, step_ms: 60_000 };

/// What a text says, stage by stage. The whole language is understood.
///
/// # Errors
/// The first place at which the text is wrong.
pub fn explain(text: &str) -> Result<String, ParseError> {
    let expr = parse(text, &ParseOptions::all())?;
    let lines = Lines::of(text);
    let mut shown = String::from("tokens:\n");
    for token in lexer::tokens(text).list {
        let word = text.get(token.span.start as usize..token.span.end as usize).unwrap_or_default();
        let _ = writeln!(shown, "  {} {}", lines.place(token.span), token.kind.describe(word));
    }
    let _ = writeln!(shown, "query: {expr}\ntree:");
    tree(&expr, &lines, 1, &mut shown);
    shown.push_str("plan, of an hour in steps of a minute:\n");
    let plan = || plan::plan(&expr, AN_HOUR, &Options::default()).map(|plan| plan::explain::text(&plan));
    match with_room(expr.height(), plan) {
        Ok(Ok(plan)) => shown.push_str(&plan),
        Ok(Err(failure)) => drop(writeln!(shown, "  none: {failure}")),
        Err(error) => drop(writeln!(shown, "  none: {error}")),
    }
    Ok(shown)
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect())
    }

    /// `line:column` of a start, both from 1; columns are bytes.
    fn place(&self, span: Span) -> String {
        let at = span.start as usize;
        let line = self.0.partition_point(|start| *start <= at);
        let column = at - self.0.get(line.saturating_sub(1)).copied().unwrap_or_default() + 1;
        format!("{line}:{column}")
    }
}

/// One line for each node, and its children behind it, indented.
fn tree(expr: &Expr, lines: &Lines, level: usize, shown: &mut String) {
    let indent = "  ".repeat(level);
    let at = lines.place(expr.span());
    let _ = writeln!(shown, "{indent}{at} {}: {}", head(expr), expr.value_type());
    for child in expr.children() {
        tree(child, lines, level + 1, shown);
    }
}

/// What a node says without its children.
fn head(expr: &Expr) -> String {
    match expr {
        Expr::Paren(_) => "( )".to_owned(),
        Expr::Unary(node) => if node.negative { "-" } else { "+" }.to_owned(),
        Expr::Binary(node) => Operator(node).to_string(),
        Expr::Aggregate(node) => aggregate_head(node).trim_end().to_owned(),
        Expr::Call(node) => format!("{}()", node.function.name),
        Expr::Subquery(node) => subquery_behind(node),
        Expr::Number(_) | Expr::String(_) | Expr::Vector(_) | Expr::Matrix(_) => expr.to_string(),
    }
}
