//! End-to-end tests: the real binary, real clients, a real mesh, a real browser. `docs/checks.md` says which point each
//! one shows.
//!
//! Programs that stand for clients (SDKs, Envoy, readers of the lake) are in `tests/clients` and installed by
//! `tests/setup.sh`; `SPANLOOM_CLIENTS` names where. Without it the tests that need them say that they skipped, and
//! fail under `SPANLOOM_REQUIRE_CLIENTS=1`. Everything runs on loopback and free ports, and what a test started ends
//! with it.

/// Starts and ends servers and asks them things.
mod harness;

/// Programs of `tests/clients`.
mod clients;

/// A real mesh.
mod mesh;

/// Recordings of others.
mod corpora;

/// OTLP requests, and the ways to send them.
mod otlp;

/// One gRPC call over a connection of its own.
mod grpc;

/// Spans in a form in which two sources can be compared.
mod canon;

/// Clients that send without end and resend what was not acknowledged.
mod load;

mod browser;
mod bucket;
mod crash;
mod dashboards;
mod demo;
mod envoy_mesh;
mod fields;
mod fresh;
mod ledger;
mod mesh_graph;
mod metrics;
mod old_formats;
mod open_lake;
mod refusals;
mod sdk;
mod strain;
mod tempo;
mod zipkin;
