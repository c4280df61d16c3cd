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
    within(expr, LINE_BYTES_MAX)
}

/// As [`pretty`], with lines of another length.
pub(super) fn within(expr: &Expr, line_bytes_max: usize) -> String {
    let mut layout = Layout { line_bytes_max, text: String::new() };
    layout.expr(expr, 0);
    layout.text
}

/// Text that grows by whole expressions.
struct Layout {
    line_bytes_max: usize,
    text: String,
}

impl Layout {
    /// Writes an expression whose first line is indented to `level`.
    fn expr(&mut self, expr: &Expr, level: usize) {
        if self.fits_a_line(expr) {
            return self.on_one_line(expr, level);
        }
        match expr {
            Expr::Paren(node) => self.between(level, "(", |layout| layout.expr(&node.inner, level + 1)),
            Expr::Unary(node) => {
                let start = self.text.len();
                self.expr(&node.operand, level);
                let blanks = self.text[start..].len() - self.text[start..].trim_start().len();
                let sign = if node.negative { "-" } else { "+" };
                self.text.replace_range(start..start + blanks, &(INDENT.repeat(level) + sign));
            }
            Expr::Binary(node) => self.binary(node, level),
            Expr::Aggregate(node) => self.aggregate(node, level),
            Expr::Call(node) => self.call(node, level),
            Expr::Subquery(node) => {
                self.expr(&node.operand, level);
                self.text.push_str(&subquery_behind(node));
            }
            Expr::Number(_) | Expr::String(_) | Expr::Vector(_) | Expr::Matrix(_) => self.on_one_line(expr, level),
        }
    }

    fn on_one_line(&mut self, expr: &Expr, level: usize) {
        self.indent(level);
        let _ = write!(self.text, "{expr}");
    }

    fn binary(&mut self, node: &Binary, level: usize) {
        match &*node.lhs {
            Expr::Number(number) if node.op == BinaryOp::Pow => {
                self.indent(level + 1);
                let _ = write!(self.text, "{number:#}");
            }
            lhs => self.expr(lhs, level + 1),
        }
        self.text.push('\n');
        self.indent(level);
        let _ = writeln!(self.text, "{}", Operator(node));
        self.expr(&node.rhs, level + 1);
    }

    fn aggregate(&mut self, node: &Aggregate, level: usize) {
        self.between(level, &format!("{}(", aggregate_head(node)), |layout| {
            if let Some(param) = &node.param {
                layout.expr(param, level + 1);
                layout.text.push_str(",\n");
            }
            layout.expr(&node.operand, level + 1);
        });
    }

    fn call(&mut self, node: &Call, level: usize) {
        self.between(level, &format!("{}(", node.function.name), |layout| {
            for (index, arg) in node.args.iter().enumerate() {
                layout.text.push_str(if index > 0 { ",\n" } else { "" });
                layout.expr(arg, level + 1);
            }
        });
    }

    /// Lines of their own between an opening line and a closing parenthesis.
    fn between(&mut self, level: usize, opening: &str, lines: impl FnOnce(&mut Self)) {
        self.indent(level);
        self.text.push_str(opening);
        self.text.push('\n');
        lines(self);
        self.text.push('\n');
        self.indent(level);
        self.text.push(')');
    }

    fn indent(&mut self, level: usize) {
        self.text.push_str(&INDENT.repeat(level));
    }

    /// Looks no further than a line.
    fn fits_a_line(&self, expr: &Expr) -> bool {
        write!(Line { left: self.line_bytes_max }, "{expr}").is_ok()
    }
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
