//! Keeps the objects of one kind as the cluster has them: listed once, then changed as a watch says.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use super::api::{Api, ApiFailed, Event, Scope};
use super::world::{Held, World};
use crate::scrape::discovery::{Groups, TARGETS_MAX};

/// Waits after failures, which double.
#[cfg(not(test))]
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
#[cfg(test)]
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(50));

/// What all kinds share.
pub(super) struct Reflector {
    pub api: Api,
    pub groups: Groups,
    pub state: Mutex<State>,
    /// The world has changed.
    pub changed: Notify,
}

/// The world, and how many lists it still lacks.
pub(super) struct State {
    pub world: World,
    pub lists_missing: usize,
}

/// Follows one kind in one scope, for ever. What goes wrong is shown, and what was known stays.
pub(super) async fn reflect<T: Held>(reflector: Arc<Reflector>, scope: Scope) {
    let source = format!("{} of {}", T::PLURAL, scope.namespace.as_deref().unwrap_or("all namespaces"));
    let mut follower = Follower { reflector, scope, source, version: None, has_listed: false };
    let mut wait = BACK_OFF.0;
    loop {
        // Also after a watch that has ended well: a server that ends all at once should not be asked without a pause.
        let next = Instant::now() + wait;
        match follower.step::<T>().await {
            Ok(()) => wait = BACK_OFF.0,
            Err(ApiFailed::Gone) => follower.version = None,
            Err(ApiFailed::Failed(problem)) => {
                let problem = format!("failed to follow {}: {problem}", follower.source);
                follower.reflector.groups.failed(&follower.source, problem);
                sleep(wait).await;
                wait = (wait * 2).min(BACK_OFF.1);
            }
        }
        sleep_until(next).await;
    }
}

/// How far one kind in one scope has been followed.
struct Follower {
    reflector: Arc<Reflector>,
    scope: Scope,
    source: String,
    /// That of the last change; `None` when all must be listed.
    version: Option<String>,
    has_listed: bool,
}

impl Follower {
    /// Lists when no version is known, and follows changes from there until the watch ends.
    async fn step<T: Held>(&mut self) -> Result<(), ApiFailed> {
        let known = match &self.version {
            Some(known) => known.clone(),
            None => self.list::<T>().await?,
        };
        let mut watch = self.reflector.api.watch::<T>(&self.scope, &known).await?;
        self.reflector.groups.healed(&self.source);
        loop {
            let event = watch.next::<T>().await;
            // After a failure too: what was said before it need not be said again.
            self.version = Some(watch.version.clone());
            let Some(event) = event? else { return Ok(()) };
            self.apply(event);
        }
    }

    fn apply<T: Held>(&self, event: Event<T>) {
        let mut state = self.reflector.state.lock();
        match event {
            Event::Put(object) => state.world.put(object),
            Event::Removed(object) => state.world.remove(&object),
            Event::Bookmark => return,
        }
        self.reflector.changed.notify_one();
    }

    /// Lists all, and returns the version that this was.
    async fn list<T: Held>(&mut self) -> Result<String, ApiFailed> {
        let listed = self.reflector.api.list::<T>(&self.scope, TARGETS_MAX).await?;
        let namespace = self.scope.namespace.as_deref().filter(|_| T::IS_NAMESPACED);
        let mut state = self.reflector.state.lock();
        state.world.replace(namespace, listed.objects);
        if !self.has_listed {
            state.lists_missing -= 1;
        }
        drop(state);
        self.has_listed = true;
        self.version = Some(listed.version.clone());
        self.reflector.changed.notify_one();
        Ok(listed.version)
    }
}
