//! Tree to text, on one line, as Prometheus prints it. What is printed parses back to the same tree.

use std::fmt::{self, Display, Formatter, Write as _};

use super::quote::quoted;
use super::source::{MatchOp, Matcher};
use super::tree::{
    Aggregate, At, Binary, BinaryOp, Call, Cardinality, Duration, DurationExpr, DurationNode, Edges, Expr,
    MatrixSelector, Number, Subquery, VectorSelector,
};
use super::{duration, number};

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(node) => node.fmt(f),
            Self::String(node) => f.write_str(&quoted(&node.value)),
            Self::Paren(node) => write!(f, "({})", node.inner),
            Self::Unary(node) => write!(f, "{}{}", sign(node.negative), node.operand),
            Self::Binary(node) if node.op == BinaryOp::Pow => {
                write!(f, "{:#} {} {}", node.lhs, Operator(node), node.rhs)
            }
            Self::Binary(node) => write!(f, "{} {} {}", node.lhs, Operator(node), node.rhs),
            Self::Aggregate(node) => aggregate(f, node),
            Self::Call(node) => call(f, node),
            Self::Vector(node) => write!(f, "{}{}", Selector(node), Behind::vector(node)),
            Self::Matrix(MatrixSelector { selector, range, .. }) => {
                write!(f, "{}[{range}]{}", Selector(selector), Behind::matrix(selector))
            }
            Self::Subquery(node) => write!(f, "{}{}", node.operand, subquery_behind(node)),
        }
    }
}

fn sign(negative: bool) -> char {
    if negative { '-' } else { '+' }
}

/// The alternate form (`{:#}`) is for what stands before `^`.
impl Display for Number {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.duration {
            return f.write_str(&seconds(self.value));
        }
        // A sign before `^` would be read as that of the power.
        if self.value == f64::INFINITY && f.alternate() {
            f.write_str("Inf")
        } else {
            f.write_str(&number::text(self.value))
        }
    }
}

/// Seconds that were written as a duration. A negative zero keeps its sign.
fn seconds(value: f64) -> String {
    let text = duration::text((value.abs() * 1e3).round() as i64);
    if value.is_sign_negative() { format!("-{text}") } else { text }
}

/// An operator, with what is written between it and its right side.
pub(super) struct Operator<'a>(pub &'a Binary);

impl Display for Operator<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Binary { op, return_bool, matching, .. } = self.0;
        f.write_str(op.text())?;
        if *return_bool {
            f.write_str(" bool")?;
        }
        let group = match matching.cardinality {
            Cardinality::ManyToOne => Some("group_left"),
            Cardinality::OneToMany => Some("group_right"),
            Cardinality::OneToOne | Cardinality::ManyToMany => None,
        };
        if !matching.labels.is_empty() || matching.on || group.is_some() {
            let word = if matching.on { "on" } else { "ignoring" };
            write!(f, " {word} ({})", Labels(&matching.labels))?;
        }
        if let Some(group) = group {
            write!(f, " {group} ({})", Labels(&matching.include))?;
        }
        match (matching.fill_left, matching.fill_right) {
            (None, None) => Ok(()),
            (Some(left), None) => write!(f, " fill_left ({})", number::text(left)),
            (None, Some(right)) => write!(f, " fill_right ({})", number::text(right)),
            (Some(left), Some(right)) if left.to_bits() == right.to_bits() => {
                write!(f, " fill ({})", number::text(left))
            }
            (Some(left), Some(right)) => {
                write!(f, " fill_left ({}) fill_right ({})", number::text(left), number::text(right))
            }
        }
    }
}

/// Names of labels, in quotes where they must be.
struct Labels<'a>(&'a [String]);

impl Display for Labels<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, label) in self.0.iter().enumerate() {
            let separator = if index > 0 { ", " } else { "" };
            write!(f, "{separator}{}", label_name(label))?;
        }
        Ok(())
    }
}

fn label_name(name: &str) -> String {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_digit = name.bytes().next().is_none_or(|byte| byte.is_ascii_digit());
    if is_plain && !is_digit { name.to_owned() } else { quoted(name) }
}

/// An aggregation's name and clause, without the arguments.
pub(super) fn aggregate_head(node: &Aggregate) -> String {
    let name = node.op.text();
    match (node.without, node.grouping.as_slice()) {
        (true, grouping) => format!("{name} without ({}) ", Labels(grouping)),
        (false, []) => name.to_owned(),
        (false, grouping) => format!("{name} by ({}) ", Labels(grouping)),
    }
}

fn aggregate(f: &mut Formatter<'_>, node: &Aggregate) -> fmt::Result {
    write!(f, "{}(", aggregate_head(node))?;
    if let Some(param) = &node.param {
        write!(f, "{param}, ")?;
    }
    write!(f, "{})", node.operand)
}

fn call(f: &mut Formatter<'_>, node: &Call) -> fmt::Result {
    write!(f, "{}(", node.function.name)?;
    for (index, arg) in node.args.iter().enumerate() {
        let separator = if index > 0 { ", " } else { "" };
        write!(f, "{separator}{arg}")?;
    }
    f.write_char(')')
}

/// A selector's name and braces.
struct Selector<'a>(&'a VectorSelector);

impl Display for Selector<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let VectorSelector { name, matchers, .. } = self.0;
        let mut matchers = matchers.as_slice();
        if let Some(name) = name {
            f.write_str(name)?;
            matchers = &matchers[..matchers.len().saturating_sub(1)];
        }
        if matchers.is_empty() && name.is_some() {
            return Ok(());
        }
        let matchers: Vec<_> = matchers.iter().map(matcher).collect();
        write!(f, "{{{}}}", matchers.join(","))
    }
}

fn matcher(matcher: &Matcher) -> String {
    let op = match matcher.op {
        MatchOp::Equal => "=",
        MatchOp::NotEqual => "!=",
        MatchOp::Regex => "=~",
        MatchOp::NotRegex => "!~",
    };
    format!("{}{op}{}", label_name(&matcher.name), quoted(&matcher.value))
}

/// What stands behind a selector or a subquery.
struct Behind<'a> {
    edges_first: bool,
    at: Option<At>,
    edges: Edges,
    offset: Option<&'a Duration>,
}

impl<'a> Behind<'a> {
    fn vector(node: &'a VectorSelector) -> Self {
        Self { edges_first: false, at: node.at, edges: node.edges, offset: node.offset.as_ref() }
    }

    fn matrix(node: &'a VectorSelector) -> Self {
        Self { edges_first: true, ..Self::vector(node) }
    }
}

/// The offset comes last, as in Prometheus; but first when an operator behind it would be read as a part of it.
impl Display for Behind<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let is_open = self.offset.is_some_and(is_open);
        let offset = self.offset.map(|offset| match begins_with_number(offset) {
            true => format!(" offset --{offset}"),
            false => format!(" offset {offset}"),
        });
        let offset = offset.unwrap_or_default();
        let at = self.at.map(at).unwrap_or_default();
        let edges = match self.edges {
            Edges::Plain => "",
            Edges::Anchored => " anchored",
            Edges::Smoothed => " smoothed",
        };
        let (one, other) = if self.edges_first { (edges, at.as_str()) } else { (at.as_str(), edges) };
        if is_open { write!(f, "{offset}{one}{other}") } else { write!(f, "{one}{other}{offset}") }
    }
}

/// Whether operators behind an offset would be read as its own.
fn is_open(offset: &Duration) -> bool {
    let Duration::Expr(expr) = offset else { return false };
    match &expr.node {
        DurationNode::Paren(_) | DurationNode::Binary { .. } => true,
        DurationNode::Unary { operand, .. } => {
            matches!(operand.node, DurationNode::Unary { .. } | DurationNode::Binary { .. })
        }
        _ => false,
    }
}

/// Whether an offset has operators behind a number. They are its own because the number was written with two signs
/// (`offset --2 + 1`), which are not kept: without them `+ 1` would be read as the expression's.
fn begins_with_number(offset: &Duration) -> bool {
    let Duration::Expr(expr) = offset else { return false };
    let mut first = &**expr;
    while let DurationNode::Binary { lhs, .. } = &first.node {
        first = lhs;
    }
    matches!(expr.node, DurationNode::Binary { .. }) && matches!(first.node, DurationNode::Number(_))
}

fn at(at: At) -> String {
    match at {
        At::Start => " @ start()".to_owned(),
        At::End => " @ end()".to_owned(),
        At::Time(milliseconds) => {
            let sign = if milliseconds < 0 { "-" } else { "" };
            let absolute = milliseconds.unsigned_abs();
            format!(" @ {sign}{}.{:03}", absolute / 1_000, absolute % 1_000)
        }
    }
}

/// `[range:step]` and what stands behind it.
pub(super) fn subquery_behind(node: &Subquery) -> String {
    let Subquery { range, step, at, offset, .. } = node;
    let step = step.as_ref().map(Duration::to_string).unwrap_or_default();
    let behind = Behind { edges_first: false, at: *at, edges: Edges::Plain, offset: offset.as_ref() };
    format!("[{range}:{step}]{behind}")
}

impl Display for Duration {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(milliseconds) => f.write_str(&duration::text(*milliseconds)),
            Self::Expr(expr) => write!(f, "{expr}"),
        }
    }
}

impl Display for DurationExpr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.node {
            DurationNode::Number(number) => write!(f, "{number}"),
            DurationNode::Unary { negative, operand } => write!(f, "{}{operand}", sign(*negative)),
            DurationNode::Binary { op, lhs, rhs } => write!(f, "{lhs} {} {rhs}", op.text()),
            DurationNode::Paren(inner) => write!(f, "({inner})"),
            DurationNode::Step => f.write_str("step()"),
            DurationNode::Range => f.write_str("range()"),
            DurationNode::Min(one, other) => write!(f, "min_of({one}, {other})"),
            DurationNode::Max(one, other) => write!(f, "max_of({one}, {other})"),
        }
    }
}
