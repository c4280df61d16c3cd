//! From a tree to what is evaluated: times are resolved, parentheses gone, selectors numbered, functions found, and what
//! does not change from step to step is marked.

/// Values of duration expressions.
mod duration;
/// The plan as text.
mod explain;
/// What is asked of the histograms of a selector.
mod reading;

use super::call::{self, FloatFunction, SampleFunction, WindowFunction};
use super::engine::{Options, QueryFailure, Range};
use super::labels::NAME;
use super::source::{MatchOp, Matcher, Selection};
use super::tree::{self, AggregateOp, At, BinaryOp, Edges, Expr, Matching, Span, ValueType};
use duration::Resolver;
use reading::Reading;

/// The metric whose labels `info` adds when no other is named.
const INFO_METRIC: &str = "target_info";
/// How info metrics are called.
const INFO_METRICS: &str = ".+_info";

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
        Range::Steps { start_ms, end_ms, step_ms } => Resolver { step_ms, range_ms: end_ms - start_ms },
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

/// The first and the last time for which something is evaluated.
#[derive(Debug, Clone, Copy)]
struct Extent {
    start_ms: i64,
    end_ms: i64,
}

/// A node, and whether it is the same at each step.
struct Lowered {
    node: Node,
    invariant: bool,
}

impl Lowered {
    /// The node, marked where that saves something.
    fn wrapped(self) -> Node {
        match self.node {
            node @ (Node::Number(_) | Node::Text(_) | Node::Window(_) | Node::Subquery(_) | Node::Once(_)) => node,
            node if self.invariant => Node::Once(Box::new(node)),
            node => node,
        }
    }
}

struct Planner<'a> {
    options: &'a Options,
    resolver: Resolver,
    query: Extent,
    selections: Vec<Selection>,
    /// What is asked of the node that is being planned.
    reading: Reading,
}

impl Planner<'_> {
    fn node(&mut self, expr: &Expr, extent: Extent) -> Result<Lowered, QueryFailure> {
        let constant = |node| Ok(Lowered { node, invariant: true });
        match expr {
            Expr::Number(number) => constant(Node::Number(number.value)),
            Expr::String(text) => constant(Node::Text(text.value.clone())),
            Expr::Paren(paren) => self.node(&paren.inner, extent),
            Expr::Unary(unary) if unary.negative => {
                let Lowered { node, invariant } = self.node(&unary.operand, extent)?;
                Ok(Lowered { node: Node::Negate(Box::new(node)), invariant })
            }
            Expr::Unary(unary) => self.node(&unary.operand, extent),
            Expr::Binary(binary) => self.binary(binary, extent),
            Expr::Aggregate(aggregate) => self.aggregate(aggregate, extent),
            Expr::Call(call) => self.call(call, extent),
            Expr::Vector(selector) => {
                let select = self.select(selector, 0, extent)?;
                let invariant = select.reference.at_ms.is_some();
                Ok(Lowered { node: Node::Select(select), invariant })
            }
            Expr::Matrix(matrix) => {
                let range_ms = self.resolver.positive(&matrix.range)?;
                let select = self.select(&matrix.selector, range_ms, extent)?;
                let invariant = select.reference.at_ms.is_some();
                Ok(Lowered { node: Node::Window(Window { select, range_ms }), invariant })
            }
            Expr::Subquery(subquery) => self.subquery(subquery, extent),
        }
    }

    /// A node of which this is asked.
    fn node_as(&mut self, reading: Reading, expr: &Expr, extent: Extent) -> Result<Lowered, QueryFailure> {
        let outer = std::mem::replace(&mut self.reading, reading);
        let node = self.node(expr, extent);
        self.reading = outer;
        node
    }

    fn binary(&mut self, binary: &tree::Binary, extent: Extent) -> Result<Lowered, QueryFailure> {
        let lhs = self.node_as(Reading::All, &binary.lhs, extent)?;
        let rhs = self.node_as(Reading::All, &binary.rhs, extent)?;
        let invariant = lhs.invariant && rhs.invariant;
        let (lhs, rhs) = if invariant { (lhs.node, rhs.node) } else { (lhs.wrapped(), rhs.wrapped()) };
        let node = Node::Binary(Box::new(Binary {
            span: binary.span,
            op: binary.op,
            lhs,
            rhs,
            return_bool: binary.return_bool,
            matching: binary.matching.clone(),
        }));
        Ok(Lowered { node, invariant })
    }

    fn aggregate(&mut self, aggregate: &tree::Aggregate, extent: Extent) -> Result<Lowered, QueryFailure> {
        let operand = self.node(&aggregate.operand, extent)?;
        let param = aggregate.param.as_ref().map(|param| self.node(param, extent)).transpose()?;
        let invariant = operand.invariant && param.as_ref().is_none_or(|param| param.invariant);
        let bare = |lowered: Lowered| if invariant { lowered.node } else { lowered.wrapped() };
        let node = Node::Aggregate(Box::new(Aggregate {
            span: aggregate.span,
            op: aggregate.op,
            param_span: aggregate.param.as_ref().map_or(Span::default(), |param| unparenthesised(param).span()),
            param: param.map(bare),
            operand: bare(operand),
            operand_span: unparenthesised(&aggregate.operand).span(),
            without: aggregate.without,
            grouping: aggregate.grouping.clone(),
        }));
        Ok(Lowered { node, invariant })
    }

    fn call(&mut self, call: &tree::Call, extent: Extent) -> Result<Lowered, QueryFailure> {
        let name = call.function.name;
        if let Some(value) = self.of_the_query(name, call.args.len()) {
            return Ok(Lowered { node: Node::Number(value), invariant: true });
        }
        if let ("max_of" | "min_of", [lhs, rhs]) = (name, call.args.as_slice()) {
            return self.extreme_of(call, lhs, rhs, extent);
        }
        let mut args = Vec::with_capacity(call.args.len());
        for arg in call.args.iter().take(if name == "info" { 1 } else { usize::MAX }) {
            args.push(self.node_as(self.reading.of_call(name), arg, extent)?);
        }
        if name == "info" {
            let select = self.info_select(call, extent)?;
            let invariant = select.reference.at_ms.is_some();
            args.push(Lowered { node: Node::Select(select), invariant });
        }
        let invariant = !changes_with_time(name) && args.iter().all(|arg| arg.invariant);
        let mut args: Vec<Node> =
            args.into_iter().map(|arg| if invariant { arg.node } else { arg.wrapped() }).collect();
        let mut spans: Vec<Span> = call.args.iter().map(|arg| unparenthesised(arg).span()).collect();
        if args.is_empty() && is_date(name) {
            args.push(now(call.span));
            spans.push(call.span);
        }
        let matrix = args.iter().position(|arg| arg.value_type() == ValueType::Matrix);
        let function = function(name, matrix);
        let node = Node::Call(Call { span: call.span, name, returns: call.function.returns, args, spans, function });
        Ok(Lowered { node, invariant })
    }

    /// What is the same in the whole query: seconds.
    fn of_the_query(&self, name: &str, args: usize) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of any date are exact")]
        let seconds = |ms: i64| ms as f64 / 1000.0;
        match (name, args) {
            ("start", 0) => Some(seconds(self.query.start_ms)),
            ("end", 0) => Some(seconds(self.query.end_ms)),
            ("step", 0) => Some(seconds(self.resolver.step_ms)),
            ("range", 0) => Some(seconds(self.resolver.range_ms)),
            ("pi", 0) => Some(std::f64::consts::PI),
            _ => None,
        }
    }

    fn extreme_of(
        &mut self,
        call: &tree::Call,
        lhs: &Expr,
        rhs: &Expr,
        extent: Extent,
    ) -> Result<Lowered, QueryFailure> {
        let lhs = self.node(lhs, extent)?;
        let rhs = self.node(rhs, extent)?;
        let invariant = lhs.invariant && rhs.invariant;
        let node = Node::Call(Call {
            span: call.span,
            name: call.function.name,
            returns: ValueType::Scalar,
            args: vec![lhs.node, rhs.node],
            spans: Vec::new(),
            function: Function::Whole,
        });
        Ok(Lowered { node, invariant })
    }

    fn subquery(&mut self, subquery: &tree::Subquery, extent: Extent) -> Result<Lowered, QueryFailure> {
        let range_ms = self.resolver.positive(&subquery.range)?;
        let step_ms = match &subquery.step {
            Some(step) => self.resolver.positive(step)?,
            None => self.options.subquery_step_ms,
        };
        let reference = self.reference(subquery.at, subquery.offset.as_ref())?;
        let inner = Extent {
            start_ms: reference.time_ms(extent.start_ms).saturating_sub(range_ms),
            end_ms: reference.time_ms(extent.end_ms),
        };
        // Of samples that a subquery passes over, hints would not tell.
        let operand = self.node_as(Reading::Buckets, &subquery.operand, inner)?.wrapped();
        let invariant = reference.at_ms.is_some();
        Ok(Lowered { node: Node::Subquery(Box::new(Subquery { operand, range_ms, step_ms, reference })), invariant })
    }

    fn select(
        &mut self,
        selector: &tree::VectorSelector,
        range_ms: i64,
        extent: Extent,
    ) -> Result<Select, QueryFailure> {
        let reference = self.reference(selector.at, selector.offset.as_ref())?;
        let lookback_ms = self.options.lookback_ms;
        let (before_ms, after_ms) = match (selector.edges, range_ms) {
            (Edges::Plain, 0) => (lookback_ms, 0),
            (Edges::Plain, _) => (range_ms, 0),
            (Edges::Anchored, _) => (range_ms.saturating_add(lookback_ms), 0),
            (Edges::Smoothed, _) => (range_ms.saturating_add(lookback_ms), lookback_ms),
        };
        let wanted = Selection {
            matchers: selector.matchers.clone(),
            start_ms: reference.time_ms(extent.start_ms).saturating_sub(before_ms),
            end_ms: reference.time_ms(extent.end_ms).saturating_add(after_ms),
        };
        Ok(Select {
            span: selector.span,
            selection: self.selection(wanted),
            reference,
            edges: selector.edges,
            totals: self.reading == Reading::Totals,
            matchers: selector.matchers.clone(),
        })
    }

    /// The info series of `info(v, {…})`, as of the time from which `v` stems.
    fn info_select(&mut self, call: &tree::Call, extent: Extent) -> Result<Select, QueryFailure> {
        let (mut matchers, span) = match call.args.get(1).map(unparenthesised) {
            Some(Expr::Vector(selector)) => (selector.matchers.clone(), selector.span),
            _ => (Vec::new(), call.span),
        };
        matchers.extend(info_metrics(&matchers));
        let reference = self.first_reference(&call.args[0])?.unwrap_or(Reference { at_ms: None, offset_ms: 0 });
        let wanted = Selection {
            matchers: matchers.clone(),
            start_ms: reference.time_ms(extent.start_ms).saturating_sub(self.options.lookback_ms),
            end_ms: reference.time_ms(extent.end_ms),
        };
        Ok(Select { span, selection: self.selection(wanted), reference, edges: Edges::Plain, totals: false, matchers })
    }

    /// Which time the first selector of an expression looks at.
    fn first_reference(&self, expr: &Expr) -> Result<Option<Reference>, QueryFailure> {
        match expr {
            Expr::Number(_) | Expr::String(_) => Ok(None),
            Expr::Paren(paren) => self.first_reference(&paren.inner),
            Expr::Unary(unary) => self.first_reference(&unary.operand),
            Expr::Binary(binary) => match self.first_reference(&binary.lhs)? {
                Some(found) => Ok(Some(found)),
                None => self.first_reference(&binary.rhs),
            },
            Expr::Aggregate(aggregate) => self.first_reference(&aggregate.operand),
            Expr::Call(call) => {
                for arg in &call.args {
                    if let Some(found) = self.first_reference(arg)? {
                        return Ok(Some(found));
                    }
                }
                Ok(None)
            }
            Expr::Vector(selector) => self.reference(selector.at, selector.offset.as_ref()).map(Some),
            Expr::Matrix(matrix) => self.reference(matrix.selector.at, matrix.selector.offset.as_ref()).map(Some),
            Expr::Subquery(subquery) => {
                let outer = self.reference(subquery.at, subquery.offset.as_ref())?;
                let inner = self.first_reference(&subquery.operand)?;
                Ok(inner.map(|inner| inner.within(outer)))
            }
        }
    }

    /// The number of a selection. Selectors that differ only in time share one.
    fn selection(&mut self, wanted: Selection) -> usize {
        let same = |held: &Selection| held.matchers == wanted.matchers;
        if let Some(at) = self.selections.iter().position(same) {
            let held = &mut self.selections[at];
            held.start_ms = held.start_ms.min(wanted.start_ms);
            held.end_ms = held.end_ms.max(wanted.end_ms);
            return at;
        }
        self.selections.push(wanted);
        self.selections.len() - 1
    }

    fn reference(&self, at: Option<At>, offset: Option<&tree::Duration>) -> Result<Reference, QueryFailure> {
        let offset_ms = offset.map_or(Ok(0), |offset| self.resolver.any(offset))?;
        let at_ms = at.map(|at| match at {
            At::Time(ms) => ms,
            At::Start => self.query.start_ms,
            At::End => self.query.end_ms,
        });
        Ok(Reference { at_ms, offset_ms })
    }
}

/// Which metrics are info metrics, where that was not said: one when nothing was, and those called so when only others were
/// excluded.
fn info_metrics(said: &[Matcher]) -> Option<Matcher> {
    let mut names = said.iter().filter(|matcher| &*matcher.name == NAME).peekable();
    if names.peek().is_none() {
        return Some(Matcher::equal(NAME, INFO_METRIC));
    }
    let is_named = names.any(|matcher| matches!(matcher.op, MatchOp::Equal | MatchOp::Regex));
    if is_named { None } else { Matcher::new(MatchOp::Regex, NAME, INFO_METRICS).ok() }
}

fn unparenthesised(mut expr: &Expr) -> &Expr {
    while let Expr::Paren(paren) = expr {
        expr = &paren.inner;
    }
    expr
}

/// `vector(time())`
fn now(span: Span) -> Node {
    let call = |name, returns, args| {
        Node::Call(Call { span, name, returns, args, spans: vec![span], function: Function::Whole })
    };
    call("vector", ValueType::Vector, vec![call("time", ValueType::Scalar, Vec::new())])
}

fn is_date(name: &str) -> bool {
    matches!(
        name,
        "days_in_month" | "day_of_month" | "day_of_week" | "day_of_year" | "hour" | "minute" | "month" | "year"
    )
}

/// Whether a function looks at the time of evaluation, so that the same arguments do not mean the same result.
fn changes_with_time(name: &str) -> bool {
    is_date(name) || matches!(name, "predict_linear" | "time" | "timestamp")
}

fn function(name: &str, matrix: Option<usize>) -> Function {
    if let Some(argument) = matrix
        && let Some(function) = call::window_function(name)
    {
        return Function::Window(function, argument);
    }
    if let Some(function) = call::float_function(name) {
        return Function::Float(function);
    }
    call::sample_function(name).map_or(Function::Whole, Function::Sample)
}
