//! Functions: which way each is evaluated.

use super::{Done, Evaluator, Sink, float_of};
use crate::promql::call::{Context, FloatFunction, SampleFunction, Scratch, maximum, minimum};
use crate::promql::engine::QueryFailure;
use crate::promql::labels::{Labels, TYPE};
use crate::promql::number::General;
use crate::promql::plan::{Call, Function, Grid, Node};
use crate::promql::sample::Sample;
use crate::promql::tree::{Edges, Span, ValueType};

use super::row::{Points, Row};

/// Seconds of milliseconds.
#[expect(clippy::cast_precision_loss, reason = "milliseconds of any date are exact")]
pub(super) fn seconds(time_ms: i64) -> f64 {
    time_ms as f64 / 1000.0
}

impl Evaluator<'_> {
    pub(super) fn call(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        match call.function {
            Function::Window(function, matrix) => self.window_call(call, function, matrix, grid, sink),
            Function::Float(function) => self.float_call(call, function, grid, sink),
            Function::Sample(function) => self.sample_call(call, function, grid, sink),
            Function::Whole => self.whole_call(call, grid, sink),
        }
    }

    fn whole_call(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        match call.name {
            "vector" => {
                let points = Points::of_floats(self.scalars(&call.args[0], grid)?);
                sink(Row { labels: Labels::default(), drop_name: false, points })
            }
            "timestamp" => self.timestamp(call, grid, sink),
            "start_timestamp" => self.start_timestamp(call, grid, sink),
            "absent" => self.absent(call, grid, sink),
            "absent_over_time" => self.absent_over_time(call, grid, sink),
            "sort" | "sort_desc" => self.sort_by_value(call, grid, sink),
            "sort_by_label" | "sort_by_label_desc" => self.sort_by_label(call, grid, sink),
            "label_replace" => self.label_replace(call, grid, sink),
            "label_join" => self.label_join(call, grid, sink),
            "histogram_quantile" => self.histogram_quantile(call, grid, sink),
            "histogram_quantiles" => self.histogram_quantiles(call, grid, sink),
            "histogram_fraction" => self.histogram_fraction(call, grid, sink),
            "info" => self.info(call, grid, sink),
            name => Err(QueryFailure::Execution(format!("function {name:?} is not supported"))),
        }
    }

    fn float_call(&self, call: &Call, function: FloatFunction, grid: Grid, sink: Sink<'_>) -> Done {
        let (args, _) = self.scalar_args(call, grid)?;
        let mut at = Vec::with_capacity(args.len());
        self.rows(&call.args[0], grid, &mut |mut row| {
            row.points.map_floats(|step, value| {
                at.clear();
                at.extend(args.iter().map(|arg| arg[step]));
                function(value, &at)
            });
            row.drop_name = true;
            if row.points.is_any_present() { sink(row) } else { Ok(()) }
        })
    }

    fn sample_call(&self, call: &Call, function: SampleFunction, grid: Grid, sink: Sink<'_>) -> Done {
        let vector = self.vector_arg(call)?;
        let (args, arg_spans) = self.scalar_args(call, grid)?;
        self.rows(&call.args[vector], grid, &mut |mut row| {
            let mut scratch = Scratch::default();
            {
                let mut annotations = self.annotations.borrow_mut();
                let mut at = Vec::with_capacity(args.len());
                let labels = &row.labels;
                row.points.map_samples(|step, sample| {
                    at.clear();
                    at.extend(args.iter().map(|arg| arg[step]));
                    let mut context = Context {
                        annotations: &mut annotations,
                        scratch: &mut scratch,
                        metric: labels.metric(),
                        metric_type: self.options.type_and_unit_labels.then(|| labels.get(TYPE)),
                        span: call.spans[vector],
                        args: &at,
                        arg_spans: &arg_spans,
                        edges: Edges::Plain,
                        time_ms: grid.time_ms(step),
                    };
                    function(&sample, &mut context)
                });
            }
            if let Some(message) = scratch.failure {
                return Err(QueryFailure::Execution(message));
            }
            row.drop_name = true;
            if row.points.is_any_present() { sink(row) } else { Ok(()) }
        })
    }

    fn vector_arg(&self, call: &Call) -> Result<usize, QueryFailure> {
        let vector = call.args.iter().position(|arg| arg.value_type() == ValueType::Vector);
        vector.ok_or_else(|| QueryFailure::Execution(format!("{} needs an instant vector", call.name)))
    }

    /// The scalar arguments, each with a value for each step, and where they stand.
    fn scalar_args(&self, call: &Call, grid: Grid) -> Result<(Vec<Vec<f64>>, Vec<Span>), QueryFailure> {
        let scalars = call.args.iter().zip(&call.spans).filter(|(arg, _)| arg.value_type() == ValueType::Scalar);
        let mut values = Vec::new();
        let mut spans = Vec::new();
        for (arg, span) in scalars {
            values.push(self.scalars(arg, grid)?);
            spans.push(*span);
        }
        Ok((values, spans))
    }

    /// The time of each sample; of what is computed, the time of the step.
    fn timestamp(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let drop_name = |sink: Sink<'_>, mut row: Row| {
            row.drop_name = true;
            sink(row)
        };
        if let Node::Select(select) = call.args[0].without_once() {
            let make = |at_ms, _, _| Sample::Float(seconds(at_ms));
            return self.select_with(select, grid, make, &mut |row| drop_name(sink, row));
        }
        self.rows(&call.args[0], grid, &mut |mut row| {
            row.points.map_samples(|step, _| Some(Sample::Float(seconds(grid.time_ms(step)))));
            drop_name(sink, row)
        })
    }

    /// When what each sample counts began, 0 where that is unknown. Nothing of what is computed.
    fn start_timestamp(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let Node::Select(select) = call.args[0].without_once() else {
            return Ok(());
        };
        let make = |_, start_ms, _| Sample::Float(seconds(start_ms));
        self.select_with(select, grid, make, &mut |mut row| {
            row.drop_name = true;
            sink(row)
        })
    }

    /// A function that yields a scalar.
    pub(super) fn scalar_call(&self, call: &Call, grid: Grid) -> Result<Vec<f64>, QueryFailure> {
        let steps = 0..grid.count;
        match (call.name, call.args.as_slice()) {
            ("time", []) => Ok(steps.map(|step| seconds(grid.time_ms(step))).collect()),
            ("scalar", [vector]) => self.only_values(vector, grid),
            ("max_of", [lhs, rhs]) => self.extremes(lhs, rhs, grid, maximum),
            ("min_of", [lhs, rhs]) => self.extremes(lhs, rhs, grid, minimum),
            (name, _) => Err(QueryFailure::Execution(format!("function {name:?} is not supported"))),
        }
    }

    fn extremes(
        &self,
        lhs: &Node,
        rhs: &Node,
        grid: Grid,
        choose: impl Fn(f64, f64) -> f64,
    ) -> Result<Vec<f64>, QueryFailure> {
        let (lhs, rhs) = (self.scalars(lhs, grid)?, self.scalars(rhs, grid)?);
        Ok(lhs.into_iter().zip(rhs).map(|(lhs, rhs)| choose(lhs, rhs)).collect())
    }

    /// The float of each step at which there is exactly one; histograms do not count.
    fn only_values(&self, vector: &Node, grid: Grid) -> Result<Vec<f64>, QueryFailure> {
        let mut values = vec![f64::NAN; grid.count];
        let mut found = vec![0_u32; grid.count];
        self.rows(vector, grid, &mut |row| {
            for step in 0..grid.count {
                if let Some(value) = row.points.sample(step).as_ref().and_then(float_of) {
                    found[step] = found[step].saturating_add(1);
                    values[step] = if found[step] == 1 { value } else { f64::NAN };
                }
            }
            Ok(())
        })?;
        Ok(values)
    }

    /// Says so when a quantile is none.
    pub(super) fn warn_quantile(&self, quantile: f64, span: Span) {
        let message = format!("quantile value should be between 0 and 1, got {}", General(quantile));
        self.annotations.borrow_mut().warn(span, message);
    }
}

/// The text of an argument that is a literal.
pub(super) fn text(call: &Call, at: usize) -> Result<&str, QueryFailure> {
    match call.args.get(at).map(Node::without_once) {
        Some(Node::Text(text)) => Ok(text),
        _ => Err(QueryFailure::Execution(format!("argument {} of {} is not a string", at + 1, call.name))),
    }
}
