//! The targets of one job, as discovery changes them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use futures::future::select_all;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::discovery::{Discoverer, Found, Group};
use super::failure::ScrapeFailure;
use super::relabel::LabelSet;
use super::target::{DiscoveryProblem, DroppedTarget, Resolved, Target, TargetId, Template};
use super::target_loop::{Order, Shared, TargetLoop};

/// How long changes are gathered after one was followed.
#[cfg(not(test))]
const GATHER: Duration = Duration::from_secs(1);
#[cfg(test)]
const GATHER: Duration = Duration::from_millis(5);
/// The most targets whose problems are shown.
const PROBLEMS_MAX: usize = 100;

/// What is shown of a pool.
#[derive(Debug, Default)]
pub(super) struct PoolView {
    pub active: Vec<Arc<Target>>,
    pub dropped: Vec<DroppedTarget>,
    pub dropped_count: usize,
    pub problems: Vec<DiscoveryProblem>,
}

/// A job that runs.
pub(super) struct Pool {
    pub template: Template,
    pub shared: Arc<Shared>,
    pub targets_max: usize,
    pub dropped_max: usize,
    pub view: Arc<Mutex<PoolView>>,
}

/// A target whose loop runs.
struct Running {
    target: Arc<Target>,
    orders: watch::Sender<Order>,
}

/// What a group came to.
struct Outcome {
    group: Arc<Group>,
    active: Vec<Arc<Target>>,
    dropped: Vec<LabelSet>,
    problems: Vec<String>,
}

/// Groups by discoverer and source.
type Outcomes = BTreeMap<(usize, String), Arc<Outcome>>;

impl Pool {
    /// Follows discovery and scrapes, until `stop` says so or its sender is gone. Then all ends on the spot.
    pub async fn run(self, discoverers: Vec<Discoverer>, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            () = self.follow(discoverers) => {}
            _ = stop.wait_for(|is_stopped| *is_stopped) => {}
        }
    }

    async fn follow(&self, discoverers: Vec<Discoverer>) {
        // Dropped with this future, and with it all tasks.
        let mut tasks = JoinSet::new();
        let mut sources = Vec::new();
        for discoverer in discoverers {
            tasks.spawn(discoverer.run);
            sources.push((discoverer.kind, discoverer.found));
        }
        let mut outcomes = Outcomes::new();
        let mut running = HashMap::new();
        let mut failures = 0;
        loop {
            let gather_until = Instant::now() + GATHER;
            let found: Vec<(&str, Found)> =
                sources.iter_mut().map(|(kind, found)| (*kind, found.borrow_and_update().clone())).collect();
            failures = self.count_failures(&found, failures);
            outcomes = self.resolve(&found, outcomes);
            self.sync(&outcomes, &mut running, &mut tasks);
            self.show(&found, &outcomes, &running);
            let changed = select_all(sources.iter_mut().map(|(_, found)| Box::pin(wait(found))));
            tokio::select! {
                _ = changed => {}
                // A loop that has ended may be wanted again. The task of the listed targets never ends.
                _ = tasks.join_next() => {}
            }
            sleep_until(gather_until).await;
        }
    }

    fn count_failures(&self, found: &[(&str, Found)], before: u64) -> u64 {
        let failures = found.iter().map(|(_, found)| found.failures).sum();
        self.shared.counters.discovery_failures.add(u64::saturating_sub(failures, before));
        failures
    }

    /// What all groups come to; those that are as they were are not looked at again.
    fn resolve(&self, found: &[(&str, Found)], before: Outcomes) -> Outcomes {
        let mut outcomes = Outcomes::new();
        for (at, (_, found)) in found.iter().enumerate() {
            for (source, group) in &found.groups {
                let key = (at, source.clone());
                let same = before.get(&key).filter(|outcome| Arc::ptr_eq(&outcome.group, group));
                let outcome = same.cloned().unwrap_or_else(|| Arc::new(self.outcome(group)));
                outcomes.insert(key, outcome);
            }
        }
        outcomes
    }

    fn outcome(&self, group: &Arc<Group>) -> Outcome {
        let mut outcome =
            Outcome { group: group.clone(), active: Vec::new(), dropped: Vec::new(), problems: Vec::new() };
        for target in &group.targets {
            match self.template.resolve(group, target) {
                Ok(Resolved::Active(target)) => outcome.active.push(target),
                Ok(Resolved::Dropped(labels)) => outcome.dropped.push(labels),
                Err(problem) => outcome.problems.push(problem),
            }
        }
        outcome
    }

    /// Starts loops of new targets and tells those of others what to do.
    fn sync(&self, outcomes: &Outcomes, running: &mut HashMap<TargetId, Running>, tasks: &mut JoinSet<()>) {
        running.retain(|_, run| !run.orders.is_closed());
        let mut wanted: HashMap<&TargetId, &Arc<Target>> = HashMap::new();
        for target in outcomes.values().flat_map(|outcome| &outcome.active) {
            wanted.entry(&target.id).or_insert(target);
        }
        let is_over = self.targets_max > 0 && wanted.len() > self.targets_max;
        let order = if is_over {
            Order::Fail(ScrapeFailure::TargetLimit { targets: wanted.len(), max: self.targets_max })
        } else {
            Order::Scrape
        };
        for (id, run) in running.iter() {
            let order = if wanted.contains_key(id) { &order } else { &Order::End };
            run.tell(order);
        }
        for (id, target) in wanted {
            match running.get(id) {
                Some(run) => run.target.discovered.lock().clone_from(&target.discovered.lock()),
                None => drop(running.insert(id.clone(), self.start(target, order.clone(), tasks))),
            }
        }
    }

    fn start(&self, target: &Arc<Target>, order: Order, tasks: &mut JoinSet<()>) -> Running {
        let (orders, receiver) = watch::channel(order);
        // The outcome of its group may hold a target whose labels another one's discovery replaces.
        let discovered = target.discovered.lock().clone();
        let target = Arc::new(Target::new(target.pool.clone(), target.id.clone(), discovered));
        tasks.spawn(TargetLoop::new(self.shared.clone(), target.clone(), receiver).run());
        Running { target, orders }
    }

    fn show(&self, found: &[(&str, Found)], outcomes: &Outcomes, running: &HashMap<TargetId, Running>) {
        let is_wanted = |run: &&Running| *run.orders.borrow() != Order::End;
        let mut active: Vec<_> = running.values().filter(is_wanted).map(|run| run.target.clone()).collect();
        active.sort_by(|a, b| (a.id.url.as_str(), &a.id.labels).cmp(&(b.id.url.as_str(), &b.id.labels)));
        let pool = &*self.template.pool;
        let dropped = outcomes.values().flat_map(|outcome| &outcome.dropped);
        *self.view.lock() = PoolView {
            active,
            dropped: dropped.clone().take(self.dropped_max).map(|labels| DroppedTarget::new(pool, labels)).collect(),
            dropped_count: dropped.count(),
            problems: self.problems(found, outcomes),
        };
    }

    fn problems(&self, found: &[(&str, Found)], outcomes: &Outcomes) -> Vec<DiscoveryProblem> {
        let of_sources = found.iter().flat_map(|(kind, found)| found.problems.values().map(|error| (*kind, error)));
        let of_targets = outcomes.iter().flat_map(|((at, _), outcome)| {
            let kind = found.get(*at).map_or("", |(kind, _)| *kind);
            outcome.problems.iter().map(move |error| (kind, error))
        });
        let shown = of_sources.chain(of_targets).take(PROBLEMS_MAX);
        let pool = &self.template.pool;
        shown
            .map(|(kind, error)| DiscoveryProblem {
                pool: pool.to_string(),
                source: kind.to_owned(),
                error: error.clone(),
            })
            .collect()
    }
}

impl Running {
    fn tell(&self, order: &Order) {
        self.orders.send_if_modified(|held| {
            let is_new = held != order;
            held.clone_from(order);
            is_new
        });
    }
}

/// Waits for news of a discoverer; one that has ended has none.
async fn wait(found: &mut watch::Receiver<Found>) {
    if found.changed().await.is_err() {
        std::future::pending().await
    }
}
