use super::super::Invalid;
use super::super::tree::{
    Arithmetic, Binary, Field, Intrinsic, Literal, Metrics, MetricsFunction, Pipeline, Rank, Scope, Stage, StageOp,
    Static,
};
use super::{Gives, field, filter};

/// Fields that series may be grouped by.
pub(crate) const GROUPING_FIELDS_MAX: usize = 5;
/// Where buckets take a place among the labels.
const GROUPING_FIELDS_OF_BUCKETS_MAX: usize = 4;
/// Quantiles of one function: each is a series of its own for every group.
const QUANTILES_MAX: usize = 20;
/// Values of an attribute that compare() shows when nothing else is said.
pub(crate) const VALUES_DEFAULT: usize = 10;
/// Values of an attribute that compare() may show.
const VALUES_MAX: i64 = 1000;

/// What comes after series.
pub(super) fn check_follows(next: &Stage, given: Option<Gives>) -> Result<(), Invalid> {
    match given {
        Some(Gives::Compared) => Err(Invalid::new(next.at().0, "nothing may follow compare()")),
        Some(Gives::Series) if !is_rank(next) => {
            Err(Invalid::new(next.at().0, "only topk and bottomk may follow a metrics function"))
        }
        _ => Ok(()),
    }
}

/// `topk(3)`, `topk(3) > 10`.
fn is_rank(stage: &Stage) -> bool {
    match stage {
        Stage::Rank(_) => true,
        Stage::Binary(binary) => matches!(binary.op, StageOp::Compare(_)) && is_rank(&binary.left),
        _ => false,
    }
}

/// A pipeline in parentheses; one that makes series takes no spansets.
pub(super) fn group(inner: &Pipeline, gives: Gives, given: Option<Gives>) -> Result<Gives, Invalid> {
    match (gives, given) {
        (Gives::Series | Gives::Compared, Some(_)) => {
            Err(Invalid::new(inner.at.0, "series in parentheses cannot follow `|`"))
        }
        (Gives::Compared, None) => Err(Invalid::new(inner.at.0, "compare() cannot stand in parentheses")),
        _ => Ok(gives),
    }
}

pub(super) fn rank(rank: &Rank, given: Option<Gives>) -> Result<Gives, Invalid> {
    if given != Some(Gives::Series) {
        return Err(Invalid::new(rank.at.0, "topk and bottomk need a metrics function before them"));
    }
    match rank.count {
        ..1 => Err(Invalid::new(rank.at.0, "expected a number of series above 0")),
        _ => Ok(Gives::Series),
    }
}

/// `+`, `-`, `*` or `/` with series on at least one side.
pub(super) fn calculation(binary: &Binary, op: Arithmetic, given: Option<Gives>) -> Result<Gives, Invalid> {
    if given.is_some() {
        let message = format!("`{op}` between series needs them in parentheses: `({{ }} | rate()) {op} 2`");
        return Err(Invalid::new(binary.at.0, message));
    }
    match op {
        Arithmetic::Remainder | Arithmetic::Power => {
            Err(Invalid::new(binary.at.0, format!("`{op}` cannot stand between series, expected `+ - * /`")))
        }
        _ => Ok(Gives::Series),
    }
}

pub(super) fn check(metrics: &Metrics, given: Option<Gives>) -> Result<Gives, Invalid> {
    if given != Some(Gives::Spansets) {
        return Err(Invalid::new(metrics.at.0, "a metrics function needs spansets before it"));
    }
    match &metrics.function {
        MetricsFunction::Rate | MetricsFunction::CountOverTime => {}
        MetricsFunction::MinOverTime(over)
        | MetricsFunction::MaxOverTime(over)
        | MetricsFunction::SumOverTime(over)
        | MetricsFunction::AvgOverTime(over)
        | MetricsFunction::HistogramOverTime(over) => argument(over)?,
        MetricsFunction::QuantileOverTime(over, quantiles) => {
            argument(over)?;
            check_quantiles(metrics, quantiles)?;
        }
        MetricsFunction::Compare(selection, more) => {
            filter(selection)?;
            check_comparison(more)?;
        }
    }
    check_grouping(metrics)?;
    match metrics.function {
        MetricsFunction::Compare(..) => Ok(Gives::Compared),
        _ => Ok(Gives::Series),
    }
}

/// Something that is one number of each span, as far as the text says.
fn argument(over: &Field) -> Result<(), Invalid> {
    field::numeric(over)?;
    field::plain(std::slice::from_ref(over))?;
    let is_of_many = match over {
        Field::Attribute(attribute) => matches!(attribute.scope, Scope::Event | Scope::Link),
        Field::Intrinsic(_, intrinsic) => *intrinsic == Intrinsic::EventTimeSinceStart,
        _ => false,
    };
    match is_of_many {
        true => Err(Invalid::new(over.at().0, format!("a span may have several {over}, expected one number"))),
        false => Ok(()),
    }
}

fn check_quantiles(metrics: &Metrics, quantiles: &[Literal]) -> Result<(), Invalid> {
    let is_wrong = |literal: &&Literal| match literal.value {
        Static::Float(quantile) => !(0.0..=1.0).contains(&quantile),
        Static::Int(quantile) => !(0..=1).contains(&quantile),
        _ => true,
    };
    let wrong = quantiles.iter().find(is_wrong).map(|literal| literal.at);
    if let Some(at) = wrong.or(quantiles.is_empty().then_some(metrics.at)) {
        return Err(Invalid::new(at.0, "expected a quantile from 0 to 1"));
    }
    match quantiles.get(QUANTILES_MAX) {
        Some(surplus) => Err(Invalid::new(surplus.at.0, format!("{QUANTILES_MAX} quantiles are the most"))),
        None => Ok(()),
    }
}

/// Nothing, a number of values, or that with start and end.
fn check_comparison(more: &[Literal]) -> Result<(), Invalid> {
    if let Some(wrong) = more.iter().find(|literal| !matches!(literal.value, Static::Int(_))) {
        return Err(Invalid::new(wrong.at.0, "expected a whole number"));
    }
    let int = |literal: &Literal| if let Static::Int(number) = literal.value { number } else { 0 };
    if let Some(values) = more.first().filter(|values| !(1..=VALUES_MAX).contains(&int(values))) {
        return Err(Invalid::new(values.at.0, format!("expected a number of values from 1 to {VALUES_MAX}")));
    }
    match more {
        [] | [_] => Ok(()),
        [_, start, end] if (int(start), int(end)) == (0, 0) => Ok(()),
        [_, start, end] if int(start) > 0 && int(start) < int(end) => Ok(()),
        [_, start, _] => Err(Invalid::new(start.at.0, "a selection starts above 0 and ends after its start")),
        [_, start, ..] => Err(Invalid::new(start.at.0, "a selection has a start and an end, or neither")),
    }
}

fn check_grouping(metrics: &Metrics) -> Result<(), Invalid> {
    let fields_max = match metrics.function {
        MetricsFunction::Compare(..) => 0,
        MetricsFunction::HistogramOverTime(_) | MetricsFunction::QuantileOverTime(..) => GROUPING_FIELDS_OF_BUCKETS_MAX,
        _ => GROUPING_FIELDS_MAX,
    };
    match metrics.by.get(fields_max) {
        Some(surplus) if fields_max == 0 => {
            Err(Invalid::new(surplus.at().0, "compare() is about every attribute and has no by()"))
        }
        Some(surplus) => {
            Err(Invalid::new(surplus.at().0, format!("these series are grouped by {fields_max} fields at most")))
        }
        None => field::plain(&metrics.by),
    }
}

#[cfg(test)]
mod tests;
