//! Services in Consul's catalog. Sources: Prometheus' documentation of `consul_sd_config`; developer.hashicorp.com,
//! "Catalog", "Health" and "Blocking Queries".
//!
//! ```text
//! /v1/catalog/services -> names of services -> for each a watch of /v1/health/service/<name> -> a group
//! ```

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};

use self::api::{Api, Index};
use super::{Group, Groups, TARGETS_MAX};
use crate::scrape::config::discovery::{CONSUL_REFRESH_INTERVAL, ConsulSdConfig};

/// What is asked, and the answers' way.
mod api;
/// From an instance of a service to a target.
mod entry;

/// After something went wrong.
const RETRY_WAIT: Duration = Duration::from_secs(15);
/// The source of problems that no single service has.
const CATALOG: &str = "catalog";

pub(super) async fn run(config: ConsulSdConfig, groups: Groups) {
    let pause = config.refresh_interval.unwrap_or(CONSUL_REFRESH_INTERVAL).get();
    let api = match Api::new(&config) {
        Ok(api) => api,
        Err(problem) => return groups.failed(CATALOG, problem),
    };
    let datacenter = datacenter(&config, &api, &groups).await;
    let watch = Arc::new(Watch { api, config, datacenter, groups, pause });
    // Names that are listed need not be looked for, but for the tags that only the catalog has.
    if watch.config.services.is_empty() || !watch.config.tags.is_empty() {
        watch.catalog().await;
    } else {
        futures::future::join_all(watch.config.services.iter().map(|name| watch.clone().service(name.clone()))).await;
    }
}

/// The datacenter of the configuration, or the agent's.
async fn datacenter(config: &ConsulSdConfig, api: &Api, groups: &Groups) -> String {
    if !config.datacenter.is_empty() {
        return config.datacenter.clone();
    }
    loop {
        match api.datacenter().await {
            Ok(name) => {
                groups.healed(CATALOG);
                return name;
            }
            Err(problem) => groups.failed(CATALOG, problem),
        }
        sleep(RETRY_WAIT).await;
    }
}

/// What all watches share.
struct Watch {
    api: Api,
    config: ConsulSdConfig,
    datacenter: String,
    groups: Groups,
    /// The least time between two questions of one watch.
    pause: Duration,
}

impl Watch {
    /// Watches which services there are, and each of them.
    async fn catalog(self: Arc<Self>) {
        let mut tasks = JoinSet::new();
        let mut watched: HashMap<String, AbortHandle> = HashMap::new();
        let mut index = Index::default();
        loop {
            let next = Instant::now() + self.pause;
            match self.api.services(&mut index).await {
                Ok(Some(services)) => {
                    self.groups.healed(CATALOG);
                    self.follow(services, &mut watched, &mut tasks);
                }
                Ok(None) => {}
                Err(problem) => self.failed(CATALOG, problem, &mut index).await,
            }
            while tasks.try_join_next().is_some() {}
            sleep_until(next).await;
        }
    }

    /// Watches services that are new and lets go of those that are gone.
    fn follow(
        self: &Arc<Self>,
        services: BTreeMap<String, Vec<String>>,
        watched: &mut HashMap<String, AbortHandle>,
        tasks: &mut JoinSet<()>,
    ) {
        let wanted = |name: &String, tags: &Vec<String>| {
            let is_named = self.config.services.is_empty() || self.config.services.contains(name);
            is_named && self.config.tags.iter().all(|tag| tags.contains(tag))
        };
        let services: Vec<String> = services
            .into_iter()
            .filter(|(name, tags)| wanted(name, tags))
            .map(|(name, _)| name)
            .take(TARGETS_MAX)
            .collect();
        watched.retain(|name, task| {
            let stays = services.binary_search(name).is_ok();
            if !stays {
                task.abort();
            }
            stays
        });
        self.groups
            .retain(|source| source == CATALOG || services.binary_search_by(|name| (**name).cmp(source)).is_ok());
        for name in services {
            if !watched.contains_key(&name) {
                watched.insert(name.clone(), tasks.spawn(self.clone().service(name)));
            }
        }
    }

    /// Watches the instances of a service.
    async fn service(self: Arc<Self>, name: String) {
        let mut index = Index::default();
        loop {
            let next = Instant::now() + self.pause;
            match self.api.instances(&name, &mut index).await {
                Ok(Some(entries)) => {
                    let separator = self.config.tag_separator.as_deref();
                    let targets = entries.iter().map(|entry| entry.target(separator)).collect();
                    let labels = [(entry::SERVICE, name.as_str()), (entry::DATACENTER, self.datacenter.as_str())];
                    let labels = labels.into_iter().collect();
                    self.groups.set(&name, Some(Group { source: name.clone(), targets, labels }));
                }
                Ok(None) => {}
                Err(problem) => self.failed(&name, problem, &mut index).await,
            }
            sleep_until(next).await;
        }
    }

    /// Notes what went wrong and waits. What was found stays.
    async fn failed(&self, source: &str, problem: String, index: &mut Index) {
        self.groups.failed(source, problem);
        *index = Index::default();
        sleep(RETRY_WAIT.min(self.pause)).await;
    }
}

#[cfg(test)]
mod tests;
