use arrow::array::RecordBatch;

use super::Located;
use crate::trace_metrics::cell::{Count, Greatest, Least, Sum};
use crate::trace_metrics::exemplars::{Exemplars, Ids};
use crate::trace_metrics::grid::Grid;
use crate::trace_metrics::groups::Groups;
use crate::trace_metrics::keys::{Number, each_number, numbers_of_labels};
use crate::trace_metrics::log2::{Log2, bucket_of};
use crate::trace_metrics::{Bounds, MetricsError, Steps};
use crate::traceql::eval::MissingColumn;
use crate::traceql::plan::metrics::{Argument, MetricsPart, PlannedFunction};

/// Cells of all series, and spans that stand for them.
#[derive(Debug, Clone)]
pub(in crate::trace_metrics) struct Tally {
    pub groups: Groups,
    pub cells: Cells,
    pub exemplars: Option<Exemplars>,
}

#[derive(Debug, Clone)]
pub(in crate::trace_metrics) enum Cells {
    Count(Grid<Count>),
    Least(Grid<Least>),
    Greatest(Grid<Greatest>),
    Sum(Grid<Sum>),
    Log2(Grid<Log2>),
}

/// Does the same with whichever grid it is.
macro_rules! with_grid {
    ($cells:expr, $grid:ident => $then:expr) => {
        match $cells {
            Cells::Count($grid) => $then,
            Cells::Least($grid) => $then,
            Cells::Greatest($grid) => $then,
            Cells::Sum($grid) => $then,
            Cells::Log2($grid) => $then,
        }
    };
}

impl Cells {
    fn new(function: &PlannedFunction, intervals: usize) -> Self {
        match function {
            PlannedFunction::Rate | PlannedFunction::Count | PlannedFunction::Compare(_) => {
                Self::Count(Grid::new(intervals))
            }
            PlannedFunction::Least(_) => Self::Least(Grid::new(intervals)),
            PlannedFunction::Greatest(_) => Self::Greatest(Grid::new(intervals)),
            PlannedFunction::Sum(_) | PlannedFunction::Average(_) => Self::Sum(Grid::new(intervals)),
            PlannedFunction::Histogram(_) | PlannedFunction::Quantiles(..) => Self::Log2(Grid::new(intervals)),
        }
    }

    pub fn reserve(&mut self, series: usize) {
        with_grid!(self, grid => grid.reserve(series));
    }

    fn size_bytes(&self) -> usize {
        with_grid!(self, grid => grid.size_bytes())
    }
}

impl Tally {
    pub fn new(part: &MetricsPart, steps: &Steps, bounds: &Bounds) -> Self {
        Self {
            groups: Groups::new(part.by.len(), steps.count(), bounds),
            cells: Cells::new(&part.function, steps.count()),
            exemplars: Exemplars::new(bounds.exemplars_max, steps.count()),
        }
    }

    pub fn has_exemplars(&self) -> bool {
        self.exemplars.is_some()
    }

    pub(super) fn observe(
        &mut self,
        part: &MetricsPart,
        batch: &RecordBatch,
        located: &Located,
    ) -> Result<(), MetricsError> {
        if located.rows.is_empty() {
            return Ok(());
        }
        let labels = part.by.iter().zip(&mut self.groups.values);
        let numbers = labels.map(|(label, values)| numbers_of_labels(&label.source, batch, &located.rows, values));
        let numbers: Vec<Vec<u32>> = numbers.collect::<Result<_, _>>()?;
        let series = self.groups.of_rows(&numbers, located.rows.len())?;
        self.cells.reserve(self.groups.len());
        let places = Places { located, series: &series };
        match part.function.argument() {
            None => self.count(batch, &places)?,
            Some(argument) => self.count_numbers(argument, batch, &places)?,
        }
        Ok(())
    }

    fn count(&mut self, batch: &RecordBatch, places: &Places<'_>) -> Result<(), MissingColumn> {
        if let Cells::Count(grid) = &mut self.cells {
            places.each(|series, interval| grid.cell(series, interval).0 += 1.0);
        }
        if let Some(exemplars) = &mut self.exemplars {
            let ids = Ids::of_batch(batch)?;
            for i in 0..places.series.len() {
                exemplars.offer(ids.chosen(places.located.rows[i], places.place(i), f64::NAN));
            }
        }
        Ok(())
    }

    /// One loop for each kind of cell. Spans without a number, and those below all buckets, are not counted.
    fn count_numbers(
        &mut self,
        argument: &Argument,
        batch: &RecordBatch,
        places: &Places<'_>,
    ) -> Result<(), MissingColumn> {
        let (source, rows) = (&argument.source, &places.located.rows);
        match &mut self.cells {
            Cells::Count(_) => {}
            Cells::Least(grid) => each_number(source, batch, rows, |i, number| {
                let least = &mut grid.cell(places.series[i], places.located.intervals[i]).0;
                *least = least.min(number.as_f64());
            })?,
            Cells::Greatest(grid) => each_number(source, batch, rows, |i, number| {
                let greatest = &mut grid.cell(places.series[i], places.located.intervals[i]).0;
                *greatest = greatest.max(number.as_f64());
            })?,
            Cells::Sum(grid) => each_number(source, batch, rows, |i, number| {
                let sum = grid.cell(places.series[i], places.located.intervals[i]);
                match number {
                    Number::Whole(number) => sum.add_whole(number, 1.0),
                    Number::Fraction(number) => sum.add_fraction(number),
                }
            })?,
            Cells::Log2(grid) => each_number(source, batch, rows, |i, number| {
                if let Some(bucket) = bucket(number) {
                    grid.cell(places.series[i], places.located.intervals[i]).add(bucket, 1.0);
                }
            })?,
        }
        self.choose_exemplars(argument, batch, places)
    }

    fn choose_exemplars(
        &mut self,
        argument: &Argument,
        batch: &RecordBatch,
        places: &Places<'_>,
    ) -> Result<(), MissingColumn> {
        let Some(exemplars) = &mut self.exemplars else { return Ok(()) };
        let ids = Ids::of_batch(batch)?;
        let needs_bucket = matches!(self.cells, Cells::Log2(_));
        each_number(&argument.source, batch, &places.located.rows, |i, number| {
            // Clients take an exemplar of zero for none.
            let value = number.as_f64();
            if value != 0.0 && (!needs_bucket || bucket(number).is_some()) {
                exemplars.offer(ids.chosen(places.located.rows[i], places.place(i), value));
            }
        })
    }

    pub fn size_bytes(&self) -> usize {
        let exemplars = self.exemplars.as_ref().map_or(0, Exemplars::size_bytes);
        self.groups.size_bytes() + self.cells.size_bytes() + exemplars
    }
}

/// Buckets are for whole numbers.
#[inline]
fn bucket(number: Number) -> Option<usize> {
    match number {
        Number::Whole(number) => bucket_of(number),
        Number::Fraction(_) => None,
    }
}

/// Where each row is counted.
struct Places<'a> {
    located: &'a Located,
    series: &'a [u32],
}

impl Places<'_> {
    fn each(&self, mut at: impl FnMut(u32, u32)) {
        self.series.iter().zip(&self.located.intervals).for_each(|(series, interval)| at(*series, *interval));
    }

    fn place(&self, i: usize) -> (u32, u32) {
        (self.series[i], self.located.intervals[i])
    }
}
