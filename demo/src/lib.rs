//! A simulated service mesh: requests that go through gateways, sidecars, apps, databases and queues, told as such a mesh
//! tells them.
//!
//! What happens is a pure function of (mesh, seed, time): every draw is seeded by the seed, the tick and the number of the
//! request in it, nothing is remembered from one tick to the next, and so a simulation can start anywhere and be repeated.
//! What happened is kept apart from how it is told: a [`Request`] is the whole truth about one request, [`Truth`] adds up
//! who called whom how often, and the spans are made from the same request. So whoever reads the spans can be checked.
//!
//! ```text
//! mesh + seed + tick -> requests that begin in the tick -> spans per process -> OTLP over HTTP, when they have ended
//!                                                       |-> counters per proxy -> pages to be scraped
//!                                                       \-> truth: requests, attempts, errors by edge
//! ```
//!
//! The crate depends on nothing else of the workspace: it knows the server only as an address that takes OTLP, and as
//! somebody who scrapes.

/// Seeded draws.
mod chance;
/// Services, what they do and when they fail.
pub mod mesh;
/// What proxies count, to be scraped.
pub mod metrics;
/// What happened in one request.
pub mod request;
/// Sends as time goes by.
mod sender;
/// Requests by time.
mod simulation;
/// How processes tell of a request.
mod spans;
/// Who called whom how often.
mod truth;

pub use mesh::Mesh;
pub use metrics::{EndpointFailed, MetricsEndpoint, ProxyMetrics};
pub use request::Request;
pub use sender::{Metrics, Sender, SenderFailed};
pub use simulation::{Simulation, TICK};
pub use spans::Trace;
pub use truth::{Calls, Truth};
