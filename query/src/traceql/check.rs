//! Which types may meet: stages that give spansets, numbers or series, and fields of one type or another.
//!
//! An attribute may hold anything, so that what stands beside it decides nothing here; a span whose value has another type
//! is simply not found.

/// Types of fields.
mod field;

use regex::Regex;

use super::Invalid;
use super::tree::{
    Binary, Comparison, Field, Filter, Literal, Metrics, MetricsFunction, Pipeline, Query, Stage, StageOp, Static,
};

/// Fields that series may be grouped by.
const SERIES_FIELDS_MAX: usize = 5;

/// What a stage gives to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gives {
    Spansets,
    /// A number of each spanset.
    Scalar,
    /// A number that stands in the text.
    Literal,
    Series,
}

impl Gives {
    const fn name(self) -> &'static str {
        match self {
            Self::Spansets => "spansets",
            Self::Scalar => "numbers of spansets",
            Self::Literal => "a value",
            Self::Series => "series",
        }
    }
}

/// # Errors
/// The first node that cannot mean anything.
pub(super) fn check(query: &Query) -> Result<(), Invalid> {
    match pipeline(&query.pipeline)? {
        Gives::Spansets | Gives::Series => Ok(()),
        Gives::Scalar => Err(Invalid::new(last(&query.pipeline), "a number of spansets must be compared with a value")),
        Gives::Literal => Err(Invalid::new(last(&query.pipeline), "a value alone asks for nothing, expected `{`")),
    }
}

/// A regular expression as TraceQL means it: it must match the whole text.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn anchored(pattern: &str) -> Result<Regex, String> {
    let regex = Regex::new(&format!("^(?:{pattern})$"));
    regex.map_err(|error| error.to_string().lines().last().unwrap_or("it is malformed").to_owned())
}

fn last(pipeline: &Pipeline) -> crate::error::Position {
    pipeline.stages.last().map_or(pipeline.at, Stage::at).0
}

fn pipeline(pipeline: &Pipeline) -> Result<Gives, Invalid> {
    let mut given = None;
    for next in &pipeline.stages {
        if given == Some(Gives::Series) && !matches!(next, Stage::Rank(_)) && !compares_rank(next) {
            return Err(Invalid::new(next.at().0, "only topk and bottomk may follow a metrics function"));
        }
        if matches!(given, Some(Gives::Scalar | Gives::Literal)) {
            return Err(Invalid::new(next.at().0, "a number cannot be given on with `|`, compare it with a value"));
        }
        given = Some(stage(next, given)?);
    }
    Ok(given.unwrap_or(Gives::Spansets))
}

/// `topk(3) > 10`.
fn compares_rank(stage: &Stage) -> bool {
    matches!(stage, Stage::Binary(binary)
        if matches!(binary.op, StageOp::Compare(_)) && matches!(binary.left, Stage::Rank(_)))
}

fn stage(stage: &Stage, given: Option<Gives>) -> Result<Gives, Invalid> {
    match stage {
        Stage::Filter(one) => filter(one).map(|()| Gives::Spansets),
        Stage::Group(inner) => pipeline(inner),
        Stage::Literal(literal) => match literal.value {
            Static::Int(_) | Static::Float(_) | Static::DurationNs(_) => Ok(Gives::Literal),
            _ => Err(Invalid::new(literal.at.0, "expected a number outside of `{ }`")),
        },
        Stage::Aggregate(aggregate) => {
            aggregate.argument.as_ref().map_or(Ok(()), |argument| field::numeric(argument)).map(|()| Gives::Scalar)
        }
        Stage::By(_, by) => field::type_of(by).map(|_| Gives::Spansets),
        Stage::Select(_, fields) => field::plain(fields).map(|()| Gives::Spansets),
        Stage::Coalesce(at) if given.is_none() => Err(Invalid::new(at.0, "coalesce() needs spansets before it")),
        Stage::Coalesce(_) => Ok(Gives::Spansets),
        Stage::Metrics(one) => metrics(one, given),
        Stage::Rank(rank) if given != Some(Gives::Series) => {
            Err(Invalid::new(rank.at.0, "topk and bottomk need a metrics function before them"))
        }
        Stage::Rank(rank) if rank.count < 1 => Err(Invalid::new(rank.at.0, "expected a number of series above 0")),
        Stage::Rank(_) => Ok(Gives::Series),
        Stage::Binary(one) => binary(one, given),
    }
}

fn binary(binary: &Binary, given: Option<Gives>) -> Result<Gives, Invalid> {
    let left = stage(&binary.left, given)?;
    let right = stage(&binary.right, given)?;
    let op = binary.op;
    let refuse = || {
        let message = format!("`{op}` cannot stand between {} and {}", left.name(), right.name());
        Err(Invalid::new(binary.at.0, message))
    };
    match (op, left, right) {
        (StageOp::And | StageOp::Or | StageOp::Structural(..), Gives::Spansets, Gives::Spansets) => Ok(Gives::Spansets),
        (StageOp::And | StageOp::Or | StageOp::Structural(..), ..) => refuse(),
        (_, Gives::Spansets, _) | (_, _, Gives::Spansets) | (_, Gives::Literal, Gives::Literal) => refuse(),
        (StageOp::Compare(_), Gives::Series, Gives::Literal) => Ok(Gives::Series),
        (StageOp::Compare(_), Gives::Series, _) | (StageOp::Compare(_), _, Gives::Series) => refuse(),
        (StageOp::Compare(_), ..) => Ok(Gives::Spansets),
        (StageOp::Arithmetic(_), Gives::Series, Gives::Series | Gives::Literal)
        | (StageOp::Arithmetic(_), Gives::Literal, Gives::Series) => Ok(Gives::Series),
        (StageOp::Arithmetic(_), Gives::Series, _) | (StageOp::Arithmetic(_), _, Gives::Series) => refuse(),
        (StageOp::Arithmetic(_), ..) => Ok(Gives::Scalar),
    }
}

fn filter(filter: &Filter) -> Result<(), Invalid> {
    filter.condition.as_ref().map_or(Ok(()), field::condition)
}

fn metrics(metrics: &Metrics, given: Option<Gives>) -> Result<Gives, Invalid> {
    if given != Some(Gives::Spansets) {
        return Err(Invalid::new(metrics.at.0, "a metrics function needs spansets before it"));
    }
    match &metrics.function {
        MetricsFunction::Rate | MetricsFunction::CountOverTime => {}
        MetricsFunction::MinOverTime(over)
        | MetricsFunction::MaxOverTime(over)
        | MetricsFunction::SumOverTime(over)
        | MetricsFunction::AvgOverTime(over)
        | MetricsFunction::HistogramOverTime(over) => field::numeric(over)?,
        MetricsFunction::QuantileOverTime(over, quantiles) => {
            field::numeric(over)?;
            check_quantiles(metrics, quantiles)?;
        }
        MetricsFunction::Compare(selection, more) => {
            filter(selection)?;
            check_comparison(more)?;
        }
    }
    if metrics.by.len() > SERIES_FIELDS_MAX {
        let message = format!("series are grouped by {SERIES_FIELDS_MAX} fields at most");
        return Err(Invalid::new(metrics.by[SERIES_FIELDS_MAX].at().0, message));
    }
    field::plain(&metrics.by)?;
    Ok(Gives::Series)
}

fn check_quantiles(metrics: &Metrics, quantiles: &[Literal]) -> Result<(), Invalid> {
    if quantiles.is_empty() {
        return Err(Invalid::new(metrics.at.0, "expected a quantile from 0 to 1"));
    }
    let is_wrong = |literal: &&Literal| match literal.value {
        Static::Float(quantile) => !(0.0..=1.0).contains(&quantile),
        Static::Int(quantile) => !(0..=1).contains(&quantile),
        _ => true,
    };
    match quantiles.iter().find(is_wrong) {
        Some(wrong) => Err(Invalid::new(wrong.at.0, "expected a quantile from 0 to 1")),
        None => Ok(()),
    }
}

/// Nothing, a number of values, or that with start and end.
fn check_comparison(more: &[Literal]) -> Result<(), Invalid> {
    if let Some(wrong) = more.iter().find(|literal| !matches!(literal.value, Static::Int(_))) {
        return Err(Invalid::new(wrong.at.0, "expected a whole number"));
    }
    match more {
        [] | [_] | [_, _, _] => Ok(()),
        [_, second, ..] => Err(Invalid::new(second.at.0, "a selection has a start and an end, or neither")),
    }
}

/// Whether an operator puts values in an order.
fn is_ordering(op: Comparison) -> bool {
    matches!(op, Comparison::Less | Comparison::LessEq | Comparison::Greater | Comparison::GreaterEq)
}

/// The text of a regular expression; it must stand in the query.
fn pattern(field: &Field) -> Option<&str> {
    match field {
        Field::Literal(Literal { value: Static::String(pattern), .. }) => Some(pattern),
        _ => None,
    }
}
