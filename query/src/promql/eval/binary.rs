//! Operators of scalars, and of a vector and a scalar; what an operator does to two samples.

use std::sync::Arc;

use super::{Done, Evaluator, Sink, changes_metric};
use crate::promql::annotation::Annotations;
use crate::promql::histogram::Histogram;
use crate::promql::plan::{Binary, Grid, Node};
use crate::promql::sample::{STALE, Sample};
use crate::promql::tree::{BinaryOp, Span, ValueType};

/// What an operator makes of two scalars. Comparisons yield 0 or 1.
pub(super) fn of_scalars(op: BinaryOp, lhs: f64, rhs: f64) -> f64 {
    if op.is_comparison() { f64::from(u8::from(compares(op, lhs, rhs))) } else { calculate(op, lhs, rhs) }
}

fn calculate(op: BinaryOp, lhs: f64, rhs: f64) -> f64 {
    match op {
        BinaryOp::Add => lhs + rhs,
        BinaryOp::Sub => lhs - rhs,
        BinaryOp::Mul => lhs * rhs,
        BinaryOp::Div => lhs / rhs,
        BinaryOp::Mod => lhs % rhs,
        BinaryOp::Pow => lhs.powf(rhs),
        BinaryOp::Atan2 => lhs.atan2(rhs),
        _ => f64::NAN,
    }
}

fn compares(op: BinaryOp, lhs: f64, rhs: f64) -> bool {
    #[expect(clippy::float_cmp, reason = "that is what the operators mean")]
    match op {
        BinaryOp::Equal => lhs == rhs,
        BinaryOp::NotEqual => lhs != rhs,
        BinaryOp::Less => lhs < rhs,
        BinaryOp::LessOrEqual => lhs <= rhs,
        BinaryOp::Greater => lhs > rhs,
        BinaryOp::GreaterOrEqual => lhs >= rhs,
        _ => false,
    }
}

/// What an operator makes of two samples.
pub(super) enum Outcome {
    /// Of arithmetic.
    Sample(Sample),
    /// Of a comparison: whether it holds.
    Compared(bool),
    /// The operator does not know these types, or these histograms do not fit.
    Nothing,
}

/// An operator, where it stands, and whom to tell of samples that do not fit it.
pub(super) struct Operator<'a> {
    pub op: BinaryOp,
    pub span: Span,
    pub annotations: &'a mut Annotations,
}

impl Operator<'_> {
    /// What becomes of two floats; the staleness marker where a comparison does not hold.
    pub fn filtered(&self, lhs: f64, rhs: f64, return_bool: bool) -> f64 {
        match (self.op.is_comparison(), return_bool) {
            (false, _) => calculate(self.op, lhs, rhs),
            (true, true) => f64::from(u8::from(compares(self.op, lhs, rhs))),
            (true, false) if compares(self.op, lhs, rhs) => lhs,
            (true, false) => STALE,
        }
    }

    /// Whether the operator works on two floats.
    pub fn knows_floats(&self) -> bool {
        !matches!(self.op, BinaryOp::TrimLower | BinaryOp::TrimUpper)
    }

    pub fn apply(&mut self, lhs: &Sample, rhs: &Sample) -> Outcome {
        match (lhs, rhs) {
            (Sample::Float(lhs), Sample::Float(rhs)) => {
                if !self.knows_floats() {
                    return self.unknown("float", "float");
                }
                if self.op.is_comparison() {
                    return Outcome::Compared(compares(self.op, *lhs, *rhs));
                }
                Outcome::Sample(Sample::Float(calculate(self.op, *lhs, *rhs)))
            }
            (Sample::Float(factor), Sample::Histogram(histogram)) => match self.op {
                BinaryOp::Mul => made(Histogram::clone(histogram).scale(*factor)),
                _ => self.unknown("float", "histogram"),
            },
            (Sample::Histogram(histogram), Sample::Float(value)) => self.histogram_and_float(histogram, *value),
            (Sample::Histogram(lhs), Sample::Histogram(rhs)) => self.histograms(lhs, rhs),
        }
    }

    fn histogram_and_float(&mut self, histogram: &Histogram, value: f64) -> Outcome {
        match self.op {
            BinaryOp::Mul => made(histogram.clone().scale(value)),
            BinaryOp::Div => made(histogram.clone().divide(value)),
            BinaryOp::TrimUpper => made(histogram.clone().trim_above(value)),
            BinaryOp::TrimLower => made(histogram.clone().trim_below(value)),
            _ => self.unknown("histogram", "float"),
        }
    }

    fn histograms(&mut self, lhs: &Histogram, rhs: &Histogram) -> Outcome {
        let (combined, doing) = match self.op {
            BinaryOp::Add => (lhs.clone().add(rhs), "addition"),
            BinaryOp::Sub => (lhs.clone().sub(rhs), "subtraction"),
            BinaryOp::Equal => return Outcome::Compared(lhs.equals(rhs)),
            BinaryOp::NotEqual => return Outcome::Compared(!lhs.equals(rhs)),
            _ => return self.unknown("histogram", "histogram"),
        };
        let Ok(combined) = combined else {
            let message = format!("incompatible bucket layout encountered for binary operator {}", self.op.text());
            self.annotations.warn(self.span, message);
            return Outcome::Nothing;
        };
        if combined.hints_conflict {
            self.annotations.warn(self.span, format!("conflicting counter resets during histogram {doing}"));
        }
        if combined.bounds_reconciled {
            self.annotations.info(self.span, format!("mismatched custom buckets were reconciled during {doing}"));
        }
        made(combined.histogram)
    }

    fn unknown(&mut self, lhs: &str, rhs: &str) -> Outcome {
        let op = self.op.text();
        let message = format!("incompatible sample types encountered for binary operator {op:?}: {lhs} {op} {rhs}");
        self.annotations.info(self.span, message);
        Outcome::Nothing
    }
}

fn made(histogram: Histogram) -> Outcome {
    Outcome::Sample(Sample::Histogram(Arc::new(histogram.compact())))
}

impl Evaluator<'_> {
    pub(super) fn binary(&self, binary: &Binary, grid: Grid, sink: Sink<'_>) -> Done {
        match (binary.lhs.value_type(), binary.rhs.value_type()) {
            (ValueType::Vector, ValueType::Vector) if binary.op.is_set() => self.set(binary, grid, sink),
            (ValueType::Vector, ValueType::Vector) => self.matched(binary, grid, sink),
            (ValueType::Vector, _) => self.with_scalar(binary, &binary.lhs, &binary.rhs, false, grid, sink),
            _ => self.with_scalar(binary, &binary.rhs, &binary.lhs, true, grid, sink),
        }
    }

    /// `swapped`: the scalar stands on the left.
    fn with_scalar(
        &self,
        binary: &Binary,
        vector: &Node,
        scalar: &Node,
        swapped: bool,
        grid: Grid,
        sink: Sink<'_>,
    ) -> Done {
        let scalars = self.scalars(scalar, grid)?;
        self.rows(vector, grid, &mut |mut row| {
            {
                let mut annotations = self.annotations.borrow_mut();
                let mut operator = Operator { op: binary.op, span: binary.span, annotations: &mut annotations };
                if row.points.has_histograms() || !operator.knows_floats() {
                    row.points.map_samples(|step, sample| {
                        operator.sample_and_scalar(sample, scalars[step], swapped, binary.return_bool)
                    });
                } else {
                    row.points.map_floats(|step, value| {
                        operator.float_and_scalar(value, scalars[step], swapped, binary.return_bool)
                    });
                }
            }
            row.drop_name |= changes_metric(binary.op) || binary.return_bool;
            if row.points.is_any_present() { sink(row) } else { Ok(()) }
        })
    }
}

impl Operator<'_> {
    /// A comparison that holds keeps the vector's value, wherever it stands.
    fn float_and_scalar(&self, value: f64, scalar: f64, swapped: bool, return_bool: bool) -> f64 {
        if !swapped {
            return self.filtered(value, scalar, return_bool);
        }
        if self.op.is_comparison() && !return_bool {
            return if compares(self.op, scalar, value) { value } else { STALE };
        }
        self.filtered(scalar, value, return_bool)
    }

    fn sample_and_scalar(&mut self, sample: Sample, scalar: f64, swapped: bool, return_bool: bool) -> Option<Sample> {
        let scalar = Sample::Float(scalar);
        let outcome = if swapped { self.apply(&scalar, &sample) } else { self.apply(&sample, &scalar) };
        match outcome {
            Outcome::Sample(made) => Some(made),
            Outcome::Compared(holds) if return_bool => Some(Sample::Float(f64::from(u8::from(holds)))),
            Outcome::Compared(holds) => holds.then_some(sample),
            Outcome::Nothing => None,
        }
    }
}
