//! Calls of a service, by step.

use std::collections::{BTreeMap, HashMap};

use datafusion::execution::memory_pool::MemoryReservation;
use spanloom_store::ledger::{Exemplars, Histogram, Outcomes, Reason, Weight};
use spanloom_store::schema::edges::EdgeRow;

use super::Question;
use crate::error::QueryError;
use crate::ledger::{Between, Calls, NOTHING, Place, Places, View, Views, ViewsBy, edges, sources};
use crate::session::Session;

/// Calls of one step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Step {
    requests: Option<Weight>,
    /// Calls were seen that nobody counted.
    is_blind: bool,
    pub outcomes: Outcomes,
    pub latency: Histogram,
    pub exemplars: Exemplars,
}

impl Step {
    /// None only where calls were seen and nobody counted any.
    pub fn requests(&self) -> Option<Weight> {
        self.requests.or((!self.is_blind).then_some(Weight::ZERO))
    }
}

/// By step, from the first to the last; and the memory of what they are made of.
pub(super) struct Reached {
    pub steps: Vec<Step>,
    pub memory: MemoryReservation,
}

/// The views of calls by what they are between and by step.
type CallsByStep = Calls<(Between, i64)>;
/// Calls of one edge or door, by step.
type Steps<'c> = BTreeMap<i64, &'c Views>;

pub(super) async fn reached(
    session: &Session,
    question: &Question,
    id: &str,
    places: &mut Places<'_>,
) -> Result<Reached, QueryError> {
    let calls = by_step(session, question, id, places, |between, place| between.target == Some(place)).await?;
    let Calls { views, memory } = calls;
    Ok(Reached { steps: add_up(&views, question.step_count()), memory })
}

/// The edges of a service, whichever end it is, each by step: what `make` makes of one, which is all that is kept of it and takes
/// so many bytes; and the memory of that.
pub(super) async fn of_edges<T>(
    session: &Session,
    question: &Question,
    id: &str,
    places: &mut Places<'_>,
    make: impl Fn(&[Step]) -> T,
    bytes: usize,
) -> Result<(HashMap<Between, T>, MemoryReservation), QueryError> {
    let is_its = |between: &Between, place| {
        between.reason.is_none() && (between.source == Some(place) || between.target == Some(place))
    };
    let calls = by_step(session, question, id, places, is_its).await?;
    let memory = session.reserve("series");
    let mut steps = Vec::new();
    let mut series = HashMap::new();
    for (between, call) in by_call(&calls.views) {
        memory.try_grow(bytes)?;
        steps.clear();
        steps.resize(question.step_count(), Step::default());
        add_call(&mut steps, &call);
        series.insert(*between, make(&steps));
    }
    Ok((series, memory))
}

/// The calls that are wanted, of those that have to do with a node.
async fn by_step(
    session: &Session,
    question: &Question,
    id: &str,
    places: &mut Places<'_>,
    is_wanted: impl Fn(&Between, Place) -> bool,
) -> Result<CallsByStep, QueryError> {
    let mut calls: CallsByStep = Calls::new(session.reserve("signals"));
    let add = |row: &EdgeRow| {
        let between = Between::of(&row.key, places)?;
        if places.find(id).is_some_and(|place| is_wanted(&between, place)) {
            calls.add((between, (row.key.window_ns - question.range.start_ns).div_euclid(question.step_ns)), row)?;
        }
        Ok(())
    };
    edges(session, &sources(&session.view, question.range, Some(question.step_ns)), NOTHING, add).await?;
    Ok(calls)
}

fn by_call(views: &ViewsBy<(Between, i64)>) -> HashMap<&Between, Steps<'_>> {
    let mut by_call: HashMap<&Between, Steps<'_>> = HashMap::new();
    for ((between, step), views) in views {
        by_call.entry(between).or_default().insert(*step, views);
    }
    by_call
}

fn add_up(views: &ViewsBy<(Between, i64)>, count: usize) -> Vec<Step> {
    let mut by_call = by_call(views);
    let is_called = by_call.keys().any(|between| between.reason.is_none());
    // What begins with a proxy that is no router begins at a gateway, which nobody calls, or else with its app.
    by_call.retain(|between, _| between.reason != Some(Reason::RootOutbound) || !is_called);
    let mut steps = vec![Step::default(); count];
    for call in by_call.values() {
        add_call(&mut steps, call);
    }
    steps
}

/// Adds an edge by the views that count over the whole range.
fn add_call(steps: &mut [Step], call: &Steps<'_>) {
    let all = || call.values().flat_map(|views| views.iter());
    let counting: Option<View> = all().filter(|(_, values)| values.requests.is_some()).map(|(view, _)| view).min();
    let timing: Option<View> = all().filter(|(_, values)| !values.latency.is_empty()).map(|(view, _)| view).min();
    for (place, views) in call {
        let Some(step) = usize::try_from(*place).ok().and_then(|place| steps.get_mut(place)) else { continue };
        let of = |chosen: Option<View>| chosen.and_then(|chosen| views.get(chosen));
        match of(counting).and_then(|values| Some((values.requests?, values))) {
            Some((requests, values)) => {
                *step.requests.get_or_insert_default() += requests;
                step.outcomes.merge(values.outcomes);
            }
            None => step.is_blind |= counting.is_none(),
        }
        if let Some(values) = of(timing) {
            step.latency.merge(&values.latency);
            step.exemplars.merge(&values.exemplars);
        }
    }
}
