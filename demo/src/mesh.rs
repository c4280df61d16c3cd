//! A mesh: services, what each does when it is asked, and what goes wrong when.
//!
//! Services are added from the leaves to the gateway, and a service can only call what was added before it. So no request
//! ever goes round in a circle, and every request ends.

mod builder;
mod generated;
mod shop;
mod trouble;

use std::time::Duration;

pub use builder::{Builder, Call, call};
pub use trouble::{Canary, Effect, Trouble};

/// A number of a service in [`Mesh::services`].
pub type ServiceId = usize;

/// A mesh of services behind one gateway.
#[derive(Debug, Clone)]
pub struct Mesh {
    /// From the leaves to the gateway, which is the last one.
    pub services: Vec<Service>,
    /// What the world asks the gateway for.
    pub entries: Vec<Entry>,
    /// Requests per second that come in at the gateway, on average over a wave.
    pub rate: f64,
    /// The host that the world asks.
    pub host: String,
    /// After so long everything that goes wrong begins anew.
    pub cycle: Duration,
    pub troubles: Vec<Trouble>,
    pub canaries: Vec<Canary>,
}

/// One kind of request from outside.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Of the gateway.
    pub operation: usize,
    /// How many of the requests it is, compared with the other entries.
    pub weight: f64,
}

#[derive(Debug, Clone)]
pub struct Service {
    /// Of a service of the mesh its short name; of others the host, or the name of the queue.
    pub name: String,
    /// Empty for what is no service of the mesh.
    pub namespace: String,
    pub role: Role,
    pub tells: Tells,
    /// Revisions that run; the first one is the main one.
    pub revisions: Vec<String>,
    /// Pods of each revision.
    pub pods: u64,
    pub operations: Vec<Operation>,
}

/// What a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Lets the world in; a proxy without an app.
    Gateway,
    Workload,
    /// Known from those who ask it; the system and the name of the database.
    Database {
        system: String,
        database: String,
    },
    /// Known from those who send to it and take from it; the system.
    Queue {
        system: String,
    },
    /// A host outside, reached through the sidecar, which adds TLS.
    External,
}

/// Who makes spans of what a service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tells {
    pub app: bool,
    pub proxy: bool,
}

impl Tells {
    pub const BOTH: Self = Self { app: true, proxy: true };
    pub const APP: Self = Self { app: true, proxy: false };
    pub const PROXY: Self = Self { app: false, proxy: true };
    pub const NOTHING: Self = Self { app: false, proxy: false };
}

/// What a service can be asked for.
#[derive(Debug, Clone)]
pub struct Operation {
    pub verb: Verb,
    /// Its own work, without that of those it calls.
    pub takes: Takes,
    /// How often it fails by itself.
    pub fails: f64,
    /// How often it refuses: 404, or gRPC's NOT_FOUND.
    pub refuses: f64,
    /// Calls of one step are made at the same time, steps one after the other. A queue's step are its consumers.
    pub steps: Vec<Vec<Call>>,
}

/// How an operation is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    Http {
        method: String,
        route: String,
    },
    Grpc {
        service: String,
        method: String,
    },
    Query {
        operation: &'static str,
        collection: &'static str,
    },
    /// Sent to a queue, or taken from one.
    Message,
}

/// A log-normal duration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Takes {
    pub median_ms: f64,
    pub sigma: f64,
}

impl Mesh {
    /// About 20 services in four namespaces: an online shop.
    pub fn shop() -> Self {
        shop::shop()
    }

    /// Any number of services, in layers behind one gateway. The same seed and number make the same mesh.
    pub fn generated(seed: u64, services: usize) -> Self {
        generated::generated(seed, services)
    }

    pub fn gateway(&self) -> ServiceId {
        self.services.len() - 1
    }
}

impl Service {
    /// `cart.shop` for a service of the mesh; else as a graph names what it infers.
    pub fn id(&self) -> String {
        match &self.role {
            Role::Gateway | Role::Workload => format!("{}.{}", self.name, self.namespace),
            Role::Database { system, .. } => format!("database:{system}/{}", self.name),
            Role::Queue { system } => format!("queue:{system}/{}", self.name),
            Role::External => format!("external:{}", self.name),
        }
    }

    /// By which others in the mesh call it.
    pub fn host(&self) -> String {
        match &self.role {
            Role::Gateway | Role::Workload => format!("{}.{}.svc.cluster.local", self.name, self.namespace),
            Role::Database { .. } | Role::Queue { .. } | Role::External => self.name.clone(),
        }
    }

    pub fn port(&self) -> u16 {
        match &self.role {
            Role::Gateway | Role::Workload => 8080,
            Role::Database { system, .. } if system == "redis" => 6379,
            Role::Database { .. } => 5432,
            Role::Queue { .. } => 9092,
            Role::External => 443,
        }
    }

    /// Whether a sidecar on the way to it sees requests, and not only a connection with bytes.
    pub fn is_seen_by_proxies(&self) -> bool {
        matches!(self.role, Role::Gateway | Role::Workload | Role::External)
    }
}

#[cfg(test)]
mod tests;
