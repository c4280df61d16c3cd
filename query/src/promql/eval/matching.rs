//! Operators of two vectors. Samples meet only within a group of the same matching labels, so that groups are evaluated one
//! by one, each for all steps at once.
//!
//! The "one" side has at most one sample in a group and step; the "many" side may have more if that was asked for.

/// What a group yields.
mod made;
/// The two sides of a pair.
mod side;

use std::collections::HashMap;

use super::binary::{Operator, Outcome};
use super::row::{self, Points, Row};
use super::{Done, Evaluator, Sink, changes_metric};
use crate::promql::engine::QueryFailure;
use crate::promql::labels::{Labels, NAME};
use crate::promql::plan::{Binary, Grid};
use crate::promql::sample::{Sample, is_stale};
use crate::promql::tree::{BinaryOp, Cardinality, Matching};
use made::Made;
use side::{Filled, Side};

/// The labels by which samples meet.
pub(super) fn signature(labels: &Labels, matching: &Matching) -> Labels {
    let listed = |name: &str| matching.labels.iter().any(|label| label == name);
    if matching.on { labels.filter(listed) } else { labels.filter(|name| name != NAME && !listed(name)) }
}

/// Rows of both sides that have the same matching labels, by number.
#[derive(Default)]
struct Group {
    many: Vec<usize>,
    one: Vec<usize>,
}

/// Two vectors and the operator between them.
struct Match<'a> {
    binary: &'a Binary,
    many: Vec<Row>,
    one: Vec<Row>,
    /// The "many" side stands on the right.
    swapped: bool,
    grid: Grid,
}

impl Evaluator<'_> {
    pub(super) fn matched(&self, binary: &Binary, grid: Grid, sink: Sink<'_>) -> Done {
        let lhs = self.collect(&binary.lhs, grid)?;
        let rhs = self.collect(&binary.rhs, grid)?;
        let swapped = binary.matching.cardinality == Cardinality::OneToMany;
        let (many, one) = if swapped { (rhs, lhs) } else { (lhs, rhs) };
        let mut meeting = Match { binary, many, one, swapped, grid };
        let mut rows = Vec::new();
        // Pairs come last, for they use up their rows.
        let (pairs, groups): (Vec<_>, Vec<_>) = meeting.groups().into_iter().partition(|group| meeting.is_pair(group));
        for group in groups {
            self.check_stop()?;
            let made = meeting.group(self, &group)?;
            self.hold(made.iter().map(|(_, row)| row.points.weight()).sum())?;
            rows.extend(made);
        }
        for pair in pairs {
            self.check_stop()?;
            rows.push((pair.many[0], meeting.in_place(self, pair.many[0], pair.one[0])));
        }
        self.release(&meeting.many);
        self.release(&meeting.one);
        // As the left side is ordered, whatever the groups.
        rows.sort_by_key(|(order, _)| *order);
        let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
        self.release(&rows);
        let mut joined = row::joined(rows)?;
        joined.retain(|row| row.points.is_any_present());
        joined.into_iter().try_for_each(sink)
    }
}

impl Match<'_> {
    /// One row on each side, both of floats: nothing can be ambiguous.
    fn is_pair(&self, group: &Group) -> bool {
        let ([many], [one]) = (group.many.as_slice(), group.one.as_slice()) else { return false };
        let fills = self.fill_of_one().is_some() || self.fill_of_many().is_some();
        let plain = !self.many[*many].points.has_histograms() && !self.one[*one].points.has_histograms();
        plain && !fills && !matches!(self.binary.op, BinaryOp::TrimLower | BinaryOp::TrimUpper)
    }

    /// The result of a pair, in the place of the row on the "many" side. Neither row is held any longer but as the result.
    fn in_place(&mut self, evaluator: &Evaluator<'_>, many: usize, one: usize) -> Row {
        let labels = self.labels(&self.many[many].labels, &self.one[one].labels);
        let drop_name = self.binary.return_bool || self.many[many].drop_name;
        let mut points = self.many[many].points.take();
        let others = self.one[one].points.take();
        let mut annotations = evaluator.annotations.borrow_mut();
        let operator = Operator { op: self.binary.op, span: self.binary.span, annotations: &mut annotations };
        points.map_floats(|step, many| {
            let one = others.float(step);
            if is_stale(one) {
                return one;
            }
            let (lhs, rhs) = if self.swapped { (one, many) } else { (many, one) };
            operator.filtered(lhs, rhs, self.binary.return_bool)
        });
        evaluator.release_samples(self.grid.count);
        Row { labels, drop_name, points }
    }

    fn groups(&self) -> Vec<Group> {
        let matching = &self.binary.matching;
        let mut places: HashMap<Labels, usize> = HashMap::new();
        let mut groups: Vec<Group> = Vec::new();
        let mut place = |labels: &Labels, groups: &mut Vec<Group>| {
            *places.entry(signature(labels, matching)).or_insert_with(|| {
                groups.push(Group::default());
                groups.len() - 1
            })
        };
        for (at, row) in self.many.iter().enumerate() {
            let place = place(&row.labels, &mut groups);
            groups[place].many.push(at);
        }
        for (at, row) in self.one.iter().enumerate() {
            let place = place(&row.labels, &mut groups);
            groups[place].one.push(at);
        }
        groups
    }

    /// The rows of a group, each with the number of the row on the "many" side that it stems from.
    fn group(&self, evaluator: &Evaluator<'_>, group: &Group) -> Result<Vec<(usize, Row)>, QueryFailure> {
        self.check_one_side(group)?;
        let mut made = Made { rows: Vec::new(), met: HashMap::new(), several: group.many.len() > 1 };
        for many in &group.many {
            evaluator.check_stop()?;
            for one in &group.one {
                self.pair(evaluator, Side::Row(*many), Side::Row(*one), *many, &mut made)?;
            }
            if let Some(fill) = self.fill_of_one() {
                let lone = self.without_partner(&self.many[*many], group.one.iter().map(|one| &self.one[*one]));
                let labels = signature(&self.many[*many].labels, &self.binary.matching);
                let filled = Filled { labels, value: fill, steps: lone };
                self.pair(evaluator, Side::Row(*many), Side::Filled(&filled), *many, &mut made)?;
            }
        }
        if let Some(fill) = self.fill_of_many() {
            for one in &group.one {
                let lone = self.without_partner(&self.one[*one], group.many.iter().map(|many| &self.many[*many]));
                let labels = signature(&self.one[*one].labels, &self.binary.matching);
                let filled = Filled { labels, value: fill, steps: lone };
                let order = self.many.len() + one;
                self.pair(evaluator, Side::Filled(&filled), Side::Row(*one), order, &mut made)?;
            }
        }
        Ok(made.rows)
    }

    /// With `group_right` too it is `fill_right` that stands for the "one" side: so does Prometheus.
    fn fill_of_one(&self) -> Option<f64> {
        self.binary.matching.fill_right
    }

    fn fill_of_many(&self) -> Option<f64> {
        self.binary.matching.fill_left
    }

    /// The steps at which a row has a value and none of the others has.
    fn without_partner<'r>(&self, row: &Row, others: impl Iterator<Item = &'r Row>) -> Vec<bool> {
        let mut lone: Vec<bool> = (0..self.grid.count).map(|step| row.points.is_present(step)).collect();
        for other in others {
            for (step, lone) in lone.iter_mut().enumerate() {
                *lone &= !other.points.is_present(step);
            }
        }
        lone
    }

    /// # Errors
    /// When the "one" side has two samples at a step at which both sides have any.
    fn check_one_side(&self, group: &Group) -> Done {
        if group.one.len() < 2 {
            return Ok(());
        }
        let fills = self.fill_of_one().is_some() || self.fill_of_many().is_some();
        for step in 0..self.grid.count {
            let mut present = group.one.iter().map(|one| &self.one[*one]).filter(|row| row.points.is_present(step));
            let (Some(first), Some(second)) = (present.next(), present.next()) else { continue };
            if fills || self.many.iter().any(|row| row.points.is_present(step)) {
                return Err(self.not_unique(first, second));
            }
        }
        Ok(())
    }

    fn not_unique(&self, first: &Row, second: &Row) -> QueryFailure {
        let side = if self.swapped { "left" } else { "right" };
        QueryFailure::Execution(format!(
            "found duplicate series for the match group {} on the {side} hand-side of the operation: [{}, {}];many-to-many matching not allowed: matching labels must be unique on one side",
            signature(&first.labels, &self.binary.matching),
            first.labels,
            second.labels,
        ))
    }

    /// What the operator makes of two rows, at the steps at which both have a value.
    fn pair(&self, evaluator: &Evaluator<'_>, many: Side<'_>, one: Side<'_>, order: usize, made: &mut Made) -> Done {
        let labels = self.labels(many.labels(&self.many), one.labels(&self.one));
        let mut annotations = evaluator.annotations.borrow_mut();
        let mut operator = Operator { op: self.binary.op, span: self.binary.span, annotations: &mut annotations };
        let mut points = Points::none(self.grid.count);
        let mut met = vec![false; if made.several { self.grid.count } else { 0 }];
        let (many_points, one_points) = (many.points(&self.many), one.points(&self.one));
        let floats = many_points.zip(one_points).filter(|_| operator.knows_floats());
        if let Some((many, one)) = floats.filter(|(many, one)| !many.has_histograms() && !one.has_histograms()) {
            self.pair_floats(&operator, many, one, &mut points, &mut met);
        } else {
            for step in 0..self.grid.count {
                let (Some(many), Some(one)) = (many.sample(&self.many, step), one.sample(&self.one, step)) else {
                    continue;
                };
                let is_met = self.pair_samples(&mut operator, many, one, step, &mut points);
                if let Some(met) = met.get_mut(step) {
                    *met = is_met;
                }
            }
        }
        made.check(&labels, met, self.binary.matching.cardinality)?;
        if points.is_any_present() {
            let drop_name = self.binary.return_bool || many.drop_name(&self.many);
            made.rows.push((order, Row { labels, drop_name, points }));
        }
        Ok(())
    }

    fn pair_floats(&self, operator: &Operator<'_>, many: &Points, one: &Points, points: &mut Points, met: &mut [bool]) {
        for (step, (many, one)) in many.floats().iter().zip(one.floats()).enumerate() {
            if is_stale(*many) || is_stale(*one) {
                continue;
            }
            let (lhs, rhs) = if self.swapped { (*one, *many) } else { (*many, *one) };
            points.set_float(step, operator.filtered(lhs, rhs, self.binary.return_bool));
            if let Some(met) = met.get_mut(step) {
                *met = true;
            }
        }
    }

    /// Whether the samples fit the operator.
    fn pair_samples(
        &self,
        operator: &mut Operator<'_>,
        many: Sample,
        one: Sample,
        step: usize,
        points: &mut Points,
    ) -> bool {
        let (lhs, rhs) = if self.swapped { (one, many) } else { (many, one) };
        match operator.apply(&lhs, &rhs) {
            Outcome::Sample(sample) => points.set(step, sample),
            Outcome::Compared(holds) if self.binary.return_bool => points.set_float(step, f64::from(u8::from(holds))),
            Outcome::Compared(true) => points.set(step, lhs),
            Outcome::Compared(false) => {}
            Outcome::Nothing => return false,
        }
        true
    }

    /// The labels of a result.
    fn labels(&self, many: &Labels, one: &Labels) -> Labels {
        let matching = &self.binary.matching;
        let listed = |name: &str| matching.labels.iter().any(|label| label == name);
        let mut labels = if changes_metric(self.binary.op) { many.without_metadata() } else { many.clone() };
        if matching.cardinality == Cardinality::OneToOne {
            labels = labels.filter(|name| listed(name) == matching.on);
        }
        for name in &matching.include {
            labels = match one.find(name) {
                Some(label) => labels.with(label.name.clone(), label.value.clone()),
                None => labels.without(name),
            };
        }
        labels
    }
}
