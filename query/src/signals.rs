//! The golden signals of one service: latency, traffic, errors and saturation per step, and its operations.
//!
//! The same calls as in the graph, by the same rules ([`crate::graph`]), cut into steps. Which view of an edge counts is
//! chosen once for the whole range, so that a series does not jump between observers, and the steps add up to the graph's
//! numbers.

/// What an answer looks like.
mod answer;
/// Who calls a service, and whom it calls.
mod calls;
/// How full things are, by step.
mod full;
/// Latencies as a picture.
mod heatmap;
/// What the service did, by name.
mod operations;
/// The calls that reached it, by step.
mod series;
/// How long a step is.
mod step;

use spanloom_store::identity::Directory;

use crate::error::QueryError;
use crate::graph::unknown_node;
use crate::ledger::{Grouping, Places, WindowRange, directory, named_id, service_id};
use crate::promql::source::SeriesSource;
use crate::session::Session;

pub(crate) use answer::Signals;
pub(crate) use calls::{CallLists, calls};
pub(crate) use step::{STEP_MIN, STEPS_MAX, step_for};

use series::Reached;

const NS_PER_S: i64 = 1_000_000_000;

/// Whose signals, when.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Question {
    pub rev: String,
    pub namespace: Option<String>,
    pub name: Option<String>,
    /// Whole steps.
    pub range: WindowRange,
    pub step_ns: i64,
}

impl Question {
    fn step_count(&self) -> usize {
        usize::try_from(self.range.length_ns() / self.step_ns).unwrap_or_default()
    }

    fn step_s(&self) -> i64 {
        self.step_ns / NS_PER_S
    }

    /// Begin of each step, in seconds since the epoch.
    fn times(&self) -> Vec<i64> {
        let begin_s = self.range.start_ns / NS_PER_S;
        (0..).map(|step| begin_s + step * self.step_s()).take(self.step_count()).collect()
    }

    /// The node that is asked for.
    fn id(&self) -> String {
        named_id(self.namespace.as_deref(), self.name.as_deref())
    }
}

/// The signals of a service.
///
/// `metrics` tell how full things are, if there are any.
///
/// # Errors
/// `NotFound` when nothing in the range, nor any name said in it, is of that service.
pub(crate) async fn signals(
    session: &Session,
    metrics: Option<&dyn SeriesSource>,
    question: &Question,
) -> Result<Signals, QueryError> {
    let (directory, _names) = directory(session, question.range).await?;
    let id = question.id();
    let mut places = Places::new(&directory, Grouping::Service, session.reserve("nodes"));
    let reached = series::reached(session, question, &id, &mut places).await?;
    let operations = operations::operations(session, question, &id, &mut places).await?;
    if places.find(&id).is_none() && !is_named(&directory, &id) {
        return Err(unknown_node(&id, places.ids()));
    }
    let Reached { steps, memory: _memory } = reached;
    let mut signals = Signals::new(question, id, &steps, operations);
    if let Some(metrics) = metrics {
        signals.saturation = full::saturation_of(metrics, question).await?;
    }
    Ok(signals)
}

/// Whether a service without calls is known by name.
fn is_named(directory: &Directory, id: &str) -> bool {
    let mut known = directory.aliases().into_keys();
    known.any(|known| service_id(known.namespace.as_deref(), known.service.as_deref()) == id)
}
