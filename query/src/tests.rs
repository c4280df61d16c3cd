//! The crate from its door: a real store in a temporary directory, questions over the router.

mod bounds;
mod damage;
mod graph;
pub(crate) mod harness;
mod ledger;
mod pruning;
mod search;
mod sql;
mod tempo;
mod trace;
mod traces;
