//! Values of duration expressions. They are known once the range of the query is.

use crate::promql::engine::QueryFailure;
use crate::promql::tree::{BinaryOp, Duration, DurationExpr, DurationNode};

/// What `step()` and `range()` mean.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resolver {
    pub step_ms: i64,
    pub range_ms: i64,
}

impl Resolver {
    /// Milliseconds of an offset.
    pub fn any(&self, duration: &Duration) -> Result<i64, QueryFailure> {
        match duration {
            Duration::Literal(ms) => Ok(*ms),
            Duration::Expr(expr) => milliseconds(self.seconds(expr)?),
        }
    }

    /// Milliseconds of a range or a step.
    pub fn positive(&self, duration: &Duration) -> Result<i64, QueryFailure> {
        match self.any(duration)? {
            ms if ms > 0 => Ok(ms),
            _ => Err(failure("duration must be greater than 0")),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "milliseconds of any date are exact")]
    fn seconds(&self, expr: &DurationExpr) -> Result<f64, QueryFailure> {
        match &expr.node {
            DurationNode::Number(number) => Ok(number.value),
            DurationNode::Unary { negative, operand } => {
                let value = self.seconds(operand)?;
                Ok(if *negative { -value } else { value })
            }
            DurationNode::Paren(inner) => self.seconds(inner),
            DurationNode::Step => Ok(self.step_ms as f64 / 1000.0),
            DurationNode::Range => Ok(self.range_ms as f64 / 1000.0),
            DurationNode::Min(lhs, rhs) => Ok(self.seconds(lhs)?.min(self.seconds(rhs)?)),
            DurationNode::Max(lhs, rhs) => Ok(self.seconds(lhs)?.max(self.seconds(rhs)?)),
            DurationNode::Binary { op, lhs, rhs } => apply(*op, self.seconds(lhs)?, self.seconds(rhs)?),
        }
    }
}

fn apply(op: BinaryOp, lhs: f64, rhs: f64) -> Result<f64, QueryFailure> {
    match op {
        BinaryOp::Add => Ok(lhs + rhs),
        BinaryOp::Sub => Ok(lhs - rhs),
        BinaryOp::Mul => Ok(lhs * rhs),
        BinaryOp::Div if rhs == 0.0 => Err(failure("division by zero")),
        BinaryOp::Div => Ok(lhs / rhs),
        BinaryOp::Mod if rhs == 0.0 => Err(failure("modulo by zero")),
        BinaryOp::Mod => Ok(lhs % rhs),
        BinaryOp::Pow => Ok(lhs.powf(rhs)),
        other => Err(failure(&format!("unexpected operator {:?} in a duration", other.text()))),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
fn milliseconds(seconds: f64) -> Result<i64, QueryFailure> {
    /// As far as Go's durations reach: 292 years.
    const SECONDS_MAX: f64 = 9_223_372_036.0;
    if seconds.is_nan() || seconds.abs() > SECONDS_MAX {
        return Err(failure("duration out of range"));
    }
    Ok((seconds * 1000.0).round() as i64)
}

fn failure(message: &str) -> QueryFailure {
    QueryFailure::BadRange(message.to_owned())
}
