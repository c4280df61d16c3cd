//! Meshes written down in a few lines.

use std::time::Duration;

use super::{Canary, Entry, Mesh, Operation, Role, Service, ServiceId, Takes, Tells, Trouble, Verb};

/// How long a caller's proxy waits when nobody says otherwise; Istio's own default is to wait without end.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The spread of what takes its time as most services do.
const SIGMA: f64 = 0.45;

/// An operation that can be called: one of a service that was added before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub service: ServiceId,
    pub operation: usize,
}

/// How an operation calls another.
#[derive(Debug, Clone)]
pub struct Call {
    pub target: Target,
    /// How often the call is made at all.
    pub chance: f64,
    /// The caller's proxy gives up after this; without a proxy the app does.
    pub timeout: Duration,
    /// How often the caller's proxy tries again.
    pub retries: u32,
    /// How often a try gets no connection.
    pub flaky: f64,
    /// Whether the caller can go on when the call fails.
    pub is_optional: bool,
}

/// A call as it mostly is.
pub fn call(target: Target) -> Call {
    Call { target, chance: 1.0, timeout: TIMEOUT, retries: 0, flaky: 0.0, is_optional: false }
}

impl Call {
    #[must_use]
    pub fn sometimes(self, chance: f64) -> Self {
        Self { chance, ..self }
    }

    #[must_use]
    pub fn within(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    #[must_use]
    pub fn tried_again(self, retries: u32) -> Self {
        Self { retries, ..self }
    }

    #[must_use]
    pub fn flaky(self, flaky: f64) -> Self {
        Self { flaky, ..self }
    }

    #[must_use]
    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }
}

pub fn ms(median_ms: f64) -> Takes {
    Takes { median_ms, sigma: SIGMA }
}

/// Adds services from the leaves to the gateway.
#[derive(Debug)]
pub struct Builder {
    mesh: Mesh,
}

impl Builder {
    pub fn new(host: &str, rate: f64, cycle: Duration) -> Self {
        let (services, entries, troubles, canaries) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { mesh: Mesh { services, entries, rate, host: host.to_owned(), cycle, troubles, canaries } }
    }

    fn add(&mut self, namespace: &str, name: &str, role: Role, tells: Tells) -> ServiceId {
        self.mesh.services.push(Service {
            name: name.to_owned(),
            namespace: namespace.to_owned(),
            role,
            tells,
            revisions: vec!["v1".to_owned()],
            pods: 1,
            operations: Vec::new(),
        });
        self.mesh.services.len() - 1
    }

    pub fn workload(&mut self, namespace: &str, name: &str, tells: Tells) -> ServiceId {
        self.add(namespace, name, Role::Workload, tells)
    }

    pub fn pods(&mut self, service: ServiceId, pods: u64) {
        self.mesh.services[service].pods = pods;
    }

    pub fn database(&mut self, system: &str, host: &str, database: &str) -> ServiceId {
        let role = Role::Database { system: system.to_owned(), database: database.to_owned() };
        self.add("", host, role, Tells::NOTHING)
    }

    pub fn is_database(&self, service: ServiceId) -> bool {
        matches!(self.mesh.services[service].role, Role::Database { .. })
    }

    pub fn external(&mut self, host: &str) -> ServiceId {
        self.add("", host, Role::External, Tells::NOTHING)
    }

    /// A queue whose messages these operations take.
    pub fn queue(&mut self, system: &str, destination: &str, consumers: &[Target]) -> Target {
        let service = self.add("", destination, Role::Queue { system: system.to_owned() }, Tells::NOTHING);
        self.operation(
            service,
            Verb::Message,
            ms(1.5),
            vec![consumers.iter().map(|consumer| call(*consumer)).collect()],
        )
    }

    /// What a service does with a message.
    pub fn consumer(&mut self, service: ServiceId, takes: Takes, steps: Vec<Vec<Call>>) -> Target {
        self.operation(service, Verb::Message, takes, steps)
    }

    fn operation(&mut self, service: ServiceId, verb: Verb, takes: Takes, steps: Vec<Vec<Call>>) -> Target {
        let earlier = steps.iter().flatten().all(|call| call.target.service < service);
        assert!(earlier, "a service calls only what was added before it");
        let is_seen = |call: &Call| self.mesh.services[call.target.service].is_seen_by_proxies();
        let tells = self.mesh.services[service].tells;
        let all_seen = tells.app || !tells.proxy || steps.iter().flatten().all(is_seen);
        assert!(all_seen, "whoever asks a database or a queue has to tell of it, a proxy cannot");
        let operations = &mut self.mesh.services[service].operations;
        operations.push(Operation { verb, takes, fails: 0.0, refuses: 0.0, steps });
        Target { service, operation: operations.len() - 1 }
    }

    pub fn query(
        &mut self,
        service: ServiceId,
        operation: &'static str,
        collection: &'static str,
        takes: Takes,
    ) -> Target {
        self.operation(service, Verb::Query { operation, collection }, takes, Vec::new())
    }

    /// `route` is a method and a path, `GET /cart/{user}`.
    pub fn http(&mut self, service: ServiceId, route: &str, takes: Takes, steps: Vec<Vec<Call>>) -> Target {
        let (method, route) = route.split_once(' ').unwrap_or(("GET", route));
        let verb = Verb::Http { method: method.to_owned(), route: route.to_owned() };
        self.operation(service, verb, takes, steps)
    }

    /// `name` is a service and a method, `shop.Currency/Convert`.
    pub fn grpc(&mut self, service: ServiceId, name: &str, takes: Takes, steps: Vec<Vec<Call>>) -> Target {
        let (package, method) = name.split_once('/').unwrap_or((name, "Call"));
        let verb = Verb::Grpc { service: package.to_owned(), method: method.to_owned() };
        self.operation(service, verb, takes, steps)
    }

    /// How often an operation fails, and how often it refuses.
    pub fn errs(&mut self, target: Target, fails: f64, refuses: f64) {
        let operation = &mut self.mesh.services[target.service].operations[target.operation];
        (operation.fails, operation.refuses) = (fails, refuses);
    }

    /// A second revision that takes over bit by bit.
    pub fn canary(&mut self, canary: Canary) {
        self.mesh.services[canary.service].revisions.push(canary.revision.clone());
        self.mesh.canaries.push(canary);
    }

    pub fn trouble(&mut self, trouble: Trouble) {
        self.mesh.troubles.push(trouble);
    }

    /// The gateway, and with it the mesh is complete. Each entry is a call by the gateway with its weight.
    pub fn behind(mut self, namespace: &str, name: &str, entries: Vec<(f64, Call)>) -> Mesh {
        let gateway = self.add(namespace, name, Role::Gateway, Tells::PROXY);
        self.pods(gateway, 2);
        for (weight, call) in entries {
            let verb = self.mesh.services[call.target.service].operations[call.target.operation].verb.clone();
            let takes = Takes { median_ms: 0.0, sigma: 0.0 };
            let operation = self.operation(gateway, verb, takes, vec![vec![call]]).operation;
            self.mesh.entries.push(Entry { operation, weight });
        }
        self.mesh
    }
}
