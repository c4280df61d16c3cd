//! From a tree to what is evaluated: times are resolved, parentheses gone, selectors numbered, functions found, and what
//! does not change from step to step is marked.

/// Values of duration expressions.
mod duration;
/// The plan as text.
pub(crate) mod explain;
/// What `info` asks for.
mod info;
/// Node by node.
mod planner;
/// What is asked of the histograms of a selector.
mod reading;

use super::call::{FloatFunction, SampleFunction, WindowFunction};
use super::engine::{Options, QueryFailure, Range};
use super::source::{Matcher, Selection};
use super::tree::{AggregateOp, BinaryOp, Edges, Expr, Matching, Span, ValueType};
use duration::Resolver;
use planner::{Extent, Planner};
use reading::Reading;

/// Times at which something is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Grid {
    pub start_ms: i64,
    /// At least 1.
    pub step_ms: i64,
    pub count: usize,
}

impl Grid {
    /// The times from `start` up to `end`, both inclusive; none when `end` is before `start`.
    pub fn new(start_ms: i64, end_ms: i64, step_ms: i64) -> Self {
        let length_ms = i128::from(end_ms) - i128::from(start_ms);
        let count = if length_ms < 0 { 0 } else { length_ms / i128::from(step_ms) + 1 };
        Self { start_ms, step_ms, count: usize::try_from(count).unwrap_or(usize::MAX) }
    }

    pub fn time_ms(&self, step: usize) -> i64 {
        let since = i64::try_from(step).unwrap_or(i64::MAX).saturating_mul(self.step_ms);
        self.start_ms.saturating_add(since)
    }

    pub fn end_ms(&self) -> i64 {
        self.time_ms(self.count.saturating_sub(1))
    }

    /// The first time alone.
    #[must_use]
    pub fn once(&self) -> Self {
        Self { count: self.count.min(1), ..*self }
    }
}

/// A query that can be evaluated once its selections are fetched.
#[derive(Debug)]
pub(crate) struct Plan {
    pub root: Node,
    pub root_type: ValueType,
    pub grid: Grid,
    pub instant: bool,
    /// What to fetch; nodes refer to it by number.
    pub selections: Vec<Selection>,
}

#[derive(Debug)]
pub(crate) enum Node {
    Number(f64),
    Text(String),
    Select(Select),
    /// Only as an argument, or alone.
    Window(Window),
    /// Only as an argument, or alone.
    Subquery(Box<Subquery>),
    /// The same at each step: evaluated at the first.
    Once(Box<Node>),
    Negate(Box<Node>),
    Binary(Box<Binary>),
    Aggregate(Box<Aggregate>),
    Call(Call),
}

/// Which time a selector looks at when an expression is evaluated for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference {
    pub at_ms: Option<i64>,
    pub offset_ms: i64,
}

impl Reference {
    pub fn time_ms(&self, time_ms: i64) -> i64 {
        self.at_ms.unwrap_or(time_ms).saturating_sub(self.offset_ms)
    }

    /// Which time is looked at when another is looked at from outside.
    fn within(self, outer: Self) -> Self {
        if self.at_ms.is_some() {
            return self;
        }
        Self { at_ms: outer.at_ms, offset_ms: self.offset_ms.saturating_add(outer.offset_ms) }
    }
}

/// The latest sample of each series.
#[derive(Debug)]
pub(crate) struct Select {
    pub span: Span,
    /// Among the plan's selections.
    pub selection: usize,
    pub reference: Reference,
    pub edges: Edges,
    /// Of histograms, only counts and sums are asked for.
    pub totals: bool,
    /// What was written, for `absent` and `info`.
    pub matchers: Vec<Matcher>,
}

/// The samples of each series in a window.
#[derive(Debug)]
pub(crate) struct Window {
    pub select: Select,
    pub range_ms: i64,
}

/// The values of an expression at times that are multiples of a step, in a window.
#[derive(Debug)]
pub(crate) struct Subquery {
    pub operand: Node,
    pub range_ms: i64,
    pub step_ms: i64,
    pub reference: Reference,
}

#[derive(Debug)]
pub(crate) struct Binary {
    pub span: Span,
    pub op: BinaryOp,
    pub lhs: Node,
    pub rhs: Node,
    pub return_bool: bool,
    pub matching: Matching,
}

#[derive(Debug)]
pub(crate) struct Aggregate {
    pub span: Span,
    pub op: AggregateOp,
    pub param: Option<Node>,
    pub param_span: Span,
    pub operand: Node,
    pub operand_span: Span,
    pub without: bool,
    pub grouping: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub span: Span,
    pub name: &'static str,
    pub returns: ValueType,
    pub args: Vec<Node>,
    pub spans: Vec<Span>,
    pub function: Function,
}

/// How a function is evaluated.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Function {
    /// Window by window; the argument of that number is the range vector.
    Window(WindowFunction, usize),
    /// Float by float.
    Float(FloatFunction),
    /// Sample by sample.
    Sample(SampleFunction),
    /// By name, as a whole.
    Whole,
}

impl Node {
    pub fn value_type(&self) -> ValueType {
        match self {
            Self::Number(_) => ValueType::Scalar,
            Self::Text(_) => ValueType::String,
            Self::Window(_) | Self::Subquery(_) => ValueType::Matrix,
            Self::Select(_) | Self::Aggregate(_) => ValueType::Vector,
            Self::Once(inner) | Self::Negate(inner) => inner.value_type(),
            Self::Binary(binary) => match (binary.lhs.value_type(), binary.rhs.value_type()) {
                (ValueType::Scalar, ValueType::Scalar) => ValueType::Scalar,
                _ => ValueType::Vector,
            },
            Self::Call(call) => call.returns,
        }
    }

    pub fn children(&self) -> Vec<&Self> {
        match self {
            Self::Number(_) | Self::Text(_) | Self::Select(_) | Self::Window(_) => Vec::new(),
            Self::Subquery(subquery) => vec![&subquery.operand],
            Self::Once(inner) | Self::Negate(inner) => vec![inner],
            Self::Binary(binary) => vec![&binary.lhs, &binary.rhs],
            Self::Aggregate(aggregate) => aggregate.param.iter().chain([&aggregate.operand]).collect(),
            Self::Call(call) => call.args.iter().collect(),
        }
    }

    /// What is evaluated once, without the mark.
    pub fn without_once(&self) -> &Self {
        match self {
            Self::Once(inner) => inner,
            node => node,
        }
    }
}

/// # Errors
/// A range that is none, or a duration that has no value.
pub(crate) fn plan(tree: &Expr, range: Range, options: &Options) -> Result<Plan, QueryFailure> {
    let (grid, instant) = grid(range)?;
    let resolver = match range {
        Range::Instant(_) => Resolver { step_ms: 0, range_ms: 0 },
        Range::Steps { start_ms, end_ms, step_ms } => Resolver { step_ms, range_ms: end_ms.saturating_sub(start_ms) },
    };
    let root_type = tree.value_type();
    if !instant && !matches!(root_type, ValueType::Scalar | ValueType::Vector) {
        let found = match root_type {
            ValueType::String => "string",
            _ => "range vector",
        };
        let message = format!("invalid expression type {found:?} for range query, must be Scalar or instant Vector");
        return Err(QueryFailure::BadRange(message));
    }
    let span = Extent { start_ms: grid.start_ms, end_ms: grid.end_ms() };
    // `end()` is what was asked for, even where no step falls on it.
    let query = match range {
        Range::Instant(time_ms) => Extent { start_ms: time_ms, end_ms: time_ms },
        Range::Steps { start_ms, end_ms, .. } => Extent { start_ms, end_ms },
    };
    let mut planner = Planner { options, resolver, query, selections: Vec::new(), reading: Reading::All };
    let lowered = planner.node(tree, span)?;
    let root = lowered.wrapped();
    Ok(Plan { root, root_type, grid, instant, selections: planner.selections })
}

fn grid(range: Range) -> Result<(Grid, bool), QueryFailure> {
    match range {
        Range::Instant(time_ms) => Ok((Grid { start_ms: time_ms, step_ms: 1, count: 1 }, true)),
        Range::Steps { step_ms, .. } if step_ms < 1 => {
            Err(QueryFailure::BadRange("zero or negative query resolution step widths are not accepted".into()))
        }
        Range::Steps { start_ms, end_ms, .. } if end_ms < start_ms => {
            Err(QueryFailure::BadRange("end timestamp must not be before start time".into()))
        }
        Range::Steps { start_ms, end_ms, step_ms } => Ok((Grid::new(start_ms, end_ms, step_ms), false)),
    }
}
