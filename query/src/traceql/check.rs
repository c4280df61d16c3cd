//! Which types may meet: stages that give spansets, numbers or series, and fields of one type or another.
//!
//! An attribute may hold anything, so that what stands beside it decides nothing here; a span whose value has another type
//! is simply not found.

/// Types of fields.
mod field;
/// Functions over time, and what may follow them.
mod metrics;
/// What nobody answers.
mod spansets;

use regex::{Regex, RegexBuilder};

use super::Invalid;
use super::tree::{Binary, Comparison, Field, Filter, Literal, Pipeline, Query, Stage, StageOp, Static};

pub(crate) use metrics::{GROUPING_FIELDS_MAX, VALUES_DEFAULT};

/// What a compiled regular expression may take: some ten thousand letters, or fifty classes such as `\w`.
pub(super) const REGEX_BYTES_MAX: usize = 2 * 1024 * 1024;

/// What a stage gives to the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gives {
    Spansets,
    /// A number of each spanset.
    Scalar,
    /// A number that stands in the text.
    Literal,
    Series,
    /// The series of `compare(…)`, which end a query.
    Compared,
}

impl Gives {
    const fn name(self) -> &'static str {
        match self {
            Self::Spansets => "spansets",
            Self::Scalar => "numbers of spansets",
            Self::Literal => "a value",
            Self::Series => "series",
            Self::Compared => "the answer of compare()",
        }
    }
}

/// # Errors
/// The first node that cannot mean anything.
pub(super) fn check(query: &Query) -> Result<(), Invalid> {
    match pipeline(&query.pipeline)? {
        Gives::Spansets | Gives::Series | Gives::Compared => Ok(()),
        Gives::Scalar => Err(Invalid::new(last(&query.pipeline), "a number of spansets must be compared with a value")),
        Gives::Literal => Err(Invalid::new(last(&query.pipeline), "a value alone asks for nothing, expected `{`")),
    }?;
    spansets::check(&query.pipeline)
}

/// A regular expression as TraceQL means it: it must match the whole text.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn anchored(pattern: &str) -> Result<Regex, String> {
    let read = |pattern: &str| {
        let regex = RegexBuilder::new(pattern).size_limit(REGEX_BYTES_MAX).build();
        regex.map_err(|error| error.to_string().lines().last().unwrap_or("it is malformed").to_owned())
    };
    // By itself first: parentheses that do not match could end the group and begin another.
    read(pattern)?;
    read(&format!("^(?:{pattern})$"))
}

fn last(pipeline: &Pipeline) -> crate::error::Position {
    pipeline.stages.last().map_or(pipeline.at, Stage::at).0
}

fn pipeline(pipeline: &Pipeline) -> Result<Gives, Invalid> {
    let mut given = None;
    for next in &pipeline.stages {
        metrics::check_follows(next, given)?;
        if matches!(given, Some(Gives::Scalar | Gives::Literal)) {
            return Err(Invalid::new(next.at().0, "a number cannot be given on with `|`, compare it with a value"));
        }
        given = Some(stage(next, given)?);
    }
    Ok(given.unwrap_or(Gives::Spansets))
}

fn stage(stage: &Stage, given: Option<Gives>) -> Result<Gives, Invalid> {
    match stage {
        Stage::Filter(one) => filter(one).map(|()| Gives::Spansets),
        Stage::Group(inner) => metrics::group(inner, pipeline(inner)?, given),
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
        Stage::Metrics(one) => metrics::check(one, given),
        Stage::Rank(one) => metrics::rank(one, given),
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
        (_, Gives::Spansets, _) | (_, _, Gives::Spansets) => refuse(),
        (_, Gives::Compared, _) | (_, _, Gives::Compared) => refuse(),
        (StageOp::Compare(_), Gives::Series, Gives::Literal) => Ok(Gives::Series),
        (StageOp::Compare(_), Gives::Series, _) | (StageOp::Compare(_), _, Gives::Series) => refuse(),
        (StageOp::Compare(_), Gives::Literal, Gives::Literal) => refuse(),
        (StageOp::Compare(_), ..) => Ok(Gives::Spansets),
        (StageOp::Arithmetic(op), Gives::Series, Gives::Series | Gives::Literal)
        | (StageOp::Arithmetic(op), Gives::Literal, Gives::Series) => metrics::calculation(binary, op, given),
        (StageOp::Arithmetic(_), Gives::Series, _) | (StageOp::Arithmetic(_), _, Gives::Series) => refuse(),
        (StageOp::Arithmetic(_), Gives::Literal, Gives::Literal) => Ok(Gives::Literal),
        (StageOp::Arithmetic(_), ..) => Ok(Gives::Scalar),
    }
}

fn filter(filter: &Filter) -> Result<(), Invalid> {
    filter.condition.as_ref().map_or(Ok(()), field::condition)
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
