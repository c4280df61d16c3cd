//! What the language says of spansets and nobody answers: structure of groups, arithmetic of numbers, comparisons of
//! pipelines. The types are right already.

use super::super::Invalid;
use super::super::tree::{Binary, Pipeline, Stage, StageOp};

/// What comes to a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spans {
    /// A spanset of each trace.
    Whole,
    /// Spansets that `by` has split.
    Groups,
}

/// # Errors
/// The first place at which that is asked.
pub(super) fn check(query: &Pipeline) -> Result<(), Invalid> {
    pipeline(query, Spans::Whole).map(|_| ())
}

fn pipeline(pipeline: &Pipeline, given: Spans) -> Result<Spans, Invalid> {
    pipeline.stages.iter().try_fold(given, |given, next| stage(next, given))
}

fn stage(stage: &Stage, given: Spans) -> Result<Spans, Invalid> {
    match stage {
        Stage::By(..) => Ok(Spans::Groups),
        Stage::Coalesce(_) => Ok(Spans::Whole),
        Stage::Group(inner) => pipeline(inner, given),
        Stage::Binary(one) if joins(one) => joined(one, given),
        Stage::Binary(one) => numbers(one, given),
        _ => Ok(given),
    }
}

fn joins(binary: &Binary) -> bool {
    matches!(binary.op, StageOp::And | StageOp::Or | StageOp::Structural(..))
}

fn joined(binary: &Binary, given: Spans) -> Result<Spans, Invalid> {
    let (left, right) = (side(&binary.left, binary, given)?, side(&binary.right, binary, given)?);
    let is_structural = matches!(binary.op, StageOp::Structural(..));
    if is_structural && (left, right) != (Spans::Whole, Spans::Whole) {
        let message = format!("`{}` needs whole traces, not groups, consider using coalesce()", binary.op);
        return Err(Invalid::new(binary.at.0, message));
    }
    Ok(given)
}

/// Only what finds spans by itself is joined with others; what is done with spans found stands between pipes.
fn side(side: &Stage, of: &Binary, given: Spans) -> Result<Spans, Invalid> {
    match side {
        Stage::Filter(_) | Stage::Group(_) => stage(side, given),
        Stage::Binary(inner) if joins(inner) => joined(inner, given),
        _ => {
            let message = format!("expected spans in `{{ }}` or a pipeline in parentheses beside `{}`", of.op);
            Err(Invalid::new(side.at().0, message))
        }
    }
}

/// Of numbers of spansets there is one form; series are checked elsewhere.
fn numbers(binary: &Binary, given: Spans) -> Result<Spans, Invalid> {
    stage(&binary.left, given)?;
    stage(&binary.right, given)?;
    let is_answered = match (binary.op, &binary.left, &binary.right) {
        (StageOp::Compare(_), Stage::Aggregate(_), Stage::Literal(_)) => true,
        (_, left, right) => !is_number_of_spansets(left) && !is_number_of_spansets(right),
    };
    match is_answered {
        true => Ok(given),
        false => Err(Invalid::not_yet(binary.at.0, "numbers of spansets other than `aggregate operator value`")),
    }
}

fn is_number_of_spansets(stage: &Stage) -> bool {
    match stage {
        Stage::Aggregate(_) => true,
        Stage::Group(pipeline) => pipeline.stages.last().is_some_and(is_number_of_spansets),
        Stage::Binary(binary) => {
            let is_arithmetic = matches!(binary.op, StageOp::Arithmetic(_));
            is_arithmetic && (is_number_of_spansets(&binary.left) || is_number_of_spansets(&binary.right))
        }
        _ => false,
    }
}
