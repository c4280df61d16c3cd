//! The store from outside: what is appended is there, exactly once, whatever happens in between.

// Helpers of tests are tests, which clippy cannot see here.
#![allow(clippy::unwrap_used)]

mod bucket;
mod compaction;
mod feed;
mod fixture;
mod formats;
mod lake;
mod ledger_format;
mod metrics;
mod open;
mod reading;
mod restarts;
mod spans;
mod windows;
