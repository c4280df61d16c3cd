//! `info`: series with the labels of what describes them, found by `instance` and `job`.

use std::collections::{BTreeSet, HashMap};

use super::row::{Points, Row};
use super::{Done, Evaluator, Sink, float_of};
use crate::promql::engine::QueryFailure;
use crate::promql::labels::{Labels, NAME};
use crate::promql::plan::{Call, Grid, Node};
use crate::promql::sample::Sample;
use crate::promql::source::{MatchOp, Matcher};

/// By these an info series is found.
const IDENTIFYING: &[&str] = &["instance", "job"];

/// The conditions on info series: on their names, and on the labels that are wanted of them.
struct Wanted<'a> {
    names: Vec<&'a Matcher>,
    data: Vec<&'a Matcher>,
}

impl Wanted<'_> {
    /// Whether a metric is meant by a condition that names info metrics, and excluded by none.
    fn is_info(&self, metric: &str) -> bool {
        let names = |matcher: &&Matcher| matches!(matcher.op, MatchOp::Equal | MatchOp::Regex);
        self.names.iter().any(names) && self.names.iter().all(|matcher| matcher.matches(metric))
    }
}

/// An info series: its values are the times of its samples, in milliseconds.
struct InfoRow {
    row: Row,
    metric: String,
}

impl Evaluator<'_> {
    pub(super) fn info(&self, call: &Call, grid: Grid, sink: Sink<'_>) -> Done {
        let Some(Node::Select(select)) = call.args.get(1).map(Node::without_once) else {
            return Err(QueryFailure::Execution("info needs a selector of info series".to_owned()));
        };
        let (names, data) = select.matchers.iter().partition(|matcher| &*matcher.name == NAME);
        let wanted = Wanted { names, data };
        let described = self.described(select, grid)?;
        let base = self.collect(&call.args[0], grid)?;
        self.release(&base);
        let mut made = Vec::new();
        for row in base {
            self.check_stop()?;
            if wanted.is_info(row.labels.metric()) {
                made.push(row);
                continue;
            }
            let infos = described.get(&identity(&row.labels)).map_or(&[][..], Vec::as_slice);
            enrich(&row, infos, &wanted, &mut made)?;
        }
        self.release_samples(described.values().map(Vec::len).sum::<usize>() * grid.count);
        super::row::joined(made)?.into_iter().try_for_each(sink)
    }

    /// Info series by what they describe.
    fn described(
        &self,
        select: &crate::promql::plan::Select,
        grid: Grid,
    ) -> Result<HashMap<Labels, Vec<InfoRow>>, QueryFailure> {
        let mut described: HashMap<Labels, Vec<InfoRow>> = HashMap::new();
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of any date are exact")]
        let make = |at_ms: i64, _, sample| match sample {
            Sample::Float(_) => Sample::Float(at_ms as f64),
            histogram @ Sample::Histogram(_) => histogram,
        };
        self.select_with(select, grid, make, &mut |row| {
            if row.points.has_histograms() {
                let labels = &row.labels;
                let message = format!("this should be an info metric, with float samples: {labels}");
                return Err(QueryFailure::Execution(message));
            }
            self.hold(grid.count)?;
            let metric = row.labels.metric().to_owned();
            described.entry(identity(&row.labels)).or_default().push(InfoRow { row, metric });
            Ok(())
        })?;
        Ok(described)
    }
}

fn identity(labels: &Labels) -> Labels {
    labels.filter(|name| IDENTIFYING.contains(&name))
}

/// The row under the labels that it has at each step.
fn enrich(row: &Row, infos: &[InfoRow], wanted: &Wanted<'_>, made: &mut Vec<Row>) -> Done {
    let metrics: BTreeSet<&str> = infos.iter().map(|info| info.metric.as_str()).collect();
    let needs_data = wanted.data.iter().any(|matcher| !matcher.matches(""));
    let mut by_labels: Vec<(Vec<usize>, Row)> = Vec::new();
    for step in 0..row.points.len() {
        let Some(sample) = row.points.sample(step) else { continue };
        let mut current = Vec::new();
        for metric in &metrics {
            current.extend(latest(infos, metric, step)?);
        }
        if current.is_empty() && needs_data {
            continue;
        }
        let place = match by_labels.iter().position(|(held, _)| *held == current) {
            Some(place) => place,
            None => {
                let labels = with_data(&row.labels, current.iter().map(|at| &infos[*at].row.labels), wanted)?;
                let points = Points::none(row.points.len());
                by_labels.push((current, Row { labels, drop_name: row.drop_name, points }));
                by_labels.len() - 1
            }
        };
        by_labels[place].1.points.set(step, sample);
    }
    made.extend(by_labels.into_iter().map(|(_, row)| row));
    Ok(())
}

/// The series of an info metric with the latest sample.
fn latest(infos: &[InfoRow], metric: &str, step: usize) -> Result<Option<usize>, QueryFailure> {
    let mut latest: Option<(usize, f64)> = None;
    for (at, info) in infos.iter().enumerate().filter(|(_, info)| info.metric == metric) {
        let Some(time) = info.row.points.sample(step).as_ref().and_then(float_of) else { continue };
        match latest {
            Some((held, held_time)) if held_time == time => {
                let (held, new) = (&infos[held].row.labels, &info.row.labels);
                let message =
                    format!("found duplicate series for info metric: existing {held} @ {time}, new {new} @ {time}");
                return Err(QueryFailure::Execution(message));
            }
            Some((_, held_time)) if held_time > time => {}
            _ => latest = Some((at, time)),
        }
    }
    Ok(latest.map(|(at, _)| at))
}

/// Labels with the data labels of info series. What a series has already it keeps.
fn with_data<'l>(
    labels: &Labels,
    infos: impl Iterator<Item = &'l Labels>,
    wanted: &Wanted<'_>,
) -> Result<Labels, QueryFailure> {
    let is_wanted = |name: &str| wanted.data.is_empty() || wanted.data.iter().any(|matcher| &*matcher.name == name);
    let mut data: Vec<(std::sync::Arc<str>, std::sync::Arc<str>)> = Vec::new();
    for label in infos.flat_map(Labels::iter).filter(|label| &*label.name != NAME && is_wanted(&label.name)) {
        match data.iter().find(|(name, _)| *name == label.name) {
            Some((_, value)) if *value != label.value => {
                return Err(QueryFailure::Execution(format!("conflicting label: {}", label.name)));
            }
            Some(_) => {}
            None if labels.find(&label.name).is_some() => {}
            None => data.push((label.name.clone(), label.value.clone())),
        }
    }
    let own = labels.iter().map(|label| (label.name.clone(), label.value.clone()));
    Ok(Labels::new(own.chain(data)))
}
