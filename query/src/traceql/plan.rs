//! What a query asks of the tables.
//!
//! A trace is judged as a whole, so a search has two steps, and the plan says what each needs. *Which traces may match*: a
//! condition on single spans ([`Needs::span`]) that some span of every matching trace fulfils, and one on whole traces
//! ([`Needs::trace`]). *Which do*: an exact condition for each filter ([`PlannedFilter`]), asked of all spans of a trace,
//! and what is then done with the spans found ([`Step`]).
//!
//! Conditions are expressions on the columns of `spans`: a promoted column where there is one, else the one map in which the
//! key stands. Values that only a whole trace has (its root, its duration, the place of a span in it) are columns that the
//! search adds ([`computed`](super::eval::computed)); the first step does without them.

/// A filter's condition as expressions.
mod condition;
/// Series out of spans.
pub(crate) mod metrics;
/// Comparisons that a column answers by itself.
mod native;
/// Stages to steps.
mod steps;

use std::collections::BTreeSet;
use std::fmt;

use datafusion::logical_expr::Expr;

use super::Invalid;
use super::eval::Compiled;
use super::tree::{AggregateFunction, Comparison, Query, Relation, Side};

/// What has to be done.
#[derive(Debug)]
pub(crate) struct Plan {
    pub needs: Needs,
    /// Conditions on rows of `traces`, of which `needs.trace` asks by [`root_flag`] whether one row fulfils them.
    pub root_flags: Vec<Expr>,
    pub filters: Vec<PlannedFilter>,
    pub steps: Vec<Step>,
    /// What is said of each span found.
    pub outputs: Vec<Output>,
}

/// What every trace that matches has; `None` asks for nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Needs {
    /// True for one of its spans.
    pub span: Option<Expr>,
    /// True for its `trace_start`, its `trace_end` and its flags.
    pub trace: Option<Expr>,
    /// So many spans of it fulfil [`Self::span`], or are there if that asks for nothing. Resends may be counted.
    pub spans_min: i64,
}

/// The column of a flag.
pub(crate) fn root_flag(index: usize) -> String {
    format!("root_flag_{index}")
}

pub(crate) const TRACE_START: &str = "trace_start";
pub(crate) const TRACE_END: &str = "trace_end";

/// One `{ … }`.
#[derive(Debug)]
pub(crate) struct PlannedFilter {
    pub text: String,
    /// True for the spans that it gives, and false or null for others.
    pub exact: Expr,
    /// The same, asked of a span alone; `None` if only its whole trace knows. A root is a span without parent here, also where
    /// another span of its trace has its id.
    pub of_span: Option<Expr>,
}

/// What is done with spansets, in order.
#[derive(Debug)]
pub(crate) enum Step {
    Spans(Spans),
    /// Keeps spansets of which a number fulfils a comparison.
    Keep {
        name: String,
        function: AggregateFunction,
        argument: Option<Compiled>,
        op: Comparison,
        value: f64,
    },
    By {
        name: String,
        by: Compiled,
    },
    Coalesce,
}

/// Spans out of a spanset.
#[derive(Debug)]
pub(crate) enum Spans {
    /// Those of [`Plan::filters`] at this index.
    Filter(usize),
    And(Box<Spans>, Box<Spans>),
    Or(Box<Spans>, Box<Spans>),
    Structural(Relation, Side, Box<Spans>, Box<Spans>),
    Group(Vec<Step>),
}

/// Something that is said of each span found.
#[derive(Debug)]
pub(crate) struct Output {
    /// Without scope. Fields of several scopes may have one name, of which a span says the first that it has.
    pub name: String,
    pub text: String,
    pub value: Compiled,
}

impl Plan {
    /// The condition on single spans that gives the spans of the plan, if it has nothing to do with other spans.
    pub fn of_spans(&self) -> Option<Expr> {
        let mut steps = self.steps.iter().map(|step| match step {
            Step::Spans(spans) => self.of_span(spans),
            Step::Keep { .. } | Step::By { .. } | Step::Coalesce => None,
        });
        let first = steps.next()?;
        steps.fold(first, |all, step| all.zip(step).map(|(all, step)| all.and(step)))
    }

    /// A union of spans is one of conditions; everything else between spansets is about the trace.
    fn of_span(&self, spans: &Spans) -> Option<Expr> {
        match spans {
            Spans::Filter(index) => self.filters.get(*index)?.of_span.clone(),
            Spans::Or(left, right) => Some(self.of_span(left)?.or(self.of_span(right)?)),
            Spans::And(..) | Spans::Structural(..) | Spans::Group(_) => None,
        }
    }

    /// The columns that judging traces reads, computed ones among them.
    pub fn columns(&self) -> BTreeSet<String> {
        let exact = self.filters.iter().flat_map(|filter| column_names(&filter.exact));
        let mut columns: BTreeSet<String> = exact.collect();
        let mut add = |compiled: &Compiled| columns.extend(compiled.columns.iter().map(|name| (*name).to_owned()));
        self.outputs.iter().for_each(|output| add(&output.value));
        visit(&self.steps, &mut add);
        columns
    }
}

/// Every compiled field of the steps.
fn visit(steps: &[Step], see: &mut impl FnMut(&Compiled)) {
    for step in steps {
        match step {
            Step::Keep { argument: Some(compiled), .. } | Step::By { by: compiled, .. } => see(compiled),
            Step::Keep { argument: None, .. } | Step::Coalesce => {}
            Step::Spans(spans) => visit_spans(spans, see),
        }
    }
}

fn visit_spans(spans: &Spans, see: &mut impl FnMut(&Compiled)) {
    match spans {
        Spans::Filter(_) => {}
        Spans::Group(steps) => visit(steps, see),
        Spans::And(left, right) | Spans::Or(left, right) | Spans::Structural(_, _, left, right) => {
            visit_spans(left, see);
            visit_spans(right, see);
        }
    }
}

fn column_names(expr: &Expr) -> impl Iterator<Item = String> {
    let names: Vec<_> = expr.column_refs().into_iter().map(|column| column.name.clone()).collect();
    names.into_iter()
}

/// # Errors
/// The first thing that is not supported yet.
pub(crate) fn plan(query: &Query) -> Result<Plan, Invalid> {
    steps::plan(query)
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |needed: &Option<Expr>| needed.as_ref().map_or("anything".to_owned(), Expr::to_string);
        writeln!(f, "some span: {}", show(&self.needs.span))?;
        writeln!(f, "whole trace: {}", show(&self.needs.trace))?;
        if self.needs.spans_min > 1 {
            writeln!(f, "spans: at least {}", self.needs.spans_min)?;
        }
        for (i, flag) in self.root_flags.iter().enumerate() {
            writeln!(f, "{}: {flag}", root_flag(i))?;
        }
        for filter in &self.filters {
            writeln!(f, "{}: {}", filter.text, filter.exact)?;
        }
        let columns: Vec<String> = self.columns().into_iter().collect();
        writeln!(f, "columns: {}", columns.join(", "))
    }
}

#[cfg(test)]
mod tests;
