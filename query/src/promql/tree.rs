//! What an expression says. Everything that a user wrote is kept, parentheses too: the printer's output parses back to the
//! same tree.

use std::fmt;

/// Operators between operands, and of aggregations.
mod operator;

pub use operator::{AggregateOp, BinaryOp};

use super::function::Function;
use super::source::Matcher;

/// Bytes of the text from which a node was read. Trees that say the same are equal wherever they stand.
#[derive(Clone, Copy, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl PartialEq for Span {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

impl Span {
    pub fn new(start: usize, end: usize) -> Self {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: offset(start), end: offset(end) }
    }

    /// From the start of this to the end of another.
    pub fn to(self, last: Self) -> Self {
        Self { start: self.start, end: last.end }
    }
}

/// What an expression yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    Scalar,
    Vector,
    Matrix,
    String,
}

/// As in messages.
impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Scalar => "scalar",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
            Self::String => "string",
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    Number(Number),
    String(StringLiteral),
    Paren(Paren),
    Unary(Unary),
    Binary(Binary),
    Aggregate(Aggregate),
    Call(Call),
    Vector(VectorSelector),
    Matrix(MatrixSelector),
    Subquery(Subquery),
}

#[derive(Debug, Clone)]
pub struct Number {
    pub span: Span,
    pub value: f64,
    /// It was written as a duration (`5m`), in seconds.
    pub duration: bool,
}

/// NaN is the same as NaN here: trees are compared, not samples.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.duration == other.duration && is_same_value(self.value, other.value)
    }
}

fn is_same_value(one: f64, other: f64) -> bool {
    one == other || one.is_nan() && other.is_nan()
}

#[derive(Debug, Clone, PartialEq)]
pub struct StringLiteral {
    pub span: Span,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Paren {
    pub span: Span,
    pub inner: Box<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Unary {
    pub span: Span,
    pub negative: bool,
    pub operand: Box<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Binary {
    pub span: Span,
    pub op: BinaryOp,
    pub lhs: Box<Expr>,
    pub rhs: Box<Expr>,
    /// `bool`: a comparison yields 0 or 1 and filters nothing.
    pub return_bool: bool,
    /// How samples of two vectors meet; the default unless something was written.
    pub matching: Matching,
}

/// How many samples of one side meet one of the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Cardinality {
    #[default]
    OneToOne,
    /// `group_left`.
    ManyToOne,
    /// `group_right`.
    OneToMany,
    /// Set operators.
    ManyToMany,
}

#[derive(Debug, Clone, Default)]
pub struct Matching {
    pub cardinality: Cardinality,
    /// `on` rather than `ignoring`.
    pub on: bool,
    pub labels: Vec<String>,
    /// What `group_left` and `group_right` take from the "one" side.
    pub include: Vec<String>,
    /// What stands for a sample that is missing on the left, and on the right.
    pub fill_left: Option<f64>,
    pub fill_right: Option<f64>,
}

impl PartialEq for Matching {
    fn eq(&self, other: &Self) -> bool {
        let is_same_fill = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => is_same_value(one, other),
            (one, other) => one == other,
        };
        (self.cardinality, self.on, &self.labels, &self.include)
            == (other.cardinality, other.on, &other.labels, &other.include)
            && is_same_fill(self.fill_left, other.fill_left)
            && is_same_fill(self.fill_right, other.fill_right)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    pub span: Span,
    pub op: AggregateOp,
    pub param: Option<Box<Expr>>,
    pub operand: Box<Expr>,
    /// `without` rather than `by`; a missing clause is `by ()`.
    pub without: bool,
    pub grouping: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub span: Span,
    pub function: &'static Function,
    pub args: Vec<Expr>,
}

/// A length of time, in milliseconds, or what is computed to one.
#[derive(Debug, Clone, PartialEq)]
pub enum Duration {
    Literal(i64),
    Expr(Box<DurationExpr>),
}

/// A duration expression: seconds, until it is used.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationExpr {
    pub span: Span,
    pub node: DurationNode,
}

#[derive(Debug, Clone, PartialEq)]
pub enum DurationNode {
    Number(Number),
    Unary {
        negative: bool,
        operand: Box<DurationExpr>,
    },
    Binary {
        op: BinaryOp,
        lhs: Box<DurationExpr>,
        rhs: Box<DurationExpr>,
    },
    Paren(Box<DurationExpr>),
    /// `step()`: the step of the range query; 0 of an instant query.
    Step,
    /// `range()`: the length of the range query.
    Range,
    /// `min_of(a, b)`.
    Min(Box<DurationExpr>, Box<DurationExpr>),
    /// `max_of(a, b)`.
    Max(Box<DurationExpr>, Box<DurationExpr>),
}

/// `@`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum At {
    /// Milliseconds since the Unix epoch.
    Time(i64),
    /// `start()`.
    Start,
    /// `end()`.
    End,
}

/// What `anchored` and `smoothed` do to a selector.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Edges {
    #[default]
    Plain,
    Anchored,
    Smoothed,
}

#[derive(Debug, Clone, PartialEq)]
pub struct VectorSelector {
    pub span: Span,
    /// The name before the braces. It is the last of the matchers too. A name that is quoted in braces is a matcher only.
    pub name: Option<String>,
    pub matchers: Vec<Matcher>,
    pub offset: Option<Duration>,
    pub at: Option<At>,
    pub edges: Edges,
}

/// `selector[range]`. Offset, `@` and edges, though written behind the range, are those of the selector.
#[derive(Debug, Clone, PartialEq)]
pub struct MatrixSelector {
    pub span: Span,
    pub selector: VectorSelector,
    pub range: Duration,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Subquery {
    pub span: Span,
    pub operand: Box<Expr>,
    pub range: Duration,
    pub step: Option<Duration>,
    pub offset: Option<Duration>,
    pub at: Option<At>,
}

impl Expr {
    pub fn span(&self) -> Span {
        match self {
            Self::Number(node) => node.span,
            Self::String(node) => node.span,
            Self::Paren(node) => node.span,
            Self::Unary(node) => node.span,
            Self::Binary(node) => node.span,
            Self::Aggregate(node) => node.span,
            Self::Call(node) => node.span,
            Self::Vector(node) => node.span,
            Self::Matrix(node) => node.span,
            Self::Subquery(node) => node.span,
        }
    }

    /// The expressions directly below, in the order written. The selector of a range is a part of its node.
    pub fn children(&self) -> Vec<&Self> {
        match self {
            Self::Number(_) | Self::String(_) | Self::Vector(_) | Self::Matrix(_) => Vec::new(),
            Self::Paren(node) => vec![&node.inner],
            Self::Unary(node) => vec![&node.operand],
            Self::Binary(node) => vec![&node.lhs, &node.rhs],
            Self::Aggregate(node) => node.param.as_deref().into_iter().chain([&*node.operand]).collect(),
            Self::Call(node) => node.args.iter().collect(),
            Self::Subquery(node) => vec![&node.operand],
        }
    }

    /// How many nodes stand one below the other at most.
    pub fn height(&self) -> usize {
        1 + self.children().into_iter().map(Self::height).max().unwrap_or_default()
    }

    /// The type of the value; of a tree that was not checked, what it is meant to be.
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Number(_) => ValueType::Scalar,
            Self::String(_) => ValueType::String,
            Self::Paren(node) => node.inner.value_type(),
            Self::Unary(node) => node.operand.value_type(),
            Self::Binary(node) => match (node.lhs.value_type(), node.rhs.value_type()) {
                (ValueType::Scalar, ValueType::Scalar) => ValueType::Scalar,
                _ => ValueType::Vector,
            },
            Self::Aggregate(_) | Self::Vector(_) => ValueType::Vector,
            Self::Call(node) => node.function.returns,
            Self::Matrix(_) | Self::Subquery(_) => ValueType::Matrix,
        }
    }
}
