//! Evaluation: rows of all steps at once.
//!
//! A row is a series' values at the steps of a [`Grid`]. Rows flow from selectors to their readers one by one; what reads
//! each row once (functions of windows and of values, operators with a scalar, aggregations) holds none. What has to see all
//! rows of its operand (operators of two vectors, `topk`, `histogram_quantile`, `sort`) collects them, and what is collected
//! counts as held.

/// `absent`, `absent_over_time`.
mod absent;
/// `sum`, `avg` and what else makes one row of a group.
mod aggregate;
/// Operators: of scalars, of a vector and a scalar.
mod binary;
/// `histogram_quantile` and its kin.
mod buckets;
/// Functions.
mod call;
/// `count_values`.
mod count_values;
/// The function `info`.
mod info;
/// `label_replace`, `label_join`.
mod label;
/// Places among samples.
mod mark;
/// Operators of two vectors.
mod matching;
/// `topk`, `bottomk`, `limitk`, `limit_ratio`.
mod rank;
/// Values of a series at the steps.
mod row;
/// Samples of selectors at the steps.
mod select;
/// `and`, `or`, `unless`.
mod set;
/// `sort` and its kin.
mod sort;
/// Subqueries.
mod subquery;
/// Functions of windows.
mod window;

use std::cell::{Cell, OnceCell, RefCell};
use std::sync::Arc;
use std::time::Instant;

use super::annotation::Annotations;
use super::engine::{Answer, Cancel, Options, QueryFailure, Value};
use super::labels::Labels;
use super::plan::{Grid, Node, Plan};
use super::sample::{Column, Sample, Series};
use super::tree::{BinaryOp, ValueType};
use row::{Points, Row};

/// The series of each selection of a plan.
pub(crate) type Fetched = Vec<Vec<Arc<Series>>>;

/// When to end early.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stop<'a> {
    pub deadline: Option<Instant>,
    pub cancel: &'a Cancel,
}

/// Takes rows as they come.
type Sink<'s> = &'s mut dyn FnMut(Row) -> Result<(), QueryFailure>;

type Done = Result<(), QueryFailure>;

/// What evaluation knows and counts.
struct Evaluator<'a> {
    options: &'a Options,
    fetched: &'a Fetched,
    /// Of each selection, when a selector asks for no more: series whose histograms have no buckets.
    totals: Vec<OnceCell<Vec<Arc<Series>>>>,
    annotations: RefCell<Annotations>,
    stop: Stop<'a>,
    held: Cell<usize>,
    peak: Cell<usize>,
    read: Cell<u64>,
}

/// # Errors
/// What makes the query fail, or ended it early.
pub(crate) fn answer(plan: &Plan, fetched: Fetched, options: &Options, stop: Stop<'_>) -> Result<Answer, QueryFailure> {
    let evaluator = Evaluator {
        options,
        fetched: &fetched,
        totals: fetched.iter().map(|_| OnceCell::new()).collect(),
        annotations: RefCell::default(),
        stop,
        held: Cell::new(0),
        peak: Cell::new(0),
        read: Cell::new(0),
    };
    evaluator.hold(plan.grid.count)?;
    let value = evaluator.value(plan)?;
    Ok(Answer {
        value,
        samples_read: evaluator.read.get(),
        samples_peak: evaluator.peak.get(),
        annotations: evaluator.annotations.into_inner(),
    })
}

impl Evaluator<'_> {
    fn value(&self, plan: &Plan) -> Result<Value, QueryFailure> {
        let time_ms = plan.grid.start_ms;
        match (plan.root_type, plan.instant) {
            (ValueType::String, _) => match &plan.root {
                Node::Text(text) => Ok(Value::String { time_ms, value: text.clone() }),
                _ => Err(QueryFailure::Execution("only a literal is a string".to_owned())),
            },
            (ValueType::Scalar, true) => {
                let values = self.scalars(&plan.root, plan.grid)?;
                Ok(Value::Scalar { time_ms, value: values.first().copied().unwrap_or(f64::NAN) })
            }
            (ValueType::Scalar, false) => {
                let values = self.scalars(&plan.root, plan.grid)?;
                let row = Row { labels: Labels::default(), drop_name: false, points: Points::of_floats(values) };
                Ok(Value::Matrix(vec![row.into_series(plan.grid)]))
            }
            (ValueType::Matrix, _) => self.matrix(&plan.root, plan.grid),
            (ValueType::Vector, true) => {
                let rows = row::finish(self.collect(&plan.root, plan.grid)?)?;
                let samples = rows.into_iter().filter_map(|row| Some((row.labels, time_ms, row.points.sample(0)?)));
                Ok(Value::Vector(samples.collect()))
            }
            (ValueType::Vector, false) => {
                let mut rows = row::finish(self.collect(&plan.root, plan.grid)?)?;
                rows.sort_by(|a, b| a.labels.cmp(&b.labels));
                Ok(Value::Matrix(rows.into_iter().map(|row| row.into_series(plan.grid)).collect()))
            }
        }
    }

    /// The samples of a range vector, at one time.
    fn matrix(&self, node: &Node, grid: Grid) -> Result<Value, QueryFailure> {
        let mut all = match node.without_once() {
            Node::Window(window) => self.window_samples(window, grid)?,
            Node::Subquery(subquery) => {
                let series = self.subquery(subquery, grid)?;
                let named = series.into_iter().map(|(series, drop_name)| named(series, drop_name));
                named.collect()
            }
            _ => return Err(QueryFailure::Execution("not a range vector".to_owned())),
        };
        all.sort_by(|a, b| a.labels.cmp(&b.labels));
        if all.windows(2).any(|pair| pair[0].labels == pair[1].labels) {
            return Err(row::same_labels());
        }
        Ok(Value::Matrix(all))
    }

    /// Rows of an instant vector, each with a value at some step, handed on one by one. Two may have the same labels.
    fn rows(&self, node: &Node, grid: Grid, sink: Sink<'_>) -> Done {
        match node {
            Node::Select(select) => self.select(select, grid, sink),
            Node::Once(inner) => self.once(inner, grid, sink),
            Node::Negate(inner) => self.rows(inner, grid, &mut |mut row| {
                row.points.map_all(|value| -value, |histogram| histogram.clone().negate());
                row.drop_name = true;
                sink(row)
            }),
            Node::Binary(binary) => self.binary(binary, grid, sink),
            Node::Aggregate(aggregate) => self.aggregate(aggregate, grid, sink),
            Node::Call(call) => self.call(call, grid, sink),
            Node::Number(_) | Node::Text(_) | Node::Window(_) | Node::Subquery(_) => {
                Err(QueryFailure::Execution("not an instant vector".to_owned()))
            }
        }
    }

    /// All rows of an instant vector. They count as held until [`Evaluator::release`].
    fn collect(&self, node: &Node, grid: Grid) -> Result<Vec<Row>, QueryFailure> {
        let mut rows = Vec::new();
        self.rows(node, grid, &mut |row| {
            self.hold(row.points.weight())?;
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// A value for each step.
    fn scalars(&self, node: &Node, grid: Grid) -> Result<Vec<f64>, QueryFailure> {
        self.check_stop()?;
        match node {
            Node::Number(value) => Ok(vec![*value; grid.count]),
            Node::Once(inner) => {
                let once = self.scalars(inner, grid.once())?;
                Ok(vec![once.first().copied().unwrap_or(f64::NAN); grid.count])
            }
            Node::Negate(inner) => Ok(self.scalars(inner, grid)?.into_iter().map(|value| -value).collect()),
            Node::Binary(binary) => {
                let lhs = self.scalars(&binary.lhs, grid)?;
                // It is held while the other side, however deep, is evaluated.
                self.hold(grid.count)?;
                let rhs = self.scalars(&binary.rhs, grid)?;
                self.release_samples(grid.count);
                Ok(lhs.into_iter().zip(rhs).map(|(lhs, rhs)| binary::of_scalars(binary.op, lhs, rhs)).collect())
            }
            Node::Call(call) => self.scalar_call(call, grid),
            _ => Err(QueryFailure::Execution("not a scalar".to_owned())),
        }
    }

    /// What is the same at each step.
    fn once(&self, inner: &Node, grid: Grid, sink: Sink<'_>) -> Done {
        if grid.count <= 1 {
            return self.rows(inner, grid, sink);
        }
        self.rows(inner, grid.once(), &mut |mut row| {
            row.points.repeat(grid.count);
            sink(row)
        })
    }

    /// Counts samples as held.
    fn hold(&self, samples: usize) -> Done {
        let held = self.held.get().saturating_add(samples);
        self.held.set(held);
        self.peak.set(self.peak.get().max(held));
        if held > self.options.samples_max { Err(QueryFailure::TooManySamples) } else { Ok(()) }
    }

    fn release(&self, rows: &[Row]) {
        self.release_samples(rows.iter().map(|row| row.points.weight()).sum());
    }

    fn release_samples(&self, samples: usize) {
        self.held.set(self.held.get().saturating_sub(samples));
    }

    fn count_read(&self, samples: usize) {
        self.read.set(self.read.get().saturating_add(samples as u64));
    }

    /// # Errors
    /// When the query has to end.
    fn check_stop(&self) -> Done {
        if self.stop.cancel.is_cancelled() {
            return Err(QueryFailure::Canceled);
        }
        match self.stop.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(QueryFailure::TimedOut),
            _ => Ok(()),
        }
    }
}

/// Whether an operator changes what is measured, so that the name no longer fits.
fn changes_metric(op: BinaryOp) -> bool {
    !op.is_comparison() && !op.is_set() && !matches!(op, BinaryOp::TrimUpper | BinaryOp::TrimLower)
}

fn named(series: Series, drop_name: bool) -> Series {
    if drop_name { Series { labels: series.labels.without_metadata(), ..series } } else { series }
}

fn column<T: Clone>(points: impl Iterator<Item = (i64, T)>) -> Column<T> {
    let mut column = Column::default();
    for (time_ms, value) in points {
        column.push(time_ms, value);
    }
    column
}

/// The float that a sample is, if it is one.
fn float_of(sample: &Sample) -> Option<f64> {
    match sample {
        Sample::Float(value) => Some(*value),
        Sample::Histogram(_) => None,
    }
}
