//! Tree to text on several lines, as Prometheus' `format_query` lays it out: what is longer than a line is split at its
//! outermost node, and its parts are indented.

use std::fmt::{self, Write as _};

use super::print::{Operator, aggregate_head, subquery_behind};
use super::tree::{Aggregate, Binary, BinaryOp, Call, Expr};

/// What is longer is split, in bytes.
const LINE_BYTES_MAX: usize = 100;
const INDENT: &str = "  ";

/// An expression on as many lines as it needs. It parses to the same tree.
pub fn pretty(expr: &Expr) -> String {
    let mut text = String::new();
    layout(expr, 0, &mut text);
    text
}

/// Writes an expression whose first line is indented to `level`.
fn layout(expr: &Expr, level: usize, text: &mut String) {
    if fits_a_line(expr) {
        indent(level, text);
        let _ = write!(text, "{expr}");
        return;
    }
    match expr {
        Expr::Paren(node) => {
            indent(level, text);
            text.push('(');
            between(level, text, |text| layout(&node.inner, level + 1, text));
            text.push(')');
        }
        Expr::Unary(node) => {
            indent(level, text);
            text.push(if node.negative { '-' } else { '+' });
            let mut operand = String::new();
            layout(&node.operand, level, &mut operand);
            text.push_str(operand.trim_start());
        }
        Expr::Binary(node) => binary(node, level, text),
        Expr::Aggregate(node) => aggregate(node, level, text),
        Expr::Call(node) => call(node, level, text),
        Expr::Subquery(node) => {
            layout(&node.operand, level, text);
            text.push_str(&subquery_behind(node));
        }
        Expr::Number(_) | Expr::String(_) | Expr::Vector(_) | Expr::Matrix(_) => {
            indent(level, text);
            let _ = write!(text, "{expr}");
        }
    }
}

fn binary(node: &Binary, level: usize, text: &mut String) {
    if node.op == BinaryOp::Pow && fits_a_line(&node.lhs) {
        indent(level + 1, text);
        let _ = write!(text, "{:#}", node.lhs);
    } else {
        layout(&node.lhs, level + 1, text);
    }
    text.push('\n');
    indent(level, text);
    let _ = writeln!(text, "{}", Operator(node));
    layout(&node.rhs, level + 1, text);
}

fn aggregate(node: &Aggregate, level: usize, text: &mut String) {
    indent(level, text);
    let _ = write!(text, "{}(", aggregate_head(node));
    between(level, text, |text| {
        if let Some(param) = &node.param {
            layout(param, level + 1, text);
            text.push_str(",\n");
        }
        layout(&node.operand, level + 1, text);
    });
    text.push(')');
}

fn call(node: &Call, level: usize, text: &mut String) {
    indent(level, text);
    let _ = write!(text, "{}(", node.function.name);
    between(level, text, |text| {
        for (index, arg) in node.args.iter().enumerate() {
            text.push_str(if index > 0 { ",\n" } else { "" });
            layout(arg, level + 1, text);
        }
    });
    text.push(')');
}

/// Lines of their own between two lines.
fn between(level: usize, text: &mut String, lines: impl FnOnce(&mut String)) {
    text.push('\n');
    lines(text);
    text.push('\n');
    indent(level, text);
}

fn indent(level: usize, text: &mut String) {
    text.push_str(&INDENT.repeat(level));
}

/// Looks no further than a line.
fn fits_a_line(expr: &Expr) -> bool {
    write!(Line { left: LINE_BYTES_MAX }, "{expr}").is_ok()
}

/// Takes text until a line is full.
struct Line {
    left: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.left = self.left.checked_sub(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}
