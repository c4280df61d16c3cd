//! Finding targets.
//!
//! ```text
//! Discoverer (a task) -> Groups -> watch -> the pool of the job
//! ```
//!
//! A discoverer keeps a map of groups by source up to date; a source that cannot be read keeps the groups it had, and says
//! what is wrong. Whoever watches sees the newest map, not each step.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::watch;

use super::config::JobConfig;
use super::relabel::LabelSet;

/// Services in Consul.
mod consul;
/// Records of DNS.
mod dns;
/// Files of targets.
mod file;
/// Lists that a server answers.
mod http;
/// Targets as files and servers list them.
mod listing;

/// The most groups and targets that one way to find them may yield.
pub const TARGETS_MAX: usize = 100_000;

/// Targets that came from one place, such as a pod or a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Group {
    /// Tells the group from others of the same discoverer.
    pub source: String,
    /// Each with its `__address__`.
    pub targets: Vec<LabelSet>,
    /// Of all of them.
    pub labels: LabelSet,
}

/// What one discoverer has found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub groups: BTreeMap<String, Arc<Group>>,
    /// What is wrong at the moment, by source.
    pub problems: BTreeMap<String, String>,
    /// How often something was wrong.
    pub failures: u64,
}

/// Where a discoverer puts what it finds.
#[derive(Debug, Clone)]
pub struct Groups(watch::Sender<Found>);

impl Groups {
    pub fn new() -> (Self, watch::Receiver<Found>) {
        let (sender, receiver) = watch::channel(Found::default());
        (Self(sender), receiver)
    }

    /// Everything that there is, which ends all problems. Nobody is woken when it is what there was.
    pub fn replace(&self, groups: Vec<Group>) {
        self.0.send_if_modified(|found| {
            let total: usize = groups.iter().map(|group| group.targets.len()).sum();
            if total > TARGETS_MAX || groups.len() > TARGETS_MAX {
                return found.fail("", format!("{total} targets were found, the most is {TARGETS_MAX}"));
            }
            let kept = |group: Group, held: &Found| match held.groups.get(&group.source) {
                Some(same) if **same == group => (group.source, same.clone()),
                _ => (group.source.clone(), Arc::new(group)),
            };
            let groups: BTreeMap<_, _> = groups.into_iter().map(|group| kept(group, found)).collect();
            let is_same = groups == found.groups && found.problems.is_empty();
            found.groups = groups;
            found.problems.clear();
            !is_same
        });
    }

    /// What there is of one source; nothing takes it away.
    pub fn set(&self, source: &str, group: Option<Group>) {
        self.0.send_if_modified(|found| {
            let had_problem = found.problems.remove(source).is_some();
            let Some(group) = group else { return found.groups.remove(source).is_some() || had_problem };
            if found.groups.get(source).is_some_and(|held| **held == group) {
                return had_problem;
            }
            if found.groups.len() >= TARGETS_MAX && !found.groups.contains_key(source) {
                return found.fail(source, format!("more than {TARGETS_MAX} groups were found"));
            }
            found.groups.insert(source.to_owned(), Arc::new(group));
            true
        });
    }

    /// Takes away the groups whose sources `keep` refuses.
    pub fn retain(&self, keep: impl Fn(&str) -> bool) {
        self.0.send_if_modified(|found| {
            let count = found.groups.len() + found.problems.len();
            found.groups.retain(|source, _| keep(source));
            found.problems.retain(|source, _| keep(source));
            count != found.groups.len() + found.problems.len()
        });
    }

    /// Something is wrong with a source, whose groups stay.
    pub fn failed(&self, source: &str, problem: impl Into<String>) {
        let problem = problem.into();
        self.0.send_if_modified(|found| found.fail(source, problem));
    }

    /// Nothing is wrong with a source any more.
    pub fn healed(&self, source: &str) {
        self.0.send_if_modified(|found| found.problems.remove(source).is_some());
    }
}

impl Found {
    fn fail(&mut self, source: &str, problem: String) -> bool {
        self.failures += 1;
        self.problems.insert(source.to_owned(), problem);
        true
    }
}

/// A way to find targets: a task that runs until it is dropped.
pub struct Discoverer {
    /// The key under which it is configured.
    pub kind: &'static str,
    pub run: BoxFuture<'static, ()>,
    pub found: watch::Receiver<Found>,
}

impl Discoverer {
    fn new<F: Future<Output = ()> + Send + 'static>(kind: &'static str, run: impl FnOnce(Groups) -> F) -> Self {
        let (groups, found) = Groups::new();
        Self { kind, run: Box::pin(run(groups)), found }
    }

    /// All of a job.
    pub fn of_job(job: &JobConfig) -> Vec<Self> {
        let job = job.clone();
        let mut all = vec![Self::of_listed(&job)];
        for config in job.file_sd_configs {
            all.push(Self::new("file_sd_configs", |groups| file::run(config, groups)));
        }
        for config in job.http_sd_configs {
            all.push(Self::new("http_sd_configs", |groups| http::run(config, groups)));
        }
        for config in job.dns_sd_configs {
            all.push(Self::new("dns_sd_configs", |groups| dns::run(config, groups)));
        }
        for config in job.consul_sd_configs {
            all.push(Self::new("consul_sd_configs", |groups| consul::run(config, groups)));
        }
        for config in job.kubernetes_sd_configs {
            all.push(Self::new("kubernetes_sd_configs", |groups| super::kubernetes::run(config, groups)));
        }
        all
    }

    /// The targets that the configuration lists itself.
    fn of_listed(job: &JobConfig) -> Self {
        let (groups, found) = Groups::new();
        let listed = job.static_configs.iter().enumerate();
        let listed = listed.map(|(at, config)| {
            let labels = config.labels.iter().map(|(name, value)| (name, value.as_str())).collect();
            Group { source: at.to_string(), targets: listing::addresses(&config.targets), labels }
        });
        groups.replace(listed.collect());
        let run = async move {
            let _groups = groups;
            std::future::pending().await
        };
        Self { kind: "static_configs", run: Box::pin(run), found }
    }
}

/// A text as the end of a label's name: what no name may have becomes `_`.
pub(super) fn label_name(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests;
