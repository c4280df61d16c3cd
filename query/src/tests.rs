//! The crate from its door: a real store in a temporary directory, questions over the router.

mod bounds;
mod critical_path;
mod damage;
mod graph;
pub(crate) mod harness;
mod ledger;
mod pages;
mod pruning;
mod search;
mod services;
mod sql;
mod stream;
mod tags;
mod tempo;
mod trace;
mod trace_analysis;
mod trace_columns;
mod trace_metrics;
mod traces;
mod windows;
