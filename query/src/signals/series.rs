//! The calls that reached a service, by step.

use std::collections::{BTreeMap, HashMap};

use datafusion::execution::memory_pool::MemoryReservation;
use spanloom_store::ledger::{Histogram, Outcomes, Reason, Weight};
use spanloom_store::schema::edges::EdgeRow;

use super::Question;
use crate::error::QueryError;
use crate::ledger::{Between, Calls, Places, View, Views, edges, sources};
use crate::session::Session;

/// What reached a service in one step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Step {
    requests: Option<Weight>,
    /// Calls were seen that nobody counted.
    is_blind: bool,
    pub outcomes: Outcomes,
    pub latency: Histogram,
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

/// Calls of one edge or door, by step.
type Steps<'c> = BTreeMap<i64, &'c Views>;

pub(super) async fn reached(
    session: &Session,
    question: &Question,
    id: &str,
    places: &mut Places<'_>,
) -> Result<Reached, QueryError> {
    let mut calls: Calls<(Between, i64)> = Calls::new(session.reserve("signals"));
    let add = |row: EdgeRow| {
        let between = Between::of(&row, places)?;
        if between.target.is_some() && between.target == places.find(id) {
            calls.add((between, (row.key.window_ns - question.range.start_ns).div_euclid(question.step_ns)), &row)?;
        }
        Ok(())
    };
    edges(session, &sources(&session.view, question.range, Some(question.step_ns)), add).await?;
    let Calls { views, memory } = calls;
    let count = usize::try_from(question.range.length_ns() / question.step_ns).unwrap_or_default();
    Ok(Reached { steps: add_up(&views, count), memory })
}

fn add_up(views: &HashMap<(Between, i64), Views>, count: usize) -> Vec<Step> {
    let mut by_call: HashMap<&Between, Steps<'_>> = HashMap::new();
    for ((between, step), views) in views {
        by_call.entry(between).or_default().insert(*step, views);
    }
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
        }
    }
}
