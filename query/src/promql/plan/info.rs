//! What `info` asks for: info series, as of the time from which the series to describe stem.

use super::planner::{Extent, Planner, unparenthesised};
use super::{Reference, Select};
use crate::promql::engine::QueryFailure;
use crate::promql::labels::NAME;
use crate::promql::source::{MatchOp, Matcher, Selection};
use crate::promql::tree::{self, Edges, Expr};

/// The metric whose labels `info` adds when no other is named.
const INFO_METRIC: &str = "target_info";
/// How info metrics are called.
const INFO_METRICS: &str = ".+_info";

impl Planner<'_> {
    /// The info series of `info(v, {…})`, as of the time from which `v` stems.
    pub(super) fn info_select(&mut self, call: &tree::Call, extent: Extent) -> Result<Select, QueryFailure> {
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
