//! Node by node, from the tree to the plan.

use super::reading::Reading;
use super::{Aggregate, Binary, Call, Function, Node, Reference, Resolver, Select, Subquery, Window};
use crate::promql::call;
use crate::promql::engine::{Options, QueryFailure};
use crate::promql::source::Selection;
use crate::promql::tree::{self, At, Edges, Expr, Span, ValueType};

/// The first and the last time for which something is evaluated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    pub start_ms: i64,
    pub end_ms: i64,
}

/// A node, and whether it is the same at each step.
pub(super) struct Lowered {
    pub node: Node,
    pub invariant: bool,
}

impl Lowered {
    /// The node, marked where that saves something.
    pub fn wrapped(self) -> Node {
        match self.node {
            node @ (Node::Number(_) | Node::Text(_) | Node::Window(_) | Node::Subquery(_) | Node::Once(_)) => node,
            node if self.invariant => Node::Once(Box::new(node)),
            node => node,
        }
    }
}

pub(super) struct Planner<'a> {
    pub options: &'a Options,
    pub resolver: Resolver,
    pub query: Extent,
    pub selections: Vec<Selection>,
    /// What is asked of the node that is being planned.
    pub reading: Reading,
}

impl Planner<'_> {
    pub fn node(&mut self, expr: &Expr, extent: Extent) -> Result<Lowered, QueryFailure> {
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

    /// The number of a selection. Selectors that differ only in time share one where their times meet.
    pub fn selection(&mut self, wanted: Selection) -> usize {
        // A week between them is not fetched for a minute of each.
        let meets = |held: &Selection| wanted.start_ms <= held.end_ms && held.start_ms <= wanted.end_ms;
        let same = |held: &Selection| held.matchers == wanted.matchers && meets(held);
        if let Some(at) = self.selections.iter().position(same) {
            let held = &mut self.selections[at];
            held.start_ms = held.start_ms.min(wanted.start_ms);
            held.end_ms = held.end_ms.max(wanted.end_ms);
            return at;
        }
        self.selections.push(wanted);
        self.selections.len() - 1
    }

    pub fn reference(&self, at: Option<At>, offset: Option<&tree::Duration>) -> Result<Reference, QueryFailure> {
        let offset_ms = offset.map_or(Ok(0), |offset| self.resolver.any(offset))?;
        let at_ms = at.map(|at| match at {
            At::Time(ms) => ms,
            At::Start => self.query.start_ms,
            At::End => self.query.end_ms,
        });
        Ok(Reference { at_ms, offset_ms })
    }
}

pub(super) fn unparenthesised(mut expr: &Expr) -> &Expr {
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
