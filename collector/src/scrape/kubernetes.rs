//! Targets in a cluster of Kubernetes. Source: Prometheus' documentation of `kubernetes_sd_config`.
//!
//! ```text
//! list, then watch (each kind, each namespace) -> World -> groups whose objects changed -> Groups
//! ```
//!
//! The API is spoken to directly, and of its objects only that is kept which becomes labels: a client with the generated
//! types of all objects costs a minute and more to compile, and would hold every pod as a whole.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::sleep;

use self::access::Access;
use self::api::{Api, Scope};
use self::objects::{EndpointSlice, Endpoints, Namespace, Node, Pod, Service};
use self::reflect::{Reflector, State, reflect};
use self::world::World;
use super::config::discovery::{KubernetesSdConfig, Role};
use super::discovery::Groups;

/// Where the API is.
mod access;
/// Lists and watches.
mod api;
/// Roles `endpoints` and `endpointslice`.
mod endpoints;
/// The file of `kubectl`.
mod kubeconfig;
/// What several roles say.
mod labels;
/// Role `node`.
mod node;
/// What is read of objects.
mod objects;
/// Role `pod`.
mod pod;
/// Objects of one kind, kept up to date.
mod reflect;
/// Role `service`.
mod service;
/// What is known of the cluster.
mod world;

/// How long changes are gathered: a rollout changes many objects at once.
#[cfg(not(test))]
const GATHER: Duration = Duration::from_secs(1);
#[cfg(test)]
const GATHER: Duration = Duration::from_millis(5);
const RETRY_WAIT: Duration = Duration::from_secs(30);
/// The source of problems that no kind has.
const ACCESS: &str = "access";

pub(super) async fn run(config: KubernetesSdConfig, groups: Groups) {
    let access = loop {
        match Access::of(&config).await {
            Ok(access) => break access,
            Err(problem) => groups.failed(ACCESS, problem),
        }
        sleep(RETRY_WAIT).await;
    };
    groups.healed(ACCESS);
    let namespaces = namespaces(&config, &access);
    let world = World::new(config.role, config.attach_metadata.clone());
    let reflector = Arc::new(Reflector {
        api: Api::new(access),
        groups: groups.clone(),
        state: Mutex::new(State { world, lists_missing: 0 }),
        changed: Notify::new(),
    });
    let tasks = tasks(&config, &namespaces, &reflector);
    reflector.state.lock().lists_missing = tasks.len();
    tokio::join!(join_all(tasks), publish(&reflector, &groups));
}

/// The namespaces that are followed one by one; `None` is all of them at once.
fn namespaces(config: &KubernetesSdConfig, access: &Access) -> Vec<Option<String>> {
    let mut names = config.namespaces.names.clone();
    if config.namespaces.own_namespace {
        names.extend(access.namespace.clone());
    }
    names.sort();
    names.dedup();
    if names.is_empty() { vec![None] } else { names.into_iter().map(Some).collect() }
}

/// One for each kind that the role needs, in each namespace.
fn tasks(
    config: &KubernetesSdConfig,
    namespaces: &[Option<String>],
    reflector: &Arc<Reflector>,
) -> Vec<BoxFuture<'static, ()>> {
    let mut tasks = Vec::new();
    for namespace in namespaces {
        let scope = |role| scope(config, role, namespace.as_deref());
        let pods = || reflect::<Pod>(reflector.clone(), scope(Role::Pod)).boxed();
        let services = || reflect::<Service>(reflector.clone(), scope(Role::Service)).boxed();
        match config.role {
            Role::Pod => tasks.push(pods()),
            Role::Service => tasks.push(services()),
            Role::Endpoints => {
                let endpoints = reflect::<Endpoints>(reflector.clone(), scope(Role::Endpoints)).boxed();
                tasks.extend([endpoints, services(), pods()]);
            }
            Role::EndpointSlice => {
                let slices = reflect::<EndpointSlice>(reflector.clone(), scope(Role::EndpointSlice)).boxed();
                tasks.extend([slices, services(), pods()]);
            }
            Role::Node => {}
        }
    }
    if config.role == Role::Node || config.attach_metadata.node {
        tasks.push(reflect::<Node>(reflector.clone(), scope(config, Role::Node, None)).boxed());
    }
    if config.role != Role::Node && config.attach_metadata.namespace {
        tasks.push(reflect::<Namespace>(reflector.clone(), Scope::default()).boxed());
    }
    tasks
}

fn scope(config: &KubernetesSdConfig, role: Role, namespace: Option<&str>) -> Scope {
    let selector = config.selectors.iter().find(|selector| selector.role == role);
    Scope {
        namespace: namespace.map(str::to_owned),
        label_selector: selector.map(|selector| selector.label.clone()).unwrap_or_default(),
        field_selector: selector.map(|selector| selector.field.clone()).unwrap_or_default(),
    }
}

/// Says what has changed, once everything is known that the role needs: half of it would make targets without labels.
async fn publish(reflector: &Reflector, groups: &Groups) {
    loop {
        reflector.changed.notified().await;
        let changed = {
            let mut state = reflector.state.lock();
            if state.lists_missing > 0 {
                continue;
            }
            state.world.changed()
        };
        changed.into_iter().for_each(|(source, group)| groups.set(&source, group));
        sleep(GATHER).await;
    }
}

#[cfg(test)]
mod tests;
